"""Recognises ledgers of stock: goods that come in, go out, are moved and corrected, in units and without any money.

Of them the movements that are called sales are sold, added up by day; goods that came in never are. Where no movement
is called a sale, nobody said what was sold.
"""

import itertools
import re
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.asked_roles import ONE_SHOP, asked_key
from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import Proposal, number_key, quoted
from retail_brain.ingest.look.list_keys import write_goods
from retail_brain.ingest.look.moment_key import write_moment
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import MOST_KINDS, State, column_of, listed
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import ARRIVED, BOUGHT, MOVED, NO_SALE, OF_SALE
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK

_OF_MONEY = {"price", "amount", "discount"}
_NO_SALE = f"{NO_SALE}|{BOUGHT}|{ARRIVED}|{MOVED}"
_COUNTED: Final = (
    r"qty|quantit|units?(?:_|$)|(?:^|_)change|pieces|数量|數量|menge|anzahl|aantal|cantidad|кол(?:ич|_во)|수량"
)
"""A word in the name of a column of units that moved."""
_BALANCE: Final = (
    r"before|after|balance|remain|reconcil|previous|resulting|(?:^|_)new|stock|on_hand|bestand|saldo|solde|остат"
    r"|余|结存|結存|库存|变动[前后]|残"
)
"""A word in the name of a column of units that were there before or after."""
_MOSTLY: Final = 0.8
"""Share of the units of a kind that are below or above 0 where the kind takes out or brings in. By judgement."""
_SHOWN, _MOST_APART = 8, 2
"""Kinds of movements that are named at most, and unknown ones up to which each may be left out alone."""


@dataclass(frozen=True)
class _Ledger:
    """Movements of stock: their columns, the column of their kinds, and the units of each row."""

    sample: pl.DataFrame
    found: Columns
    state: State
    units: pl.Series

    def sign(self, kinds: list[str]) -> int:
        """1 where rows of these kinds bring units in by their sign, -1 where they take them out, 0 for neither."""
        units = self.units.filter(self.sample[self.state.name].cast(pl.String).is_in(kinds)).drop_nulls()
        units = units.filter(units != 0)
        return 1 if share(units > 0) >= _MOSTLY else -1 if len(units) and share(units < 0) >= _MOSTLY else 0

    def counted(self, kinds: list[str]) -> str:
        """Kinds with their rows."""
        return ", ".join(f"{kind} {self.state.rows([kind]):,}" for kind in kinds[:_SHOWN])


