"""The generator on a tiny chain: the same seed makes the same chain; its parts do what they say."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from retail_brain.dataset import Dataset, conform
from retail_brain.sample_chain import TINY, Chain, generate, write
from retail_brain.sample_chain.__main__ import main
from retail_brain.sample_chain.seasons import festival_effect
from retail_brain.sample_chain.trade import serve
from retail_brain.tables import TABLES


@pytest.fixture(scope="module")
def tiny() -> Chain:
    return generate(TINY, seed=1)


def test_the_same_seed_makes_the_same_chain(tiny: Chain) -> None:
    again = generate(TINY, seed=1)
    for name, frame in (tiny.tables | tiny.truth).items():
        assert_frame_equal(frame, (again.tables | again.truth)[name])


def test_another_seed_makes_another_chain(tiny: Chain) -> None:
    other = generate(TINY, seed=2)
    assert not tiny.tables["transactions"].equals(other.tables["transactions"])


def test_a_tiny_chain_is_a_valid_dataset(tiny: Chain) -> None:
    dataset = Dataset.from_frames(tiny.tables)
    assert dataset.last_day() == TINY.last_day
    for name, frame in tiny.tables.items():
        whole = conform(frame.lazy(), TABLES[name]).collect()
        _, failures = TABLES[name].schema.filter(whole.select(TABLES[name].schema.column_names()))
        assert failures.counts() == {}, name


def test_tables_have_canonical_types(tiny: Chain) -> None:
    for name, frame in tiny.tables.items():
        types = {column: kind for column, kind in TABLES[name].types.items() if column in frame.columns}
        assert {column: frame.schema[column] for column in types} == types
        assert set(TABLES[name].required) <= set(types)


def test_written_folder_reads_back(tmp_path: Path, tiny: Chain) -> None:
    write(tmp_path, seed=1, size="tiny")
    assert_frame_equal(pl.read_parquet(tmp_path / "transactions.parquet"), tiny.tables["transactions"])
    assert {path.stem for path in (tmp_path / "truth").iterdir()} == set(tiny.truth)


def test_command_writes_a_chain_and_says_how_many_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["sample_chain", "--out", str(tmp_path), "--seed", "1", "--size", "tiny"])
    assert main() == 0
    assert "transactions" in capsys.readouterr().out
    assert (tmp_path / "MANIFEST.json").exists()


def test_those_who_come_first_are_served_first() -> None:
    left = np.array([3.0, 1.0])
    place = np.array([0, 0, 1, 0])
    second = np.array([300, 100, 50, 200])
    served = serve(left, place, second, units=np.array([1, 2, 2, 1]))
    assert served.tolist() == [0, 2, 1, 1]
    assert left.tolist() == [0.0, 0.0]


def test_nobody_wants_anything_and_nothing_is_served() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert serve(np.array([3.0]), none, none, none).tolist() == []


def test_spring_pull_peaks_before_new_year_and_falls_after() -> None:
    pull = festival_effect(TINY, "spring")
    day = TINY.index(TINY.first_day.replace(year=2025, month=1, day=29))
    assert day - 10 <= int(np.argmax(pull)) <= day - 4
    assert pull[day + 3] < 0.1 < pull[day - 12]
