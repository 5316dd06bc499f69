"""Names what stays in the lake but is learned from by nobody: cards of tills and staff, ghosts of shops and goods."""

from collections.abc import Collection, Mapping

import polars as pl

from retail_brain.ingest.days_to_come import last_possible_day, stored_ahead
from retail_brain.lake import scan_if_there
from retail_brain.lake.ghosts import CONFIRMING, find_ghosts, write_ghosts
from retail_brain.lake.shared_cards import find_shared_cards, write_shared_cards
from retail_brain.progress import Progress
from retail_brain.settings import DataSettings

_SALES = ("transactions", "daily_sales")
_MASTERS = ("stores", "products", *CONFIRMING)
_SHOWN = 10
"""Ids named in the report; the lake's lists hold all. Chosen by judgement, not measured."""


def set_apart(
    changed: Collection[str], uri: str, options: Mapping[str, str], data: DataSettings, progress: Progress
) -> list[str]:
    """Finds shared cards and ghosts where the tables that tell of them have changed; returns a sentence for each.

    Args:
        changed: tables that an ingest has changed.
        uri: the lake.
        options: credentials of its object store.
        data: limits.
        progress: reports the steps and the sentences.
    """
    said = []
    if "transactions" in changed:
        said += _shared_cards(uri, options, data, progress)
    if not {*_SALES, *_MASTERS}.isdisjoint(changed):
        said += _ghosts(uri, options, data, progress)
    for name in _SALES:
        stored = scan_if_there(uri, name, options) if name in changed else None
        said += stored_ahead(name, stored, last_possible_day(name, data)) if stored is not None else []
    for sentence in said:
        progress.say(f"    note: {sentence}")
    return said


def _shared_cards(uri: str, options: Mapping[str, str], data: DataSettings, progress: Progress) -> list[str]:
    stored = scan_if_there(uri, "transactions", options)
    assert stored is not None
    with progress.step("cards of tills and staff") as step:
        cards = find_shared_cards(
            stored,
            receipts_per_day=data.shared_card_receipts,
            stores_per_day=data.shared_card_stores,
            days=data.shared_card_days,
        )
        write_shared_cards(uri, cards, options)
        step.rows = cards.height
    said = [
        f"card {card} had up to {receipts} receipts in {stores} shops on one of {days} such days: nobody's, so its "
        "receipts count as anonymous and it is in no list"
        for card, days, receipts, stores in cards.head(_SHOWN).iter_rows()
    ]
    if cards.height > _SHOWN:
        said.append(f"{cards.height - _SHOWN:,} more such cards are in shared_cards.parquet of the lake")
    return said


def _ghosts(uri: str, options: Mapping[str, str], data: DataSettings, progress: Progress) -> list[str]:
    def stored(names: tuple[str, ...]) -> dict[str, pl.LazyFrame]:
        return {name: frame for name in names if (frame := scan_if_there(uri, name, options)) is not None}

    with progress.step("shops and goods that one line knows") as step:
        ghosts = find_ghosts(stored(_SALES), stored(_MASTERS), data.ghost_most_lines)
        write_ghosts(uri, ghosts, options)
        step.rows = ghosts.height
    return [
        f"{len(ids):,} {kind} that no table knows are in {lines:,} lines of sales, such as {', '.join(ids[:_SHOWN])}: "
        f"these lines are left out of everything until {kind} are in a table or have more than {data.ghost_most_lines} "
        "lines (data.ghost_most_lines)"
        for kind, column in (("shops", "store_id"), ("goods", "product_id"))
        if (ids := ghosts.filter(pl.col("column") == column)["id"].to_list())
        for lines in [ghosts.filter(pl.col("column") == column)["lines"].sum()]
    ]
