"""Reads numbers as people and tills write them: currency signs, thousands, decimal commas, brackets, 万, full width.

What two readings fit is not read: `1,234` is a thousand and more or one and a bit, until a mapping says which.
"""

import re

import polars as pl

from retail_brain.sources import ColumnFormat

_CURRENCIES = {
    "CNY": ("¥", "元", "圆", "RMB", "CNY", "人民币", "块"),
    "JPY": ("円", "JPY"),
    "EUR": ("€", "EUR"),
    "GBP": ("£", "GBP"),
    "USD": ("US$", "USD"),
    "$": ("$",),
    "HKD": ("HK$", "HKD", "港币"),
    "TWD": ("NT$", "TWD", "NTD"),
    "BRL": ("R$", "BRL"),
    "KRW": ("₩", "원", "KRW"),
    "INR": ("₹", "Rs.", "Rs", "INR"),
    "RUB": ("₽", "руб.", "RUB"),
    "PLN": ("zł", "PLN"),
    "CZK": ("Kč", "CZK"),
    "CHF": ("CHF", "Fr."),
    "SEK": ("kr", "SEK"),
    "IDR": ("Rp", "Rp.", "IDR"),
    "VND": ("₫", "đ", "VND"),
    "THB": ("฿", "บาท", "THB"),
    "MYR": ("RM", "MYR"),
    "PHP": ("₱", "PHP"),
    "SGD": ("S$", "SGD"),
    "AUD": ("A$", "AUD"),
    "CAD": ("C$", "CA$", "CAD"),
    "TRY": ("₺", "TL", "TRY"),
    "ILS": ("₪", "ILS"),
    "UAH": ("₴", "грн", "UAH"),
    "HUF": ("Ft", "HUF"),
    "RON": ("lei", "RON"),
    "PEN": ("S/", "S/.", "PEN"),
    "SAR": ("SAR", "ر.س"),
    "AED": ("AED", "د.إ"),
    "NGN": ("₦", "NGN"),
    **{code: (code,) for code in ("DKK", "NOK", "MXN", "ARS", "CLP", "COP", "ZAR", "EGP", "PKR", "BDT", "LKR")},
}
_FAMILY = {sign: family for family, signs in _CURRENCIES.items() for sign in signs}
_SIGN = "|".join(re.escape(sign) for sign in sorted(_FAMILY, key=len, reverse=True))
_SIGNS = list(_FAMILY)
_BEFORE, _AFTER = rf"^([-+(]?)\s*(?:{_SIGN})\s*", rf"\s*(?:{_SIGN})(\)?)$"
FURTHER_DIGITS = {digit: str(place % 10) for place, digit in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹๐๑๒๓๔๕๖๗๘๙")}
"""Digits of Arabic, Persian and Thai."""
_FULL_WIDTH = (
    FURTHER_DIGITS
    | {"٫": ".", "٬": ","}
    | dict(zip("０１２３４５６７８９．，－＋（）￥＄−–", "0123456789.,-+()¥$--", strict=True))
)
_BLANKS = " \u00a0\u202f\u2009"
_QUOTES = "'\u2019"
_GROUPS = {".": f",{_BLANKS}{_QUOTES}", ",": f".{_BLANKS}{_QUOTES}"}
_TEXT_MARK = rf"^[{_QUOTES}\u2018](.)"
"""The apostrophe before what spreadsheets are to leave as text; exports put it before every minus."""
_MULTIPLIERS = {"万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8}
"""Words behind a number that multiply it: ten thousand and a hundred million."""
_OF_WORDS = rf"[^\P{{L}}eE{''.join(_MULTIPLIERS)}]"
"""A letter that stands in no number but in the sign of a currency."""


def parse_numbers(values: pl.Series, text: ColumnFormat) -> pl.Series:
    """Numbers of a column of text; null where a value is blank or not certainly a number.

    Args:
        values: text.
        text: decimal and thousands marks, and units of measure to take off.

    >>> given = pl.Series(["12", "$1,299.00", "(3)", "1.2万", "１２", "0.90 $", "1,234"])
    >>> parse_numbers(given, ColumnFormat()).to_list()
    [12.0, 1299.0, -3.0, 12000.0, 12.0, 0.9, None]
    >>> parse_numbers(pl.Series(["0,90 €", "1.234,50"]), ColumnFormat(decimal=",")).to_list()
    [0.9, 1234.5]
    """
    plain = values.str.strip_chars()
    if text.decimal == "." and text.thousands is None and not text.strip:
        # nearly every column is plain: one cast is several times faster than looking for all that may be odd
        fast = plain.cast(pl.Float64, strict=False)
        if fast.null_count() == values.null_count():
            return fast
    name = values.name or "value"
    tidy = plain.alias(name).to_frame().with_columns(_tidied(pl.col(name), text))
    # to make the pattern of all signs ready takes longer than to read a small column
    if tidy[name].str.contains_any(_SIGNS).any() and len(_families(tidy[name])) <= 1:
        # amounts in two currencies must not be added up
        tidy = tidy.with_columns(pl.col(name).str.replace(_BEFORE, "$1").str.replace(_AFTER, "$1"))
    return tidy.select(_number(pl.col(name), text).alias(values.name)).to_series()


def are_words(values: pl.Series) -> pl.Series:
    """Whether values are certainly no numbers, in whatever marks: cheaper than to read them in each.

    >>> are_words(pl.Series(["g12", "2026-01-03", "12 kr", "1.2万", "1e5"])).to_list()
    [True, False, False, False, False]
    """
    return values.str.contains(_OF_WORDS) & ~values.str.contains_any(_SIGNS)


def _families(values: pl.Series) -> pl.Series:
    """The currencies whose signs stand in the values."""
    signs = values.str.extract(f"({_SIGN})").unique().drop_nulls()
    return signs.replace_strict(_FAMILY, default=None).unique()


def _tidied(column: pl.Expr, text: ColumnFormat) -> pl.Expr:
    half = column.str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values()))
    half = half.str.replace(_TEXT_MARK, "$1")
    for unit in text.strip:
        half = half.str.strip_suffix(unit)
    return half.str.strip_chars()


