"""Takes the money of a line with its extras, such as modifiers of a drink, where one column is another with them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.word_parts import is_beside, is_extra, is_tax, paid_rank
from retail_brain.ingest.look.words import bare_name, role_scores

_HOLDS = 0.98
"""Share of the rows on which a sum must hold. By judgement."""
_CENT = 0.011
"""Money that rounding may add."""
_LEAST = 5
"""Rows with an extra below which a sum may be chance. By judgement."""
_FREE = 0.1
"""Share of the rows without something added from which it may be an extra: tax and profit are on all. By judgement."""


@dataclass(frozen=True)
class _Chain:
    """Money of lines that is another one with extras, less a discount where there is one."""

    base: str
    extras: tuple[str, ...]
    off: str
    whole: str


def with_extras(made: Proposal, sample: pl.DataFrame, found: Columns) -> tuple[Columns, bool]:
    """The columns with the amount of the line that holds its extras in the place of one without them.

    Args:
        made: the proposal; gets a remark.
        sample: the rows.
        found: roles of the columns.

    Returns:
        The columns, and whether the discount has been taken off this amount beyond doubt.
    """
    chain = next(_chains(sample, found), None)
    if chain is None:
        return found, False
    less = f" less {chain.off!r}" if chain.off else ""
    made.remarks.append(
        f"{chain.whole!r} is {chain.base!r} with {list(chain.extras)}{less}: the extras are paid as well"
    )
    roles = {role: name for role, name in found.roles.items() if role not in ("price", "amount")}
    roles |= {"amount": chain.whole, **({"discount": chain.off} if chain.off else {})}
    taken = {chain.base, chain.whole, chain.off, *chain.extras}
    others = {
        role: tuple(name for name in names if name not in taken)
        for role, names in found.alternatives.items()
        if role != "price"
    }
    return replace(found, roles=roles, alternatives=others), bool(chain.off)


def _chains(sample: pl.DataFrame, found: Columns) -> Iterator[_Chain]:
    """Chains of columns with extras; those without a discount first."""
    named = [name for name in _free(found) if is_extra(bare_name(name)) and _is_added(values(sample, found, name))]
    parts = [*((name,) for name in named), *([tuple(named)] if len(named) > 1 else [])]
    discounts = {name: values(sample, found, name).fill_null(0).abs() for name in found.all_of("discount") if parts}
    given = {name: off for name, off in discounts.items() if int((off > 0).sum()) >= _LEAST}
    nothing = pl.repeat(0.0, sample.height, eager=True)
    for off, (base, money, units) in itertools.product(
        {"": nothing, **given}, list(_bases(sample, found)) if parts else []
    ):
        for extras in parts:
            more = sum((values(sample, found, name).fill_null(0) for name in extras), nothing)
            for added in (more, *([more * units] if units is not None else [])):
                line = money.abs() + added - given.get(off, nothing)
                for whole in _free(found):
                    if whole in (base, *extras) or is_beside(bare_name(whole)):
                        continue
                    fits = (line - values(sample, found, whole).abs()).abs() <= _CENT
                    if share(fits) >= _HOLDS and share(fits.filter(more > 0)) >= _HOLDS:
                        yield _Chain(base, extras, off, whole)


def _is_added(more: pl.Series) -> bool:
    return not (more < 0).any() and int((more > 0).sum()) >= _LEAST


def ask_about_sums(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Asks where another column is the chosen amount and a third whose name nobody knows, which some lines have.

    Args:
        made: the proposal with `unit_price`.
        sample: the rows.
        found: roles of the columns.
    """
    chosen, amount = made.columns.get("unit_price", "?"), found.roles.get("amount", "")
    if chosen.startswith("?") or not amount or f"column = {quoted(amount)}" not in chosen or "_discount" in chosen:
        return
    if paid_rank(bare_name(amount)) > 0:
        return
    parts = [name for name in _free(found) if _may_be_extra(sample, found, name)]
    order = list(found.seen)
    for part, whole in _sums(sample, found, amount, values(sample, found, amount), parts):
        if not order.index(amount) < order.index(part) < order.index(whole):
            continue  # a discount stands behind the sum that it is taken off
        if "amount" in role_scores(whole) and paid_rank(bare_name(whole)) >= 0:
            with_it = chosen.replace(quoted(amount), quoted(whole))
            made.columns["unit_price"] = f"?{chosen}\n{with_it}"
            made.questions.append(
                f"{whole!r} is {amount!r} and {part!r} together: which of both was paid for the goods?"
            )
            return


def _free(found: Columns) -> list[str]:
    """Columns of numbers that play no role but one of money."""
    taken = {name for role, name in found.roles.items() if role not in ("price", "amount")}
    taken |= set(found.alternatives.get("discount", ()))
    return [
        name
        for name, seen in found.seen.items()
        if name not in taken and seen.numbers and not seen.dates and not seen.is_clock
    ]


def _bases(sample: pl.DataFrame, found: Columns) -> Iterator[tuple[str, pl.Series, pl.Series | None]]:
    """The columns of money that extras may be missing in, the money of the line by each, and the units of a price."""
    for name in found.all_of("amount"):
        yield name, values(sample, found, name), None
    if price := found.roles.get("price"):
        units = values(sample, found, found.roles["units"]) if "units" in found.roles else None
        each = values(sample, found, price)
        yield price, each if units is None else each * units, None if units is None else units.abs()


def _sums(
    sample: pl.DataFrame, found: Columns, base: str, money: pl.Series, parts: list[str]
) -> Iterator[tuple[str, str]]:
    """Pairs of a part and the column that is the money with it."""
    for part in parts:
        more = values(sample, found, part).fill_null(0)
        if part == base or not _is_added(more):
            continue
        for whole in _free(found):
            if whole in (base, part) or is_beside(bare_name(whole)):
                continue
            fits = (money.abs() + more - values(sample, found, whole).abs()).abs() <= _CENT
            if share(fits) >= _HOLDS and share(fits.filter(more > 0)) >= _HOLDS:
                yield part, whole


def _may_be_extra(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a column of unknown name stands on some lines alone and is no tax, carriage or discount."""
    plain = bare_name(name)
    if is_beside(plain) or is_tax(plain) or role_scores(name).keys() & {"discount", "units", "price", "unit_cost"}:
        return False
    return share(values(sample, found, name).fill_null(0) == 0) >= _FREE
