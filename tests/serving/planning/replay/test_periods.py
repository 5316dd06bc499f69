"""Replays of weekly and monthly chains: whole periods, lead times in days, figures per period."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.demand.periods import PeriodAxis
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from retail_brain.outputs import DemandPaths
from retail_brain.settings import Settings
from serving.planning.replay.inputs import read_replay
from serving.planning.replay.periods import played_axis
from serving.planning.replay.rolling_forecasts import Rolling
from serving.planning.replay.run import POLICIES, replay
from serving.planning.replay.scenario import ReplayScenario
from serving.planning.replay.tuning import ReplaySetup

FIRST = {"week": date(2023, 1, 4), "month": date(2022, 1, 1)}
"""First day of the chains; the weeks begin on Wednesdays."""
COUNT = {"week": 110, "month": 44}


def axis_of(period: str) -> PeriodAxis:
    return PeriodAxis(period, FIRST[period], COUNT[period])


def settings_of(period: str, **replenishment: object) -> Settings:
    return Settings.model_validate({"data": {"period": period}, "replenishment": replenishment})


def chain(period: str, lead_days: float = 14, review_days: float = 7, stores: int = 3) -> Dataset:
    """Six products per store; the stock at the end of each period is that of an order up to six periods' sales."""
    axis, rng = axis_of(period), np.random.default_rng(3)
    keys = [(f"s{store}", f"p{product}") for store in range(stores) for product in range(6)]
    starts = axis.starts(0, axis.count)
    sales, stock = [], []
    for number, (store, product) in enumerate(keys):
        units = rng.poisson(3 + 2 * (number % 6), axis.count)
        sales += [(day, store, product, float(sold), 5.0, None) for day, sold in zip(starts, units, strict=True)]
        level = 6.0 * (3 + 2 * (number % 6))
        for begin, end, sold in zip(starts, axis.starts(1, axis.count + 1), units, strict=True):
            stock.append((end - timedelta(days=1), store, product, level - float(sold), 2.0))
            stock.append((begin, store, product, 1.0, 0.0))
    supply = [(store, product, lead_days, review_days, 3.0, 0.01) for store, product in keys]
    frames = {
        "daily_sales": (sales, ["date", "store_id", "product_id", "units", "unit_price", "in_stock"]),
        "inventory": (stock, ["date", "store_id", "product_id", "on_hand", "on_order"]),
        "supply": (
            supply,
            [
                "store_id",
                "product_id",
                "lead_time_days",
                "review_period_days",
                "unit_cost",
                "holding_cost_per_day",
            ],
        ),
    }
    return Dataset.from_frames(
        {name: pl.DataFrame(rows, schema=names, orient="row") for name, (rows, names) in frames.items()}
    )


def scenario_of(dataset: Dataset, period: str, first: date, last: date) -> ReplayScenario:
    settings = settings_of(period)
    return ReplayScenario.of(read_replay(dataset, first, last, settings), settings, paths=20, seed=0)


def last_day(period: str) -> date:
    return axis_of(period).start(COUNT[period]) - timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "last", "begin", "count"),
    [
        (date(2024, 1, 3), date(2024, 1, 16), date(2024, 1, 3), 2),
        (date(2024, 1, 4), date(2024, 1, 16), date(2024, 1, 10), 1),
        (date(2024, 1, 4), date(2024, 1, 24), date(2024, 1, 10), 2),
    ],
)
def test_whole_weeks_are_played_that_begin_as_the_rows_do(first, last, begin, count):
    axis = played_axis(chain("week"), "week", first, last)
    assert (axis.first, axis.count) == (begin, count)


def test_whole_months_are_played():
    dataset = chain("month")
    axis = played_axis(dataset, "month", date(2024, 1, 15), date(2024, 4, 29))
    assert (axis.first, axis.count) == (date(2024, 2, 1), 2)
    assert played_axis(dataset, "month", date(2024, 12, 2), date(2025, 1, 31)).first == date(2025, 1, 1)


@pytest.mark.parametrize(("period", "days"), [("week", 8), ("month", 40)])
def test_days_without_a_whole_period_are_refused(period, days):
    first = date(2024, 1, 4)
    with pytest.raises(ImpossibleError, match=f"no whole {period} lies between 2024-01-04 and .*--from"):
        replay(ReplaySetup(chain(period), settings_of(period)), first, first + timedelta(days=days))


def test_a_week_of_sales_is_a_period_and_only_stock_of_its_last_day_counts():
    dataset = chain("week")
    axis = axis_of("week")
    facts = read_replay(dataset, axis.start(100), axis.start(103), settings_of("week"))
    sold = (
        dataset.frames["daily_sales"].collect().filter(pl.col("date") == axis.start(101)).sort("store_id", "product_id")
    )
    assert facts.axis.count == 3
    assert facts.sold[:, 1].tolist() == sold["units"].to_list()
    level = 6.0 * (3 + 2 * (np.arange(18) % 6))
    assert (facts.on_hand == level[:, None] - facts.sold).all()
    assert facts.unused_counts == 18 * 3


