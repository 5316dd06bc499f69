"""Tells discounts in per cent from discounts in money, by what price, units and the amount paid make together.

`Discount` 10 is ten per cent where the amount is units x price x .9, and ten of money where it is units x price less
10. 折扣 85 may be what was taken off or what was paid. Where nothing shows it, all readings are asked about.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, one_of, quoted, whole
from retail_brain.ingest.look.money import stands_on_first_lines
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.parts_paid import RATES, is_part, kinds_of_rate, may_be_rate, off_by
from retail_brain.ingest.look.rates_by_sums import are_per_cent_by_sums
from retail_brain.ingest.look.receipt_sums import is_of_the_order, is_off_receipts, paid_by_sums
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.word_parts import is_count
from retail_brain.ingest.look.words import bare_name, role_scores

_NAMED: Final = (
    r"%|percent|pct|prozent|procent|porcent|pourcent|percentua|procentas|yuzde|persen|rate(?:$|_)|satz(?:$|_)|taux"
    r"|процент|率|율|เปอร์เซ็นต์|نسبة|אחוז"
)
"""A word in the name of a column of rates."""
_MEANS: Final[Mapping[str, str]] = {
    "": "money",
    "percent": "per cent",
    "share": "the share that was taken off (1 is all)",
    "percent_paid": "the per cent that were paid (100 is all)",
    "tenths_paid": "the tenths that were paid (8.5 of 八五折)",
    "share_paid": "the share that was paid (1 is all)",
}
"""Rate -> what it is called in a question."""
_ROOM: Final = 0.011
"""Money that rounding may add to a line: a cent, with room for binary fractions."""
_MOST: Final = 0.9
"""Share of the rows on which a relation must hold. By judgement."""
_LEAST: Final = 5
"""Lines with a discount below which nothing is concluded. By judgement."""
_EQUAL: Final = 0.02
"""Prices that differ by less than this share are the same: tills round lines to a cent."""
_CLEARLY: Final = 0.8
"""Share of the lines that must agree on what a discount is. By judgement."""
_MOST_MONEY: Final = 8
"""Columns of money that are tried as what was paid."""
_NO_MONEY: Final = frozenset(("product", "receipt", "customer"))
"""Roles of which the name of a column says that it is of ids, and no money."""


@dataclass(frozen=True)
class Rate:
    """A discount that is a rate, or may be one.

    Attributes:
        name: its column.
        rate: the key of the mapping; blank where it is money, or several fit.
        paid: the column of what was paid; blank where none proves it.
        before: the column that `paid` is less than by the rate; blank where none proves it.
        is_line: whether what was paid is of the whole line.
        is_before: whether the price is that before the discount (True), after it (False), or nothing shows it (None).
        readings: the keys that fit where several do; a blank one is money.
        is_of_receipts: whether it may as well be money of whole receipts, which is not spread over their lines.
    """

    name: str
    rate: str
    paid: str = ""
    before: str = ""
    is_line: bool = False
    is_before: bool | None = None
    readings: tuple[str, ...] = ()
    is_of_receipts: bool = False


def rate_of_discount(sample: pl.DataFrame, found: Columns) -> Rate | None:
    """The column of a discount that is a rate, or may be one; None where the discount is money, or there is none.

    Args:
        sample: the rows.
        found: roles of the columns.
    """
    named = [name for name in found.seen if _is_named(found, name) or is_part(sample, found, name)]
    money = [
        name
        for name in found.all_of("discount")
        if name not in named and not is_count(bare_name(name)) and not _is_off_receipts(sample, found, name)
    ]
    open_ones = []
    for name in (*money, *named):
        given = values(sample, found, name).abs()
        if (given.drop_nulls() != 0).sum() < _LEAST:
            continue
        if name in named and any(values(sample, found, other).abs().sum() for other in money):
            break  # the money of it stands in a column of its own
        rate = _proven(sample, found, name, given)
        if rate is not None:
            return rate if rate.rate else None
        open_ones.append((name, given))
    for name, given in open_ones:
        if may_be_rate(given) and are_per_cent_by_sums(sample, found, given):
            return Rate(name, "percent", is_before=True)
        rate = _unproven(sample, found, name, given, is_named=name in named)
        if rate is not None:
            return rate
    return None


def _unproven(sample: pl.DataFrame, found: Columns, name: str, given: pl.Series, *, is_named: bool) -> Rate | None:
    """What a discount may be that no total proves: by its name, its values and what goods cost without it."""
    if is_named:
        return _named_rate(sample, found, name, given)
    if not may_be_rate(given) or _is_money_by_usual_price(sample, found, given):
        return None
    shown = _by_usual_price(sample, found, off_by(given, "percent"))
    if shown is False:  # prices before both say nothing
        return Rate(name, "percent", is_before=False)
    if "receipt" in found.roles and is_of_the_order(sample[found.roles["receipt"]].forward_fill(), given):
        is_told = paid_by_sums(sample, found) is not None
        return None if is_told else Rate(name, "", readings=("percent",), is_of_receipts=True)
    return Rate(name, "", is_before=shown, readings=("", "percent"))


def _named_rate(sample: pl.DataFrame, found: Columns, name: str, given: pl.Series) -> Rate | None:
    kinds = kinds_of_rate(found, name, given)
    if "" in kinds and _is_money_by_usual_price(sample, found, given):
        return None
    shown_by = {kind: _by_usual_price(sample, found, off_by(given, kind)) for kind in kinds if kind}
    lowered = tuple(kind for kind, is_before in shown_by.items() if is_before is False)
    kinds = lowered if len(lowered) == 1 else kinds
    if len(kinds) > 1:
        return Rate(name, "", is_before=True if True in shown_by.values() else None, readings=kinds)
    return Rate(name, kinds[0], is_before=shown_by[kinds[0]])


def _is_off_receipts(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a discount is money of whole receipts: on their first lines alone, or between two of their sums."""
    if "receipt" not in found.roles:
        return False
    receipt = sample[found.roles["receipt"]].forward_fill()
    return stands_on_first_lines(sample, receipt, name) or is_off_receipts(receipt, sample, found, name)


