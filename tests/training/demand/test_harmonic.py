"""The harmonic regression finds the calendar again in totals made from it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.demand.calendar_regressors import calendar_design
from training.demand.harmonic import harmonic_forecast

DAYS, HORIZON = 730, 28
START = date(2024, 1, 1)
DATES = [START + timedelta(days=number) for number in range(DAYS + HORIZON)]
EMPTY = pl.DataFrame(schema={"date": pl.Date, "region": pl.String, "event_name": pl.String, "event_type": pl.String})


@pytest.fixture(scope="module")
def design() -> tuple[np.ndarray, np.ndarray]:
    return calendar_design(DATES, DAYS, "US", EMPTY, None)


def _truth(level: float) -> np.ndarray:
    weekday = np.array([1.0, 0.9, 0.9, 1.0, 1.2, 1.5, 1.4])[[day.weekday() for day in DATES]]
    year = 1 + 0.2 * np.sin(2 * np.pi * np.arange(DAYS + HORIZON) / 365.25)
    return level * weekday * year


def test_weekdays_and_the_year_are_carried_on(design: tuple[np.ndarray, np.ndarray]) -> None:
    truth = np.stack([_truth(100.0), _truth(2000.0)])
    noise = np.random.default_rng(1).normal(1, 0.03, size=truth[:, :DAYS].shape)
    forecast, residual = harmonic_forecast(truth[:, :DAYS] * noise, *design)
    assert forecast.shape == (2, HORIZON)
    assert residual.shape == (2, DAYS)
    assert np.abs(forecast / truth[:, DAYS:] - 1).mean() < 0.03
    assert np.abs(residual).mean() < 0.05


def test_closed_days_and_the_time_before_the_opening_teach_nothing(design: tuple[np.ndarray, np.ndarray]) -> None:
    truth = _truth(500.0)[None]
    seen = truth[:, :DAYS].copy()
    plain, _ = harmonic_forecast(seen, *design)
    seen[:, :200] = 0
    seen[:, DAYS - 5] = 0
    holed, residual = harmonic_forecast(seen, *design)
    assert not residual[:, :200].any()
    assert residual[0, DAYS - 5] == 0
    assert holed == pytest.approx(plain, rel=0.12)


def test_a_new_level_is_followed(design: tuple[np.ndarray, np.ndarray]) -> None:
    truth = _truth(500.0)[None]
    seen = truth[:, :DAYS].copy()
    seen[:, -30:] *= 1.3
    forecast, _ = harmonic_forecast(seen, *design)
    assert (forecast / truth[:, DAYS:]).mean() == pytest.approx(1.3, abs=0.06)


def test_a_total_is_forecast_as_among_others(design: tuple[np.ndarray, np.ndarray]) -> None:
    units = np.stack([_truth(100.0), _truth(30.0) + 5])[:, :DAYS]
    together, _ = harmonic_forecast(units, *design)
    alone, _ = harmonic_forecast(units[1:], *design)
    assert together[1:] == pytest.approx(alone)


def test_recurring_events_of_a_region_are_told_from_others() -> None:
    paydays = [day for day in DATES if day.day in (3, 9, 14)]
    calendar = pl.DataFrame({"date": paydays, "region": "CA", "event_name": "SNAP", "event_type": "SNAP"})
    here, penalties = calendar_design(DATES, DAYS, "US", calendar, "CA")
    elsewhere, _ = calendar_design(DATES, DAYS, "US", calendar, "TX")
    assert here.shape[1] == penalties.size > elsewhere.shape[1]
    truth = _truth(300.0) * np.where(np.isin(DATES, paydays), 1.5, 1.0)
    forecast, _ = harmonic_forecast(truth[None, :DAYS], here, penalties)
    assert np.abs(forecast[0] / truth[DAYS:] - 1).mean() < 0.03


def test_less_than_a_year_has_no_waves() -> None:
    short, penalties = calendar_design(DATES, 364, "US", EMPTY, None)
    whole, _ = calendar_design(DATES, 366, "US", EMPTY, None)
    assert short.shape[1] == penalties.size == whole.shape[1] - 16 - 28
