"""Reads what a column of money is out of the sums of receipts that an export repeats beside their lines.

Exports of orders give the sum of an order on its first line or on all of them. The column of the lines that makes this
sum together, times the units or without, less the discount or not, is what was paid.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.word_parts import is_beside
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.numbers import parse_numbers

_MOST = 8
"""Columns of sums, and of money of the lines, that are tried at most: each pair costs a sum over all lines."""
_LEAST_RECEIPTS = 5
"""Receipts of several lines, or of several units, below which an equal sum may be chance. By judgement."""
_HOLDS = 0.8
"""Share of the receipts that must add up: orders that came back in part do not. By judgement."""
_SAME, _LEAST_COUPONS = 0.97, 3
"""Share of the receipts on which a relation of their sums must hold, and receipts with a coupon below which it says
nothing. By judgement."""
_CENT = 0.011
"""Money that rounding of one line may add."""


@dataclass(frozen=True)
class Paid:
    """The column that makes the sums of receipts.

    Attributes:
        column: of the lines.
        is_line: whether it is the amount of a line, and not the price of a unit.
        is_before: whether the discount of the line has still to be taken off.
        total: the column with the sums.
    """

    column: str
    is_line: bool
    is_before: bool
    total: str


def paid_by_sums(sample: pl.DataFrame, found: Columns) -> Paid | None:
    """The column of lines whose sums are those of the receipts; None where none is, or two different ones are.

    Args:
        sample: the rows.
        found: roles of the columns, with receipt and units.
    """
    roles = found.roles
    if not {"receipt", "units"} <= roles.keys():
        return None
    receipt = sample[roles["receipt"]].forward_fill()
    taken = {
        name for role, name in roles.items() if role not in ("price", "amount", "discount", "unit_cost", "list_price")
    }
    taken |= found.untaxed
    names = [name for name, seen in found.seen.items() if seen.numbers and name not in taken and not seen.is_clock]
    names = [name for name in names if not is_beside(bare_name(name))]  # taxes of lines add up to that of the receipt
    money = {name: _numbers(sample, found, name) for name in names}
    of_order = [name for name in names if is_of_the_order(receipt, money[name])]
    of_lines = [
        name for name in names if name not in of_order and found.seen[name].filled > _HOLDS and _is_money(money[name])
    ]
    rows = pl.DataFrame({"_receipt": receipt, "_units": _numbers(sample, found, roles["units"]), **money})
    heads = rows.group_by("_receipt", maintain_order=True).agg(pl.col(name).drop_nulls().first() for name in of_order)
    discount = roles.get("discount") if roles.get("discount") not in of_order else None
    for total in of_order[:_MOST]:
        if (
            found_one := _made_by(
                rows, heads, total, of_lines[:_MOST], discount, [one for one in of_order if one != total]
            )
        ) is not None:
            return found_one
    return None


def is_of_the_order(receipt: pl.Series, values: pl.Series) -> bool:
    """Whether a column is of the whole receipt: the same on all lines of those with several, or on the first alone.

    A column of one or two values, such as a discount of 0, says nothing unless one is 0 and the other stands on all
    lines of several receipts.
    """
    rows = pl.DataFrame({"receipt": receipt, "value": values}).with_columns(
        pl.col("receipt").is_first_distinct().alias("head")
    )
    several = rows.filter(pl.len().over("receipt") > 1)
    if several["receipt"].n_unique() < _LEAST_RECEIPTS:
        return False
    if several["value"].drop_nulls().n_unique() <= 2:
        return _is_on_all_lines(several)
    first, rest = (several.filter(is_head)["value"] for is_head in (pl.col("head"), ~pl.col("head")))
    if share(rest.is_null()) > _HOLDS:
        # a rare discount of lines is blank on most of them too, and stands on the first no more than on others
        return int(rest.is_not_null().sum()) <= (1 - _HOLDS) * int(first.is_not_null().sum())
    kinds = several.filter(pl.col("value").fill_null(0) != 0).group_by("receipt").agg(
        pl.col("value").n_unique().alias("kinds"), pl.len().alias("lines")
    ).filter(pl.col("lines") > 1)  # fmt: skip
    return kinds.height >= _LEAST_RECEIPTS and share(kinds["kinds"] == 1) > 0.95


def is_off_receipts(receipt: pl.Series, sample: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a discount is repeated on all lines of a receipt, and one sum of it is another one less the discount.

    A few coupons are enough: `Total` is `Subtotal` and `Shipping` less `Coupon` on every receipt, and all four are the
    same on all of its lines.
    """
    taken = {held for role, held in found.roles.items() if role not in ("price", "amount", "discount")}
    names = [one for one, seen in found.seen.items() if seen.numbers and one not in taken and not seen.is_clock]
    rows = pl.DataFrame({"_receipt": receipt, **{one: _numbers(sample, found, one).fill_null(0) for one in names}})
    if name not in names or receipt.null_count():
        return False
    kinds = rows.group_by("_receipt").agg(pl.all().n_unique(), pl.len().alias("_lines")).filter(pl.col("_lines") > 1)
    alike = [one for one in names if kinds.height >= _LEAST_RECEIPTS and share(kinds[one] == 1) >= _SAME]
    heads = rows.unique("_receipt", keep="first")
    if name not in alike or int((heads[name] != 0).sum()) < _LEAST_COUPONS:
        return False
    of_order = [one for one in alike if one != name][:_MOST]
    further = [pl.Series([0.0] * heads.height), *(heads[one] for one in of_order)]
    return any(
        share((heads[before] - heads[name].abs() + more - heads[after]).abs() <= _CENT) >= _SAME
        for before, after in itertools.permutations(of_order, 2)
        for more in further
        if _is_money(heads[after])
    )


