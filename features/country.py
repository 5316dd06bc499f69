"""Finds the country whose public holidays and festivals a chain keeps: by settings, stores or currency."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import holidays
import polars as pl

from retail_brain.currency import Currency
from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError
from retail_brain.phone_numbers import CODE_OF_COUNTRY, usual_code
from retail_brain.settings import Settings

LEAST_REGIONS = 2
"""Regions of stores that must all be parts of one country: a single code such as DE or CA names several things."""
COUNTRY_OF_CURRENCY = {
    "CNY": "CN", "RMB": "CN", "JPY": "JP", "USD": "US", "GBP": "GB", "£": "GB", "INR": "IN", "₹": "IN", "KRW": "KR",
    "₩": "KR", "CHF": "CH", "SEK": "SE", "NOK": "NO", "DKK": "DK", "PLN": "PL", "zł": "PL", "CZK": "CZ", "Kč": "CZ",
    "HUF": "HU", "TRY": "TR", "₺": "TR", "BRL": "BR", "R$": "BR", "MXN": "MX", "CAD": "CA", "AUD": "AU", "NZD": "NZ",
    "ZAR": "ZA", "THB": "TH", "฿": "TH", "VND": "VN", "₫": "VN", "IDR": "ID", "Rp": "ID", "MYR": "MY", "SGD": "SG",
    "HKD": "HK", "TWD": "TW", "NT$": "TW", "PHP": "PH", "₱": "PH", "UAH": "UA", "₴": "UA", "ILS": "IL", "₪": "IL",
}  # fmt: skip
"""Country of a currency that one country alone uses, by its ISO 4217 code or a sign that is no other's; $, ¥ and € are
those of several."""
_EURO = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
SIGN_OF_COUNTRY = {
    **dict.fromkeys(_EURO.split(), "€"),
    **{country: sign for sign, country in COUNTRY_OF_CURRENCY.items() if sign != "RMB"},
    "CN": "¥",
    "JP": "¥",
    "US": "$",
    "CA": "CA$",
    "AU": "A$",
    "NZ": "NZ$",
    "MX": "MX$",
    "HK": "HK$",
    "SG": "S$",
}
"""Sign that is shown before the money of a country; ISO 4217 codes where no sign is its own."""
_CODE_OF_COUNTRY = {
    country: name
    for name, country in COUNTRY_OF_CURRENCY.items()
    if len(name) == 3 and name.isascii() and name.isalpha() and name != "RMB"
}
Basis = Literal["settings", "stores", "regions", "currency"]


@dataclass(frozen=True)
class Country:
    """A chain's country.

    Attributes:
        code: ISO 3166 code.
        basis: what says so: the settings, the column `country` or the regions of stores, or the currency.
        others: stores of other countries, whose festivals do not count.
    """

    code: str
    basis: Basis
    others: int = 0


def country_of(dataset: Dataset, settings: Settings) -> Country | None:
    """The country of a chain; None where nothing says it.

    The first that speaks counts: the setting `data.country`, the column `country` of `stores` (that of most stores),
    regions of stores that are parts of one country alone (such as CA, TX and WI), and a currency named in the settings
    that only one country has.
    """
    data = settings.data
    if "country" in data.model_fields_set:
        return Country(_iso(data.country), "settings")
    return _by_stores(dataset) or _by_regions(dataset) or _by_currency(settings)


def currency_of(dataset: Dataset, settings: Settings) -> str:
    """The sign shown before a chain's money: that of the settings, else its country's, else the default."""
    data = settings.data
    if "currency" in data.model_fields_set:
        return data.currency
    country = country_of(dataset, settings)
    return data.currency if country is None else SIGN_OF_COUNTRY.get(country.code, data.currency)


def money_of(dataset: Dataset, settings: Settings) -> Currency:
    """How a chain's money is written: its sign, and as many digits as the currency of its country has."""
    country = country_of(dataset, settings)
    code = None if country is None else _CODE_OF_COUNTRY.get(country.code)
    return Currency.of(currency_of(dataset, settings), code)


def phone_code_of(dataset: Dataset, settings: Settings | None = None) -> str:
    """Calling code of phone numbers that are written without one; empty where nothing says it.

    The first that speaks counts: the setting `audience.phone_country_code`, the chain's country, and the code that most
    numbers of `identities` have that are written with one.
    """
    if settings is not None and "phone_country_code" in settings.audience.model_fields_set:
        return settings.audience.phone_country_code
    country = (_by_stores(dataset) or _by_regions(dataset)) if settings is None else country_of(dataset, settings)
    if country is not None and country.code in CODE_OF_COUNTRY:
        return CODE_OF_COUNTRY[country.code]
    phones = dataset.scan_or_empty("identities").filter(pl.col("id_type") == "phone").select("id_value")
    return usual_code(phones.drop_nulls().unique().collect()["id_value"])


def with_country(dataset: Dataset, settings: Settings) -> tuple[Settings, Country]:
    """The settings with the chain's country, and how it is known.

    Raises:
        UsageError: nothing says which country it is.
    """
    country = country_of(dataset, settings)
    if country is None:
        raise UsageError(
            "no country is named, and neither stores nor currency tell it: whose public holidays and festivals count "
            'decides what a forecast expects of them. Set country = "CN" or another ISO 3166 code under [data] in '
            "var/TENANT/settings.toml of the home folder (var/main/settings.toml unless a tenant is named), or give "
            "the table stores a column country. "
            "没有写国家，门店和货币也看不出来：请在主目录的 var/TENANT/settings.toml（默认租户为 "
            'var/main/settings.toml）的 [data] 里写明 country = "CN" '
            "或别的 ISO 3166 代码，或给 stores 表加上 country 列。"
        )
    data = settings.data.model_copy(update={"country": country.code})
    return settings.model_copy(update={"data": data}), country


def _by_stores(dataset: Dataset) -> Country | None:
    named = dataset.scan_or_empty("stores").select("country").collect()["country"].drop_nulls()
    stores = Counter(_iso(country) for country in named if country.strip())
    if not stores:
        return None
    code = min(stores, key=lambda name: (-stores[name], name))
    return Country(code, "stores", stores.total() - stores[code])


@lru_cache(maxsize=64)
def _iso(country: str) -> str:
    """The two letters of a country, such as US of usa; where no list of holidays has the name, what was written."""
    for name in (country.strip().upper(), country.strip()):
        try:
            return str(holidays.country_holidays(name, years=[]).country)
        except (NotImplementedError, AttributeError):  # the library looks names up among its classes
            continue
    return country.strip().upper()


def _by_regions(dataset: Dataset) -> Country | None:
    stores = dataset.scan_or_empty("stores").select("region").drop_nulls().unique().collect()
    regions = {region.strip().upper() for region in stores["region"]}
    # letters and numbers of one sign count provinces in several countries and shops everywhere
    if len(regions) < LEAST_REGIONS or not all(region.isalpha() and len(region) > 1 for region in regions):
        return None
    parts = holidays.list_supported_countries(include_aliases=False)
    found = [code for code, names in parts.items() if regions <= {name.upper() for name in names}]
    return Country(found[0], "regions") if len(found) == 1 else None


def _by_currency(settings: Settings) -> Country | None:
    if "currency" not in settings.data.model_fields_set:
        return None
    code = COUNTRY_OF_CURRENCY.get(settings.data.currency.strip())
    return None if code is None else Country(code, "currency")
