"""Campaigns made here, once over and measured, say whom the next contact moves; on a chain whose effect is known."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.person.contact_state import person_state
from retail_brain.dataset import Dataset
from retail_brain.decisions.audience_request import AudienceRequest
from retail_brain.operational.campaign_contacts import CampaignContact, approve_campaign, stop_campaign
from retail_brain.operational.campaign_effects import StoredEffect, store_effect
from retail_brain.operational.campaigns import Change, note_preview, save_campaign
from retail_brain.operational.database import Database
from retail_brain.operational.guide_tasks import GuideTask, append_tasks
from retail_brain.operational.repeated_contacts import read_contacts_mark
from retail_brain.operational.trigger_firings import (
    Cause,
    Decision,
    Sent,
    close_firings,
    firings,
    note_causes,
    store_decisions,
)
from retail_brain.operational.triggers import TriggerChange, list_triggers, save_trigger
from retail_brain.settings import Settings
from serving.planning.campaigns.experiments import Experiments, read_experiments
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.people.audiences import Among, audience
from serving.planning.people.uplift import USED, learned, uplift_of
from serving.store.audience_facts import facts_of
from serving.store.publishing.catalogs import Positions
from serving.store.publishing.people_and_goods import _publish_facts
from serving.store.rows import map_rows
from training.uplift.examples import contact_examples

AS_OF = date(2025, 6, 30)
NOW = datetime(2025, 2, 1, 9, tzinfo=UTC)
STARTS = {"spring": date(2025, 2, 1), "summer": date(2025, 4, 1)}
PEOPLE = 1600
"""Half of them regulars, who buy tea anyway; of the others, who bought milk, a contact moves most to tea."""
HELD, MOVED = 0.4, 0.58
"""Share held out, and what a contact adds to the chance of those who bought milk alone."""


def _sale(who: str, product: str, at: datetime) -> dict[str, Any]:
    return {"transaction_id": f"{who}{product}{at}", "sold_at": at, "store_id": "S", "product_id": product,
            "customer_id": who, "units": 1.0, "unit_price": 2.0}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> tuple[Dataset, dict[str, list[CampaignContact]]]:
    """A chain without campaigns of its own, and who was drawn for two campaigns made here."""
    rng = np.random.default_rng(3)
    people = [f"c{number}" for number in range(PEOPLE)]
    regular = dict(zip(people, rng.random(PEOPLE) < 0.5, strict=True))
    sold = [_sale(who, "T" if regular[who] else "M", datetime(2025, 1, day)) for who in people for day in (5, 15)]
    drawn: dict[str, list[CampaignContact]] = {}
    for name, day in STARTS.items():
        drawn[name] = []
        for who in people:
            group = "holdout" if rng.random() < HELD else "contact"
            drawn[name].append(CampaignContact(who, group, "sms", day, 10, "S", "T", 0.4, 0.1, None, None))
            moved = 0.02 + (MOVED if group == "contact" else 0.0)
            if rng.random() < (0.5 if regular[who] else moved):
                sold.append(_sale(who, "T", datetime(day.year, day.month, day.day + 2, 12)))
    sold += [_sale(who, goods, datetime(2025, 6, day)) for who, goods in (("r", "T"), ("m", "M")) for day in (5, 15)]
    goods = {"product_id": ["T", "M"], "name": ["茶", "奶"], "category": ["tea", "milk"]}
    return Dataset.from_frames({"transactions": pl.DataFrame(sold), "products": pl.DataFrame(goods)}).at(AS_OF), drawn


@pytest.fixture
def make(database: Database, world: Any) -> Callable[..., None]:
    """Approves a campaign with the people drawn for it, and perhaps measures it for good."""

    def made(name: str, *, is_measured: bool = True, ends_in: int = 10) -> None:
        drawn, start = world[1][name], STARTS[name]
        definition = {
            "name": name, "product_ids": ["T"], "slots": [{"channel": "sms", "text": "a", "text_zh": "b"}],
            "starts_on": start.isoformat(), "ends_on": (start + timedelta(days=ends_in)).isoformat(),
        }  # fmt: skip
        save_campaign(database, Change("main", name, None, "Li", NOW), definition)
        note_preview(database, Change("main", name, 1, "Li", NOW), {"size": 0})
        mark = read_contacts_mark("main", database)
        assert approve_campaign(database, Change("main", name, 2, "Li", NOW), drawn, mark) is not None
        if is_measured:
            store_effect("main", database, StoredEffect(name, AS_OF, {"is_final": True, "reading": None}, "Li", NOW))

    return made


def test_the_outcome_of_campaigns_made_here_ranks_the_next_audience(world: Any, make: Any, database: Database) -> None:
    dataset, _ = world
    for name in STARTS:
        make(name)
    own = read_experiments("main", database, AS_OF)
    pairs = pl.DataFrame({"customer_id": ["r", "m"], "product_id": "T", "probability": [0.6, 0.4]})
    request = AudienceRequest(product_ids=("T",), size=10, holdout_share=0.0)
    plans, said = replace(OtherPlans.none(), experiments=own), list[str]()
    progress = type("Said", (), {"say": lambda _, text: said.append(text)})()
    by_response, _ = audience(dataset, pairs, Settings(), request)
    by_uplift, _ = audience(dataset, pairs, Settings(), request, among=Among(plans=plans), progress=progress)
    # whoever buys anyway comes first by response, and whom a contact moves by uplift
    assert by_response["customer_id"].to_list() == ["r", "m"]
    assert by_uplift["customer_id"].to_list()[0] == "m"
    assert said[0] == "  uplift is learned from 2 campaigns made here with 3,200 people; purchases within 14 days count"
    assert "ranked by uplift" in said[-1]


def test_published_answers_rank_by_it_too(world: Any, make: Any, database: Database, tmp_path: Path) -> None:
    for name in STARTS:
        make(name)
    places = Positions({"S": 0}, {"M": 0, "T": 1}, {"m": 0})
    _publish_facts(tmp_path, world[0], Settings(), places, read_experiments("main", database, AS_OF))
    rows = {file.stem: map_rows(tmp_path, file.stem) for file in tmp_path.glob("*.arrow")}
    facts = facts_of(SimpleNamespace(rows=rows, attributes=None, audience_memo=None), [1])  # type: ignore[arg-type]
    assert facts.ranked_by == "uplift"
    assert rows["facts_contact_effect"]["effect_days"].to_list() == [14]


def test_the_known_effect_is_found(world: Any, make: Any, database: Database) -> None:
    for name in STARTS:
        make(name)
    found = uplift_of(world[0], AS_OF, Settings(), ["T"], read_experiments("main", database, AS_OF))
    assert found.uplift is not None
    scores = dict(found.uplift.scores.select("customer_id", "uplift").iter_rows())
    assert scores["m"] == pytest.approx(MOVED, abs=0.1)
    assert scores["r"] == pytest.approx(0.0, abs=0.1)


def test_what_is_not_over_or_not_measured_is_left_out_and_counted(world: Any, make: Any, database: Database) -> None:
    make("spring", is_measured=False)
    make("summer", is_measured=False, ends_in=300)
    found = learned(world[0], Settings(), read_experiments("main", database, AS_OF))
    assert found.evidence.rows() == [("here", "running", 1, PEOPLE), ("here", "not_measured", 1, PEOPLE)]
    assert found.chosen.scorer is None
    assert found.lines[0] == "  left out 1,600 people of 1 campaigns made here: not over yet"


def test_people_whom_a_stop_kept_from_being_reached_are_left_out(make: Any, world: Any, database: Database) -> None:
    make("spring")
    stop_campaign(database, Change("main", "spring", 3, "Li", NOW), "why", STARTS["spring"])
    own = read_experiments("main", database, AS_OF)
    assert (own.contacts.height, own.left_out.rows()) == (0, [("here", "not_reached", 0, PEOPLE)])


def test_contacts_that_the_lake_holds_too_count_once(world: Any, make: Any, database: Database) -> None:
    make("spring")
    own = read_experiments("main", database, AS_OF)
    collected = replace_contacts(world[0], own)
    assert own.beside(collected).scan("contacts").collect().height == PEOPLE
    counted = learned(collected, Settings(), own).evidence
    assert counted.filter(pl.col("code") == USED).rows() == [("here", USED, 1, PEOPLE)]
    # without the experiment the lake's own tables name no such campaign
    assert learned(collected, Settings(), Experiments.none()).evidence.rows() == []


def replace_contacts(dataset: Dataset, own: Experiments) -> Dataset:
    """The chain with the contacts as `contacts collect` brings them in."""
    collected = own.contacts.drop_nulls("campaign_id").drop("product_id").lazy()
    frames: dict[str, Any] = dict(dataset.frames) | {"contacts": collected}
    return Dataset.from_frames(frames).at(AS_OF)


@pytest.fixture
def fire(database: Database, world: Any) -> Callable[..., None]:
    """A trigger decided about the people drawn for the summer, told of a product, and perhaps was measured."""

    def fired(
        trigger_id: str, *, product: str | None = "T", day: date = STARTS["summer"], is_measured: bool = True,
        cause: str = "bag", rows: int = PEOPLE,
    ) -> None:  # fmt: skip
        drawn = world[1]["summer"][:rows]
        if trigger_id not in {one.trigger_id for one in list_triggers("main", database)}:
            save_trigger(database, TriggerChange("main", trigger_id, None, "Li", NOW), {}, owner=None, is_on=True)
        causes = [
            Cause(f"p-{one.customer_id}", cause, one.customer_id, product, None, None, NOW.replace(tzinfo=None), NOW)
            for one in drawn
        ]
        assert note_causes("main", database, trigger_id, causes, now=NOW) == rows
        held = {one.customer_id: one.group == "holdout" for one in drawn}
        waiting = [one for one in firings("main", database, trigger_id) if one.state == "waiting"]
        decided = [
            Decision(one.id, "held" if held[one.customer_id] else "taken", None, held[one.customer_id], "sms", day)
            for one in waiting
        ]
        assert store_decisions("main", database, decided, read_contacts_mark("main", database))
        if is_measured:
            effect: dict[str, Any] = {"is_final": False, "reading": None}
            store_effect("main", database, StoredEffect(f"trigger:{trigger_id}", AS_OF, effect, "Li", NOW))

    return fired


def test_triggers_are_experiments_as_campaigns_are(world: Any, make: Any, fire: Any, database: Database) -> None:
    make("spring")
    fire("bag")
    own = read_experiments("main", database, AS_OF)
    found = uplift_of(world[0], AS_OF, Settings(), ["T"], own)
    assert found.learned.lines == [
        "uplift is learned from 1 campaigns made here with 1,600 people; 1 triggers with 1,600 people; purchases "
        "within 14 days count"
    ]
    assert found.uplift is not None
    scores = dict(found.uplift.scores.select("customer_id", "uplift").iter_rows())
    assert scores["m"] == pytest.approx(MOVED, abs=0.1)
    assert scores["r"] == pytest.approx(0.0, abs=0.1)


def test_a_message_counts_by_the_product_that_it_named(world: Any, fire: Any, database: Database) -> None:
    fire("bag", product="M")  # which nobody buys afterwards
    own = read_experiments("main", database, AS_OF)
    rows, known = contact_examples(own.beside(world[0]), 14) or pytest.fail("nothing was learned from")
    assert rows["category"].unique().to_list() == ["milk"]
    assert known.outcome.sum() == 0
    held = sum(one.group == "holdout" for one in world[1]["summer"])
    assert (known.treated.sum(), set(known.share)) == (PEOPLE - held, {1 - held / PEOPLE})


def test_of_several_messages_of_a_trigger_the_first_counts(world: Any, fire: Any, database: Database) -> None:
    fire("bag", day=STARTS["summer"])
    fire("bag", day=STARTS["summer"] + timedelta(days=20), cause="again", rows=400)
    told = [one.id for one in firings("main", database, "bag") if one.cause == "again" and one.held is False]
    sent = firings("main", database, "bag")
    close_firings("main", database, [one for one in sent if one.id in told], Sent(AS_OF), now=NOW, by="Li")
    own = read_experiments("main", database, AS_OF)
    first = own.contacts.drop_nulls("campaign_id")
    assert (first.height, first["contacted_at"].dt.date().unique().to_list()) == (PEOPLE, [STARTS["summer"]])
    # the later ones say only that somebody was contacted, and the lake's copies of all of them count once
    assert own.contacts.height == PEOPLE + len(told) > PEOPLE
    known_of = own.beside(replace_contacts(world[0], own))
    assert known_of.scan("contacts").filter(pl.col("campaign_id").is_not_null()).collect().height == PEOPLE
    assert learned(world[0], Settings(), own).evidence.rows() == [("trigger", USED, 1, PEOPLE)]
    keys = pl.DataFrame({"customer_id": [world[1]["summer"][0].customer_id], "day": [AS_OF]})
    was_told = person_state(own.beside(world[0]), keys)["contacts_91d"].to_list()
    assert was_told == [0 if world[1]["summer"][0].group == "holdout" else 2]


def test_triggers_that_say_nothing_are_left_out_and_counted(world: Any, fire: Any, database: Database) -> None:
    fire("unread", is_measured=False, rows=50)
    fire("birthday", product=None, rows=40)
    fire("late", day=AS_OF, rows=30)
    fire("later", day=AS_OF + timedelta(days=1), rows=20)
    found = learned(world[0], Settings(), read_experiments("main", database, AS_OF))
    assert found.evidence.rows() == [
        ("trigger", "never_measured", 1, 50),
        ("trigger", "no_goods", 1, 40),
        ("trigger", "days_not_over", 1, 30),
    ]
    assert found.lines[0] == "  left out 50 people of 1 triggers: not measured yet (`trigger effect`, `guides effect`)"


def test_lists_of_guides_are_experiments_too(world: Any, make: Any, database: Database) -> None:
    lines = [
        GuideTask(
            f"t{number}", "g", STARTS["summer"], f"p{number}", one.customer_id, one.group == "holdout", number + 1,
            "guide", "S", "T", "guides", "why", "为何", "a", "b", 0.4, 0.1, None,
            "held" if one.group == "holdout" else "open",
        )
        for number, one in enumerate(world[1]["summer"])
    ]  # fmt: skip
    with database.writing() as connection:
        database.ensure_tenant("main", connection, now=NOW)
        assert append_tasks("main", database, connection, lines) == PEOPLE
    store_effect("main", database, StoredEffect("guides", AS_OF, {"is_final": True, "reading": None}, "Li", NOW))
    found = learned(world[0], Settings(), read_experiments("main", database, AS_OF))
    assert found.evidence.rows() == [("guides", USED, 1, PEOPLE)]


def test_nothing_after_the_day_of_the_contact_changes_its_features(world: Any, make: Any, database: Database) -> None:
    for name in STARTS:
        make(name)
    own = read_experiments("main", database, AS_OF)
    whole = contact_examples(own.beside(world[0]), 14)
    later = pl.col("sold_at").dt.date() >= STARTS["summer"]
    frames: dict[str, Any] = dict(world[0].frames) | {"transactions": world[0].frames["transactions"].filter(~later)}
    cut = contact_examples(own.beside(Dataset.from_frames(frames).at(AS_OF)), 14)
    assert whole is not None
    assert cut is not None
    assert np.array_equal(whole[1].features, cut[1].features, equal_nan=True)
    assert not np.array_equal(whole[1].outcome, cut[1].outcome)