def without_rate(found: Columns, rate: Rate | None) -> Columns:
    """The columns without a discount that is a rate, which is no money to take off."""
    if rate is None or found.roles.get("discount") != rate.name:
        return found
    roles = {role: name for role, name in found.roles.items() if role != "discount"}
    others = tuple(name for name in found.alternatives.get("discount", ()) if name != rate.name)
    return replace(found, roles=roles, alternatives={**found.alternatives, "discount": others})


def write_rate(made: Proposal, sample: pl.DataFrame, found: Columns, rate: Rate) -> None:
    """Writes the discount as a rate, or both readings, beside a price that was chosen without it.

    Args:
        made: the proposal with its price.
        sample: the rows.
        found: roles of the columns.
        rate: what is known of the discount.
    """
    if made.table != "transactions" or "unit_price" not in made.columns:
        return
    written = made.columns["unit_price"]
    is_base = written.startswith("?") or f"{quoted(rate.before)}" in written
    if rate.paid and is_base:
        made.columns["unit_price"] = number_key(
            made, found, rate.paid, "unit_price", ", total = true" if rate.is_line else ""
        )
        made.questions = [one for one in made.questions if not one.startswith("which is paid, ")]
    if not rate.rate:
        _ask(made, found, rate)
    else:
        made.columns["discount"] = number_key(made, found, rate.name, "discount", f', rate = "{rate.rate}"')
    if rate.paid:
        made.remarks.append(
            f"{rate.name!r} is a rate ({rate.rate}) and no money: {rate.paid!r} is {rate.before!r} less it"
        )
        return
    if rate.rate:
        made.remarks.append(f"{rate.name!r} is a rate ({rate.rate}) and no money")
    _take_off(made, sample, found, rate)


