"""Works out the ages of fresh goods on hand from a shop's daily counts and sales, oldest sold first."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Floats, floats
from retail_brain.outputs import SERIES
from retail_brain.simulation.stock_records import age_records

_KEYS = list(SERIES)
LONGEST_DAYS = 60
"""Shelf life, days, up to which ages are worked out: longer-lived goods hardly expire within an order cycle, and their
records would have to be read as far back. Chosen by judgement, not measured."""
AGES = {"store_id": pl.String, "product_id": pl.String, "days_left": pl.Int64, "units": pl.Float64}
"""One row per store x product and remaining life: units on hand that may be sold for `days_left` more days."""


def read_ages(dataset: Dataset, terms: pl.DataFrame, stock: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Ages of the stock of goods that expire and were counted on every day of a shelf life: columns AGES.

    Deliveries are what the stock rose by beyond sales; what is older than a shelf life was thrown away
    (`simulation.stock_records`). Other series have no row: nobody knows how old their stock is.

    Args:
        dataset: as known on `as_of`.
        terms: supply terms of `decisions.inputs.read_terms`.
        stock: stock of `decisions.inputs.read_stock`; what was sold since the count is gone already.
        as_of: last visible day.
    """
    lives = terms.filter(pl.col("shelf_life_days").is_between(1, LONGEST_DAYS)).select(
        *_KEYS, life=pl.col("shelf_life_days").floor().cast(pl.Int64)
    )
    if not lives.height or not dataset.has("inventory"):
        return pl.DataFrame(schema=AGES)
    # as many days as the longest life: ages are right once one has passed
    begin = as_of - timedelta(days=int(lives["life"].to_numpy().max()))
    counts = dataset.scan("inventory").filter(pl.col("date").is_between(begin, as_of)).join(lives.lazy(), on=_KEYS)
    counted = counts.select(*_KEYS, "life", "date", "on_hand").unique([*_KEYS, "date"], keep="last").collect()
    needed = pl.col("date") >= pl.lit(as_of) - pl.duration(days=pl.col("life"))
    whole = counted.filter(needed).group_by(*_KEYS, "life").len().filter(pl.col("len") > pl.col("life"))
    series = whole.select(*_KEYS, "life").sort(_KEYS)
    if not series.height:
        return pl.DataFrame(schema=AGES)
    sold = (
        dataset.daily_sales().filter(pl.col("date").is_between(begin, as_of)).join(series.lazy(), on=_KEYS, how="semi")
    )
    days = (as_of - begin).days + 1
    aged = age_records(
        _cells(series, sold.select(*_KEYS, "date", value=pl.col("units").clip(0)).collect(), begin, days, 0.0),
        _cells(series, counted.select(*_KEYS, "date", value="on_hand"), begin, days, float("nan")),
        series["life"].to_numpy(),
        days - 1,
    )
    return _rows(series, aged.batches, stock)


def _cells(series: pl.DataFrame, rows: pl.DataFrame, begin: date, days: int, empty: float) -> Floats:
    """Values by series and day, shape (series, days)."""
    placed = rows.join(series.with_row_index("row"), on=_KEYS).group_by("row", "date").agg(pl.col("value").sum())
    out = np.full((series.height, days), empty)
    out[placed["row"].to_numpy(), (placed["date"] - begin).dt.total_days().to_numpy()] = floats(placed["value"])
    return out


def _rows(series: pl.DataFrame, batches: Floats, stock: pl.DataFrame) -> pl.DataFrame:
    """The batches as rows, scaled to the stock that is there now."""
    held = floats(series.join(stock, on=_KEYS, how="left", maintain_order="left")["on_hand"], 0)
    total = batches.sum(axis=1)
    scaled = batches * np.divide(np.maximum(held, 0), total, out=np.zeros_like(total), where=total > 0)[:, None]
    row, left = np.nonzero(scaled)
    return series.select(_KEYS)[row].with_columns(
        days_left=pl.Series(left + 1, dtype=pl.Int64), units=pl.Series(scaled[row, left], dtype=pl.Float64)
    )
