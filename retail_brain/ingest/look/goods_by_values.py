"""Finds goods by their values: a code with the check digit of barcodes, or what explains the money of the lines."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import may_be_money, values
from retail_brain.ingest.look.word_parts import is_beside
from retail_brain.ingest.look.words import bare_name

_BARCODE = r"^(?:\d{8}|\d{12,14})$"
_CHECKED = 0.95
"""Share of the values that must have the check digit of a barcode; of other numbers a tenth has it."""
_LEAST_GOODS = 3
"""Different goods below which nothing is concluded."""
_AGAIN = 0.5
"""Share of distinct values up to which goods come again. By judgement."""
_NAMED = 0.8
"""Names for each code from which they are of goods and not of their categories. By judgement."""
_FILLED = 0.9
"""Share of the lines that goods must be on. By judgement."""
_EXPLAINED = 0.5
"""Share of the variance of money (in logarithms, less what as many groups explain by chance) that goods explain at
least: all of that of prices, and more than half of that of amounts. By judgement."""
_ALIKE = 0.03
"""Difference of that share below which two columns explain alike. By judgement."""
_CORRELATED = 0.5
"""Correlation with money from which a number is money itself, or units, and no code. By judgement."""


def goods_by_values(rows: pl.DataFrame, found: Columns) -> dict[str, str]:
    """`product` and `product_name` by the values of free columns; none where names say them, or nothing shows them.

    Args:
        rows: the first rows.
        found: roles of the columns by their names.
    """
    if "product" in found.roles:
        return {}
    free = [name for name in found.seen if name not in found.roles.values() and not is_beside(bare_name(name))]
    free = [name for name in free if not _is_of_moments(rows, found, name)]
    codes = [name for name in free if is_barcode(rows[name])]
    if len(codes) == 1:
        return {"product": codes[0], **_name_of(rows, found, codes[0], free)}
    if "product_name" in found.roles:
        return {}
    money = [values(rows, found, name) for name in may_be_money(rows, found)]
    shares = {name: share for name in free if (share := _explained(rows, found, name, money)) >= _EXPLAINED}
    best = max(shares.values(), default=0.0)
    alike = [name for name, share in shares.items() if share >= best - _ALIKE]
    if not alike:
        return {}
    most = max(rows[name].n_unique() for name in alike)
    finest = [name for name in alike if rows[name].n_unique() == most]
    named = next((name for name in finest if _is_text(rows[name])), None)
    code = next((name for name in finest if name != named), None)
    return {role: name for role, name in (("product", code), ("product_name", named)) if name is not None}


def _name_of(rows: pl.DataFrame, found: Columns, code: str, free: list[str]) -> dict[str, str]:
    """`product_name`, where one free column of words has one value for every code and another for most."""
    if "product_name" in found.roles:
        return {}
    codes = rows[code].n_unique()
    words = [name for name in free if name != code and not found.seen[name].dates and _is_text(rows[name])]
    names = [name for name in words if rows.select(code, name).unique().height == codes >= 2]
    finest = max(names, key=lambda name: rows[name].n_unique(), default="")
    return {"product_name": finest} if finest and rows[finest].n_unique() > _NAMED * codes else {}


def name_of_listed(rows: pl.DataFrame, found: Columns) -> dict[str, str]:
    """`product_name` of a list of goods: its only free column of words that is another one for most of them."""
    if "product" not in found.roles or "product_name" in found.roles or rows.height < _LEAST_GOODS:
        return {}
    free = [name for name, seen in found.seen.items() if name not in found.roles.values() and not seen.dates]
    words = [name for name in free if _is_text(rows[name]) and found.seen[name].distinct > _NAMED]
    return {"product_name": words[0]} if len(words) == 1 and found.seen[words[0]].filled > _FILLED else {}


def _is_of_moments(rows: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether every value is of one moment, as a receipt's number is: goods come again at another."""
    moment = found.roles.get("moment")
    if moment is None or name == moment or found.seen[name].distinct == 1:
        return False
    pairs = rows.select(pl.col(name), pl.col(moment).alias("_moment")).drop_nulls().unique()
    return pairs["_moment"].n_unique() > 1 and pairs.height == rows[name].drop_nulls().n_unique()


def is_barcode(column: pl.Series) -> bool:
    """Whether the values of a column are barcodes: EAN, UPC or GTIN with their check digit.

    >>> is_barcode(pl.Series(["4006381333931", "96385074", "036000291452"]))
    True
    """
    text = column.cast(pl.String).drop_nulls().unique()
    if len(text) < _LEAST_GOODS or not text.str.contains(_BARCODE).all():
        return False
    digits = text.str.zfill(14).str.split("").list.to_array(14)
    total = sum((digits.arr.get(place).cast(pl.Int64) * (3 - 2 * (place % 2)) for place in range(14)), pl.Series([0]))
    return bool((total % 10 == 0).mean() >= _CHECKED)  # type: ignore[operator]


def _explained(rows: pl.DataFrame, found: Columns, name: str, money: list[pl.Series]) -> float:
    """Share of the variance of the money that is best explained by the values of a column."""
    seen = found.seen[name]
    if (
        seen.dates
        or seen.is_clock
        or seen.filled < 0.9
        or not _LEAST_GOODS <= rows[name].n_unique() <= _AGAIN * len(rows)
    ):
        return 0.0
    numbers = values(rows, found, name) if seen.numbers else None
    is_written_as_money = numbers is not None and bool(rows[name].cast(pl.String).str.contains(r"\d[ .,]\d").any())
    if numbers is not None and (is_written_as_money or (numbers != numbers.round()).any()):
        return 0.0
    return max((_share(rows[name], numbers, one) for one in money if one.name != name), default=0.0)


def _share(keys: pl.Series, numbers: pl.Series | None, money: pl.Series) -> float:
    logs = pl.DataFrame({"key": keys, "log": money.abs().log(), "number": keys if numbers is None else numbers})
    logs = logs.filter(pl.col("log").is_finite()).drop_nulls()
    if logs.height < 2 * _LEAST_GOODS or not (whole := logs["log"].var()):
        return 0.0
    if numbers is not None:
        alike = logs.select(pl.corr("log", "number")).item()
        if alike is not None and abs(alike) > _CORRELATED:
            return 0.0
    groups = logs["key"].n_unique()
    within = ((logs["log"] - logs.select(pl.col("log").mean().over("key")).to_series()) ** 2).sum()
    if groups >= logs.height:
        return 0.0
    return float(1 - within / (logs.height - groups) / whole)  # type: ignore[operator]


def _is_text(column: pl.Series) -> bool:
    """Whether values are words: most have a blank or no digit."""
    text = column.cast(pl.String).drop_nulls()
    return bool(len(text)) and bool((text.str.contains(r"\s") | ~text.str.contains(r"\d")).mean() > 0.5)  # type: ignore[operator]
