"""Reads what is planned for the panel's series: prices and promotions, by the periods that they hold in."""

from datetime import timedelta

import polars as pl

from features.demand.periods import PeriodAxis
from retail_brain.dataset import Dataset

_NOT_SHOWN = ("", "0", "no", "none", "false")
_KEY = ["store_id", "product_id"]


def read_plans(
    dataset: Dataset, table: str, axis: PeriodAxis, horizon: int, panel: pl.DataFrame, columns: list[str]
) -> pl.DataFrame:
    """One row per series x plan that touches the panel's periods.

    Plans without a store count for every store and come before those of a store, which therefore win.
    """
    begin = axis.index(pl.col("valid_from")).clip(0).cast(pl.Int32).alias("begin")
    end = (axis.index(pl.col("valid_to") - timedelta(days=1)) + 1).fill_null(axis.count + horizon)
    goods = panel["product_id"].unique().implode()
    rows = (
        dataset.scan_or_empty(table)
        .filter(pl.col("product_id").is_in(goods))
        .select(*_KEY, begin, end.clip(0, axis.count + horizon).cast(pl.Int32).alias("end"), *columns)
        .filter(pl.col("begin") < pl.col("end"))
        .collect(engine="streaming")
    )
    keys = panel.select(*_KEY, "s")
    chain_wide = rows.filter(pl.col("store_id").is_null()).drop("store_id").join(keys, on="product_id", how="inner")
    own = rows.filter(pl.col("store_id").is_not_null()).join(keys, on=_KEY, how="inner")
    kept_columns = ["s", "begin", "end", *columns]
    plans = pl.concat(
        [
            chain_wide.select(*kept_columns, pl.lit(value=False).alias("is_own")),
            own.select(*kept_columns, pl.lit(value=True).alias("is_own")),
        ]
    )
    order = {"s": False, "is_own": False, "begin": False, "end": False, "unit_price": True}
    in_order = plans.sort(list(order), descending=list(order.values()))
    shown = [_is_shown(name) for name in columns if name in ("display", "mailer")]
    return in_order.select(*kept_columns).with_columns(pl.col("unit_price").cast(pl.Float32), *shown)


def _is_shown(column: str) -> pl.Expr:
    """Whether a display or mailer position means that the product was shown."""
    text = pl.col(column).cast(pl.String).str.strip_chars().str.to_lowercase()
    return text.is_not_null() & ~text.is_in(_NOT_SHOWN)