def _number(column: pl.Expr, text: ColumnFormat) -> pl.Expr:
    """Sign, multiplier and marks resolved; null where the marks stand in wrong places."""
    signed = column.str.replace(r"^\(\s*([^()]*?)\s*\)$", "-$1").str.replace(r"^([^-].*)-$", "-$1")
    multiplier = pl.lit(1.0)
    for word, factor in _MULTIPLIERS.items():
        multiplier = pl.when(signed.str.ends_with(word)).then(pl.lit(factor)).otherwise(multiplier)
    bare = signed.str.strip_chars_end("".join(_MULTIPLIERS) + _BLANKS)
    point = re.escape(text.decimal)
    forms = [rf"^[-+]?\d{{1,3}}(?:{mark}\d{{2,3}})*{mark}\d{{3}}(?:{point}\d*)?$" for mark in _marks(text)]
    if text.thousands is None and text.decimal == ".":
        # one comma before three digits has two readings, unless a second comma or a point settles it
        forms += [r"^[-+]?\d{1,3}(?:,\d{3}){2,}(?:\.\d*)?$", r"^[-+]?\d{1,3},\d{3}\.\d+$"]
    grouped = pl.any_horizontal(bare.str.contains(form) for form in forms)
    together = pl.when(grouped).then(bare.str.replace_all(f"[{_GROUPS[text.decimal]}]", "")).otherwise(bare)
    decimal = together.str.replace(",", ".", literal=True) if text.decimal == "," else together
    wrong = (~grouped & bare.str.contains(".", literal=True)) if text.decimal == "," else pl.lit(value=False)
    return pl.when(~wrong).then(decimal.cast(pl.Float64, strict=False) * multiplier)


def _marks(text: ColumnFormat) -> list[str]:
    """Marks of thousands that are certain, as patterns."""
    named = text.thousands or ("." if text.decimal == "," else None)
    return [f"[{_BLANKS}]", f"[{_QUOTES}]", *([re.escape(named)] if named else [])]
