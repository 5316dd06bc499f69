"""From draft to stop; campaigns at the same time keep consent, caps, quiet hours, holdout and stock together."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from retail_brain.decisions.consents import channel_states
from retail_brain.decisions.holdout import is_holdout
from retail_brain.errors import ImpossibleError
from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.campaigns import campaign
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import AudienceSettings, CampaignSettings, Settings
from serving.planning.campaigns import life
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.campaigns.standing import state_on

SETTINGS = Settings()


def approved(desk: life.Desk, change: Any, campaign_id: str, definition: Any) -> None:
    life.save(desk, change(campaign_id), definition)
    life.preview(desk, change(campaign_id, 1))
    life.approve(desk, change(campaign_id, 2))


def test_a_campaign_lives_from_draft_to_end(database: Database, make_source: Any, define: Any, change: Any) -> None:
    desk = life.Desk(database, make_source(), SETTINGS)
    approved(desk, change, "spring", define(starts_on="2025-03-02"))
    stored = campaign("main", database, "spring")
    assert stored.preview is not None
    assert stored.preview["contacts"] == 6
    states = [state_on(stored, date(2025, 3, day)) for day in (1, 2, 7, 8)]
    assert states == ["approved", "running", "running", "ended"]
    people = campaign_contacts("main", database, "spring")
    assert {(one.contact.channel, one.contact.day, one.contact.hour) for one in people} == {
        ("sms", date(2025, 3, 2), 9)
    }
    shown = life.summary(stored, desk.today, "zh")
    assert (shown["state"], shown["approved_by"], shown["version"]) == ("approved", "Li", 3)


def test_an_id_of_the_lakes_campaigns_is_taken(database: Database, make_source: Any, define: Any, change: Any) -> None:
    desk = life.Desk(database, make_source(), SETTINGS)
    with pytest.raises(ImpossibleError, match="a campaign 'K01' already"):
        life.save(desk, change("K01"), define())


def test_the_list_is_frozen_though_the_facts_move_on(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    desk = life.Desk(database, make_source(), SETTINGS)
    approved(desk, change, "spring", define())
    before = campaign_contacts("main", database, "spring")
    moved = life.Desk(database, make_source(people=2), SETTINGS)
    with pytest.raises(ImpossibleError, match="is approved"):
        life.preview(moved, change("spring", 3))
    assert campaign_contacts("main", database, "spring") == before


def test_stopping_gives_caps_and_stock_back(database: Database, make_source: Any, define: Any, change: Any) -> None:
    tight = Settings(audience=AudienceSettings(max_contacts=1))
    desk = life.Desk(database, make_source(), tight)
    approved(desk, change, "spring", define())
    life.save(desk, change("summer"), define())
    life.preview(desk, change("summer", 1))
    with pytest.raises(ImpossibleError, match="nobody is left"):
        life.approve(desk, change("summer", 2))
    life.stop(desk, change("spring", 3), "sold out")
    life.approve(desk, change("summer", 2))
    assert len(campaign_contacts("main", database, "summer")) == 6


def test_a_second_person_approves_where_the_house_wants_it(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    desk = life.Desk(database, make_source(), Settings(campaigns=CampaignSettings(second_person=True)))
    life.save(desk, change("spring"), define())
    life.preview(desk, change("spring", 1))
    with pytest.raises(ImpossibleError, match="somebody else"):
        life.approve(desk, change("spring", 2))
    life.preview(desk, change("spring", 2, "Wang"))
    with pytest.raises(ImpossibleError, match="somebody else"):
        life.approve(desk, change("spring", 3))  # a colleague's preview makes the author no second person
    assert life.approve(desk, change("spring", 3, "Wang")).approved_by == "Wang"


def test_promises_last_as_long_as_the_campaign_though_its_contacts_left_the_window_of_caps(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    desk = life.Desk(database, make_source(), SETTINGS)
    approved(desk, change, "spring", define(ends_on="2025-04-15"))
    first = min(one.contact.day for one in campaign_contacts("main", database, "spring"))
    for days, contacts, promises in ((7, 6, 6), (8, 0, 6), (60, 0, 0)):
        plans = other_plans("main", database, None, first + timedelta(days=days), 7)
        assert (plans.contacts.height, plans.promises.height) == (contacts, promises)


CHANNELS = ("sms", "app", "wechat")
FIRST = date(2025, 3, 1)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    people = draw(st.integers(1, 12))
    ids = [f"c{number}" for number in range(people)]
    moments = st.integers(0, 80).map(lambda days: datetime(2025, 1, 1) + timedelta(days=days))
    who = st.sampled_from(ids)
    consents = draw(st.lists(st.tuples(who, st.sampled_from(CHANNELS), st.booleans(), moments), max_size=30))
    log = draw(st.lists(st.tuples(who, st.sampled_from(CHANNELS), st.integers(1, 25)), max_size=8))
    definitions = [
        {
            "product_ids": draw(st.sampled_from([["P1"], ["P2"], ["P1", "P2"]])),
            "slots": [
                {"channel": channel, "text": "a", "text_zh": "b"}
                for channel in draw(st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=3, unique=True))
            ],
            "starts_on": (FIRST + timedelta(days=(start := draw(st.integers(0, 6))))).isoformat(),
            "ends_on": (FIRST + timedelta(days=start + draw(st.integers(1, 10)))).isoformat(),
            "holdout_share": draw(st.sampled_from([0.0, 0.3])),
            "first_hour": draw(st.integers(0, 12)),
            "last_hour": draw(st.integers(13, 24)),
            "size": draw(st.sampled_from([None, 3])),
        }
        for _ in range(draw(st.integers(1, 4)))
    ]
    return {
        "people": people,
        "probability": draw(st.sampled_from([0.05, 0.4, 0.9])),
        "stock": draw(st.sampled_from([0.0, 0.5, 1.0, 3.0])),
        "consents": consents,
        "log": log,
        "definitions": definitions,
        "stopped": draw(st.booleans()),
        "caps": (draw(st.integers(1, 3)), draw(st.integers(1, 10)), draw(st.integers(1, 2))),
        "control": draw(st.sampled_from([0.0, 0.3])),
    }


@profile(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(world=worlds())
def test_nobody_is_contacted_who_must_not_be_whatever_runs_at_the_same_time(
    world: dict[str, Any], make_source: Any, define: Any, change: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("world")
    database = Database(f"sqlite:///{folder / 'operational.db'}")
    upgrade(database)
    consents = pl.DataFrame(
        world["consents"],
        schema={"customer_id": pl.String, "channel": pl.String, "granted": pl.Boolean, "changed_at": pl.Datetime},
        orient="row",
    )
    log = pl.DataFrame(
        [("old", who, channel, datetime(2025, 2, day), False) for who, channel, day in world["log"]],
        schema={"campaign_id": pl.String, "customer_id": pl.String, "channel": pl.String,
                "contacted_at": pl.Datetime, "is_holdout": pl.Boolean},
        orient="row",
    )  # fmt: skip
    most, window, sms = world["caps"]
    limits = AudienceSettings(
        max_contacts=most,
        contact_window_days=window,
        max_contacts_by_channel={"sms": sms},
        control_share=world["control"],
    )
    settings = Settings(audience=limits)
    source = make_source(
        world["people"], world["probability"], world["stock"], changes={"consents": consents, "contacts": log}
    )
    desk = life.Desk(database, source, settings)
    for number, definition in enumerate(world["definitions"]):
        name = f"k{number}"
        life.save(desk, change(name), define(**definition))
        life.preview(desk, change(name, 1))
        try:
            life.approve(desk, change(name, 2))
        except ImpossibleError:
            continue
        if world["stopped"] and number == 0:
            life.stop(desk, change(name, 3), "why")
    _check(database, world, source, consents)
    database.close()


def _check(database: Database, world: dict[str, Any], source: Any, consents: pl.DataFrame) -> None:
    most, window, sms = world["caps"]
    rows = [one for one in campaign_contacts("main", database) if one.state != "withdrawn"]
    told = [one for one in rows if one.contact.group == "contact"]
    granted = set(
        channel_states(consents.lazy(), source.as_of)
        .filter("granted")
        .collect()
        .select("customer_id", "channel")
        .rows()
    )
    control = dict(
        zip(source.ids(), is_holdout(pl.Series(source.ids()), "global control group", world["control"]), strict=True)
    )
    made = [(who, channel, date(2025, 2, day)) for who, channel, day in world["log"]]
    every = made + [(one.contact.customer_id, one.contact.channel, one.contact.day) for one in told]
    promised: dict[tuple[str | None, str], float] = defaultdict(float)
    for one in told:
        contact, definition = one.contact, world["definitions"][int(one.campaign_id[1:])]
        assert (contact.customer_id, contact.channel) in granted
        assert contact.channel in {slot["channel"] for slot in definition["slots"]}
        assert not control[contact.customer_id]
        assert not is_holdout(pl.Series([contact.customer_id]), one.campaign_id, definition["holdout_share"])[0]
        assert definition["starts_on"] <= contact.day.isoformat() < definition["ends_on"]
        assert max(9, definition["first_hour"]) <= contact.hour < min(21, definition["last_hour"])
        promised[contact.store_id, contact.product_id] += contact.probability
        for shift in range(window):
            start = contact.day - timedelta(days=shift)
            inside = [
                channel for who, channel, day in every
                if who == contact.customer_id and start <= day < start + timedelta(days=window)
            ]  # fmt: skip
            assert len(inside) <= most
            if contact.channel == "sms":
                assert Counter(inside)["sms"] <= sms
    assert all(units <= world["stock"] + 1e-9 for units in promised.values())
    held = {(one.campaign_id, one.contact.customer_id) for one in rows if one.contact.group == "holdout"}
    assert not held & {(one.campaign_id, one.contact.customer_id) for one in told}
