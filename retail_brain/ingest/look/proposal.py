"""Proposes which canonical table a file feeds and how: keys of a mapping, and questions where two readings fit."""

import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from retail_brain.ingest.look.arithmetic import with_arithmetic
from retail_brain.ingest.look.clicks import events_of
from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, calendar_key, date_key, number_key, one_of, quoted
from retail_brain.ingest.look.evidence import Evidence, evidence
from retail_brain.ingest.look.money import amount_is_units, price_of, stands_on_first_lines, values
from retail_brain.ingest.look.not_goods import customer_key, leave_out_what_is_not_goods
from retail_brain.ingest.look.numbered_days import ask_for_day_zero, numbered_columns
from retail_brain.ingest.look.receipt_by_values import receipt_by_values
from retail_brain.ingest.look.receipt_numbers import TILL, name_receipts
from retail_brain.ingest.look.relations import ask_for_consents, relation
from retail_brain.ingest.look.states import ask_about_currencies, leave_out_and_turn, lines_of_goods
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.moments import DATE_FORMATS
from retail_brain.sources.date_forms import EXCEL, UNIX, UNIX_MS
from retail_brain.sources.months import month_starts
from retail_brain.sources.rows_left_out import TOTAL_WORDS
from retail_brain.sources.shaping import DAY_NAME

_LEAST_DAYS = 3
"""Columns named by a day from which a table has a column per day."""
_LEAST_SHOPS = 2
"""Columns of numbers from which a table may have a column per shop."""
_MOSTLY = 0.8
"""Share of units below 0 from which they are sales and not returns. By judgement."""
_OFTEN = 0.02
"""Share of the rows of a day, shop and product that come again from which rows are lines of receipts. By judgement."""
_MOST_DAYS = 20_000
"""Numbers of days are below it: 55 years of sales. Serial days of spreadsheets since 1982 are above."""
_DAY_0 = "YYYY-MM-DD"
_YEAR_FIRST = r"\d{4}-\d{1,2}-\d{1,2}(?:[ T].*)?$"
"""Birthdays as the triggers read them; they may lie before all days that a moment of sale can have."""
_OUR_NAMES = {
    "guide": "guide_id",
    "product_name": "name",
    "receipt": "transaction_id",
    "store": "store_id",
    "product": "product_id",
    "customer": "customer_id",
}
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
    made = Proposal(table=_table(sample, found))
    made.remarks += found.remarks
    if not made.table and _has_totals(found):
        return _totals(sample, found)
    if not made.table:
        return made
    for role in ("receipt", "store", "product", "customer"):
        if role in found.roles and role in _IDS[made.table]:
            theirs = found.roles[role]
            made.columns[_OUR_NAMES[role]] = (
                customer_key(made, sample, theirs) if role == "customer" else quoted(theirs)
            )
    if made.table not in ("transactions", "daily_sales", "inventory"):
        _goods(made, found)
        _master(made, found)
        if made.table == "customers":
            ask_for_consents(made, sample, found)
        return made
    lines, kept, remark = lines_of_goods(sample, found)
    made.remarks += [remark] if remark else []
    if not kept:
        _goods(made, found)
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


def _table(sample: pl.DataFrame, found: Columns) -> str:
    if _is_list_of_shops(found) or _is_catalogue(found):
        return "stores" if _is_list_of_shops(found) else "products"
    roles = set(found.roles)
    if not roles & {"product", "product_name"}:
        return _table_without_goods(roles)
    if "moment" not in roles:
        undated = "" if "receipt" in roles else "products"
        return "daily_sales" if len(_days(sample)) >= _LEAST_DAYS else undated
    if not roles & {"units", "amount", "price"}:
        return "inventory" if "on_hand" in roles else "daily_sales" if _columns_of_shops(sample, found) else ""
    if roles & {"receipt", "time", "customer"} or found.seen[found.roles["moment"]].has_time:
        return "transactions"
    return _table_of_days(sample, found)


