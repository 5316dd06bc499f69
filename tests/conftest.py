"""Fixtures for all tests: the committed sample chain, read without a lake."""

import atexit
import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, settings

from retail_brain.dataset import Dataset
from retail_brain.tables import TABLES
from tests.outside_package import Install, installable

settings.register_profile("dev", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")

atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2))  # DuckDB lists its own leaks after the summary

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    return ROOT / "data" / "sample"


@pytest.fixture(scope="session")
def sample(sample_folder: Path) -> Dataset:
    """Every table of the sample chain, whole."""
    files = {path.stem: path for path in sample_folder.glob("*.parquet")}
    return Dataset.from_frames({name: pl.scan_parquet(path) for name, path in files.items() if name in TABLES})


@pytest.fixture(scope="session")
def truth(sample_folder: Path) -> dict[str, pl.DataFrame]:
    """What only the generator knows: demand, elasticities, identities, uplift."""
    return {path.stem: pl.read_parquet(path) for path in (sample_folder / "truth").glob("*.parquet")}


@pytest.fixture
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    """Installs a package of somebody else: a module's name, its code, and its entry points by kind."""
    with installable(tmp_path_factory.mktemp("outside")) as put:
        yield put
