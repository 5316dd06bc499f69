"""Proposes which canonical table a file feeds and how: keys of a mapping, and questions where two readings fit."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.evidence import Evidence
from retail_brain.ingest.moments import UNIX, UNIX_MS
from retail_brain.ingest.numbers import parse_numbers
from retail_brain.sources import ColumnFormat
from retail_brain.sources.shaping import DAY_NAME

_NO_SALE = (
    "cancel+ed|void(?:ed)?|failed|expired|pending|unpaid|draft|"
    "已取消|取消|作废|已作废|未付款|待付款|交易关闭|已关闭|挂单"
)
_REFUND = "refund|return|退货|退款|retour"
_TOTAL = ", total = true"
_CENT = 0.011
"""Money that rounding may add to a line: a cent, with room for binary fractions."""
_EQUAL = 0.02
"""Amounts that differ by less than this share are the same: tills round lines to a cent."""
_MOST = 0.9
"""Share of the rows in which a relation must hold. By judgement."""
_FEW_AMOUNTS = 4
"""Distinct amounts up to which nothing is concluded from lines of the same amount. By judgement."""
_LEAST_DAYS = 3
"""Columns named by a day from which a table has a column per day."""
_OUR_NAMES = {
    "product_name": "name",
    "receipt": "transaction_id",
    "store": "store_id",
    "product": "product_id",
    "customer": "customer_id",
}


@dataclass
class Proposal:
    """What a file feeds.

    Attributes:
        table: canonical table; blank where none is recognised.
        keys: further keys of the table in TOML.
        columns: canonical column -> value in TOML.
        questions: what a person must decide; both readings stand in the mapping as comments.
        remarks: what was found and decided.
    """

    table: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def propose(sample: pl.DataFrame, found: Columns) -> Proposal:
    """Proposes the mapping of a file.

    Args:
        sample: its first rows as text.
        found: roles of its columns.
    """
    made = Proposal(table=_table(sample, found))
    roles = found.roles
    if not made.table:
        return made
    for role in ("receipt", "store", "product", "customer"):
        if role in roles and _wanted(made.table, role):
            made.columns[_OUR_NAMES[role]] = _quoted(roles[role])
    _goods(made, found)
    if made.table in ("transactions", "daily_sales", "inventory"):
        _sales(made, sample, found)
    if made.table in ("products", "customers", "stores"):
        _master(made, found)
    return made


def _table(sample: pl.DataFrame, found: Columns) -> str:
    roles = set(found.roles)
    if not roles & {"product", "product_name"}:
        return _table_without_goods(roles)
    if "moment" not in roles:
        if len(_days(sample)) >= _LEAST_DAYS:
            return "daily_sales"
        return "" if "receipt" in roles else "products"
    if not roles & {"units", "amount", "price"}:
        return "inventory" if "on_hand" in roles else ""
    if "receipt" in roles or found.seen[found.roles["moment"]].has_time or "time" in roles:
        return "transactions"
    return "inventory" if "on_hand" in roles and "units" not in roles else "daily_sales"


def _table_without_goods(roles: set[str]) -> str:
    if roles & {"receipt", "units"}:
        return ""
    return "customers" if "customer" in roles else "stores" if "store" in roles and "moment" not in roles else ""


def _days(sample: pl.DataFrame) -> list[str]:
    return [name for name in sample.columns if re.search(DAY_NAME, name)]


def _wanted(table: str, role: str) -> bool:
    roles = {
        "transactions": {"receipt", "store", "product", "customer"},
        "daily_sales": {"store", "product"},
        "inventory": {"store", "product"},
        "products": {"product"},
        "stores": {"store"},
        "customers": {"customer"},
    }
    return role in roles[table]


def _goods(made: Proposal, found: Columns) -> None:
    """Goods without a code, or with one in some rows alone, are known by their names."""
    if made.table in ("stores", "customers"):
        return
    code, name = found.roles.get("product"), found.roles.get("product_name")
    if code is None and name is not None:
        made.columns["product_id"] = _quoted(name)
        made.remarks.append(f"goods have no code: their names in {name!r} are their ids")
    elif code is not None and name is not None and found.seen[code].filled < 1 and made.table != "products":
        made.columns["product_id"] = f"{{ first_of = [{_quoted(code)}, {_quoted(name)}] }}"
        made.remarks.append(f"{1 - found.seen[code].filled:.0%} of rows have no {code!r}: there {name!r} is the id")


def _sales(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    roles = found.roles
    if "store" not in roles:
        made.columns["store_id"] = '{ constant = "1" }'
        made.remarks.append("no column names the shop: all rows belong to shop 1 (change the constant)")
    if "moment" not in roles:
        made.keys["wide"] = '{ names = "date", values = "units" }'
        made.remarks.append(f"a column per day: {len(_days(sample))} columns such as {_days(sample)[0]!r}")
        return
    _moment(made, found)
    if made.table == "inventory":
        made.columns["on_hand"] = _number(made, found, "on_hand", "on_hand")
        return
    if "units" in roles:
        made.columns["units"] = _number(made, found, "units", "units")
    elif _may_be_units(sample, found):
        amount = _quoted(found.roles["amount"])
        question = f"is {found.roles['amount']!r} units, as whole numbers suggest, or money of lines of one unit each?"
        made.columns["units"] = _one_of(made, [f"{{ column = {amount} }}", "{ constant = 1 }"], question)
        return
    else:
        made.columns["units"] = "{ constant = 1 }"
        made.questions.append("no column holds units: is every row one unit, as written below?")
    _price(made, sample, found)
    if made.table == "transactions":
        _receipts(made, sample, found)
        if "channel" in roles:
            made.columns["channel"] = _quoted(roles["channel"])
    _states(made, sample, found)


def _may_be_units(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether `sales` without units and prices may count units: its values are whole numbers."""
    if "amount" not in found.roles or "price" in found.roles:
        return False
    amounts = _values(sample, found, "amount").drop_nulls()
    return bool((amounts == amounts.round()).all())


