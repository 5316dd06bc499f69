"""The table `drivers`: which row counts for a series, what an origin sees of it, and closed days."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.demand.category_history import category_history
from features.demand.feature_matrix import DemandFeatures, PanelFeatures, Vocabulary
from features.demand.history import DemandHistory, read_history
from features.demand.outside_drivers import OutsideDrivers, planned_moves
from features.demand.panel import build_panel
from retail_brain.dataset import Dataset
from retail_brain.settings import DemandSettings, Settings
from retail_brain.tables import TABLES

FIRST = date(2024, 3, 1)
CUTOFF = FIRST + timedelta(days=149)
SERIES = pl.DataFrame({"store_id": ["S0", "S0", "S1"], "product_id": ["P00", "P01", "P00"]})


def _rows(*given: tuple[int, str | None, str | None, float]) -> OutsideDrivers:
    schema = {"t": pl.Int32, "store_id": pl.String, "product_id": pl.String, "value": pl.Float32}
    rows = pl.DataFrame(given, schema=schema, orient="row").with_columns(pl.lit(0, pl.UInt32).alias("driver"))
    return OutsideDrivers(("rain",), (True,), rows)


def _drivers(name: str, values: np.ndarray, **more: Any) -> pl.DataFrame:
    dates = [FIRST + timedelta(days=day) for day in range(values.size)]
    return pl.DataFrame({"date": dates, "name": name, "value": values.astype(float)}).with_columns(
        pl.lit(value).alias(column) for column, value in more.items()
    )


@pytest.fixture(scope="module")
def tables(small_chain: Callable[..., Any]) -> dict[str, pl.DataFrame]:
    return small_chain()


@pytest.fixture
def history_with(
    tables: dict[str, pl.DataFrame], dataset_of: Callable[..., Dataset]
) -> Callable[[pl.DataFrame], DemandHistory]:
    return lambda drivers: read_history(dataset_of({**tables, "drivers": drivers}, CUTOFF), Settings(), 14)


def _features(history: DemandHistory) -> PanelFeatures:
    features = DemandFeatures(history, Vocabulary.from_history(history))
    return features.for_panel(build_panel(history, 0, history.series.height))


def _column(features: PanelFeatures, origin: int, name: str, ahead: int) -> np.ndarray:
    series = np.arange(features.panel.size)
    rows = features.rows(origin, series, np.full(series.size, ahead))
    return rows[:, features.names.index(name)]


def test_the_row_that_says_most_of_a_series_counts() -> None:
    drivers = _rows(
        (0, None, None, 1), (0, None, "P00", 2), (0, "S0", None, 3), (0, "S0", "P00", 4), (1, "S1", None, 5)
    )
    values = drivers.values(SERIES, 3)[0]
    assert values[0].tolist() == [4, 3, 2]
    assert np.isnan(values[1]).tolist() == [True, True, False]
    assert np.isnan(values[2]).all()


def test_a_driver_known_ahead_enters_with_its_value_at_the_period_and_its_change(history_with: Any) -> None:
    values = np.zeros(170)
    values[149] = 28  # the origin itself: the mean of four weeks is 1
    values[155] = 9
    features = _features(history_with(_drivers("rain", values, known_ahead=True)))
    assert (_column(features, 149, "driver.rain", 6) == 9).all()
    assert (_column(features, 149, "driver.rain.change", 6) == 8).all()
    assert (_column(features, 149, "driver.rain.change", 1) == -1).all()


@pytest.mark.parametrize("known", [False, None])
def test_a_driver_that_is_not_known_ahead_enters_as_it_was(history_with: Any, known: bool | None) -> None:
    values = np.zeros(170)
    values[143:150] = 8  # the last week; of sixteen weeks the mean is .5
    values[150:] = 99
    drivers = _drivers("traffic", values, known_ahead=known).cast({"known_ahead": pl.Boolean})
    features = _features(history_with(drivers))
    assert features.panel.outside is not None
    assert np.isnan(features.panel.outside[0, 150:]).all()
    assert (_column(features, 149, "driver.traffic.recent", 6) == 8).all()
    assert _column(features, 149, "driver.traffic.trend", 6) == pytest.approx(7.5)


def test_a_day_is_the_mean_of_its_rows_and_a_driver_planned_now_and_then_is_not_known_ahead(history_with: Any) -> None:
    both = [_drivers("rain", np.full(160, value), known_ahead=known) for value, known in ((1, True), (3, False))]
    history = history_with(pl.concat(both))
    assert history.outside.facts == [("rain", False)]
    assert history.outside.rows["value"].unique().to_list() == [2]
    assert history.outside.rows["t"].max() == 149


def test_drivers_beyond_the_most_are_left_out_by_name(
    tables: dict[str, pl.DataFrame], dataset_of: Callable[..., Dataset]
) -> None:
    drivers = pl.concat([_drivers("short", np.ones(50)), _drivers("long", np.ones(100))])
    settings = Settings(demand=DemandSettings(most_drivers=1))
    outside = read_history(dataset_of({**tables, "drivers": drivers}, CUTOFF), settings, 14).outside
    assert outside is not None
    assert (outside.names, outside.left_out) == (("long",), ("short",))


def test_closed_days_teach_nothing_and_are_closed_ahead(history_with: Any) -> None:
    hours = np.full(170, 12.0)
    hours[[100, 152]] = 0
    drivers = _drivers("opening_hours", hours, known_ahead=True, store_id="S0")
    panel = _features(history_with(drivers)).panel
    closed = (panel.series["store_id"] == "S0").to_numpy()
    assert (panel.weight[closed, 100] == 0).all()
    assert panel.weight[~closed, 100].any()
    assert not panel.open_ahead[closed, 2].any()
    assert panel.open_ahead[closed, 3].all()
    assert panel.open_ahead[~closed].all()


def test_opening_hours_open_a_weekday_on_which_a_store_never_sold(dataset_of: Callable[..., Dataset]) -> None:
    days = [FIRST + timedelta(days=day) for day in range(84)]
    sales = pl.DataFrame({"date": days, "store_id": "S0", "product_id": "P", "units": 50.0})
    sales = sales.filter(pl.col("date").dt.weekday() != 7)
    ahead = [days[-1] + timedelta(days=day) for day in range(1, 15)]
    sundays = [number for number, day in enumerate(ahead) if day.weekday() == 6]
    hours = pl.DataFrame({"date": [ahead[sundays[0]]], "name": "opening_hours", "value": 6.0, "known_ahead": True})
    history = read_history(dataset_of({"daily_sales": sales, "drivers": hours}, days[-1]), Settings(), 14)
    panel = build_panel(history, 0, 1)
    assert np.flatnonzero(~panel.open_ahead[0]).tolist() == sundays[1:]


def test_moves_are_counted_from_a_series_mean_in_standard_deviations() -> None:
    drivers = _rows((0, "S0", None, 1), (1, "S0", None, 3), (0, "S1", None, 5), (1, "S1", None, 5))
    moves = planned_moves(drivers, SERIES, 3)
    assert moves.shape == (3, 3, 1)
    # of six known values two lie one below and two one above their mean
    assert moves[:, :, 0] == pytest.approx(np.array([[-1, 1, 0], [-1, 1, 0], [0, 0, 0]]) / np.sqrt(4 / 6))


def test_totals_know_drivers_ahead_as_plans(history_with: Any) -> None:
    rain = np.tile([0.0, 2.0], 82)
    totals = category_history(history_with(_drivers("rain", rain, known_ahead=True)), 1.0)
    assert totals is not None
    assert totals.plans.shape[2] == 3
    assert totals.plans[:, -14:, 2] == pytest.approx(np.tile([-1.0, 1.0], (len(totals.units), 7)), abs=1e-5)


@pytest.mark.parametrize(("name", "is_good"), [("客流-1", True), ("foot_traffic", True), ("a:b", False), ("", False)])
def test_names_that_cannot_name_a_feature_are_set_aside(name: str, is_good: bool) -> None:
    row = pl.DataFrame({"date": [FIRST], "name": [name], "value": [1.0]})
    frame = row.with_columns(
        pl.lit(None, pl.String).alias("store_id"),
        pl.lit(None, pl.String).alias("product_id"),
        pl.lit(None, pl.Boolean).alias("known_ahead"),
    )
    good, _ = TABLES["drivers"].schema.filter(frame)
    assert good.height == int(is_good)
