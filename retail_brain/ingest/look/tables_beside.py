"""Finds tables beside the own one of a file: stock, prices and shops by the columns of goods, consents of people."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from retail_brain.ingest.look.consents_of_people import consents_of_people
from retail_brain.ingest.look.counts_of_lists import counts_of_list, prices_of_list
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.identities_of_people import identities_of_people
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.offers import promotions_of_offers
from retail_brain.ingest.look.shops_of_files import OF_SHOPS
from retail_brain.ingest.look.stock_beside_sales import stock_beside_sales
from retail_brain.ingest.look.stock_day import is_undated, sheet_of, stock_of_list
from retail_brain.ingest.look.stock_of_shops import prices_of_shops, shops_of_columns, stock_of_shops
from retail_brain.ingest.look.suppliers_and_guides import names_beside
from retail_brain.ingest.look.words_of_stock import is_called_stock

_BESIDE: Final[Mapping[str, Sequence[Callable[[LookedAt], Proposal | None]]]] = {
    "promotions": (promotions_of_offers,),
    "inventory": (stock_of_shops, stock_of_list, stock_beside_sales, counts_of_list),
    "prices": (prices_of_shops, prices_of_list),
    "stores": (shops_of_columns,),
    "suppliers": (lambda one: names_beside(one, "suppliers"),),
    "guides": (lambda one: names_beside(one, "guides"),),
    "identities": (lambda one: identities_of_people(one.proposal, one.sample, one.columns),),
    "consents": (lambda one: consents_of_people(one.proposal, one.sample, one.columns),),
}
"""Table -> what finds it in a file; the first that does counts."""

_SALES: Final = {"transactions", "daily_sales"}
_DAY: Final = "a day such as 2026-11-14"


def tables_beside(looked: Sequence[LookedAt], done: Collection[str]) -> Iterator[tuple[LookedAt, Proposal]]:
    """The file and the mapping of every further table that no file feeds as its own.

    Args:
        looked: the files of a dataset.
        done: tables that files feed as their own. Beside sales the stock of a list of goods without a day is no
            question, unless its file or sheet is called stock: it comes as a remark, without a table.
    """
    for table, ways in _BESIDE.items():
        found = ((one, made, way) for way in ways for one in looked if (made := way(one)) is not None)
        first = next(found, None) if table not in done else None
        if first is None:
            continue
        one, made, way = first
        if table == "stores" and _SALES & set(done):
            continue  # sales say which shops there are, and by which ids
        if way in (counts_of_list, prices_of_list) and _SALES & set(done) and made.questions:
            continue  # beside sales no question is worth what may be stock, and prices are those that were paid
        is_named = is_called_stock(sheet_of(one.keys) or one.path.stem)  # a file of stock is there to be read
        if is_undated(made) and "wide" not in made.keys and not is_named and _SALES & set(done):
            yield one, Proposal(remarks=[f"its stock has no day and is not read: put {_DAY} into the name of the file"])
        else:
            yield one, made


def counted_alike(one: LookedAt, made: Proposal, looked: Sequence[LookedAt]) -> list[LookedAt]:
    """The files of lists or of sales by day with stock that have the columns of one of them; else this one alone.

    They are of a shop each, or of a day.

    Args:
        one: a file that feeds a table beside its own.
        made: the table beside.
        looked: the files of a dataset.
    """
    table = one.proposal.table
    is_counted = made.table in OF_SHOPS and table == "products" and stock_of_list(one) is not None
    if not is_counted and not (made.table == "inventory" and table == "daily_sales"):
        return [one]
    same = [other for other in looked if other.place[1] == one.place[1] and other.proposal.table == table]
    return [other for other in same if [*other.columns.seen] == [*one.columns.seen]]
