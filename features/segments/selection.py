"""Selects the people of a segment: an expression over person features, attributes and history."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from features.segments.conditions import Condition
from features.segments.expression import (
    And,
    Compare,
    Expression,
    History,
    InStores,
    Not,
    OneOf,
    Or,
    parts,
)
from features.segments.sources import SegmentSources
from features.windows import until, within


@dataclass(frozen=True)
class SegmentCount:
    """How many people a segment has.

    Attributes:
        people: people of the segment.
        of: people known in all.
        customers: of the people, those with an account.
        contactable: of the people, those with a channel that is open, or any account where the lake has no consents.
        channels: channel -> people who may be contacted by it; empty where the lake has no consents.
        unseen: (table, column, value) of text values that occur nowhere: probably misspelled.
        absent: kinds of history that the lake has no table for, so that nobody meets them.
    """

    people: int
    of: int
    customers: int
    contactable: int
    channels: dict[str, int]
    unseen: list[tuple[str, str, str]]
    absent: list[str]


def select_people(expression: Expression, sources: SegmentSources) -> pl.DataFrame:
    """The people who meet an expression: person_id, customer_ids, is_contactable, granted_channels, by person_id.

    Complexity: one pass over the person features, and one over the facts of each condition on history.

    Raises:
        ExpressionError: a column is unknown, a value is of another type than its column, or a condition is misplaced.
    """
    histories = list(dict.fromkeys(part for part in parts(expression) if isinstance(part, History)))
    people = sources.people
    flags = {part: f"history {place}" for place, part in enumerate(histories)}
    for part, flag in flags.items():
        meeting = _meeting(part, sources).with_columns(pl.lit(value=True).alias(flag))
        people = people.join(meeting, on="person_id", how="left")
    condition = Condition(
        sources.people_columns,
        history=lambda part: pl.col(flags[part]).fill_null(value=False),
        stores=lambda where: _stores(where, sources),
    )
    kept = people.filter(condition.of(expression))
    return kept.select("person_id", "customer_ids", "is_contactable", "granted_channels").sort("person_id").collect()


def count_people(expression: Expression, sources: SegmentSources) -> SegmentCount:
    """Counts the people of a segment, and says what in the expression can match nobody.

    Raises:
        ExpressionError: as for `select_people`.
    """
    people = select_people(expression, sources)
    channels = people["granted_channels"].explode().drop_nulls().value_counts(sort=True)
    kinds = {part.kind for part in parts(expression) if isinstance(part, History)}
    return SegmentCount(
        people=people.height,
        of=sources.person.select(pl.len()).collect().item(),
        customers=int((people["customer_ids"].list.len() > 0).sum()),
        contactable=int(people["is_contactable"].sum()),
        channels=dict(channels.iter_rows()),
        unseen=_unseen(expression, sources),
        absent=sorted(kind for kind in kinds if not sources.has_history(kind)),
    )


def _meeting(part: History, sources: SegmentSources) -> pl.LazyFrame:
    """The `person_id`s that meet a condition on history."""
    facts = sources.facts(part.kind)
    facts = facts.filter(
        until("day", sources.as_of) if part.last_days is None else within("day", sources.as_of, part.last_days)
    )
    if part.where is not None:
        condition = Condition(sources.fact_columns(part.kind), stores=lambda where: _stores(where, sources))
        facts = facts.filter(condition.of(part.where))
    # several goods bought on one day are one time
    times = pl.col("day").n_unique() if part.kind == "bought" else pl.len()
    return (
        facts.group_by("person_id")
        .agg(times.alias("times"))
        .filter(pl.col("times") >= part.at_least)
        .select("person_id")
    )


def _stores(where: Expression, sources: SegmentSources) -> list[str]:
    condition = Condition(sources.store_columns)
    return sources.stores.filter(condition.of(where)).select("store_id").collect()["store_id"].to_list()


def _unseen(expression: Expression, sources: SegmentSources) -> list[tuple[str, str, str]]:
    """Text values that occur in no row of their column."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for table, part in _comparisons("people", expression):
        values = part.values if isinstance(part, OneOf) else (part.value,)
        texts = {value for value in values if isinstance(value, str)}
        if texts:
            wanted.setdefault((table, part.column), set()).update(texts)
    found = []
    for (table, column), texts in wanted.items():
        frame = {"people": sources.people, "stores": sources.stores}.get(table)
        frame = sources.facts(table) if frame is None else frame  # type: ignore[arg-type]
        kind = frame.collect_schema()[column]
        if kind not in (pl.String, pl.List(pl.String)):
            continue
        names = pl.col(column).explode() if kind == pl.List(pl.String) else pl.col(column)
        present = set(frame.select(names.unique()).collect()[column].to_list())
        found += [(table, column, value) for value in sorted(texts - present)]
    return found


def _comparisons(table: str, expression: Expression) -> Iterator[tuple[str, Compare | OneOf]]:
    match expression:
        case Compare() | OneOf():
            yield table, expression
        case Not(item=item):
            yield from _comparisons(table, item)
        case And(items=items) | Or(items=items):
            for item in items:
                yield from _comparisons(table, item)
        case InStores(where=where):
            yield from _comparisons("stores", where)
        case History(kind=kind, where=where) if where is not None:
            yield from _comparisons(kind, where)
