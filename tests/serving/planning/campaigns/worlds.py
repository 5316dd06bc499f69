"""Small chains in which campaigns and triggers run at the same time, and the rules that hold whatever happens."""

from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import polars as pl
from hypothesis import strategies as st

from retail_brain.decisions.campaigns.definition import parse_definition
from retail_brain.decisions.consents import channel_states, with_refusals_of_persons
from retail_brain.decisions.goods_ends import GOODS_ENDS
from retail_brain.decisions.holdout import is_holdout
from retail_brain.decisions.triggers.definition import parse_trigger
from retail_brain.errors import ConflictError, ImpossibleError
from retail_brain.operational.campaign_contacts import PlannedContact, campaign_contacts
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.campaigns import Change, note_preview
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.guide_tasks import GuideTask, list_tasks
from retail_brain.operational.repeated_contacts import CAMPAIGN_PREFIX, UNKNOWN
from retail_brain.operational.trigger_firings import Firing, firings
from retail_brain.operational.triggers import TriggerChange
from retail_brain.settings import AudienceSettings, Settings
from serving.planning.campaigns import life
from serving.planning.guides.lists import make_lists
from serving.planning.triggers import desk as triggers
from serving.planning.triggers.evaluate import evaluate
from serving.planning.triggers.settle import settle
from tests.serving.planning.campaigns.told_rules import check_ends, check_told_once, stays_of

CHANNELS = ("sms", "app", "wechat")
PRODUCTS = ("P1", "P2")
_SHOPS = st.sampled_from([None, "S1", "S2"])
FIRST = date(2025, 3, 1)
NOW = datetime(2025, 2, 28, 9, tzinfo=UTC)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """People with one to several cards, some of which join between two campaigns, their consents and contacts."""
    cards = draw(st.integers(1, 12))
    ids = [f"c{number}" for number in range(cards)]
    owner = (
        {card: draw(st.integers(0, cards - 1)) for card in ids} if draw(st.booleans()) else {one: one for one in ids}
    )
    late = draw(st.sets(st.sampled_from(ids), max_size=3))
    moments = st.integers(0, 80).map(lambda days: datetime(2025, 1, 1) + timedelta(days=days))
    who, way = st.sampled_from(ids), st.sampled_from((*CHANNELS, "guide"))
    return {
        "cards": cards,
        "owner": owner,
        "late": late if len(late) < cards else set(),
        "probability": draw(st.sampled_from([0.05, 0.4, 0.9])),
        "stock": draw(st.sampled_from([0.0, 0.5, 1.0, 3.0, 9.0])),
        "is_asked": draw(st.booleans()),
        "consents": draw(st.lists(st.tuples(who, way, st.booleans(), moments), max_size=30)),
        "log": draw(st.lists(st.tuples(who, way, st.integers(1, 25)), max_size=8)),
        "opt_outs": draw(st.lists(st.tuples(who, way), max_size=3)),
        "definitions": [draw(_definitions()) for _ in range(draw(st.integers(1, 4)))],
        "stopped": draw(st.booleans()),
        "together": draw(st.booleans()),
        "caps": (draw(st.integers(1, 3)), draw(st.integers(1, 10)), draw(st.integers(1, 2))),
        "control": draw(st.sampled_from([0.0, 0.3])),
        "triggers": [draw(_triggers()) for _ in range(draw(st.sampled_from([2, 1, 0])))],
        "bags": draw(st.lists(st.tuples(who, st.sampled_from(PRODUCTS)), min_size=2, max_size=8)),
        "look": (draw(st.integers(0, 3)), draw(st.sampled_from([9, 12, 15, 20, 3, 22]))),
        "effect_days": draw(st.sampled_from([14, 3, 1])),
        "ends": draw(st.dictionaries(st.tuples(_SHOPS, st.sampled_from(PRODUCTS)), st.integers(-1, 9), max_size=3)),
        "listed_on": draw(st.sampled_from([(), (0,), (0, 2)])),
    }


@st.composite
def _triggers(draw: st.DrawFn) -> dict[str, Any]:
    channels = draw(st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=2, unique=True))
    return {
        "name": "袋",
        "kind": "bag_add",
        "delay_minutes": 0,
        "slots": [{"channel": channel, "text": "{product}", "text_zh": "{product}"} for channel in channels],
        # of a dozen cards few are drawn by a small share
        "holdout_share": draw(st.sampled_from([0.6, 0.3, 0.0])),
        "first_hour": draw(st.sampled_from([0, 10])),
        "last_hour": draw(st.sampled_from([18, 24])),
        "most_per_person": draw(st.integers(1, 2)),
        "cap_days": draw(st.integers(1, 7)),
    }


