"""Fitted sources that one command keeps and the next ones map: equal answers, and never those of other data."""

import errno
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from retail_brain.dataset import Dataset
from retail_brain.settings import RecommenderSettings, Settings
from retail_brain.workspace import Workspace
from training.recommender import kept_sources
from training.recommender.champion import champion_recommender
from training.recommender.config import RecommenderConfig, SpectralConfig
from training.recommender.mapped_objects import read_object, write_object
from training.recommender.model import RecommenderModel


class _FittedError(Exception):
    """Something was fitted that should have been read."""


def no_fit(*_: object) -> None:
    raise _FittedError


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def keeping(habits_model: RecommenderModel, tmp_path: Path) -> RecommenderModel:
    return habits_model.keeping(tmp_path / "kept")


def folders(model: RecommenderModel) -> list[Path]:
    assert model.kept_in is not None
    return sorted(model.kept_in.iterdir())


def scored(model: RecommenderModel, dataset: Dataset, **wish: object) -> pl.DataFrame:
    return pl.concat(list(model.score(dataset, **wish)))  # type: ignore[arg-type]


@pytest.mark.parametrize("wish", [{}, {"customers": ["C007"]}, {"products": ["P03", "P17"]}, {"per_product": 3}])
def test_kept_sources_give_the_same_answers(
    keeping: RecommenderModel, habits_chain: Dataset, monkeypatch: pytest.MonkeyPatch, wish: dict[str, object]
) -> None:
    fitted = scored(keeping.keeping(None), habits_chain, **wish)
    assert scored(keeping, habits_chain, **wish).equals(fitted)
    monkeypatch.setattr(kept_sources, "fit_sources_at", no_fit)
    assert scored(keeping, habits_chain, **wish).equals(fitted)


def test_every_built_in_source_can_be_kept(
    habits_chain: Dataset, small_config: RecommenderConfig, tmp_path: Path
) -> None:
    config = small_config.model_copy(update={"spectral": SpectralConfig(quota=10, factors=4)})
    args = habits_chain, habits_chain.last_day(), config, config.sources, tmp_path
    first, again = (kept_sources.kept_sources(*args) for _ in range(2))
    assert again.source_names == list(config.sources)
    block = next(first.blocks(first.history.people()))
    np.testing.assert_array_equal(again.candidates(block).scores, first.candidates(block).scores)


@pytest.mark.usefixtures("keeping")
def test_other_rows_another_day_or_another_configuration_are_fitted_anew(
    keeping: RecommenderModel, habits_chain: Dataset, small_config: RecommenderConfig, tmp_path: Path
) -> None:
    day = habits_chain.last_day()
    frames = {name: frame.collect() for name, frame in habits_chain.frames.items()}
    shorter = Dataset.from_frames(frames | {"transactions": frames["transactions"].head(-1)})
    other = small_config.model_copy(update={"min_candidates": 21})
    asked = [(habits_chain, day), (shorter, day), (habits_chain, day - timedelta(days=1))]
    digests = {kept_sources._digest(data, when, small_config, small_config.sources) for data, when in asked}
    digests |= {kept_sources._digest(habits_chain, day, other, small_config.sources)}
    digests |= {kept_sources._digest(habits_chain, day, small_config, small_config.sources[:-1])}
    assert len(digests) == 5


def test_a_table_that_sources_do_not_read_changes_nothing(
    habits_chain: Dataset, small_config: RecommenderConfig
) -> None:
    stock = pl.DataFrame(
        {"date": [habits_chain.last_day()], "store_id": ["S1"], "product_id": ["P01"], "on_hand": [1.0]}
    )
    more = Dataset.from_frames(dict(habits_chain.frames) | {"inventory": stock})
    args = habits_chain.last_day(), small_config, small_config.sources
    assert kept_sources._digest(habits_chain, *args) == kept_sources._digest(more, *args)


