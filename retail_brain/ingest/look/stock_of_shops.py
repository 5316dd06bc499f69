"""Finds stock, prices and shops where a list of goods has a column per shop or warehouse."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, quoted
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.figures_of_shops import (
    FigureOfShops,
    counts_of_shops,
    figures_of_shops,
    numbers_as_shops,
)
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.stock_day import ask_for_day_of_stock, day_of_file, with_day_of_file
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
_MOST_UNITS = 0.5
"""Share of the rows up to which units are parts of some goods, as in a set, and no sales. By judgement."""
_OF_STOCK: Final = (
    r"stock|inventory|on_hand|bestand|lager|voorraad|existenc|inventario|estoque|giacenz|magazyn|zapas|sklad|остат|залиш"
    r"|наличи|stoc(?:_|$)|keszlet|αποθεμα|υπολοιπ|(?:^|_)stok|varasto|beholdning|behallning|ton_kho|库存|庫存|结存|在庫|재고|مخزون|رصيد"
    r"|מלאי|สต[๊็]?อ[กค]|คงเหลือ"
)
"""A word for stock in the name of a file or in the lines above its header."""
_OF_SALES = {"receipt", "amount", "moment"}


def stock_of_shops(one: LookedAt) -> Proposal | None:
    """The mapping of `inventory` from a list of goods with a column per shop; None for any other file.

    The columns are shops where their names are a word for stock and the name of a shop (`inventory_Ponsonby`), or for a
    quantity in a file that is called stock, or where another column is their sum on every row, as a total of warehouses
    is.

    Args:
        one: a file that feeds goods, or nothing that is recognised.
    """
    goods = _key_of_goods(one)
    if goods is None:
        return None
    stock = _stock(one)
    pattern = stock.pattern if stock else _by_total(one)
    if not pattern:
        return None
    made = Proposal(table="inventory")
    made.keys["wide"] = f'{{ names = "store_id", values = "on_hand", columns = {quoted(pattern)} }}'
    made.columns["product_id"] = quoted(goods)
    if stock:
        _write_cells(made, one, stock, "on_hand")
        made.questions += [question] if (question := numbers_as_shops(stock)) else []
    ask_for_day_of_stock(made)
    return with_day_of_file(made, one)


def prices_of_shops(one: LookedAt) -> Proposal | None:
    """The mapping of `prices` from a list of goods with a column of prices per shop; None for any other file.

    Args:
        one: a file that feeds goods, or nothing that is recognised.
    """
    goods, prices = _key_of_goods(one), figures_of_shops(one.columns).get("price")
    if goods is None or prices is None:
        return None
    made = Proposal(table="prices")
    made.keys["wide"] = f'{{ names = "store_id", values = "unit_price", columns = {quoted(prices.pattern)} }}'
    made.columns["product_id"] = quoted(goods)
    _write_cells(made, one, prices, "unit_price")
    if (day := day_of_file(one.path.name, one.title)) is not None:
        made.columns["valid_from"] = day[0]
        made.remarks.append(f"the prices hold from {day[1]}")
        return made
    made.columns["valid_from"] = '?{ constant = "YYYY-MM-DD" }'
    made.questions.append(
        f"from which day on do the prices of each shop in {one.path.name} hold? Write it in the place of YYYY-MM-DD, "
        "or leave the table out"
    )
    return made


def shops_of_columns(one: LookedAt) -> Proposal | None:
    """The mapping of `stores` from the names of the columns of stock or prices per shop; None for any other file.

    Args:
        one: a file that feeds goods, or nothing that is recognised.
    """
    figures = figures_of_shops(one.columns) if _key_of_goods(one) is not None else {}
    if not figures:
        return None
    pattern = next(iter(figures.values())).pattern
    made = Proposal(table="stores")
    made.keys["wide"] = f'{{ names = "store_id", values = "figure", columns = {quoted(pattern)} }}'
    made.columns["store_id"] = '"store_id"'
    return made


def _write_cells(made: Proposal, one: LookedAt, figure: FigureOfShops, ours: str) -> None:
    """Writes the marks of the numbers in the cells, where these are not plain; asks where two readings fit."""
    cells = pl.concat([one.sample[name].cast(pl.String).alias("cells") for name in figure.columns.values()])
    seen = evidence(cells)
    if not seen.numbers or (len(seen.numbers) == 1 and seen.numbers[0] == ColumnFormat() and not seen.blanks):
        return
    made.columns[ours] = number_key(made, Columns({}, {ours: seen}, {}), ours, ours)


def _stock(one: LookedAt) -> FigureOfShops | None:
    """The columns of stock per shop: by their own names, or quantities in a file whose name or title says stock."""
    stock = figures_of_shops(one.columns).get("on_hand")
    said = bare_name(f"{one.path.stem} {one.title}")
    return stock or (counts_of_shops(one.columns) if re.search(_OF_STOCK, said) else None)


def _key_of_goods(one: LookedAt) -> str | None:
    """The column of goods that is another on every row with one, in a list of goods; None in any other file."""
    roles, seen = one.columns.roles, one.columns.seen
    stock = _stock(one)
    # a total of the shops is no money, whatever its name
    sales = {role for role in _OF_SALES & roles.keys() if not (stock and _is_sum(one, roles[role], stock))}
    if one.proposal.table not in ("products", "") or sales:
        return None
    is_stock = stock is not None and roles.get("units") in stock.columns.values()
    if "units" in roles and not is_stock and seen[roles["units"]].filled > _MOST_UNITS:
        return None
    names = one.columns.all_of("product")
    whole = [name for name in names if seen[name].distinct == 1 and seen[name].filled == 1]
    if one.proposal.table == "products":  # rows without its code are no goods, and have no figures either
        own = one.proposal.columns.get("product_id")
        whole = [*(name for name in names if quoted(name) == own and seen[name].distinct == 1), *whole]
    return whole[0] if whole else None


def _is_sum(one: LookedAt, total: str, stock: FigureOfShops) -> bool:
    """Whether a column of numbers is the sum of the stock of all shops on nearly every row."""
    names = [total, *stock.columns.values()]
    forms = [one.columns.seen[name].numbers for name in names]
    if not all(forms):
        return False
    numbers = [values(one.sample, one.columns, name).fill_null(0) for name in names]
    made = numbers[1]
    for further in numbers[2:]:
        made = made + further
    return share(made == numbers[0]) > _HOLDS


def _by_total(one: LookedAt) -> str:
    """A pattern for columns next to each other of which another is the sum; blank for none.

    No part is all of the sum, as one price is beside flags that are 0 and another price.
    """
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
                parts = others[start : end + 1]
                if share(made == numbers[total]) > _HOLDS and all(
                    (numbers[one] != numbers[total]).any() for one in parts
                ):
                    return f"^(?:{'|'.join(map(re.escape, parts))})$"
    return ""
