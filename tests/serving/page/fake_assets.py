"""Answers of the fake service about customer assets: two months of two regions, three shops and a guide who left."""

from typing import Any

from tests.serving.page.fake_chain import AS_OF

MONTHS = ["2026-01-31", AS_OF.isoformat()]
GUIDE_LEFT = {
    "guide_id": "G2",
    "left_on": "2026-02-10",
    "people": 30,
    "reassigned": 24,
    "active_before": 20,
    "active_now": 15,
    "reachable_now": 18,
    "sales_before": 6100.0,
    "sales_after": 900.0,
    "days_after": 19,
}
NOT_SEEN = {**GUIDE_LEFT, "guide_id": "G7", "left_on": "2026-03-01", "sales_after": 0.0, "days_after": 0}


def row(month_end: str, level: str, known: int, **place: str) -> dict[str, Any]:
    ids = {"region": None, "store_id": None, "guide_id": None} | place
    later = month_end == MONTHS[1]
    people = {"known": known + 10 * later, "newly_known": 10, "reachable": known // 2, "active": known // 4}
    moves = {"gained": 9, "lost": 4, "moved_in": 2, "moved_out": 1} if later else dict.fromkeys(_MOVES, 0)
    return {"month_end": month_end, "level": level, **ids, **people, **moves}


_MOVES = ("gained", "lost", "moved_in", "moved_out")


def assets(body: dict[str, Any]) -> dict[str, Any]:
    store = body.get("store_id")
    rows = []
    for month in MONTHS:
        rows += [row(month, "all", 1000), row(month, "region", 700, region="华东"), row(month, "region", 300)]
        rows += [row(month, "store", known, store_id=name) for name, known in (("S01", 400), ("S02", 600))]
        rows += [row(month, "guide", 200, guide_id="G1"), row(month, "guide", 800)]
    levels = body.get("levels") or ["all", "region", "store", "guide"]
    shown = [one for one in rows if one["level"] in levels and store in {None, one["store_id"]}]
    left = [dict(GUIDE_LEFT), dict(NOT_SEEN)] if store in {None, "S01"} else []
    return {"as_of": AS_OF.isoformat(), "months": MONTHS, "rows": shown, "departures": left}
