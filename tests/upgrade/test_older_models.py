"""Bundles of earlier versions: read by name, with the answers that the version itself gave."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.demand import feature_matrix
from retail_brain.dataset import Dataset
from retail_brain.errors import ModelError
from retail_brain.workspace import Workspace
from training.bundle import champion
from training.demand import model_files
from training.demand.model import DemandModel
from training.recommender import installed_sources
from training.recommender import model as recommender_model
from training.recommender.model import RecommenderModel

KEY = ["store_id", "product_id", "ahead"]
REASON_KIND = pl.col("reason").str.replace("^(every_days):.*$", "$1")
"""Reasons without the days of a rhythm: version 0.1 said the mean of the gaps, later ones say their median."""


def forecasts(home: Workspace, dataset: Dataset) -> pl.DataFrame:
    """Mean and median of the model in the home, one row per series and period ahead."""
    blocks = []
    for forecast in DemandModel.load(champion(home, "demand")).forecast(dataset, 28, explain="quick"):
        series, periods = forecast.mean.shape
        median = np.median(forecast.paths.units, axis=1).astype(np.float64)
        ahead = np.tile(np.arange(1, periods + 1, dtype=np.int32), series)
        ids = forecast.paths.series["product_id"].gather(np.repeat(np.arange(series), periods))
        values = {"product_id": ids, "ahead": ahead, "mean": forecast.mean.ravel(), "median": median.ravel()}
        blocks.append(pl.DataFrame(values).select(pl.lit(forecast.store_id).alias("store_id"), pl.all()))
    return pl.concat([block for block in blocks if block.height])


def assert_same_forecasts(home: Workspace, dataset: Dataset, expected: Path) -> None:
    stored = pl.read_parquet(expected / "forecasts.parquet")
    now = forecasts(home, dataset).join(stored, on=KEY, how="semi")
    assert_frame_equal(now.sort(KEY), stored.sort(KEY), rel_tol=1e-9, abs_tol=1e-9)


def without_later_returns(dataset: Dataset) -> Dataset:
    """The dataset without returns on days of their own: earlier versions did not take them off earlier purchases."""
    day = ["customer_id", "product_id", pl.col("sold_at").dt.date()]
    lines = dataset.scan("transactions").filter((pl.col("units").max().over(day) > 0) | pl.col("customer_id").is_null())
    return replace(dataset, frames={**dataset.frames, "transactions": lines})


def assert_same_probabilities(home: Workspace, dataset: Dataset, expected: Path) -> None:
    stored = pl.read_parquet(expected / "probabilities.parquet")
    model = RecommenderModel.load(champion(home, "recommender"))
    scored = pl.concat(list(model.score(without_later_returns(dataset))))
    now = scored.select(stored.columns).join(stored, on=["customer_id", "product_id"], how="semi")
    order = ["customer_id", "product_id"]
    frames = [frame.sort(order).with_columns(REASON_KIND) for frame in (now, stored)]
    assert_frame_equal(*frames, rel_tol=1e-9, abs_tol=1e-9)


def test_an_older_demand_model_forecasts_as_it_did(old_home: Workspace, old_data: Dataset, expected: Path) -> None:
    assert_same_forecasts(old_home, old_data, expected)


def test_an_older_recommender_scores_as_it_did(old_home: Workspace, old_data: Dataset, expected: Path) -> None:
    assert_same_probabilities(old_home, old_data, expected)
    lists = RecommenderModel.load(champion(old_home, "recommender")).associations.similar_lists(5)
    assert_frame_equal(lists, pl.read_parquet(expected / "similar.parquet"), rel_tol=1e-9, abs_tol=1e-9)


def test_a_model_read_and_written_anew_is_the_same(
    old_home: Workspace, old_data: Dataset, expected: Path, tmp_path: Path
) -> None:
    models = {"demand": DemandModel, "recommender": RecommenderModel}
    for kind, model in models.items():
        folder = tmp_path / "var" / "main" / "bundles" / kind / "1"
        folder.mkdir(parents=True)
        model.load(champion(old_home, kind)).save(folder)
    again = DemandModel.load(tmp_path / "var/main/bundles/demand/1")
    assert again.mean.columns == DemandModel.load(champion(old_home, "demand")).mean.columns
    scored = pl.concat(list(RecommenderModel.load(tmp_path / "var/main/bundles/recommender/1").score(old_data)))
    before = pl.concat(list(RecommenderModel.load(champion(old_home, "recommender")).score(old_data)))
    assert_frame_equal(scored, before)


def test_a_feature_that_a_later_version_adds_changes_no_older_answer(
    old_home: Workspace, old_data: Dataset, expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, names, state = 3, list(feature_matrix.FEATURES), feature_matrix.state
    later = dict.fromkeys([*names[:place], "moon", *names[place:]], "level") | dict(feature_matrix.FEATURES)

    def later_state(*args: Any, **named: Any) -> Any:
        return np.insert(state(*args, **named), place, 7.0, axis=0)

    monkeypatch.setattr(feature_matrix, "FEATURES", later)
    monkeypatch.setattr(model_files, "FEATURES", later)
    monkeypatch.setattr(feature_matrix, "state", later_state)
    assert_same_forecasts(old_home, old_data, expected)


def test_a_candidate_source_that_a_later_version_adds_changes_no_older_answer(
    old_home: Workspace, old_data: Dataset, expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = ("tide", *installed_sources.SOURCE_NAMES)
    monkeypatch.setattr(installed_sources, "SOURCE_NAMES", later)
    monkeypatch.setattr(recommender_model, "SOURCE_NAMES", later)
    assert_same_probabilities(old_home, old_data, expected)


def test_a_feature_that_is_gone_is_named_in_the_refusal(old_home: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    left = {name: driver for name, driver in model_files.FEATURES.items() if name != "price_trend"}
    monkeypatch.setattr(model_files, "FEATURES", left)
    with pytest.raises(ModelError, match=r"needs the columns \['price_trend'\].*Train and promote"):
        DemandModel.load(champion(old_home, "demand"))


def test_a_redefined_feature_is_named_in_the_refusal(old_home: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "REDEFINED", {"price_trend": 2})
    with pytest.raises(ModelError, match=r"price_trend \(definition 1, now 2\).*Train and promote"):
        DemandModel.load(champion(old_home, "demand"))


def test_a_redefined_feature_of_pairs_is_named_in_the_refusal(
    old_home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recommender_model, "REDEFINED", {"tenure": 3, "log_gap": 2})
    with pytest.raises(ModelError, match=r"log_gap \(definition 1, now 2\), tenure \(definition 1, now 3\)"):
        RecommenderModel.load(champion(old_home, "recommender"))


def test_a_candidate_source_that_is_gone_is_named_in_the_refusal(
    old_home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recommender_model, "SOURCE_NAMES", installed_sources.SOURCE_NAMES[1:])
    with pytest.raises(ModelError, match=r"needs the columns \['own'\]"):
        RecommenderModel.load(champion(old_home, "recommender"))


def test_a_format_of_the_future_is_refused_with_what_to_do(old_home: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"format 99; this software reads \[3, 4, 5, 6, 7\]"):
        model_files.migrated({"format": 99}, tmp_path)