def _is_on_all_lines(several: pl.DataFrame) -> bool:
    """Whether a value beside 0 stands on all lines of each receipt that has it, as that of a receipt does."""
    is_given = pl.col("value").fill_null(0) != 0
    given = several.group_by("receipt").agg(is_given.any().alias("some"), is_given.all().alias("all")).filter("some")
    is_beside = given.height < several["receipt"].n_unique()
    return is_beside and given.height >= _LEAST_RECEIPTS and share(given["all"]) > 0.95


def _numbers(sample: pl.DataFrame, found: Columns, name: str) -> pl.Series:
    return parse_numbers(sample[name].cast(pl.String), found.seen[name].numbers[0])


def _is_money(values: pl.Series) -> bool:
    return values.n_unique() > 1 and share(values.fill_null(0) != 0) > 0.5


def _made_by(
    rows: pl.DataFrame, heads: pl.DataFrame, total: str, of_lines: list[str], discount: str | None, of_order: list[str]
) -> Paid | None:
    off = pl.col(discount).fill_null(0).abs() if discount else None
    sums: Mapping[tuple[str, bool, bool], pl.Expr] = dict(_forms(of_lines, off, discount))
    if not sums:
        return None
    made = rows.group_by("_receipt", maintain_order=True).agg(
        pl.len().alias("_lines"), pl.col("_units").abs().sum().alias("_count"),
        *(expr.sum().alias(f"_{place}") for place, expr in enumerate(sums.values())),
    ).join(heads.rename({name: f"={name}" for name in of_order}), on="_receipt")  # fmt: skip
    made = made.filter(pl.col("_count") > 1, pl.col(total).fill_null(0) != 0)
    if made.height < _LEAST_RECEIPTS:
        return None
    rights = [made[total], *(made[total] + made[f"={name}"].fill_null(0).abs() for name in of_order)]
    room = _CENT * made["_lines"]
    for right, (place, key) in itertools.product(rights, enumerate(sums)):
        fits = (made[f"_{place}"] - right).abs() <= room
        if share(fits) > _HOLDS:
            less = (key[0], key[1], True)
            is_off = less in sums and _is_taken_off(made[f"_{list(sums).index(less)}"], right, room, ~fits)
            return Paid(key[0], key[1], is_off or key[2], total)
    return None


def _is_taken_off(sums: pl.Series, right: pl.Series, room: pl.Series, odd: pl.Series) -> bool:
    """Whether the few receipts that do not add up do so less their discounts, which are still to be taken off then."""
    fits = ((sums - right).abs() <= room).filter(odd)
    return fits.len() >= _LEAST_COUPONS and share(fits) > _HOLDS


def _forms(
    of_lines: list[str], off: pl.Expr | None, discount: str | None
) -> Iterator[tuple[tuple[str, bool, bool], pl.Expr]]:
    """Sums that may be meant; those with more in them come last."""
    units = pl.col("_units")
    for name in of_lines:
        if name != discount:
            yield (name, True, False), pl.col(name)
            yield (name, False, False), pl.col(name) * units
    for name in of_lines if off is not None else ():
        if name != discount:
            yield (name, True, True), pl.col(name) - off
            yield (name, False, True), pl.col(name) * units - off
