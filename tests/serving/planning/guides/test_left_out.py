"""Lists say why people of their guides are not on them, and what can be done where nobody is."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from retail_brain.settings import Settings
from serving.planning.guides.left_out import left_out_rows, what_to_do
from serving.planning.guides.lists import make_lists

DAY = date(2025, 3, 1)
OF = {"c0": "G1", "c2": "G1", "c4": "G1", "c6": "G2", "c1": "G3"}


@pytest.fixture
def chain(desk: Any, source: Any) -> Any:
    source.people = 8
    source.changes["values"] = pl.DataFrame({"product_id": ["P1"], "value": [10.0]})

    def made(**guides: Any) -> Any:
        settings = Settings.model_validate({"guides": {"holdout_share": 0.0} | guides})
        return desk(at=datetime(2025, 3, 1, 12).astimezone(UTC), guides=OF, settings=settings)

    return made


def agreed(source: Any, channel: str, people: list[str]) -> None:
    moment = datetime(2025, 1, 1)
    rows = [(who, channel, True, moment, None) for who in people]
    schema: dict[str, Any] = {
        "customer_id": pl.String,
        "channel": pl.String,
        "granted": pl.Boolean,
        "changed_at": pl.Datetime("us"),
        "problem": pl.String,
    }
    source.changes["consents"] = pl.DataFrame(rows, schema=schema, orient="row")


def test_people_who_agreed_to_other_channels_only_are_counted_and_told_what_opens_this_one(
    chain: Any, source: Any
) -> None:
    agreed(source, "sms", list(OF))
    made = make_lists(chain(), DAY, by="Li")
    assert (sum(made.lines.values()), made.left_out) == (0, {"no_consent": 5})
    told = what_to_do(0, made.left_out)
    assert told is not None
    assert "channel `guide`" in told
    assert left_out_rows(made.left_out, "zh") == [{"reason": "未同意该渠道联系", "code": "no_consent", "customers": 5}]


def test_everybody_of_the_guides_has_a_line_or_a_reason(chain: Any, source: Any) -> None:
    agreed(source, "guide", [who for who in OF if who != "c4"])
    made = make_lists(chain(capacity_per_day=1), DAY, by="Li")
    assert (made.lines, made.left_out) == ({"G1": 1, "G2": 1, "G3": 1}, {"no_consent": 1, "no_room": 1})
    assert what_to_do(3, made.left_out) is None


def test_lists_that_are_full_say_so_when_they_are_made_again(chain: Any) -> None:
    make_lists(chain(capacity_per_day=1), DAY, ["G1"], by="Li")
    again = make_lists(chain(capacity_per_day=1), DAY, ["G1"], by="Li")
    assert (again.lines, again.left_out) == ({"G1": 0}, {"no_room": 2})
    assert "guides.capacity_per_day" in str(what_to_do(0, again.left_out))


def test_where_everybody_has_a_line_nobody_is_left(chain: Any) -> None:
    make_lists(chain(), DAY, by="Li")
    again = make_lists(chain(), DAY, by="Li")
    assert (sum(again.lines.values()), again.left_out) == (0, {})
    assert "nobody is left" in str(what_to_do(0, again.left_out))
