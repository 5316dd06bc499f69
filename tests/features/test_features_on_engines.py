"""Features computed by workers are those of the process itself, also of a day that is taken in."""

import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.jobs import FEATURE_TABLES, build_features, scan_features
from features.person.lifecycle import LifecycleRules
from features.portable import from_json, is_portable, to_json
from features.steps.people import PersonStates
from retail_brain.dataset import Dataset
from retail_brain.engine import Executor, open_executor
from retail_brain.engine.local_pool import LocalPool
from retail_brain.settings import EngineSettings
from tests.features.test_feature_jobs import AS_OF, KEYS, small

KINDS = ["pool", pytest.param("ray", marks=pytest.mark.skipif(not find_spec("ray"), reason="needs Ray"))]


@pytest.fixture(scope="module")
def dataset(sample: Dataset) -> Dataset:
    return Dataset.from_frames(small(sample))


@pytest.fixture(scope="module")
def alone(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    return tables(dataset, tmp_path_factory.mktemp("alone") / "features")


@pytest.fixture(scope="module", params=KINDS)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with open_executor(EngineSettings(kind=request.param, workers=2)) as opened:
        yield opened


def tables(dataset: Dataset, out: Path, **options) -> dict[str, pl.DataFrame]:
    build_features(dataset, out, AS_OF, **options)
    return {name: scan_features(out, name).collect().sort(KEYS[name]) for name in FEATURE_TABLES}


def assert_equal(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    for name in FEATURE_TABLES:
        assert_frame_equal(found[name], expected[name], rel_tol=1e-9, abs_tol=1e-9)


def test_workers_compute_the_same_tables(dataset: Dataset, alone, executor: Executor, tmp_path: Path) -> None:
    out = tmp_path / "features"
    assert_equal(tables(dataset, out, executor=executor), alone)
    assert len([*(out / "person").glob("*.parquet")]) == 2  # a part for each worker


def test_a_worker_that_is_killed_changes_nothing(
    dataset: Dataset, alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    start = subprocess.Popen

    def started(*args, **options):
        process = start(*args, **options)
        if not killed:  # before it can answer: it reads the part, and dies
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)
        return process

    monkeypatch.setattr("retail_brain.engine.local_pool.subprocess.Popen", started)
    pool = LocalPool(2)
    try:
        assert_equal(tables(dataset, tmp_path / "features", executor=pool), alone)
    finally:
        pool.close()
    assert len(killed) == 1


def test_a_function_crosses_as_json_or_not_at_all() -> None:
    function = PersonStates(date(2025, 6, 30), LifecycleRules(typical_gap_days=1 / 3))
    assert from_json(to_json(function)) == function
    assert is_portable(function)
    assert not is_portable(lambda rows: rows)
