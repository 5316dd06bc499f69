"""Customer assets (数据银行): people known, reachable and active by month, and those gained and lost.

Counted for all, for each region, shop and guide, from the one table of `features.person.funnel.people_moves`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from features.person.funnel import NOT_KNOWN

ACTIVE_STAGES: Final = ("friend", "old_friend")
"""Stages of customers who bought and are not silent for longer than their own rhythm allows."""
LEVELS: Final = ("all", "region", "store", "guide")
COUNTS: Final = (
    *("known", "newly_known", "reachable", "active"),
    *("gained", "lost", "moved_in", "moved_out"),
)
ASSET_COLUMNS: Final = ("month_end", "level", "region", "store_id", "guide_id", *COUNTS)


@dataclass(frozen=True)
class Shown:
    """Whose people are counted: those of some shops, or those of a guide.

    Attributes:
        column: `store_id` or `guide_id`.
        values: ids.
    """

    column: Literal["store_id", "guide_id"]
    values: Collection[str]

    def holds(self, prefix: str = "") -> pl.Expr:
        """Whether people are theirs: after the month, or with the prefix `from_` before it."""
        return pl.col(prefix + self.column).is_in(list(self.values)).fill_null(value=False)


def assets(moves: pl.DataFrame, regions: Mapping[str, str | None], shown: Shown | None = None) -> pl.DataFrame:
    """One row per month's end x level x region, shop or guide: the columns of `ASSET_COLUMNS`.

    `known`, `reachable` and `active` stand at the month's end. `newly_known`, `gained` (became active), `lost` (active
    before, now sleeping or lost), `moved_in` and `moved_out` (active before and after, elsewhere before or after)
    happened within the month: active before + gained - lost + moved_in - moved_out is active at its end. A region, shop
    or guide that is null holds the people of none.

    Args:
        moves: result of `people_moves`.
        regions: store -> region.
        shown: people to count; None: all. Somebody who comes from elsewhere has moved in.
    """
    region = {store: name for store, name in regions.items() if name is not None}
    rows = moves.with_columns(
        _mapped("store_id", region).alias("region"),
        _mapped("from_store_id", region).alias("from_region"),
        was_in=(pl.col("from_stage") != NOT_KNOWN) & (shown.holds("from_") if shown else pl.lit(value=True)),
        is_in=shown.holds() if shown else pl.lit(value=True),
        was_active=pl.col("from_stage").is_in(ACTIVE_STAGES),
        is_active=pl.col("stage").is_in(ACTIVE_STAGES),
    )
    columns = {"all": None, "region": "region", "store": "store_id", "guide": "guide_id"}
    counted = [_level(rows, level, column) for level, column in columns.items()]
    return pl.concat(counted, how="diagonal").select(ASSET_COLUMNS).sort(
        pl.col("month_end"),
        pl.col("level").replace_strict({level: place for place, level in enumerate(LEVELS)}),
        "region", "store_id", "guide_id", nulls_last=True,
    )  # fmt: skip


def _mapped(column: str, values: Mapping[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(values, default=None, return_dtype=pl.String)


def _level(rows: pl.DataFrame, level: str, column: str | None) -> pl.DataFrame:
    """Counts of one level: the sums of people who are in each region, shop or guide, and of those who were."""
    after = pl.lit(None, dtype=pl.String) if column is None else pl.col(column)
    before = pl.lit(None, dtype=pl.String) if column is None else pl.col(f"from_{column}")
    same = pl.col("was_in") & pl.col("is_in") & before.eq_missing(after)
    was, active, people = pl.col("was_active"), pl.col("is_active"), pl.col("people")

    def total(name: str, flag: pl.Expr) -> pl.Expr:
        return people.filter(flag).sum().alias(name)

    here = rows.filter("is_in").group_by("month_end", after.alias("place")).agg(
        total("known", pl.lit(value=True)),
        total("newly_known", pl.col("from_stage") == NOT_KNOWN),
        total("reachable", pl.col("is_reachable")),
        total("active", active),
        total("gained", active & ~was),
        total("moved_in", active & was & ~same),
    )  # fmt: skip
    left = rows.filter("was_in").group_by("month_end", before.alias("place")).agg(
        total("lost", was & ~active), total("moved_out", was & active & ~same)
    )  # fmt: skip
    both = here.join(left, on=["month_end", "place"], how="full", coalesce=True, nulls_equal=True)
    counts = both.with_columns(pl.col(COUNTS).fill_null(0), level=pl.lit(level))
    return counts.drop("place") if column is None else counts.rename({"place": column})
