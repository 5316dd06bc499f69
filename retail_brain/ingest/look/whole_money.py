"""Tells that money has no hundredths: by its currency, by the language of the columns, or by how it is written."""

import re
from collections.abc import Iterable
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.state_columns import kinds_of
from retail_brain.ingest.look.words import bare_name

_CURRENCY: Final = r"(?:^|_)(?:currency|wahrung|waehrung|devise|moneda|valuta|moeda|waluta)(?:_|$)|币种|货币|通貨|통화"
"""Words in names of columns of currencies."""
_WITHOUT_PARTS: Final = (
    r"(?i)BIF|CLP|COP|CRC|DJF|GNF|HUF|IDR|IQD|IRR|ISK|JPY|KHR|KMF|KRW|LAK|LBP|MGA|MMK|MNT|NGN|PYG|RWF|SYP|TWD|TZS|UGX"
    r"|UZS|VND|VUV|XAF|XOF|XPF"
)
"""Currencies in ISO 4217 whose tills know no parts: some have none, those of others are out of use."""
_OF_LANGUAGE: Final = {
    "Japanese": r"[\u3041-\u30ff]|売|価|円|消費税",
    "Korean": r"[\uac00-\ud7a3]",
    "Vietnamese": r"[ơưƠƯ\u1ea0-\u1ef9]",
}
"""Letters in names of columns that one language alone has, whose country's money has no parts in use."""
_GROUPED: Final = r"-?\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+"
"""A number with marks between its thousands, as people read it and no count of hundredths is written."""
_LEAST: Final = 1000
"""The least number that has such a mark."""


def why_whole(sample: pl.DataFrame, found: Columns) -> str:
    """Why money in whole numbers is no count of hundredths; blank where nothing tells.

    Args:
        sample: the rows.
        found: roles of the columns.
    """
    for name in found.seen:
        codes = kinds_of(sample, name) if re.search(_CURRENCY, bare_name(name)) else []
        if codes and all(re.fullmatch(_WITHOUT_PARTS, code.strip()) for code in codes):
            return f"{', '.join(codes)} in {name!r} has no hundredths in use"
    if language := _language(found.seen):
        return f"names of columns are {language}, and money there has no hundredths in use"
    grouped = next(
        (name for role in ("amount", "price") for name in found.all_of(role) if _is_grouped(sample, name)), ""
    )
    is_whole = grouped and bool((values(sample, found, grouped).drop_nulls().abs() >= _LEAST).any())
    return f"{grouped!r} has marks between thousands, which no count of hundredths has" if is_whole else ""


def _language(names: Iterable[str]) -> str:
    """The language of names of columns whose country has money without parts; blank for any other.

    >>> [_language([name]) for name in ("消費税", "消费税", "부가세", "Thuế GTGT", "Total Impuestos")]
    ['Japanese', '', 'Korean', 'Vietnamese', '']
    """
    text = " ".join(names)
    return next((language for language, letters in _OF_LANGUAGE.items() if re.search(letters, text)), "")


def _is_grouped(sample: pl.DataFrame, name: str) -> bool:
    texts = sample[name].drop_nulls().cast(pl.String).str.strip_chars()
    return bool(texts.str.contains(f"^(?:{_GROUPED})$").any())
