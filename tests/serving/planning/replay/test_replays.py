"""Replays on the sample chain: one shop, two weeks, its first goods."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.outputs import DemandPaths
from retail_brain.settings import ReplenishmentSettings, Settings
from serving.planning.replay.inputs import read_replay
from serving.planning.replay.rolling_forecasts import Fit, Rolling
from serving.planning.replay.run import POLICIES, Replay, replay
from serving.planning.replay.scenario import ReplayScenario
from serving.planning.replay.tuning import ReplaySetup

FIRST, LAST = date(2025, 9, 1), date(2025, 9, 14)


def setup_of(dataset: Dataset, stores: list[str] | None = None, fit: Fit | None = None, **rolling: int) -> ReplaySetup:
    return ReplaySetup(dataset, Settings(), stores, fit, Rolling(**rolling))


@pytest.fixture(scope="module")
def few(sample: Dataset) -> Dataset:
    """The sample chain with a tenth of its goods: each day that is played costs by the goods that are planned."""
    goods = [f"P{number:03d}" for number in range(1, 13)]
    named = {
        name: frame.filter(pl.col("product_id").is_in(goods)) if "product_id" in frame.collect_schema() else frame
        for name, frame in sample.frames.items()
    }
    return Dataset(named)


@pytest.fixture(scope="module")
def done(few: Dataset) -> Replay:
    return replay(setup_of(few, ["S01"], paths=40), FIRST, LAST, tune_days=14)


def test_every_policy_is_told_and_hindsight_is_cheapest(done):
    table = done.table
    assert table["policy"].to_list() == list(POLICIES)
    replayed = table.filter(pl.col("policy") != "recorded")
    assert replayed.sort("cost")["policy"][0] == "perfect"
    assert table.filter(pl.col("policy") == "recorded")["cost_share_of_baseline"].item() == 1
    assert table["fill_rate"].is_between(0, 1).all()


def test_parameters_come_from_the_days_before(done, few):
    last = date(2025, 9, 3)
    shorter = replay(setup_of(few.at(last), ["S01"], paths=40), FIRST, last, tune_days=14)
    assert done.tuned == shorter.tuned, "what happened after the first day changed what was tuned"
    assert done.tuned.periods == 14
    assert done.tuned.matched.lost_unit_cost >= 0


def test_models_and_forecasts_know_only_the_days_before(few):
    fitted: list[date] = []
    asked: list[date] = []

    @dataclass(frozen=True)
    class Store:
        paths: DemandPaths

    class Model:
        def forecast(self, dataset, horizon, only, **_):
            stores = only.stores
            asked.append(dataset.as_of)
            days = pl.date_range(dataset.as_of + timedelta(days=1), dataset.as_of + timedelta(days=horizon), eager=True)
            ids = pl.DataFrame({"store_id": stores, "product_id": ["P001"] * len(stores)})
            yield Store(DemandPaths(ids, days, np.ones((len(stores), 30, horizon), dtype=np.float32)))

    def fit(dataset: Dataset) -> Model:
        fitted.append(dataset.as_of)
        return Model()

    setup = setup_of(few, ["S01"], fit, refresh_days=5, refit_days=8, paths=20)
    done = replay(setup, FIRST, LAST, policies=["suggested"], tune_days=7)
    before = FIRST - timedelta(days=1)
    assert asked == [before - timedelta(days=k) for k in (7, 2)] + [before + timedelta(days=k) for k in (0, 5, 10)]
    assert fitted == [before - timedelta(days=7), before, before + timedelta(days=10)]
    assert "a demand model" in done.notes[0]


def test_intervals_need_three_stores(done, few):
    assert done.table["share_low"].is_null().all()
    policies = ["cover", "recorded"]
    setup = setup_of(few, ["S01", "S02", "S03"], paths=20)
    more = replay(setup, FIRST, LAST, policies=policies, tune_days=0)
    row = more.table.row(0, named=True)
    assert row["share_low"] <= row["cost_share_of_baseline"] <= row["share_high"]
    assert row["fill_rate_low"] <= row["fill_rate"] <= row["fill_rate_high"]


def test_waste_of_the_records_is_what_the_generator_threw_away(sample):
    truth = Path(__file__).parents[4] / "data" / "sample" / "truth" / "movements.parquet"
    facts = read_replay(sample, FIRST, date(2025, 11, 29), Settings(), ["S03"])
    thrown = pl.read_parquet(truth).filter(pl.col("date").is_between(FIRST, date(2025, 11, 29)))
    thrown = thrown.join(facts.series, on=["store_id", "product_id"], how="semi")["wasted"].sum()
    assert thrown > 100
    fresh = facts.terms.shelf_life_days <= 90
    assert facts.wasted[fresh].sum() == pytest.approx(thrown, rel=0.01)


def test_orders_after_closing_know_a_day_more(sample):
    closing = Settings(replenishment=ReplenishmentSettings(orders_placed="after_closing"))
    facts = read_replay(sample, FIRST, LAST, closing, ["S01"])
    late = ReplayScenario.of(facts, closing, paths=20, seed=0, refresh=7)
    early = ReplayScenario.of(facts, Settings(), paths=20, seed=0, refresh=7)
    assert (early.environment.lead - late.environment.lead == 1).all()
    assert (early.review[:, :-1] == late.review[:, 1:])[facts.listed.all(axis=1)].all()


def test_nothing_is_ordered_that_arrives_after_the_listing_ends(sample):
    assortment = sample.scan("assortment").with_columns(
        listed_until=pl.when(pl.col("product_id") == "P001").then(pl.lit(date(2025, 9, 8))).otherwise("listed_until")
    )
    ending = Dataset(dict(sample.frames) | {"assortment": assortment})
    facts = read_replay(ending, FIRST, LAST, Settings(), ["S01"])
    row = facts.series["product_id"].to_list().index("P001")
    assert facts.listed[row, :7].all()
    assert not facts.listed[row, 7:].any()
    scenario = ReplayScenario.of(facts, Settings(), paths=20, seed=0, refresh=7)
    lead = int(scenario.environment.lead[row])
    assert not scenario.review[row, 7 - lead :].any()
    assert scenario.review[row, : 7 - lead].any()


def test_all_policies_face_the_same_demand(done):
    wanted = {part.units["demand"] for part in done.played}
    assert len(wanted) == 1


def test_more_stock_serves_more_along_the_curve(done):
    for (_,), part in done.curve.group_by("policy"):
        ordered = part.sort("setting")
        assert ordered["mean_stock_units"].is_sorted()


def test_the_report_is_written_whole(done, tmp_path):
    done.write(tmp_path / "report", "Replay")
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {"REPORT.md", "summary.csv", "curve.csv", "stock_and_lost.png", "cost_to_service.png"}
    assert "| perfect |" in (tmp_path / "report" / "REPORT.md").read_text(encoding="utf-8")


def test_recovered_demand_is_never_below_sales_nor_dependent_on_later_days(sample):
    facts = read_replay(sample, FIRST, LAST, Settings(), ["S01"])
    assert (facts.played >= facts.sold).all()
    shorter = read_replay(sample, FIRST, date(2025, 9, 10), Settings(), ["S01"])
    assert facts.series.equals(shorter.series)
    assert np.array_equal(facts.opening_on_hand, shorter.opening_on_hand)


def test_a_chain_with_sales_alone_can_be_replayed(sample):
    bare = Dataset({"transactions": sample.frames["transactions"]})
    setup = setup_of(bare, ["S02"], paths=20)
    done = replay(setup, FIRST, date(2025, 9, 7), policies=["suggested"], tune_days=7)
    assert done.table["policy"].to_list() == ["suggested"]
    assert any("No stock was recorded" in note for note in done.notes)


def test_wrong_replays_are_refused(sample):
    with pytest.raises(UsageError, match="guesswork"):
        replay(setup_of(sample), FIRST, LAST, policies=["guesswork"])
    with pytest.raises(ImpossibleError, match="Swap"):
        replay(setup_of(sample), LAST, FIRST)
    with pytest.raises(ImpossibleError, match="nothing was sold"):
        replay(setup_of(sample), date(2020, 1, 1), date(2020, 2, 1))
