"""Evaluates saved segments on a tenant's feature tables: reads an expression, counts its people and selects them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import polars as pl
from pydantic import ValidationError

from features.demand.periods import last_visible_day
from features.segments.expression import EXPRESSION, Expression, problem_of
from features.segments.parsing import parse
from features.segments.selection import SegmentCount, count_people, select_people
from features.segments.sources import SegmentSources
from features.segments.text import to_text
from retail_brain.dataset import Dataset
from retail_brain.errors import ExpressionError
from retail_brain.lake import open_lake
from retail_brain.operational.database import Database
from retail_brain.operational.segments import SegmentDraft, StoredSegment, static_members
from retail_brain.settings import Settings
from retail_brain.spoken_days import spoken_day
from retail_brain.workspace import Workspace


def open_sources(workspace: Workspace, settings: Settings, lake_uri: str | None = None) -> SegmentSources:
    """The tables that a tenant's segments are selected from: its feature tables, and the lake as of their day.

    Raises:
        NotFoundError: there are no features.
        DataError: there is no readable lake.
    """
    return SegmentSources.open(workspace.features, open_dataset(workspace, settings, lake_uri))


def open_dataset(workspace: Workspace, settings: Settings, lake_uri: str | None = None) -> Dataset:
    """A tenant's lake as of its last visible day.

    Raises:
        NotFoundError: there is no lake.
        DataError: it cannot be read, or holds no sales.
    """
    lake = open_lake(lake_uri or settings.lake_uri or str(workspace.lake), settings.storage_options)
    return lake.at(last_visible_day(lake, settings.data.period))


def read_expression(stated: str | Mapping[str, Any]) -> Expression:
    """An expression from its text or its JSON form.

    Raises:
        ExpressionError: it is neither.
    """
    if isinstance(stated, str):
        return parse(stated)
    try:
        return EXPRESSION.validate_python(stated)
    except ValidationError as error:
        where, problem = problem_of(error)
        raise ExpressionError(
            f"the segment's JSON cannot be read at {where or 'the top'}: {problem}. "
            "Write it as text, or see docs/segments.md for its form.",
            {"problem": "segment_json", "where": where or "-", "fault": problem},
        ) from error


def stored_expression(segment: StoredSegment) -> Expression:
    """The expression of a saved segment."""
    return EXPRESSION.validate_python(segment.expression)


def draft_segment(
    name: str, expression: Expression, sources: SegmentSources, *, owner: str, note: str = "", is_static: bool = False
) -> tuple[SegmentDraft, SegmentCount]:
    """A segment ready to be saved, counted as of the day of the features.

    Raises:
        ExpressionError: the expression cannot be used on these tables.
    """
    count = count_people(expression, sources)
    members = None
    if is_static:
        members = customers_of(select_people(expression, sources))
    stored = EXPRESSION.dump_python(expression, mode="json")
    return SegmentDraft(name, stored, owner, note, count.people, sources.as_of, members), count


def people_of_segment(segment: StoredSegment, database: Database, sources: SegmentSources) -> pl.DataFrame:
    """The people of a saved segment now: the columns of `select_people`.

    A living segment is selected anew; of a static one, those with an account that was saved are found again, under
    whatever person that account belongs to now.

    Raises:
        ExpressionError: the expression names a column that is no longer there.
        UnavailableError: the database does not answer.
    """
    if not segment.is_static:
        return select_people(stored_expression(segment), sources)
    members = pl.LazyFrame({"customer_id": static_members(database, segment)}, schema={"customer_id": pl.String})
    person = sources.person.select("person_id", "customer_ids", "is_contactable", "granted_channels")
    accounts = person.select("person_id", customer_id="customer_ids").explode("customer_id")
    found = accounts.join(members, on="customer_id", how="semi").select("person_id").unique()
    return person.join(found, on="person_id", how="semi").sort("person_id").collect()


def customers_of(people: pl.DataFrame) -> list[str]:
    """Customer ids of people, in order; people without an account have none."""
    return people["customer_ids"].explode().drop_nulls().to_list()


def plain_segment(segment: StoredSegment) -> dict[str, Any]:
    """A saved segment as a JSON object, with the text of its expression."""
    fields = asdict(segment) | {"text": to_text(stored_expression(segment))}
    fields |= {"as_of": segment.as_of.isoformat(), "saved_at": segment.saved_at.isoformat(timespec="seconds")}
    del fields["segment_id"]
    return fields


def count_warnings(count: SegmentCount, language: str) -> list[str]:
    """What in an expression can match nobody, in words."""
    if language == "zh":
        unseen = [f"{_TABLES[table]}的 {column} 里没有“{value}”这个值" for table, column, value in count.unseen]
        return unseen + [f"数据里没有“{_TABLES[kind]}”的表，没有人符合这个条件" for kind in count.absent]
    unseen = [f"no row of {table} has {column} = {value!r}" for table, column, value in count.unseen]
    return unseen + [f"the lake has no table for {kind}(...): nobody meets it" for kind in count.absent]


def consent_note(as_of: date, language: str) -> str:
    """Which day's consents the channels of a segment's people are of."""
    english, chinese = spoken_day(as_of, as_of)
    if language == "zh":
        return f"联系渠道是{chinese}做特征时同意的渠道；圈选人群和活动会按最新的同意情况重新核对"
    return (
        f"channels are those that were open on {english}, the day of the features; audiences and campaigns ask the "
        "consents anew"
    )


_TABLES = {
    "people": "顾客",
    "stores": "门店",
    "bought": "购买",
    "did": "行为",
    "contacted": "触达",
    "responded": "响应",
}
"""Tables of an expression in Chinese."""
