"""Finds the roles that no name of a column says, by what the values do, whatever their columns are called.

Goods have a barcode, or explain the money of their lines: the same good costs much the same on every line. Money grows
with units. Lines of a receipt share its moment, shop and customer. A shop tells apart rows that day and goods alone do
not. People come again on many receipts. Only columns without a role are tried; where two fit alike, none is taken.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from retail_brain.ingest.look.arithmetic import with_arithmetic
from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.evidence import is_dated
from retail_brain.ingest.look.further_names import names_nobody
from retail_brain.ingest.look.goods_by_values import goods_by_values, name_of_listed
from retail_brain.ingest.look.gross_of_net import with_gross_of_net
from retail_brain.ingest.look.measured_goods import without_units_of_some
from retail_brain.ingest.look.moment_by_values import moment_by_values
from retail_brain.ingest.look.money import amount_is_units, grows
from retail_brain.ingest.look.names_of_people import with_names_of_people
from retail_brain.ingest.look.namesakes import with_codes_of_namesakes
from retail_brain.ingest.look.numbered_rows import are_counted_through
from retail_brain.ingest.look.numbers_of import may_be_money, may_be_units, values
from retail_brain.ingest.look.receipt_by_values import receipt_by_values
from retail_brain.ingest.look.receipt_numbers import digits_of_lines
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.shops_by_values import MOST_SHOPS, free_codes, may_be_shops, of_receipts, place_of_series
from retail_brain.ingest.look.stock_by_values import stock_by_values
from retail_brain.ingest.look.what_is_left import with_what_is_left
from retail_brain.ingest.look.who_bought import with_people_told_apart
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.look.words_of_expiry import is_of_expiry
from retail_brain.ingest.look.words_of_roles import may_be_people

_SOLD = {"moment", "receipt", "units", "amount", "price", "on_hand"}
"""Roles of files of sales and stock."""
_ROWS = 4_000
"""Rows that are looked at: what holds on so many holds on all, and every column is tried."""
_HOLDS = 0.97
"""Share of the receipts on which a column must have one value. By judgement."""
_LEAST_RECEIPTS = 10
"""Receipts of several lines below which nothing is concluded."""
_LEAST_PEOPLE = 12
"""People below which a column may be of cashiers or tills. By judgement."""
_FIRM = (
    r"^(?:kod_|cislo_|id_)?(?:firma|firmy|firm|company|societe|empresa|azienda|sirket|cari)"
    r"(?:_(?:kod|kodu|code|id|no|nr))?$"
)
"""Names of columns of firms, which may be who bought, who sold or whose brand it is: a person decides."""
_LEAST_FIRMS = 5
"""Firms from which they are hardly those of the seller. By judgement."""
_AGAIN = 1.15
"""Rows (or receipts) that a person has on average at least. By judgement: the number of an order has one each."""
_ONCE = 0.02
"""Share of rows that may share a key. By judgement: some tills print a total twice."""
_FEW_SHOPS = 40
"""Values up to which a column beside days and sums alone is of shops. By judgement: goods are more."""
_FLAGS = 3
"""Values up to which a column of whole numbers may be of flags."""
_KINDS = 0.01
"""Share of distinct values up to which a column is of kinds of documents. By judgement."""
_LEAST_SCORE = 0.3
"""Score of a name below which it is not of the number of a receipt."""
_FEW_PEOPLE = 4
"""Values below which a column says the same as one of people by chance."""
_FILLED = 0.95
"""Share of the rows from which a column of customers needs no other. By judgement."""
_USUAL = 0.8
"""Share of the rows from which a value is the plain kind of sale and no shop among others. By judgement."""
_OFTEN_OPEN = 0.3
"""Share of the days on which a shop sells at least; people buy on fewer. By judgement."""
_GROWS = 0.6
"""Correlation of logarithms from which money grows with a count. By judgement."""


def with_roles_by_values(sample: pl.DataFrame, found: Columns) -> Columns:
    """The columns with the roles that their values say, where no name does; `remarks` say which.

    Args:
        sample: the first rows.
        found: roles of the columns by their names.
    """
    found = with_arithmetic(sample, found)
    if "units" not in found.roles and amount_is_units(sample, found):
        found = replace(
            found, roles={("units" if role == "amount" else role): name for role, name in found.roles.items()}
        )
    if _is_list(found):
        return _with(found, name_of_listed(sample, found), "each product has another one")
    rows = sample.head(_ROWS)
    if stock := stock_by_values(rows, found):
        found = replace(_with(found, stock, "goods stand once in every place"), asked=found.asked | {"on_hand"})
    if _SOLD & found.roles.keys() or may_be_money(rows, found):
        found = _with(
            found, moment_by_values(rows, found), "its days follow the order of the rows, and others come later"
        )
    if not _SOLD & found.roles.keys():
        return found
    found = _without_kinds_as_receipts(rows, _with_earliest_day(rows, found))
    found = with_codes_of_namesakes(rows, _with_fuller_person(rows, with_names_of_people(rows, found)))
    found = _with(found, goods_by_values(rows, found), "the same one costs much the same on every line")
    found = with_what_is_left(rows, _with_only_count(rows, _with_units(rows, found)))
    found = with_gross_of_net(rows, found)
    sold = {"units", "amount", "price"} & found.roles.keys() and {"product", "product_name"} & found.roles.keys()
    if "receipt" not in found.roles and sold and (number := receipt_by_values(sample, found)):
        found = _with(found, {"receipt": number}, "its lines share moment, shop and customer")
    if "receipt" not in found.roles and sold and "moment" in found.roles:
        counted = next((name for name in free_codes(rows, found) if digits_of_lines(rows, found, name)), "")
        found = _with(found, {"receipt": counted} if counted else {}, "its last digits run from 1 on")
    if "store" not in found.roles and (place := place_of_series(rows, found)):
        found = _perhaps(found, "store", place, "receipts are numbered on their own in each")
    found = _with_place_of_days(rows, found)
    if not {"product", "product_name"} & found.roles.keys():
        found = _with_heads(rows, found)
    return without_units_of_some(sample, with_people_told_apart(rows, _with_person(rows, found)))


def _is_list(found: Columns) -> bool:
    """Whether each row is another person, shop or product, and none is a receipt."""
    ids = [found.seen[found.roles[role]] for role in ("customer", "store", "product") if role in found.roles]
    return "receipt" not in found.roles and any(seen.distinct == seen.filled == 1 for seen in ids)


def _with(found: Columns, roles: Mapping[str, str], why: str) -> Columns:
    """The columns with further roles, and a remark for each."""
    if not roles:
        return found
    said = tuple(f"{name!r} is taken for the {role.replace('_', ' ')}: {why}" for role, name in roles.items())
    return replace(found, roles={**found.roles, **roles}, remarks=(*found.remarks, *said))


def _perhaps(found: Columns, role: str, name: str, why: str) -> Columns:
    """The columns with a role that a person must confirm, because the values could say the same of something else."""
    return replace(_with(found, {role: name}, why), asked=found.asked | {role})


def _with_units(rows: pl.DataFrame, found: Columns) -> Columns:
    """Takes the one count that money grows with, and the one column of money that grows with it."""
    roles = found.roles
    if "units" in roles and {"price", "amount"} & roles.keys():
        return found
    counts = [roles["units"]] if "units" in roles else may_be_units(rows, found)
    money = may_be_money(rows, found)
    pairs = [(count, paid) for count in counts for paid in money if _grow(rows, found, paid, count)]
    if len({paid for _, paid in pairs}) != 1:
        return _with_money(found, money)
    count = _largest(rows, found, [count for count, _ in pairs])
    paid = pairs[0][1]
    if not count:
        return found
    new = {} if "units" in roles else {"units": count}
    new |= {} if paid in roles.values() else {"amount": paid}
    return _with(found, new, "the money grows with the units")


def _with_money(found: Columns, money: list[str]) -> Columns:
    """Takes the only column of money for the amount."""
    if len(money) != 1 or money[0] in found.roles.values() or "moment" not in found.roles:
        return found
    return _with(found, {"amount": money[0]}, "no other column is money")


def _with_only_count(rows: pl.DataFrame, found: Columns) -> Columns:
    """Takes the only count of a report of days and goods that has a price and no units."""
    roles = found.roles
    is_report = {"moment", "product", "price"} <= roles.keys() and _is_of_days(found, roles["moment"])
    if not is_report or {"units", "receipt", "customer", "time"} & roles.keys():
        return found
    counts = [name for name in may_be_units(rows, found) if rows[name].n_unique() > _FLAGS]
    return _with(found, {"units": counts[0]}, "no other column counts") if len(counts) == 1 else found


def _largest(rows: pl.DataFrame, found: Columns, counts: list[str]) -> str:
    """Of several counts the one that is never below the others, as units are beside receipts; blank for none."""
    numbers = {name: values(rows, found, name).abs() for name in counts}
    above = (name for name in counts if all(share(numbers[name] >= other) >= _HOLDS for other in numbers.values()))
    return next(above, "")


def _grow(rows: pl.DataFrame, found: Columns, money: str, count: str) -> bool:
    """Whether money grows with a count: on lines of one good in the same measure, or without goods at least mostly."""
    if {"product", "product_name"} & found.roles.keys():
        return grows(rows, found, money, count) is True
    pairs = pl.DataFrame(
        {"money": values(rows, found, money).abs().log(), "count": values(rows, found, count).abs().log()}
    )
    pairs = pairs.filter(pl.all_horizontal(pl.all().is_finite()))
    alike = pairs.select(pl.corr("money", "count")).item() if pairs.height >= _LEAST_RECEIPTS else None
    return alike is not None and alike > _GROWS


def _with_place_of_days(rows: pl.DataFrame, found: Columns) -> Columns:
    """Takes the one column that tells apart rows of a day (and goods): a shop."""
    roles, moment = found.roles, found.roles.get("moment")
    goods = [roles[role] for role in ("product", "product_name") if role in roles]
    if {"store", "receipt", "time", "customer"} & roles.keys() or not _is_of_days(found, moment):
        return found
    days = pl.Series("_day", days_of(rows[moment], found.seen[moment])) if moment else pl.lit(0).alias("_day")
    keys = rows.select(days, *goods)
    if share(keys.is_duplicated()) <= _ONCE:
        return found
    telling = [
        name for name in free_codes(rows, found) if share(keys.with_columns(rows[name]).is_duplicated()) <= _ONCE
    ]
    # the name of a shop beside its code
    kinds = {name: rows[name].n_unique() for name in telling}
    fewest = [name for name in telling if kinds[name] == min(kinds.values())]
    if not fewest or any(rows.select(fewest[0], other).unique().height > kinds[fewest[0]] for other in fewest[1:]):
        return found
    name = fewest[0]
    is_open = keys.select("_day", rows[name]).unique().height / (keys["_day"].n_unique() * kinds[name])
    most = max(2, MOST_SHOPS * rows.height) if goods else _FEW_SHOPS  # else it may as well be goods
    if is_open >= _OFTEN_OPEN and kinds[name] <= most and may_be_shops(rows, found, name):
        return _perhaps(found, "store", name, "it tells apart the rows of a day")
    return found


def _is_of_days(found: Columns, moment: str | None) -> bool:
    """Whether rows are of whole days, and have units, money or stock; or stock of goods without a day."""
    if moment is None:
        return "on_hand" in found.roles and bool({"product", "product_name"} & found.roles.keys())
    seen = found.seen[moment]
    return bool(seen.dates) and not seen.has_time and bool({"units", "amount", "price", "on_hand"} & found.roles.keys())


def _with_heads(rows: pl.DataFrame, found: Columns) -> Columns:
    """Takes the number of receipts that have a row each, or the people who came on some days, where goods are none."""
    moment = found.roles.get("moment")
    if moment is None or not {"amount", "price"} & found.roles.keys() or not found.seen[moment].dates:
        return found
    if {"store", "receipt", "customer"} & found.roles.keys():
        return found
    codes = [name for name in free_codes(rows, found) if rows[name].cast(pl.String).str.contains(r"\d").all()]
    numbers = [name for name in codes if found.seen[name].distinct == found.seen[name].filled == 1]
    if found.seen[moment].has_time and len(numbers) == 1:
        return _with(found, {"receipt": numbers[0]}, "it is another one on every row")
    days = days_of(rows[moment], found.seen[moment]).n_unique()
    codes = [name for name in codes if name not in numbers and may_be_people(name)]
    people = [name for name in codes if _come_again(rows, name, days)]
    return _perhaps(found, "customer", people[0], "it comes again on few days") if len(people) == 1 else found


def _come_again(rows: pl.DataFrame, name: str, days: int) -> bool:
    kinds = rows[name].drop_nulls().n_unique()
    return kinds >= _LEAST_PEOPLE and _AGAIN <= rows.height / kinds < _OFTEN_OPEN * days


def _with_person(rows: pl.DataFrame, found: Columns) -> Columns:
    """Takes the one column of many codes that receipts have and that come again on others."""
    if "customer" in found.roles:
        return found
    codes = [name for name in of_receipts(rows, found) if may_be_people(name)]
    people = [name for name in codes if _are_people(rows, found, name)]
    if not people and len(named := [name for name in codes if names_nobody(rows, name)]) == 1:
        return _perhaps(found, "customer", named[0], "some of its values are words for unknown customers")
    if not people and (firm := next((name for name in codes if _is_firm(rows, found, name)), "")):
        return _perhaps(found, "customer", firm, "it is called a firm and comes again on several receipts")
    return _perhaps(found, "customer", people[0], "it comes again on several receipts") if len(people) == 1 else found


def _is_firm(rows: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a column is called a firm, as invoices call who bought, and has several that come again."""
    if not re.search(_FIRM, bare_name(name).rpartition("/")[2]):
        return False
    pairs = rows.select(name, found.roles["receipt"]).drop_nulls().unique()
    return pairs[name].n_unique() >= _LEAST_FIRMS and pairs.height >= _AGAIN * pairs[name].n_unique()


