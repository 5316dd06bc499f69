"""Cards that turn out to be one person's between the approval and the push: told once, and not though held out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.database import Database
from retail_brain.operational.leases import Lease
from retail_brain.settings import Settings
from serving.planning.campaigns import life
from serving.planning.campaigns.push import Push, Pushed, push_contacts
from serving.planning.stock.webhook import Delivery

NOW = datetime(2025, 3, 1, 9).astimezone(UTC)


def lake(*cards: str) -> Dataset:
    """A lake in which one phone joins the cards."""
    phone = {"id_type": "phone", "id_value": "13800138000", "source": "t"}
    return Dataset.from_frames({"identities": pl.DataFrame([{"customer_id": one} | phone for one in cards])})


@pytest.fixture
def approve(database: Database, make_source: Any, define: Any, change: Any) -> Any:
    def made(name: str, **changes: Any) -> dict[str, list[str]]:
        desk = life.Desk(database, make_source(people=40), Settings())
        life.save(desk, change(name), define(**changes))
        life.preview(desk, change(name, 1))
        life.approve(desk, change(name, 2))
        groups: dict[str, list[str]] = {"contact": [], "holdout": []}
        for one in campaign_contacts("main", database, name):
            groups[one.contact.group].append(one.contact.customer_id)
        return groups

    return made


@pytest.fixture
def push(database: Database, tmp_path: Path) -> Any:
    def made(name: str, joined: Dataset, day: int = 1) -> Pushed:
        at = NOW + timedelta(days=day - 1)
        asked = Push(name, at.date(), str(tmp_path / "out.csv"), "Li")
        hold = Lease(timedelta(minutes=5), at)
        return push_contacts(
            "main", database, joined, asked, settings=Settings(), lease=hold, delivery=Delivery(5, 1, 0)
        )

    return made


def sent(database: Database, name: str) -> set[str]:
    return {one.contact.customer_id for one in campaign_contacts("main", database, name) if one.state == "sent"}


def test_of_cards_that_joined_one_is_told_and_none_where_one_is_held_out(
    approve: Any, push: Any, database: Database
) -> None:
    groups = approve("spring", holdout_share=0.3)
    first, second = groups["contact"][:2]
    done = push("spring", lake(first, second))
    assert (done.joined, done.contacts) == (1, len(groups["contact"]) - 1)
    assert {first, second} & sent(database, "spring") == {first}  # the first in the order of the plan
    # the other stays out once the first was told
    assert push("spring", lake(first, second), 2).joined == 1


def test_whoever_is_held_out_by_another_card_is_not_told(approve: Any, push: Any, database: Database) -> None:
    groups = approve("spring", holdout_share=0.3)
    told, held = groups["contact"][0], groups["holdout"][0]
    assert push("spring", lake(told, held)).joined == 1
    assert told not in sent(database, "spring")
    # and told where they part again
    assert push("spring", lake("x", "y"), 2).contacts == 1


@pytest.mark.parametrize(("share", "other"), [(0.3, "holdout"), (0.3, "contact")])
def test_of_two_campaigns_about_the_same_goods_the_later_one_leaves_out_who_joined(
    approve: Any, push: Any, database: Database, share: float, other: str
) -> None:
    # 20 people of one shop are asked by one campaign, and 20 of the other by the next
    early = approve("early", store_ids=["S1"], holdout_share=share)
    late = approve("late", store_ids=["S2"], starts_on="2025-03-02", ends_on="2025-03-09", holdout_share=0.0)
    mine, theirs = late["contact"][0], early[other][0]
    assert push("early", lake(mine, theirs)).joined == 0
    assert push("late", lake(mine, theirs), 2).joined == 1
    assert mine not in sent(database, "late")
    assert (theirs in sent(database, "early")) == (other == "contact")


def test_of_other_goods_both_are_told(approve: Any, push: Any) -> None:
    early = approve("early", store_ids=["S1"])
    late = approve("late", store_ids=["S2"], product_ids=["P2"])
    joined = lake(early["contact"][0], late["contact"][0])
    assert (push("early", joined).joined, push("late", joined).joined) == (0, 0)
