"""Finds units, prices, amounts and discounts by what they make together, whatever their columns are called.

Units times price is the amount of the line, and less its discount what was paid. Numbers that do so on every line by
chance are not found among receipts.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.word_parts import is_beside, is_count
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.look.words_of_states import CANCELLED
from retail_brain.ingest.numbers import parse_numbers

Numbers = npt.NDArray[np.float64]
_CODES = (
    r"(?:^|_)(?:flag|type|kind|typ|tipo|code|id|no|nr|status)$|区分|标志|类型|编号|编码|コード|番号|코드|번호"
    rf"|{CANCELLED}"
)
"""Names of columns whose numbers are codes."""
_ROWS = 2_000
"""Rows that are looked at: what holds on so many holds on all."""
_MOST_COLUMNS = 14
"""Columns of numbers beyond which nothing is tried: three of them are combined in all ways."""
_HOLDS = 0.95
"""Share of the rows on which a relation holds. By judgement: files have a few odd rows."""
_LEAST = 10
"""Lines of more than one unit, and lines with a discount, below which a relation may be chance. By judgement."""
_MOST_UNITS = 100
"""Median of a column of units; prices of cheap currencies are above. By judgement."""
_PIECES = 0.3
"""Share of whole numbers in a column of units of which some are weighed; rates of tax or exchange have none. By
judgement."""
_PRICED = 0.5
"""Share of the rows that must have units, a price and an amount: a refund or a coupon is on few. By judgement."""
_CENT = 0.006
"""Money that rounding a price to a cent may take off one unit, with room for binary fractions."""
_LEAST_TAXED = 1.0
"""Money from which a line shows its rate of tax: rounding to a cent moves smaller ones."""
_MOST_RATES = 8
"""Different rates of tax of a file, each rounded up and down. By judgement: no country has more than four."""
_NOT_NUMBERS = {
    *("receipt", "store", "customer", "moment", "time", "product", "product_name", "guide", "status"),
    *("on_hand", "on_order"),
}


def with_arithmetic(sample: pl.DataFrame, found: Columns) -> Columns:
    """The columns with units, price, amount and discount where arithmetic says what their names leave open.

    Args:
        sample: the first rows.
        found: roles of the columns by their names.
    """
    taken = {name for role, name in found.roles.items() if role in _NOT_NUMBERS}
    taken |= {name for name in found.seen if re.search(_CODES, bare_name(name))}
    named = [name for name, seen in found.seen.items() if seen.numbers and not seen.is_clock and name not in taken]
    numbers = _read(sample, found, named)
    if not 2 <= len(numbers) <= _MOST_COLUMNS:
        return found
    is_open = not {"units", "price", "amount"} <= found.roles.keys()
    relation = _relation(numbers, found) if is_open else {}
    if relation and not (_agrees if "units" in found.roles else _shares_money)(relation, found):
        relation = {}
    return _renamed(found, relation or _after_discount(numbers, found))


def _read(sample: pl.DataFrame, found: Columns, names: list[str]) -> dict[str, Numbers]:
    """The numbers of the columns that have several, without gaps; a blank discount is none."""
    head = sample.head(_ROWS)
    read = {name: parse_numbers(head[name].cast(pl.String), found.seen[name].numbers[0]) for name in names}
    return {name: values.fill_null(0).to_numpy() for name, values in read.items() if values.n_unique() > 1}


def _renamed(found: Columns, roles: Mapping[str, str]) -> Columns:
    """The columns with these roles; what had one of the roles, or a column of theirs another, loses it."""
    if not roles:
        return found
    kept = {role: name for role, name in found.roles.items() if role not in roles and name not in roles.values()}
    others = {
        role: (found.roles[role], *found.alternatives.get(role, ()))
        for role in roles.keys() & found.roles.keys()
        if found.roles[role] not in roles.values()
    }
    return replace(found, roles={**kept, **roles}, alternatives={**found.alternatives, **others})


def _relation(numbers: Mapping[str, Numbers], found: Columns) -> dict[str, str]:
    """Roles of the columns that make each other; none where no three do. What was paid after a discount goes first."""
    plain: dict[str, str] = {}
    for units, price in itertools.permutations(_of_goods(numbers), 2):
        is_named = found.roles.get("price") == price  # else units that are no whole numbers may be the price
        if (
            is_beside(bare_name(price))
            or found.roles.get("units", units) != units
            or not _may_be_units(numbers[units], is_named=is_named)
        ):
            continue
        made = np.abs(numbers[units] * numbers[price])
        room = _CENT * np.maximum(1.0, np.abs(numbers[units]))
        others = [name for name in numbers if name not in (units, price)]
        for amount in others:
            gap = made - np.abs(numbers[amount])
            if not plain and np.mean(numbers[amount] != 0) > _PRICED and _holds(np.abs(gap) <= room):
                plain = {"units": units, "price": price, "amount": amount}
            # the discount and what it left make the same together: it takes the smaller part
            less = [name for name in others if np.mean(numbers[amount] != 0) > _PRICED]
            less = [name for name in less if np.abs(numbers[name]).sum() < np.abs(numbers[amount]).sum()]
            less = [name for name in less if not _is_tax(name, numbers[name], numbers[amount])]
            off = next((name for name in less if _is_off(numbers[name], gap, room)), "")
            if off:
                return {"units": units, "price": price, "amount": amount, "discount": off}
    return plain


def _agrees(relation: Mapping[str, str], found: Columns) -> bool:
    """Whether a relation leaves the money that names chose as it is, or tells what a discount left of it."""
    chosen = {found.roles.get("price"), found.roles.get("amount")} - {None}
    return "discount" in relation or chosen <= {relation["price"], relation["amount"]}


def _shares_money(relation: Mapping[str, str], found: Columns) -> bool:
    """Whether a relation found without named units has one of the columns that names call a price or an amount."""
    chosen = {found.roles.get("price"), found.roles.get("amount")} - {None}
    return not chosen or bool(chosen & {relation["price"], relation["amount"]})


def _of_goods(numbers: Mapping[str, Numbers]) -> list[str]:
    """The columns that most rows fill and whose name is of no tax, carriage or refund, unless it is one of a count."""
    filled = [name for name, values in numbers.items() if np.mean(values != 0) > _PRICED]
    return [name for name in filled if not is_beside(bare_name(name)) or is_count(bare_name(name))]


def _may_be_units(values: Numbers, *, is_named: bool) -> bool:
    """Whether numbers may count units: whole ones, or weights among them where the price is known by its name."""
    whole = np.mean(values == np.round(values)) > (_PIECES if is_named else _HOLDS)
    return bool(whole and np.sum(np.abs(values) > 1) >= _LEAST and 0 < np.median(np.abs(values)) <= _MOST_UNITS)


def _is_off(discount: Numbers, gap: Numbers, room: Numbers) -> bool:
    """Whether a column is what lies between two others, and not nothing."""
    return bool(np.sum(discount != 0) >= _LEAST and _holds(np.abs(gap - np.abs(discount)) <= room))


def _is_tax(name: str, off: Numbers, amount: Numbers) -> bool:
    """Whether what lies between two amounts is a tax: its name says no discount, and all lines have one of few rates.

    A discount is on some of the lines.
    """
    some = np.abs(amount) > _LEAST_TAXED
    if "discount" in role_scores(name) or not some.any() or np.mean(off[some] != 0) < _HOLDS:
        return False
    rates = np.round(np.abs(off[some]) / np.abs(amount[some]), 2)
    return len(np.unique(rates)) <= _MOST_RATES


def _holds(fits: npt.NDArray[np.bool_]) -> bool:
    return bool(np.mean(fits) >= _HOLDS)


def _after_discount(numbers: Mapping[str, Numbers], found: Columns) -> dict[str, str]:
    """The amount after the discount, where the one that its name chose is before it."""
    amount, discount = found.roles.get("amount", ""), found.roles.get("discount", "")
    if amount not in numbers or discount not in numbers:
        return {}
    free = (name for name in numbers if name not in found.roles.values())
    room = np.full(len(numbers[amount]), 2 * _CENT)
    left = np.abs(numbers[amount])
    paid = next((name for name in free if _is_off(numbers[discount], left - np.abs(numbers[name]), room)), "")
    return {"amount": paid} if paid else {}
