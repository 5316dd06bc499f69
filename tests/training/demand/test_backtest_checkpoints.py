"""A backtest that was killed goes on with the windows that are left, and only where nothing has changed."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from features.demand.history import DemandHistory
from retail_brain.checkpoints import TAKEN_OVER, Work
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from training.demand.backtest import Backtest, backtest, backtest_windows
from training.demand.backtest_window import MODEL_ALONE
from training.demand.config import DemandConfig
from training.demand.mean_model import MeanModel


@pytest.fixture(scope="module")
def quick(config: DemandConfig) -> DemandConfig:
    few = {"rounds": 4, "min_rows": 3_000, "rows_per_series": 50, "group_rounds": 3, "group_rows": 1_000}
    return config.model_copy(update=few)


@pytest.fixture(scope="module")
def windows(chain: Dataset, quick: DemandConfig) -> list[date]:
    return backtest_windows(chain, quick, 2)


class Fits:
    """Counts the fits of mean models, and dies at one of them as a killed process would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self.fatal = 0, 0
        real = MeanModel.fit

        def counted(history: DemandHistory, config: DemandConfig) -> MeanModel:
            self.count += 1
            if self.count == self.fatal:
                raise ImpossibleError("killed")
            return real(history, config)

        monkeypatch.setattr(MeanModel, "fit", counted)


def _run(chain: Dataset, config: DemandConfig, windows: Sequence[date], folder: Path | None) -> Backtest:
    return backtest(chain, config, windows, scoring=MODEL_ALONE, work=Work(folder) if folder else None)


def test_a_killed_backtest_fits_what_is_left_and_finds_the_same(
    chain: Dataset, quick: DemandConfig, windows: list[date], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = Fits(monkeypatch)
    whole = _run(chain, quick, windows, None)
    assert fits.count == 3  # one to calibrate the first window on, and two windows
    fits.count, fits.fatal = 0, 3
    with pytest.raises(ImpossibleError, match="killed"):
        _run(chain, quick, windows, tmp_path)
    fits.count, fits.fatal = 0, 0
    again = _run(chain, quick, windows, tmp_path)
    assert fits.count == 1
    assert again.means() == whole.means()
    for name in ("scores", "sums", "totals", "ets", "forecasts"):
        assert_frame_equal(getattr(again, name), getattr(whole, name))
    for one, other in zip(again.residuals, whole.residuals, strict=True):
        assert np.array_equal(one.mean, other.mean)
        assert np.array_equal(one.store, other.store)


def test_a_changed_setting_takes_nothing_over_and_clears_what_was_there(
    chain: Dataset, quick: DemandConfig, windows: list[date], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = Fits(monkeypatch)
    fits.fatal = 3
    with pytest.raises(ImpossibleError):
        _run(chain, quick, windows, tmp_path)
    before = list(tmp_path.iterdir())
    fits.count, fits.fatal = 0, 0
    _run(chain, quick.model_copy(update={"leaves": 7}), windows, tmp_path)
    assert fits.count == 3
    assert not before[0].exists()
    assert len(list(tmp_path.iterdir())) == 1


def test_the_progress_says_which_windows_were_taken(
    chain: Dataset, quick: DemandConfig, windows: list[date], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from retail_brain.progress import Progress

    for _ in range(2):
        backtest(chain, quick, windows[-1:], scoring=MODEL_ALONE, work=Work(tmp_path), progress=Progress())
    lines = capsys.readouterr().err.splitlines()
    assert [line.endswith(TAKEN_OVER) for line in lines] == [False, False, True, True]
    assert str(windows[-1]) in lines[-1]
