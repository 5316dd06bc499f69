"""Names the series that get no forecast, and why."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from features.demand.series import SeriesOnAxis
from retail_brain.outputs import SERIES, SeriesFilter

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "delisted": "taken off the assortment (已下架)",
        "not_yet_listed": "listed after the horizon only (预测期内未上架)",
        "silent": "without a sale for longer than their grace and not in the assortment (长期无销售且不在商品目录)",
    }
)
"""Code of each reason with its words."""


def left_out(read: SeriesOnAxis, horizon: int, only: SeriesFilter) -> pl.DataFrame:
    """One row per series that was sold or listed once and gets no forecast, sorted by store and product.

    Args:
        read: axis and series, as `features.demand.series.read_series` gives them.
        horizon: periods ahead that are forecast.
        only: the series asked for. Products that are named get a row wherever they do not sell: none is left out.

    Returns:
        store_id, product_id, reason (a code of `REASONS`), last_sale, sale_days.
    """
    axis, panel, rare = read
    count = axis.count
    columns = [*SERIES, "begin", "end", "is_listed", "last_sale", "sale_days"]
    in_panel = panel.select(*columns, (pl.col("begin") < count + horizon).alias("begins"))
    series = pl.concat([in_panel, rare.select(*columns, pl.lit(value=True).alias("begins"))])
    over = pl.col("end") <= count
    reason = (
        pl.when(over & pl.col("is_listed"))
        .then(pl.lit("delisted"))
        .when(over)
        .then(pl.lit("silent"))
        .when(~pl.col("begins"))
        .then(pl.lit("not_yet_listed"))
    )
    found = series.with_columns(reason.alias("reason")).filter(pl.col("reason").is_not_null())
    if only.products is not None:
        found = found.clear()
    if only.stores is not None:
        found = found.filter(pl.col("store_id").is_in(list(only.stores)))
    return found.select(*SERIES, "reason", "last_sale", "sale_days").sort(SERIES)


def counted_reasons(series: pl.DataFrame) -> str:
    """How many series are left out for each reason, in words; empty where none is."""
    counts = series.group_by("reason").len().sort("reason")
    return "; ".join(f"{count:,} series {REASONS[code]}" for code, count in counts.iter_rows())