def _table_of_days(sample: pl.DataFrame, found: Columns) -> str:
    """The table of rows without receipts and times: stock, totals of days, or lines of receipts after all."""
    if "on_hand" in found.roles and "units" not in found.roles:
        return "inventory"
    return "transactions" if _has_several_lines_a_day(sample, found) else "daily_sales"


def _has_several_lines_a_day(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether goods come several times a day in a shop, and no till tells these rows apart."""
    key = [found.roles[role] for role in ("moment", "store", "product", "product_name") if role in found.roles]
    tills = re.compile(TILL)
    if any(tills.fullmatch(bare_name(name)) or bare_name(name) == "source" for name in found.seen):
        return False
    repeated = sample.select(key).is_duplicated().mean()
    return isinstance(repeated, float) and repeated > _OFTEN


def _columns_of_shops(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns of numbers without a role beside a day and a product that come once together: one per shop perhaps."""
    if {"store", "receipt", "units"} & set(found.roles):
        return []
    goods = found.roles.get("product") or found.roles["product_name"]
    if sample.select(found.roles["moment"], goods).is_duplicated().any():
        return []
    taken = set(found.roles.values())
    free = [name for name, seen in found.seen.items() if name not in taken and name.lower() not in TOTAL_WORDS]
    numbers = [name for name in free if found.seen[name].numbers]
    return numbers if len(numbers) >= _LEAST_SHOPS and len(numbers) == len(free) else []


def _is_list_of_shops(found: Columns) -> bool:
    """Whether each row is another shop with its name: what looks like the name of goods is the shop's."""
    roles = found.roles
    others = {"product", "moment", "units", "amount", "price", "on_hand", "receipt", "customer", "joined_on"}
    if "store" not in roles or others & roles.keys():
        return False
    return found.seen[roles["store"]].distinct == 1 and found.seen[roles["store"]].filled == 1


def _is_catalogue(found: Columns) -> bool:
    """Whether each row is another product and none was sold: a date is the one of its launch."""
    roles = found.roles
    if {"units", "amount", "on_hand", "receipt", "time", "customer", "store"} & roles.keys() or "product" not in roles:
        return False
    seen = found.seen[roles["product"]]
    return seen.distinct == 1 and bool({"product_name", "category", "unit_cost"} & roles.keys())


def _table_without_goods(roles: set[str]) -> str:
    if roles & {"receipt", "units"}:
        return ""
    if "customer" in roles and not roles & {"amount", "price"}:
        return "customers"
    return "stores" if "store" in roles and "moment" not in roles else ""


def _has_totals(found: Columns) -> bool:
    roles = set(found.roles)
    return {"store", "moment"} <= roles and bool(roles & {"amount", "units"}) and not roles & {"receipt", "customer"}


def _totals(sample: pl.DataFrame, found: Columns) -> Proposal:
    """Totals of shops or departments by day: a department, or the whole shop, stands in the place of goods."""
    made = Proposal(table="daily_sales", is_totals=True)
    made.columns["store_id"] = quoted(found.roles["store"])
    group = found.roles.get("department") or found.roles.get("category")
    made.columns["product_id"] = quoted(group) if group else '{ constant = "all" }'
    _moment(made, found)
    counted = found.roles.get("units") or found.roles["amount"]
    made.columns["units"] = number_key(made, found, counted, "units")
    made.remarks.append(
        f"no column names goods: {repr(group) if group else 'the whole shop'} stands in their place, and {counted!r} "
        "(units or money) is what is forecast; prices, stock and people need lines of goods"
    )
    dates = sample[found.roles["moment"]].n_unique()
    made.remarks.append(f"{dates:,} days or weeks: set data.period where a row is a week or a month")
    return made


def _days(sample: pl.DataFrame) -> list[str]:
    named = list(month_starts(sample.columns)) or numbered_columns(sample.columns)
    return named or [name for name in sample.columns if re.search(DAY_NAME, name)]


def _goods(made: Proposal, found: Columns) -> None:
    """Goods without a code, or with one in some rows alone, are known by their names."""
    if made.table in ("stores", "customers"):
        return
    code, name = found.roles.get("product"), found.roles.get("product_name")
    if code is None and name is not None:
        made.columns["product_id"] = quoted(name)
        made.remarks.append(f"goods have no code: their names in {name!r} are their ids")
    elif code is not None and name is not None and found.seen[code].filled < 1 and made.table != "products":
        made.columns["product_id"] = f"{{ first_of = [{quoted(code)}, {quoted(name)}] }}"
        made.remarks.append(f"{1 - found.seen[code].filled:.0%} of rows have no {code!r}: there {name!r} is the id")


def _sales(made: Proposal, sample: pl.DataFrame, found: Columns, kept: str) -> None:
    roles = found.roles
    shops = _columns_of_shops(sample, found) if made.table == "daily_sales" and "moment" in roles else []
    if shops:
        made.keys["wide"] = '{ names = "store_id", values = "units" }'
        made.questions.append(f"are {shops} shops and their cells units sold, as written below?")
        _moment(made, found)
        return
    if "store" not in roles:
        made.columns["store_id"] = '{ constant = "1" }'
        made.remarks.append("no column names the shop: all rows belong to shop 1 (change the constant)")
    if "moment" not in roles:
        _columns_of_days(made, sample)
        return
    _moment(made, found)
    if made.table == "inventory":
        _stock(made, found)
        return
    if not _units(made, sample, found):
        return
    price_of(made, sample, found)
    if made.table == "transactions":
        _receipts(made, sample, found)
        if "channel" in roles:
            made.columns["channel"] = quoted(roles["channel"])
    goods = leave_out_what_is_not_goods(made, sample, found)
    leave_out_and_turn(made, sample, found, [*([kept] if kept else []), *goods])
    _fill_down_conditions(made, sample, found)
    ask_about_currencies(made, sample, found)


def _columns_of_days(made: Proposal, sample: pl.DataFrame) -> None:
    """Writes a table with a column per day or month."""
    made.keys["wide"] = '{ names = "date", values = "units" }'
    days = _days(sample)
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


def _units(made: Proposal, sample: pl.DataFrame, found: Columns) -> bool:
    """Writes the units; False where nothing but a person can tell units from money."""
    if "units" in found.roles:
        made.columns["units"] = number_key(made, found, found.roles["units"], "units", _sign(made, sample, found))
    elif _may_be_units(sample, found):
        amount = quoted(found.roles["amount"])
        question = f"is {found.roles['amount']!r} units, as whole numbers suggest, or money of lines of one unit each?"
        made.columns["units"] = one_of(made, [f"{{ column = {amount} }}", "{ constant = 1 }"], question)
        return False
    else:
        made.columns["units"] = "{ constant = 1 }"
        made.questions.append("no column holds units: is every row one unit, as written below?")
    return True


def _sign(made: Proposal, sample: pl.DataFrame, found: Columns) -> str:
    """The key that turns the sign of the units where nearly all are below 0: a ledger of stock, not of sales."""
    name = found.roles["units"]
    below = (values(sample, found, name) < 0).mean()
    if not isinstance(below, float) or below < _MOSTLY:
        return ""
    made.remarks.append(f"{below:.0%} of {name!r} are below 0: sales take units out, so the sign is turned")
    return ", negate = true"


def _may_be_units(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether `sales` without units and prices may count units: its values are whole numbers."""
    if "amount" not in found.roles or "price" in found.roles:
        return False
    amounts = values(sample, found, found.roles["amount"]).drop_nulls()
    return bool((amounts == amounts.round()).all())


def _moment(made: Proposal, found: Columns) -> None:
    ours = "sold_at" if made.table == "transactions" else "date"
    name = found.roles["moment"]
    seen, clock = found.seen[name], found.roles.get("time")
    joins = clock is not None and ours == "sold_at" and not seen.has_time
    origin = f"columns = [{quoted(name)}, {quoted(str(clock))}]" if joins else f"column = {quoted(name)}"
    made.remarks.extend([f"{name!r}: {seen.proof}"] if seen.proof else [])
    joined = _clock_form(found.seen[str(clock)]) if joins else ""
    if not seen.dates:
        _unread(made, ours, name, seen, origin, joined)
        return
    readings = []
    for form in seen.dates:
        forms = form if isinstance(form, tuple) else (form,)
        if forms == (None,) and joins:
            forms = (_day_form(seen.examples[0]),)
        wholes = [f"{one} {joined}" if joins else one for one in forms if one]
        keys = f", format = {_one_or_list(wholes)}" if wholes else ""
        keys += ', time_zone = "UTC"' if form in (UNIX, UNIX_MS) else ""
        keys += calendar_key(seen)
        readings.append(f"{{ {origin}{keys} }}")
        if isinstance(form, tuple) and EXCEL in form and not form[0].startswith("%Y"):
            made.questions.append(
                f"{name!r} holds texts and serial days: a spreadsheet that reads days in the other order turns "
                "those up to 12 round and leaves the others as text. Is that so here? Then export the column as text"
            )
    if seen.dates[0] in (UNIX, UNIX_MS):
        made.questions.append(f"{name!r} counts from 1970 in UTC: put the shops' zone in the place of UTC")
    if seen.offsets:
        made.remarks.append(
            f"{name!r} carries offsets: their wall clock is kept; time_zone converts to the shops' zone"
        )
    made.columns[ours] = one_of(made, readings, f"{name!r} has two readings, such as {', '.join(seen.examples)}")


def _one_or_list(forms: Sequence[str]) -> str:
    return quoted(forms[0]) if len(forms) == 1 else f"[{', '.join(map(quoted, forms))}]"


def _unread(made: Proposal, ours: str, name: str, seen: Evidence, origin: str, joined: str) -> None:
    """Asks for the form of a moment that no form fits: numbers of days need the day they count from."""
    behind = f" {joined}" if joined else ""
    if seen.whole is not None and seen.whole[0] >= 0 and seen.whole[1] < _MOST_DAYS:
        low, high = seen.whole
        made.questions.append(
            f"{name!r} counts days, {low} to {high}: write the day of number 0 in the place of {_DAY_0}"
        )
        made.columns[ours] = f'?{{ {origin}, format = "days since {_DAY_0}{behind}" }}'
        return
    made.questions.append(
        f"{name!r} names the moment, but no form of dates fits its values, such as {', '.join(seen.examples)}: write "
        "theirs in the place of FORM, such as %d/%m/%Y %H:%M"
    )
    made.columns[ours] = f'?{{ {origin}, format = "FORM{behind}" }}'


def _day_form(example: str) -> str | None:
    """The form of a day that begins with the year."""
    day = pl.Series([example.split(" ", maxsplit=1)[0].split("T", maxsplit=1)[0]])
    return next((form for form in DATE_FORMATS if not day.str.to_date(form, strict=False).null_count()), None)


def _clock_form(seen: Evidence) -> str:
    if seen.clock:
        return seen.clock
    example = max(seen.examples, key=len)
    if ":" not in example:
        # 14h32 and 14时32分08秒: the letters stand in the form as they are
        parts = iter(("%H", "%M", "%S"))
        return re.sub(r"\d+", lambda _: next(parts), example)
    halves = re.search(r"[AaPp]\.?\s?[Mm]|[上下]午|午[前後]|오[전후]", example)
    seconds = ":%S" if example.count(":") == 2 else ""
    if halves is None:
        return f"%H:%M{seconds}"
    return f"%p %I:%M{seconds}" if halves.start() == 0 else f"%I:%M{seconds} %p"


def _receipts(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    roles = found.roles
    if "receipt" not in roles:
        parts = [roles[role] for role in ("moment", "time", "store", "customer") if role in roles]
        made.columns["transaction_id"] = f"{{ columns = [{', '.join(map(quoted, parts))}] }}"
        made.questions.append("no column numbers the receipts: are the lines of the same moment one, as written below?")
        return
    receipt = sample[roles["receipt"]]
    blank = [
        roles[role]
        for role in ("receipt", "moment", "time", "store", "customer", "guide", "channel", "status")
        if role in roles and stands_on_first_lines(sample, receipt.forward_fill(), roles[role])
    ]
    if not {roles["receipt"], roles["moment"]} & set(blank):
        name_receipts(made, sample, found)
    if blank and made.columns["transaction_id"] == quoted(roles["receipt"]):
        made.keys["fill_down"] = f"[{', '.join(map(quoted, blank))}]"
        made.remarks.append(f"{blank} stand on the first line of a receipt alone: filled down within it")
    _shop_of_the_rest(made, sample, found, blank)


def _fill_down_conditions(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Fills down the states that conditions ask for, where they stand on the first line of a receipt alone."""
    receipt = found.roles.get("receipt")
    if receipt is None or made.columns.get("transaction_id") != quoted(receipt):
        return
    asked = made.keys.get("where", "") + made.keys.get("returns", "")
    known = made.keys.get("fill_down", "[]")
    ids = sample[receipt].forward_fill()
    further = [
        name
        for name in found.seen
        if f'"{name}"' in asked and quoted(name) not in known and stands_on_first_lines(sample, ids, name)
    ]
    if further:
        listed = ", ".join(filter(None, [known.strip("[]"), *map(quoted, further)]))
        made.keys["fill_down"] = f"[{listed}]"
        made.remarks.append(f"{further} stand on the first line of a receipt alone: filled down within it")


def _shop_of_the_rest(made: Proposal, sample: pl.DataFrame, found: Columns, blank: Sequence[str]) -> None:
    """Receipts without a shop are those of the web shop, where others name one."""
    store = found.roles.get("store")
    if store is None:
        return
    filled = (
        sample.select(pl.col(store).drop_nulls().first().over(found.roles["receipt"])) if store in blank else sample
    )
    share = filled[store].is_null().mean()
    if isinstance(share, float) and share > 0:
        made.columns["store_id"] = f'{{ column = {quoted(store)}, default = "online" }}'
        made.remarks.append(
            f"{share:.0%} of rows have no {store!r}: they are of the shop `online` (change the default)"
        )


def _master(made: Proposal, found: Columns) -> None:
    names = {
        "products": ("product_name", "category", "department", "brand", "unit_cost", "list_price"),
        "customers": ("joined_on", "guide"),
        "stores": ("product_name", "region", "country"),
    }
    day = {"customers": "joined_on", "products": "launched_on"}.get(made.table)
    if day is not None and "moment" in found.roles and day not in found.roles:
        made.columns[day] = date_key(made, found, found.roles["moment"])
    if made.table == "customers" and "store" in found.roles:
        made.columns["home_store_id"] = quoted(found.roles["store"])
    if made.table == "customers" and "birth_date" in found.roles:
        _birthday(made, found, found.roles["birth_date"])
    for role in names[made.table]:
        if role in found.roles:
            ours = _OUR_NAMES.get(role, role)
            theirs = found.roles[role]
            made.columns[ours] = _master_key(made, found, theirs, ours)
    if made.table == "products" and "price" in found.roles and "list_price" not in made.columns:
        made.columns["list_price"] = number_key(made, found, found.roles["price"], "list_price")


def _birthday(made: Proposal, found: Columns, theirs: str) -> None:
    """The attribute that birthdays and ages are read from, which is kept as it is written."""
    if all(re.match(_YEAR_FIRST, example) for example in found.seen[theirs].examples):
        made.columns["birth_date"] = quoted(theirs)
    else:
        made.remarks.append(f"{theirs!r} has birthdays, which are read as year-month-day alone: write them so")


def _master_key(made: Proposal, found: Columns, theirs: str, ours: str) -> str:
    if ours in ("unit_cost", "list_price"):
        return number_key(made, found, theirs, ours)
    return date_key(made, found, theirs) if found.seen[theirs].dates and ours == "joined_on" else quoted(theirs)
