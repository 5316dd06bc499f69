"""Sales, margin, lost sales and stock of each store, now and a year ago: what head office looks at first."""

from datetime import date, timedelta
from typing import Final

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.outputs import SERIES

DAYS: Final = 28
"""Days of a window: four whole weeks, so that every weekday counts alike."""
YEAR_DAYS: Final = 364
"""Days to the same weekdays a year before."""
WEEKS: Final = 13
"""Weeks of the trend: a quarter."""
OLD_COUNT_DAYS: Final = 91
"""Days after which nobody relies on a count any more, though nothing was sold since: a quarter, in which most stores
count everything once. Chosen by judgement, not measured."""
_WINDOWS: Final = {"now": 0, "before": DAYS, "last_year": YEAR_DAYS}
"""Window -> days between its last day and the last visible one."""
PERFORMANCE: Final = {
    "store_id": pl.String,
    "window": pl.String,
    "sales": pl.Float64,
    "units": pl.Float64,
    "unpriced_units": pl.Float64,
    "margin": pl.Float64,
    "costed_sales": pl.Float64,
    "goods_cost": pl.Float64,
    "lost_units": pl.Float64,
    "lost_sales": pl.Float64,
}
"""Money of lines with a price, null where none has one; margin and cost of goods of those whose cost is known too."""
STOCK_NOW: Final = {
    "store_id": pl.String,
    "stock_value": pl.Float64,
    "stock_units": pl.Float64,
    "uncosted_units": pl.Float64,
    "stock_value_last_year": pl.Float64,
    "doubtful_stock_value": pl.Float64,
    "doubtful_stock_lines": pl.Float64,
}
"""`doubtful_stock_value` is the part of `stock_value` that may not be there to sell (`doubtful_stock`), and
`doubtful_stock_lines` the number of its lines (store x product)."""
TREND: Final = {"store_id": pl.String, "window": pl.String, "week": pl.Int64, "sales": pl.Float64}
"""`week` 0 is the newest; of `last_year` the week that lies 364 days before it; sales null where no price is known."""

PLANNED: Final = {"store_id": pl.String, "sales_plan": pl.Float64, "margin_plan": pl.Float64}
"""Money that the plan expects of the window `now`; null where it does not cover each of its days exactly once."""


def planned(dataset: Dataset, as_of: date) -> pl.DataFrame:
    """One row per store with a plan of the last four weeks: columns PLANNED.

    What is planned of a span counts evenly for its days.
    """
    first = as_of - timedelta(days=DAYS - 1)
    begins, ends = pl.max_horizontal("valid_from", pl.lit(first)), pl.col("valid_to").dt.offset_by("-1d")
    inside = (pl.min_horizontal(ends, pl.lit(as_of)) - begins).dt.total_days() + 1
    share = pl.col("inside") / (pl.col("valid_to") - pl.col("valid_from")).dt.total_days()
    parts = dataset.scan_or_empty("sales_plans").with_columns(inside=inside).filter(pl.col("inside") > 0)
    is_whole = pl.col("inside").sum() == DAYS
    margin = (pl.col("margin") * share).sum()
    made = parts.group_by("store_id").agg(
        sales_plan=pl.when(is_whole).then((pl.col("sales") * share).sum()),
        margin_plan=pl.when(is_whole & pl.col("margin").is_not_null().all()).then(margin),
    )
    return made.select(_cast(PLANNED)).sort("store_id").collect()


