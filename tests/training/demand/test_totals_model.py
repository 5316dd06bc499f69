"""Totals of categories, what they correct in their series, and that nothing later than the origin enters."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.demand import category_history as category_history_module
from features.demand.category_history import category_history
from features.demand.category_totals import category_totals
from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory, read_history
from features.demand.panel import panels
from retail_brain.dataset import Dataset
from training.demand.calibration import TOTALS_PRIOR_WEIGHT, totals_weight
from training.demand.config import DemandConfig
from training.demand.dispersion import Residuals
from training.demand.mean_model import MeanModel
from training.demand.protocol import predictions
from training.demand.totals_model import CORRECTION_LIMITS, TotalsForecast, TotalsModel, correction, plan_effect

LEAST_UNITS = 0.5
"""The small chain sells little: its categories have totals all the same."""


@pytest.fixture
def config(config: DemandConfig) -> DemandConfig:
    demand = config.demand.model_copy(update={"totals_least_units": LEAST_UNITS})
    return config.model_copy(update={"demand": demand})


@pytest.fixture
def history(chain: Dataset, config: DemandConfig) -> DemandHistory:
    return read_history(chain, config.settings, config.horizon)


@pytest.fixture
def panel(history: DemandHistory) -> DemandPanel:
    return next(panels(history))


def test_totals_are_the_sum_of_what_was_wanted(history: DemandHistory) -> None:
    groups = category_history(history, LEAST_UNITS)
    assert groups is not None
    wanted = sum(float(panel.demand.sum()) for panel in panels(history))
    rare = float(history.rare["window_units"].sum())
    assert groups.units.sum() == pytest.approx(wanted + rare, rel=1e-4)
    assert groups.plans.shape == (len(groups.units), history.axis.count + history.horizon, 2)
    assert groups.plans[:, :, 0].max() <= 1 + 1e-6


def test_totals_of_a_history_are_summed_once_for_fit_and_forecasts(
    history: DemandHistory, config: DemandConfig
) -> None:
    sums: list[int] = []

    def counted(frame: pl.DataFrame) -> pl.DataFrame:
        sums.append(frame.height)
        return frame

    assert history.totals is not None
    counting = replace(history, totals=history.totals.map_batches(counted))
    few = config.model_copy(update={"rounds": 4, "min_rows": 3_000, "rows_per_series": 50, "group_rounds": 3})
    model = MeanModel.fit(counting, few)
    assert model.totals is not None
    for _ in range(2):
        list(predictions(model, counting))
    assert len(sums) == 1


def test_a_series_is_moved_so_that_its_group_is_met(panel: DemandPanel) -> None:
    mean = np.full((panel.size, 14), 2.0) * panel.listed[:, panel.axis.count :][:, :14]
    groups = panel.series.select("store_id", "department", "category").unique(maintain_order=True).with_row_index("s")
    recent = np.full(groups.height, 1e-9)
    found = TotalsForecast(groups, np.full((groups.height, 14), 1.0), recent)
    factor = correction(found, panel, mean)
    assert factor.shape == mean.shape
    assert (factor >= CORRECTION_LIMITS[0]).all()
    assert (factor <= CORRECTION_LIMITS[1]).all()
    first = (panel.series["store_id"] == groups["store_id"][0]) & (panel.series["category"] == groups["category"][0])
    rows = np.flatnonzero(first.to_numpy())
    own = panel.demand[rows, -28:].sum(axis=0).mean()
    exact = replace(found, mean=mean[rows].sum(axis=0)[None] * 1.5 * np.ones((groups.height, 1)), recent=recent + own)
    assert correction(exact, panel, mean)[rows] == pytest.approx(1.5, rel=1e-6)


def test_without_totals_nothing_is_corrected(panel: DemandPanel) -> None:
    assert (correction(None, panel, np.ones((panel.size, 14))) == 1).all()


def test_later_sales_do_not_change_the_totals_known_before(
    small_chain: Callable[..., Any], dataset_of: Callable[..., Any], config: DemandConfig
) -> None:
    tables = small_chain()
    cutoff = dataset_of(tables).last_day() - timedelta(days=20)
    name = "daily_sales" if "daily_sales" in tables else "transactions"
    column = "date" if name == "daily_sales" else "sold_at"
    later = pl.col(column).cast(pl.Date) > cutoff
    other = {**tables, name: tables[name].with_columns(pl.when(later).then(999.0).otherwise("units").alias("units"))}
    found = [
        category_history(read_history(dataset_of(each).at(cutoff), config.settings, config.horizon), LEAST_UNITS)
        for each in (tables, other)
    ]
    assert found[0] is not None
    assert found[1] is not None
    assert np.array_equal(found[0].units, found[1].units)


def test_kept_totals_reach_back_in_the_measure_of_the_lines(chain: Dataset, config: DemandConfig) -> None:
    history = read_history(chain, config.settings, config.horizon)
    first = history.axis.first
    assert history.totals is not None
    lines = history.totals.collect()
    group = lines.select("store_id", "department", "category").row(0)
    overlap = lines.filter(store_id=group[0], category=group[2], department=group[1]).filter(pl.col("t") >= 0)
    dates = [first + timedelta(days=int(t)) for t in overlap["t"]]
    before = [first - timedelta(days=number) for number in range(1, 101)]
    kept = pl.DataFrame(
        {
            "date": dates + before,
            "store_id": group[0],
            "category": group[2],
            "units": [2 * units for units in overlap["units"]] + [10.0] * len(before),
        },
        schema={"date": pl.Date, "store_id": pl.String, "category": pl.String, "units": pl.Float64},
    )
    more = Dataset.from_frames({**dict(chain.frames), "category_sales": kept}, as_of=chain.as_of)
    found = category_totals(more, history.axis, 5).collect()
    assert found.filter(pl.col("t") >= 0).sort(pl.all()).equals(lines.filter(pl.col("t") >= 0).sort(pl.all()))
    earlier = found.filter(pl.col("t") < lines["t"].min(), store_id=group[0], category=group[2])
    assert earlier["department"].unique().to_list() == [group[1]]
    assert earlier["units"].to_numpy() == pytest.approx(5.0)
    whole = category_history(replace(read_history(more, config.settings, config.horizon)), LEAST_UNITS)
    assert whole is not None
    assert whole.history.axis.first <= date.fromordinal(first.toordinal() - 90)


def test_planned_promotions_move_totals_as_they_did_before(history: DemandHistory) -> None:
    groups = category_history(history, LEAST_UNITS)
    assert groups is not None
    rng = np.random.default_rng(3)
    count = groups.units.shape[1]
    plans = np.zeros_like(groups.plans)
    plans[:, :, 0] = rng.random(plans.shape[:2]) < 0.2
    plans[:, count:, 0] = 1.0
    plans[:, count - 28 : count, 0] = 0.0
    residual = 0.4 * plans[:, :count, 0] + rng.normal(0, 0.02, size=(len(plans), count))
    factor = plan_effect(replace(groups, plans=plans), residual)
    assert factor == pytest.approx(np.exp(0.4), rel=0.05)


def test_weeks_have_no_model_of_totals(history: DemandHistory, config: DemandConfig) -> None:
    weekly = replace(history, axis=replace(history.axis, period="week"))
    assert TotalsModel.fit(weekly, config) is None


@pytest.mark.parametrize(("truth", "least", "most"), [(1.0, 0.8, 1.0), (0.0, 0.0, 0.3)])
def test_totals_count_as_far_as_they_would_have_helped(truth: float, least: float, most: float) -> None:
    rng = np.random.default_rng(5)
    mean = np.full((60, 28), 5.0)
    factor = np.repeat(np.exp(rng.normal(0, 0.3, size=(6, 28))), 10, axis=0)
    units = rng.poisson(mean * factor**truth).astype(np.float64)
    codes = np.repeat(np.arange(6), 10)
    ones = np.ones_like(mean)
    found = Residuals(mean, units, ones, np.zeros(60), codes, codes, codes, factor)
    weight = totals_weight([found, found])
    assert least <= weight <= most
    assert totals_weight([]) == TOTALS_PRIOR_WEIGHT


def test_a_window_in_which_all_went_wrong_has_no_more_to_say_of_totals_than_another() -> None:
    mean, codes, ones = np.full((60, 28), 5.0), np.repeat(np.arange(6), 10), np.ones((60, 28))
    factor = np.full_like(mean, 1.2)
    helped = Residuals(mean, mean * factor, ones, np.zeros(60), codes, codes, codes, factor)
    # sales of half of the forecast: totals, too high, made little difference to what was wrong anyway
    wrong = Residuals(100 * mean, 50 * mean, ones, np.zeros(60), codes, codes, codes, np.full_like(mean, 1.02))
    assert totals_weight([wrong, helped]) > 0.9


def test_forecasts_meet_the_totals_of_the_whole_model(chain: Dataset, config: DemandConfig) -> None:
    history = read_history(chain, config.settings, config.horizon)
    model = MeanModel.fit(history, config)
    assert model.totals is not None
    totals = model.totals.forecast(history)
    assert totals is not None
    assert (totals.mean > 0).all()
    found = list(predictions(model, history))
    assert sum(part.panel.size for part in found) == history.series.height
    assert all(np.isfinite(part.correction).all() for part in found)


@pytest.mark.parametrize(
    ("least", "names"),
    [(0.0, ["A\x1fa1", "A\x1fa2", "B\x1fb"]), (4.0, ["A\x1f", "B\x1f"]), (7.0, ["\x1f"]), (20.0, [])],
)
def test_groups_are_the_finest_that_sell_enough(least: float, names: list[str]) -> None:
    series = pl.DataFrame(
        {
            "s": [0, 1, 2],
            "store_id": "S",
            "department": ["A", "A", "B"],
            "category": ["a1", "a2", "b"],
            "region": None,
            "window_units": [50.0, 20.0, 30.0],
        }
    )
    groups, members, of = category_history_module._groups(series, 10, least)
    assert groups["product_id"].to_list() == names
    assert members.height == (3 if names else 0)
    assert of.tolist() == {3: [0, 1, 2], 2: [0, 0, 1], 1: [0, 0, 0], 0: [-1, -1, -1]}[len(names)]


@pytest.mark.parametrize(
    ("seen", "first"),
    [
        (range(-100, 50), -100),
        ([*range(-900, -600), *range(-100, 50)], -100),
        ([*range(-100, 10), *range(45, 80)], 0),
        (range(5, 50), 0),
    ],
)
def test_years_before_a_gap_are_left_out(seen: Iterable[int], first: int) -> None:
    assert category_history_module._first_period(pl.Series(list(seen), dtype=pl.Int32)) == first
