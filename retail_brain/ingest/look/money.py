"""Decides what was paid for a unit: which column, of a unit or of the line, before or after its discount.

Names lie less often than they are silent: goods that are sold one, two and three at a time show whether an amount
grows with the units, and lines with a discount whether it has been taken off.
"""

import itertools
import re
from dataclasses import replace

import polars as pl

from retail_brain.ingest.look.before_discount import is_before
from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import NO_PRICE, Proposal, number_key, one_of, whole
from retail_brain.ingest.look.extras import ask_about_sums
from retail_brain.ingest.look.lowered import (
    is_lowered,
    is_part_of_lines,
    is_small_part,
    lines_without,
    with_discount_between,
)
from retail_brain.ingest.look.numbers_of import MOST_UNITS, values
from retail_brain.ingest.look.price_of_several import divide_by_several
from retail_brain.ingest.look.receipt_sums import Paid, is_of_the_order, is_off_receipts, paid_by_sums
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.two_sides import pay_by_sides
from retail_brain.ingest.look.word_parts import paid_rank
from retail_brain.ingest.look.words import bare_name

_TOTAL = ", total = true"
_TURNED = "negate = true"
_CENT = 0.011
"""Money that rounding may add to a line: a cent, with room for binary fractions."""
_EQUAL = 0.02
"""Amounts that differ by less than this share are the same: tills round lines to a cent."""
_NEAR = 0.15
"""How far the growth of an amount may be from that of the units; prices move a little. By judgement."""
_MOST = 0.9
"""Share of the rows in which a relation must hold. By judgement."""
_CLEARLY = 0.8
"""Share of the comparisons that must agree on a unit or a line. By judgement."""
_MOST_DISCOUNTS = 4
"""Columns of discounts that are combined at most: the shop's, the platform's, a voucher's and that of points."""
_RATES, _MOST_TAX, _LEAST_TAXED = 6, 1.35, 1.0
"""Rates of tax that a file has at most, the highest (27 % in Hungary, with room), and the least money that shows one:
rounding to a cent moves smaller ones. By judgement."""
_FEW = 3
"""Comparisons below which nothing is concluded. By judgement."""
_FEW_AMOUNTS = 4
"""Distinct amounts up to which nothing is concluded from lines of the same amount. By judgement."""
_SINGLE = 0.1
"""Share of lines of one unit that small whole amounts must have to be units. By judgement."""
_DISCOUNTED = 5
"""Lines with a discount below which nothing is concluded about it. By judgement."""


def price_of(made: Proposal, sample: pl.DataFrame, found: Columns, *, is_net: bool = False) -> None:
    """Writes `unit_price` (and `discount`): a price, or the amount of the line where that says what was paid.

    Args:
        made: the proposal.
        sample: the rows.
        found: roles of the columns.
        is_net: whether the amount is known to be after its discount.
    """
    if is_net:
        made.columns["unit_price"] = number_key(made, found, found.roles["amount"], "unit_price", _TOTAL)
        _with_discount(made, sample, found)
        _turn_amount(made, sample, found)
        return
    if pay_by_sides(made, sample, found):
        return
    found = _without_discounts_of_orders(made, sample, found)
    paid = paid_by_sums(sample, found) if made.table == "transactions" else None
    if paid is not None and _by_sums(made, sample, found, paid):
        _turn_amount(made, sample, found)
        return
    amount = _line_amount(made, sample, found)
    price = found.roles.get("price")
    if "units" in found.roles and price is not None and amount is not None:
        _price_or_amount(made, sample, found, price, amount)
    elif price is not None:
        is_line = _is_of_line(sample, found, price)
        if is_line:
            made.remarks.append(f"{price!r} grows with the units: it is the amount of the line")
        made.columns["unit_price"] = number_key(made, found, price, "unit_price", _TOTAL if is_line else "")
        _discount(made, sample, found, price, is_line=bool(is_line))
        divide_by_several(made, sample, found, price)
    elif amount is not None:
        is_unit = _is_of_line(sample, found, amount) is False
        if is_unit:
            made.remarks.append(f"{amount!r} does not grow with the units: it is the price of one")
        made.columns["unit_price"] = number_key(made, found, amount, "unit_price", "" if is_unit else _TOTAL)
        _discount(made, sample, found, amount, is_line=not is_unit)
    elif made.table == "transactions":
        made.questions.append(NO_PRICE)
    ask_about_sums(made, sample, found)
    _turn_amount(made, sample, found)


