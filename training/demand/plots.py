"""Plots calibration, feature importance and totals of a demand training run."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from features.demand.arrays import Doubles
from retail_brain.outputs import quantile_column

mpl.use("Agg")
_TOP_FEATURES = 20
"""Features that the figure of importance shows."""
_BINS = 20
"""Bars of the histogram of probability integral transforms."""


def calibration_figure(pit: Doubles) -> Figure:
    """Histogram of randomised PIT values: flat when the forecast distribution is right."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.hist(pit, bins=_BINS, range=(0, 1), density=True, color="#4878a8")
    axes.axhline(1.0, color="black", linewidth=1)
    axes.set(title="Calibration of the sample paths", xlabel="PIT of what came", ylabel="density (1 = calibrated)")
    return figure


def importance_figure(importance: Mapping[str, float]) -> Figure:
    """Share of the trees' gain of the most used features."""
    top = list(importance.items())[:_TOP_FEATURES][::-1]
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.subplots()
    axes.barh([name for name, _ in top], [share for _, share in top], color="#4878a8")
    axes.set(title="What the model looks at", xlabel="share of gain")
    return figure


def total_figure(forecasts: pl.DataFrame, band: tuple[float, float]) -> Figure:
    """What came and what was forecast, summed over all series, by date of the backtest's windows."""
    by_date = forecasts.group_by("date").agg(pl.col("units", "forecast").sum()).sort("date")
    busiest = forecasts.group_by("store_id", "product_id").agg(pl.col("units").sum()).sort("units", descending=True)
    one = forecasts.join(busiest.head(1).drop("units"), on=["store_id", "product_id"], how="semi").sort("date")
    figure = Figure(figsize=(9, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.plot(by_date["date"], by_date["units"], label="came", color="black")
    upper.plot(by_date["date"], by_date["forecast"], label="forecast", color="#d1603d")
    upper.set(title="All series", ylabel="units")
    upper.legend()
    low, high = (one[quantile_column(q)].to_numpy() for q in band)
    lower.fill_between(one["date"].to_numpy(), low, high, alpha=0.3, color="#d1603d")
    lower.plot(one["date"], one["units"], color="black")
    lower.plot(one["date"], one["forecast"], color="#d1603d")
    lower.set(title=f"The busiest series, band of {np.round((band[1] - band[0]) * 100)} %", ylabel="units")
    return figure
