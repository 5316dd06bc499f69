"""Answers of the fake service about campaigns: each lives from draft to measured, kept between questions."""

from datetime import timedelta
from typing import Any

from tests.serving.page.fake_chain import AS_OF, CUSTOMERS, PRODUCTS, error, names

TODAY = (AS_OF + timedelta(days=1)).isoformat()
KEPT: dict[str, dict[str, Any]] = {}
"""Campaigns by id; tests empty it."""
LOOKS: dict[str, list[dict[str, Any]]] = {}
SECOND_PERSON = {"wanted": False}
CHANGED: dict[str, Any] = {}
"""What the next approval plans otherwise than its preview; once."""
WHO = {"draft": "created", "approved": "approved", "stopped": "stopped"}
OPEN = ("draft", "previewed")


def preview() -> dict[str, Any]:
    steps = [("no_consent", 640, 2570), ("no_signal", 2050, 520), ("not_worth_contact", 100, 420)]
    part = {"contacts": 380, "expected_buyers": 61.5, "caused_purchases": 14.2}
    return {
        "as_of": AS_OF.isoformat(),
        "considered": 3210,
        "contacts": 380,
        "holdout": 40,
        "steps": [{"code": code, "reason": code, "customers": out, "left": left} for code, out, left in steps],
        "expected_buyers": 61.5,
        "expected_buyers_any": 70.1,
        "caused_purchases": 14.2,
        "incremental_share": 0.2309,
        "caused_share": 0.31,
        "effect_basis": "measured",
        "measured_campaigns": 2,
        "cost": 12.4,
        "expected_value": 310.5,
        "products": [{"product_id": "P0001"} | part],
        "channels": [
            {"channel": "sms", "reachable": 900, "contacts": 180, "cost": 10.8},
            {"channel": "wechat", "reachable": 1400, "contacts": 200, "cost": 1.6},
        ],
        "stores": [{"store_id": "S01"} | part, {"store_id": None} | part],
        "segments": [{"segment": "friend"} | part],
        "days": [{"day": "2026-03-01", "contacts": 300}, {"day": "2026-03-04", "contacts": 80}],
        "stock": [
            {
                "store_id": "S01",
                "product_id": "P0001",
                "stock": 80.0,
                "promised_before": 10.0,
                "promised": 61.5,
                "contacts": 380,
            }
        ],
    }


def difference(value: float) -> dict[str, Any]:
    ends = {"difference": value, "low": value - 0.03, "high": value + 0.03, "error": 0.015, "variance_kept": 0.8}
    means = {"contact_mean": 0.16, "holdout_mean": 0.16 - value}
    return ends | means | {"contacts": 380, "holdout": 40, "is_clear": value > 0.03}


def measured() -> dict[str, Any]:
    part = {"contacts": 180, "holdout": 20, "purchases": None}
    return {
        "as_of": "2026-03-28",
        "days": 14,
        "is_final": True,
        "people": 420,
        "contacts": 380,
        "holdout": 40,
        "attributed": {"buyers": 61, "units": 70.0, "margin": 420.0},
        "outcomes": {name: difference(0.05) for name in ("buyers", "purchases", "units", "margin")},
        "caused_share": {"value": 0.31, "low": 0.1, "high": 0.5, "error": 0.1},
        "reading": None,
        "net": {"value": 205.0, "low": 60.0, "high": 350.0, "caused_margin": 217.4, "cost": 12.4},
        "channels": [{"name": "wechat", "contacts": 200, "holdout": 20, "purchases": difference(0.06)}],
        "segments": [{"name": "friend"} | part],
        "stores": [{"name": "S01", "contacts": 380, "holdout": 40, "purchases": difference(0.02)}],
    }


def _row(campaign_id: str, definition: dict[str, Any], by: str) -> dict[str, Any]:
    moment = "2026-03-01T08:00:00+00:00"
    row: dict[str, Any] = {"campaign_id": campaign_id, "version": 1, "state": "draft", "definition": definition}
    row |= {"preview": None, "created_by": by, "created_at": moment, "changed_by": by, "changed_at": moment}
    later = ("approved_by", "approved_at", "stopped_by", "stopped_at", "stop_reason", "stop_rule")
    later += ("measured_by", "measured_at")
    return row | dict.fromkeys(later) | {"look": None, "by_clock": "to_come"}


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    second = SECOND_PERSON["wanted"]
    may = row["state"] == "previewed" and not (second and row["changed_by"] == "admin")
    told = row["definition"].get("product_ids", ()) or ("P0001",)
    passed = [{"state": "draft", "by": row["created_by"], "at": row["created_at"]}]
    shown = {"campaign": row, "history": passed, "today": TODAY, "clock_day": TODAY, "names": names(told)}
    return shown | {"may_write": True, "may_approve": may, "needs_second_person": second}


def _conflict(row: dict[str, Any], body: dict[str, Any]) -> Any:
    theirs = {"version": row["version"], "state": row["state"], "campaign": row["definition"]}
    theirs |= {"changed_by": row["changed_by"], "changed_at": row["changed_at"]}
    yours = {"version": body.get("version"), "campaign": body.get("campaign")}
    return error(409, "conflict", "somebody was faster", version=row["version"], yours=yours, theirs=theirs)


