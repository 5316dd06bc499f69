"""Proposes which canonical table a file feeds and how: keys of a mapping, and questions where two readings fit."""

import polars as pl

from retail_brain.ingest.look.asked_roles import asked_key
from retail_brain.ingest.look.clicks import events_of
from retail_brain.ingest.look.codes_of_fees import leave_out_codes_of_fees
from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.coupons import write_coupons
from retail_brain.ingest.look.draft import Proposal, number_key, one_of, quoted
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.extras import with_extras
from retail_brain.ingest.look.finer_places import ask_for_finer_places
from retail_brain.ingest.look.gross_of_net import ask_for_gross
from retail_brain.ingest.look.hundredths_by_tax import (
    ask_for_hundredths,
    write_hundredths,
    write_hundredths_of_lists,
)
from retail_brain.ingest.look.kinds_of_rows import lines_of_goods
from retail_brain.ingest.look.ledgers_of_stock import ledger_of_stock
from retail_brain.ingest.look.list_keys import OUR_NAMES, write_goods, write_list
from retail_brain.ingest.look.lots import add_up_lots
from retail_brain.ingest.look.moment_key import write_moment
from retail_brain.ingest.look.money import price_of
from retail_brain.ingest.look.money_without_units import say_money_without_units
from retail_brain.ingest.look.namesakes import person_of_two
from retail_brain.ingest.look.not_goods import customer_key, leave_out_what_is_not_goods
from retail_brain.ingest.look.numbered_days import ask_for_day_zero
from retail_brain.ingest.look.parents_of_variants import inherit_from_parents
from retail_brain.ingest.look.purchases import purchases
from retail_brain.ingest.look.rates_of_discount import rate_of_discount, without_rate, write_rate
from retail_brain.ingest.look.receipt_keys import fill_down_conditions, write_receipts, write_shop
from retail_brain.ingest.look.relations import relation
from retail_brain.ingest.look.shop_of_the_rest import keep_rows_without_shop
from retail_brain.ingest.look.shops_of_tills import ask_shops_of_tills
from retail_brain.ingest.look.sizes import matrix_of_sizes
from retail_brain.ingest.look.states import ask_about_currencies, leave_out_and_turn
from retail_brain.ingest.look.stock_by_values import ask_which_stock, leave_out_without_stock
from retail_brain.ingest.look.stock_day import ask_for_day_of_stock
from retail_brain.ingest.look.table_fed import columns_of_days, columns_of_shops, counts_receipts, table_of
from retail_brain.ingest.look.texts_among_lines import leave_out_texts
from retail_brain.ingest.look.thousandths import in_thousandths
from retail_brain.ingest.look.totals_of_goods import totals_of_goods
from retail_brain.ingest.look.units_key import write_units
from retail_brain.ingest.look.variants import fill_names_of_variants
from retail_brain.ingest.look.without_goods import (
    begin_receipts_without_goods,
    has_receipts_without_goods,
    has_totals,
    totals_of_shops,
)
from retail_brain.sources.months import month_starts, week_starts

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
    related = (
        events_of(sample, found)
        or purchases(sample, found)
        or relation(sample, found)
        or matrix_of_sizes(sample, found)
        or ledger_of_stock(sample, found)
    )
    if related is not None:
        return related
    made = Proposal(table=table_of(sample, found))
    made.remarks += found.remarks
    if not made.table and has_totals(found):
        return totals_of_shops(sample, found)
    if not made.table and has_receipts_without_goods(found):
        begin_receipts_without_goods(made)
    if not made.table:
        return made
    for role in ("receipt", "store", "product", "customer"):
        if role in found.roles and role in _IDS[made.table]:
            theirs = found.roles[role]
            key = (
                person_of_two(made, sample, found, customer_key(made, sample, theirs))
                if role == "customer"
                else quoted(theirs)
            )
            made.columns[OUR_NAMES[role]] = asked_key(made, found, role, key) if role in found.asked else key
    if made.table not in ("transactions", "daily_sales", "inventory"):
        write_goods(made, found)
        write_list(made, found)
        fill_names_of_variants(made, sample, found)
        inherit_from_parents(made, sample, found)
        write_hundredths_of_lists(made, sample, found)
        return made
    told = totals_of_goods(sample, found) if made.table == "daily_sales" and counts_receipts(found) else None
    if told is None:
        _goods_and_sales(made, sample, found)
        return made
    _goods_and_sales(made, told.rows, told.columns)
    told.write(made)
    return made