def _without_kinds_as_receipts(rows: pl.DataFrame, found: Columns) -> Columns:
    """The columns without a number of receipts that has few values, such as FV and NC for kinds of documents.

    One that counts the lines within another column that is called a number of receipts makes way for this one.
    """
    receipt = found.roles.get("receipt")
    if receipt is None:
        return found
    roles = {role: name for role, name in found.roles.items() if role != "receipt"}
    others = [name for name in found.alternatives.get("receipt", ()) if name not in roles.values()]
    others = [name for name in others if _may_number_receipts(rows, found, name)]
    has_goods = bool({"product", "product_name"} & roles.keys())  # receipts without lines count through a day
    counted = next((name for name in others if has_goods and _counts_lines(rows, receipt, name)), None)
    if counted is not None:
        says = f"{receipt!r} counts the lines of each {counted!r}, which numbers the receipts"
        return replace(found, roles={**roles, "receipt": counted}, remarks=(*found.remarks, says))
    if found.seen[receipt].distinct * found.seen[receipt].filled > _KINDS:
        return found
    says = f"{receipt!r} has few values and numbers no receipts"
    if others:
        roles, says = {**roles, "receipt": others[0]}, f"{says}: {others[0]!r} does"
    return replace(found, roles=roles, remarks=(*found.remarks, says))


