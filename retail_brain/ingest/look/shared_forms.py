"""Ways of writing that the files of a dataset share: one file that is certain decides what others leave open."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.evidence import Evidence
from retail_brain.ingest.look.looked_at import LookedAt

_NUMBERS = frozenset({"units", "price", "amount", "discount", "on_hand", "unit_cost", "list_price"})
"""Roles whose columns show how a file writes its numbers."""
_DAY_AND_MONTH = re.compile(r"%[dm](\W)%[dm]")
"""The beginning of a form of dates whose order of day and month can be doubted, and its separator."""


@dataclass
class Shared:
    """What is certain somewhere: a way of writing -> the column and file that shows it.

    Attributes:
        marks: decimal mark -> the column and file.
        orders: such as `%d/%m` -> the column and file.
    """

    marks: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)


def shared_forms(looked: Sequence[LookedAt]) -> Shared:
    """What some file is certain of: its decimal mark, and the order of day and month beside each separator."""
    shared = Shared()
    for one in looked:
        roles = {name: role for role, name in one.columns.roles.items()}
        for name, seen in one.columns.seen.items():
            where = f"{name!r} of {one.path.name}"
            mark = _mark(seen) if roles.get(name) in _NUMBERS else ""
            if mark:
                shared.marks.setdefault(mark, where)
            # two readings with a proof are files of the same columns that contradict each other: both orders count
            for order in filter(None, map(_order, seen.dates if seen.proof else ())):
                shared.orders.setdefault(order, where)
    return shared


def decided(one: LookedAt, shared: Shared) -> tuple[LookedAt, list[str]]:
    """The file with what others are certain of in the place of what it leaves open, and what was decided by what.

    Where files contradict each other nothing is decided.
    """
    seen, said = dict(one.columns.seen), []
    for name, what in one.columns.seen.items():
        for changed, says in (*_numbers(what, shared), *_dates(what, shared)):
            seen[name] = changed
            said.append(f"{name!r} {says}")
    if not said:
        return one, []
    return replace(one, columns=replace(one.columns, seen=seen)), said


def with_remarks(made: Proposal, said: Sequence[str]) -> Proposal:
    """The proposal with what was decided by other files."""
    return replace(made, remarks=[*made.remarks, *said])


def _mark(seen: Evidence) -> str:
    """The decimal mark that a column of numbers shows; blank where it shows none."""
    if len(seen.numbers) == 1 and seen.numbers[0].decimal == ",":
        return ","
    return "." if seen.numbers and seen.has_point else ""


def _order(form: object) -> str:
    """The order of day and month of a form with its separator, such as `%d/%m`; blank where it has none."""
    found = _DAY_AND_MONTH.match(form) if isinstance(form, str) else None
    return found.group() if found else ""


def _numbers(what: Evidence, shared: Shared) -> Iterator[tuple[Evidence, str]]:
    if len(what.numbers) < 2 or len(shared.marks) != 1:
        return
    ((mark, where),) = shared.marks.items()
    if mark == "," and what.has_points_in_threes:
        return  # weights such as 1.250, which scales print with a point in any country
    fits = [form for form in what.numbers if form.decimal == mark]
    if len(fits) == 1:
        says = "point" if mark == "." else "comma"
        yield replace(what, numbers=(fits[0],)), f"is read with a decimal {says}, as {where} has it"


def _dates(what: Evidence, shared: Shared) -> Iterator[tuple[Evidence, str]]:
    if len(what.dates) < 2 or what.proof:
        return
    orders = {_order(form): form for form in what.dates}
    known = [order for order in orders if order in shared.orders]
    if "" not in orders and len(known) == 1:
        (order,) = known
        first = "day" if order.startswith("%d") else "month"
        yield replace(what, dates=(orders[order],)), f"is read with the {first} first, as {shared.orders[order]} has it"
