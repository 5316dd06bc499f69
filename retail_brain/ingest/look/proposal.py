"""Proposes which canonical table a file feeds and how: keys of a mapping, and questions where two readings fit."""

from dataclasses import replace

import polars as pl

from retail_brain.ingest.look.arithmetic import with_arithmetic
from retail_brain.ingest.look.clicks import events_of
from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, one_of, quoted
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.kinds_of_rows import lines_of_goods
from retail_brain.ingest.look.list_keys import OUR_NAMES, write_goods, write_list
from retail_brain.ingest.look.moment_key import write_moment
from retail_brain.ingest.look.money import amount_is_units, price_of
from retail_brain.ingest.look.not_goods import customer_key, leave_out_what_is_not_goods
from retail_brain.ingest.look.numbered_days import ask_for_day_zero
from retail_brain.ingest.look.receipt_by_values import receipt_by_values
from retail_brain.ingest.look.receipt_keys import fill_down_conditions, write_receipts
from retail_brain.ingest.look.relations import ask_for_consents, relation
from retail_brain.ingest.look.states import ask_about_currencies, leave_out_and_turn
from retail_brain.ingest.look.table_fed import columns_of_days, columns_of_shops, has_totals, table_of
from retail_brain.ingest.look.units_key import write_units
from retail_brain.sources.months import month_starts

_IDS = {
    "transactions": {"receipt", "store", "product", "customer"},
    "daily_sales": {"store", "product"},
    "inventory": {"store", "product"},
    "products": {"product"},
    "stores": {"store"},
    "customers": {"customer"},
}


def propose(sample: pl.DataFrame, found: Columns) -> Proposal:
    """Proposes the mapping of a file.

    Args:
        sample: its first rows as text.
        found: roles of its columns.
    """
    found = _with_receipts(sample, _with_units(sample, with_arithmetic(sample, found)))
    related = events_of(sample, found) or relation(sample, found)
    if related is not None:
        return related
    made = Proposal(table=table_of(sample, found))
    made.remarks += found.remarks
    if not made.table and has_totals(found):
        return _totals(sample, found)
    if not made.table:
        return made
    for role in ("receipt", "store", "product", "customer"):
        if role in found.roles and role in _IDS[made.table]:
            theirs = found.roles[role]
            made.columns[OUR_NAMES[role]] = customer_key(made, sample, theirs) if role == "customer" else quoted(theirs)
    if made.table not in ("transactions", "daily_sales", "inventory"):
        write_goods(made, found)
        write_list(made, found)
        if made.table == "customers":
            ask_for_consents(made, sample, found)
        return made
    lines, kept, remark = lines_of_goods(sample, found)
    made.remarks += [remark] if remark else []
    if not kept:
        write_goods(made, found)
    _sales(made, lines, found, kept)
    return made


def _with_receipts(sample: pl.DataFrame, found: Columns) -> Columns:
    """Takes the column that numbers receipts by its values, where none does by its name and goods are sold."""
    sold = {"units", "amount", "price"} & found.roles.keys() and {"product", "product_name"} & found.roles.keys()
    if "receipt" in found.roles or not sold:
        return found
    number = receipt_by_values(sample, found)
    return found if number is None else replace(found, roles={**found.roles, "receipt": number})


def _with_units(sample: pl.DataFrame, found: Columns) -> Columns:
    """Takes an amount for the units where nothing else is and the price grows with it."""
    if "units" in found.roles or not amount_is_units(sample, found):
        return found
    roles = {("units" if role == "amount" else role): name for role, name in found.roles.items()}
    return replace(found, roles=roles)


def _totals(sample: pl.DataFrame, found: Columns) -> Proposal:
    """Totals of shops or departments by day: a department, or the whole shop, stands in the place of goods."""
    made = Proposal(table="daily_sales", is_totals=True)
    made.columns["store_id"] = quoted(found.roles["store"])
    group = found.roles.get("department") or found.roles.get("category")
    made.columns["product_id"] = quoted(group) if group else '{ constant = "all" }'
    write_moment(made, found)
    counted = found.roles.get("units") or found.roles["amount"]
    made.columns["units"] = number_key(made, found, counted, "units")
    made.remarks.append(
        f"no column names goods: {repr(group) if group else 'the whole shop'} stands in their place, and {counted!r} "
        "(units or money) is what is forecast; prices, stock and people need lines of goods"
    )
    dates = sample[found.roles["moment"]].n_unique()
    made.remarks.append(f"{dates:,} days or weeks: set data.period where a row is a week or a month")
    return made


def _sales(made: Proposal, sample: pl.DataFrame, found: Columns, kept: str) -> None:
    roles = found.roles
    shops = columns_of_shops(sample, found) if made.table == "daily_sales" and "moment" in roles else []
    if shops:
        made.keys["wide"] = '{ names = "store_id", values = "units" }'
        made.questions.append(f"are {shops} shops and their cells units sold, as written below?")
        write_moment(made, found)
        return
    if "store" not in roles:
        made.columns["store_id"] = '{ constant = "1" }'
        made.remarks.append("no column names the shop: all rows belong to shop 1 (change the constant)")
    if "moment" not in roles:
        _columns_of_days(made, sample)
        return
    write_moment(made, found)
    if made.table == "inventory":
        _stock(made, found)
        return
    if not write_units(made, sample, found):
        return
    price_of(made, sample, found)
    if made.table == "transactions":
        write_receipts(made, sample, found)
        if "channel" in roles:
            made.columns["channel"] = quoted(roles["channel"])
    goods = leave_out_what_is_not_goods(made, sample, found)
    leave_out_and_turn(made, sample, found, [*([kept] if kept else []), *goods])
    fill_down_conditions(made, sample, found)
    ask_about_currencies(made, sample, found)


def _columns_of_days(made: Proposal, sample: pl.DataFrame) -> None:
    """Writes a table with a column per day or month."""
    made.keys["wide"] = '{ names = "date", values = "units" }'
    days = columns_of_days(sample)
    if month_starts(days):
        made.remarks.append(
            f"a column per month: {len(days)} columns such as {days[0]!r}, dated by the first day; set data.period "
            'to "month"'
        )
        return
    made.remarks.append(f"a column per day: {len(days)} columns such as {days[0]!r}")
    forms = evidence(pl.Series(days)).dates
    readings = [f"{{ format = {quoted(form)} }}" for form in forms if isinstance(form, str)]
    if not forms and ask_for_day_zero(made, days):
        return
    if readings:
        made.columns["date"] = one_of(made, readings, f"the names of the columns have two readings: {days[:3]}")


def _stock(made: Proposal, found: Columns) -> None:
    for ours in ("on_hand", "on_order"):
        if ours in found.roles:
            made.columns[ours] = number_key(made, found, found.roles[ours], ours)