def _without_discounts_of_orders(made: Proposal, sample: pl.DataFrame, found: Columns) -> Columns:
    """The columns without a discount of the whole order, which is of no line; the next of lines takes its place."""
    if not {"discount", "receipt"} <= found.roles.keys():
        return found
    receipt = sample[found.roles["receipt"]].forward_fill()
    names = found.all_of("discount")
    of_order = [
        name
        for name in names
        if is_of_the_order(receipt, values(sample, found, name)) or is_off_receipts(receipt, sample, found, name)
    ]
    left = next((name for name in names if name not in of_order), None)
    if not of_order:
        return found
    made.remarks.append(f"{of_order} are discounts of whole receipts, which are not spread over their lines")
    roles = {role: name for role, name in found.roles.items() if role != "discount"}
    return replace(found, roles=roles if left is None else {**roles, "discount": left})


def _by_sums(made: Proposal, sample: pl.DataFrame, found: Columns, paid: Paid) -> bool:
    """Writes the column that makes the sums of receipts, where no other column of lines is nearer to what was paid."""
    nearest = max(
        (paid_rank(_last_part(name)) for role in ("price", "amount") for name in found.all_of(role)), default=0
    )
    if nearest > max(0, paid_rank(_last_part(paid.column))):
        return False
    further = (_TOTAL if paid.is_line else "") + (", before_discount = true" if paid.is_before else "")
    made.columns["unit_price"] = number_key(made, found, paid.column, "unit_price", further)
    what = "the lines" if paid.is_line else "units"
    less = " less the discount" if paid.is_before else ""
    made.remarks.append(f"{paid.column!r} of {what}{less} adds up to {paid.total!r} of the receipt")
    if paid.is_before:
        _with_discount(made, sample, found)
    else:
        _discount(made, sample, found, paid.column, is_line=paid.is_line)
    return True


