"""Answer of the fake service about how stores do: two regions, waste that nobody notes, one new exception."""

from typing import Any

from serving.http.messages.head_office_messages import Figures
from tests.serving.page.fake_chain import AS_OF, PRODUCTS, STORES

SPOTS = {
    "S01": {"latitude": 30.25, "longitude": 120.16, "sales": 40_000.0},
    "S02": {"latitude": 31.3, "longitude": 120.6, "sales": 10_000.0, "sales_change": -0.1},
}
"""Where two of the stores are; of the others nothing is known."""


def _figures(store_id: str | None, name: str | None, region: str | None, sales: float) -> dict[str, Any]:
    known = dict.fromkeys(Figures.model_fields)
    known |= {"store_id": store_id, "name": name, "region": region, "sales": sales, "sales_last_year": sales / 1.25}
    known |= {"sales_before": sales, "sales_change": 0.25, "sales_trend": 0.0, "margin": 0.3 * sales}
    known |= {"sales_plan": sales / 0.96, "sales_to_plan": -0.04}
    known |= {"margin_last_year": 0.3 * sales, "margin_share": 0.31, "margin_share_last_year": 0.3}
    known |= {"lost_sales": 120.0, "lost_sales_last_year": 100.0, "fill_rate": 0.97, "fill_rate_last_year": 0.98}
    known |= {
        "stock_value": 5000.0,
        "stock_value_last_year": 4000.0,
        "cover_days": 21.4,
        "shop_cover_days": 21.4,
        "lost_share": 0.012,
    }
    weeks = {"weeks": [100.0 + 5 * week for week in range(13)], "weeks_last_year": [None, *(90.0 for _ in range(12))]}
    return known | weeks


def head_office(body: dict[str, Any]) -> dict[str, Any]:
    new = {"kind": "stockout", "money": 90.0, "store_id": "S01", "product_id": "P0001", "other_store_id": None}
    new |= {"units": 3.0, "reason": "because it pays", "store_name": STORES["S01"][0], "region": "杭州"}
    new |= {"product_name": PRODUCTS["P0001"], "department": None, "category": None, "other_store_name": None}
    new |= {"other_region": None}
    changes = {"new": {"lines": 1, "money": 90.0, "rows": [new]}, "gone": {"lines": 0, "money": 0.0, "rows": []}}
    return {
        "as_of": AS_OF.isoformat(),
        "days": 28,
        "total": _figures(None, None, None, 40_000.0),
        "regions": [_figures(None, "杭州", "杭州", 30_000.0), _figures(None, "苏州", "苏州", 10_000.0)],
        "stores": [
            _figures(store, name, "杭州", 10_000.0) | SPOTS.get(store, {}) for store, (name, _) in STORES.items()
        ],
        "reasons": {"waste": "no_write_offs"},
        "changes": {"since": "2026-02-27", **changes},
    }


WORTH: dict[str, Any] = {"is_measured": True}


def worth(body: dict[str, Any]) -> dict[str, Any]:
    """Orders that were measured, a campaign, a demand model; no recommender."""
    orders: dict[str, Any] = {
        "models": 5200.0,
        "people": -340.0,
        "lines": 900,
        "changed": 60,
        "better": 20,
        "worse": 31,
    }
    orders |= {"first_day": "2026-01-05", "last_day": "2026-02-10", "measured_at": "2026-02-28T05:00:00+00:00"}
    orders["left_out"] = [{"reason": "not_over", "lines": 120, "days": 3}]
    if not WORTH["is_measured"]:
        orders = dict.fromkeys(orders) | dict.fromkeys(("lines", "changed", "better", "worse"), 0)
    demand = {"kind": "demand", "metric": "wape", "value": 0.41, "baseline": 0.46, "reason": None}
    none = {"kind": "recommender", "metric": "recall_at_10", "value": None, "baseline": None, "reason": "no_model"}
    return {
        "orders": orders | {"reason": None if WORTH["is_measured"] else "not_measured"},
        "campaigns": {"money": 812.5, "campaigns": 2, "unclear": 1, "reason": None},
        "models": [demand, none],
    }