def _take_off(made: Proposal, sample: pl.DataFrame, found: Columns, rate: Rate) -> None:
    """Writes whether a discount has still to be taken off the price that was chosen, or asks."""
    plain = whole(made.columns["unit_price"])
    if plain.startswith("?"):
        return
    before = plain.replace(" }", ", before_discount = true }")
    compared = found.roles.get("price") or found.roles.get("amount")
    if rate.is_before is not None and (compared is None or quoted(compared) not in plain):
        rate = replace(rate, is_before=None)  # it is another column that was compared with its usual price
    if rate.is_before is None and _is_lowered(sample, found, rate, plain):
        made.remarks.append("the amount is below price times units where there is a discount: it is after it")
    elif rate.is_before is None:
        question = f"is the price what was paid, or has {rate.name!r} still to be taken off?"
        made.columns["unit_price"] = one_of(made, [plain, before], question)
    elif rate.is_before:
        made.columns["unit_price"] = before
        made.remarks.append(f"prices are the same with and without {rate.name!r}: it is still to be taken off")


def _ask(made: Proposal, found: Columns, rate: Rate) -> None:
    """Writes the readings of a discount that fit."""
    readings = [
        whole(number_key(made, found, rate.name, "discount", f', rate = "{kind}"' if kind else ""))
        for kind in rate.readings
    ]
    shown = f"It is {', '.join(found.seen[rate.name].examples)}, and no column says what was paid with it"
    if rate.is_of_receipts:
        made.columns["discount"] = f"?{readings[0]}"
        made.questions.append(
            f"is {rate.name!r} money of the whole receipt, which stands on each of its lines and is not spread over "
            f"them (then leave `discount` out), or per cent of each line? {shown}"
        )
        return
    asked = ", or ".join(_MEANS[kind] for kind in rate.readings)
    made.columns["discount"] = one_of(made, readings, f"is {rate.name!r} {asked}? {shown}")


def _is_named(found: Columns, name: str) -> bool:
    """Whether a column is a rate of a discount by its name, or a discount whose values have a mark of per cent."""
    seen = found.seen[name]
    if not seen.numbers or seen.is_clock:
        return False
    plain = bare_name(name)
    is_marked = any("%" in mark for mark in seen.numbers[0].strip)
    if not is_marked and not re.search(_NAMED, f"{plain} {name}".lower()):
        return False
    rest = re.sub(rf"[_\s]*(?:{_NAMED})[_\s]*", "_", plain).strip("_,")
    score = max(role_scores(one).get("discount", 0.0) for one in (rest, f"{rest}额", plain))
    return score > 0 or name in found.all_of("discount")


def _proven(sample: pl.DataFrame, found: Columns, name: str, given: pl.Series) -> Rate | None:
    """The rate by which what was paid is less than the price before it; one without a rate where that is money."""
    best: Rate | None = None
    units = values(sample, found, found.roles["units"]).abs() if "units" in found.roles else 1
    for before, paid, is_line in _pairs(found, name):
        listed, left = _listed(sample, found, before, is_line=is_line), values(sample, found, paid).abs()
        if share(left > 0) < _CLEARLY:
            continue  # nothing was paid with it, so that a rate of 0 would fit
        room = _ROOM + 0.001 * left  # what is left, so that large numbers prove nothing
        money = given.fill_null(0.0)
        if any(_holds((listed - off - left).abs() <= _ROOM * 2, money > 0) for off in (money, money * units)):
            return Rate(name, "", paid, before, is_line)
        for rate, (all_of, _) in RATES.items():
            off = off_by(given, rate)
            fits = off.is_between(0.0, 1.0) & ((listed * (1 - off) - left).abs() <= room)
            is_read = float(given.max() or 0) <= all_of  # type: ignore[arg-type]
            if best is None and is_read and _holds(fits, (off > 0) & (listed > 0)):
                best = Rate(name, rate, paid, before, is_line)
    return best


def _holds(fits: pl.Series, given: pl.Series) -> bool:
    """Whether a relation holds on nearly all rows, and on those with a discount, of which there are enough."""
    return int(given.sum()) >= _LEAST and share(fits) > _MOST and share(fits.filter(given)) > _MOST


