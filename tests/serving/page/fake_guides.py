"""Answers of the fake service about guides: one guide with three people on today's list."""

from typing import Any

from tests.serving.page.fake_chain import CUSTOMERS, PRODUCTS, error

DAY = "2026-03-01"
LINES: list[dict[str, Any]] = []
"""The list; `forget` makes it anew."""
STORED: dict[str, dict[str, Any]] = {}
"""Answer id -> answer."""


def line(number: int) -> dict[str, Any]:
    product = f"P{number + 1:04d}"
    said = {"text": f"Your {PRODUCTS[product]} should be running out.", "text_zh": f"您的{PRODUCTS[product]}快用完了。"}
    row = {"task_id": f"t{number}", "guide_id": "G1", "day": DAY, "rank": number + 1, "channel": "guide"}
    row |= {"customer_id": CUSTOMERS[number], "store_id": None, "product_id": product, "source": "guides"}
    row |= {"reason": "because it is due", "reason_zh": "快用完了", "probability": 0.4, "expected_value": 3.0}
    return row | said | {"segment": "friend", "state": "open", "answered_at": None}


def forget() -> None:
    LINES[:] = [line(number) for number in range(3)]
    STORED.clear()


def listed(body: dict[str, Any]) -> dict[str, Any]:
    return {"day": DAY, "tasks": [dict(row) for row in LINES], "names": PRODUCTS}


def answers(body: dict[str, Any]) -> Any:
    refused = [
        {
            "answer": place,
            "answer_id": one["answer_id"],
            "where": "task_id",
            "problem": "line 'gone' is on no list of yours",
        }
        for place, one in enumerate(body["answers"])
        if one["task_id"] == "gone"
    ]
    given = [one for one in body["answers"] if one["task_id"] != "gone"]
    if not given:
        return error(404, "not_found", "there is no line 'gone' of yours; nothing was stored.")
    new = [one for one in given if one["answer_id"] not in STORED]
    STORED.update({one["answer_id"]: one for one in new})
    for one in new:
        row = next((row for row in LINES if row["task_id"] == one["task_id"]), None)
        if row is not None:
            row |= {"state": one["outcome"], "answered_at": one["at"]}
    return {"stored": len(new), "duplicates": len(given) - len(new), "refused": refused}


def guides(body: dict[str, Any]) -> dict[str, Any]:
    row = {"guide_id": "G1", "version": None, "name": "王芳", "store_id": "S01", "capacity": 12, "people": 40}
    left = row | {"guide_id": "G2", "name": "李敏", "people": 0, "is_here": False, "left_on": "2026-02-10"}
    return {"guides": [row | {"is_here": True, "left_on": None}, left], "moves": [], "may_write": True}


def make(body: dict[str, Any]) -> dict[str, Any]:
    forget()
    days = {"day": DAY, "data_day": DAY, "clock_day": DAY}
    return days | {"lines": {"G1": len(LINES)}, "left_out": []}


forget()
