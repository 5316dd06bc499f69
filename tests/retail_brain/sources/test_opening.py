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


def test_columns_of_a_folder_that_no_table_has_are_named(tmp_path: Path) -> None:
    (tmp_path / "stores.csv").write_text("store_id,opened_on\nA,2025-01-01\n", encoding="utf-8")
    (tmp_path / "products.csv").write_text("product_id,colour\np,red\n", encoding="utf-8")
    (warning,) = open_source(str(tmp_path), tmp_path).warnings
    assert "['opened_on'] are no columns of stores" in warning
