"""Finding a door by name, and the settings of the built-in datasets."""

from pathlib import Path

import pytest

from retail_brain.errors import UsageError
from retail_brain.settings import parse_settings
from retail_brain.sources import builtin_settings, open_source
from retail_brain.sources.opening import BUILT_IN


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_settings_are_valid(name: str) -> None:
    assert parse_settings(builtin_settings(name), name).data.currency in "¥$"


def test_unknown_built_in_is_explained() -> None:
    with pytest.raises(UsageError, match="wanted one of"):
        builtin_settings("m5")


def test_sample_is_found_in_the_clone(sample_folder: Path, tmp_path: Path) -> None:
    if not (sample_folder / "transactions.parquet").exists():
        pytest.skip("data/sample is not here")
    assert "transactions" in open_source("sample", tmp_path).tables
