"""Reports that sum the sales of goods over a day, with a row for each size or kind of goods of one name."""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, listed, quoted
from retail_brain.ingest.look.state_columns import kinds_of, plain_kind
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK

_BETWEEN: Final = "-"
"""Mark between the name of goods and their kind in an id, as the mapping joins them."""
_FREE: Final = (None, "status", "category", "subcategory", "brand")
"""Roles of a column that may tell apart goods of one name."""


@dataclass(frozen=True)
class Totals:
    """Rows of which each day and shop has one for each product.

    Attributes:
        rows: the rows so.
        columns: of them.
        goods: the column of goods.
        kind: the column that tells apart rows of one name; blank where rows are added up.
        added: rows that are added up.
    """

    rows: pl.DataFrame
    columns: Columns
    goods: str
    kind: str
    added: int

    def write(self, made: Proposal) -> None:
        """Writes what the product is in a proposal for the rows."""
        if self.kind:
            for ours, value in made.columns.items():
                if value == quoted(self.goods) and ours in ("product_id", "name"):
                    made.columns[ours] = f'{{ columns = {listed([self.goods, self.kind])}, default = "" }}'
            made.remarks.append(f"{self.goods!r} comes several times a day: with {self.kind!r} it names one product")
        elif self.added:
            made.keys["add_up"] = "true"
            made.remarks.append(f"{self.added:,} rows name goods of their day once more: they are added up")


def totals_of_goods(rows: pl.DataFrame, found: Columns) -> Totals | None:
    """The rows of a report by goods as totals of days; None where each of its goods comes once a day.

    Args:
        rows: without receipts, times and people, with the role `moment` for their day.
        found: roles of the columns.
    """
    roles = found.roles
    goods = roles.get("product") or roles["product_name"]
    key = [roles[role] for role in ("moment", "store") if role in roles]
    once = rows.unique([*key, goods], keep="first", maintain_order=True)
    if once.height == rows.height:
        return None
    held = {name: role for role, name in roles.items()}
    for name, seen in found.seen.items():
        is_kind = name not in (*key, goods) and held.get(name) in _FREE and not (seen.numbers or seen.dates)
        if not is_kind or not seen.filled or rows.select(*key, goods, name).is_duplicated().any():
            continue
        if any(plain_kind(kind) and _is_state(plain_kind(kind)) for kind in kinds_of(rows, name)):
            continue
        told = pl.concat_str([pl.col(goods), pl.col(name)], separator=_BETWEEN, ignore_nulls=True)
        others = {role: theirs for role, theirs in roles.items() if theirs != name}
        return Totals(rows.with_columns(told.alias(goods)), replace(found, roles=others), goods, name, 0)
    return Totals(once, found, goods, "", rows.height - once.height)


def _is_state(kind: str) -> bool:
    """Whether a word says that rows are cancelled or returned."""
    told = pl.Series([kind]).str.contains(f"{CANCELLED}|{GIVEN_BACK}")
    return bool(told[0])