def amount_is_units(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether an amount beside a price counts units: whole numbers with which the price grows, or small ones below it.

    What was paid for a line is hardly ever less than the price of one.
    """
    if "amount" not in found.roles or "price" not in found.roles:
        return False
    amounts = values(sample, found, found.roles["amount"]).drop_nulls()
    if not (amounts == amounts.round()).all():
        return False
    if grows(sample, found, found.roles["price"], found.roles["amount"]):
        return True
    median, prices = amounts.abs().median(), values(sample, found, found.roles["price"]).abs()
    # of goods that are all marked down hardly any costs 1; lines of one unit are many
    has_single = share(amounts.abs() == 1) >= _SINGLE and not (amounts == 0).any()
    is_small = isinstance(median, float) and median <= MOST_UNITS and amounts.n_unique() > 1 and has_single
    return is_small and share(values(sample, found, found.roles["amount"]).abs() < prices) > _MOST


def _turn_amount(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Turns the sign of an amount of the line with that of the units, where it is below 0 as well."""
    chosen = made.columns.get("unit_price", "")
    if _TURNED not in made.columns.get("units", "") or _TOTAL not in chosen or chosen.startswith("?"):
        return
    name = next(name for role in ("amount", "price") for name in found.all_of(role) if f'"{name}"' in chosen)
    if share(values(sample, found, name) < 0) > 0.5:
        made.columns["unit_price"] = chosen.replace(" }", f", {_TURNED} }}")


def _line_amount(made: Proposal, sample: pl.DataFrame, found: Columns) -> str | None:
    """The amount of the line: one that says it is paid, else the one that price and units explain, else the first."""
    amounts = []
    for name in found.all_of("amount"):
        if name in found.untaxed:
            continue  # what has its tax was paid
        if _is_of_the_order(sample, found, name):
            made.remarks.append(f"{name!r} is the sum of the whole receipt and is not used")
        elif lacking := lines_without(sample, found, name):
            made.remarks.append(f"{name!r} is blank on {lacking:,} lines with a price and units and is not used")
        elif is_part_of_lines(sample, found, name):
            made.remarks.append(f"{name!r} is 0 on most lines with a price: it is a discount or fee and is not used")
        elif is_small_part(sample, found, name):
            made.remarks.append(f"{name!r} is a small part of price times units and is not what was paid")
        else:
            amounts.append(name)
    if amounts and (left := _after_all_discounts(sample, found)):
        return left
    if len(amounts) > 1 and paid_rank(_last_part(amounts[0])) <= 0 and {"price", "units"} <= found.roles.keys():
        listed = values(sample, found, found.roles["price"]) * values(sample, found, found.roles["units"])
        if is_lowered(sample, found, listed, values(sample, found, amounts[0])):
            return amounts[0]
        explained = (name for name in amounts if _is_same(listed, values(sample, found, name)))
        return next(explained, amounts[0])
    return amounts[0] if amounts else None


def _after_all_discounts(sample: pl.DataFrame, found: Columns) -> str:
    """The column that price times units is less several discounts, such as those of the shop and of its platform.

    Where it is less one of several and no amount is less than price times units, that one alone is taken off.
    """
    if not {"price", "units", "discount"} <= found.roles.keys():
        return ""
    off = [values(sample, found, name).fill_null(0).abs() for name in found.all_of("discount")[:_MOST_DISCOUNTS]]
    off = [one for one in off if one.sum() > 0]
    listed = (values(sample, found, found.roles["price"]) * values(sample, found, found.roles["units"])).abs()
    taken = {name for role, name in found.roles.items() if role not in ("amount", "discount")}
    free = [name for name, seen in found.seen.items() if seen.numbers and name not in taken | found.untaxed]
    amounts = [values(sample, found, name).abs() for name in found.all_of("amount")]
    is_listed = len(off) > 1 and all(_is_same(listed, one) for one in amounts)
    for count in range(len(off), 0 if is_listed else 1, -1):
        for some in itertools.combinations(off, count):
            taken_off = sum(some[1:], some[0])
            for name in free:
                fits = (values(sample, found, name).abs() - listed + taken_off).abs() <= _CENT
                if share(fits) > _MOST and share(fits.filter(taken_off > 0)) > _MOST:
                    return name
    return ""


def _is_same(listed: pl.Series, amounts: pl.Series) -> bool:
    return share((listed - amounts).abs() <= _EQUAL * listed.abs() + _CENT) > _MOST


def _price_or_amount(made: Proposal, sample: pl.DataFrame, found: Columns, price: str, amount: str) -> None:
    prices, amounts, units = (values(sample, found, name) for name in (price, amount, found.roles["units"]))
    listed = prices * units
    if _is_same(listed, amounts) and not is_lowered(sample, found, listed, amounts):
        made.columns["unit_price"] = number_key(made, found, price, "unit_price")
        _discount(made, sample, found, price, is_line=False)
    elif share((prices - amounts).abs() <= _EQUAL * prices.abs()) > _MOST:
        is_unit = _is_of_line(sample, found, price) is False
        made.remarks.append(f"{price!r} equals {amount!r}: both are amounts of the {'unit' if is_unit else 'line'}")
        made.columns["unit_price"] = number_key(made, found, price, "unit_price", "" if is_unit else _TOTAL)
        _discount(made, sample, found, price, is_line=not is_unit)
    elif share(amounts.abs() <= listed.abs() * (1 + _EQUAL) + _CENT) > _MOST:
        made.remarks.append(f"{amount!r} is what was paid: at most {price!r} times units")
        made.columns["unit_price"] = number_key(made, found, amount, "unit_price", _TOTAL)
        _with_discount(made, sample, with_discount_between(sample, found, listed, amounts))
    elif _has_tax(sample, found, amount, listed):
        made.remarks.append(f"{amount!r} is the amount of the line with tax, as it was paid")
        made.columns["unit_price"] = number_key(made, found, amount, "unit_price", _TOTAL)
        _with_discount(made, sample, found)
    elif _is_of_line(sample, found, price) and _is_of_line(sample, found, amount):
        made.remarks.append(f"{price!r} and {amount!r} both grow with the units: {price!r} is nearer to what was paid")
        made.columns["unit_price"] = number_key(made, found, price, "unit_price", _TOTAL)
        _discount(made, sample, found, price, is_line=True)
    elif _is_of_line(sample, found, price) is False and share(amounts.abs() >= listed.abs() - _CENT) > _MOST:
        made.remarks.append(f"{amount!r} holds more than goods, such as shipping or tax: {price!r} is that of a unit")
        made.columns["unit_price"] = number_key(made, found, price, "unit_price")
        _discount(made, sample, found, price, is_line=False)
    else:
        readings = [whole(number_key(made, found, price, "unit_price"))]
        readings.append(number_key(made, found, amount, "unit_price", _TOTAL))
        question = f"which is paid, {price!r} for a unit or {amount!r} for the line?"
        made.columns["unit_price"] = one_of(made, readings, question)


def _has_tax(sample: pl.DataFrame, found: Columns, amount: str, listed: pl.Series) -> bool:
    """Whether an amount is that of another column, or of price and units, with one of a few rates of tax on it."""
    amounts = values(sample, found, amount)
    taken = {name for role, name in found.roles.items() if role not in ("price", "discount")}
    money = [name for name, seen in found.seen.items() if seen.numbers and name not in taken and seen.mean]
    off = values(sample, found, found.roles["discount"]).fill_null(0).abs() if "discount" in found.roles else None
    bases = [
        listed,
        *([listed.abs() - off] if off is not None else []),
        *(values(sample, found, name) for name in money),
    ]
    return any(_is_taxed(amounts, base) for base in bases)


def _is_taxed(amounts: pl.Series, base: pl.Series) -> bool:
    rates = pl.DataFrame({"amount": amounts.abs(), "base": base.abs()}).filter(pl.col("base") > _LEAST_TAXED)
    ratio = (rates["amount"] / rates["base"]).round(2)
    if len(ratio) < _DISCOUNTED or not share(ratio.is_between(1, _MOST_TAX)) > _MOST or not share(ratio > 1) > 0.1:
        return False
    usual = ratio.value_counts(sort=True).head(_RATES)["count"].sum()
    return bool(usual > _MOST * len(ratio))


def _is_of_line(sample: pl.DataFrame, found: Columns, name: str) -> bool | None:
    """Whether a column of money grows with the units (True), does not (False), or cannot be told (None)."""
    return grows(sample, found, name, found.roles["units"]) if "units" in found.roles else None


def grows(sample: pl.DataFrame, found: Columns, name: str, units: str) -> bool | None:
    """Whether money grows with units on lines of the same good; None where it cannot be told."""
    goods = found.roles.get("product") or found.roles.get("product_name")
    if goods is None:
        return None
    rows = pl.DataFrame({
        "goods": sample[goods], "units": values(sample, found, units).abs(), "money": values(sample, found, name).abs()
    }).filter(pl.col("units") > 0, pl.col("money") > 0)  # fmt: skip
    usual = rows.group_by("goods", "units").agg(pl.col("money").median()).sort("goods", "units")
    first = usual.group_by("goods").agg(pl.col("units").first().alias("u0"), pl.col("money").first().alias("m0"))
    ratios = usual.join(first, on="goods").filter(pl.col("units") > pl.col("u0"))
    if ratios.height < _FEW:
        return None
    growth, more = ratios["money"] / ratios["m0"], ratios["units"] / ratios["u0"]
    if share((growth / more - 1).abs() < _NEAR) > _CLEARLY:
        return True
    return False if share((growth - 1).abs() < _NEAR) > _CLEARLY else None


def _with_discount(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    if "discount" in found.roles and made.table == "transactions":
        discounts = values(sample, found, found.roles["discount"])
        given = discounts.filter(discounts != 0)
        turned = f", {_TURNED}" if len(given) and share(given < 0) > _CLEARLY else ""
        made.columns["discount"] = number_key(made, found, found.roles["discount"], "discount", turned)


def _discount(made: Proposal, sample: pl.DataFrame, found: Columns, price: str, *, is_line: bool) -> None:
    """Whether a price beside a discount is before it or after; asks where the lines do not show it."""
    if "discount" not in found.roles or made.table != "transactions":
        return
    _with_discount(made, sample, found)
    plain = whole(made.columns["unit_price"])
    discounts = values(sample, found, found.roles["discount"])
    if plain.startswith("?") or not discounts.abs().sum():
        return
    before = plain.replace(" }", ", before_discount = true }")
    shown = is_before(sample, found, price, discounts, is_line=is_line)
    if shown is None:
        question = f"is {price!r} what was paid, or has {found.roles['discount']!r} still to be taken off?"
        made.columns["unit_price"] = one_of(made, [plain, before], question)
        return
    said = "is the same with and without a discount: it is still to be taken off" if shown else "is after its discount"
    made.remarks.append(f"{price!r} {said}")
    made.columns["unit_price"] = before if shown else made.columns["unit_price"]


def _last_part(name: str) -> str:
    return bare_name(name).rpartition("/")[2]


def _is_of_the_order(sample: pl.DataFrame, found: Columns, amount: str) -> bool:
    """Whether an amount is the same on all lines of every receipt, or stands on its first line alone."""
    if "receipt" not in found.roles:
        return False
    receipt = found.roles["receipt"]
    if stands_on_first_lines(sample, sample[receipt].forward_fill(), amount):
        return True
    if sample[amount].n_unique() <= _FEW_AMOUNTS or re.match("(?i)line|item", amount):
        return False  # goods of one price say nothing
    lines = sample.filter(pl.col(receipt).is_not_null()).group_by(receipt).agg(
        pl.len().alias("lines"), pl.col(amount).drop_nulls().n_unique().alias("kinds"),
    )  # fmt: skip
    several = lines.filter(pl.col("lines") > 1)
    return several.height > 2 and share(several["kinds"] <= 1) > _MOST


def stands_on_first_lines(sample: pl.DataFrame, receipt: pl.Series, name: str) -> bool:
    """Whether a column is filled on the first line of a receipt and blank on the others."""
    rows = pl.DataFrame({"receipt": receipt, "value": sample[name]})
    if not rows["value"].null_count() or receipt.null_count():
        return False
    head = pl.col("receipt").is_first_distinct()
    several = rows.filter(pl.len().over("receipt") > 1)
    first, rest = several.filter(head)["value"], several.filter(~head)["value"]
    filled = int(first.is_not_null().sum())
    # a rare mark of lines is blank on most others too
    return filled > 0 and share(rest.is_null()) > _MOST and int(rest.is_not_null().sum()) <= (1 - _MOST) * filled
