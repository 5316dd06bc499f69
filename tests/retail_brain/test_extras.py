import pytest

from retail_brain.errors import UsageError
from retail_brain.extras import check_installed


def test_module_that_is_there_passes() -> None:
    check_installed("polars", "sql", "a query")


def test_missing_module_names_what_needs_it_and_the_extra() -> None:
    with pytest.raises(UsageError) as refused:
        check_installed("no_such_module", "sql", "a query over files")
    assert str(refused.value) == (
        "a query over files needs the Python package no_such_module, which is not installed; wanted the extra 'sql'. "
        "Run `pip install 'retail-brain[sql]'` and try again."
    )
