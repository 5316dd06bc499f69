"""A recommender's training that was killed goes on with what is left, and finds the same."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from retail_brain.checkpoints import TAKEN_OVER, Work
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from training.jobs import Trained
from training.recommender import backtest, jobs
from training.recommender.config import RecommenderConfig


class Labelled:
    """Counts the cutoffs that are labelled, and dies at one of them as a killed process would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self.fatal = 0, 0
        real = backtest.label_pairs

        def counted(*arguments: object, **options: object) -> object:
            self.count += 1
            if self.count == self.fatal:
                raise ImpossibleError("killed")
            return real(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(backtest, "label_pairs", counted)


@pytest.fixture
def quick(small_config: RecommenderConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    config = small_config.model_copy(update={"cutoffs": 2, "tuning_trials": 2, "tuning_people": 40})
    monkeypatch.setattr(jobs, "preset_config", lambda *_: config)


def train(dataset: Dataset, folder: Path | None, progress: Progress | None = None) -> Trained:
    work = Work(folder) if folder else None
    return jobs.train(dataset, Settings(), "fast", progress or Progress(quiet=True), work)


@pytest.mark.usefixtures("quick")
def test_a_killed_training_labels_what_is_left_and_finds_the_same(
    habits_chain: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled = Labelled(monkeypatch)
    whole = train(habits_chain, None)
    in_all = labelled.count
    assert in_all >= 2
    labelled.count, labelled.fatal = 0, in_all
    with pytest.raises(ImpossibleError, match="killed"):
        train(habits_chain, tmp_path)
    labelled.count, labelled.fatal = 0, 0
    again = train(habits_chain, tmp_path, Progress())
    assert labelled.count == 1
    assert again.metrics == whole.metrics
    assert again.config == whole.config
    for name in ("recommender", "audience", "calibration", "recall"):
        assert_frame_equal(again.tables[name], whole.tables[name])
    assert again.learning == whole.learning
    taken = [line.split()[0] for line in capsys.readouterr().err.splitlines() if line.endswith(TAKEN_OVER)]
    assert taken == ["tuning", *["pairs"] * (in_all - 1)]


@pytest.mark.usefixtures("quick")
def test_other_data_take_nothing_over(habits_chain: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled = Labelled(monkeypatch)
    labelled.fatal = 2
    with pytest.raises(ImpossibleError):
        train(habits_chain, tmp_path)
    labelled.count, labelled.fatal = 0, 0
    lines = habits_chain.scan("transactions").with_columns(pl.col("units") * 2)
    changed = Dataset.from_frames({"transactions": lines, "products": habits_chain.scan("products")})
    train(changed.at(habits_chain.last_day()), tmp_path)
    assert labelled.count >= 2
    assert len([folder for folder in tmp_path.iterdir() if folder.is_dir()]) == 1


@pytest.mark.usefixtures("quick")
def test_a_comparison_of_models_goes_on_too(
    habits_chain: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled = Labelled(monkeypatch)
    trained = train(habits_chain, None)
    asked = (habits_chain, Settings(), trained.config, trained.windows)
    labelled.count = 0
    first = jobs.evaluate_config(*asked, work=Work(tmp_path))
    assert labelled.count
    labelled.count = 0
    assert jobs.evaluate_config(*asked, work=Work(tmp_path)) == first
    assert labelled.count == 0