def _missing(campaign_id: str) -> Any:
    return error(404, "not_found", "there is no such campaign", problem="campaign_unknown", campaign_id=campaign_id)


def campaigns(body: dict[str, Any]) -> Any:
    wanted = [row for row in reversed(KEPT.values()) if "states" not in body or row["state"] in body["states"]]
    looks = {key: looks[-1] for key, looks in LOOKS.items() if looks}
    rows = [row | {"preview": None, "look": looks.get(row["campaign_id"])} for row in wanted]
    return {"campaigns": rows, "total": len(rows), "today": TODAY, "clock_day": TODAY, "may_write": True}


def campaign(body: dict[str, Any]) -> Any:
    key, row = body["campaign_id"], KEPT.get(body["campaign_id"])
    if "campaign" not in body:
        return _missing(key) if row is None else _answer(row)
    if row is not None and row["changed_by"] == "admin" and row["definition"] == body["campaign"]:
        return _answer(row)
    if row is not None and row["version"] != body.get("version"):
        return _conflict(row, body)
    version = row["version"] + 1 if row else 1
    KEPT[key] = _row(key, body["campaign"], "admin") | {"version": version}
    return _answer(KEPT[key])


def propose(body: dict[str, Any]) -> Any:
    slots = [{"channel": "sms", "text": "At your shop.", "text_zh": "门店有售。", "contact_cost": 0.06}]
    definition = {"name": "清货", "left_over": True, "slots": slots, "starts_on": TODAY, "ends_on": "2026-03-15"}
    definition |= {key: body[key] for key in ("store_ids", "product_ids") if body.get(key)}
    if (known := KEPT.get(body["campaign_id"])) is not None and known["definition"] == definition:
        return act({"campaign_id": body["campaign_id"], "version": known["version"], "act": "preview"})
    KEPT[body["campaign_id"]] = _row(body["campaign_id"], definition, "admin")
    return act({"campaign_id": body["campaign_id"], "version": 1, "act": "preview"})


def act(body: dict[str, Any]) -> Any:
    row = KEPT.get(body["campaign_id"])
    if row is None:
        return _missing(body["campaign_id"])
    if body["act"] == "stop" and (row["stopped_by"], row["stop_reason"]) == ("admin", body["reason"]):
        return _answer(row)
    if row["version"] != body["version"]:
        return _conflict(row, body)
    if body["act"] == "preview" and row["definition"].get("first_hour") == 22:
        return error(422, "impossible", "quiet", problem="campaign_quiet_hours", since=21, until=9)
    if body["act"] == "approve" and CHANGED:
        row |= {"version": row["version"] + 1, "preview": preview() | CHANGED}
        told = {"seen_contacts": 380, "seen_holdout": 40, "now_contacts": CHANGED["contacts"], "now_holdout": 40}
        CHANGED.clear()
        return error(409, "conflict", "changed", problem="plan_changed", version=row["version"], changed={}, **told)
    changed = {
        "preview": {"state": "previewed", "preview": preview()},
        "approve": {"state": "running", "approved_by": "admin", "approved_at": "2026-03-01T09:00:00+00:00"},
        "stop": {"state": "stopped", "stopped_by": "admin", "stopped_at": "2026-03-05T09:00:00+00:00"},
    }[body["act"]]
    row |= changed | {"version": row["version"] + 1, "stop_reason": body.get("reason")}  # type: ignore[operator]
    return _answer(row)


def contacts(body: dict[str, Any]) -> Any:
    rows = [
        {
            "contact_id": f"{number:032x}",
            "customer_id": customer,
            "group": "holdout" if number % 10 == 9 else "contact",
            "state": "planned",
            "channel": "sms",
            "day": "2026-03-02",
            "hour": 10,
            "store_id": "S01",
            "product_id": "P0001",
            "probability": 0.3,
            "caused": 0.05,
            "expected_value": 1.2,
            "segment": "friend",
        }
        for number, customer in enumerate(CUSTOMERS)
    ]
    wanted = [row for row in rows if body.get("group") in {None, row["group"]}]
    start = body.get("offset", 0)
    return {"contacts": wanted[start : start + body["limit"]], "total": len(wanted), "names": PRODUCTS}


def effect(body: dict[str, Any]) -> Any:
    looks = LOOKS.get(body["campaign_id"], [])
    receipts = {"delivered": 371} if looks else {}
    shown = {"campaign_id": body["campaign_id"], "looks": looks, "receipts": receipts}
    return shown | {"effect": measured() if looks else None}


def measure(body: dict[str, Any]) -> Any:
    for day, value in (("2026-03-14", 0.03), ("2026-03-28", 0.05)):
        look = {"as_of": day, "measured_by": "admin", "measured_at": f"{day}T09:00:00+00:00", "is_final": value > 0.04}
        ends = {"difference": value, "low": value - 0.04, "high": value + 0.04, "is_clear": value > 0.04}
        LOOKS.setdefault(body["campaign_id"], []).append(look | ends | {"net": measured()["net"]})
    return effect(body)
