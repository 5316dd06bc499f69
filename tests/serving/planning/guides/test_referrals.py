"""Referrals bring somebody new: who was a customer before is refused with the reason."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from retail_brain.operational.guide_tasks import Referral
from serving.planning.guides.referrals import sort_referrals


def referral(customer: str, day: date, by: str | None = None) -> Referral:
    return Referral(f"r-{customer}", "G1", customer, by, datetime(day.year, day.month, day.day, 12).astimezone(UTC))


@pytest.fixture
def bought(source: Any) -> Any:
    """The answers are of 28 February; c0 bought first on 5 January, c1 on 20 February; c2 never bought."""
    days = {"customer_id": ["c0", "c1", "c2"], "first_purchase_on": [date(2025, 1, 5), date(2025, 2, 20), None]}
    source.frames["first_purchases"] = pl.DataFrame(days, schema_overrides={"first_purchase_on": pl.Date})
    return source


@pytest.mark.parametrize(
    ("customer", "day", "is_new"),
    [
        ("c0", date(2025, 2, 10), False),  # bought a month before
        ("c1", date(2025, 2, 20), True),  # bought for the first time on the day
        ("c1", date(2025, 2, 10), True),  # told of late
        ("c2", date(2025, 2, 10), True),  # a member who has not bought yet
        ("c2", date(2025, 3, 1), False),  # known to the answers of the day before
        ("new", date(2025, 3, 1), True),
    ],
)
def test_who_was_a_customer_before_the_day_is_refused(bought: Any, customer: str, day: date, is_new: bool) -> None:
    found = sort_referrals(bought, [referral(customer, day)], "en")
    assert (len(found.good), len(found.refused)) == (int(is_new), int(not is_new))


def test_a_card_of_somebody_known_is_nobody_new(bought: Any) -> None:
    bought.changes["persons"] = pl.DataFrame({"customer_id": ["c0", "c1"], "person_id": ["c0", "c0"]})
    found = sort_referrals(bought, [referral("c1", date(2025, 2, 20))], "zh")
    assert found.good == []
    assert found.refused == [
        {
            "referral": 0,
            "referral_id": "r-c1",
            "where": "customer_id",
            "problem": "顾客 'c1' 之前已是顾客：推荐须带来新顾客",
        }
    ]


def test_nobody_refers_themselves_and_the_others_are_kept(bought: Any) -> None:
    given = [referral("new", date(2025, 3, 1), by="new"), referral("other", date(2025, 3, 1), by="c0")]
    found = sort_referrals(bought, given, "en")
    assert [one.customer_id for one in found.good] == ["other"]
    assert [(row["referral"], row["where"]) for row in found.refused] == [(0, "referred_by")]