def store_performance(
    dataset: Dataset, as_of: date, terms: pl.DataFrame, lost: pl.DataFrame | None, lost_from: date = date.min
) -> pl.DataFrame:
    """One row per store x window with sales: columns PERFORMANCE, in money and units.

    Lost sales are null where nobody knows when stock ran out, and in windows that begin before `lost_from`.

    Args:
        dataset: its sales.
        as_of: last visible day, the last of the window `now`.
        terms: supply terms of `decisions.inputs.read_terms`: cost and price of a unit today.
        lost: columns of `features.demand.recovered_units.recovered_days`; None where stock is not told.
        lost_from: the first day that `lost` reaches back to.
    """
    keys = list(SERIES)
    sold = _in_windows(_takings(dataset), as_of).collect()
    priced = sold.join(terms.select(*keys, "unit_cost"), on=keys, how="left").with_columns(
        cost=pl.col("units") * pl.col("unit_cost")
    )
    sales, cost = pl.col("sales"), pl.col("cost")
    costed = sales.is_not_null() & cost.is_not_null()
    made = priced.group_by("store_id", "window").agg(
        sales=pl.when(sales.count() > 0).then(sales.sum()),
        units=pl.col("units").sum(),
        unpriced_units=pl.col("units").filter(sales.is_null()).sum(),
        margin=pl.when(costed.any()).then((sales - cost).filter(costed).sum()),
        costed_sales=sales.filter(costed).sum(),
        goods_cost=pl.when(costed.any()).then(cost.filter(costed).sum()),
    )
    if lost is None:
        return made.with_columns(lost_units=None, lost_sales=None).select(_cast(PERFORMANCE))
    units = (pl.col("demand") - pl.col("sold")).clip(0)
    hidden = _in_windows(lost.lazy().select("date", *keys, lost_units=units), as_of).collect()
    money = hidden.join(terms.select(*keys, "unit_price"), on=keys, how="left")
    summed = money.group_by("store_id", "window").agg(
        pl.col("lost_units").sum(), lost_sales=(pl.col("lost_units") * pl.col("unit_price")).sum()
    )
    joined = made.join(summed, on=["store_id", "window"], how="left")
    told = [name for name, days in _WINDOWS.items() if as_of - timedelta(days=days + DAYS - 1) >= lost_from]
    is_told = pl.col("window").is_in(told)
    none_lost = pl.col("lost_units", "lost_sales").fill_null(0.0)
    return joined.with_columns(pl.when(is_told).then(none_lost)).select(_cast(PERFORMANCE))