def _moment(made: Proposal, found: Columns) -> None:
    ours = "sold_at" if made.table == "transactions" else "date"
    name = found.roles["moment"]
    seen, clock = found.seen[name], found.roles.get("time")
    joins = clock is not None and ours == "sold_at" and not seen.has_time
    origin = f"columns = [{_quoted(name)}, {_quoted(str(clock))}]" if joins else f"column = {_quoted(name)}"
    made.remarks.extend([f"{name!r}: {seen.proof}"] if seen.proof else [])
    readings = []
    for form in seen.dates:
        whole = f"{form} {_clock_form(found.seen[str(clock)])}" if joins and form else form
        keys = f", format = {_quoted(whole)}" if whole else ""
        keys += ', time_zone = "UTC"' if form in (UNIX, UNIX_MS) else ""
        readings.append(f"{{ {origin}{keys} }}")
    if seen.dates[0] in (UNIX, UNIX_MS):
        made.questions.append(f"{name!r} counts from 1970 in UTC: put the shops' zone in the place of UTC")
    if seen.offsets:
        made.remarks.append(
            f"{name!r} carries offsets: their wall clock is kept; time_zone converts to the shops' zone"
        )
    made.columns[ours] = _one_of(made, readings, f"{name!r} has two readings, such as {', '.join(seen.examples)}")


def _clock_form(seen: Evidence) -> str:
    example = max(seen.examples, key=len)
    halves = re.search(r"[AaPp][Mm]|[上下]午", example)
    seconds = ":%S" if example.count(":") == 2 else ""
    return f"%I:%M{seconds} %p" if halves else f"%H:%M{seconds}"


def _one_of(made: Proposal, readings: list[str], question: str) -> str:
    """The only reading; of several none, so that the mapping cannot be used before a person has chosen."""
    if len(readings) == 1:
        value = readings[0]
        plain = re.fullmatch(r'\{ column = ("(?:[^"\\]|\\.)*") \}', value)
        return plain[1] if plain else value
    made.questions.append(question)
    return "?" + "\n".join(readings)


def _number(made: Proposal, found: Columns, role: str, ours: str, further: str = "") -> str:
    name = found.roles[role]
    readings = []
    for form in found.seen[name].numbers:
        keys = ', decimal = ","' if form.decimal == "," else ', thousands = ","' if form.thousands else ""
        readings.append(f"{{ column = {_quoted(name)}{keys}{further} }}")
    return _one_of(made, readings, f"{ours}: {name!r} has two readings: {', '.join(found.seen[name].examples)}")


