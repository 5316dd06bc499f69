"""Ghosts: shops and goods that a line or two of sales name and no table knows. Found at ingest, kept beside the lake.

A slip of a till makes a fourth shop out of three, with features, a cluster and orders of its own. Its rows stay in the
lake; `Dataset.scan` leaves them out until a table or further sales confirm the id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from retail_brain.lake.side_lists import read_list, write_list

_LIST = "ghosts"
_MASTERS = {"store_id": "stores", "product_id": "products"}
CONFIRMING = ("inventory", "assortment", "supply", "prices", "open_orders")
"""Tables beside the master tables in which somebody has named the shop or product on purpose."""
_TIMES = 20
"""The usual shop has so many times the lines of a ghost: in a new chain every shop has few. By judgement."""


@dataclass(frozen=True)
class Ghosts:
    """Ids that are left out.

    Attributes:
        stores: shops.
        products: goods.
    """

    stores: tuple[str, ...] = ()
    products: tuple[str, ...] = ()


def find_ghosts(sales: Mapping[str, pl.LazyFrame], others: Mapping[str, pl.LazyFrame], most_lines: int) -> pl.DataFrame:
    """One row per ghost: `column` (store_id or product_id), `id`, `lines`.

    Goods are ghosts only where there is a table of products, since goods that sell once are usual. Shops are ghosts
    only where the usual shop has many times their lines.

    Args:
        sales: `transactions` and `daily_sales`, as far as they are there.
        others: every other table, by name; those with shops or goods confirm them.
        most_lines: lines of sales up to which an id is a ghost.
    """
    found = [
        rows.select(pl.lit(column).alias("column"), pl.col(column).alias("id"), "lines")
        for column in _MASTERS
        if sales and (rows := _unconfirmed(column, sales, others, most_lines)) is not None
    ]
    schema = {"column": pl.String, "id": pl.String, "lines": pl.Int64}
    return pl.concat([pl.DataFrame(schema=schema), *(rows.cast(schema) for rows in found)])  # type: ignore[arg-type]


def _unconfirmed(
    column: str, sales: Mapping[str, pl.LazyFrame], others: Mapping[str, pl.LazyFrame], most_lines: int
) -> pl.DataFrame | None:
    if column == "product_id" and "products" not in others:
        return None
    counts = pl.concat([frame.select(column) for frame in sales.values()]).group_by(column).agg(pl.len().alias("lines"))
    lines = counts.collect(engine="streaming")
    few = lines.filter(pl.col("lines") <= most_lines)
    if column == "store_id":
        few = few.filter(pl.col("lines") * _TIMES <= (lines["lines"].median() or 0))
    for known in _known(column, others):
        if few.height:
            few = few.join(known.unique().collect(), on=column, how="anti")
    return few.sort(column)


def _known(column: str, others: Mapping[str, pl.LazyFrame]) -> Iterator[pl.LazyFrame]:
    for name in (_MASTERS[column], *CONFIRMING):
        if name in others and column in others[name].collect_schema():
            yield others[name].select(column)


def write_ghosts(uri: str, ghosts: pl.DataFrame, options: Mapping[str, str]) -> None:
    """Replaces the list of ghosts of a lake; a lake without any has no list.

    Raises:
        UsageError: the lake's URI is empty.
    """
    write_list(uri, _LIST, ghosts, options)


def read_ghosts(uri: str, options: Mapping[str, str]) -> Ghosts:
    """The ghosts of a lake.

    Raises:
        UsageError: the lake's URI is empty.
    """
    rows = read_list(uri, _LIST, options)
    if rows is None:
        return Ghosts()
    ids = {column: tuple(rows.filter(pl.col("column") == column)["id"]) for column in _MASTERS}
    return Ghosts(ids["store_id"], ids["product_id"])
