"""Whoever is told of goods, or held out of them, is told of them by nobody else until the effect is counted."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from retail_brain.decisions.audience import build_audience
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.triggers.definition import TriggerDefinition, parse_trigger
from retail_brain.operational.campaign_contacts import campaign_contacts, mark_sent
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.trigger_firings import firings
from retail_brain.operational.triggers import TriggerChange
from retail_brain.settings import AudienceSettings, Settings
from serving.planning.campaigns import life
from serving.planning.triggers import desk as triggers
from serving.planning.triggers.evaluate import evaluate
from serving.planning.triggers.settle import settle

SETTINGS = Settings()
NOW = datetime(2025, 2, 28, 9, tzinfo=UTC)


def previewed(desk: life.Desk, change: Any, campaign_id: str, definition: Any) -> dict[str, Any]:
    life.save(desk, change(campaign_id), definition)
    seen = life.preview(desk, change(campaign_id, 1)).preview
    assert seen is not None
    return dict(seen)


def approved(desk: life.Desk, change: Any, campaign_id: str, definition: Any) -> None:
    previewed(desk, change, campaign_id, definition)
    life.approve(desk, change(campaign_id, 2))


def bag_rule(share: float) -> TriggerDefinition:
    slots = [{"channel": "sms", "text": "a", "text_zh": "b"}]
    rule = {"name": "袋", "kind": "bag_add", "delay_minutes": 0, "holdout_share": share, "slots": slots}
    return parse_trigger(rule, "test")


@pytest.mark.parametrize(("share", "code"), [(0.0, "told_elsewhere"), (0.99, "held_elsewhere")])
def test_who_a_trigger_told_or_held_out_is_not_told_of_the_goods_until_its_effect_is_counted(
    database: Database, make_source: Any, define: Any, change: Any, share: float, code: str
) -> None:
    source = make_source(people=4)
    at = datetime(2025, 3, 1, 12).astimezone(UTC)
    rule = bag_rule(share)
    desk = triggers.Desk("main", database, source, SETTINGS, at, {})
    triggers.save(desk, TriggerChange("main", "bag", None, "Li", NOW), rule, owner=None, is_on=True)
    laid = Event(datetime(2025, 3, 1, 12), "bag_add", customer_id="c0", product_id="P1")
    store_events("main", database, [laid], now=at)
    evaluate(desk)
    assert settle(desk) == {"held" if share else "taken": 1}
    planner = life.Desk(database, source, SETTINGS)
    for name, day, left_out in (("early", 1, 1), ("last", 14, 1), ("after", 15, 0)):
        seen = previewed(planner, change, name, define(starts_on=f"2025-03-{day:02}", ends_on="2025-03-20"))
        assert {step["code"]: step["customers"] for step in seen["steps"]} == ({code: 1} if left_out else {})
        assert seen["overlaps"] == []  # campaigns alone
    # of other goods they may be told
    assert previewed(planner, change, "other", define(product_ids=["P2"]))["contacts"] == 4


def test_a_trigger_tells_nobody_of_goods_that_an_ended_campaign_holds_them_out_of_or_told_them_of_just_now(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    source = make_source(people=30)
    approved(life.Desk(database, source, SETTINGS), change, "spring", define(holdout_share=0.4, ends_on="2025-03-03"))
    people = [one.contact for one in campaign_contacts("main", database, "spring")]
    mark_sent("main", database, "spring", people, today=date(2025, 3, 1), by="Li", now=NOW)
    groups = {one.customer_id: one.group for one in people}
    rule = bag_rule(0.0)
    at = datetime(2025, 3, 10, 12).astimezone(UTC)
    desk = triggers.Desk("main", database, source, SETTINGS, at, {})
    for name in ("bag", "second"):
        triggers.save(desk, TriggerChange("main", name, None, "Li", NOW), rule, owner=None, is_on=True)
    laid = [Event(datetime(2025, 3, 10, 12), "bag_add", customer_id=who, product_id="P1") for who in groups]
    laid.append(Event(datetime(2025, 3, 10, 12), "bag_add", customer_id="c0", product_id="P2"))
    store_events("main", database, laid, now=at)
    evaluate(desk)
    settle(desk)
    codes = {(one.trigger_id, one.customer_id, one.product_id): one.code for one in firings("main", database)}
    for who, group in groups.items():
        code = "held_elsewhere" if group == "holdout" else "told_elsewhere"
        assert codes["bag", who, "P1"] == codes["second", who, "P1"] == code
    # two triggers about one product at once: one of them tells
    assert (codes["bag", "c0", "P2"], codes["second", "c0", "P2"]) == (None, "told_elsewhere")


def test_a_campaign_leaves_out_whom_another_will_tell_while_its_own_effect_is_counted(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    desk = life.Desk(database, make_source(people=4), SETTINGS)
    approved(desk, change, "later", define(starts_on="2025-03-16", ends_on="2025-03-18"))
    # the effect of a contact on 3 March is counted until the 16th, that of one on the 2nd until the 15th
    assert previewed(desk, change, "meets", define(ends_on="2025-03-04"))["contacts"] == 0
    assert previewed(desk, change, "before", define(ends_on="2025-03-03"))["contacts"] == 4
    life.stop(desk, change("later", 3), "why")
    assert previewed(desk, change, "free", define(ends_on="2025-03-04"))["contacts"] == 4


def test_contacts_of_other_tools_in_the_lake_close_the_goods_of_their_campaign() -> None:
    as_of = date(2025, 2, 28)

    def out(ended: date, told_on: date, effect_days: int, persons: pl.DataFrame | None = None) -> dict[str, int]:
        day = datetime(told_on.year, told_on.month, told_on.day, 9)
        contacts = pl.DataFrame(
            [("K", "a", "sms", day, False), ("K", "b", "sms", day, True), ("unknown", "c", "sms", day, False)],
            schema=["campaign_id", "customer_id", "channel", "contacted_at", "is_holdout"],
            orient="row",
        )
        facts = AudienceFacts(
            customers=pl.DataFrame({"customer_id": ["a", "b", "c", "d"]}),
            contacts=contacts,
            campaigns=pl.DataFrame({"campaign_id": ["K"], "ends_on": [ended], "product_ids": [["P1", "P2"]]}),
            effect_days=effect_days,
            persons=persons,
        )
        pairs = pl.DataFrame({"customer_id": ["a", "b", "c", "d"], "product_id": "P1", "probability": 0.5})
        request = AudienceRequest(("P1",), 9, holdout_share=0.0)
        _, rows = build_audience(pairs, facts, request, as_of, AudienceSettings())
        return dict(rows.select("code", "customers").iter_rows())

    both = {"held_elsewhere": 1, "told_elsewhere": 1}
    assert out(date(2025, 2, 20), date(2025, 2, 16), 14) == both  # the 14th day is 1 March, the first of contact
    assert out(date(2025, 2, 20), date(2025, 2, 15), 14) == {}
    assert out(date(2025, 3, 2), date(2025, 2, 1), 14) == both  # the campaign itself goes on until 1 March
    joined = pl.DataFrame({"customer_id": ["a", "d"], "person_id": ["a", "a"]})
    assert out(date(2025, 2, 20), date(2025, 2, 16), 14, joined) == both  # by whichever card
