"""Finds the own unit of each product: what it is counted in, so that grams and pieces can stand beside each other.

Goods sold by the piece are counted in the smallest amount that they come in (a piece, a carton of twelve). Goods that
are measured (grams, litres) come in no such amount; they are counted in what one purchase seems to take. So a product
whose sales are all multiplied by a thousand has the same history in its own unit.
"""

import numpy as np
import polars as pl

from features.demand.arrays import Doubles, Ints

_FINEST = 1000
"""Steps of one unit that amounts are told apart in: scales print thousandths of a kilogram."""
_MEASURED_GRAINS = 100.0
"""Grains of a usual day's sale beyond which a product is measured, not counted. Chosen by judgement, not measured."""
_TIMES_THE_USUAL = 30.0
"""Times the chain's lower quartile of such sales that they must be too: where all goods sell by the thousand, thousands
are pieces. Chosen by judgement, not measured."""
_PURCHASES_OF_A_DAY = (4.0, 100.0)
"""Purchases, at least and at most, that a usual day's sale of a measured product is divided into. Chosen by judgement,
not measured."""
_SPREAD_OF_QUARTILES = 1.349
"""Standard deviations between the quartiles of a normal distribution."""


def product_units(daily: pl.DataFrame) -> pl.DataFrame:
    """One row per product with sales: product_id and `unit`, the amount that it is counted in (units of the sales).

    A product comes in grains: the greatest amount that all its sales are multiples of. Where a usual day sells few
    grains, they are its unit. Otherwise it is measured, and the variance of a day's sales over their mean says what one
    purchase takes (of a Poisson number of purchases of one size it is that size).

    Args:
        daily: one row per series x period, columns product_id and units; rows without units say nothing.
    """
    sold = daily.filter(pl.col("units") > 0).select("product_id", pl.col("units").cast(pl.Float64)).sort("product_id")
    usual = pl.col("units").median()
    spread = (pl.col("units").quantile(0.75) - pl.col("units").quantile(0.25)) / _SPREAD_OF_QUARTILES
    products = sold.group_by("product_id", maintain_order=True).agg(
        usual.alias("usual"), (spread**2 / usual).alias("purchase"), pl.len().alias("rows")
    )
    if products.is_empty():
        return pl.DataFrame(schema={"product_id": pl.String, "unit": pl.Float64})
    first = products["rows"].cum_sum().to_numpy().astype(np.int64) - products["rows"].to_numpy()
    grain = _grains(sold["units"].to_numpy(), first)
    day = products["usual"].to_numpy()
    measured = day / grain > max(
        _MEASURED_GRAINS, _TIMES_THE_USUAL * float(np.quantile(day / grain, 0.25, method="lower"))
    )
    fewest, most = _PURCHASES_OF_A_DAY
    purchase = np.clip(products["purchase"].to_numpy(), day / most, day / fewest)
    return products.select("product_id", pl.Series("unit", np.where(measured, np.maximum(purchase, grain), grain)))


def with_units(series: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Series with the column `unit` of their product, 1 where it is not known, and `window_units` counted in it."""
    joined = series.join(units, on="product_id", how="left", maintain_order="left").with_columns(
        pl.col("unit").fill_null(1.0)
    )
    return joined.with_columns(pl.col("window_units") / pl.col("unit"), pl.lit(value=True).alias("is_whole"))


def units_of(series: pl.DataFrame) -> Doubles:
    """The own unit of each series, shape (n,)."""
    return series["unit"].to_numpy()


def _grains(units: Doubles, first: Ints) -> Doubles:
    """The greatest amount that all sales of a product are multiples of, shape (products,)."""
    steps = np.maximum(np.rint(units * _FINEST).astype(np.int64), 1)
    return np.gcd.reduceat(steps, first) / _FINEST
