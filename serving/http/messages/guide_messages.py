"""Requests and responses about guides: their people, lists, answers and credit."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from serving.http.messages.common import (
    NO_NUL,
    ONCE,
    WHOLE,
    Comment,
    Day,
    Id,
    Instant,
    Names,
    Strict,
    Text,
    Version,
    config,
)
from serving.http.messages.effect_messages import LookRow
from serving.http.messages.partly_read import PartlyRead
from serving.http.messages.people_messages import ExclusionRow

Outcome = Literal["done", "not_reached", "bought", "refused"]


class GuidesRequest(BaseModel):
    """The guides; with `guide_id` only this one, and the moves of their people."""

    model_config = config({}, {"guide_id": "G021"})

    guide_id: Id | None = None


class GuideSaveRequest(BaseModel):
    """Name, shop and capacity of a guide; what is left out stays, null takes it away. One who left is back."""

    model_config = config({"guide_id": "G021", "name": "王芳", "capacity": 12})

    guide_id: Id
    name: Text | None = None
    store_id: Annotated[Id | None, Field(description="null: the shop of most of their people")] = None
    capacity: Annotated[
        Annotated[int, Field(strict=True, ge=0, le=10_000), WHOLE] | None,
        Field(description="people a day; null: the setting"),
    ] = None
    version: Annotated[Version | None, Field(description="that the change was made to; none for the first one")] = None


class GuideLeaveRequest(BaseModel):
    """A guide who leaves: their people go to `to`, or to the guides of the shop, whoever has fewest first."""

    model_config = config({"guide_id": "G022"}, {"guide_id": "G022", "to": "G023", "on": "2026-03-02"})

    guide_id: Id
    to: Id | None = None
    on: Annotated[Day | None, Field(description="first day without them; else the day after the answers")] = None
    version: Annotated[Version | None, Field(description="that the change was made to; none for the first one")] = None


class GuideMakeRequest(BaseModel):
    """Makes the lists of a day (else of the day after the answers) for some guides (none named: all)."""

    model_config = config({}, {"guide_ids": ["G021"]})

    day: Day | None = None
    guide_ids: Annotated[list[Id], Field(max_length=10_000), ONCE] = []


class GuideListRequest(BaseModel):
    """The list of a guide on a day (else on the day after the answers); a guide's key sees its own."""

    model_config = config({"guide_id": "G021"}, {"guide_id": "G021", "day": "2026-03-02"})

    guide_id: Annotated[Id | None, Field(description="none: of every guide whose people the key sees")] = None
    day: Day | None = None


class GuideAnswerIn(BaseModel):
    """What came of a line; it may come late, and of several the latest `at` counts. A refusal closes the channel."""

    model_config = config()

    answer_id: Annotated[Id, Field(description="the sender's own id: the same one twice counts once")]
    task_id: Annotated[str, Field(min_length=1, max_length=40, pattern=NO_NUL)]
    outcome: Outcome
    at: Annotated[Instant, Field(description="when it happened, by the phone's clock")]
    note: Comment | None = None


_MOST_ROWS = 1000
"""Answers or referrals of one call, as of events. Chosen by judgement, not measured."""


class GuideAnswersRequest(PartlyRead):
    """What came of lines, from a phone that may have been offline.

    Answers that cannot be read or stored are named, the others are kept.
    """

    list_field, row_model, row_name, most_rows = "answers", GuideAnswerIn, "answer", _MOST_ROWS
    model_config = config(
        {"answers": [{"answer_id": "a-1", "task_id": "0a1b", "outcome": "bought", "at": "2026-03-02T10:15:00Z"}]}
    )

    answers: Annotated[list[GuideAnswerIn], Field(min_length=1, max_length=_MOST_ROWS)]


class ReferralIn(BaseModel):
    """A new customer whom a guide brought."""

    model_config = config()

    referral_id: Id
    guide_id: Id
    customer_id: Id
    referred_by: Annotated[Id | None, Field(description="customer who sent them")] = None
    at: Instant


