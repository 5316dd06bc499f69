"""Answers of the fake service about data and models: anomalies, funnel, versions, set-aside rows."""

from typing import Any

from tests.serving.page.fake_chain import AS_OF, PRODUCTS, error

ASIDE: list[dict[str, str | None]] = []
"""Rows of `transactions` that are set aside; tests fill it."""
OTHER_DAYS = {"is_there": False}
"""Whether there is a version 3, which was backtested on other days."""

IS_COMPARED = {"is": True}
CHAMPION = {"version": 1}
"""Whether the features were compared with a build before."""


def aside(number: int, units: str) -> dict[str, str | None]:
    row = {
        "quarantine_id": f"q{number}",
        "dataset": "till",
        "reasons": "units: not a number",
        "set_aside_on": "2026-02-28",
    }
    return row | {"transaction_id": f"T{number}", "units": units, "store_id": "S01"}


def anomalies(body: dict[str, Any]) -> dict[str, Any]:
    row = {"level": "series", "store_id": "S01", "department": None, "product_id": "P0001", "date": "2026-02-20"}
    row |= {"until": "2026-02-20", "units": 40.0, "expected": 12.0, "low": 4.0, "high": 22.0, "units_beyond": 18.0}
    row |= {"money": 320.0, "cause": "promotion", "reason": "40 sold where 22 were possible."}
    whole = row | {"level": "chain", "store_id": None, "product_id": None, "until": "2026-02-22", "cause": "unknown"}
    rows = [row, whole | {"money": None}]
    return {"anomalies": rows, "total": 2, "names": PRODUCTS}


def funnel(body: dict[str, Any]) -> dict[str, Any]:
    moves = [
        ("friend", "friend", 90),
        ("visitor", "friend", 12),
        ("friend", "sleeping", 7),
        ("not_known", "visitor", 5),
    ]
    months = ["2026-01-31", AS_OF.isoformat()]
    rows = [
        {"month_end": month, "from_stage": old, "to_stage": new, "people": people + 3 * (month == months[1])}
        for month in months
        for old, new, people in moves
    ]
    return {"as_of": AS_OF.isoformat(), "months": months, "moves": rows if body.get("store_id") != "S90" else []}


def version(number: int, wape: float) -> dict[str, Any]:
    windows = [
        {"cutoff": cutoff, "method": method, "wape": wape + shift, "coverage_90": 0.9}
        for cutoff in ("2025-12-06", "2026-01-03")
        for method, shift in (("champion", 0.0), ("moving_average", 0.1))
    ]
    return {
        "version": number,
        "is_champion": number == CHAMPION["version"],
        "as_of": AS_OF.isoformat(),
        "trained_at": "2026-03-01T00:58:12+00:00",
        "run_id": f"8c2a0acf82964{number}",
        "run_url": "/mlflow/#/experiments/1/runs/8c2a" if number == 2 else None,
        "metric": "wape",
        "better": "lower",
        "metrics": {"wape": wape, "coverage_90": 0.9},
        "windows": windows,
        "classes": [{"span": "period", "group": "smooth", "values": 9, "within_90": 0.91}],
        "stores": [{"store_id": "S01", "wape": wape, "rows": 9}] if number == 2 else [],
    }


def models(body: dict[str, Any]) -> dict[str, Any]:
    versions = [version(2, 0.41), version(1, 0.45)] + [version(3, 0.5) | {"as_of": "2026-01-31"}] * OTHER_DAYS[
        "is_there"
    ]
    return {"versions": versions if body["kind"] == "demand" else [], "total": len(versions)}


def drift(body: dict[str, Any]) -> dict[str, Any]:
    """Four columns: one that drifted much, one a little, one that is new, and one that is stable."""
    rows = [drift_row("person", "recency_days", "large", psi=0.61), drift_row("goods", "price", "moderate", psi=0.14)]
    fresh = dict.fromkeys(("psi", "chance", "rows_before", "nulls_before", "low_before", "high_before", "outside"))
    rows += [drift_row("place", "visits", "new") | fresh, drift_row("series", "units", "stable", psi=0.01)]
    levels = body.get("levels") or ["large", "moderate", "new", "gone"]
    shown = [row for row in rows if row["level"] in levels and body.get("table") in {None, row["table"]}]
    counts = {"large": 1, "moderate": 1, "new": 1, "stable": 1}
    answer = {"as_of": AS_OF.isoformat(), "before": "2026-02-27", "counts": counts, "rows": shown}
    return answer if IS_COMPARED["is"] else {"as_of": None, "before": None, "counts": {}, "rows": []}


