"""Finds money that is counted in hundredths, such as kopecks: tax is in whole numbers, or units in thousandths."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, whole
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.whole_money import why_whole
from retail_brain.ingest.look.word_parts import is_tax
from retail_brain.ingest.look.words import bare_name

_RATES: Final = (
    0.05,
    0.07,
    0.08,
    0.09,
    0.1,
    0.12,
    0.13,
    0.15,
    0.16,
    0.17,
    0.18,
    0.19,
    0.2,
    0.21,
    0.22,
    0.23,
    0.24,
    0.25,
)
"""Usual rates of tax on sales."""
_LEAST: Final = 10
"""Different sums with a tax below which nothing is concluded. By judgement."""
_HOLDS: Final = 0.95
"""Share of the sums whose tax must be that of one rate, rounded to a whole number. By judgement."""
_ROUNDED: Final = 0.2
"""Share of them on which that is another number than the exact tax. By judgement: of round prices some is whole."""
_NEAR, _EXACT = 0.51, 0.01
"""Units of money by which a tax differs from the exact one where it was rounded to whole ones, and to hundredths."""
_WITH_HUNDREDTHS: Final = (
    r"(?i)RUB|EUR|USD|GBP|UAH|KZT|BYN|PLN|CZK|RON|BGN|CHF|TRY|BRL|MXN|CAD|AUD|NZD|SGD|HKD|CNY|INR|MYR|AED"
)
"""Currencies whose tills round to hundredths, as ISO 4217 calls them."""
_MONEY: Final = ("unit_price", "discount", "unit_cost", "list_price")


def write_hundredths(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Reads money in hundredths, where a rounded tax or units in thousandths show it and a column names the currency.

    Without a column of the currency both readings stand in the mapping: some moneys have no hundredths.

    Args:
        made: the proposal, changed in place.
        sample: the rows.
        found: roles of the columns.
    """
    tax = next((name for name in found.seen if _is_rounded(sample, found, name)), None)
    is_by_units = tax is None and "thousandths" in made.columns.get("units", "") and _is_whole(sample, found)
    keys = {ours: made.columns[ours] for ours in _MONEY if ours in made.columns}
    if not (tax or is_by_units) or not keys or any("hundredths" in key for key in keys.values()):
        return
    named = next((name for name in found.seen if _has_hundredths(sample, name)), None)
    if named is None and (whole_money := why_whole(sample, found)):
        made.remarks.append(f"money is in whole numbers and is read as such: {whole_money}")
        return
    for ours, key in keys.items():
        plain = [whole(one) for one in key.removeprefix("?").split("\n")]
        fine = [
            one if "rate = " in one or "column" not in one else f"{one[:-2]}, hundredths = true }}" for one in plain
        ]
        readings = fine if named is not None else list(dict.fromkeys([*fine, *plain]))
        made.columns[ours] = ("?" if len(readings) > 1 else "") + "\n".join(readings)
    why = f"{tax!r} is a tax rounded to whole numbers, and no money has a part of one"
    if is_by_units:
        why = "units are in thousandths, and no money has a part of one"
    if named is not None:
        made.remarks.append(f"{why}: it is in hundredths of the currency in {named!r}")
    else:
        made.questions.append(f"{why}: is it in hundredths, such as cents, as the first ways below read it?")


def _is_rounded(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a column is the tax on one of money, of one rate, rounded to whole numbers."""
    if not is_tax(re.sub(r"_?(?:sum|amount|total)$", "", bare_name(name))) or not found.seen[name].numbers:
        return False
    tax = values(sample, found, name)
    if tax.drop_nulls().n_unique() < _LEAST or (tax != tax.round()).any():
        return False
    for other in found.all_of("amount"):
        rows = pl.DataFrame({"sum": values(sample, found, other), "tax": tax}).drop_nulls().unique()
        rows = rows.filter(pl.col("tax") != 0)
        if rows.height < _LEAST or (rows["sum"] != rows["sum"].round()).any():
            continue
        for rate in _RATES:
            off = [(rows["sum"] * part - rows["tax"]).abs() for part in (rate / (1 + rate), rate)]
            if any(share(one <= _NEAR) >= _HOLDS and share(one > _EXACT) >= _ROUNDED for one in off):
                return True
    return False


def _is_whole(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether no money of the lines has a part of one."""
    money = [values(sample, found, name).drop_nulls() for role in ("price", "amount") for name in found.all_of(role)]
    return all(bool((one == one.round()).all()) for one in money)


def _has_hundredths(sample: pl.DataFrame, name: str) -> bool:
    codes = sample[name].drop_nulls().unique()
    return codes.dtype == pl.String and len(codes) > 0 and all(re.fullmatch(_WITH_HUNDREDTHS, one) for one in codes)
