"""Finds the code of phone numbers that are written without one: by settings, the chain's country, or other numbers."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from features.country import Basis, country_of
from retail_brain.dataset import Dataset
from retail_brain.phone_numbers import CODE_OF_COUNTRY, usual_code
from retail_brain.settings import Settings


@dataclass(frozen=True)
class PhoneCode:
    """The code of numbers that are written without one.

    Attributes:
        code: digits, without the plus sign.
        basis: what says so: the question, the setting, what says the country, most `numbers` that are written with a
            code, or nothing (`default`).
        country: whose code it is; None where a code was named, or the default stands.
    """

    code: str
    basis: Literal["question", "setting", "numbers", "default"] | Basis
    country: str | None = None

    @property
    def text(self) -> str:
        """What is said of it, in English."""
        said = f"phone numbers without the code of a country count as +{self.code}"
        if self.basis == "default":
            return (
                f"{said}, the default: nothing says the chain's country, or it has no code that is known here. Set "
                "country under [data], or phone_country_code under [audience], where that is wrong."
            )
        if self.country is not None:
            return f"{said}, of {self.country} ({_SAID_BY[self.basis]})"
        return f"{said} ({_SAID_BY[self.basis]})"


_SAID_BY = {
    "question": "--country-code",
    "setting": "audience.phone_country_code",
    "numbers": "most numbers that are written with a code",
    "settings": "data.country",
    "stores": "the column country of stores",
    "regions": "the regions of stores",
    "currency": "data.currency",
}


def phone_code(dataset: Dataset, settings: Settings | None = None, asked: str | None = None) -> PhoneCode:
    """The code of numbers without one.

    The first that speaks counts: what is asked for, the setting, the chain's country, and the code that most numbers of
    `identities` have that are written with one.

    Args:
        dataset: of the chain; its stores may say the country.
        settings: of the tenant; None where only its tables speak.
        asked: named in the question, such as 48.
    """
    if asked:
        return PhoneCode(asked, "question")
    settings = settings or Settings()
    audience = settings.audience
    if "phone_country_code" in audience.model_fields_set:
        return PhoneCode(audience.phone_country_code, "setting")
    country = country_of(dataset, settings)
    code = None if country is None else CODE_OF_COUNTRY.get(country.code)
    if country is not None and code is not None:
        return PhoneCode(code, country.basis, country.code)
    phones = dataset.scan_or_empty("identities").filter(pl.col("id_type") == "phone").select("id_value")
    code = usual_code(phones.drop_nulls().unique().collect()["id_value"])
    return PhoneCode(code, "numbers") if code else PhoneCode(audience.phone_country_code, "default")