@pytest.mark.parametrize("damage", ["gone", "cut", "index", "sizes"])
def test_damaged_files_are_fitted_and_kept_anew(keeping: RecommenderModel, habits_chain: Dataset, damage: str) -> None:
    before = scored(keeping, habits_chain)
    (place,) = folders(keeping)
    file = max(place.glob("*.npy"), key=lambda path: path.stat().st_size)
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        os.truncate(file, file.stat().st_size // 2)
    else:
        (place / "index.json").write_text("{" if damage == "index" else '{"sizes": [], "tree": {}}')
    assert scored(keeping, habits_chain).equals(before)
    assert json.loads((place / "index.json").read_text())["sizes"][file.name] == file.stat().st_size


@pytest.mark.parametrize("is_file", [True, False])
def test_a_folder_that_cannot_be_written_costs_the_keeping_alone(
    keeping: RecommenderModel, habits_chain: Dataset, monkeypatch: pytest.MonkeyPatch, is_file: bool
) -> None:
    assert keeping.kept_in is not None
    if is_file:
        keeping.kept_in.write_text("no folder")
    else:
        monkeypatch.setattr(kept_sources, "write_object", _no_space)
    with pytest.warns(RuntimeWarning, match="cannot be kept"):
        rows = scored(keeping, habits_chain)
    assert rows.equals(scored(keeping.keeping(None), habits_chain))


def test_another_command_that_keeps_the_same_at_once_is_no_loss(
    keeping: RecommenderModel, habits_chain: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping.fit_sources(habits_chain)
    (place,) = folders(keeping)
    with monkeypatch.context() as patched:
        # both began before either had kept anything, and the other one was quicker
        patched.setattr(kept_sources, "_read", lambda *_: None)
        patched.setattr(kept_sources, "write_object", _no_space)
        keeping.fit_sources(habits_chain)
    assert folders(keeping) == [place]


@pytest.mark.parametrize("is_made_anew", [True, False])
def test_an_erasure_while_sources_are_fitted_leaves_nothing_of_them(
    keeping: RecommenderModel, habits_chain: Dataset, monkeypatch: pytest.MonkeyPatch, is_made_anew: bool
) -> None:
    fit, kept_in = kept_sources.fit_sources_at, keeping.kept_in
    assert kept_in is not None

    def erased_meanwhile(*args: object) -> object:
        fitted = fit(*args)  # type: ignore[arg-type]
        shutil.rmtree(kept_in)
        if is_made_anew:
            kept_in.mkdir()
        return fitted

    monkeypatch.setattr(kept_sources, "fit_sources_at", erased_meanwhile)
    keeping.fit_sources(habits_chain)
    assert not kept_in.is_dir() or not list(kept_in.iterdir())


def test_only_the_newest_folders_stay_and_nobody_else_may_read_them(
    keeping: RecommenderModel, habits_chain: Dataset
) -> None:
    days = [habits_chain.last_day() - timedelta(days=back) for back in range(kept_sources.KEPT + 2)]
    for number, day in enumerate(days):
        before = set(folders(keeping)) if number else set()
        keeping.fit_sources(habits_chain, day)
        (new,) = set(folders(keeping)) - before
        os.utime(new, (number, number))
    assert len(folders(keeping)) == kept_sources.KEPT
    assert new in folders(keeping)
    assert all(path.stat().st_mode & 0o077 == 0 for path in folders(keeping))


def test_objects_come_back_with_what_they_share(tmp_path: Path) -> None:
    numbers = np.arange(3)
    matrix = sparse.csr_array(np.eye(3, dtype=np.float32))
    value = {
        "a": [numbers, numbers],
        "b": (1, None, "二", 0.5),
        "c": matrix,
        "d": np.empty(0),
        "e": pl.DataFrame({"x": ["一"]}),
    }
    write_object(tmp_path, value, {})
    again = read_object(tmp_path, {})
    assert again["a"][0] is again["a"][1]
    again["a"][0][0] = 9
    assert read_object(tmp_path, {})["a"][0].tolist() == [0, 1, 2]
    assert again["b"] == value["b"]
    assert again["e"].equals(value["e"])
    assert again["d"].size == 0
    np.testing.assert_array_equal((again["c"] @ again["c"]).toarray(), np.eye(3))


def test_a_large_table_is_mapped_in_one_piece(tmp_path: Path) -> None:
    write_object(tmp_path, pl.DataFrame({"x": np.arange(600_000)}), {})
    assert read_object(tmp_path, {}).n_chunks() == 1


def test_a_class_that_is_not_allowed_is_neither_written_nor_made(tmp_path: Path, keeping: RecommenderModel) -> None:
    with pytest.raises(TypeError, match="cannot be written"):
        write_object(tmp_path, [object()], {})
    write_object(tmp_path, keeping.ranker.config, {RecommenderConfig: ()})
    with pytest.raises(KeyError):
        read_object(tmp_path, {})


@pytest.mark.parametrize("keeps", [True, False])
def test_the_champion_keeps_sources_in_the_tenants_folder_unless_the_settings_say_no(
    habits_model: RecommenderModel, tmp_path: Path, *, keeps: bool
) -> None:
    habits_model.save(tmp_path / "bundle")
    workspace = Workspace(tmp_path)
    settings = Settings(recommender=RecommenderSettings(keep_fitted=keeps))
    champion = champion_recommender(workspace, settings, tmp_path / "bundle")
    assert champion.kept_in == (workspace.root / "fitted_sources" if keeps else None)