@pytest.mark.parametrize(("days", "periods"), [(0, 0), (3, 1), (7, 1), (8, 2), (14, 2)])
def test_goods_that_arrive_within_a_week_are_sold_from_the_next_one(days, periods):
    axis = axis_of("week")
    scenario = scenario_of(chain("week", lead_days=days), "week", axis.start(100), last_day("week"))
    assert scenario.environment.lead.tolist() == [periods] * 18
    assert scenario.review.all()
    assert scenario.environment.holding.tolist() == pytest.approx([0.07] * 18)


def test_lead_times_in_days_meet_months_of_different_length():
    scenario = scenario_of(chain("month", lead_days=31), "month", date(2025, 1, 1), date(2025, 4, 30))
    # from January 1 the goods come on February 1, from February 1 on March 4, from March 1 on April 1
    assert scenario.environment.lead[0].tolist() == [1, 2, 1, 2, 1]
    assert [scenario.environment.delay(period)[0] for period in range(-1, 4)] == [1, 2, 1, 2, 1]
    assert scenario.environment.holding[0] == pytest.approx(0.01 * 120 / 4)


def test_reviews_longer_than_a_week_skip_weeks():
    axis = axis_of("week")
    scenario = scenario_of(chain("week", review_days=21), "week", axis.start(100), last_day("week"))
    assert scenario.review[0].tolist() == [True, False, False] * 3 + [True, False]


@pytest.mark.parametrize("period", ["week", "month"])
def test_policies_are_replayed_per_period(period):
    axis = axis_of(period)
    setup = ReplaySetup(chain(period), settings_of(period), rolling=Rolling(paths=20))
    done = replay(setup, axis.start(axis.count - 10), last_day(period), tune_days=112)
    table = done.table
    assert table["policy"].to_list() == list(POLICIES)
    assert done.tuned.periods > 0
    demand = {part.units["demand"] for part in done.played}
    sold = setup.dataset.daily_sales().filter(pl.col("date") >= axis.start(axis.count - 10))
    assert demand == {sold.select(pl.col("units").sum()).collect().item()}
    assert table["cost_share_of_baseline"].is_between(0, 2).all()
    perfect, recorded = (
        table.row(by_predicate=pl.col("policy") == name, named=True) for name in ("perfect", "recorded")
    )
    assert perfect["cost"] < recorded["cost"]
    assert table["share_low"].is_not_null().all()
    text = " ".join(done.notes)
    assert f"18 series over 10 {period}s from {axis.start(axis.count - 10)}" in text
    assert f"180 rows of inventory within the 10 {period}s" in text


def test_a_month_of_holding_is_paid_for_its_days():
    axis = axis_of("month")
    dataset = chain("month")
    done = replay(
        ReplaySetup(dataset, settings_of("month")), axis.start(axis.count - 3), last_day("month"), tune_days=0
    )
    row = done.table.row(by_predicate=pl.col("policy") == "recorded", named=True)
    days = (last_day("month") - axis.start(axis.count - 3)).days + 1
    assert row["holding_cost"] == pytest.approx(row["mean_stock_units"] * 0.01 * days)


def test_weekly_orders_that_may_be_more_often_are_said():
    axis = axis_of("week")
    setup = ReplaySetup(chain("week", review_days=2), settings_of("week"))
    done = replay(setup, axis.start(106), last_day("week"), policies=["suggested"], tune_days=0)
    assert any(note.startswith("18 series that may be ordered more often than once per week") for note in done.notes)


def test_models_see_the_weeks_that_are_over():
    axis, asked = axis_of("week"), []

    @dataclass(frozen=True)
    class Store:
        paths: DemandPaths

    class Model:
        def forecast(self, dataset, horizon, only, **_):
            asked.append((dataset.as_of, dataset.last_day()))
            begins = [dataset.last_day() + timedelta(days=7 * ahead) for ahead in range(1, horizon + 1)]
            ids = pl.DataFrame({"store_id": only.stores, "product_id": ["p1"] * len(only.stores)})
            yield Store(DemandPaths(ids, pl.Series(begins), np.ones((len(only.stores), 20, horizon), dtype=np.float32)))

    setup = ReplaySetup(chain("week"), settings_of("week"), fit=lambda _: Model(), rolling=Rolling(paths=20))
    replay(setup, axis.start(106), last_day("week"), policies=["suggested"], tune_days=0)
    assert asked == [(axis.start(week) - timedelta(days=1), axis.start(week - 1)) for week in range(106, 111)]


def test_open_orders_arrive_on_their_day_and_those_without_one_within_a_lead_time():
    axis = axis_of("week")
    dataset = chain("week", lead_days=28)
    begin = axis.start(100)
    rows = [("s0", "p0", begin + timedelta(days=9), 7.0), ("s0", "p1", begin - timedelta(days=3), 4.0)]
    named = ["store_id", "product_id", "due_on", "units"]
    orders = pl.DataFrame(rows, schema=named, orient="row")
    known = Dataset.from_frames(dict(dataset.frames) | {"open_orders": orders})
    due = scenario_of(known, "week", begin, last_day("week")).opening.due
    assert due[0].nonzero()[0].tolist() == [2]
    assert due[0, 2] == 7
    assert due[1].nonzero()[0].tolist() == [0]
    assert due[1, 0] == 4
    undated = due[2:]
    assert (undated.sum(axis=1) == 2).all()
    weeks = undated.nonzero()[1]
    assert set(weeks) == {0, 1, 2, 3}, "an order of unknown age is not always half-way"
