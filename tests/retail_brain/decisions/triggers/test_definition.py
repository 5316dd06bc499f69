"""What a trigger may say, and what is refused with a reason."""

from typing import Any

import pytest

from retail_brain.decisions.triggers.definition import KINDS, parse_trigger
from retail_brain.decisions.triggers.messages import fill
from retail_brain.errors import UsageError

SLOT = {"channel": "sms", "text": "{product} waits.[ Goes with {goes_with}.]", "text_zh": "{product}在等您。"}


def define(**changes: Any) -> Any:
    usual: dict[str, Any] = {"name": "袋", "kind": "bag_add", "slots": [SLOT]}
    return parse_trigger(usual | changes, "test")


def test_a_short_definition_gets_careful_defaults() -> None:
    made = define()
    assert (made.most_per_person, made.cap_days, made.delay_minutes, made.first_hour, made.last_hour) == (
        1,
        7,
        0,
        9,
        21,
    )
    assert made.slot("sms").text_zh == "{product}在等您。"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "moon"}, "kind"),
        ({"stages": ["lost"]}, "stages has a meaning only with the kinds stage_change"),
        ({"days_before": 3}, "days_before has a meaning only with the kinds birthday, due"),
        ({"kind": "birthday", "least_drop": 0.2, "slots": [SLOT | {"text": "a", "text_zh": "b"}]}, "least_drop"),
        ({"product_ids": ["P1"], "category": "tea"}, "one of product_ids and category"),
        ({"first_hour": 12, "last_hour": 12}, "last_hour must lie behind first_hour"),
        ({"slots": [SLOT, SLOT]}, "a channel has one slot"),
        ({"slots": []}, "slots"),
        ({"slots": [SLOT | {"text": "{name}"}]}, r"wanted {product} or {goes_with} in the text; got {name}"),
        ({"slots": [SLOT | {"text": "{product.__class__}"}]}, "wanted {product}"),
        ({"slots": [SLOT | {"text": "{product!r}"}]}, "wanted {product}"),
        ({"slots": [SLOT | {"text": "{product"}]}, "slots|expected"),
        ({"slots": [SLOT | {"text": "and {goes_with}"}]}, r"put the part with {goes_with} in \[ \]"),
        ({"kind": "birthday"}, "tells of no product"),
        ({"delay_minutes": -1}, "delay_minutes"),
        ({"most_per_person": 1.5}, "most_per_person"),
        ({"holdout_share": 1.0}, "holdout_share"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_field(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        define(**changes)
    assert "is no trigger that can be used" in str(caught.value)


def test_every_kind_has_a_name_in_both_languages() -> None:
    assert all(len(names) == 2 and all(names) for names in KINDS.values())


@pytest.mark.parametrize(
    ("product", "goes_with", "said"),
    [
        ("茶", "奶", "茶 waits. Goes with 奶."),
        ("茶", None, "茶 waits."),
        ("{goes_with}", "奶", "{goes_with} waits. Goes with 奶."),
    ],
)
def test_a_message_is_filled_and_leaves_out_what_is_unknown(product: str, goes_with: str | None, said: str) -> None:
    assert fill(SLOT["text"], product, goes_with) == said
