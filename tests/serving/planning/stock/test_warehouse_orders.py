"""Orders of a warehouse on its supplier, by hand."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.outputs import DemandPaths
from retail_brain.settings import Settings
from serving.planning.stock.chain_plan import ChainPlan

AS_OF = date(2025, 2, 28)
SETTINGS = Settings.model_validate({"demand": {"horizon_periods": 7}, "replenishment": {"policy": "service_level"}})


def chain(warehouse_stock: float | None, shop_stock: float = 10.0) -> ChainPlan:
    """Two shops that want two a day each, supplied by D within 1 day, every 2 days; D orders weekly, 5 days ahead."""
    shops = ["A", "B"]
    sales = pl.DataFrame({"date": [AS_OF] * 2, "store_id": shops, "product_id": ["P"] * 2, "units": [2.0] * 2})
    supply = pl.DataFrame(
        {
            "store_id": [*shops, "D"], "product_id": "P", "source_store_id": ["D", "D", None],
            "lead_time_days": [1.0, 1.0, 5.0], "review_period_days": [2.0, 2.0, 7.0], "case_pack": [1.0, 1.0, 6.0],
        }
    )  # fmt: skip
    held = [*((shop, shop_stock) for shop in shops), *([] if warehouse_stock is None else [("D", warehouse_stock)])]
    stock = pl.DataFrame(held, schema=["store_id", "on_hand"], orient="row").with_columns(
        date=pl.lit(AS_OF), product_id=pl.lit("P")
    )
    dataset = Dataset.from_frames({"daily_sales": sales, "supply": supply, "inventory": stock}).at(AS_OF)
    found = ChainPlan.read(dataset, SETTINGS)
    horizon = found.side.horizon(SETTINGS)
    days = pl.Series([AS_OF + timedelta(days=day + 1) for day in range(horizon)])
    for shop in shops:
        ids = pl.DataFrame({"store_id": [shop], "product_id": ["P"]})
        found.add(DemandPaths(ids, days, np.full((1, 4, horizon), 2.0, dtype=np.float32)))
    return found


def test_a_warehouse_orders_what_its_shops_will_want_until_the_delivery_after_the_next_reaches_them():
    line = chain(20.0).settled().suggestions().filter(store_id="D").row(0, named=True)
    # The next order is in 7 days, comes after 5 more, and is with the customers after 1 + 2: 15 days of 4 a day.
    assert line["demand_until_next_arrival"] == 60
    # 20 here and 10 in each shop leave 20 to order, in packs of 6.
    assert (line["on_hand"], line["order_quantity"], line["order_up_to"]) == (20, 24, 60)
    assert (line["order_on"], line["arrives_on"]) == (date(2025, 3, 1), date(2025, 3, 6))
    assert line["source"] == "supplier"
    assert "The 20 held by the stores it supplies are counted" in line["reason"]
    assert "所供门店现有及在途20件" in line["reason_zh"]


def test_orders_of_the_shops_move_stock_within_and_change_nothing_of_what_the_warehouse_orders():
    plan = chain(40.0, shop_stock=0.0).settled()
    orders = dict(plan.suggestions().select("store_id", "order_quantity").rows())
    assert orders == {"A": 4, "B": 4, "D": 24}
    assert plan.table()["store_id"].to_list() == ["A", "B", "D"]


def test_a_warehouse_that_nobody_counted_is_asked_to_count():
    line = chain(None).settled().suggestions().filter(store_id="D").row(0, named=True)
    assert (line["reason_code"], line["on_hand"]) == ("unknown_stock", None)


def test_a_warehouse_is_not_called_left_over_and_takes_no_part_in_transfers():
    plan = chain(500.0).settled()
    assert plan.suggestions().filter(store_id="D")["order_quantity"].to_list() == [0]
    assert plan.leftovers.filter(store_id="D").is_empty()
    assert plan.transfers.is_empty()