def _values(sample: pl.DataFrame, found: Columns, role: str) -> pl.Series:
    name = found.roles[role]
    return parse_numbers(sample[name].cast(pl.String), found.seen[name].numbers[0])


def _price(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """The price paid for a unit: a price, or the amount of the line where that says what was paid."""
    roles = dict(found.roles)
    if "amount" in roles and _is_of_the_order(sample, found):
        made.remarks.append(f"{roles.pop('amount')!r} is the sum of the whole receipt and is not used")
    if {"price", "amount", "units"} <= set(roles):
        made.columns["unit_price"] = _price_or_amount(made, sample, found)
    elif "price" in roles:
        made.columns["unit_price"] = _number(made, found, "price", "unit_price")
        if "discount" in roles and made.table == "transactions":
            _discount(made, sample, found)
    elif "amount" in roles:
        made.columns["unit_price"] = _number(made, found, "amount", "unit_price", _TOTAL)
    elif made.table == "transactions":
        made.questions.append("no column holds a price or an amount: transactions need one (daily_sales does not)")


def _price_or_amount(made: Proposal, sample: pl.DataFrame, found: Columns) -> str:
    price, amount, units = (_values(sample, found, role) for role in ("price", "amount", "units"))
    names = {role: found.roles[role] for role in ("price", "amount")}
    listed = price * units
    if _share((listed - amount).abs() <= _EQUAL * listed.abs() + _CENT) > _MOST:
        return _number(made, found, "price", "unit_price")
    if _share((price - amount).abs() <= _EQUAL * price.abs()) > _MOST:
        made.remarks.append(f"{names['price']!r} equals {names['amount']!r}: both are amounts of the line")
        return _number(made, found, "price", "unit_price", _TOTAL)
    if _share(amount.abs() <= listed.abs() * (1 + _EQUAL) + _CENT) > _MOST:
        made.remarks.append(f"{names['amount']!r} is what was paid: at most {names['price']!r} times units")
        return _number(made, found, "amount", "unit_price", _TOTAL)
    readings = [_whole(_number(made, found, "price", "unit_price"))]
    readings.append(_number(made, found, "amount", "unit_price", _TOTAL))
    question = f"which is paid, {names['price']!r} for a unit or {names['amount']!r} for the line?"
    return _one_of(made, readings, question)


def _discount(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Whether a price beside a discount is before it or after: nothing but a person can tell."""
    made.columns["discount"] = _number(made, found, "discount", "discount")
    plain = _whole(made.columns["unit_price"])
    if plain.startswith("?") or not _values(sample, found, "discount").abs().sum():
        return
    question = f"is {found.roles['price']!r} what was paid, or has {found.roles['discount']!r} still to be taken off?"
    readings = [plain, plain.replace(" }", ", before_discount = true }")]
    made.columns["unit_price"] = _one_of(made, readings, question)


def _whole(value: str) -> str:
    return value if value.startswith(("{", "?")) else f"{{ column = {value} }}"


def _share(fits: pl.Series) -> float:
    share = fits.mean()
    return share if isinstance(share, float) else 0.0


def _is_of_the_order(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether an amount is the same on all lines of every receipt, or stands on its first line alone."""
    if "receipt" not in found.roles:
        return False
    receipt, amount = found.roles["receipt"], found.roles["amount"]
    if _stands_on_first_lines(sample, sample[receipt].forward_fill(), amount):
        return True
    if sample[amount].n_unique() <= _FEW_AMOUNTS or re.match("(?i)line|item", amount):
        return False  # goods of one price say nothing
    lines = sample.filter(pl.col(receipt).is_not_null()).group_by(receipt).agg(
        pl.len().alias("lines"), pl.col(amount).drop_nulls().n_unique().alias("kinds"),
    )  # fmt: skip
    several = lines.filter(pl.col("lines") > 1)
    return several.height > 2 and _share(several["kinds"] <= 1) > _MOST


def _receipts(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    roles = found.roles
    if "receipt" not in roles:
        parts = [roles[role] for role in ("moment", "time", "store", "customer") if role in roles]
        made.columns["transaction_id"] = f"{{ columns = [{', '.join(map(_quoted, parts))}] }}"
        made.questions.append("no column numbers the receipts: are the lines of the same moment one, as written below?")
        return
    receipt = sample[roles["receipt"]]
    blank = [
        roles[role]
        for role in ("receipt", "moment", "store", "customer", "status")
        if role in roles and _stands_on_first_lines(sample, receipt.forward_fill(), roles[role])
    ]
    if blank and {roles["receipt"], roles["moment"]} & set(blank):
        made.keys["fill_down"] = f"[{', '.join(map(_quoted, blank))}]"
        made.remarks.append(f"{blank} stand on the first line of a receipt alone: filled down within it")


def _stands_on_first_lines(sample: pl.DataFrame, receipt: pl.Series, name: str) -> bool:
    rows = pl.DataFrame({"receipt": receipt, "value": sample[name]})
    if not rows["value"].null_count() or receipt.null_count():
        return False
    head = pl.col("receipt").is_first_distinct()
    several = rows.filter(pl.len().over("receipt") > 1)
    first, rest = several.filter(head)["value"], several.filter(~head)["value"]
    return bool(first.is_not_null().any()) and _share(rest.is_null()) > _MOST


def _states(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Rows that are no sales, such as cancelled orders, and rows that may be returns."""
    name = found.roles.get("status")
    if name is None:
        return
    kinds = [str(kind) for kind in sample[name].drop_nulls().unique(maintain_order=True).to_list()]
    no_sale = [kind for kind in kinds if re.fullmatch(_NO_SALE, kind.strip().lower())]
    if no_sale:
        listed = ", ".join(f"'{kind}'" for kind in no_sale)
        made.keys["where"] = f"'''\"{name}\" IS NULL OR \"{name}\" NOT IN ({listed})'''"
        made.remarks.append(f"rows whose {name!r} is one of {no_sale} are no sales and are left out")
    returned = [kind for kind in kinds if re.search(_REFUND, kind.lower())]
    if returned and "units" in found.roles and {"units", "unit_price"} <= set(made.columns):
        marked = sample.filter(pl.col(name).is_in(returned))
        units = parse_numbers(marked[found.roles["units"]].cast(pl.String), ColumnFormat())
        if _share(units > 0) > 0.5:
            listed = ", ".join(map(_quoted, returned))
            made.keys["returns"] = f"{{ column = {_quoted(name)}, values = [{listed}] }}"
            made.remarks.append(
                f"rows whose {name!r} is one of {returned} have units without a minus: they are returns"
            )


def _master(made: Proposal, found: Columns) -> None:
    names = {
        "products": ("product_name", "category", "department", "brand", "unit_cost", "list_price"),
        "customers": ("joined_on",),
        "stores": ("product_name",),
    }
    if made.table == "customers" and "moment" in found.roles and "joined_on" not in found.roles:
        made.columns["joined_on"] = _quoted(found.roles["moment"])
    for role in names[made.table]:
        if role in found.roles:
            ours = _OUR_NAMES.get(role, role)
            is_number = role in ("unit_cost", "list_price")
            made.columns[ours] = _number(made, found, role, ours) if is_number else _quoted(found.roles[role])
    if made.table == "products" and "price" in found.roles and "list_price" not in made.columns:
        made.columns["list_price"] = _number(made, found, "price", "list_price")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def toml_of(files: str, made: Proposal, keys: Mapping[str, str]) -> str:
    """The table of a mapping; what must be decided stands as comments, both readings below each other."""
    head = [f"[tables.{made.table}]", f"files = {_quoted(files)}" if files else ""]
    lines = [*head, *(f"{key} = {value}" for key, value in {**keys, **made.keys}.items())]
    lines += ["", f"[tables.{made.table}.columns]"]
    for ours, value in made.columns.items():
        if value.startswith("?"):
            lines += [f"# choose one for {ours}:", *(f"# {ours} = {one}" for one in value[1:].split("\n"))]
        else:
            lines.append(f"{ours} = {value}")
    return "\n".join(line for line in lines if line or lines.index(line) > 1) + "\n"
