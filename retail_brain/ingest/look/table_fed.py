"""Decides which canonical table the rows of a file feed."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbered_days import numbered_columns
from retail_brain.ingest.look.receipt_numbers import TILL
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_roles import contacts_of
from retail_brain.sources.months import month_starts, week_starts
from retail_brain.sources.rows_left_out import TOTAL_WORDS
from retail_brain.sources.shaping import DAY_NAME

_LEAST_DAYS = 3
"""Columns named by a day from which a table has a column per day."""
_LEAST_SHOPS = 2
"""Columns of numbers from which a table may have a column per shop."""
_LISTED = 0.8
"""Share of distinct goods from which rows are a list of them. By judgement: some lists name a product twice."""
_LEAST_CONTACTS = 2
"""Columns with ways to reach a person from which rows without a moment are people. By judgement: orders have a day."""
_OPENED: Final = (
    r"open(?:ed|ing)|launch|since|eroff|opening|otwar|otevr|otvor|ouverture|ouvert|apertura|abertura|inaugur|deschid|nyitas"
    r"|acilis|oppn|abnings|apning|avaj|открыт|відкрит|khai_truong|pembukaan|开业|開業|开店|開店|オープン|개점|오픈|افتتاح|פתיחה"
)
"""A word in the name of a column of the day on which a shop opened."""
_RECEIPTS: Final = (
    r"(?:^|[/_])(?:transaction|receipt|ticket|check|order)s?_?(?:count|cnt)$"
    r"|(?:^|/)(?:number|count|no)_of_(?:transactions|receipts|tickets|checks|orders)$|^(?:小票|订单|交易)(?:笔)?数$"
)
"""Names of counts of receipts."""
_OFTEN = 0.02
"""Share of the rows of a day, shop and product that come again from which rows are lines of receipts. By judgement."""


def table_of(sample: pl.DataFrame, found: Columns) -> str:
    """The canonical table that rows with these roles feed; blank where none is recognised."""
    lists = {"customers": _is_list_of_people, "stores": _is_list_of_shops, "products": _is_catalogue}
    listed = "daily_sales" if _has_column_per_day(sample, found) else ""
    if listed := listed or next((table for table, is_list in lists.items() if is_list(found)), ""):
        return listed
    roles = set(found.roles)
    if not roles & {"product", "product_name"}:
        return _table_without_goods(roles, found)
    if "moment" not in roles:
        return "daily_sales" if len(columns_of_days(sample)) >= _LEAST_DAYS else _undated(found)
    if not roles & {"units", "amount", "price"}:
        return "inventory" if "on_hand" in roles else "daily_sales" if columns_of_shops(sample, found) else ""
    if roles & {"receipt", "time", "customer"} or found.seen[found.roles["moment"]].has_time:
        return "transactions"
    return _table_of_days(sample, found)


def _has_column_per_day(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether each row is of goods with a column of numbers per day, week or month: no list of goods."""
    roles = found.roles
    if "moment" in roles or not roles.keys() & {"product", "product_name"}:
        return False
    days = columns_of_days(sample)
    return len(days) >= _LEAST_DAYS and all(found.seen[day].numbers for day in days if found.seen[day].filled)


def _undated(found: Columns) -> str:
    """The table of rows with goods and without a day: stock, a list of goods, or none that is recognised."""
    roles = found.roles
    code = found.seen[roles.get("product") or roles["product_name"]]
    if "on_hand" in roles and code.distinct < 1 and "receipt" not in roles:
        return "inventory"
    return "products" if "receipt" not in roles and code.distinct >= _LISTED else ""


def _table_of_days(sample: pl.DataFrame, found: Columns) -> str:
    """The table of rows without receipts and times: stock, totals of days, or lines of receipts after all."""
    if "on_hand" in found.roles and "units" not in found.roles:
        return "inventory"
    if _has_several_lines_a_day(sample, found):
        return "daily_sales" if counts_receipts(found) else "transactions"
    return "daily_sales" if {"units", "amount"} & found.roles.keys() else ""  # a price from each day on was not sold


def counts_receipts(found: Columns) -> bool:
    """Whether a column says in how many receipts the goods of a row were sold in its shop: rows are no lines."""
    names = [name for name, seen in found.seen.items() if seen.whole is not None and seen.whole[1] > 1]
    return "store" in found.roles and any(re.search(_RECEIPTS, bare_name(name)) for name in names)


def _has_several_lines_a_day(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether goods come several times a day in a shop, and no till tells these rows apart."""
    key = [found.roles[role] for role in ("moment", "store", "product", "product_name") if role in found.roles]
    tills = re.compile(TILL)
    if any(tills.fullmatch(bare_name(name)) or bare_name(name) == "source" for name in found.seen):
        return False
    repeated = sample.select(key).is_duplicated().mean()
    return isinstance(repeated, float) and repeated > _OFTEN


def columns_of_shops(sample: pl.DataFrame, found: Columns) -> list[str]:
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


def _is_list_of_people(found: Columns) -> bool:
    """Whether each row is another person: what looks like the name of goods is theirs, and sums are of their life."""
    roles = found.roles
    has_sums = bool({"units", "amount", "price"} & roles.keys())
    is_of_life = "moment" not in roles and ("joined_on" in roles or len(contacts_of(found)) >= _LEAST_CONTACTS)
    if "customer" not in roles or {"product", "on_hand", "receipt"} & roles.keys() or (has_sums and not is_of_life):
        return False
    return found.seen[roles["customer"]].distinct == found.seen[roles["customer"]].filled == 1


def _is_list_of_shops(found: Columns) -> bool:
    """Whether each row is another shop with its name: what looks like the name of goods is the shop's."""
    roles = found.roles
    others = {"product", "price", "on_hand", "receipt", "customer", "joined_on"}
    moment = roles.get("moment")
    if moment is not None and not re.search(_OPENED, bare_name(moment)):
        return False
    is_sum = {"units", "amount"} & roles.keys() and "product_name" not in roles
    if "store" not in roles or others & roles.keys() or is_sum:
        return False
    return found.seen[roles["store"]].distinct == 1 and found.seen[roles["store"]].filled == 1


def _is_catalogue(found: Columns) -> bool:
    """Whether each row is another product and none was sold: a date is the one of its launch."""
    roles = found.roles
    if {"units", "amount", "on_hand", "receipt", "time", "customer", "store"} & roles.keys() or "product" not in roles:
        return False
    seen = found.seen[roles["product"]]
    return seen.distinct == 1 and bool({"product_name", "category", "unit_cost"} & roles.keys())


def _table_without_goods(roles: set[str], found: Columns) -> str:
    if roles & {"receipt", "units"}:
        return ""
    if "customer" in roles and not roles & {"amount", "price"}:
        # who comes again on other days is no list of people
        comes_again = "moment" in roles and found.seen[found.roles["customer"]].distinct < _LISTED
        return "" if comes_again else "customers"
    return "stores" if "store" in roles and "moment" not in roles and not _lists_others(found) else ""


def _lists_others(found: Columns) -> bool:
    """Whether rows are of something else than shops: another column is different in every row, and shops come again."""
    shop = found.seen[found.roles["store"]]
    others = (seen for name, seen in found.seen.items() if name != found.roles["store"])
    return shop.distinct < 1 and any(seen.distinct == seen.filled == 1 for seen in others)


def columns_of_days(sample: pl.DataFrame) -> list[str]:
    """Columns that are days or months each."""
    named = list(month_starts(sample.columns)) or list(week_starts(sample.columns)) or numbered_columns(sample.columns)
    return named or [name for name in sample.columns if re.search(DAY_NAME, name)]
