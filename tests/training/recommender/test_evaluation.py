"""Figures worked by hand, and a backtest on a chain with plain habits."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.settings import Settings
from training.recommender import evaluation
from training.recommender.backtest import backtest, evaluate_windows, newest_windows
from training.recommender.calibration import UNCHANGED, beta_curve, fit_curve
from training.recommender.config import RecommenderConfig
from training.recommender.jobs import preset_config, train
from training.recommender.metrics import (
    Ranking,
    expected_calibration_error,
    hit_at,
    ndcg_at,
    rank_auc,
    recall_at,
    top_hits,
)
from training.recommender.tuning import tune


def test_top_hits_ranks_within_people_and_reports_those_without_pairs() -> None:
    people = np.array([1, 1, 1, 3])
    score = np.array([0.2, 0.9, 0.5, 0.1])
    label = np.array([True, False, True, True])
    hits = top_hits(people, score, label, np.array([1, 2, 3]), 2)
    assert hits.tolist() == [[False, True], [False, False], [True, False]]


def test_recall_ndcg_and_hits_by_hand() -> None:
    ranking = Ranking(np.array([[False, True], [False, False]]), np.array([4, 1]))
    assert recall_at(ranking, 2).tolist() == [1 / 4, 0]
    assert ndcg_at(ranking, 2).tolist() == pytest.approx([(1 / np.log2(3)) / (1 + 1 / np.log2(3)), 0])
    assert hit_at(ranking, 2).tolist() == [1, 0]


def test_auc_counts_ties_as_one_half() -> None:
    score = np.array([[0.5], [0.5], [0.1]])
    label = np.array([[True], [False], [False]])
    assert rank_auc(score, label).tolist() == [0.75]


def test_calibration_error_by_hand() -> None:
    probability = np.array([0.1, 0.3, 0.6, 0.8])
    label = np.array([False, False, True, True])
    assert expected_calibration_error(probability, label, bins=2) == pytest.approx(0.5 * 0.2 + 0.5 * 0.3)


def test_a_curve_mends_stated_probabilities_and_never_falls() -> None:
    random = np.random.default_rng(0)
    stated = random.random(20_000)
    label = random.random(20_000) < stated**2
    curve = fit_curve(stated, label, np.ones(20_000))
    mended = curve(stated)
    assert expected_calibration_error(mended, label) < 0.02 < expected_calibration_error(stated, label)
    order = np.argsort(stated)
    assert (np.diff(mended[order]) >= 0).all()


def test_too_few_positives_leave_probabilities_alone() -> None:
    assert fit_curve(np.array([0.2, 0.4]), np.array([True, False]), np.ones(2)) is UNCHANGED
    assert UNCHANGED(np.array([0.2])).tolist() == [0.2]


def test_lift_of_the_mean_and_mean_of_the_lifts_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "AUDIENCE_SIZE", 1)
    label = np.array([[True, True], [False, True], [False, False], [False, False]])
    score = np.array([[0.9, 0.1], [0.1, 0.2], [0.1, 0.8], [0.1, 0.1]])
    found = evaluation._audience(score, label)
    # precision 1 and 0; bought by 1/4 and 2/4 of the people
    assert found["precision_at_100"] == 1 / 2
    assert found["lift"] == pytest.approx((1 / 2) / (3 / 8))
    assert found["mean_lift"] == pytest.approx((1 / (1 / 4) + 0) / 2)


def test_the_best_pairs_of_all_people_and_products_are_told_with_their_precision(
    habits_chain: Dataset, small_config: RecommenderConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "BEST_PAIRS", 20)
    window = newest_windows(habits_chain, habits_chain.last_day(), small_config, 1)
    rows = {row["kind"]: row for row in backtest(habits_chain, small_config, window).calibration.to_dicts()}
    assert rows["best_20"]["pairs"] == 20
    assert rows["top_10_percent"]["pairs"] == rows["all"]["pairs"] // 10
    assert rows["best_20"]["stated"] > rows["top_10_percent"]["stated"] > rows["all"]["stated"]


@pytest.fixture(scope="module")
def tested(habits_chain: Dataset, small_config: RecommenderConfig) -> dict[str, float]:
    last = habits_chain.last_day()
    return backtest(habits_chain, small_config, newest_windows(habits_chain, last, small_config, 1)).metrics()


def test_the_model_beats_popularity_and_reaches_the_habits(tested: dict[str, float]) -> None:
    assert tested["recall_at_10"] > tested["popularity_recall_at_10"] + 0.1
    assert tested["recall_at_10"] >= tested["personal_frequency_recall_at_10"] - 0.02
    assert tested["audience_auc"] > 0.9 > tested["audience_rfm_auc"] + 0.2
    assert tested["ece_all"] < 0.1


def test_every_source_reports_its_recall_and_all_hold_more_than_each(tested: dict[str, float]) -> None:
    recall = {name: value for name, value in tested.items() if name.startswith("candidate_recall_")}
    assert len(recall) == 9
    assert max(recall.values()) == recall["candidate_recall_all"]


def test_a_test_does_not_see_the_days_it_tests(habits_chain: Dataset, small_config: RecommenderConfig) -> None:
    last = habits_chain.last_day()
    window = newest_windows(habits_chain, last, small_config, 1)[0]
    lines = habits_chain.scan("transactions")
    later = pl.col("sold_at").dt.date() > window
    doubled = pl.concat([lines, lines.filter(later).with_columns(pl.col("sold_at") + pl.duration(days=1))])
    frames = {"transactions": doubled, "products": habits_chain.scan("products")}
    one = backtest(habits_chain, small_config, [window])
    other = backtest(Dataset.from_frames(frames).at(last), small_config, [window])
    cutoff = min(one.examples)
    assert cutoff < window - timedelta(days=27)
    assert np.array_equal(one.examples[cutoff].features, other.examples[cutoff].features, equal_nan=True)


def test_training_hands_over_a_model_its_figures_and_its_configuration(habits_chain: Dataset) -> None:
    trained = train(habits_chain, Settings(), "fast")
    assert trained.primary[0] in trained.metrics
    assert RecommenderConfig.model_validate(trained.config).label_days == 28
    assert set(trained.tables) == {"recommender", "audience", "calibration", "recall", "tuning"}
    assert trained.tables["tuning"].height == RecommenderConfig().tuning_trials
    assert trained.windows == [habits_chain.last_day() - timedelta(days=28)]


def test_too_short_a_history_trains_a_rule_and_says_what_evaluation_wants(habits_chain: Dataset) -> None:
    first = habits_chain.scan("transactions").select(pl.col("sold_at").dt.date().min()).collect().item()
    early = habits_chain.at(first + timedelta(days=10))
    trained = train(early, Settings(), "fast")
    assert trained.metrics == {}
    with pytest.raises(ImpossibleError, match="longer history"):
        evaluate_windows(early, RecommenderConfig(), 1)
    with pytest.raises(UsageError, match="preset"):
        preset_config(Settings(), "slow")


def test_tuning_keeps_only_what_is_better_and_sees_nothing_later(habits_chain: Dataset) -> None:
    cutoff = habits_chain.last_day() - timedelta(days=60)
    config = RecommenderConfig(tuning_trials=6, tuning_people=50)
    tuned = tune(habits_chain, cutoff, config)
    best = tuned.trials.filter(pl.col("source") == "own").sort("ndcg_at_10", descending=True, maintain_order=True)
    assert tuned.config.own.half_life_days == best["value"][0]
    again = tune(habits_chain.at(cutoff + timedelta(days=config.label_days)), cutoff, config)
    assert again.trials.drop("seconds").equals(tuned.trials.drop("seconds"))
    assert tune(habits_chain, cutoff, config.model_copy(update={"tuning_trials": 0})).config.own == config.own


def test_ten_pairs_that_all_came_true_are_not_certainty() -> None:
    random = np.random.default_rng(5)
    stated = np.r_[random.random(4_000) * 0.6, np.full(10, 0.9)]
    label = np.r_[random.random(4_000) < stated[:4_000], np.ones(10, bool)]
    curve = fit_curve(stated, label, np.ones(stated.size))
    assert 0.5 < curve(np.array([0.9]))[0] < 0.95


def test_the_smooth_curve_finds_the_odds_it_was_drawn_from() -> None:
    random = np.random.default_rng(2)
    raw = np.sort(random.random(50_000))
    true = 1 / (1 + np.exp(-(0.5 * np.log(raw) - 1.5 * np.log1p(-raw) - 1.0)))
    smooth = beta_curve(raw, (random.random(raw.size) < true).astype(float), np.ones(raw.size))
    assert np.abs(smooth - true).max() < 0.03


def test_tuning_stops_when_its_time_is_up(habits_chain: Dataset) -> None:
    cutoff = habits_chain.last_day() - timedelta(days=60)
    config = RecommenderConfig(tuning_seconds=0)
    tuned = tune(habits_chain, cutoff, config)
    assert tuned.config == config
    assert tuned.trials.is_empty()
    assert {"source", "parameter", "value", "ndcg_at_10", "kept", "seconds"} == set(tuned.trials.columns)
