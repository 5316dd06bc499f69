"""Replays on the sample chain: one shop, two weeks."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.settings import Settings
from serving.replay_facts import read_replay
from serving.replays import POLICIES, Replay, replay

FIRST, LAST = date(2025, 9, 1), date(2025, 9, 14)


@pytest.fixture(scope="module")
def done(sample: Dataset) -> Replay:
    return replay(sample, Settings(), first=FIRST, last=LAST, stores=["S01"], tune_days=14, paths=40)


def test_every_policy_is_told_and_hindsight_is_cheapest(done):
    table = done.table
    assert table["policy"].to_list() == list(POLICIES)
    replayed = table.filter(pl.col("policy") != "recorded")
    assert replayed.sort("cost")["policy"][0] == "perfect"
    assert table.filter(pl.col("policy") == "cover")["cost_share_of_baseline"].item() == 1
    assert table["fill_rate"].is_between(0, 1).all()


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
    done = replay(
        bare,
        Settings(),
        first=FIRST,
        last=date(2025, 9, 7),
        stores=["S02"],
        tune_days=7,
        paths=20,
        policies=["suggested"],
    )
    assert done.table["policy"].to_list() == ["suggested"]
    assert any("No stock was recorded" in note for note in done.notes)


def test_wrong_replays_are_refused(sample):
    with pytest.raises(UsageError, match="guesswork"):
        replay(sample, Settings(), first=FIRST, last=LAST, policies=["guesswork"])
    with pytest.raises(ImpossibleError, match="Swap"):
        replay(sample, Settings(), first=LAST, last=FIRST)
    with pytest.raises(ImpossibleError, match="nothing was sold"):
        replay(sample, Settings(), first=date(2020, 1, 1), last=date(2020, 2, 1))
