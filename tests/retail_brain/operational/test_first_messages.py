"""Counts and first messages of triggers and guides as the database gives them, against the rule in plain words."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert, select

from retail_brain.operational.database import Database
from retail_brain.operational.firing_pages import firing_counts, firings_page
from retail_brain.operational.first_messages import (
    MessageCounts,
    first_messages,
    message_counts,
    reached_people,
    told_goods,
)
from retail_brain.operational.tables import GUIDE_TASKS, TRIGGER_FIRINGS

START, UNTIL = date(2025, 1, 1), date(2025, 1, 20)
NOW = datetime(2025, 1, 1, tzinfo=UTC)
_MADE = {"sent", "open", "done", "not_reached", "bought", "refused", "opted_out"}


@pytest.fixture
def messages(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Random messages by campaign id, in the order in which they count; some undecided, withdrawn or too late."""
    rng, fired, lines = Random(7), list[dict[str, Any]](), list[dict[str, Any]]()
    for number in range(300):
        held = rng.choice([True, False, False, None])
        fired.append({
            "id": number + 1, "tenant_id": "main", "trigger_id": rng.choice("ab"), "person_id": f"p{rng.randrange(40)}",
            "cause": str(number), "customer_id": f"c{number}", "caused_at": datetime(2025, 1, 1), "noted_at": NOW,
            "due_at": NOW, "state": rng.choice(["taken", "sent", "opted_out"]), "held": held, "channel": "sms",
            "day": None if held is None else START + timedelta(days=rng.randrange(25)),
            "product_id": rng.choice(["x", None]),
        })  # fmt: skip
        lines.append({
            "id": number + 1, "tenant_id": "main", "task_id": f"t{number}", "guide_id": rng.choice("gh"),
            "day": START + timedelta(days=number % 25), "person_id": f"p{number // 25 * 3 + rng.randrange(3)}-{number}"
            if number % 7 else f"p{number // 25}", "customer_id": f"c{number}", "held": rng.random() < 0.3,
            "rank": rng.randrange(9), "channel": "guide", "source": rng.choice(["guides", "guides", "trigger:a"]),
            "reason": "", "reason_zh": "", "text": "", "text_zh": "", "product_id": rng.choice(["x", None]),
            "state": rng.choice(["open", "held", "withdrawn", "done"]),
        })  # fmt: skip
    with database.writing() as connection:
        database.ensure_tenant("main", connection, now=NOW)
        connection.execute(insert(TRIGGER_FIRINGS), fired)
        connection.execute(insert(GUIDE_TASKS), lines)
    counted = [one for one in fired if one["held"] is not None and one["day"] <= UNTIL]
    listed = [one for one in lines if one["source"] == "guides" and one["state"] != "withdrawn" and one["day"] <= UNTIL]
    return {
        "trigger:a": sorted(
            (one for one in counted if one["trigger_id"] == "a"), key=lambda one: (one["day"], one["id"])
        ),
        "trigger:b": sorted(
            (one for one in counted if one["trigger_id"] == "b"), key=lambda one: (one["day"], one["id"])
        ),
        "guides": sorted(listed, key=lambda one: (one["day"], one["guide_id"], one["rank"], one["id"])),
    }


def test_each_person_counts_from_the_first_and_later_ones_that_were_made_follow(
    messages: dict[str, list[dict[str, Any]]], database: Database
) -> None:
    for name, own in messages.items():
        first: dict[str, dict[str, Any]] = {}
        for one in own:
            first.setdefault(one["person_id"], one)
        later = [one for one in own if first[one["person_id"]] is not one and not one["held"] and one["state"] in _MADE]
        wanted = [(True, one) for one in first.values()] + [(False, one) for one in later]
        assert later, name
        assert first_messages("main", database, name, UNTIL).rows() == [
            (place, one["customer_id"], one["channel"], one["day"], one["held"], one["product_id"])
            for place, one in wanted
        ]


def test_counts_are_those_of_the_rows(messages: dict[str, list[dict[str, Any]]], database: Database) -> None:
    assert message_counts("main", database, UNTIL) == {
        name: MessageCounts(own[0]["day"], own[-1]["day"], len({one["person_id"] for one in own}))
        for name, own in messages.items()
    }
    assert message_counts("other", database, UNTIL) == {}
    assert not first_messages("other", database, "guides", UNTIL).height


def test_people_reached_count_from_the_first_message_and_are_told_of_the_goods_of_all(
    messages: dict[str, list[dict[str, Any]]], database: Database
) -> None:
    whole = date(2025, 2, 1)
    for name in messages:
        own = [row for row in first_messages("main", database, name, whole).rows(named=True) if row["is_first"]]
        reached = reached_people("main", database, name)
        assert reached.select("customer_id", "channel", "day", "held").rows() == [
            (one["customer_id"], one["channel"], one["day"], one["held"]) for one in own
        ]
    told = {
        (first, row.product_id)
        for first, rows in _by_first_card(database).items()
        for row in rows
        if row.product_id is not None
    }
    found = told_goods("main", database, "trigger:a").rows()
    assert set(found) == told
    assert len(found) == len(told)
    assert not told_goods("other", database, "trigger:a").height


def _by_first_card(database: Database) -> dict[str, list[Any]]:
    """Messages of trigger a that were decided, of each person, under the card of the first."""
    table = TRIGGER_FIRINGS.c
    query = (
        select(TRIGGER_FIRINGS).where(table.trigger_id == "a", table.held.is_not(None)).order_by(table.day, table.id)
    )
    people: dict[str, list[Any]] = {}
    with database.reading() as connection:
        for row in connection.execute(query):
            people.setdefault(row.person_id, []).append(row)
    return {rows[0].customer_id: rows for rows in people.values()}


def test_pages_and_counts_of_a_place_are_those_of_its_people_alone(
    messages: dict[str, list[dict[str, Any]]], database: Database
) -> None:
    def is_seen(customer_id: str) -> bool:
        return customer_id.endswith(("1", "5"))

    everybody, total = firings_page("main", database, "a", "sent", limit=500, offset=0)
    own = [one for one in everybody if is_seen(one.customer_id)]
    assert 10 < len(own) < total
    assert firings_page("main", database, "a", "sent", limit=4, offset=3, is_seen=is_seen) == (own[3:7], len(own))
    assert firings_page("main", database, "a", "sent", limit=4, offset=999, is_seen=is_seen) == ([], len(own))
    assert firing_counts("main", database, is_seen)["a"]["sent"] == len(own)
    assert firing_counts("main", database, lambda _: True) == firing_counts("main", database)
    assert messages
