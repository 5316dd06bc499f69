"""Simple models on panels that can be worked out by hand."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.demand.demand_panel import DemandPanel
from features.demand.history import read_history
from features.demand.panel import panels
from retail_brain.dataset import Dataset
from retail_brain.settings import DemandSettings, Settings, SimpleModel
from training.demand.simple_models import SIMPLE_MODELS, simple_means

FIRST = date(2024, 1, 1)
"""A Monday."""
WEEKS = 60


def panel_of(units: np.ndarray, promoted: list[tuple[int, int]] = [], out: list[int] = []) -> DemandPanel:  # noqa: B006
    """One series with given units a day, promoted from and until days, and days without stock; a week ahead."""
    dates = [FIRST + timedelta(days=day) for day in range(len(units))]
    key = {"store_id": ["S"] * len(units), "product_id": ["P"] * len(units)}
    tables = {
        "daily_sales": pl.DataFrame({"date": dates, **key, "units": units.astype(float)}),
        "promotions": pl.DataFrame(
            {
                "promotion_id": [str(begin) for begin, _ in promoted],
                "store_id": ["S"] * len(promoted),
                "product_id": ["P"] * len(promoted),
                "valid_from": [FIRST + timedelta(days=begin) for begin, _ in promoted],
                "valid_to": [FIRST + timedelta(days=end) for _, end in promoted],
            },
            schema_overrides={
                "promotion_id": pl.String,
                "store_id": pl.String,
                "product_id": pl.String,
                "valid_from": pl.Date,
                "valid_to": pl.Date,
            },
        ),
        "inventory": pl.DataFrame(
            {
                "date": [dates[day] for day in out],
                "store_id": ["S"] * len(out),
                "product_id": ["P"] * len(out),
                "on_hand": [0.0] * len(out),
            },
            schema_overrides={"date": pl.Date, "store_id": pl.String, "product_id": pl.String, "on_hand": pl.Float64},
        ),
    }
    dataset = Dataset.from_frames(tables)
    settings = Settings(demand=DemandSettings(horizon_periods=7))
    (panel,) = panels(read_history(dataset.at(dates[-1]), settings, 7))
    return panel


def weekly(days: int) -> np.ndarray:
    """1 on Mondays to 7 on Sundays."""
    return np.arange(days) % 7 + 1.0


def test_a_weekly_pattern_is_repeated_by_all_that_know_the_week() -> None:
    panel = panel_of(weekly(7 * WEEKS))
    for name in ("weekday_mean", "seasonal_naive", "last_year", "smoothing"):
        assert SIMPLE_MODELS[name](panel, 7)[0] == pytest.approx(weekly(7), abs=0.01), name
    assert SIMPLE_MODELS["moving_average"](panel, 7)[0] == pytest.approx([4.0] * 7)


def test_the_weekday_mean_is_of_the_last_eight_weeks() -> None:
    units = np.where(np.arange(7 * WEEKS) < 7 * (WEEKS - 4), 2.0, 6.0)
    assert SIMPLE_MODELS["weekday_mean"](panel_of(units), 7)[0] == pytest.approx([4.0] * 7)


def test_promoted_days_have_a_mean_of_their_own() -> None:
    days = 7 * WEEKS
    promotions = [(begin, begin + 7) for begin in range(14, days + 7, 28)]
    promoted = np.zeros(days + 7, dtype=bool)
    for begin, end in promotions:
        promoted[begin:end] = True
    units = weekly(days) * np.where(promoted[:days], 3.0, 1.0)
    ahead = weekly(7) * np.where(promoted[days:], 3.0, 1.0)
    assert SIMPLE_MODELS["weekday_mean"](panel_of(units, promotions), 7)[0] == pytest.approx(ahead)
    planned = [*promotions, (days, days + 7)]
    assert SIMPLE_MODELS["weekday_mean"](panel_of(units, planned), 7)[0] == pytest.approx(weekly(7) * 3)


def test_a_first_promotion_gets_no_answer() -> None:
    panel = panel_of(weekly(70), [(70, 73)])
    assert np.isnan(SIMPLE_MODELS["weekday_mean"](panel, 7)[0]).tolist() == [True] * 3 + [False] * 4


def test_days_without_stock_do_not_count() -> None:
    units = weekly(70)
    units[[63, 64]] = 0
    panel = panel_of(units, out=[63, 64])
    assert SIMPLE_MODELS["weekday_mean"](panel, 7)[0] == pytest.approx(weekly(7))
    assert np.isnan(SIMPLE_MODELS["seasonal_naive"](panel, 7)[0]).tolist() == [True] * 2 + [False] * 5


def test_less_than_a_year_has_no_last_year() -> None:
    assert np.isnan(SIMPLE_MODELS["last_year"](panel_of(weekly(70)), 7)).all()


def test_names_of_the_settings_are_those_of_the_models() -> None:
    assert set(SIMPLE_MODELS) == set(SimpleModel.__args__)
    means = simple_means(panel_of(weekly(70)), 7, ("moving_average", "weekday_mean"))
    assert means.shape == (2, 1, 7)
    assert means[0, 0] == pytest.approx([4.0] * 7)
    assert means[1, 0] == pytest.approx(weekly(7))
