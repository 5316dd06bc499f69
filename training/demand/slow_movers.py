"""Forecasts slow movers and cold starts by empirical-Bayes rates (gamma-Poisson).

A series' units over its periods of listing are Poisson with a rate that varies between series as a gamma variable
(Robbins' gamma-Poisson). The forecast is the posterior mean: its own rate of sale, shrunk to its peer groups.
"""

import numpy as np
import polars as pl

from features.demand.arrays import Doubles, Floats
from features.demand.history import DemandHistory

_SHAPE_LIMITS = (0.05, 20.0)
"""Shapes of the gamma distribution of rates that are believed. Chosen by judgement, not measured."""
_FALLBACK_RATE = 0.01
"""Units a period where nothing like a series ever sold. Chosen by judgement, not measured."""
_PRODUCT_TRUST_PERIODS = 200.0
"""Periods of its category's rate that a product's own counts against. Chosen by judgement, not measured."""
_KEY = ["store_id", "product_id"]


class RateModel:
    """Rates of one history; asks nothing of a model that was fitted before."""

    def __init__(self, history: DemandHistory) -> None:
        self._history = history
        exposures = pl.concat([_exposure(history.series.drop("s"), history), _exposure(history.rare, history)])
        self._shape = _between_shape(exposures)
        self._products = _means(exposures, ["product_id"])
        self._units = exposures.group_by("product_id").agg(pl.col("unit").first())
        self._categories = _means(exposures, ["department", "category"])
        self._stores = _means(exposures, ["store_id"])
        self._mean = _mean_rate(exposures)
        self.phase = _phase_profile(history)

    def rare(self) -> pl.DataFrame:
        """One row per series outside the panel that is still listed: store_id, product_id, rate, shape, unit, basis.

        Rates are in own units a period, of which each is `unit` units of the tables.
        """
        listed = self._history.rare.filter(pl.col("end") > self._history.axis.count)
        return self._posterior(_exposure(listed, self._history).drop("unit"))

    def cold(self, pairs: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
        """The same for pairs of store and product that never sold or were never listed.

        Args:
            pairs: columns store_id and product_id.
            products: the `products` table; goods it does not name get the chain's mean rate.
        """
        named = products.select("product_id", "department", "category").unique("product_id", keep="first")
        rows = pairs.select(_KEY).join(named, on="product_id", how="left", maintain_order="left")
        nothing = pl.lit(0.0)
        return self._posterior(
            rows.with_columns(
                pl.col("department", "category").fill_null(""), nothing.alias("units"), nothing.alias("periods")
            )
        )

    def _posterior(self, rows: pl.DataFrame) -> pl.DataFrame:
        joined = (
            rows.join(self._categories, on=["department", "category"], how="left", suffix="_category")
            .join(self._products, on="product_id", how="left", suffix="_product")
            .join(self._stores, on="store_id", how="left", suffix="_store")
            .join(self._units, on="product_id", how="left", suffix="_product", maintain_order="left")
            .with_columns(pl.col("^group_.*$").fill_null(0.0), pl.col("unit").fill_null(1.0))
        )
        category = (pl.col("group_units") + self._mean * 10) / (pl.col("group_periods") + 10)
        product = (pl.col("group_units_product") + _PRODUCT_TRUST_PERIODS * pl.col("by_category")) / (
            pl.col("group_periods_product") + _PRODUCT_TRUST_PERIODS
        )
        store = (pl.col("group_units_store") + self._mean * 50) / (pl.col("group_periods_store") + 50) / self._mean
        prior = (pl.col("by_product") * store.clip(0.2, 5.0)).clip(lower_bound=1e-6)
        shape = pl.col("units") + self._shape
        return (
            joined.with_columns(category.alias("by_category"))
            .with_columns(product.alias("by_product"))
            .with_columns(prior.alias("prior"))
            .select(
                *_KEY,
                (shape / (pl.col("periods") + self._shape / pl.col("prior"))).alias("rate"),
                shape.alias("shape"),
                "unit",
                pl.when(pl.col("periods") > 0).then(pl.lit("rate")).otherwise(pl.lit("cold")).alias("basis"),
            )
        )


def rate_paths(rates: pl.DataFrame, phase: Doubles, horizon: int, count: int, rng: np.random.Generator) -> Floats:
    """Joint paths of rare series, shape (n, count, horizon): a path's total is drawn, then spread over its periods."""
    size = rates.height
    share = np.resize(phase, horizon)
    form = rates["shape"].to_numpy()
    total_mean = rates["rate"].to_numpy() * share.sum()
    totals = rng.poisson(rng.standard_gamma(form[:, None], (size, count)) * (total_mean / form)[:, None])
    out = np.zeros((size * count, horizon), dtype=np.float32)
    path = np.repeat(np.arange(size * count), totals.ravel())
    period = np.searchsorted(np.cumsum(share / share.sum())[:-1], rng.random(path.size), side="right")
    np.add.at(out, (path, period), np.float32(1))
    return out.reshape(size, count, horizon)


def _phase_profile(history: DemandHistory) -> Doubles:
    """By what factor each phase of the short cycle differs in the chain's recent cycles; flat where little is known."""
    axis, season = history.axis, min(history.axis.rhythm.season, 7)
    begin = axis.count - season * 8
    if axis.period != "day" or begin < 0:
        return np.ones(season)
    recent = history.sales.filter(pl.col("t") >= begin)
    units = np.bincount((recent["t"].to_numpy() - axis.count) % season, minlength=season).astype(np.float64)
    if units.sum() < 50 * season:
        return np.ones(season)
    profile: Doubles = units / units.mean()
    return profile


def _exposure(series: pl.DataFrame, history: DemandHistory) -> pl.DataFrame:
    """Units and periods of listing in the window, without the first sale where the listing was inferred from it."""
    inferred = ~pl.col("is_listed") & ~pl.col("began_before")
    periods = (history.axis.count - pl.col("begin")).clip(lower_bound=0)
    units = pl.col("window_units")
    first = units / pl.col("sale_days").clip(lower_bound=1)
    return series.select(
        *_KEY,
        "department",
        "category",
        "unit",
        pl.when(inferred).then(units - first).otherwise(units).clip(lower_bound=0.0).alias("units"),
        pl.when(inferred).then(periods - 1).otherwise(periods).clip(lower_bound=0).cast(pl.Float64).alias("periods"),
    )


def _means(exposures: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    return exposures.group_by(by).agg(
        pl.col("units").sum().alias("group_units"), pl.col("periods").sum().alias("group_periods")
    )


def _mean_rate(exposures: pl.DataFrame) -> float:
    units, periods = float(exposures["units"].sum()), float(exposures["periods"].sum())
    return units / periods if units > 0 and periods > 0 else _FALLBACK_RATE


def _between_shape(exposures: pl.DataFrame) -> float:
    """Shape of the gamma distribution of rates between series of a category, by moments."""
    observed = exposures.filter(pl.col("periods") > 0)
    by = ["department", "category"]
    rate = pl.col("units").sum().over(by) / pl.col("periods").sum().over(by)
    parts = observed.with_columns((rate * pl.col("periods")).alias("expected")).filter(pl.col("expected") > 0)
    excess = float(((parts["units"] - parts["expected"]) ** 2 - parts["expected"]).sum())
    squares = float((parts["expected"] ** 2).sum())
    if squares <= 0 or excess <= 0:
        return _SHAPE_LIMITS[1]
    return float(np.clip(squares / excess, *_SHAPE_LIMITS))