def _goods_and_sales(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Writes which goods the rows are, and how many were sold for how much."""
    lines, kept, remark = lines_of_goods(sample, found)
    said = made.questions if kept.startswith("?") else made.remarks
    said += [remark] if remark else []
    code = found.roles.get("product")
    # rows that were left out may be the only ones without a code
    if not made.is_totals and (not kept or kept.startswith("?") or code is None or lines[code].null_count()):
        write_goods(made, found)
    _sales(made, lines, found, kept)


def _sales(made: Proposal, sample: pl.DataFrame, found: Columns, kept: str) -> None:
    roles = found.roles
    shops = columns_of_shops(sample, found) if made.table == "daily_sales" and "moment" in roles else []
    if shops:
        made.keys["wide"] = '{ names = "store_id", values = "units" }'
        made.questions.append(f"are {shops} shops and their cells units sold, as written below?")
        write_moment(made, found)
        return
    if "store" not in roles:
        write_shop(made, sample, found)
    ask_shops_of_tills(made, sample, found)
    if "moment" not in roles and made.table != "inventory":
        _columns_of_days(made, sample)
        return
    if "moment" not in roles:
        ask_for_day_of_stock(made)
    else:
        write_moment(made, found)
    if made.table == "inventory":
        _stock(made, sample, found)
        return
    if not write_units(made, sample, found):
        return
    sample = in_thousandths(made, sample, found)
    found, is_net = with_extras(made, sample, found)
    rate = None if is_net else rate_of_discount(sample, found)
    price_of(made, sample, without_rate(found, rate), is_net=is_net)
    if rate is not None:
        write_rate(made, sample, found, rate)
    ask_for_gross(made, sample, found)
    write_hundredths(made, sample, found)
    ask_for_hundredths(made, sample, found)
    say_money_without_units(made, sample, found)
    if made.table == "transactions":
        write_coupons(made, sample, found)
        write_receipts(made, sample, found)
        if "channel" in roles:
            made.columns["channel"] = quoted(roles["channel"])
    goods = [
        *keep_rows_without_shop(made, sample, found),
        *leave_out_texts(made, sample, found),
        *leave_out_what_is_not_goods(made, sample, found),
        *leave_out_codes_of_fees(made, sample, found),
    ]
    leave_out_and_turn(made, sample, found, [*([kept] if kept else []), *goods])
    fill_down_conditions(made, sample, found)
    ask_about_currencies(made, sample, found)


def _columns_of_days(made: Proposal, sample: pl.DataFrame) -> None:
    """Writes a table with a column per day or month."""
    made.keys["wide"] = '{ names = "date", values = "units" }'
    days = columns_of_days(sample)
    if period := "month" if month_starts(days) else "week" if week_starts(days) else "":
        made.remarks.append(
            f"a column per {period}: {len(days)} columns such as {days[0]!r}, dated by the first day; set data.period "
            f'to "{period}"'
        )
        return
    made.remarks.append(f"a column per day: {len(days)} columns such as {days[0]!r}")
    forms = evidence(pl.Series(days)).dates
    readings = [f"{{ format = {quoted(form)} }}" for form in forms if isinstance(form, str)]
    if not forms and ask_for_day_zero(made, days):
        return
    if readings:
        made.columns["date"] = one_of(made, readings, f"the names of the columns have two readings: {days[:3]}")


def _stock(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    for ours in ("on_hand", "on_order"):
        if ours in found.roles:
            made.columns[ours] = number_key(made, found, found.roles[ours], ours)
    if "on_hand" in found.asked:
        ask_which_stock(made, sample, found)
    elif "on_hand" in found.roles:
        leave_out_without_stock(made, sample, found)
    ask_for_finer_places(made, sample, found)
    add_up_lots(made, sample, found)
