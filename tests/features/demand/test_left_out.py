"""Series without a forecast are named with a reason, and rows and reasons make up all series."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from features.demand.left_out import counted_reasons, left_out
from features.demand.series import read_series
from retail_brain.dataset import Dataset
from retail_brain.outputs import ALL_SERIES, SeriesFilter
from retail_brain.settings import Settings


@pytest.fixture
def dataset(small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset]) -> Dataset:
    """P01 sold nothing for 60 days, P02 is off the assortment, P03 comes on it a year later."""
    tables = small_chain()
    last = tables["daily_sales"]["date"].max()
    recent = pl.col("date") > last - timedelta(days=60)
    tables["daily_sales"] = tables["daily_sales"].filter(
        ~(recent & pl.col("product_id").is_in(["P01"])), pl.col("product_id") != "P03"
    )
    listed = {"product_id": ["P02", "P03"], "listed_from": [last - timedelta(400), last + timedelta(365)]}
    until = pl.Series("listed_until", [last - timedelta(5), None], dtype=pl.Date)
    tables["assortment"] = pl.DataFrame(listed).with_columns(until, pl.lit("S0").alias("store_id"))
    return dataset_of(tables)


def test_series_without_a_forecast_have_a_reason(dataset: Dataset) -> None:
    found = left_out(read_series(dataset, Settings(), 14), 14, ALL_SERIES)
    rows = found.select("store_id", "product_id", "reason").rows()
    assert ("S0", "P01", "silent") in rows
    assert ("S0", "P02", "delisted") in rows
    assert {product for _, product, _ in rows} <= {"P01", "P02", "P03"}
    said = counted_reasons(found)
    assert "1 series taken off the assortment" in said


def test_only_what_was_asked_for_is_listed(dataset: Dataset) -> None:
    read = read_series(dataset, Settings(), 14)
    assert left_out(read, 14, SeriesFilter(stores=["S1"]))["store_id"].unique().to_list() in ([], ["S1"])
    assert left_out(read, 14, SeriesFilter(products=["P01"])).is_empty()
    assert counted_reasons(left_out(read, 14, SeriesFilter(products=["P01"]))) == ""