def _pairs(found: Columns, name: str) -> Iterator[tuple[str, str, bool]]:
    """Columns of a price or amount before a discount and of what was paid, and whether this is of the line."""
    prices = [*found.all_of("price"), *found.all_of("list_price")]
    amounts = found.all_of("amount")
    taken = {held for role, held in found.roles.items() if role not in ("price", "amount", "list_price")}
    free = [
        other
        for other, seen in found.seen.items()
        if seen.numbers
        and not seen.is_clock
        and other not in (*taken, *prices, *amounts, name)
        and seen.mean
        and not role_scores(other).keys() & _NO_MONEY
    ]
    money = [*amounts, *prices, *free][:_MOST_MONEY]
    for before in dict.fromkeys([*prices, *free][:_MOST_MONEY]):
        if "units" in found.roles:
            yield from ((before, paid, True) for paid in money if paid != before)
    for before in money:
        is_line = before in amounts
        yield from ((before, paid, is_line) for paid in money if paid != before)


def _listed(sample: pl.DataFrame, found: Columns, before: str, *, is_line: bool) -> pl.Series:
    """What the line (or a unit) costs before its discount."""
    listed = values(sample, found, before).abs()
    return (
        listed * values(sample, found, found.roles["units"]).abs() if is_line and _is_price(found, before) else listed
    )


def _is_price(found: Columns, name: str) -> bool:
    return name not in found.all_of("amount")


def _usual(sample: pl.DataFrame, found: Columns, off: pl.Series) -> pl.DataFrame | None:
    """Lines with a discount: what one unit cost, and what it usually costs without; None where there are too few."""
    goods = found.roles.get("product") or found.roles.get("product_name")
    price = found.roles.get("price") or found.roles.get("amount")
    if goods is None or price is None or "units" not in found.roles:
        return None
    units = values(sample, found, found.roles["units"]).abs()
    each = values(sample, found, price).abs() / (1 if "price" in found.roles else units)
    rows = pl.DataFrame({"goods": sample[goods], "each": each, "off": off.fill_null(0.0), "units": units})
    usual = rows.filter(pl.col("off") == 0).group_by("goods").agg(pl.col("each").median().alias("usual"))
    marked = rows.filter(pl.col("off") > 0).join(usual, on="goods")
    return marked if marked.height >= _LEAST else None


def _by_usual_price(sample: pl.DataFrame, found: Columns, off: pl.Series) -> bool | None:
    """Whether goods with a rate have the price of those without it (True), or one that is less by the rate (False)."""
    marked = _usual(sample, found, off)
    if marked is None or share(marked["off"] > 2 * _EQUAL) < _CLEARLY:
        return None  # so low a rate cannot be told from rounding
    for is_before, price in ((False, marked["usual"] * (1 - marked["off"])), (True, marked["usual"])):
        if share((marked["each"] / price - 1).abs() < _EQUAL) > _CLEARLY:
            return is_before
    return None


def _is_money_by_usual_price(sample: pl.DataFrame, found: Columns, given: pl.Series) -> bool:
    """Whether goods with a discount cost as much less than without it as it is in money."""
    marked = _usual(sample, found, given)
    if marked is None or share(marked["off"] / marked["units"] > 2 * _EQUAL * marked["usual"]) < _CLEARLY:
        return False  # so little money cannot be told from rounding
    listed = marked["each"] + marked["off"] / marked["units"]
    return share((listed / marked["usual"] - 1).abs() < _EQUAL) > _CLEARLY


def _is_lowered(sample: pl.DataFrame, found: Columns, rate: Rate, plain: str) -> bool:
    """Whether the amount of a line that was chosen is below price times units where, and only where, it has a rate."""
    amount, price, units = (found.roles.get(role) for role in ("amount", "price", "units"))
    if _may_be_paid(rate) or amount is None or price is None or units is None or quoted(amount) not in plain:
        return False
    listed = values(sample, found, price).abs() * values(sample, found, units).abs()
    lowered = values(sample, found, amount).abs() < listed * (1 - _EQUAL / 2) - _ROOM
    given = values(sample, found, rate.name).abs()
    return share(lowered == (off_by(given, rate.rate or "percent") > 0)) > _MOST


def _may_be_paid(rate: Rate) -> bool:
    """Whether readings of a rate are open of which one says what was paid, so that nobody knows which lines have it."""
    return any(kind.endswith("_paid") for kind in rate.readings)
