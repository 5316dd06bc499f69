"""Finds a column whose cells hold all lines of an order, such as `2 x Shirt; 1 x Hat`, JSON, or keys with values.

It is read where every cell is exact and the counts of the orders do not say otherwise; else it is said.
"""

import re
from collections.abc import Mapping
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns, columns_of
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.numbers import parse_numbers
from retail_brain.sources.items_in_cells import (
    NAME,
    PRICE,
    QUANTITY,
    SKU,
    Items,
    items_in,
    joined_cells,
    numbered_columns,
)

_FIRST_CELLS = 40
"""Cells that are tried before all others, so that other columns cost nothing."""
_LEAST_LISTS = 2
"""Cells with several lines below which a column is none of lists. By judgement."""
_AGREES, _REPEATED = 0.98, 0.02
"""Shares of the orders whose count is that of their lines, and of orders that come again where rows are lines."""
_OF_GOODS: Final = (
    r"item|product|goods|article|artikel|sku|contents|basket|cart|warenkorb|bestellung|producto|produit|prodott|produkt"
    r"|товар|состав|菜品|餐品|商品|货品|宝贝|明细|产品|商品|品目|상품|품목"
)
"""A word in the name of a column of goods."""
_BASKET: Final = r"(?:items|products|goods|contents|basket|cart)$|菜品信息|商品信息|商品列表|商品明细|订单内容|明细$"
"""The end of the name of a column of all goods of a receipt."""
_TOTAL: Final = (
    r"^(?!.*(?:refund|return|ship|cancel|deliver|stock|退)).*(?:qty|quantit|units|pieces|items|数量|件数|总数|anzahl|menge"
    r"|cantidad|кол|수량)"
)
"""A word in the name of a column with the units of an order."""
_LIST: Final = r"[;；|\n、]|<br ?/?>|,\s|，"
"""What may stand between goods in a cell."""
_MOSTLY = 0.5
"""Share of the receipts with a text from which its column may hold their goods. By judgement."""
_SEVERAL: Final = r"[;；|\n、{]|<br ?/?>|,\s.*,\s|\d\s?[x×*]\s|\s[x×*]\s?\d"
"""What a text of several goods, or of their counts, may have."""
_OFTEN = 0.1
"""Share of the cells with parts that are other cells whole from which a column is one of lists. By judgement."""


def column_of_items(sample: pl.DataFrame, stem: str) -> str | None:
    """The column with all lines of each order; None where no column is read exactly.

    Args:
        sample: the first rows of a file.
        stem: name of the file.
    """
    for name, kind in sample.schema.items():
        if kind != pl.String or not _may_be_lists(sample[name]):
            continue
        cells = sample[name].drop_nulls().unique(maintain_order=True).to_list()
        found = items_in(cells) if (first := items_in(cells[:_FIRST_CELLS])) and not first.unread else None
        if found is not None and not found.unread and _are_lines(sample, stem, name, found):
            return name
    return next((name for name in _numbered(sample) if _is_of_lines(sample, stem, name)), None)


def _numbered(sample: pl.DataFrame) -> list[str]:
    """Names with a star for columns such as `line_item_1` and `line_item_2`, which may hold a line of an order each."""
    texts = [name for name, kind in sample.schema.items() if kind == pl.String]
    stems = dict.fromkeys(re.sub(r"\d+$", "*", name) for name in texts if re.search(r"\D\d+$", name))
    return [stem for stem in stems if len(numbered_columns(stem, texts)) >= _LEAST_LISTS and stem[:-1] not in texts]


def _is_of_lines(sample: pl.DataFrame, stem: str, name: str) -> bool:
    joined = joined_cells(sample.lazy(), name, numbered_columns(name, sample.columns)).collect()
    return column_of_items(joined.drop(_others_numbered(joined)), stem) == name[:-1]


def _others_numbered(sample: pl.DataFrame) -> list[str]:
    """Further numbered columns, which are looked at for themselves."""
    return [column for name in _numbered(sample) for column in numbered_columns(name, sample.columns)]


def _may_be_lists(cells: pl.Series) -> bool:
    """Whether most cells have a letter and a digit, as counts and names of goods have."""
    known = cells.drop_nulls()
    known = known.filter(known.str.strip_chars() != "")
    return len(known) > 1 and share(known.str.contains(r"\d") & known.str.contains(r"\p{L}")) > _AGREES