def doubtful_stock(dataset: Dataset, stock: pl.DataFrame, gone: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Store x product whose stock may not be there to sell: `store_id`, `product_id`.

    That of shops that sold once, but nothing in the last DAYS (they are closed), of goods that are no longer listed
    there, and of counts older than OLD_COUNT_DAYS.

    Args:
        dataset: its sales.
        stock: of `decisions.inputs.read_stock`.
        gone: store x product no longer listed.
        as_of: last visible day.
    """
    last = dataset.daily_sales().group_by("store_id").agg(pl.col("date").filter(pl.col("units") > 0).max())
    closed = last.filter(pl.col("date") <= as_of - timedelta(days=DAYS)).select("store_id").collect()
    parts = [
        stock.join(closed, on="store_id", how="semi"),
        stock.join(gone, on=list(SERIES), how="semi"),
        stock.filter(pl.col("stock_age_days") > OLD_COUNT_DAYS),
    ]
    return pl.concat([part.select(SERIES) for part in parts]).unique(maintain_order=True)


def stock_now(
    stock: pl.DataFrame,
    terms: pl.DataFrame,
    last_year: pl.DataFrame | None = None,
    doubtful: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per store with counted stock, now or then: columns STOCK_NOW; values are those of goods of known cost.

    Args:
        stock: `on_hand` of `decisions.inputs.read_stock`.
        terms: with `unit_cost`, today's: both values differ by what is held, not by what it costs.
        last_year: stock as it was known YEAR_DAYS before.
        doubtful: rows of `doubtful_stock`; None where nobody looked.
    """
    now = _held(stock, terms)
    then = now.clear() if last_year is None else _held(last_year, terms)
    before = then.select("store_id", stock_value_last_year="stock_value")
    both = now.join(before, on="store_id", how="full", coalesce=True)
    return both.join(_doubted(stock, terms, doubtful), on="store_id", how="left").select(_cast(STOCK_NOW))


def _doubted(stock: pl.DataFrame, terms: pl.DataFrame, doubtful: pl.DataFrame | None) -> pl.DataFrame:
    """One row per store with counted stock: what of it is doubtful, in money and lines."""
    names = ("doubtful_stock_value", "doubtful_stock_lines")
    if doubtful is None:
        return pl.DataFrame(schema={"store_id": pl.String, **dict.fromkeys(names, pl.Float64)})
    keys = list(SERIES)
    held = stock.filter(pl.col("on_hand").is_not_null()).join(terms.select(*keys, "unit_cost"), on=keys, how="left")
    marked = held.join(doubtful.with_columns(is_doubtful=pl.lit(value=True)), on=keys, how="left")
    there = pl.col("is_doubtful").fill_null(value=False) & (pl.col("on_hand") > 0)
    # of goods without a cost the lines are told, no money
    value = (pl.col("on_hand") * pl.col("unit_cost")).filter(there)
    known = (value.count() > 0) | ~there.any()
    return marked.group_by("store_id").agg(
        doubtful_stock_value=pl.when(known).then(value.sum()), doubtful_stock_lines=there.sum().cast(pl.Float64)
    )


def _held(stock: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """One row per store: `stock_value`, `stock_units` and `uncosted_units`."""
    keys = list(SERIES)
    lines = stock.join(terms.select(*keys, "unit_cost"), on=keys, how="left")
    held = pl.col("on_hand").clip(0)
    return (
        lines.filter(pl.col("on_hand").is_not_null())
        .group_by("store_id")
        .agg(
            stock_value=pl.when(pl.col("unit_cost").count() > 0).then((held * pl.col("unit_cost")).sum()),
            stock_units=held.sum(),
            uncosted_units=held.filter(pl.col("unit_cost").is_null()).sum(),
        )
    )


def weekly_sales(dataset: Dataset, as_of: date) -> pl.DataFrame:
    """One row per store x window x week of the last quarter and of the same weeks a year before: columns TREND."""
    age = (pl.lit(as_of) - pl.col("date")).dt.total_days()
    rows = _takings(dataset).select("store_id", "sales", age=age)
    parts = []
    for window in ("now", "last_year"):
        since = age_of = pl.col("age") - _WINDOWS[window]
        inside = rows.filter(since.is_between(0, 7 * WEEKS - 1)).with_columns(week=age_of // 7, window=pl.lit(window))
        known = pl.when(pl.col("sales").count() > 0).then(pl.col("sales").sum())
        parts.append(inside.group_by("store_id", "window", "week").agg(known))
    return pl.concat(parts).select(_cast(TREND)).sort("store_id", "window", "week").collect()


def _takings(dataset: Dataset) -> pl.LazyFrame:
    """Store x product x date: `units` and `sales` (money), both net of returns; sales null without a price."""
    keys = ("date", *SERIES)
    sales = pl.col("units") * pl.col("unit_price")
    if dataset.has("daily_sales"):
        return dataset.daily_sales().select(*keys, "units", sales=sales)
    # of receipts themselves: a day with returns alone has no price of sales, but money was paid back
    lines = dataset.scan("transactions").with_columns(pl.col("sold_at").dt.date().alias("date"))
    return lines.group_by(keys).agg(pl.col("units").sum(), sales=sales.sum())


def _in_windows(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """The rows of each window, with its name; windows do not overlap."""
    parts = []
    for window, days in _WINDOWS.items():
        last = as_of - timedelta(days=days)
        first = last - timedelta(days=DAYS - 1)
        parts.append(rows.filter(pl.col("date").is_between(first, last)).with_columns(window=pl.lit(window)))
    return pl.concat(parts)


def _cast(schema: dict[str, type[pl.DataType]]) -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in schema.items()]
