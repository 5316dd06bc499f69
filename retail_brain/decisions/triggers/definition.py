"""Defines a trigger: what makes it fire, when and how often it may contact a person, and what is said."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from retail_brain.decisions.campaigns.definition import (
    ONE_SLOT_A_CHANNEL,
    Frozen,
    Hour,
    Id,
    MessageSlot,
    Share,
    impossible,
    parsed,
)
from retail_brain.decisions.triggers.messages import check_text
from retail_brain.decisions.whole_numbers import WHOLE

TriggerKind = Literal[
    "bag_add",
    "stage_change",
    "due",
    "back_in_stock",
    "new_arrival",
    "price_drop",
    "service_finished",
    "birthday",
]
KINDS: Mapping[str, tuple[str, str]] = {
    "bag_add": ("laid into the bag and not bought", "加入购物袋后未购买"),
    "stage_change": ("lifecycle stage changed", "生命周期阶段变化"),
    "due": ("due to buy again", "即将再次购买"),
    "back_in_stock": ("back in stock", "到货"),
    "new_arrival": ("new arrival that fits", "适合的新品"),
    "price_drop": ("price drop of something wanted", "关注商品降价"),
    "service_finished": ("service finished", "服务完成"),
    "birthday": ("birthday", "生日"),
}
"""Kind -> English and Chinese."""
OF_EVENTS = frozenset({"bag_add", "service_finished"})
"""Kinds that events cause as they come; the published tables cause the others, once each set of answers."""
_ABOUT_GOODS = frozenset({"bag_add", "due", "back_in_stock", "new_arrival", "price_drop", "service_finished"})
_ONLY_WITH: Mapping[str, frozenset[str]] = {
    "stages": frozenset({"stage_change"}),
    "days_before": frozenset({"due", "birthday"}),
    "least_drop": frozenset({"price_drop"}),
    "interest_days": frozenset({"price_drop", "back_in_stock"}),
    "least_probability": frozenset({"due", "back_in_stock", "new_arrival", "price_drop"}),
    "most_people": frozenset({"back_in_stock", "new_arrival", "price_drop"}),
    "product_ids": _ABOUT_GOODS,
    "category": _ABOUT_GOODS,
}
Stage = Literal["stranger", "visitor", "friend", "old_friend", "sleeping", "lost"]


def _unused(default: object) -> dict[str, Any]:
    """JSON schema of a field that is as if it were not given."""
    return {"type": "null"} if default is None else {"maxItems": 0} if default == () else {"const": default}


def _with_rules(schema: dict[str, Any], model: "type[TriggerDefinition]") -> None:
    """Adds what is asked of several fields, but for the order of hours and the names in texts."""
    unused = {name: _unused(model.model_fields[name].default) for name in _ONLY_WITH}
    of_kinds = [
        {"kind": {"const": kind}} | {name: unused[name] for name, kinds in _ONLY_WITH.items() if kind not in kinds}
        for kind in KINDS
    ]
    goods = [{name: unused[name]} for name in ("product_ids", "category")]
    one_of_each = [{"anyOf": [{"properties": fields} for fields in parts]} for parts in (of_kinds, goods)]
    schema["allOf"] = [*one_of_each, *ONE_SLOT_A_CHANNEL]


def _limits(low: int, high: int, description: str) -> Any:
    return Field(strict=True, ge=low, le=high, description=description)


class TriggerDefinition(Frozen):
    """A trigger as people write it."""

    model_config = ConfigDict(json_schema_extra=_with_rules)

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
    kind: TriggerKind
    slots: Annotated[tuple[MessageSlot, ...], Field(min_length=1, max_length=5)]
    delay_minutes: Annotated[int, _limits(0, 43_200, "minutes from the cause to the message"), WHOLE] = 0
    expires_hours: Annotated[
        int, _limits(1, 8_760, "hours after which a message that is due is not sent any more"), WHOLE
    ] = 72
    weekdays: Annotated[
        tuple[Annotated[int, Field(strict=True, ge=1, le=7), WHOLE], ...],
        Field(min_length=1, max_length=7, description="1 is Monday"),
    ] = (1, 2, 3, 4, 5, 6, 7)
    first_hour: Annotated[Hour, Field(description="first hour of the day in which people are contacted")] = 9
    last_hour: Annotated[Hour, Field(description="hour from which nobody is contacted any more")] = 21
    most_per_person: Annotated[int, _limits(1, 100, "messages of this trigger to a person within cap_days"), WHOLE] = 1
    cap_days: Annotated[int, _limits(1, 366, "days over which most_per_person counts"), WHOLE] = 7
    holdout_share: Annotated[Share | None, Field(description="share that is not contacted; else the setting")] = None
    segment: Annotated[Id | None, Field(description="only people of this segment, such as stage:friend")] = None
    store_ids: Annotated[tuple[Id, ...], Field(max_length=10_000, description="only people of these shops")] = ()
    product_ids: Annotated[tuple[Id, ...], Field(max_length=500, description="only these goods")] = ()
    category: Annotated[Id | None, Field(description="only goods of this category")] = None
    stages: Annotated[tuple[Stage, ...], Field(max_length=6, description="stages entered; none: any")] = ()
    days_before: Annotated[int, _limits(0, 60, "days before the due day or the birthday"), WHOLE] = 2
    least_drop: Annotated[float, Field(strict=True, gt=0, lt=1, description="share that the price fell at least")] = 0.1
    interest_days: Annotated[int, _limits(1, 365, "days in which a view, scan or the bag shows interest"), WHOLE] = 30
    least_probability: Annotated[
        float, Field(strict=True, ge=0, le=1, description="of buying the goods; those who showed interest count too")
    ] = 0.05
    most_people: Annotated[int, _limits(1, 1_000_000, "people for one product, the likeliest first"), WHOLE] = 1000

    @model_validator(mode="after")
    def _hangs_together(self) -> "TriggerDefinition":
        for name, kinds in _ONLY_WITH.items():
            if getattr(self, name) != type(self).model_fields[name].default and self.kind not in kinds:
                raise ValueError(f"{name} has a meaning only with the kinds {', '.join(sorted(kinds))}")
        if self.product_ids and self.category is not None:
            raise ValueError("give one of product_ids and category")
        if self.last_hour <= self.first_hour:
            raise impossible("last_hour must lie behind first_hour")
        if len({slot.channel for slot in self.slots}) < len(self.slots):
            raise ValueError("a channel has one slot")
        for slot in self.slots:
            for text in (slot.text, slot.text_zh):
                try:
                    check_text(text, about_goods=self.kind in _ABOUT_GOODS)
                except ValueError as error:
                    raise impossible(str(error)) from None
        return self

    def slot(self, channel: str) -> MessageSlot:
        """The message of a channel."""
        return next(slot for slot in self.slots if slot.channel == channel)


def parse_trigger(values: Mapping[str, Any], origin: str) -> TriggerDefinition:
    """A definition from plain values, as JSON or TOML hold them.

    Raises:
        UsageError: a field is missing, unknown or cannot be used; the message names each.
    """
    return parsed(TriggerDefinition, values, origin, "trigger")
