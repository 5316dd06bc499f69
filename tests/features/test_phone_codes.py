"""Numbers without the code of a country get that of the chain's country, and it is said whose."""

from typing import Any

import holidays
import polars as pl
import pytest

from features.phone_codes import phone_code
from retail_brain.dataset import Dataset
from retail_brain.phone_numbers import CODE_OF_COUNTRY
from retail_brain.settings import Settings


def chain(country: str | None) -> Dataset:
    stores = pl.DataFrame({"store_id": ["S1"], "country": [country]}, schema_overrides={"country": pl.String})
    return Dataset.from_frames({"stores": stores})


@pytest.mark.parametrize(
    ("country", "settings", "asked", "code", "said"),
    [
        (None, {"data": {"country": "PL"}}, None, "48", "of PL (data.country)"),
        ("DEU", {}, None, "49", "of DE (the column country of stores)"),
        (None, {"data": {"currency": "PLN"}}, None, "48", "of PL (data.currency)"),
        ("PL", {"audience": {"phone_country_code": "44"}}, None, "44", "(audience.phone_country_code)"),
        ("PL", {"audience": {"phone_country_code": "44"}}, "33", "33", "(--country-code)"),
        (None, {}, None, "86", "the default: nothing says"),
        ("Nowhere", {}, None, "86", "the default: nothing says"),
    ],
)
def test_the_code_is_that_of_the_question_the_setting_or_the_country(
    country: str | None, settings: dict[str, Any], asked: str | None, code: str, said: str
) -> None:
    found = phone_code(chain(country), Settings.model_validate(settings), asked)
    assert found.code == code
    assert said in found.text


def test_every_country_whose_holidays_are_known_has_one_code() -> None:
    without = {"TF", "GS", "BV", "HM", "UM"}  # nobody lives there
    known = {code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2}
    assert known - without <= CODE_OF_COUNTRY.keys()
    assert all(code.isdigit() and len(code) <= 3 for code in CODE_OF_COUNTRY.values())