def _counts_lines(rows: pl.DataFrame, count: str, number: str) -> bool:
    """Whether a column runs from 1 on within each value of another, several of which have several lines."""
    counts = rows.select(pl.col(number), pl.col(count).cast(pl.String).cast(pl.Int64, strict=False).alias("_line"))
    groups = counts.group_by(number).agg(
        pl.len().alias("_lines"), pl.col("_line").min().alias("_first"), pl.col("_line").max().alias("_last"),
        pl.col("_line").n_unique().alias("_kinds"),
    ).filter(pl.col("_lines") > 1)  # fmt: skip
    is_counted = (
        (groups["_first"] == 1) & (groups["_last"] == groups["_lines"]) & (groups["_kinds"] == groups["_lines"])
    )
    return groups.height >= _LEAST_RECEIPTS and share(is_counted) >= _HOLDS


def _may_number_receipts(rows: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a column that is of receipts by its name has a value on each row, many of them, some on several rows.

    Rows with the same value are of one moment.
    """
    seen, moment = found.seen[name], found.roles.get("moment")
    is_named = role_scores(name).get("receipt", 0.0) >= _LEAST_SCORE
    if not is_named or seen.filled < 1 or not _KINDS < seen.distinct < 1:
        return False
    return moment is None or share(rows.group_by(name).agg(pl.col(moment).n_unique())[moment] == 1) >= _HOLDS


def _with_earliest_day(rows: pl.DataFrame, found: Columns) -> Columns:
    """Takes, of several days that no name tells apart, the one that is never after the others: sold, then paid."""
    roles = found.roles
    if "moment" in roles or not {"units", "amount", "price"} & roles.keys():
        return found
    taken = set(roles.values())
    dated = [
        name for name, seen in found.seen.items() if name not in taken and is_dated(seen) and seen.filled > _FILLED
    ]
    dated = [name for name in dated if not are_counted_through(rows[name]) and not is_of_expiry(bare_name(name))]
    days = {name: days_of(rows[name], found.seen[name]) for name in dated}
    for name, own in days.items():
        if all(share(own <= other) >= _HOLDS for other in days.values()):
            return _with(found, {"moment": name}, "no other day is before it")
    return found


def _with_fuller_person(rows: pl.DataFrame, found: Columns) -> Columns:
    """Takes a column of customers that is filled on more rows, where both say the same of the rows that have both."""
    person = found.roles.get("customer")
    if person is None or found.seen[person].filled > _FILLED:
        return found
    others = [name for name in found.alternatives.get("customer", ()) if name not in found.roles.values()]
    for other in dict.fromkeys((*others, *free_codes(rows, found))):
        if found.seen[other].filled <= _FILLED or rows[other].n_unique() < _FEW_PEOPLE:
            continue
        pairs = rows.select(person, other).drop_nulls().unique()
        if pairs.height and not (pairs[person].is_duplicated().any() or pairs[other].is_duplicated().any()):
            roles = {**found.roles, "customer": other}
            says = f"{other!r} says who bought on more rows than {person!r}: taken for the customer"
            return replace(found, roles=roles, remarks=(*found.remarks, says))
    return found


def _are_people(rows: pl.DataFrame, found: Columns, name: str) -> bool:
    pairs = rows.select(name, found.roles["receipt"]).drop_nulls().unique()
    people = pairs[name].n_unique()
    has_digits = pairs[name].cast(pl.String).str.contains(r"[\d@]").all()
    return (
        bool(has_digits)
        and people >= _LEAST_PEOPLE
        and people > MOST_SHOPS * pairs.height
        and pairs.height >= _AGAIN * people
    )
