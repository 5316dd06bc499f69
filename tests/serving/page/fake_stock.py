"""Answers of the fake service about stock: suggestions, decisions, exceptions, transfers, counts, excess, orders."""

from functools import cache
from typing import Any

import polars as pl

from retail_brain.settings import ReplenishmentSettings
from serving.planning.stock.line_flags import line_flags
from tests.serving.page.fake_chain import AS_OF, PRODUCTS, error


def suggestion(store_id: str, index: int, product_id: str) -> dict[str, Any]:
    """A line that the asker may change."""
    row = _suggestion(store_id, index, product_id)
    return row | {"flags": [*row["flags"]]}


@cache  # its flags are worked out by a query of Polars, and most tests ask for all lines several times
def _suggestion(store_id: str, index: int, product_id: str) -> dict[str, Any]:
    demand, on_hand = 20.0 + 7 * index, [4.0, 60.0, None, 12.0, -2.0, 30.0][index % 6]
    quantity = [24.0, 0.0, 36.0, 48.0, 24.0, 12.0][index % 6]
    code = ["order", "enough", "unknown_stock", "order", "order", "budget"][index % 6]
    lost = [7.5, 0.1, None, 0.3, 0.4, 0.2][index % 6]
    known = on_hand is not None
    row = {
        "suggestion_id": f"{store_id}-{product_id}",
        "state": "proposed",
        "decision": None,
        "store_id": store_id,
        "product_id": product_id,
        "as_of": AS_OF.isoformat(),
        "order_quantity": quantity,
        "order_on": "2026-03-01",
        "arrives_on": "2026-03-03",
        "on_hand": on_hand,
        "on_order": 6.0 if known else None,
        "demand_until_next_arrival": demand,
        "order_up_to": demand + 8 if known else None,
        "safety_stock": 8.0 if known else None,
        "expected_lost_sales": lost,
        "expected_value": 12.5 * quantity if known else None,
        "source": "transfer:S02" if index == 3 else "supplier",
        "order_cost": 9.9 * quantity,
        "case_pack": 12.0,
        "min_order_quantity": 0.0,
        "shelf_room": None,
        "counted_on_hand": on_hand,
        "stock_age_days": 0.0 if known else None,
        "sold_since_count": 0.0 if known else None,
        "moved_units": 0.0,
        "shops_hold": 0.0,
        "reason_code": code,
    }
    flags = line_flags(pl.DataFrame([row]), ReplenishmentSettings()).row(0, named=True)
    row["flags"] = [name for name, is_raised in flags.items() if is_raised]
    row["is_open"] = bool(row["flags"]) or quantity > 0
    row["reason"] = (
        f"{on_hand} on hand; {demand:.0f} are expected to be wanted. "
        "Ordered to stay in stock with a probability of 95%. 2 packs of 12."
    )
    row["reason_zh"] = (
        f"现有{on_hand}件；预计共需{demand:.0f}件，才能撑到再下一次到货（3月10日）。订货后不缺货概率95%。共2箱，每箱12件。"
    )
    return row


def replenish(body: dict[str, Any]) -> dict[str, Any]:
    rows = [suggestion(body["store_id"], index, product_id) for index, product_id in enumerate(PRODUCTS)]
    return {"suggestions": rows, "total": len(rows), "names": PRODUCTS}


def decisions(body: dict[str, Any]) -> Any:
    past = {"approve": "approved", "change": "changed", "reject": "rejected"}
    usual = {"suggested_quantity": 24.0, "order_quantity": None, "reason": None}
    noted = {"decided_by": "test", "decided_at": "2026-03-01T05:00:00Z"}
    for made in body.get("decisions", []):
        if made.get("order_quantity", 0) % 12 and not made.get("confirm_exception"):
            problem = {"code": "pack", "case_pack": 12.0, "below": 0.0, "above": 12.0}
            return error(422, "unconfirmed", "is not a whole number of packs of 12", problems=[problem])
    only_asked = ("action", "seen_quantity", "seen_decision_id", "confirm_exception")
    return {
        "stored": [
            usual
            | {name: value for name, value in made.items() if name not in only_asked}
            | {"decision": past[made["action"]], "suggestion_id": f"{made['store_id']}-{made['product_id']}"}
            | {"decision_id": made.get("decision_id", f"d{place}")}
            | noted
            for place, made in enumerate(body.get("decisions", []))
        ],
        "withdrawn": [],
    }


def with_reason(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"reason": "because it pays", "reason_zh": "因为划算"}


