"""Answers of the fake service about demand: history, forecasts, what-if, overrides."""

import math
from datetime import date, timedelta
from typing import Any

from tests.serving.page.fake_chain import AS_OF, EVENTS, PRODUCTS, STORES, error, names


def wave(day: date, seed: int) -> float:
    weekend = 1.35 if day.weekday() >= 5 else 1.0
    festival = 1.9 if date(2026, 2, 8) <= day <= date(2026, 2, 21) else 1.0
    return (9 + seed) * weekend * festival * (1 + 0.12 * math.sin(day.toordinal() * 1.7 + seed))


def history(body: dict[str, Any]) -> dict[str, Any]:
    seed = int(body["product_id"][1:])
    rows = []
    for back in range(body["days"] - 1, -1, -1):
        day = AS_OF - timedelta(days=back)
        out, promotion = back in {9, 10, 40}, back % 37 < 6
        units = 0 if out else round(wave(day, seed) * (1.5 if promotion else 1))
        if back % 29 == 5:
            continue  # a day on which nothing was sold is left out
        rows.append(
            {
                "date": day.isoformat(),
                "units": units,
                "unit_price": 15.9 if promotion else 19.9,
                "promotion": promotion,
                "in_stock": 0.0 if out else 1.0,
            }
        )
    first = AS_OF - timedelta(days=body["days"] - 1)
    return {"rows": rows, "first_day": first.isoformat(), "last_day": AS_OF.isoformat(), "events": EVENTS}


def forecast(body: dict[str, Any]) -> Any:
    if body["store_id"] not in STORES:
        return error(
            404,
            "not_found",
            f"store {body['store_id']!r} is not known; wanted one of {', '.join(STORES)}. Choose a store of the list.",
        )
    rows = []
    for product_id in body["product_ids"]:
        seed = int(product_id[1:])
        for ahead in range(1, body["horizon"] + 1):
            day = AS_OF + timedelta(days=ahead)
            mean = wave(day, seed)
            level = 9.0 + seed
            weekday = (0.3 if day.weekday() >= 5 else -0.06) * level
            festival = 2.2 if day.isoformat() in {"2026-03-03", "2026-03-08"} else 0.0
            drivers = {
                "level": level,
                "weekday": weekday,
                "festival": festival,
                "price": -0.4,
                "promotion": 1.6 if 10 <= ahead < 16 else 0.0,
            }
            drivers["other"] = mean - sum(drivers.values())
            row = {
                "store_id": body["store_id"],
                "product_id": product_id,
                "date": day.isoformat(),
                "forecast": mean,
                "drivers": drivers,
            }
            spread = {"p05": 0.55, "p25": 0.82, "p50": 0.98, "p75": 1.17, "p95": 1.55}
            rows.append(row | {f"forecast_{name}": mean * share for name, share in spread.items()})
    return {"forecasts": rows, "basis": "warm", "cold_product_ids": [], "names": names(body["product_ids"])}


def what_if(body: dict[str, Any]) -> Any:
    if body["product_id"] == "P0004":
        return error(422, "impossible", "product 'P0004' sells too rarely here to ask about another price.")
    price = body.get("price", 19.9) * (1 + (body.get("price_change") or 0))
    rows = []
    for ahead in range(1, body["horizon"] + 1):
        changed = 10 * (price / 19.9) ** -2
        rows.append(
            {
                "store_id": body["store_id"],
                "product_id": body["product_id"],
                "date": (AS_OF + timedelta(days=ahead)).isoformat(),
                "forecast": 10.0,
                "forecast_changed": changed,
                "difference": changed - 10,
                "price": 19.9,
                "price_changed": price,
                "expected_revenue": changed * price,
                "revenue_difference": changed * price - 199,
                "expected_margin": changed * (price - 12),
                "margin_difference": changed * (price - 12) - 79,
            }
        )
    kept = {"store_id", "product_id", "date", "price", "price_changed"}
    sums = {name: sum(row[name] for row in rows) for name in rows[0] if name not in kept}
    return {
        "what_if": rows,
        "totals": sums,
        "usual_price": 19.9,
        "seen_prices": {"low": 14.9, "high": 21.9},
        "unit_cost": 12.0,
        "is_beyond_seen_prices": price < 14.9,
        "elasticity": -2.0,
        "elasticity_of": "product",
        "promoted_periods": 0,
        "promotion_note": None,
        "names": PRODUCTS,
    }


OVERRIDES: list[dict[str, Any]] = []


def overrides(body: dict[str, Any]) -> dict[str, Any]:
    for made in body.get("overrides", []):
        row = made | {"begins_on": "2026-03-01", "made_by": "李女士", "made_at": "2026-03-01T05:00:00Z"}
        OVERRIDES.append(row | {"state": "active", "withdrawn_by": None})
    for row in OVERRIDES:
        row["state"] = "withdrawn" if row["override_id"] in body.get("withdraw", []) else row["state"]
    return {"overrides": OVERRIDES, "total": len(OVERRIDES), "stored": [], "may_write": True}


def ledger(body: dict[str, Any]) -> dict[str, Any]:
    numbers = {
        "mae_lag": 0.4,
        "bias_lag": -0.05,
        "score_lag": 0.45,
        "mae_sum": 0.2,
        "bias_sum": 0.01,
        "score_sum": 0.21,
    }
    row = {"scope": "all", "origin": None, "user": None, "touch": "engine", "rows": 31} | numbers
    return {"ledger": [row, row | {"scope": "user", "user": "李女士", "touch": "override"}], "as_of": "2026-02-28"}
