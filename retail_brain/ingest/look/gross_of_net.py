"""Takes money with its tax in the place of the same money without, where columns called gross and net are these two.

In some languages and programs net is what a discount left of gross; in others gross is net and its tax. The values say
which: gross is net and the tax beside it on every line, or more by one of a few rates. What buyers pay has the tax.
"""

import re
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.word_parts import is_tax
from retail_brain.ingest.look.words import bare_name

_NET: Final = (
    r"(?<![^\W_])(?:nett?|nett?[oa]s?|nett[ie]s?|liquid[oa]s?|нетто|excl|exkl|ht)(?![^\W_])"
    r"|税(?:抜き?|別)|不含税|未税|공급가액?|부가세별도"
)
_GROSS: Final = (
    r"(?<![^\W_])(?:gross|brutt?[oa]s?|brut(?:e|s|es)?|lord[oaie]|брутто|incl|inkl|ttc)(?![^\W_])"
    r"|税込み?|含税|价税|부가세포함"
)
"""Words for money without tax or after a discount, and for money with tax or before a discount."""
_MOST: Final = 0.9
"""Share of the lines in which a relation must hold. By judgement."""
_LEAST: Final = 10
"""Lines below which it may be chance. By judgement."""
_CENT, _WHOLE = 0.011, 1.01
"""Money that rounding may add to a line: a cent, or one where all money is in whole numbers."""
_MOST_TAX, _RATES, _LEAST_TAXED = 1.35, 6, 1.0
"""The highest tax (27 % in Hungary, with room), rates of tax that a file has at most, and the least money that shows
one: rounding to a cent moves smaller ones. By judgement."""


def with_gross_of_net(sample: pl.DataFrame, found: Columns) -> Columns:
    """The columns with the gross amount, and the gross price and discount beside it, where gross has the tax.

    Args:
        sample: the rows of a file of sales.
        found: roles of the columns, with the units.
    """
    if "units" not in found.roles:
        return found
    amount = _with_tax(sample, found, "amount")
    if "amount" in found.roles and not amount:
        return found
    price = _with_tax(sample, found, "price")
    taken = {role: name for role, name in (("amount", amount), ("price", price)) if name}
    if not taken:
        return found
    discount = next(iter(_gross_of(found, "discount")), "")
    taken |= {"discount": discount} if discount else {}
    says = [f"{name!r} is {found.roles[role]!r} with tax, which buyers pay: taken" for role, name in taken.items()]
    plain = {name: bare_name(name) for name, seen in found.seen.items() if seen.numbers}
    untaxed = {name for name, bare in plain.items() if re.search(_NET, bare) and not re.search(_GROSS, bare)}
    left = {role: (*found.alternatives.get(role, ()), found.roles[role]) for role in taken}
    return replace(
        found,
        roles={**found.roles, **taken},
        alternatives={**found.alternatives, **left},
        remarks=(*found.remarks, *says),
        untaxed=frozenset(untaxed - set(found.roles.values()) | {found.roles[role] for role in taken}),
    )


def _with_tax(sample: pl.DataFrame, found: Columns, role: str) -> str:
    """The column of gross money that is the net one of a role with its tax; blank for none."""
    return next((name for name in _gross_of(found, role) if _is_taxed(sample, found, found.roles[role], name)), "")


def _gross_of(found: Columns, role: str) -> list[str]:
    """The columns called gross that may stand in a role instead of a net one: first those of the same other words."""
    net = found.roles.get(role, "")
    plain = bare_name(net)
    if not re.search(_NET, plain) or re.search(_GROSS, plain):
        return []
    taken = set(found.roles.values())
    free = {name: bare_name(name) for name, seen in found.seen.items() if name not in taken and seen.numbers}
    gross = {name: bare for name, bare in free.items() if re.search(_GROSS, bare) and not re.search(_NET, bare)}
    twins = [name for name, bare in gross.items() if re.sub(_GROSS, "", bare) == re.sub(_NET, "", plain)]
    return [*twins, *(name for name in found.alternatives.get(role, ()) if name in gross and name not in twins)]


def _is_taxed(sample: pl.DataFrame, found: Columns, net: str, gross: str) -> bool:
    """Whether gross is net and a tax beside it on nearly every line, or more by few rates and by no discount."""
    sides = [values(sample, found, name).abs() for name in (net, gross)]
    rows = pl.DataFrame({"net": sides[0], "more": sides[1] - sides[0]}).with_row_index("row")
    rows = rows.filter((pl.col("net") > 0) & pl.col("more").is_not_null())
    if rows.height < _LEAST:
        return False
    is_whole = all(found.seen[name].whole is not None for name in (net, gross))
    room = _WHOLE if is_whole else _CENT
    others = {name: seen for name, seen in found.seen.items() if seen.numbers and name not in (net, gross)}
    explained = [name for name in others if _fits(values(sample, found, name).abs()[rows["row"]], rows["more"], room)]
    if any(is_tax(bare_name(name)) for name in explained):
        return True
    return not explained and _has_few_rates(rows)


def _fits(other: pl.Series, more: pl.Series, room: float) -> bool:
    """Whether a column is what lies between two others on nearly every line, and not nothing."""
    is_some = more.abs() > room
    gap = (other.fill_null(0) - more).abs() <= room
    return bool(is_some.any()) and share(gap) > _MOST and share(gap.filter(is_some)) > _MOST


def _has_few_rates(rows: pl.DataFrame) -> bool:
    """Whether what is more is one of a few rates of tax on nearly every line: a discount is on some of the lines."""
    rates = rows.filter(pl.col("net") > _LEAST_TAXED).select((1 + pl.col("more") / pl.col("net")).round(2)).to_series()
    if len(rates) < _LEAST or share((rates > 1) & (rates <= _MOST_TAX)) <= _MOST:
        return False
    return bool(rates.value_counts(sort=True).head(_RATES)["count"].sum() > _MOST * len(rates))