def attention(body: dict[str, Any]) -> dict[str, Any]:
    kinds = ["leftover", "phantom", "transfer", "stockout"]
    rows = [
        with_reason({"kind": kind, "money": 400.0 - 100 * place, "store_id": "S01", "product_id": f"P000{place + 1}"})
        | {"other_store_id": "S02" if kind == "transfer" else None, "units": 3.0}
        for place, kind in enumerate(kinds)
    ]
    sums = [{"kind": row["kind"], "lines": 1, "money": row["money"]} for row in rows]
    return {"attention": rows, "total": 31, "kinds": sums, "open": 40, "names": PRODUCTS}


def transfers(body: dict[str, Any]) -> dict[str, Any]:
    row = {"product_id": "P0005", "from_store_id": "S01", "to_store_id": "S02", "units": 4.0, "expected_value": 12.5}
    return {"transfers": [with_reason(row)], "total": 1, "names": PRODUCTS}


def counts(body: dict[str, Any]) -> dict[str, Any]:
    row = {"store_id": "S03", "product_id": "P0004", "as_of": AS_OF.isoformat(), "on_hand": 9.0, "expected_units": 8.1}
    row |= {"days_without_sale": 11, "probability": 0.995, "expected_value": 31.4}
    return {"counts": [with_reason(row)], "total": 1, "names": PRODUCTS}


def leftovers(body: dict[str, Any]) -> dict[str, Any]:
    row = {"store_id": "S02", "product_id": "P0010", "as_of": AS_OF.isoformat(), "on_hand": 8.0, "probability": 1.0}
    row |= {"sell_by": "2026-03-07", "left_over_units": 6.5, "value_at_risk": 310.0, "reason_code": "season"}
    steps = [("2026-03-01", 0.2, 80.0), ("2026-03-05", 0.5, 50.0)]
    row |= {"price_path": [dict(zip(("begins_on", "discount", "price"), step, strict=True)) for step in steps]}
    row |= {"action": "markdown", "markdown_units": 3.2, "markdown_units_low": 1.0, "markdown_units_high": 5.0}
    row |= {"markdown_value": 96.5, "return_units": None, "return_value": None, "moved_units": 2.0, "moved_value": 12.0}
    row |= {"audience_value": 41.0, "cost_basis": "recorded", "waste_units": 0.0}
    rows = [] if body.get("store_id") == "S90" else [with_reason(row)]
    return {"leftovers": rows, "total": len(rows), "names": PRODUCTS}


def orders(body: dict[str, Any]) -> dict[str, Any]:
    row = {"suggestion_id": "s1", "store_id": "S01", "product_id": "P0001", "as_of": AS_OF.isoformat()}
    row |= {"state": "received", "decision": "changed", "suggested_quantity": 24.0, "order_quantity": 30.0}
    row |= {"received_units": 24.0, "open_units": 6.0, "received_on": "2026-03-03", "reason": "周末集市"}
    row |= {"exported_at": "2026-03-01T06:00:00Z", "decided_by": "李女士", "decided_at": "2026-03-01T05:00:00Z"}
    row |= {"decision_id": "d1", "is_exception": False}
    return {"orders": [row], "total": 1, "open": 40, "states": {"received": 1}, "names": PRODUCTS}


def line_plan(body: dict[str, Any]) -> dict[str, Any]:
    """A line with an open order before its own; goods of the second shop have unknown stock."""
    choices = [
        {
            "quantity": 12.0 * step,
            "chance": 1 - 0.8 / (1 + 2 * step),
            "lost_units": 9.0 / (1 + step),
            "stock_cost": 1.5 * step,
        }
        for step in range(5)
    ]
    answer: dict[str, Any] = {"as_of": AS_OF.isoformat(), "reason": None, "moved_in": 0.0, "moved_out": 0.0}
    answer |= {"on_hand": 20.0, "order_quantity": 24.0, "arrives_on": "2026-03-05", "next_arrives_on": "2026-03-12"}
    answer |= {"stock_before": 6.5, "least_mean": 9.0, "least_low": 1.0, "least_high": 19.0}
    answer |= {"arrivals": [{"arrives_on": "2026-03-03", "units": 12.0}], "undated_units": 0.0, "source_units": None}
    if body["store_id"] == "S02":
        empty = dict.fromkeys(name for name in answer if name not in {"as_of", "arrivals"})
        return answer | empty | {"reason": "stock_unknown", "arrivals": [], "choices": []}
    return answer | {"choices": [choice | {"value": 3.0 * choice["chance"]} for choice in choices]}
