"""Takes money with its tax in the place of the same money without, where columns called gross and net are these two.

In some languages and programs net is what a discount left of gross; in others gross is net and its tax. The values say
which: gross is net and the tax beside it on every line. More by one of a few rates, without a column of the tax, may be
a discount on everything as well, and is asked about. What buyers pay has the tax.
"""

import re
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, one_of, quoted, whole
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
_FURTHER: Final = ("before_discount = true", "negate = true")
"""Keys of a price that hold of the one with tax too."""
_HUNDRED: Final = 100
"""The whole in per cent."""


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
    price = _with_tax(sample, found, "price", is_known=bool(amount))
    taken = {role: name for role, name in (("amount", amount), ("price", price)) if name}
    if not taken:
        return found
    discount = next(iter(_gross_of(found, "discount")), "")
    taken |= {"discount": discount} if discount else {}
    says = [f"{name!r} is {found.roles[role]!r} with tax, which buyers pay: taken" for role, name in taken.items()]
    plain = {name: bare_name(name) for name, seen in found.seen.items() if seen.numbers}
    untaxed = {name for name, bare in plain.items() if re.search(_NET, bare) and not re.search(_GROSS, bare)}
    prices = set() if "price" in taken or not amount else _price_of_net(sample, found, amount)
    says += [f"{name!r} is the price without tax" for name in prices]
    left = {role: (*found.alternatives.get(role, ()), found.roles[role]) for role in taken}
    return replace(
        found,
        roles={role: name for role, name in {**found.roles, **taken}.items() if name not in prices},
        alternatives={**found.alternatives, **left},
        remarks=(*found.remarks, *says),
        untaxed=frozenset(untaxed - set(found.roles.values()) | {found.roles[role] for role in taken} | prices),
    )


def ask_for_gross(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Asks which of two was paid, where gross is more than net by few rates and no column says whether that is tax.

    Args:
        made: the proposal with its price, changed in place.
        sample: the rows.
        found: roles of the columns.
    """
    key = made.columns.get("unit_price", "")
    if not key or "units" not in found.roles:
        return
    for role, total in (("amount", ", total = true"), ("price", "")):
        net = found.roles.get(role, "")
        gross = next((name for name in _gross_of(found, role) if _is_taxed(sample, found, net, name) is None), "")
        is_net = quoted(net) in key or (role == "amount" and bool(gross and _price_of_net(sample, found, gross)))
        if not gross or quoted(gross) in key or not is_net:
            continue
        further = total + "".join(f", {one}" for one in _FURTHER if one in key)
        readings = [
            *map(whole, key.removeprefix("?").split("\n")),
            number_key(made, found, gross, "unit_price", further),
        ]
        question = f"is {gross!r} {net!r} with tax, which buyers pay, or before a discount, which left {net!r}?"
        made.columns["unit_price"] = one_of(made, readings, question)
        return


def _price_of_net(sample: pl.DataFrame, found: Columns, gross: str) -> set[str]:
    """The column of the price, where times units it makes the net amount and not the gross one; else none."""
    price, net = found.roles.get("price", ""), found.roles.get("amount", "")
    if not price or not net:
        return set()
    units = values(sample, found, found.roles["units"]).abs()
    listed = values(sample, found, price).abs() * units
    is_whole = all(found.seen[name].whole is not None for name in (price, net))
    room = (_WHOLE if is_whole else _CENT) * (1 + units / 2)  # prices are rounded too
    is_net, is_gross = (share((listed - values(sample, found, name).abs()).abs() <= room) for name in (net, gross))
    return {price} if is_net > max(_MOST, is_gross) else set()


def _with_tax(sample: pl.DataFrame, found: Columns, role: str, *, is_known: bool = False) -> str:
    """The column of gross money that is the net one of a role with its tax; blank for none.

    Args:
        sample: the rows.
        found: roles of the columns.
        role: the role of the net one.
        is_known: whether gross is known to have the tax, so that few rates are enough.
    """
    net, enough = found.roles.get(role, ""), (True, None) if is_known else (True,)
    return next((name for name in _gross_of(found, role) if _is_taxed(sample, found, net, name) in enough), "")


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


def _is_taxed(sample: pl.DataFrame, found: Columns, net: str, gross: str) -> bool | None:
    """Whether gross is net and a tax beside it on nearly every line; None where it is more by few rates of nothing."""
    sides = [values(sample, found, name).abs() for name in (net, gross)]
    rows = pl.DataFrame({"net": sides[0], "more": sides[1] - sides[0]}).with_row_index("row")
    rows = rows.filter((pl.col("net") > 0) & pl.col("more").is_not_null())
    if rows.height < _LEAST:
        return False
    is_whole = all(found.seen[name].whole is not None for name in (net, gross))
    room = _WHOLE if is_whole else _CENT
    units = values(sample, found, found.roles["units"]).abs()[rows["row"]]
    is_explained = False
    for name, seen in found.seen.items():
        if not seen.numbers or name in (net, gross):
            continue
        other = values(sample, found, name).abs()[rows["row"]]
        is_alone = _fits(other, rows["more"], room)
        # a tax may be of one unit, or a rate
        of_lines = [other * units, other * rows["net"], other * rows["net"] / _HUNDRED]
        if is_tax(bare_name(name)) and (is_alone or any(_fits(one, rows["more"], room) for one in of_lines)):
            return True
        is_explained |= is_alone
    return None if not is_explained and _has_few_rates(rows) else False


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
