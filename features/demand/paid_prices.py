"""Works out the prices charged in the past from the prices paid, for series of which no table `prices` speaks.

A period without a sale has no price paid, and it is most of all at the usual price that nothing is sold: periods with a
sale alone would make demand look steeper than it is. So such a period takes the change of price that the product's
other stores show in it, where stores change their prices together, and otherwise the price on both sides of it, where
these agree.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from features.demand.arrays import Bools, Doubles
from features.demand.periods import PeriodAxis

_USUAL_DAYS = 112
"""Days around a day that its usual price is read from: eight weeks on each side. Chosen by judgement, not measured."""
_USUAL_QUANTILE = 0.7
"""Quantile of the prices paid that is the usual one: more than a half, since cuts sell more often than the usual price.
Sample chain without its prices: mean error of the elasticities .310 with it, .384 with a half, .345 with .85."""
SAME = 0.02
"""Change (log) within which two prices count as one: rounding, and goods weighed."""
_TOGETHER_SHARE = 0.5
"""Share of the changed prices that agree with the product's other stores from which these speak for a store that sold
nothing. Sample chain, where all stores share prices: mean error .310 with it, .335 with .8, .359 with .9."""
_SOLD_SHARE = 0.5
"""Share of its periods that a series must have sold in where other stores cannot speak for it. Sample chain, each store
by itself: mean error of the elasticities .383 with it, .441 without."""
_GAP_DAYS = 28
"""Days without a sale that are bridged between two equal prices. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class PaidPrices:
    """Prices paid for the series without planned prices; worked out when they are asked for.

    Attributes:
        axis: the periods.
        series: the history's series, in order of `s`: s, product_id, begin, end.
        paid: one row per series x period with a sale at a price: s, t, unit_price; sorted.
    """

    axis: PeriodAxis
    series: pl.DataFrame
    paid: pl.DataFrame

    @classmethod
    def of(cls, axis: PeriodAxis, series: pl.DataFrame, sales: pl.DataFrame, prices: pl.DataFrame) -> "PaidPrices":
        """The prices paid for the series that `prices` does not name; arguments as in `DemandHistory`."""
        at_a_price = (pl.col("units") > 0) & (pl.col("unit_price") > 0)
        sold = sales.lazy().filter(at_a_price).join(prices.lazy(), on="s", how="anti")
        paid = sold.select("s", "t", "unit_price").sort("s", "t").collect()
        return cls(axis, series.select("s", "product_id", "begin", "end"), paid)

    @property
    def products(self) -> int:
        """Products with a price paid."""
        return self.paid.select("s").unique().join(self.series, on="s")["product_id"].n_unique()

    def charged(self, begin: int, end: int) -> tuple[Doubles, Doubles]:
        """Price and usual price of the series numbered `begin` to `end` (exclusive), each of shape (n, T).

        NaN where nothing tells: series with planned prices, and periods too far from a sale.
        """
        shape = (end - begin, self.axis.count)
        price, usual = np.full(shape, np.nan), np.full(shape, np.nan)
        rows = self.paid.filter(pl.col("s").is_between(begin, end - 1))
        if rows.is_empty():
            return price, usual
        price[rows["s"].to_numpy() - begin, rows["t"].to_numpy()] = rows["unit_price"].to_numpy()
        blocks = self._usual.filter(pl.col("s").is_between(begin, end - 1))
        by_block = np.full((shape[0], -(-shape[1] // self._step)), np.nan)
        by_block[blocks["s"].to_numpy() - begin, blocks["block"].to_numpy()] = blocks["usual"].to_numpy()
        usual = np.repeat(by_block, self._step, axis=1)[:, : shape[1]]
        series = self.series[begin:end]
        change = self._changes_of(series, shape)
        elsewhere = np.isnan(price) & ~np.isnan(change)
        price[elsewhere] = (usual * np.exp(change))[elsewhere]
        together = series["product_id"].is_in(self._together["product_id"].implode()).to_numpy()
        price[~together & (_sold_share(rows, series, begin) < _SOLD_SHARE)] = np.nan
        return _bridged(price, max(_GAP_DAYS // self.axis.days_per_period, 1)), usual

    @property
    def _step(self) -> int:
        """Periods that share a usual price."""
        return max(usual_half(self.axis) // 2, 1)

    @cached_property
    def _usual(self) -> pl.DataFrame:
        """Usual price by series and block of `_step` periods: s, block, usual."""
        reach, last = usual_half(self.axis) // self._step, (self.axis.count - 1) // self._step
        near = pl.col("t") // self._step + pl.Series(range(-reach, reach + 1), dtype=pl.Int32).implode()
        spread = self.paid.lazy().with_columns(near.alias("block")).explode("block")
        usual = pl.col("unit_price").quantile(_USUAL_QUANTILE, "nearest").alias("usual")
        return spread.filter(pl.col("block").is_between(0, last)).group_by("s", "block").agg(usual).collect()

    @cached_property
    def _changes(self) -> pl.LazyFrame:
        """Change of price (log, from the usual one) of each sale: s, product_id, t, change.

        With `common`, the median change of the stores that sold the product in the period, and `stores`, how many did.
        """
        block = (pl.col("t") // self._step).alias("block")
        joined = self.paid.lazy().with_columns(block).join(self._usual.lazy(), on=["s", "block"])
        product = joined.join(self.series.lazy().select("s", "product_id"), on="s")
        change = (pl.col("unit_price") / pl.col("usual")).log().alias("change")
        places = ["product_id", "t"]
        return product.select("s", *places, change).with_columns(
            pl.col("change").median().over(places).alias("common"), pl.len().over(places).alias("stores")
        )

    @cached_property
    def _together(self) -> pl.DataFrame:
        """Products whose stores change their prices together."""
        own, common = pl.col("change"), pl.col("common")
        changed = (pl.col("stores") > 1) & ((own.abs() >= SAME) | (common.abs() >= SAME))
        agree = ((own - common).abs() < SAME).mean().alias("agree")
        shares = self._changes.filter(changed).group_by("product_id").agg(agree)
        return shares.filter(pl.col("agree") >= _TOGETHER_SHARE).select("product_id").collect()

    @cached_property
    def _common(self) -> pl.DataFrame:
        """The change that a product's stores show together: product_id, t, common."""
        together = self._changes.join(self._together.lazy(), on="product_id", how="semi")
        return together.select("product_id", "t", "common").unique(["product_id", "t"]).collect()

    def _changes_of(self, series: pl.DataFrame, shape: tuple[int, int]) -> Doubles:
        """The common change of each series' product, shape (n, T), NaN where none is known."""
        out = np.full(shape, np.nan)
        rows = series.with_row_index("row").select("row", "product_id").join(self._common, on="product_id")
        out[rows["row"].to_numpy(), rows["t"].to_numpy()] = rows["common"].to_numpy()
        return out


def usual_half(axis: PeriodAxis) -> int:
    """Periods on each side of the one that a usual price is read for: half of _USUAL_DAYS, at least one."""
    return _USUAL_DAYS // (2 * axis.days_per_period) or 1


def _sold_share(rows: pl.DataFrame, series: pl.DataFrame, begin: int) -> Doubles:
    """Share of its listed periods in which each series sold at a price, shape (n,)."""
    sold = np.bincount(rows["s"].to_numpy() - begin, minlength=series.height)
    share: Doubles = sold / np.maximum((series["end"] - series["begin"]).to_numpy(), 1)
    return share


def _bridged(price: Doubles, most: int) -> Doubles:
    """Prices with gaps of at most `most` periods closed where the prices on both sides are the same."""
    periods, row = np.arange(price.shape[1]), np.arange(price.shape[0])[:, None]
    known = ~np.isnan(price)
    before = np.maximum.accumulate(np.where(known, periods, 0), axis=1)
    after = np.minimum.accumulate(np.where(known, periods, price.shape[1] - 1)[:, ::-1], axis=1)[:, ::-1]
    left, right = price[row, before], price[row, after]
    with np.errstate(invalid="ignore"):
        closed: Bools = ~known & (after - before <= most + 1) & (np.abs(np.log(left / right)) < SAME)
    return np.where(closed, left, price)
