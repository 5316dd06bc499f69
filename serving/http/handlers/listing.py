"""Lines of all stores, filtered, sorted, grouped and added up on the server: one engine for every list."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import ANEW, Call, no_champion
from serving.http.handlers.orders import plain_orders, recent_orders
from serving.http.handlers.stock_network import network_rows, open_exceptions, plain_rows, with_path
from serving.http.handlers.suggestions import newest_decision, suggestion_rows
from serving.http.messages.listing_messages import LinesAsked, ListingFileRequest, ListingRequest
from serving.planning.listing.engine import Condition, Query, Table, listing
from serving.planning.listing.tables import SEARCHED, TABLES
from serving.store.listing.names import with_names
from serving.store.listing.order_lines import is_cost_estimated, rows_of

_MOST_GROUPS = 2_000
"""Groups in one answer: more than anybody reads, and about a megabyte. `groups_total` says how many there are."""
_NAMES = ("store_name", "region", "product_name", "department", "category")
_PURCHASE_ORDER = ("purchase_order_cost", "purchase_order_minimum", "purchase_order_trucks", "is_below_minimum")
_SUPPLIED = (
    "supplier_id",
    "supplier_name",
    "warehouse_id",
    "warehouse_name",
    "purchase_order",
    "purchase_order_name",
    "unit_cost",
    "cost_basis",
    "quantity",
    "sent_quantity",
    "cost",
    "value",
    "lost_sales",
)


def lines_of(request: ListingRequest, call: Call) -> dict[str, Any]:
    """Lines of a list that a request asks for, with totals, groups and counts.

    Raises:
        HttpError: the role may not see the list.
        NotFoundError: a column or filter is none of the list's.
        ImpossibleError: a value is none of the column's.
        ModelError: nothing of the kind was published.
    """
    table = TABLES[request.table]
    check_may_list(request.table, call)
    sort = [(one.column, one.descending) for one in request.sort]
    query = asked_query(request, sort, request.group_by)
    found = listing(listed_frame(request, call), table, query)
    shown = found.page(request.offset, request.limit)
    groups = None if found.groups is None else found.groups.head(_MOST_GROUPS).to_dicts()
    return {
        "table": table.name,
        "rows": _ROWS[request.table](shown, call),
        "total": found.rows.height,
        "of": found.of,
        "totals": found.totals,
        "groups": groups,
        "groups_total": None if found.groups is None else found.groups.height,
        "shows": found.shows,
        "columns": _described(table),
        "names": dict(shown.select("product_id", "product_name").unique(maintain_order=True).iter_rows()),
        "newest_decision": newest_decision(call) if request.table == "suggestions" else None,
    }


def depends_on(request: ListingRequest, _call: Call) -> object:
    """Nothing but the tenant's view; the order book is read from the database each time."""
    return ANEW if request.table == "orders" else None


def asked_query(asked: LinesAsked, sort: Sequence[tuple[str, bool]] = (), group_by: str | None = None) -> Query:
    """The engine's query of a request."""
    where = [Condition(**dict(one)) for one in asked.where]
    return Query(where, asked.search, asked.show, sort, group_by)


def check_may_list(table: str, call: Call) -> None:
    """Checks that the role may see a list: excess stock concerns marketers too, the others those who see stock.

    Raises:
        HttpError: it may not.
    """
    may = call.principal.may(Scope.STOCK) or (table == "leftovers" and call.principal.may(Scope.PEOPLE))
    if not may:
        raise HttpError(
            403,
            "forbidden",
            f"role {call.principal.role} may not list {table}; wanted a role with {Scope.STOCK}.",
            {"problem": "role_may_not"},
        )


def listed_frame(request: ListingRequest | ListingFileRequest, call: Call) -> pl.DataFrame:
    """All lines of a list, with names, in the order that holds where none is asked for.

    Raises:
        ModelError: nothing of the kind was published.
    """
    if request.table == "suggestions":
        return suggested_lines(call)
    if request.table == "orders":
        return with_names(recent_orders(call, request.since), call.answers)
    table = open_exceptions(call) if request.table == "attention" else network_rows(request.table, call)
    stores = _STORES.get(request.table, ("store_id",))
    # exceptions are others after every decision, and must not be remembered longer than that
    memo = call.view.memo if request.table == "attention" else call.answers.lines_memo

    def named() -> pl.DataFrame:
        lines = table.with_columns(is_cost_estimated=is_cost_estimated()) if request.table == "leftovers" else table
        return with_names(lines, call.answers, stores)

    return memo.get((table,), request.table, named)


def suggested_lines(call: Call) -> pl.DataFrame:
    """All order suggestions with names and the decisions that count.

    Raises:
        ModelError: there is no demand model.
    """
    lines = call.view.order_lines
    if lines is None:
        raise no_champion("demand")
    return lines


_STORES = {"transfers": ("from_store_id", "to_store_id"), "attention": ("store_id", "other_store_id")}


def _suggestions(shown: pl.DataFrame, call: Call) -> list[dict[str, Any]]:
    suggestions = call.answers.suggestions
    assert suggestions is not None
    stores, products = shown["store_id"].to_list(), shown["product_id"].to_list()
    rows = suggestion_rows(suggestions, rows_of(shown), stores, products, call)
    counted = shown.select(*_NAMES, *_SUPPLIED, *_PURCHASE_ORDER, "comments")
    more = counted.with_columns(pl.col("comments").cast(pl.Int64)).with_columns(pl.col(pl.Float64).round(4))
    return [row | added for row, added in zip(rows, more.iter_rows(named=True), strict=True)]


def _orders(shown: pl.DataFrame, _call: Call) -> list[dict[str, Any]]:
    return plain_orders(shown.drop(SEARCHED))


def _plain(shown: pl.DataFrame, call: Call) -> list[dict[str, Any]]:
    return plain_rows(shown.drop(SEARCHED), call.language)


def _leftovers(shown: pl.DataFrame, call: Call) -> list[dict[str, Any]]:
    return [with_path(row) for row in _plain(shown.drop("is_cost_estimated"), call)]


_ROWS: dict[str, Callable[[pl.DataFrame, Call], list[dict[str, Any]]]] = {
    "suggestions": _suggestions,
    "orders": _orders,
    "transfers": _plain,
    "counts": _plain,
    "leftovers": _leftovers,
    "attention": _plain,
}


def _described(table: Table) -> list[dict[str, Any]]:
    return [
        {"name": name, "kind": str(kind), "is_group": name in table.groups, "is_sum": name in table.sums}
        for name, kind in table.columns.items()
    ]