def _are_lines(sample: pl.DataFrame, stem: str, name: str, found: Items) -> bool:
    """Whether the lines are goods with units, of orders with a day that have a row each and count as many."""
    if sum(len(items) > 1 for items in found.lines.values()) < _LEAST_LISTS:
        return False
    roles = roles_of_items([f"{name}/{field}" for field in found.fields])
    if not {"product", "product_name"} & set(roles.values()) or "units" not in roles.values():
        return False
    columns = columns_of(sample, stem)
    if "moment" not in columns.roles:
        return False
    receipt = columns.roles.get("receipt")
    if receipt not in (None, name) and share(sample[str(receipt)].drop_nulls().is_duplicated()) > _REPEATED:
        return False  # rows are lines, and counts stand in the names of packs
    units = next(field for field in found.fields if roles.get(f"{name}/{field}") == "units")
    counted = _counts_of_orders(sample, columns, name, found, units)
    if counted:
        return max(counted) >= _AGREES
    is_plain = set(found.fields) <= {NAME, QUANTITY, PRICE, SKU}
    return not is_plain or bool(role_scores(name).keys() & {"product", "product_name"}) or _is_of_goods(name)


def _is_of_goods(name: str) -> bool:
    return re.search(_OF_GOODS, bare_name(name)) is not None


def _counts_of_orders(sample: pl.DataFrame, columns: Columns, name: str, found: Items, units: str) -> list[float]:
    """For each column that is called a count of units: the share of the orders whose lines have as many."""
    numbers = {
        cell: sum(float((item.get(units) or "0").replace(",", ".")) for item in items)
        for cell, items in found.lines.items()
        if all(re.fullmatch(r"\s*-?\d+(?:[.,]\d+)?\s*", item.get(units) or "0") for item in items)
    }
    sums = sample[name].replace_strict(numbers, default=None, return_dtype=pl.Float64)
    named = [
        one
        for one, seen in columns.seen.items()
        if one != name and seen.whole is not None and re.search(_TOTAL, bare_name(one))
    ]
    shares = []
    for one in named:
        both = pl.DataFrame({"a": sums, "b": parse_numbers(sample[one], columns.seen[one].numbers[0])}).drop_nulls()
        shares += [share(both["a"] == both["b"])] if both.height else []
    return shares


def roles_of_items(names: list[str]) -> Mapping[str, str]:
    """Column -> role of the fields of lines that stand in cells, each role once: they go before those of the order."""
    roles: dict[str, str] = {}
    for role in ("units", "price", "amount", "product", "product_name"):
        scores = {name: role_scores(_field(name)).get(role, 0.0) for name in names if name not in roles}
        best = max(scores, key=lambda name: scores[name], default="")
        if scores.get(best):
            roles[best] = role
    return roles


def _field(name: str) -> str:
    return name.rpartition("/")[2]


def ask_about_lists(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Asks for one row per line where the goods of a file are lists in cells that nobody can read exactly.

    Args:
        made: the proposal, which gets the question.
        sample: the rows.
        found: roles of the columns.
    """
    if made.table not in ("transactions", "daily_sales", ""):
        return
    goods = [found.roles[role] for role in ("product", "product_name") if role in found.roles]
    if made.is_totals and not goods and _ask_about_unread(made, sample, found):
        return
    for name in dict.fromkeys((*goods, *(one for one in found.seen if _is_of_goods(one)))):
        if sample.schema[name] != pl.String or name.count("/"):
            continue
        rows = sample[name].drop_nulls()
        lists = rows.filter(rows.str.contains(_LIST))
        are_others = share(_are_of_others(lists, rows)) * len(lists) >= _OFTEN * len(rows)
        are_baskets = re.search(_BASKET, bare_name(name)) is not None and _is_row_per_receipt(found)
        if not len(lists) or not (are_others or (are_baskets and len(lists) >= _OFTEN * len(rows))):
            continue
        made.questions.append(
            f"{len(lists):,} rows have several goods in one cell of {name!r}, such as {str(lists[0])[:80]!r}, which "
            "cannot be read exactly: export one row per line of an order, with its count"
        )
        return


def _is_row_per_receipt(found: Columns) -> bool:
    receipt = found.roles.get("receipt")
    return receipt is not None and found.seen[receipt].distinct == 1


def _ask_about_unread(made: Proposal, sample: pl.DataFrame, found: Columns) -> bool:
    """Asks about a column of texts that is called goods or items, where receipts name no goods otherwise."""
    for name, seen in found.seen.items():
        if not _is_of_goods(name) or sample.schema[name] != pl.String or seen.numbers or seen.dates:
            continue
        texts = sample[name].drop_nulls()
        if share(sample[name].is_not_null()) > _MOSTLY and share(texts.str.contains(_SEVERAL)) > _OFTEN:
            made.questions.append(
                f"{name!r} seems to hold all goods of a receipt, such as {str(texts[0])[:80]!r}, which cannot be read "
                "exactly: are sums of receipts enough, as written below? Else export one row per line of an order"
            )
            return True
    return False


def _are_of_others(lists: pl.Series, rows: pl.Series) -> pl.Series:
    """Which cells have two parts or more that are all whole cells of other rows."""
    single = set(rows.filter(~rows.str.contains(_LIST)).str.strip_chars().to_list())
    parts = ([part.strip() for part in re.split(_LIST, str(cell)) if part.strip()] for cell in lists)
    return pl.Series([len(cut) > 1 and all(part in single for part in cut) for cut in parts], dtype=pl.Boolean)
