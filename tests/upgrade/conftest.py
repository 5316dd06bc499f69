"""Homes that earlier versions made, unpacked somewhere else than where they were made."""

import tarfile
from pathlib import Path

import pytest

from retail_brain.dataset import Dataset
from retail_brain.lake import open_lake
from retail_brain.workspace import Workspace

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
HOMES = sorted(folder.name for folder in FIXTURES.glob("home_*"))


def unpack_home(name: str, folder: Path) -> Path:
    """Unpacks a fixture's home into an empty folder."""
    with tarfile.open(FIXTURES / name / "home.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session", params=HOMES)
def expected(request: pytest.FixtureRequest) -> Path:
    """Folder with the answers that the version itself gave."""
    return FIXTURES / str(request.param)


@pytest.fixture(scope="session")
def old_home(expected: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace of a home that nothing writes to."""
    return Workspace(unpack_home(expected.name, tmp_path_factory.mktemp(expected.name)))


@pytest.fixture(scope="session")
def old_data(old_home: Workspace) -> Dataset:
    """The lake of that home as known on its last day."""
    dataset = open_lake(str(old_home.lake))
    return dataset.at(dataset.last_day())
