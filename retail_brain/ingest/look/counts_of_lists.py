"""Finds what may be the stock, and the prices, in a list of goods without a day: a person says which, and of when."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.draft import Proposal, number_key, quoted, whole
from retail_brain.ingest.look.figures_of_shops import is_of_one_shop
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.offers import promotions_of_offers
from retail_brain.ingest.look.state_columns import column_of
from retail_brain.ingest.look.stock_day import ask_for_day_of_stock, is_undated, stock_of_list, with_day_of_file
from retail_brain.ingest.look.words import bare_name, role_scores

_IN_STOCK: Final = (
    r"(?:^|_)(?:stock|inventory|warehouse|on_hand|available|sellable|fulfillable|physical)(?:_|$)|bestand|lager|verf[uü]gbar"
    r"|disponib|existenc|voorraad|库存|現庫|在庫|재고|остат|налич|наявн|залиш|dost[eu]p|skladem"
)
"""A word in the name of a count of goods that are there."""
_NOT_THERE: Final = (
    r"(?:^|_)(?:out|min|max|minimum|maximum|reorder|safety|unsellable|inbound|incoming|reserved|notify|alert|below|threshold"
    r"|days?|value|unavailable|damaged|future|cover)(?:_|$)|mindest|sicherheit|meldebestand"
)
"""A word in the name of a count that is a limit, or of goods that are not there to sell."""
_QUANTITY: Final = (
    r"qty|quantity|units|count|menge|anzahl|quantite|cantidad|quantidade|quantita|q_ta|aantal|ilosc|mnozstvi|pocet|mennyiseg"
    r"|adet|miktar|antall?|maara|kpl|количество|кол_во|кількість|к_сть|数量|件数|数|수량|so_luong|jumlah|จำนวน"
)
"""A column that is called a quantity and no more."""
_LEAST_COUNTS: Final = 4
"""Different counts of a stock at least; fewer are flags or sizes of packs. By judgement."""


def counts_of_list(one: LookedAt) -> Proposal | None:
    """The mapping of `inventory` from a list of goods whose counts are called quantities of what is there.

    Which one is the stock is asked: sellable goods and all in the warehouse are counted beside each other.

    Args:
        one: a file that was looked at; None is returned for any but a list of goods without a column of stock.
    """
    roles = one.columns.roles
    if one.proposal.table != "products" or "on_hand" in roles or "product" not in roles or one.proposal.keys:
        return None
    names = [name for name in one.columns.all_of("units") if _may_be_stock(one, name)]
    if not names:
        return None
    made = Proposal(table="inventory", columns={"product_id": quoted(roles["product"])})
    made.columns["store_id"] = quoted(roles["store"]) if "store" in roles else '{ constant = "1" }'
    made.columns["on_hand"] = "?" + "\n".join(whole(number_key(made, one.columns, name, "on_hand")) for name in names)
    made.questions.append(f"which of {names} in {one.path.name} is the stock to sell from? Else leave the table out")
    if len(names) == 1 and (blank := one.sample[names[0]].null_count()):
        made.keys["where"] = f"'''length({column_of(names[0])}) > 0'''"
        made.remarks.append(f"{blank:,} rows have no {names[0]!r}: they are no stock and are left out")
    ask_for_day_of_stock(made)
    return with_day_of_file(made, one)


def prices_of_list(one: LookedAt) -> Proposal | None:
    """The mapping of `prices` from a list of goods with its stock, where no column has a day; None for any other file.

    They hold from the day of the stock on, or one that a person must write.

    Args:
        one: a file that was looked at. A list without stock has `list_price` alone, which needs no day.
    """
    stock = stock_of_list(one) or counts_of_list(one)
    price = one.columns.roles.get("price")
    day = stock.columns["date"] if stock is not None else ""
    is_of_file = "file_name" in day or "constant" in day
    if stock is None or not is_of_file or price is None or is_of_one_shop(one.columns, price):
        return None
    if not is_undated(stock) and promotions_of_offers(one) is not None:
        return None  # a list of offers says the usual prices beside those of some days
    if any(name != price and _head(name) == _head(price) for name in one.columns.seen):
        return None  # prices of several groups of buyers or moneys: none of them is everybody's
    made = Proposal(table="prices", columns={ours: stock.columns[ours] for ours in ("product_id", "store_id")})
    made.columns["valid_from"] = day
    made.columns["unit_price"] = number_key(made, one.columns, price, "unit_price")
    if is_undated(stock):
        made.questions.append(
            f"from which day on do the prices {price!r} in {one.path.name} hold? Write it in the place of YYYY-MM-DD, "
            "or leave the table out"
        )
    else:
        made.remarks.append(f"the prices {price!r} hold from the day of the stock on")
    if blank := one.sample[price].null_count():
        made.keys["where"] = f"'''length({column_of(price)}) > 0'''"
        made.remarks.append(f"{blank:,} rows have no {price!r}: they have no price and are left out")
    made.remarks += _lowered(one)
    return made


def _lowered(one: LookedAt) -> list[str]:
    """Remarks on columns of discounts of some goods, which prices of a shelf are before."""
    seen = one.columns.seen
    names = [name for name in seen if "discount" in role_scores(name) and seen[name].filled > 0]
    return [
        f"{one.sample[name].count():,} rows have a {name!r}, which is not taken off their price: it may be an offer "
        "of some days (`promotions`)"
        for name in names
        if (one.sample[name].cast(pl.String).str.strip_chars("0.,% ") != "").any()
    ]


def _head(name: str) -> str:
    """The name of a column without what stands in brackets, such as `Price` of `Price (Gold)`."""
    return re.split(r"\s*[\[(（【]", name, maxsplit=1)[0]


def _may_be_stock(one: LookedAt, name: str) -> bool:
    """Whether a column has whole numbers of several sizes and is called a count of what is there."""
    plain, seen = bare_name(name), one.columns.seen[name]
    if "units" not in role_scores(name) or not seen.numbers or re.search(_NOT_THERE, plain):
        return False
    counts = values(one.sample, one.columns, name).drop_nulls()
    is_counted = counts.n_unique() >= _LEAST_COUNTS and bool((counts == counts.round()).all())
    return is_counted and (re.search(_IN_STOCK, plain) is not None or _is_plain_count(one, plain, name, counts))


def _is_plain_count(one: LookedAt, plain: str, name: str, counts: pl.Series) -> bool:
    """Whether a column is called a quantity and no more, is the only one, and is 0 or says beside what is there.

    A list of goods with prices counts its stock so; units of a pack and least orders are never 0.
    """
    is_only = one.columns.all_of("units") == [name] and "price" in one.columns.roles
    if not is_only or not re.fullmatch(_QUANTITY, plain):
        return False
    others = [bare_name(other) for other in one.columns.seen if other != name]
    return bool((counts <= 0).any()) or any(re.search(_IN_STOCK, other) for other in others)
