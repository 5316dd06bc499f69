"""Measures silence of stocked goods: days without a sale, against their former rate and sales of the other shops."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.inputs import delisted
from retail_brain.outputs import SERIES
from retail_brain.which_day import data_day

_BEFORE_DAYS = 84
"""Days before the silence that say what is usual: twelve weeks. Chosen by judgement, not measured."""
_LONGEST_SILENCE = 180
"""Days without sales that are looked at: half a year; longer is a product no longer sold. Chosen by judgement, not
measured."""
_LEAST_DAYS = 14
"""Days of stock before the silence that a series needs. Chosen by judgement, not measured."""
_CLOSED_DAYS = 35
"""Days without any sale after which a shop is taken to be closed: longer than a month, of which monthly sales have one
row. Chosen by judgement, not measured: few holidays or repairs are longer, and then counts wait for the opening."""


def read_silent(dataset: Dataset, stock: pl.DataFrame, terms: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Input of `suggest_cycle_counts`, one row per store x product with stock on record that used to sell.

    The rate is that of the twelve weeks before the last sale, times how the other shops' sales of the product have
    moved since (never upwards), so that an ended season or promotion is not taken for a phantom. Days on which the shop
    sold nothing at all, or the record itself said there was no stock, are not days of silence. Goods whose listing in
    the shop has ended, and shops that sold nothing for longer than `_CLOSED_DAYS`, cannot sell what a count would find.

    Args:
        dataset: as known on `as_of`.
        stock: newest stock of `decisions.inputs.read_stock`.
        terms: supply terms of `decisions.inputs.read_terms`, for the margin.
        as_of: last visible day.
    """
    days = _BEFORE_DAYS + _LONGEST_SILENCE
    first = as_of - timedelta(days=days - 1)
    over = delisted(dataset, data_day(as_of))
    on_record = stock.filter(pl.col("on_hand") > 0).join(over, on=list(SERIES), how="anti")
    on_record = on_record.select(*SERIES, "on_hand").sort(SERIES)
    sales = dataset.daily_sales().filter(pl.col("date") >= first, pl.col("units") > 0)
    rows = sales.group_by(*SERIES, day=(pl.col("date") - first).dt.total_days()).agg(pl.col("units").sum()).collect()
    empty = _empty_days(dataset, first, as_of)
    goods = on_record["product_id"].unique().sort()
    everywhere = _table(goods, rows, days)
    stores_silent = []
    for (store_id,), store_stock in on_record.group_by("store_id", maintain_order=True):
        store_sales = rows.filter(pl.col("store_id") == store_id)
        if store_sales.filter(pl.col("day") >= days - _CLOSED_DAYS).height:
            out = empty.filter(pl.col("store_id") == store_id)
            chain = everywhere[goods.search_sorted(store_stock["product_id"]).to_numpy()]
            stores_silent.append(_of_store(store_stock, store_sales, chain, out, days))
    if not stores_silent:
        return _joined(on_record.clear().with_columns(rate=0.0, dispersion=1.0, days_without_sale=0), terms)
    return _joined(pl.concat(stores_silent), terms)


def _joined(frame: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    margin = (pl.col("unit_price") - pl.col("unit_cost")).clip(0)
    return frame.join(terms.select(*SERIES, margin=margin), on=list(SERIES), how="left", maintain_order="left")


def _empty_days(dataset: Dataset, first: date, as_of: date) -> pl.DataFrame:
    """Days on which the record itself says that there was no stock: store, product and number of the day."""
    counted = dataset.scan_or_empty("inventory").filter(pl.col("date").is_between(first, as_of), pl.col("on_hand") <= 0)
    return counted.select(*SERIES, day=(pl.col("date") - first).dt.total_days()).unique().collect()


def _of_store(
    store_stock: pl.DataFrame, store_sales: pl.DataFrame, chain: Floats, empty: pl.DataFrame, days: int
) -> pl.DataFrame:
    goods = store_stock["product_id"]
    own = _table(goods, store_sales, days)
    is_open = np.zeros(days, dtype=np.bool_)
    is_open[store_sales["day"].to_numpy()] = True
    stocked = np.broadcast_to(is_open, own.shape) & (_table(goods, empty.with_columns(units=1.0), days) == 0)
    sold: Bools = own > 0
    has, last = sold.any(axis=1), days - 1 - sold[:, ::-1].argmax(axis=1)
    silent = stocked.sum(axis=1) - np.take_along_axis(np.cumsum(stocked, axis=1), last[:, None], axis=1)[:, 0]
    rate, dispersion, seen = _before(own, stocked | sold, last)
    factor = _others(chain - own, last)
    frame = store_stock.with_columns(
        rate=pl.Series(rate * factor),
        dispersion=pl.Series(dispersion),
        days_without_sale=pl.Series(silent),
    )
    return frame.filter(pl.Series(has & (silent > 0) & (seen >= _LEAST_DAYS)))


def _table(goods: pl.Series, rows: pl.DataFrame, days: int) -> Floats:
    """Units by product and day."""
    matched = rows.filter(pl.col("product_id").is_in(goods.implode()))
    places = goods.search_sorted(matched["product_id"]).to_numpy()
    cells = places * days + matched["day"].to_numpy()
    units = matched["units"].cast(pl.Float64).to_numpy()
    return np.bincount(cells, weights=units, minlength=len(goods) * days).astype(np.float64).reshape(len(goods), days)


def _window(table: Floats, last: Ints) -> Floats:
    """Sums over the days before and including `last`, at most twelve weeks."""
    sums = np.concatenate([np.zeros((len(table), 1)), np.cumsum(table, axis=1)], axis=1)
    rows = np.arange(len(table))
    total: Floats = sums[rows, last + 1] - sums[rows, np.maximum(last + 1 - _BEFORE_DAYS, 0)]
    return total


def _before(own: Floats, stocked: Bools, last: Ints) -> tuple[Floats, Floats, Floats]:
    """Units per day with stock, variance over mean, and days, in the twelve weeks up to the last sale."""
    begun = np.cumsum(own, axis=1) > 0
    seen = _window((stocked & begun).astype(np.float64), last)
    mean = _window(own, last) / np.maximum(seen, 1)
    square = _window(own**2, last) / np.maximum(seen, 1)
    spread = np.divide(square - mean**2, mean, out=np.ones_like(mean), where=mean > 0)
    return mean, np.maximum(spread, 1.0), seen


def _others(others: Floats, last: Ints) -> Floats:
    """How the other shops' sales per day have moved since the last sale here, at most 1; 1 where they sold none."""
    days = others.shape[1]
    before = _window(others, last) / np.minimum(last + 1, _BEFORE_DAYS)
    after = (others.sum(axis=1) - np.take_along_axis(np.cumsum(others, axis=1), last[:, None], axis=1)[:, 0]) / (
        np.maximum(days - 1 - last, 1)
    )
    moved = np.divide(after, before, out=np.ones_like(before), where=before > 0)
    factor: Floats = np.clip(moved, 0, 1)
    return factor
