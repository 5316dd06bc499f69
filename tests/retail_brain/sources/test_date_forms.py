"""Forms of dates that count."""

import pytest
from pydantic import ValidationError

from retail_brain.sources.date_forms import counted_form, is_number
from retail_brain.sources.mapping_keys import ColumnMapping


@pytest.mark.parametrize("form", ["days since yesterday", "days since 2025-13-01", "days since YYYY-MM-DD seconds"])
def test_day_to_count_from_that_is_none_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match=r"days since|month must be"):
        counted_form(form)
    with pytest.raises(ValidationError):
        ColumnMapping(column="day", format=form)


def test_plain_patterns_count_nothing() -> None:
    assert counted_form("%Y-%m-%d %H:%M") is None
    assert not is_number("%Y%m%d %H%M")  # digits, which the usual reading knows too
    assert is_number("unix_ms")
    assert is_number("%d/%m/%Y minutes")
