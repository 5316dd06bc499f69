"""Fixtures for all tests: the committed sample chain, read without a lake. And how tests run side by side."""

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

if sys.dont_write_bytecode:  # what one process of the tests has compiled, the next need not compile again
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False

if "PYTEST_XDIST_WORKER" in os.environ:  # as many processes as cores: one thread each, set before anything counts cores
    os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"})

from tests import lines_run

if lines_run.VARIABLE in os.environ:
    lines_run.begin()  # before the first module of ours is imported

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.tables import TABLES
from tests.left_behind import nothing_left_behind
from tests.mlflow_database import copy_instead_of_making, pack_code_once
from tests.operational_tables import repeated_instead_of_migrated
from tests.outside_package import Install, installable

__all__ = ["nothing_left_behind"]

gc.disable()  # until all is collected: nothing that importing makes is garbage, and looking for it takes a tenth

settings.register_profile("dev", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")  # .ci/run sets CI

for variable in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "RETAIL_BRAIN_MLFLOW_PREFIX"):
    os.environ.pop(variable, None)  # the tests must not write to somebody's server

atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2))  # DuckDB lists its own leaks after the summary

ROOT = Path(__file__).resolve().parent.parent

# What starts a server, a browser or a chain of commands runs in one worker, so that it starts once; longest first.
# Every other file is a group of its own: its module fixtures are made once.
GROUPS = {
    "serving/page/": "browser",
    "end_to_end/test_demo.py": "demo",
    "docs/": "notebook",
    "retail_brain/lake/": "lake",
    "end_to_end/test_foreign_chains.py": "foreign chains",
    "retail_brain/operational/": "postgresql",
    "serving/http/": "service",
}


def group_of(nodeid: str) -> str:
    """The group of a test: tests of one group run in one worker."""
    file = nodeid.split("::", 1)[0].removeprefix("tests/")
    return next((group for prefix, group in GROUPS.items() if file.startswith(prefix)), file)


def pytest_collection_finish() -> None:
    """Leaves modules and tests out of the search for circular garbage, which is also made less often than usual.

    It took a tenth of the tests' processor. What leaks is still found: the session ends with a full search.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest groups first, so that no worker begins one when the other has nothing left."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        ranks = {group: rank for rank, group in enumerate(GROUPS.values())}
        items.sort(key=lambda item: ranks.get(group_of(item.nodeid), len(ranks)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives each worker whole groups. pytest-xdist's own `loadgroup` finds no groups with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return GroupScheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Hypothesis's profile. And the share of each package's lines that ran, where they are counted."""
    profile = settings.get_current_profile_name()
    terminalreporter.write_line(f"hypothesis: profile {profile}, {settings.get_profile(profile).max_examples} examples")
    if lines_run.is_counting():
        terminalreporter.section("lines run, by package")
        for line in lines_run.report():
            terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over the lines that it ran."""
    if lines_run.is_counting() and (handed := getattr(session.config, "workeroutput", None)) is not None:
        handed[lines_run.VARIABLE] = lines_run.noted()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes over the lines that a worker ran."""
    lines_run.add(getattr(node, "workeroutput", {}).get(lines_run.VARIABLE, {}))


def pytest_runtest_teardown() -> None:
    """Writes the request lines that wait, so that they are not read as what the next test says."""
    if (log := sys.modules.get("serving.http.request_log")) is not None:
        log.REQUEST_LOG.flush()


@pytest.fixture(scope="session", autouse=True)
def _copied_mlflow_tables(tmp_path_factory: pytest.TempPathFactory) -> None:
    template = tmp_path_factory.mktemp("template")
    copy_instead_of_making(template / "mlflow.db")
    pack_code_once(template / "code.zip")


@pytest.fixture(scope="session", autouse=True)
def _repeated_operational_tables() -> Iterator[None]:
    with repeated_instead_of_migrated():
        yield


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
