"""Computes forecast accuracy: WAPE, bias, RMSSE, quantile (pinball) loss, interval coverage and the PIT.

A frame holds one row per store x product x date with `units` (actual demand), `forecast` (the mean) and quantile
columns `forecast_pNN`. A metric is in the unit of `units` unless it says that it is a share.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.outputs import quantile_column

_MIN_SCALE = 1e-3
"""Squared units; series that change less have no scale to measure errors by."""
_SERIES = ["store_id", "product_id"]


def wape() -> pl.Expr:
    """Weighted absolute percentage error: sum |forecast - units| / sum units, a share; infinite or NaN without units.

    >>> pl.DataFrame({"units": [4.0, 0.0, 6.0], "forecast": [5.0, 1.0, 6.0]}).select(wape()).item()
    0.2
    """
    return ((pl.col("forecast") - pl.col("units")).abs().sum() / pl.col("units").sum()).alias("wape")


def bias() -> pl.Expr:
    """Relative bias: sum (forecast - units) / sum units, a share; above 0 when too much was forecast.

    >>> pl.DataFrame({"units": [4.0, 0.0, 6.0], "forecast": [3.0, 1.0, 5.0]}).select(bias()).item()
    -0.1
    """
    return ((pl.col("forecast") - pl.col("units")).sum() / pl.col("units").sum()).alias("bias")


def pinball(quantile: float) -> pl.Expr:
    """Mean quantile loss: max(q (y - f), (q - 1)(y - f)), in units (Koenker and Bassett 1978).

    >>> pl.DataFrame({"units": [4.0, 0.0], "forecast_p90": [2.0, 2.0]}).select(pinball(0.9)).item()
    1.0
    """
    error = pl.col("units") - pl.col(quantile_column(quantile))
    return pl.max_horizontal(quantile * error, (quantile - 1) * error).mean()


def mean_pinball(quantiles: Sequence[float]) -> pl.Expr:
    """Mean of the quantile losses over several quantiles, in units."""
    return (pl.sum_horizontal([pinball(q) for q in quantiles]) / len(quantiles)).alias("pinball")


def coverage(low: float, high: float) -> pl.Expr:
    """Interval coverage: share of rows whose units lie between two quantiles, edges included.

    Nominal is `high - low`; counts with many zeros cover more, because the edges are included.

    >>> frame = pl.DataFrame({"units": [4.0, 9.0], "forecast_p05": [1.0, 1.0], "forecast_p95": [4.0, 8.0]})
    >>> frame.select(coverage(0.05, 0.95)).to_dict(as_series=False)
    {'coverage_90': [0.5]}
    """
    inside = pl.col("units").is_between(pl.col(quantile_column(low)), pl.col(quantile_column(high)))
    return inside.mean().alias(f"coverage_{round((high - low) * 100)}")


def rmsse(frame: pl.DataFrame, scale: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """One row per group: mean over its series of the root mean squared scaled error (Hyndman, Koehler 2006), no unit.

    Args:
        frame: forecasts.
        scale: one row per series: store_id, product_id, `scale`, the mean squared one-step change before the cutoff in
            squared units. Series that hardly ever changed (`_MIN_SCALE`) do not count.
        by: columns of the groups.
    """
    squared = ((pl.col("forecast") - pl.col("units")) ** 2).mean().alias("squared")
    by_series = frame.group_by(*by, *_SERIES).agg(squared).join(scale.filter(pl.col("scale") > _MIN_SCALE), on=_SERIES)
    return by_series.group_by(by).agg((pl.col("squared") / pl.col("scale")).sqrt().mean().alias("rmsse"))


def central_intervals(quantiles: Sequence[float]) -> list[tuple[float, float]]:
    """Central prediction intervals: pairs of quantiles that lie symmetrically around the median, widest first.

    >>> central_intervals([0.1, 0.5, 0.9])
    [(0.1, 0.9)]
    """
    lower = [q for q in sorted(quantiles) if q < 0.5]
    return [(q, upper) for q in lower for upper in quantiles if abs(q + upper - 1) < 1e-9]


def scores(frame: pl.DataFrame, scale: pl.DataFrame, quantiles: Sequence[float], by: Sequence[str]) -> pl.DataFrame:
    """One row per group: wape, bias, rmsse, pinball, coverage_NN of each central interval, and the number of rows.

    Args:
        frame: forecasts.
        scale: scale of each series, see `rmsse`.
        quantiles: probabilities of the frame's quantile columns.
        by: columns of the groups.
    """
    coverages = [coverage(low, high) for low, high in central_intervals(quantiles)]
    metrics = frame.group_by(by, maintain_order=True).agg(
        wape(), bias(), mean_pinball(quantiles), *coverages, pl.len().alias("rows")
    )
    return metrics.join(rmsse(frame, scale, by), on=list(by), how="left", maintain_order="left")


def randomised_pit(
    paths: npt.NDArray[np.floating], units: npt.NDArray[np.floating], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Randomised probability integral transform of counts (Czado, Gneiting and Held 2009): uniform if calibrated.

    Args:
        paths: shape (..., paths), draws of the forecast distribution, units.
        units: shape (...), actual demand.
        rng: draws the place within the jump of the distribution at `units`.
    """
    # a count has positive probability at single values, so the plain transform is never uniform: 0 units would always
    # give P(0). A uniform draw between P(X < units) and P(X <= units) makes it so
    below = (paths < units[..., None]).mean(axis=-1)
    upto = (paths <= units[..., None]).mean(axis=-1)
    pit: npt.NDArray[np.float64] = below + rng.random(units.shape) * (upto - below)
    return pit
