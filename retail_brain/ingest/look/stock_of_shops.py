"""Finds stock that a list of goods has in a column per shop or warehouse."""

import re

import polars as pl

from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.stock_day import ask_for_day_of_stock, with_day_of_file
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.numbers import parse_numbers
from retail_brain.sources import ColumnFormat

_LEAST_SHOPS = 2
"""Columns from which they may be shops."""
_MOST_COLUMNS = 400
"""Columns beyond which sums are not tried: each is added up for every row."""
_FLAGS = 2
"""Values up to which a column is a flag and no sum."""
_HOLDS = 0.95
"""Share of the rows on which the sum of the shops must be the total. By judgement."""
_STOCK = (
    r"(?:inventory|stock|on_hand|onhand|available|bestand|lagerbestand|voorraad|stock|existencias?|inventario|estoque|giacenza|stan|zapas"
    r"|sklad|остат\w*|наличие|налично|залишок|stoc|keszlet|αποθεμα|stok|lager(?:saldo)?|saldo|varasto|ton_kho|库存|结存|庫存|在庫|재고)"
)
"""A word for stock in names of columns."""


def stock_of_shops(one: LookedAt) -> Proposal | None:
    """The mapping of `inventory` from a list of goods with a column per shop; None for any other file.

    The columns are shops where their names are a word for stock and the name of a shop (`inventory_Ponsonby`), or where
    another column is their sum on every row, as a total of warehouses is.

    Args:
        one: a file that feeds goods, or nothing that is recognised.
    """
    roles = one.columns.roles
    if one.proposal.table not in ("products", "") or {"units", "receipt", "amount", "moment"} & roles.keys():
        return None
    goods = _key_of_goods(one)
    if goods is None:
        return None
    pattern = _by_prefix(one) or _by_total(one)
    if not pattern:
        return None
    made = Proposal(table="inventory")
    made.keys["wide"] = f'{{ names = "store_id", values = "on_hand", columns = {quoted(pattern)} }}'
    made.columns["product_id"] = quoted(goods)
    ask_for_day_of_stock(made)
    return with_day_of_file(made, one.path.name, one.title)


def _key_of_goods(one: LookedAt) -> str | None:
    """The column of goods that is another on every row."""
    for name in one.columns.all_of("product"):
        if one.columns.seen[name].distinct == 1 and one.columns.seen[name].filled == 1:
            return name
    return None


def _by_prefix(one: LookedAt) -> str:
    """A pattern for columns such as `inventory_North` and `Stock South`, whose group is the shop; blank for none."""
    groups: dict[str, list[str]] = {}
    for name, seen in one.columns.seen.items():
        said = re.match(r"^(\w+?)[_ :-]+(?=\S)", name)
        if seen.numbers and said and re.fullmatch(_STOCK, bare_name(said[1])):
            groups.setdefault(said[0], []).append(name)
    best = max(groups, key=lambda prefix: len(groups[prefix]), default="")
    names = groups.get(best, [])
    # `stock_level` and `stock_value` are two figures of one shop
    known = {"level", "value", "quantity", "qty", "policy", "tracker", "status", "total", "id", "on_hand", "available"}
    shops = [name for name in names if bare_name(name.removeprefix(best)) not in known]
    return f"^{re.escape(best)}(.+)$" if len(shops) >= _LEAST_SHOPS and len(shops) == len(names) else ""


def _by_total(one: LookedAt) -> str:
    """A pattern for columns next to each other of which another is the sum; blank for none."""
    names = [name for name, seen in one.columns.seen.items() if seen.numbers and name not in one.columns.roles.values()]
    if len(names) > _MOST_COLUMNS:
        return ""
    numbers = {name: parse_numbers(one.sample[name].cast(pl.String), ColumnFormat()).fill_null(0) for name in names}
    for total in names:
        if numbers[total].n_unique() <= _FLAGS:
            continue
        others = [name for name in names if name != total]
        for start in range(len(others) - _LEAST_SHOPS + 1):
            made = numbers[others[start]]
            for end in range(start + 1, len(others)):
                made = made + numbers[others[end]]
                if share(made == numbers[total]) > _HOLDS and (numbers[others[start]] != numbers[total]).any():
                    return f"^(?:{'|'.join(map(re.escape, others[start : end + 1]))})$"
    return ""