class GuideReferralsRequest(PartlyRead):
    """People whom guides brought; the first who names somebody has the credit. Who was a customer before is refused.

    Referrals that cannot be read or stored are named, the others are kept.
    """

    list_field, row_model, row_name, most_rows = "referrals", ReferralIn, "referral", _MOST_ROWS
    model_config = config(
        {
            "referrals": [
                {"referral_id": "n-1", "guide_id": "G021", "customer_id": "C00001", "at": "2026-03-02T10:15:00Z"}
            ]
        }
    )

    referrals: Annotated[list[ReferralIn], Field(min_length=1, max_length=_MOST_ROWS)]


class GuideCreditRequest(BaseModel):
    """Credit of guides; with `measure` it is worked out now, as of the last day of the data."""

    model_config = config({}, {"measure": True, "since": "2026-03-01"})

    measure: Annotated[bool, Field(strict=True)] = False
    since: Annotated[Day | None, Field(description="only lines and referrals of this day or later")] = None


class GuideRow(Strict):
    """A guide as they stand; `version` is null where nobody stored anything about them."""

    guide_id: str
    version: int | None
    name: str | None
    store_id: str | None
    capacity: int
    people: int
    is_here: bool
    left_on: str | None


class MoveRow(Strict):
    """One move of a customer from a guide (`before`) to another."""

    customer_id: str
    guide_id: str | None
    before: str | None
    rule: str
    moved_by: str
    moved_at: str


class GuidesResponse(Strict):
    """Guides by id; the moves where one was asked for."""

    guides: list[GuideRow]
    moves: list[MoveRow]
    may_write: bool


class GuideResponse(Strict):
    """A guide after a change, and how many of their people were moved."""

    guide: GuideRow
    moved: int
    without_guide: int


class GuideMakeResponse(Strict):
    """New lines by guide, and why others of their people have none."""

    day: str
    data_day: Annotated[str, Field(description="first day that the answers have not seen: goods are as of it")]
    clock_day: Annotated[str, Field(description="day by the machine's clock: consents and caps go by it")]
    lines: dict[str, int]
    left_out: Annotated[
        list[ExclusionRow],
        Field(description="people of these guides without a line of the day, by the first reason that holds"),
    ]


class TaskRow(Strict):
    """One line of a list: whom, about what, why, by which channel, what to say, and what came of it."""

    task_id: str
    guide_id: str
    day: str
    rank: Annotated[int, Field(description="from 1; 0 for what a trigger asks for"), WHOLE]
    customer_id: str
    channel: str
    store_id: str | None
    product_id: str | None
    source: str
    reason: str
    text: str
    text_zh: str
    probability: float | None
    expected_value: float | None
    segment: str | None
    state: Literal["open", "done", "not_reached", "bought", "refused", "opted_out"]
    answered_at: str | None


class GuideListResponse(Strict):
    """The lines of a day in their order."""

    day: str
    tasks: list[TaskRow]
    names: Names


class StoredResponse(Strict):
    """How many were new, and how many had been sent before."""

    stored: int
    duplicates: int


class RefusedAnswer(Strict):
    """An answer that was not stored: its place in the list, from 0, its id, and what is wrong with it.

    The id is null where the answer cannot be read.
    """

    answer: int
    answer_id: str | None
    where: str
    problem: str


class GuideAnswersResponse(StoredResponse):
    """How many answers were new, how many had been sent before, and which were refused."""

    refused: list[RefusedAnswer]


class RefusedReferral(Strict):
    """A referral that was not stored: its place in the list, from 0, its id, and what is wrong with it.

    The id is null where the referral cannot be read.
    """

    referral: int
    referral_id: str | None
    where: str
    problem: str


class ReferralsResponse(StoredResponse):
    """How many were new, how many people had been brought before, and which were refused."""

    refused: list[RefusedReferral]


class GuideCreditResponse(Strict):
    """The newest credit (null before the first look): one row per guide; and the effect of the lists."""

    as_of: str | None
    since: str | None
    guides: list[dict[str, Any]]
    effect: dict[str, Any] | None
    looks: list[LookRow]
    looks_left_out: int = 0
