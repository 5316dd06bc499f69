"""Finds money that is counted in hundredths, such as kopecks: by its system, whole taxes, or units in thousandths."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, whole
from retail_brain.ingest.look.hundredths_of_systems import may_be_hundredths, system_in_hundredths
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
_HUNDRED: Final = 100
"""The whole in per cent."""
_WITH_HUNDREDTHS: Final = r"(?i)RUB|EUR|USD|GBP|UAH|BYN|PLN|RON|BGN|CHF|TRY|BRL|MXN|CAD|AUD|NZD|SGD|HKD|CNY|MYR|AED"
"""Currencies whose tills round to hundredths, as ISO 4217 calls them. In others that have hundredths shops price in
whole numbers and round the tax to such: SEK, NOK, DKK, CZK, KZT, INR, ZAR, THB, PHP."""
_MONEY: Final = ("unit_price", "discount", "unit_cost", "list_price")


def write_hundredths(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Reads money in hundredths, where its system counts so, or a rounded tax or units in thousandths show it.

    For the latter a column has to name the currency. Without one both readings stand in the mapping, for some moneys
    have no hundredths.

    Args:
        made: the proposal, changed in place.
        sample: the rows.
        found: roles of the columns.
    """
    keys = _money_of(made)
    if not keys or any("hundredths" in key for key in keys.values()):
        return
    system = system_in_hundredths(sample, found)
    shown = "" if system.is_sure else _why(made, sample, found)
    if not (why := shown or system.why):
        return
    named = next((name for name in found.seen if _has_hundredths(sample, name)), None)
    whole_money = "" if system.is_always or named is not None else why_whole(sample, found)
    if whole_money:
        made.remarks.append(f"money is in whole numbers and is read as such: {whole_money}")
        return
    if shown and named is not None:
        why += f": it is in hundredths of the currency in {named!r}"
    _write(made, keys, why, is_sure=system.is_sure or bool(shown and named is not None))


