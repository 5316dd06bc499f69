"""Requests and responses about triggers."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from retail_brain.decisions.triggers.definition import TriggerDefinition
from serving.http.messages.common import NO_NUL, ONCE, WHOLE, Flag, Offset, Strict, Text, Version, config
from serving.http.messages.effect_messages import LookRow

TriggerId = Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]
FiringState = Literal["waiting", "taken", "sent", "held", "dropped", "opted_out"]

_EXAMPLE = {
    "name": "Bag reminder",
    "kind": "bag_add",
    "delay_minutes": 120,
    "slots": [
        {
            "channel": "wechat",
            "text": "{product} waits in your bag.[ It is often bought with {goes_with}.]",
            "text_zh": "{product}还在您的购物袋里。[常和{goes_with}一起买。]",
            "contact_cost": 0.02,
        }
    ],
}


class TriggersRequest(BaseModel):
    """All triggers, or those that stand in some states."""

    model_config = config({}, {"states": ["on"]})

    states: Annotated[list[Literal["on", "off", "removed"]], Field(min_length=1, max_length=3)] | None = None


class TriggerRequest(BaseModel):
    """A trigger to look at; with `trigger` it is stored, with the `version` that the change was made to."""

    model_config = config({"trigger_id": "bag"}, {"trigger_id": "bag", "trigger": _EXAMPLE, "owner": "Ms Li"})

    trigger_id: TriggerId
    trigger: TriggerDefinition | None = None
    version: Annotated[Version | None, Field(description="that the change was made to; none for a new trigger")] = None
    owner: Annotated[Text | None, Field(description="who answers for it; else as before, or whoever makes it")] = None
    is_on: Annotated[Flag, Field(description="whether it fires")] = True


class TriggerActRequest(BaseModel):
    """What is done to a trigger, and the version that whoever does it saw."""

    model_config = config({"trigger_id": "bag", "version": 1, "act": "off"})

    trigger_id: TriggerId
    version: Version
    act: Literal["on", "off", "remove"]


class TriggerRunRequest(BaseModel):
    """Looks for causes now: in the events received, and in the published tables (none named: of all triggers)."""

    model_config = config({}, {"trigger_ids": ["bag"]})

    trigger_ids: Annotated[list[TriggerId], Field(max_length=500), ONCE] = []


class TriggerFiringsRequest(BaseModel):
    """What a trigger fired, in the order of noting."""

    model_config = config({"trigger_id": "bag", "state": "dropped"})

    trigger_id: TriggerId
    state: FiringState | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=10_000), WHOLE] = 1000
    offset: Offset = 0


class TriggerEffectRequest(BaseModel):
    """A trigger whose effect was measured; with `measure` it is measured now, as of the last day of the data."""

    model_config = config({"trigger_id": "bag"}, {"trigger_id": "bag", "measure": True})

    trigger_id: TriggerId
    measure: Flag = False


class DroppedRow(Strict):
    """People who were not told for one reason."""

    code: str
    reason: str
    people: int


class TriggerRow(Strict):
    """A trigger as it stands: its definition, who did what when, and what it did, by state and by reason."""

    trigger_id: str
    campaign_id: str
    version: int
    state: Literal["on", "off", "removed"]
    definition: dict[str, Any]
    owner: str
    created_by: str
    created_at: str
    changed_by: str
    changed_at: str
    on_since: str | None
    firings: dict[str, int]
    dropped: list[DroppedRow]


class TriggersResponse(Strict):
    """Triggers in the order in which they were made."""

    triggers: list[TriggerRow]
    total: int
    may_write: bool


class TriggerResponse(Strict):
    """One trigger."""

    trigger: TriggerRow
    may_write: bool


class NotedRow(Strict):
    """What one look at a trigger found; `problem` says why it could not be looked at."""

    trigger_id: str
    causes: int
    new: int
    unknown: int
    others: int
    stale: int
    too_long: int
    problem: str | None


class TriggerRunResponse(Strict):
    """What was noted; `trigger run --to` hands over what is due."""

    noted: list[NotedRow]
    data_day: Annotated[str, Field(description="first day that the answers have not seen: causes are as of it")]
    clock_day: Annotated[str, Field(description="day by the machine's clock: messages and birthdays go by it")]


class FiringRow(Strict):
    """One cause of a person, and what became of it."""

    trigger_id: str
    person_id: str
    cause: str
    customer_id: str
    product_id: str | None
    goes_with: str | None
    probability: float | None
    caused_at: str
    noted_at: str
    due_at: str
    state: FiringState
    code: str | None
    reason: str | None
    held: bool | None
    channel: str | None
    day: str | None
    store_id: str | None
    segment: str | None
    sent_at: str | None
    sent_on: str | None
    contact_id: str


class TriggerFiringsResponse(Strict):
    """What a trigger fired."""

    firings: list[FiringRow]
    total: int


class TriggerEffectResponse(Strict):
    """The newest measured effect (null before the first look), the looks in order, and receipts by kind."""

    trigger_id: str
    effect: dict[str, Any] | None
    looks: list[LookRow]
    looks_left_out: int = 0
    receipts: dict[str, int]
