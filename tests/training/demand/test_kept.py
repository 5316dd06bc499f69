"""A backtest that was killed goes on with the windows that are left, and only where nothing has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.demand.arrays import Doubles, Ints
from features.demand.history import DemandHistory
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from training.demand.backtest import Backtest, backtest, backtest_windows
from training.demand.config import DemandConfig
from training.demand.kept import TAKEN, KeptResults, work_digest
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


@dataclass(frozen=True)
class _Found:
    forecasts: pl.DataFrame
    pit: Doubles


@dataclass(frozen=True)
class _Nested:
    inner: _Found
    numbers: Ints
    empty: pl.DataFrame


def _run(chain: Dataset, config: DemandConfig, windows: Sequence[date], place: Path | None) -> Backtest:
    return backtest(chain, config, windows, with_rivals=False, unfinished=place)


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
        backtest(chain, quick, windows[-1:], with_rivals=False, unfinished=tmp_path, progress=Progress())
    lines = capsys.readouterr().err.splitlines()
    assert [line.endswith(TAKEN) for line in lines] == [False, False, True, True]
    assert str(windows[-1]) in lines[-1]


def test_the_digest_tells_settings_days_windows_and_rows_apart(chain: Dataset, quick: DemandConfig) -> None:
    frames = {name: frame.collect() for name, frame in chain.frames.items()}
    last = chain.as_of
    assert last is not None
    more = frames | {"daily_sales": frames["daily_sales"].with_columns(pl.col("units") + 1)}
    works = [
        work_digest(chain, quick),
        work_digest(chain, quick, ["2025-01-01"]),
        work_digest(chain, quick.model_copy(update={"seed": 1})),
        work_digest(chain.at(last - timedelta(days=1)), quick),
        work_digest(Dataset.from_frames(more, as_of=last), quick),
        work_digest(Dataset(chain.frames, {"daily_sales": 4}, last), quick),
    ]
    assert len(set(works)) == len(works)
    assert work_digest(Dataset.from_frames(frames, as_of=last), quick) == works[0]


def test_tables_and_arrays_come_back_to_the_last_bit_and_nothing_is_kept_without_a_place(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    inner = _Found(pl.DataFrame({"store_id": ["店", None], "date": [date(2025, 1, 1)] * 2}), rng.random((3, 4)))
    found = _Nested(inner, np.arange(3) + 7, pl.DataFrame())
    kept = KeptResults(tmp_path, "work")
    assert kept.read("part", _Nested) is None
    kept.write("part", found)
    back = kept.read("part", _Nested)
    assert back is not None
    assert np.array_equal(back.inner.pit, inner.pit)
    assert_frame_equal(back.inner.forecasts, inner.forecasts)
    assert back.numbers.tolist() == [7, 8, 9]
    assert back.empty.is_empty()
    nowhere = KeptResults(None, "")
    nowhere.write("part", found)
    assert nowhere.read("part", _Nested) is None


@pytest.mark.parametrize("damage", ["cut", "empty", "gone", "text"])
@pytest.mark.parametrize("file", ["arrays.npz", "forecasts.parquet"])
def test_what_cannot_be_read_any_more_counts_as_not_finished(tmp_path: Path, file: str, damage: str) -> None:
    table = pl.DataFrame({"a": np.arange(1000)})
    found = _Found(table, np.arange(1000.0))
    kept = KeptResults(tmp_path, "work")
    kept.write("part", found)
    assert kept.read("part", _Found) is not None
    path = tmp_path / "work" / "part" / file
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": content[: len(content) // 2], "empty": b"", "text": b"not a file of ours"}[damage])
    assert kept.read("part", _Found) is None
    kept.write("part", found)
    assert kept.read("part", _Found) is not None
