"""Measures of forecasts by hand."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from training.metrics import central_intervals, coverage, mean_pinball, randomised_pit, rmsse, scores

FRAME = pl.DataFrame(
    {
        "store_id": ["S"] * 4,
        "product_id": ["A", "A", "B", "B"],
        "date": [date(2025, 1, 1), date(2025, 1, 2)] * 2,
        "method": ["m"] * 4,
        "units": [2.0, 4.0, 0.0, 4.0],
        "forecast": [3.0, 3.0, 1.0, 2.0],
        "forecast_p10": [1.0, 1.0, 0.0, 1.0],
        "forecast_p90": [5.0, 3.0, 2.0, 4.0],
    }
)
SCALE = pl.DataFrame({"store_id": ["S", "S"], "product_id": ["A", "B"], "scale": [4.0, 0.0]})


def test_measures_are_what_arithmetic_says() -> None:
    row = scores(FRAME, SCALE, [0.1, 0.9], ["method"]).row(0, named=True)
    assert row["wape"] == pytest.approx((1 + 1 + 1 + 2) / 10)
    assert row["bias"] == pytest.approx((1 - 1 + 1 - 2) / 10)
    assert row["coverage_80"] == 3 / 4
    low = (0.1 * 1 + 0.1 * 3 + 0.1 * 0 + 0.1 * 3) / 4
    high = (0.1 * 3 + 0.9 * 1 + 0.1 * 2 + 0.9 * 0) / 4
    assert row["pinball"] == pytest.approx((low + high) / 2)
    assert row["rmsse"] == pytest.approx(np.sqrt((1 + 1) / 2 / 4)), "B never changed before and does not count"
    assert row["rows"] == 4


def test_pinball_of_the_median_is_half_the_absolute_error() -> None:
    frame = FRAME.with_columns(pl.col("forecast").alias("forecast_p50"))
    assert frame.select(mean_pinball([0.5])).item() == pytest.approx(5 / 4 / 2)


def test_edges_of_a_band_are_inside() -> None:
    frame = pl.DataFrame({"units": [1.0, 2.0, 3.0], "forecast_p10": [1.0] * 3, "forecast_p90": [2.0] * 3})
    assert frame.select(coverage(0.1, 0.9)).item() == pytest.approx(2 / 3)


def test_bands_pair_quantiles_around_the_middle() -> None:
    assert central_intervals([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]) == [(0.05, 0.95), (0.1, 0.9), (0.25, 0.75)]
    assert central_intervals([0.1, 0.5]) == []


def test_rmsse_is_a_mean_over_series() -> None:
    scale = SCALE.with_columns(scale=pl.Series([1.0, 4.0]))
    found = rmsse(FRAME, scale, ["method"])["rmsse"].item()
    assert found == pytest.approx((np.sqrt(2 / 2 / 1) + np.sqrt(5 / 2 / 4)) / 2)


def test_pit_of_a_right_forecast_is_uniform_and_of_a_wrong_one_is_not() -> None:
    rng = np.random.default_rng(5)
    units = rng.poisson(0.7, 4000).astype(float)
    right, wrong = rng.poisson(0.7, (4000, 200)).astype(float), rng.poisson(2.0, (4000, 200)).astype(float)
    share = np.histogram(randomised_pit(right, units, rng), 10, (0, 1))[0] / 4000
    assert np.abs(share - 0.1).max() < 0.025
    assert randomised_pit(wrong, units, rng).mean() < 0.35
