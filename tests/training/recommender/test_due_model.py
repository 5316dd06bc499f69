"""When goods are bought again: probabilities that are calibrated, never fall, and agree with the ranker."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import ModelError
from training.recommender.config import RecommenderConfig
from training.recommender.due_features import days_until_bought, due_features, due_statistics, product_gaps
from training.recommender.due_model import (
    HORIZONS,
    PROBABILITIES,
    UNFITTED,
    DueModel,
    fit_due,
    scaled_to_ranker,
)
from training.recommender.history import build_history
from training.recommender.model import RecommenderModel

START = date(2025, 1, 1)
DAYS = 190


@pytest.fixture(scope="module")
def rhythms() -> Dataset:
    """600 people, each with one good about every 5, 15 or 45 days, and one that most never buy twice."""
    random = np.random.default_rng(3)
    rows = []
    for person in range(600):
        gap = (5, 15, 45)[person % 3]
        day = float(random.integers(0, 30))
        rows.append((f"C{person}", "rare", int(day)))
        while day < DAYS:
            rows.append((f"C{person}", f"every{gap}", int(day)))
            day += max(random.gamma(4, gap / 4), 1)
    frame = pl.DataFrame(rows, schema=["customer_id", "product_id", "day"], orient="row").select(
        "customer_id",
        "product_id",
        pl.format("{}-{}", "customer_id", "day").alias("transaction_id"),
        (pl.lit(datetime(2025, 1, 1)) + pl.duration(days="day")).alias("sold_at"),
        pl.lit("S1").alias("store_id"),
        pl.lit(1.0).alias("units"),
        pl.lit(2.0).alias("unit_price"),
    )
    return Dataset.from_frames({"transactions": frame})


CUTOFF = START + timedelta(days=150)


@pytest.fixture(scope="module")
def fitted(rhythms: Dataset) -> DueModel:
    return fit_due(rhythms.at(CUTOFF), CUTOFF, RecommenderConfig())


def test_probabilities_are_near_what_happens_afterwards(rhythms: Dataset, fitted: DueModel) -> None:
    history = build_history(rhythms.at(CUTOFF), CUTOFF, RecommenderConfig())
    within = fitted.probabilities(history)
    waited = days_until_bought(rhythms, history, CUTOFF + timedelta(days=28))
    names = history.products["product_id"].gather(history.columns).to_numpy()
    for name in ("every5", "every15", "every45", "rare"):
        rows = names == name
        for place, days in enumerate(HORIZONS):
            assert within[rows, place].mean() == pytest.approx((waited[rows] <= days).mean(), abs=0.12)
    assert within[names == "rare", 2].max() < 0.1


def test_probabilities_never_fall_with_the_days_and_beat_the_base_rate(rhythms: Dataset, fitted: DueModel) -> None:
    history = build_history(rhythms.at(CUTOFF), CUTOFF, RecommenderConfig())
    within = fitted.probabilities(history)
    assert (np.diff(within, axis=1) >= 0).all()
    label = days_until_bought(rhythms, history, CUTOFF + timedelta(days=28)) <= 14
    brier = ((within[:, 1] - label) ** 2).mean()
    assert brier < 0.6 * label.mean() * (1 - label.mean())


def test_the_running_gap_counts_so_that_goods_bought_once_have_long_gaps(rhythms: Dataset) -> None:
    history = build_history(rhythms.at(CUTOFF), CUTOFF, RecommenderConfig())
    again = history.pairs["purchase_days"].to_numpy() - 1.0
    exposed = (history.as_of - date(1970, 1, 1)).days - history.pairs["first_on"].to_physical().to_numpy()
    gaps = dict(zip(history.products["product_id"], product_gaps(history, again, exposed.astype(float)), strict=True))
    mine = history.columns == history.products["product_id"].to_list().index("rare")
    overall = again.sum() / exposed.sum()
    kind = (again.sum() + 5) / (exposed.sum() + 5 / overall)
    assert gaps["rare"] == pytest.approx((exposed[mine].sum() + 5 / kind) / (again[mine].sum() + 5))
    assert gaps["every5"] == pytest.approx(5, rel=0.1)


def test_days_until_bought_by_hand() -> None:
    lines = [
        ("A", "P", 0),
        ("A", "P", 12),
        ("A", "P", 20),
        ("B", "P", 0),
        ("A", "Q", 3),
        ("A", "Q", 14),
        ("C", "P", 11),
    ]
    frame = pl.DataFrame(lines, schema=["customer_id", "product_id", "day"], orient="row").select(
        "customer_id",
        "product_id",
        pl.format("{}{}", "customer_id", "day").alias("transaction_id"),
        (pl.lit(datetime(2025, 1, 1)) + pl.duration(days="day")).alias("sold_at"),
        pl.lit("S").alias("store_id"),
        pl.lit(1.0).alias("units"),
        pl.lit(1.0).alias("unit_price"),
    )
    data = Dataset.from_frames({"transactions": frame})
    history = build_history(data.at(START + timedelta(days=10)), START + timedelta(days=10), RecommenderConfig())
    never = np.iinfo(np.int64).max
    assert days_until_bought(data, history, START + timedelta(days=30)).tolist() == [2, 4, never]
    assert days_until_bought(data, history, START + timedelta(days=13)).tolist() == [2, never, never]


def test_nothing_after_the_day_is_seen(rhythms: Dataset, fitted: DueModel) -> None:
    assert np.array_equal(fit_due(rhythms, CUTOFF, RecommenderConfig()).weights, fitted.weights)


def test_saved_and_loaded_it_answers_the_same(fitted: DueModel, rhythms: Dataset, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    history = build_history(rhythms.at(CUTOFF), CUTOFF, RecommenderConfig())
    assert np.array_equal(DueModel.load(tmp_path).probabilities(history), fitted.probabilities(history))
    (tmp_path / "due.json").write_text("{}")
    with pytest.raises(ModelError, match="due dates"):
        DueModel.load(tmp_path)


def test_too_short_a_history_is_answered_by_the_gaps_rate(rhythms: Dataset, tmp_path: Path) -> None:
    early = START + timedelta(days=20)
    model = fit_due(rhythms.at(early), early, RecommenderConfig())
    assert model is UNFITTED
    history = build_history(rhythms.at(early), early, RecommenderConfig())
    gap = np.exp(due_features(history)[:, 0])
    assert model.probabilities(history)[:, 1] == pytest.approx(-np.expm1(-14 / gap), rel=1e-5)
    model.save(tmp_path)
    assert DueModel.load(tmp_path).probabilities(history).shape == (history.pairs.height, 3)


def test_under_the_rankers_level_the_labels_own_days_keep_its_probability() -> None:
    within = np.array([[0.2, 0.4, 0.6], [0.01, 0.02, 0.03]])
    probability = np.array([0.5, 0.9])
    assert scaled_to_ranker(within, probability, 28)[:, 2] == pytest.approx(probability)
    assert scaled_to_ranker(within, probability, 7)[:, 0] == pytest.approx(probability)
    halfway = scaled_to_ranker(within, probability, 28)[0]
    assert halfway[1] == pytest.approx(1 - 0.5 ** (np.log(0.6) / np.log(0.4)))
    assert (np.diff(scaled_to_ranker(within, probability, 10), axis=1) > 0).all()
    assert scaled_to_ranker(within, np.array([0.0, 1.0]), 28) == pytest.approx(
        np.array([[0, 0, 0], [1, 1, 1]]), abs=1e-2
    )


def test_repeat_pairs_of_the_model_have_the_three_probabilities(
    habits_model: RecommenderModel, habits_chain: Dataset
) -> None:
    pairs = pl.concat(list(habits_model.score(habits_chain)))
    repeat, explore = pairs.filter(pl.col("kind") == "repeat"), pairs.filter(pl.col("kind") == "explore")
    assert explore.select(pl.col(PROBABILITIES).is_null().all()).row(0) == (True, True, True)
    week, fortnight, month = (repeat[name] for name in PROBABILITIES)
    assert ((week <= fortnight) & (fortnight <= month)).all()
    assert (month - repeat["probability"]).abs().max() < 1e-6
    assert (pairs["gap_days"] > 0).all()


def test_features_of_some_pairs_look_at_their_people_only(rhythms: Dataset) -> None:
    history = build_history(rhythms, rhythms.last_day(), RecommenderConfig())
    rows = np.array([7, 900, 3])
    whole = due_features(history)[rows]
    is_asked = pl.Series(np.isin(np.arange(history.shape[0]), history.rows[rows]))
    # the logarithm of visits that cannot be would warn, and a warning fails
    others = pl.when(is_asked).then("visits_28d").otherwise(-5).cast(pl.Int64).alias("visits_28d")
    spoilt = replace(history, customers=history.customers.with_columns(others))
    np.testing.assert_array_equal(due_features(spoilt, due_statistics(history), rows), whole)
