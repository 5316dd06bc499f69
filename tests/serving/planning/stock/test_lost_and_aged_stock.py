"""What is on order but lost, and what was counted long ago: orders, exceptions, cycle counts and availability agree."""

from datetime import date, timedelta

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.availability import NOWHERE, UNKNOWN
from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.decisions.phantom_stock import CYCLE_COUNTS
from retail_brain.decisions.suggestion_rows import ADDED
from retail_brain.decisions.transfers import TRANSFERS
from retail_brain.outputs import SUGGESTIONS
from retail_brain.settings import ReplenishmentSettings, Settings
from serving.planning.stock.counted_stock import read_availability, without_ended
from serving.planning.stock.exceptions import StockFindings, stock_exceptions
from serving.planning.stock.stock_network import counts
from serving.planning.stock.supply_side import SupplySide
from training.demand.anomalies import ANOMALIES

AS_OF = date(2025, 2, 28)


def chain(*, age: int = 0, on_hand: float = 9.0, sold: float = 1.0, due: int | None = None) -> Dataset:
    """P sells `sold` a day in shop S until ten days ago, and in T until today; it was counted `age` days ago."""
    days = [AS_OF - timedelta(days=day) for day in range(120)]
    sales = pl.DataFrame({"date": days, "store_id": "S", "product_id": "P", "units": sold, "unit_price": 5.0})
    silent = sales.filter(pl.col("date") <= AS_OF - timedelta(days=10))
    other = sales.with_columns(store_id=pl.lit("T"))
    more = sales.with_columns(product_id=pl.lit("Q"))
    held = {"date": [AS_OF - timedelta(days=age)], "store_id": ["S"], "product_id": ["P"], "on_hand": [on_hand]}
    tables = {"daily_sales": pl.concat([silent, other, more]), "inventory": pl.DataFrame(held)}
    if due is not None:
        open_order = {"store_id": ["S"], "product_id": ["P"], "due_on": [AS_OF - timedelta(days=due)], "units": [12.0]}
        tables["open_orders"] = pl.DataFrame(open_order)
    return Dataset.from_frames(tables).at(AS_OF)


@pytest.mark.parametrize(("late", "on_order", "said"), [(5, 12.0, 0), (40, 0.0, 1)])
def test_an_order_that_never_came_is_an_exception_and_counts_no_more(late, on_order, said):
    side = SupplySide.read(chain(due=late), Settings())
    assert side.stock.filter(product_id="P")["on_order"].to_list() == [on_order]
    transfers, counts, leftovers, odd = (
        pl.DataFrame(schema=kind) for kind in (TRANSFERS, CYCLE_COUNTS, LEFTOVERS, ANOMALIES)
    )
    found = StockFindings(transfers, counts, leftovers, side.lost, odd)
    nothing = pl.DataFrame(schema=SUGGESTIONS | ADDED)
    usual = pl.DataFrame(schema={"store_id": pl.String, "product_id": pl.String, "usual": pl.Float64})
    cycles = usual.rename({"usual": "cycle_days"})
    table = stock_exceptions(nothing, side.terms, usual, cycles, found, ReplenishmentSettings())
    assert table.height == said
    if said:
        row = table.row(0, named=True)
        # a margin of 30 % of the price of 5 is assumed
        assert (row["kind"], row["units"], row["money"]) == ("overdue_order", 12.0, pytest.approx(12 * 3.5))
        assert row["reason"].startswith("12 due since 19 January are 40 days late")
        assert row["reason_zh"].startswith("12件自1月19日起应到，已迟40天")


def test_cycle_counts_read_the_stock_that_is_left_since_the_count():
    # 30 were counted 20 days ago and 10 sold on the ten days after: 20 are on record, no more the 30 of the count.
    table = counts(chain(age=20, on_hand=30.0), Settings(replenishment=ReplenishmentSettings(stock_most_age_days=30)))
    assert table.select("store_id", "product_id", "on_hand", "days_without_sale").rows() == [("S", "P", 20.0, 10)]
    assert "20 on record" in table["reason"][0]
    assert "账面库存20件" in table["reason_zh"][0]
    assert counts(chain(age=20, on_hand=30.0), Settings()).is_empty(), "of unknown stock nobody knows whether it sells"


@pytest.mark.parametrize(
    ("age", "on_hand", "way"), [(0, 0.0, NOWHERE), (12, 2.0, NOWHERE), (20, 30.0, UNKNOWN)], ids=str
)
def test_goods_are_offered_by_the_stock_that_orders_rest_on(age, on_hand, way):
    # Two days after the count of 12 days ago two were sold: nothing is left. After 20 days nobody knows.
    held = chain(age=age, on_hand=on_hand)
    availability = read_availability(held, {"S": 0, "T": 1}, {"P": 0, "Q": 1}, Settings())
    store, product = pl.Series([0]).to_numpy(), pl.Series([0]).to_numpy()
    assert availability.ways(store, product).tolist() == [way]


def test_goods_whose_listing_is_over_are_neither_offered_nor_told_of():
    listed = pl.DataFrame(
        {"store_id": ["S", "T"], "product_id": ["P", "Q"], "listed_from": [date(2024, 1, 1)] * 2}
    ).with_columns(listed_until=pl.Series([AS_OF, AS_OF + timedelta(days=30)]))
    stock = pl.DataFrame({"store_id": ["S", "T", "DC"], "product_id": ["P", "Q", "P"], "on_hand": [9.0, None, 5.0]})
    whole = Dataset.from_frames({"daily_sales": chain().scan("daily_sales").collect(), "assortment": listed}).at(AS_OF)
    assert without_ended(stock, whole, Settings())["on_hand"].to_list() == [0.0, None, 0.0]
    held = stock.with_columns(date=pl.lit(AS_OF)).head(1)
    tables = {"daily_sales": whole.scan("daily_sales").collect(), "assortment": listed, "inventory": held}
    availability = read_availability(
        Dataset.from_frames(tables).at(AS_OF), {"S": 0, "T": 1}, {"P": 0, "Q": 1}, Settings()
    )
    store, product = pl.Series([0]).to_numpy(), pl.Series([0]).to_numpy()
    assert availability.ways(store, product).tolist() == [NOWHERE]
