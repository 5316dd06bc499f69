"""Receipt numbers that each kind of document counts for itself: receipt 405 and credit note 405 are two."""

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import MOST_KINDS
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import KIND_NAME

_SERIES: Final = r"(?:^|_)(?:series?|prefix|prefijo|prefixo|prefisso|nature|clase|classe)(?:_|$)|серия"
"""Words in names of columns of series of numbers, beside those of kinds."""
_LEAST: Final = 3
"""Numbers that several kinds have from which kinds number their own. By judgement."""
_APART: Final = 0.9
"""Share of these numbers whose kinds must be of other moments each. By judgement: two tills may print at one."""
_OTHER_DAY: Final = 0.5
"""Share of these numbers whose kinds must be of other days. By judgement: numbers of two series meet on any day."""
_ONE_MOMENT: Final = 0.98
"""Share of the receipts, by number and kind, that must be of one moment."""
_SAME_GOODS: Final = 0.5
"""Share of these numbers of which one kind has no goods but those of another from which they are refunds under the
number of their sale. By judgement: of a short list of goods two receipts have some in common."""


def kind_of_numbers(sample: pl.DataFrame, found: Columns, key: Sequence[str | pl.Expr]) -> str | None:
    """The column of kinds of documents of which each has numbers of its own; None where one number is one receipt.

    Args:
        sample: the rows, with their day as `_day`.
        found: roles of the columns.
        key: what names a receipt but for its kind.
    """
    clock = [found.roles[role] for role in ("moment", "time") if role in found.roles]
    goods = next((found.roles[role] for role in ("product", "product_name") if role in found.roles), None)
    taken = {name for role, name in found.roles.items() if role != "status"}
    names = [name for name in found.seen if name not in taken and _may_be_kind(sample, found, name)]
    read: list[tuple[float, int, str]] = []
    for name in names:
        rows = sample.select(
            pl.struct(key).alias("_number"), pl.col(name).cast(pl.String).alias("_kind"), pl.col("_day"),
            pl.struct(clock).alias("_moment"), (pl.col(goods) if goods else pl.lit(None)).alias("_goods"),
        )  # fmt: skip
        if _are_apart(rows, is_of_day="_day" in key):
            moments = rows.group_by("_number", "_kind").agg(pl.col("_moment").n_unique())["_moment"]
            read.append((-share(moments == 1), sample[name].n_unique(), name))
    best = min(read, default=None)
    return best[2] if best is not None and -best[0] >= _ONE_MOMENT else None


def _may_be_kind(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    plain, seen = bare_name(name), found.seen[name]
    if not re.search(f"{KIND_NAME}|{_SERIES}", plain) or seen.dates or sample[name].null_count():
        return False
    return 2 <= sample[name].n_unique() <= MOST_KINDS


def _are_apart(rows: pl.DataFrame, *, is_of_day: bool) -> bool:
    """Whether numbers come under several kinds, each at its own moment and with its own goods.

    Lines of one receipt may have a moment each, and are of one day.
    """
    kinds = rows.group_by("_number", "_kind").agg(pl.col("_moment", "_day").first(), pl.col("_goods").unique())
    several = kinds.filter(pl.len().over("_number") > 1)
    numbers = several.group_by("_number").agg(pl.col("_moment", "_day").n_unique(), pl.len().alias("_kinds"))
    if numbers.height < _LEAST or share(numbers["_moment"] == numbers["_kinds"]) < _APART:
        return False
    if not is_of_day and share(numbers["_day"] > 1) < _OTHER_DAY:
        return False
    pairs = several.join(several, on="_number", suffix="_other").filter(pl.col("_kind") != pl.col("_kind_other"))
    within = pl.col("_goods").list.set_difference("_goods_other").list.len() == 0
    same = pairs.group_by("_number").agg(within.any().alias("same"))
    return share(same["same"]) < _SAME_GOODS
