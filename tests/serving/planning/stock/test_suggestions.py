"""Suggestions for the sample chain, with a forecaster that only repeats the last four weeks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.inputs import horizon_days, read_stock, read_terms
from retail_brain.decisions.suggestion_rows import ADDED
from retail_brain.errors import NotFoundError
from retail_brain.outputs import ALL_SERIES, SUGGESTIONS, DemandPaths, SeriesFilter
from retail_brain.settings import Settings
from serving.planning.stock.order_suggestions import suggest
from serving.planning.stock.plan_request import PlanRequest
from serving.planning.stock.supply_side import SupplySide

AS_OF = date(2025, 1, 12)


@dataclass(frozen=True)
class Rates:
    """Poisson paths at the mean rate of the last 28 days."""

    @dataclass(frozen=True)
    class Store:
        paths: DemandPaths

    def forecast(self, dataset, horizon, only=ALL_SERIES, *, seed=0, **_) -> Iterator[Store]:
        as_of = dataset.as_of
        recent = dataset.daily_sales().filter(pl.col("date") > as_of - timedelta(days=28))
        rates = recent.group_by("store_id", "product_id").agg(rate=pl.col("units").sum().clip(0) / 28).collect()
        rates = rates.filter(
            pl.col("store_id").is_in(only.stores) if only.stores else True,
            pl.col("product_id").is_in(only.products) if only.products else True,
        ).sort("store_id", "product_id")
        days = pl.date_range(as_of + timedelta(days=1), as_of + timedelta(days=horizon), eager=True)
        for _, part in rates.group_by("store_id", maintain_order=True):
            rate = part["rate"].to_numpy()[:, None, None]
            units = np.random.default_rng(seed).poisson(rate, (part.height, 50, horizon))
            yield self.Store(DemandPaths(part.select("store_id", "product_id"), days, units.astype(np.float32)))


@pytest.fixture(scope="module")
def known(sample: Dataset) -> Dataset:
    return sample.at(AS_OF)


@pytest.fixture(scope="module")
def table(known: Dataset) -> pl.DataFrame:
    return suggest(PlanRequest(known, Rates(), Settings(), SeriesFilter(["S01", "S02"])))


def test_every_line_is_whole_and_explained(table, known):
    assert dict(table.schema) == SUGGESTIONS | ADDED
    supply = known.scan("supply").select("store_id", "product_id", "case_pack").collect()
    packs = table.join(supply, on=["store_id", "product_id"]).select(pl.col("order_quantity") / pl.col("case_pack"))
    assert packs.to_series().to_numpy() == pytest.approx(np.rint(packs.to_series().to_numpy()))
    assert (table["order_quantity"] > 0).any()
    assert table["reason"].str.len_chars().min() > 20
    assert table["reason_zh"].str.contains("[一-龥]").all()
    assert (table["arrives_on"] >= table["order_on"]).all()
    assert (table["order_on"] > AS_OF).all()
    assert table.null_count().sum_horizontal().item() == 0


def test_a_budget_holds_across_stores(table, known):
    limit = table["order_cost"].sum() / 3
    tight = suggest(PlanRequest(known, Rates(), Settings(), SeriesFilter(["S01", "S02"])), budget=limit)
    assert limit * 0.95 <= tight["order_cost"].sum() <= limit
    assert tight["expected_value"].sum() > table["expected_value"].sum() / 3


def test_without_inventory_and_supply_the_reasons_say_so(known):
    bare = Dataset({"transactions": known.frames["transactions"]}, as_of=AS_OF)
    table = suggest(PlanRequest(bare, Rates(), Settings(), SeriesFilter(["S01"])))
    assert set(table["reason_code"]) == {"unknown_stock"}
    assert table["reason"].str.contains("No supply terms: ").all()
    assert table["on_hand"].null_count() == table.height


def test_delisted_goods_are_not_ordered(known):
    gone = known.scan("assortment").with_columns(
        listed_until=pl.when(pl.col("product_id") == "P001").then(pl.lit(AS_OF)).otherwise(pl.col("listed_until"))
    )
    changed = Dataset({**known.frames, "assortment": gone}, as_of=AS_OF)
    table = suggest(PlanRequest(changed, Rates(), Settings(), SeriesFilter(["S01"])))
    assert "P001" not in table["product_id"]


def test_unknown_ids_are_refused_and_an_empty_forecast_gives_no_rows(known):
    with pytest.raises(NotFoundError, match="no series"):
        suggest(PlanRequest(known, Rates(), Settings(), SeriesFilter(["nowhere"])))

    class Nothing(Rates):
        def forecast(self, *_, **__):
            return iter(())

    assert dict(suggest(PlanRequest(known, Nothing(), Settings())).schema) == SUGGESTIONS | ADDED


def test_nothing_after_the_day_changes_what_is_read(known):
    later = known.frames["inventory"].filter(pl.col("date") > AS_OF).with_columns(on_hand=pl.lit(1e6))
    before = known.frames["inventory"].filter(pl.col("date") <= AS_OF)
    changed = Dataset({**known.frames, "inventory": pl.concat([before, later])}, as_of=AS_OF)
    assert read_stock(changed).equals(read_stock(known))


def test_prices_are_the_stores_own_before_the_chains_before_the_paid_ones():
    day = date(2025, 3, 1)
    sales = pl.DataFrame(
        {
            "date": [day] * 3,
            "store_id": ["s"] * 3,
            "product_id": ["a", "b", "c"],
            "units": [2.0] * 3,
            "unit_price": [9.0] * 3,
        }
    )
    prices = pl.DataFrame(
        {
            "store_id": ["s", None, None, None],
            "product_id": ["a", "a", "b", "b"],
            "valid_from": [day, day, date(2025, 1, 1), date(2025, 3, 2)],
            "valid_to": [None, None, date(2025, 3, 2), None],
            "unit_price": [1.0, 2.0, 3.0, 4.0],
        }
    )
    terms = read_terms(Dataset.from_frames({"daily_sales": sales, "prices": prices}), day)
    assert terms["unit_price"].to_list() == [1.0, 4.0, 9.0]


def test_the_horizon_reaches_the_delivery_after_the_next(known):
    side = SupplySide.read(known, Settings(), ["S01"])
    reach = horizon_days(side.terms, Settings().replenishment)
    short = {"demand": {"horizon_periods": 1}}
    assert side.horizon(Settings.model_validate(short)) == reach
    assert side.horizon(Settings.model_validate(short | {"data": {"period": "week"}})) == -(-reach // 7)
    # The published forecast reaches at least as far, and its paths are those of the orders.
    assert side.horizon(Settings.model_validate({"demand": {"horizon_periods": 90}})) == 90
