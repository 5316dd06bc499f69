"""A home with a planted person, made once; every test gets a copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from retail_brain.settings import Settings
from tests.planted_person import Home, opened, plant


@pytest.fixture(scope="session")
def planted_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
        plant(folder, Settings())
    return folder


@pytest.fixture
def home(planted_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home with the person in every store, for one test."""
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    shutil.copytree(planted_once, tmp_path, dirs_exist_ok=True)
    yield from opened(tmp_path, Settings())