def ledger_of_stock(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of the movements of a ledger that are sales, or of no table with a question; None for other files.

    Its rows have goods, a day and units, neither money nor a buyer, and a column of kinds of which one is a purchase, a
    transfer, a correction or the like. Where no kind is called a sale, units have both signs.

    Args:
        sample: the rows.
        found: roles of the columns.
    """
    found = _with_units(found)
    roles = found.roles
    is_sold_to = "customer" in roles and "customer" not in found.asked
    if not {"units", "moment"} <= roles.keys() or _OF_MONEY & roles.keys() or is_sold_to:
        return None
    if not {"product", "product_name"} & roles.keys():
        return None
    units = values(sample, found, roles["units"])
    ledgers = [_Ledger(sample, found, state, units) for state in _columns_of_kinds(sample, found)]
    moved = [one for one in ledgers if one.state.which(_NO_SALE, CANCELLED)]
    sold = moved[0].state.which(OF_SALE, f"{CANCELLED}|{GIVEN_BACK}|{_NO_SALE}") if moved else []
    is_signed = bool((units < 0).any() and (units > 0).any())
    if sold and _takes_out(moved[0], sold, is_signed=is_signed):
        return _sold(moved[0], sold)
    if not is_signed or (not sold and {"receipt", "time", "customer"} & roles.keys()):
        return None
    return next((_not_sold(one) for one in moved if one.state.which(f"{NO_SALE}|{BOUGHT}|{ARRIVED}")), None)


def _takes_out(one: _Ledger, sold: list[str], *, is_signed: bool) -> bool:
    """Whether all sales have one sign, and that of goods that come in another where units have both."""
    arrived = one.state.which(f"{BOUGHT}|{ARRIVED}", GIVEN_BACK)
    turn = one.sign(sold)
    return turn != 0 and not (is_signed and turn > 0 and arrived and one.sign(arrived) > 0)


def _with_units(found: Columns) -> Columns:
    """The columns with the units that moved, where those that are called units were there before, or none are."""
    if "units" in found.roles and not re.search(_BALANCE, bare_name(found.roles["units"])):
        return found
    taken = {name for role, name in found.roles.items() if role not in ("on_hand", "units", *found.asked)}
    counted = [
        name
        for name, seen in found.seen.items()
        if name not in taken and seen.whole is not None and re.search(_COUNTED, bare_name(name))
    ]
    moved = [name for name in counted if not re.search(_BALANCE, bare_name(name))]
    return replace(found, roles={**found.roles, "units": moved[0]}) if len(moved) == 1 else found


def _columns_of_kinds(sample: pl.DataFrame, found: Columns) -> list[State]:
    """Columns of a few words, those called kinds first; a state of an order is none."""
    named = found.all_of("status")
    taken = {name for role, name in found.roles.items() if role not in found.asked}
    free = [name for name, seen in found.seen.items() if name not in taken and not seen.numbers and not seen.dates]
    names = [name for name in dict.fromkeys((*named, *free)) if 1 < sample[name].n_unique() <= MOST_KINDS]
    return [state for state in (State(sample, found, name) for name in names) if not state.is_state]


def _not_sold(one: _Ledger) -> Proposal:
    return Proposal(
        remarks=list(one.found.remarks),
        questions=[
            f"these are movements of stock ({one.state.name!r}: {one.counted(one.state.kinds)}) without a price, a "
            "receipt or a buyer: no table of sales, and no count of stock. Bring the orders with their prices; if one "
            "kind is all that was sold, write `daily_sales` with a `where` for it, `negate` for its units and `add_up`"
        ],
    )


def _sold(one: _Ledger, sold: list[str]) -> Proposal:
    """Sales by day out of the movements that are called sales, less what customers brought back."""
    made = Proposal(table="daily_sales", remarks=list(one.found.remarks))
    roles = {role: name for role, name in one.found.roles.items() if name != one.state.name}
    turn = one.sign(sold)
    back = [kind for kind in one.state.which(GIVEN_BACK, f"{CANCELLED}|{_NO_SALE}") if kind not in sold]
    signed = [kind for kind in back if turn * one.sign([kind]) < 0]
    out = [
        kind
        for kind in one.state.kinds
        if kind not in (*sold, *signed) and (one.state.which(_NO_SALE, "$^").count(kind) or _brings_in(one, kind, turn))
    ]
    unclear = [kind for kind in one.state.kinds if kind not in (*sold, *back, *out)]
    store = quoted(roles["store"]) if "store" in roles else ONE_SHOP
    made.columns["store_id"] = asked_key(made, one.found, "store", store) if _is_asked(one, "store") else store
    if "product" in roles:
        made.columns["product_id"] = quoted(roles["product"])
    write_goods(made, one.found)
    write_moment(made, one.found)
    further = ", negate = true" if turn < 0 else ""
    made.columns["units"] = number_key(made, one.found, roles["units"], "units", further)
    made.remarks.append(
        f"movements of stock without a price: of {one.state.name!r} {one.counted([*sold, *signed])} count as sales of "
        f"the day; {one.counted([kind for kind in out if kind not in signed]) or 'nothing else'} are left out"
        + (", and the sign of units is turned" if turn < 0 else "")
    )
    if unsigned := [kind for kind in back if kind not in signed and kind not in out]:
        made.questions.append(
            f"{one.state.rows(unsigned):,} rows of {unsigned} in {one.state.name!r} have no minus, and are left out: "
            "units are what was sold first. Is that so, or do they take units off sales?"
        )
    _write_where(made, one, [*sold, *signed], unclear)
    _add_up(made, one, [*sold, *signed])
    return made


def _is_asked(one: _Ledger, role: str) -> bool:
    return role in one.found.asked and one.found.roles.get(role) != one.state.name


def _brings_in(one: _Ledger, kind: str, turn: int) -> bool:
    """Whether a kind has the other sign than sales have, which take units out."""
    return turn < 0 and one.sign([kind]) > 0 and not one.state.which(GIVEN_BACK).count(kind)


def _write_where(made: Proposal, one: _Ledger, kept: list[str], unclear: list[str]) -> None:
    """The condition on kinds: what is called a sale; kinds that nobody knows are asked about, out of it first."""
    sure = f"{column_of(one.state.name)} IN ({{}})"
    few = len(unclear) <= _MOST_APART
    chosen = [part for count in range(len(unclear) + 1) for part in itertools.combinations(unclear, count)]
    choices = chosen if few else [(), tuple(unclear)]
    texts = [f"'''{sure.format(listed([*kept, *some]))}'''" for some in choices]
    made.keys["where"] = texts[0] if len(texts) == 1 else "?" + "\n".join(texts)
    if unclear:
        made.questions.append(
            f"{one.state.rows(unclear):,} rows are of kinds in {one.state.name!r} that nobody knows "
            f"({one.counted(unclear)}), beside {kept}: are they sales, or none (leave them out, as the first way does)?"
        )


def _add_up(made: Proposal, one: _Ledger, kept: list[str]) -> None:
    """Adds up several movements of a day where they come."""
    roles = one.found.roles
    rows = one.sample.filter(one.sample[one.state.name].cast(pl.String).is_in(kept))
    goods = [roles[role] for role in ("store", "product", "product_name") if role in roles]
    day, seen = rows[roles["moment"]], one.found.seen[roles["moment"]]
    days = days_of(day, seen) if seen.dates else day
    if rows.select(*goods, days.alias("_day")).is_duplicated().any():
        made.keys["add_up"] = "true"
        made.remarks.append("several movements of goods on one day are added up")