def drift_row(table: str, column: str, level: str, psi: float = 0.0) -> dict[str, Any]:
    row = {"table": table, "column": column, "level": level, "psi": psi, "chance": 0.02, "rows_before": 900}
    row |= {"rows": 1000, "nulls_before": 0.01, "nulls": 0.25, "low_before": 0.0, "high_before": 90.0}
    return row | {"low": 0.0, "high": 180.0, "outside": 0.125, "meaning": f"meaning of {column}"}


def quarantine(body: dict[str, Any]) -> Any:
    answer: dict[str, Any] = {"columns": [], "rows": [], "total": 0, "brought_in": None, "still_bad": None}
    action = body.get("action", "list")
    if action == "retry" and not {row["quarantine_id"] for row in body["rows"]} <= {
        row["quarantine_id"] for row in ASIDE
    }:
        return error(404, "not_found", "no such rows", problem="rows_not_set_aside", table="transactions")
    if action == "retry":
        good = {row["quarantine_id"] for row in body["rows"] if str(row["units"]).isdigit()}
        answer |= {"brought_in": len(good), "still_bad": len(body["rows"]) - len(good)}
        ASIDE[:] = [row for row in ASIDE if row["quarantine_id"] not in good]
    if action == "show":
        if not ASIDE:
            return error(404, "not_found", "none", problem="nothing_set_aside", table="transactions")
        answer |= {"columns": list(ASIDE[0]), "rows": ASIDE, "total": len(ASIDE)}
    count = {"table": "transactions", "dataset": "till", "reasons": "units: not a number", "rows": len(ASIDE)}
    return answer | {"counts": [count] if ASIDE else [], "may_write": True}


def promote(body: dict[str, Any]) -> Any:
    """Version 2 is better, version 3 was backtested on other days."""
    if body["version"] == 3 and not body.get("force"):
        facts = {"problem": "other_backtest", "kind": body["kind"], "version": 3, "champion": 1}
        return error(422, "impossible", "demand versions 3 and 1 were backtested on other days or data.", **facts)
    if body["version"] == CHAMPION["version"]:
        answer = {"version": body["version"], "promoted": False, "champion_before": body["version"], "outcome": "same"}
        return answer | {"reason": "It is in use already."}
    outcome = "forced" if body.get("force") else "better"
    answer = {"version": body["version"], "promoted": True, "champion_before": 1, "outcome": outcome}
    CHAMPION["version"] = body["version"]
    return answer | {"reason": "WAPE 0.41, version 1 0.45."}


def calendar(body: dict[str, Any]) -> dict[str, Any]:
    """70 promotions, a festival of a week, a campaign."""
    begins, ends = body.get("begins_on", "2026-01-31"), body.get("ends_on", "2026-04-25")
    one = {"mechanic": "直降", "begins_on": "2026-03-02", "ends_on": "2026-03-08", "display": True, "mailer": False}
    rows = [
        one
        | {
            "promotion_id": f"PR{number:03d}",
            "stores": None if number % 2 else 3,
            "products": 4,
            "product_ids": ["P0001"],
        }
        for number in range(70 if body.get("store_id") != "S90" else 0)
    ]
    days = [{"date": f"2026-02-{day}", "name": "春节", "type": "festival"} for day in range(15, 22)]
    answer: dict[str, Any] = {
        "as_of": AS_OF.isoformat(),
        "begins_on": begins,
        "ends_on": ends,
        "total": len(rows),
        "days": days,
    }
    campaign = {
        "campaign_id": "q",
        "name": "牛奶周",
        "state": "running",
        "begins_on": "2026-03-01",
        "ends_on": "2026-03-14",
    }
    answer |= {"published_from": "2025-12-01", "published_until": "2026-08-30", "campaigns": [campaign]}
    first = body.get("offset", 0)
    return answer | {"promotions": rows[first : first + body["limit"]], "names": PRODUCTS}
