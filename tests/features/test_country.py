"""The country of a chain: what says it, in which order, and what says nothing."""

import polars as pl
import pytest

from features.calendar import public_holidays
from features.country import _CODE_OF_COUNTRY, Country, country_of, currency_of, money_of, with_country
from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError
from retail_brain.settings import DataSettings, Settings


def _chain(**columns: list[str | None]) -> Dataset:
    count = len(next(iter(columns.values())))
    return Dataset.from_frames({"stores": pl.DataFrame({"store_id": [f"S{n}" for n in range(count)], **columns})})


def test_settings_come_before_stores() -> None:
    chain = _chain(country=["US", "US"])
    assert country_of(chain, Settings(data=DataSettings(country="DE"))) == Country("DE", "settings")


def test_the_country_of_most_stores_counts_and_the_others_are_counted() -> None:
    chain = _chain(country=["ca", " US", "US", None, ""])
    assert country_of(chain, Settings()) == Country("US", "stores", others=1)


@pytest.mark.parametrize(
    ("regions", "code"),
    [
        (["CA", "TX", "WI"], "US"),
        (["BY", "HE", "NW"], "DE"),
        (["CA"], None),  # Canada, California or a cash-and-carry
        (["1", "2"], None),
        (["N", "S"], None),
        (["North", "South"], None),
    ],
)
def test_regions_that_are_parts_of_one_country_alone_tell_it(regions: list[str | None], code: str | None) -> None:
    found = country_of(_chain(region=regions), Settings())
    assert found == (None if code is None else Country(code, "regions"))


@pytest.mark.parametrize(("currency", "code"), [("£", "GB"), ("CNY", "CN"), ("€", None), ("$", None), ("¥", None)])
def test_a_currency_of_one_country_tells_it(currency: str, code: str | None) -> None:
    found = country_of(_chain(region=["x"]), Settings(data=DataSettings(currency=currency)))
    assert found == (None if code is None else Country(code, "currency"))


def test_the_currency_that_nobody_named_says_nothing_and_an_error_asks() -> None:
    with pytest.raises(UsageError, match="Set country") as refused:
        with_country(_chain(region=["x"]), Settings())
    assert "节假日" not in str(refused.value)
    assert "没有写国家" in str(refused.value)
    assert str(refused.value).count("var/main/settings.toml") == 2


def test_the_country_found_is_in_the_settings() -> None:
    settings, _ = with_country(_chain(country=["JP"]), Settings())
    assert settings.data.country == "JP"


@pytest.mark.parametrize(
    ("written", "code"),
    [("usa", "US"), (" us", "US"), ("CHN", "CN"), ("UK", "GB"), ("China", "CN"), ("atlantis", "ATLANTIS")],
)
def test_a_country_is_its_two_letters_however_it_is_written(written: str, code: str) -> None:
    assert country_of(_chain(region=["x"]), Settings(data=DataSettings(country=written))) == Country(code, "settings")
    assert country_of(_chain(country=[written, code]), Settings()) == Country(code, "stores")


def test_a_name_that_is_no_code_is_refused_with_where_it_may_stand() -> None:
    with pytest.raises(UsageError, match=r"'ATLANTIS', which has no list.*data\.country.*column country of stores"):
        public_holidays("ATLANTIS", 2025, 2025)


@pytest.mark.parametrize(
    ("stores", "data", "sign"),
    [
        (["DE", "DE"], {}, "€"),
        (["CZ"], {}, "Kč"),
        (["US"], {}, "$"),
        (["CN"], {}, "¥"),
        (["DE"], {"currency": "CHF"}, "CHF"),  # what the settings say counts
        ([None], {"country": "GB"}, "£"),
        ([None], {}, "¥"),
    ],
)
def test_money_is_shown_with_the_sign_of_the_country(stores: list[str | None], data: dict[str, str], sign: str) -> None:
    chain = _chain(country=stores) if stores != [None] else _chain(region=["one"])
    assert currency_of(chain, Settings(data=DataSettings(**data))) == sign


def test_a_sign_of_three_characters_is_no_code_of_a_currency() -> None:
    assert _CODE_OF_COUNTRY["TW"] == "TWD"
    assert all(code.isascii() and code.isalpha() for code in _CODE_OF_COUNTRY.values())


@pytest.mark.parametrize(
    ("country", "data", "text"),
    [
        ("JP", {}, "¥12"),  # the sign of yuan too, which have two digits
        ("CN", {}, "¥12.35"),
        ("JP", {"currency": "¥"}, "¥12"),
        ("JP", {"currency": "$"}, "$12.35"),
        ("KR", {}, "₩12"),
        ("SE", {}, "SEK\u00a012.35"),
        (None, {"currency": "KWD"}, "KWD\u00a012.346"),
    ],
)
def test_money_has_the_digits_of_the_country_s_currency(country: str | None, data: dict[str, str], text: str) -> None:
    chain = _chain(region=["one"]) if country is None else _chain(country=[country])
    assert money_of(chain, Settings(data=DataSettings(**data))).text(12.3456) == text