def write_hundredths_of_lists(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Reads prices and costs of a list of goods in hundredths, or asks about them, where its system counts so.

    Args:
        made: the proposal of the list, changed in place.
        sample: the rows.
        found: roles of the columns.
    """
    keys = _money_of(made)
    system = system_in_hundredths(sample, found)
    is_known = not keys or any("hundredths" in key for key in keys.values())
    if system.why and not is_known and (system.is_always or not why_whole(sample, found)):
        _write(made, keys, system.why, is_sure=system.is_sure)


def ask_for_hundredths(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Asks whether money of documents with their lines is in hundredths, where nothing else tells and none has a part.

    Args:
        made: the proposal, changed in place.
        sample: the rows.
        found: roles of the columns.
    """
    keys = _money_of(made)
    is_known = any("hundredths" in key for key in keys.values()) or not _is_whole(sample, found)
    why = "" if is_known else may_be_hundredths(sample, found)
    if why and keys and not why_whole(sample, found):
        _write(made, keys, why, is_sure=False)


def _money_of(made: Proposal) -> dict[str, str]:
    """The keys of money in a proposal."""
    return {ours: made.columns[ours] for ours in _MONEY if ours in made.columns}


def _why(made: Proposal, sample: pl.DataFrame, found: Columns) -> str:
    """What shows that money may be in hundredths, by its tax or the form of the units; blank for nothing."""
    tax = next((name for name in found.seen if _is_rounded(sample, found, name)), None)
    tax = tax or _rounded_by_rates(sample, found)
    if tax:
        return f"{tax!r} is a tax or money without it, rounded to whole numbers, and no money has a part of one"
    is_by_units = "thousandths" in made.columns.get("units", "") and _is_whole(sample, found)
    return "units are in thousandths, and no money has a part of one" if is_by_units else ""


def _write(made: Proposal, keys: Mapping[str, str], why: str, *, is_sure: bool) -> None:
    """Reads money in hundredths where that is sure; else both readings stand in the mapping, with a question."""
    for ours, key in keys.items():
        plain = [whole(one) for one in key.removeprefix("?").split("\n")]
        fine = [
            one if "rate = " in one or "column" not in one else f"{one[:-2]}, hundredths = true }}" for one in plain
        ]
        readings = fine if is_sure else list(dict.fromkeys([*fine, *plain]))
        made.columns[ours] = ("?" if len(readings) > 1 else "") + "\n".join(readings)
    if is_sure:
        made.remarks.append(why)
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


def _rounded_by_rates(sample: pl.DataFrame, found: Columns) -> str | None:
    """The tax of lines or their money without it, by rates in a column of their own, where it was rounded; else None.

    Lines with a discount may be taxed on what is left of them, and tell nothing.
    """
    if not _is_whole(sample, found):
        return None
    given = [values(sample, found, name).fill_null(0) == 0 for name in found.all_of("discount")]
    is_plain = pl.DataFrame(given or [pl.repeat(value=True, n=sample.height, eager=True)]).select(
        pl.all_horizontal("*")
    )
    rows = sample.filter(is_plain.to_series())
    numbers = {
        name: values(rows, found, name).abs()
        for name, seen in found.seen.items()
        if seen.numbers and not seen.is_clock and not seen.dates
    }
    rates = [parts for one in numbers.values() if (parts := _parts(one)) is not None]
    whole_ones = {
        name: one
        for name, one in numbers.items()
        if rates and one.drop_nulls().n_unique() >= _LEAST and (one == one.round()).all()
    }
    for sums in _sums(found, numbers):
        for name, one in whole_ones.items():
            if any(_is_exact_before_rounding(sums, parts, one) for parts in rates):
                return name
    return None


def _parts(numbers: pl.Series) -> pl.Series | None:
    """The rates of tax in a column, as parts of 1; None where it has other numbers, or none but 0."""
    parts = pl.select(pl.when(numbers >= 1).then(numbers / _HUNDRED).otherwise(numbers)).to_series().round(4)
    return parts if parts.is_in((0.0, *_RATES)).all() and (parts > 0).any() else None


def _sums(found: Columns, numbers: Mapping[str, pl.Series]) -> Iterator[pl.Series]:
    """Money of the lines: amounts, and prices times units."""
    yield from (numbers[name] for name in found.all_of("amount") if name in numbers)
    units = numbers.get(found.roles.get("units", ""))
    prices = [numbers[name] for name in found.all_of("price") if name in numbers]
    yield from (price * units for price in prices if units is not None)


def _is_exact_before_rounding(sums: pl.Series, parts: pl.Series, other: pl.Series) -> bool:
    """Whether a column is the tax on sums, or the sums without it or with it, but for its rounding to whole numbers."""
    rows = pl.DataFrame({"sum": sums, "part": parts, "other": other}).drop_nulls().unique()
    rows = rows.filter((pl.col("part") > 0) & (pl.col("sum") > 0))
    if rows.height < _LEAST or (rows["sum"] != rows["sum"].round()).any():
        return False
    inner = rows["sum"] / (1 + rows["part"])
    exact = (rows["sum"] - inner, inner, rows["sum"] * rows["part"], rows["sum"] * (1 + rows["part"]))
    off = [(one - rows["other"]).abs() for one in exact]
    return any(share(one <= _NEAR) >= _HOLDS and share(one > _EXACT) >= _ROUNDED for one in off)


def _is_whole(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether no money of the lines has a part of one."""
    money = [values(sample, found, name).drop_nulls() for role in ("price", "amount") for name in found.all_of(role)]
    return all(bool((one == one.round()).all()) for one in money)


def _has_hundredths(sample: pl.DataFrame, name: str) -> bool:
    codes = sample[name].drop_nulls().unique()
    return codes.dtype == pl.String and len(codes) > 0 and all(re.fullmatch(_WITH_HUNDREDTHS, one) for one in codes)