@st.composite
def _definitions(draw: st.DrawFn) -> dict[str, Any]:
    start = draw(st.integers(0, 6))
    channels = draw(st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=3, unique=True))
    return {
        "name": "春",
        "product_ids": draw(st.sampled_from([["P1"], ["P2"], ["P1", "P2"]])),
        "slots": [{"channel": channel, "text": "a", "text_zh": "b"} for channel in channels],
        "starts_on": (FIRST + timedelta(days=start)).isoformat(),
        "ends_on": (FIRST + timedelta(days=start + draw(st.integers(1, 10)))).isoformat(),
        "holdout_share": draw(st.sampled_from([0.0, 0.3])),
        "first_hour": draw(st.integers(0, 12)),
        "last_hour": draw(st.integers(13, 24)),
    } | draw(st.sampled_from([{}, {"size": 3}]))


def run(world: dict[str, Any], database: Database, tenant: str, make_source: Callable[..., Any]) -> None:
    """Lives through a world and checks every rule after each step.

    Guides' lists are made at the same time, where the world has days of lists.

    The first campaign is approved, people opt out, cards join, and the others are approved one by one or at once, while
    triggers are looked at that people caused by what they laid into their bags.
    """
    before, after = (_desk(world, database, make_source, late) for late in (world["late"], set()))
    _approve(before, tenant, 0, world)
    _check(world, before, database, tenant, set())
    drawn = _groups(database, tenant)
    for number, (card, channel) in enumerate(world["opt_outs"]):
        refusal = ContactReceipt(str(number), "k0", card, channel, "opted_out", NOW)
        store_receipts(tenant, database, [refusal], by="g", now=NOW, cards=lambda one: _cards_of(world, one))
    desk = _lay_bags(world, after, tenant)
    steps: list[Callable[[], None]] = [
        partial(_approve, after, tenant, number, world) for number in range(1, len(world["definitions"]))
    ]
    steps.insert(len(steps) // 2, partial(_look, desk, world))
    steps[len(steps) // 2 : len(steps) // 2] = [partial(_list, desk, world, day) for day in world["listed_on"]]
    if world["together"] and len(steps) > 1:
        with ThreadPoolExecutor(len(steps)) as pool:
            list(pool.map(lambda step: step(), steps))
    else:
        for step in steps:
            step()
    if world["stopped"] and drawn:
        life.stop(after, Change(tenant, "k0", 3, "Li", NOW), "why")
    _check(world, after, database, tenant, set(world["opt_outs"]))
    assert drawn.items() <= _groups(database, tenant).items()  # what was approved stays as it was frozen


def _lay_bags(world: dict[str, Any], after: life.Desk, tenant: str) -> triggers.Desk:
    """Stores the triggers and what people laid into their bags an hour before the look; gives the desk of the look."""
    day, hour = world["look"]
    at = datetime.combine(FIRST + timedelta(days=day), time(hour))
    desk = triggers.Desk(tenant, after.database, after.source, after.settings, at.astimezone(UTC), {})
    for number, definition in enumerate(world["triggers"]):
        change = TriggerChange(tenant, f"t{number}", None, "Li", NOW)
        triggers.save(desk, change, parse_trigger(definition, "world"), owner=None, is_on=True)
    if world["triggers"]:
        laid = [
            Event(at - timedelta(hours=1), "bag_add", customer_id=who, product_id=product)
            for who, product in world["bags"]
        ]
        store_events(tenant, after.database, laid, now=desk.now - timedelta(hours=1))
    return desk


def _look(desk: triggers.Desk, world: dict[str, Any]) -> None:
    if world["triggers"]:
        evaluate(desk)
        with suppress(ConflictError):  # plans changed again and again: the next look decides
            settle(desk)


def _list(desk: triggers.Desk, world: dict[str, Any], day: int) -> None:
    """Makes the list of a day of one guide, who looks after everybody."""
    guided = replace(desk, guides=dict.fromkeys(desk.source.facts(()).customers["customer_id"].to_list(), "G"))
    on = max(FIRST + timedelta(days=day), guided.today)
    with suppress(ConflictError):  # plans changed again and again
        make_lists(guided, on, by="Li")


def _ends(world: dict[str, Any]) -> dict[tuple[str | None, str], date]:
    return {about: FIRST + timedelta(days=days) for about, days in world["ends"].items()}


def _fired(world: dict[str, Any], database: Database, tenant: str) -> list[Firing]:
    """What triggers decided, each checked by itself: groups, caps of the trigger, hours."""
    decided = [one for one in firings(tenant, database) if one.state in {"taken", "held", "sent"}]
    firsts, hour = _firsts(world), world["look"][1]
    for one in decided:
        definition = world["triggers"][int(one.trigger_id[1:])]
        assert max(9, definition["first_hour"]) <= hour < min(21, definition["last_hour"])
        first = pl.Series([firsts[one.customer_id]])
        assert one.held == is_holdout(first, CAMPAIGN_PREFIX + one.trigger_id, definition["holdout_share"])[0]
        assert not is_holdout(first, "global control group", world["control"])[0]
        assert one.channel in {slot["channel"] for slot in definition["slots"]}
    reached = Counter((one.trigger_id, world["owner"][one.customer_id]) for one in decided)
    assert all(most <= world["triggers"][int(name[1:])]["most_per_person"] for (name, _), most in reached.items())
    return decided


def _as_contact(one: Firing) -> Any:
    """A message as the checks of contacts take them."""
    about = {name: getattr(one, name) for name in ("customer_id", "channel", "store_id", "product_id")}
    chance = UNKNOWN if one.probability is None else one.probability
    contact = SimpleNamespace(day=one.counted_on, probability=chance, **about)
    return SimpleNamespace(campaign_id=CAMPAIGN_PREFIX + one.trigger_id, contact=contact)


def _as_line(one: GuideTask) -> Any:
    """A line of a guide's list in the same way."""
    about = {name: getattr(one, name) for name in ("customer_id", "channel", "store_id", "product_id", "day")}
    return SimpleNamespace(campaign_id=one.source, contact=SimpleNamespace(**about))


def _persons(world: dict[str, Any], late: set[str]) -> pl.DataFrame:
    known = [card for card in world["owner"] if card not in late]
    owned: dict[Any, list[str]] = defaultdict(list)
    for card in known:
        owned[world["owner"][card]].append(card)
    firsts = _firsts(world)
    rows = [(card, min(cards), firsts[card]) for cards in owned.values() for card in cards]
    return pl.DataFrame(rows, schema=["customer_id", "person_id", "first_customer_id"], orient="row")


def _firsts(world: dict[str, Any]) -> dict[str, str]:
    """Card -> the card by which its person was known first: one that did not join late, where there is one."""
    return {card: min(_cards_of(world, card), key=lambda one: (one in world["late"], one)) for card in world["owner"]}


def _cards_of(world: dict[str, Any], card: str) -> list[str]:
    return [one for one, owner in world["owner"].items() if owner == world["owner"][card]]


def _consents(world: dict[str, Any]) -> pl.DataFrame:
    schema = {"customer_id": pl.String, "channel": pl.String, "granted": pl.Boolean, "changed_at": pl.Datetime}
    return pl.DataFrame(world["consents"], schema=schema, orient="row")


def _desk(world: dict[str, Any], database: Database, make_source: Callable[..., Any], late: set[str]) -> life.Desk:
    log = pl.DataFrame(
        [("old", who, channel, datetime(2025, 2, day), False) for who, channel, day in world["log"]],
        schema={"campaign_id": pl.String, "customer_id": pl.String, "channel": pl.String,
                "contacted_at": pl.Datetime, "is_holdout": pl.Boolean},
        orient="row",
    )  # fmt: skip
    most, window, sms = world["caps"]
    campaigns, guides = {"effect_days": world["effect_days"]}, {"holdout_share": 0.3}
    limits = AudienceSettings(
        max_contacts=most,
        contact_window_days=window,
        max_contacts_by_channel={"sms": sms},
        control_share=world["control"],
    )
    persons = _persons(world, late)
    consents = with_refusals_of_persons(_consents(world), persons, FIRST - timedelta(days=1))
    ends = pl.DataFrame([(*about, day) for about, day in _ends(world).items()], schema=GOODS_ENDS, orient="row")
    facts = {"consents": consents if world["is_asked"] else None, "contacts": log, "persons": persons, "ends": ends}
    source = make_source(world["cards"], world["probability"], world["stock"], changes=facts, missing=frozenset(late))
    return life.Desk(
        database, source, Settings.model_validate({"audience": limits, "campaigns": campaigns, "guides": guides})
    )


def _approve(desk: life.Desk, tenant: str, number: int, world: dict[str, Any]) -> None:
    name, definition = f"k{number}", parse_definition(world["definitions"][number], "world")
    life.save(desk, Change(tenant, name, None, "Li", NOW), definition)
    # the approval works everything out again; its own preview is tested elsewhere and would double the time
    note_preview(desk.database, Change(tenant, name, 1, "Li", NOW), {"size": 0})
    try:
        life.approve(desk, Change(tenant, name, 2, "Li", NOW))
    except (ImpossibleError, ConflictError):  # nobody is left, or others were approved meanwhile too often
        return


def _groups(database: Database, tenant: str) -> dict[tuple[str, str], tuple[str, str, date]]:
    rows = campaign_contacts(tenant, database)
    return {
        (one.campaign_id, one.contact.customer_id): (one.contact.group, one.contact.channel, one.contact.day)
        for one in rows
    }


def _check(
    world: dict[str, Any], desk: life.Desk, database: Database, tenant: str, opted_out: set[tuple[str, str]]
) -> None:
    rows = [one for one in campaign_contacts(tenant, database) if one.state not in {"withdrawn", "opted_out"}]
    told = [one for one in rows if one.contact.group == "contact"]
    messages: list[Any] = [_as_contact(one) for one in _fired(world, database, tenant) if one.state != "held"]
    said = [_as_line(one) for one in list_tasks(tenant, database) if one.state not in {"held", "withdrawn"}]
    _check_groups(world, rows)
    _check_refusals(world, desk, [*told, *messages, *said], opted_out)
    _check_caps(world, [*told, *messages, *said])
    promised: dict[tuple[str | None, str], float] = defaultdict(float)
    looked = FIRST + timedelta(days=world["look"][0])
    for one in messages:
        promised[one.contact.store_id, one.contact.product_id] += one.contact.probability
    for one in told:
        contact, definition = one.contact, world["definitions"][int(one.campaign_id[1:])]
        assert contact.channel in {slot["channel"] for slot in definition["slots"]}
        assert definition["starts_on"] <= contact.day.isoformat() < definition["ends_on"]
        assert max(9, definition["first_hour"]) <= contact.hour < min(21, definition["last_hour"])
        if not messages or date.fromisoformat(definition["ends_on"]) > looked:
            # what a campaign promised that was over when the trigger was looked at is free again
            promised[contact.store_id, contact.product_id] += contact.probability
    lines = [one for one in list_tasks(tenant, database) if one.state != "withdrawn"]
    for line in lines:
        if not line.held:
            promised[line.store_id, str(line.product_id)] += line.probability or UNKNOWN
    assert all(units <= world["stock"] + 1e-9 for units in promised.values())
    stays = stays_of(world, rows, _fired(world, database, tenant), lines)
    check_told_once(stays)
    check_ends(_ends(world), stays)


def _check_groups(world: dict[str, Any], rows: list[PlannedContact]) -> None:
    """One row per person and campaign, in the group of the person's first card; nobody of the control group."""
    firsts = _firsts(world)
    listed = Counter((one.campaign_id, world["owner"][one.contact.customer_id]) for one in rows)
    assert set(listed.values()) <= {1}
    for one in rows:
        share = world["definitions"][int(one.campaign_id[1:])]["holdout_share"]
        first = pl.Series([firsts[one.contact.customer_id]])
        assert (one.contact.group == "holdout") == is_holdout(first, one.campaign_id, share)[0]
        assert not is_holdout(first, "global control group", world["control"])[0]


def _check_refusals(
    world: dict[str, Any], desk: life.Desk, told: list[PlannedContact], opted_out: set[tuple[str, str]]
) -> None:
    consents = _consents(world) if world["is_asked"] else _consents(world).clear()
    states = channel_states(consents.lazy(), desk.source.as_of).collect()
    granted = set(states.filter("granted").select("customer_id", "channel").iter_rows())
    refused = set(states.filter(~pl.col("granted")).select("customer_id", "channel").iter_rows()) | opted_out
    known = {card for card in world["owner"] if card in set(desk.source.ids())}
    for one in told:
        contact = one.contact
        assert not world["is_asked"] or (contact.customer_id, contact.channel) in granted
        cards = [card for card in _cards_of(world, contact.customer_id) if card in known]
        # a campaign approved before a card joined could not know of a refusal by that card, but of opt-outs it does
        late = set() if one.campaign_id != "k0" else world["late"]
        assert not {(card, contact.channel) for card in cards if card not in late} & refused
        assert not {(card, contact.channel) for card in cards} & opted_out


def _check_caps(world: dict[str, Any], told: list[PlannedContact]) -> None:
    most, window, sms = world["caps"]
    owner = world["owner"]
    made = [(who, channel, date(2025, 2, day)) for who, channel, day in world["log"]]
    planned = [(one.contact.customer_id, one.contact.channel, one.contact.day) for one in told]
    for one in told:
        contact, person = one.contact, owner[one.contact.customer_id]
        # a campaign approved before a card joined could not know whose contacts were made to that card
        strange = world["late"] if one.campaign_id == "k0" else set()
        known = [row for row in made if row[0] not in strange] + planned
        every = [(owner[who], channel, day) for who, channel, day in known]
        for shift in range(window):
            start = contact.day - timedelta(days=shift)
            inside = [
                channel for who, channel, day in every
                if who == person and start <= day < start + timedelta(days=window)
            ]  # fmt: skip
            assert len(inside) <= most
            if contact.channel == "sms":
                assert Counter(inside)["sms"] <= sms
