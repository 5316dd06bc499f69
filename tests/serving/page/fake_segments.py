"""Answers of the fake service about segments: a small book with versions, kept between questions."""

from typing import Any

from tests.serving.page.fake_chain import AS_OF, CUSTOMERS, error

COLUMNS = [
    ("people", "spend", "number"),
    ("people", "stage", "text"),
    ("people", "recency_days", "number"),
    ("people", "granted_channels", "texts"),
    ("people", "known_on", "day"),
    ("bought", "category", "text"),
    ("stores", "region", "text"),
]
MEANINGS = {"known_on": "first day of any record", "spend": "money spent so far, net of returns"}
BOOK: list[dict[str, Any]] = []
"""Every version of every segment, in the order in which they were saved; tests empty it."""


def version(name: str, number: int, text: str, **other: Any) -> dict[str, Any]:
    row = {"name": name, "version": number, "text": text, "expression": {"op": "compare"}, "is_static": False}
    row |= {"is_removed": False, "owner": "Li", "note": "", "people": 812, "as_of": AS_OF.isoformat()}
    return row | {"saved_by": "Li", "saved_at": "2026-02-27T08:00:00+00:00"} | other


def _newest(name: str) -> dict[str, Any] | None:
    return next((row for row in reversed(BOOK) if row["name"] == name), None)


def _unknown(text: str) -> Any:
    word = text.split(maxsplit=1)[0]
    message = f"there is no column {word!r} of people; the nearest are spend. List all of them."
    return error(400, "usage", message, problem="unknown_column", column=word, nearest=["spend"])


def _save(body: dict[str, Any]) -> Any:
    present = _newest(body["name"])
    held = 0 if present is None or present["is_removed"] else present["version"]
    mine = {"text": body["expression"], "is_static": body["is_static"], "note": body["note"], "saved_by": "admin"}
    if present and body["version"] < held and mine.items() <= present.items():
        return {"segments": [present]}
    if body["version"] != held:
        theirs = {"version": held, "segment": {"expression": {}, "note": ""}}
        theirs |= {"changed_by": present["saved_by"], "changed_at": present["saved_at"]} if present else {}
        yours = {"version": body["version"], "segment": {}}
        return error(409, "conflict", "somebody was faster", version=held, yours=yours, theirs=theirs)
    number = (present["version"] if present else 0) + 1
    row = version(body["name"], number, body["expression"], is_static=body["is_static"], note=body["note"])
    BOOK.append(row | {"saved_by": "admin", "owner": "admin"})
    return {"segments": [BOOK[-1]]}


def segments(body: dict[str, Any]) -> Any:
    answer: dict[str, Any] = {"segments": [], "count": None, "members": [], "total": 0, "columns": [], "warnings": []}
    answer |= {"as_of": AS_OF.isoformat(), "may_write": True}
    names = list(dict.fromkeys(row["name"] for row in BOOK))
    match body.get("action", "list"):
        case "list":
            newest = [row for name in names if (row := _newest(name)) and not row["is_removed"]]
            answer["segments"] = sorted(newest, key=lambda row: str(row["name"]))
        case "columns":
            answer["columns"] = [
                {"table": table, "column": name, "kind": kind, "meaning": MEANINGS.get(name)}
                for table, name, kind in COLUMNS
            ]
        case "count" if body["expression"].startswith("spnd"):
            return _unknown(body["expression"])
        case "count":
            channels = {"sms": 400, "wechat": 510}
            answer["count"] = {"people": 812, "of": 3210, "customers": 820, "contactable": 640, "channels": channels}
            answer["warnings"] = ["no row of people has stage = 'frend'"] if "frend" in body["expression"] else []
        case "save":
            saved = _save(body)
            return answer | saved if isinstance(saved, dict) else saved
        case "history":
            answer["segments"] = [row for row in reversed(BOOK) if row["name"] == body["name"]]
        case "remove":
            BOOK.append(_newest(body["name"]) | {"is_removed": True})  # type: ignore[operator]
        case "members":
            rows = [{"person_id": f"p{one}", "customer_ids": [one]} for one in CUSTOMERS[:3]]
            answer["members"] = [row | {"is_contactable": True, "granted_channels": ["sms"]} for row in rows]
            answer["total"] = 3
    return answer
