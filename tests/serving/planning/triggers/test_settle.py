"""What is asked again when a message is due: consent, control group, caps, purchases, stock, hours; and who is held."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retail_brain.decisions.holdout import is_holdout
from retail_brain.errors import ConflictError
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.database import Database
from retail_brain.operational.trigger_firings import Cause, firings, note_causes
from retail_brain.operational.triggers import TriggerChange
from retail_brain.settings import Settings
from serving.planning.triggers import desk as triggers
from serving.planning.triggers import settle as settling
from serving.planning.triggers.evaluate import evaluate
from serving.planning.triggers.settle import DROPPED_TEXTS, settle

NOON = datetime(2025, 3, 1, 12).astimezone(UTC)
_TENANTS = count()
"""Every example has a tenant of its own in the one database."""


def outcomes(database: Database) -> dict[str, str]:
    return {one.customer_id: one.code or one.state for one in firings("main", database)}


@pytest.fixture
def fire(desk, lay):
    """Lets people lay P1 into the bag, looks, and decides."""

    def made(*people: str, at: datetime = NOON, **changes: Any):
        for who in people:
            lay(who, name=f"{who}-{at}")
        evaluate(desk(at))
        return settle(desk(at, **changes))

    return made


def limited(**audience: Any) -> Settings:
    return Settings.model_validate({"audience": audience})


def test_who_may_be_told_is_taken_with_channel_day_shop_and_stage(save, fire, database) -> None:
    save()
    assert fire("c0") == {"taken": 1}
    (one,) = firings("main", database)
    assert (one.state, one.held, one.channel, one.day, one.store_id, one.segment) == (
        "taken", False, "sms", date(2025, 3, 1), "S1", "friend",
    )  # fmt: skip


def test_a_message_waits_for_its_delay_and_its_hours_and_then_expires(save, fire, desk, database) -> None:
    save(delay_minutes=600, expires_hours=12)
    assert fire("c0") == {}
    night = NOON + timedelta(hours=10)
    assert settle(desk(night)) == {}
    assert outcomes(database) == {"c0": "waiting"}
    assert settle(desk(NOON + timedelta(hours=21))) == {"taken": 1}
    fire("c1", at=NOON + timedelta(minutes=1))
    assert settle(desk(NOON + timedelta(hours=23))) == {"expired": 1}


def test_only_the_weekdays_of_the_trigger_count(save, fire, desk) -> None:
    save(weekdays=[1])
    assert fire("c0") == {}
    assert settle(desk(NOON + timedelta(days=2))) == {"taken": 1}


def test_who_bought_since_or_refused_since_is_not_told(save, fire, lay, source, database) -> None:
    save()
    lay("c0", kind="purchase", name="bought")
    refused = ContactReceipt("r1", "K1", "c1", "sms", "opted_out", NOON)
    store_receipts("main", database, [refused], by="Li", now=NOON)
    fire("c0", "c1", "c2")
    assert outcomes(database) == {"c0": "just_bought", "c1": "no_consent", "c2": "taken"}


def test_consents_of_the_lake_decide(save, fire, source, database) -> None:
    rows = [("c0", "sms", True), ("c1", "sms", False)]
    source.changes["consents"] = pl.DataFrame(
        rows, schema=["customer_id", "channel", "granted"], orient="row"
    ).with_columns(changed_at=datetime(2025, 1, 1))
    save()
    fire("c0", "c1", "c2")
    assert outcomes(database) == {"c0": "taken", "c1": "no_consent", "c2": "no_consent"}


def test_the_message_goes_to_the_card_that_consents(save, fire, source, database) -> None:
    source.changes["consents"] = pl.DataFrame(
        {"customer_id": ["c0"], "channel": ["sms"], "granted": [True], "changed_at": [datetime(2025, 1, 1)]}
    )
    cards = {"customer_id": ["c0", "c1"], "person_id": ["c0"] * 2, "first_customer_id": ["c0"] * 2}
    source.changes["persons"] = pl.DataFrame(cards)
    save()
    fire("c1")
    (one,) = firings("main", database)
    assert (one.customer_id, one.person_id, one.state) == ("c0", "c0", "taken")


def test_where_nobody_was_asked_the_card_that_caused_it_is_told(save, fire, source, database) -> None:
    cards = {"customer_id": ["c0", "c1"], "person_id": ["c0"] * 2, "first_customer_id": ["c0"] * 2}
    source.changes["persons"] = pl.DataFrame(cards)
    save()
    fire("c1")
    assert [one.customer_id for one in firings("main", database)] == ["c1"]


def test_the_control_group_is_never_told_and_the_holdout_is_measured(save, fire, database) -> None:
    save(holdout_share=0.5)
    fire("c0", "c1", "c2", "c3")
    drawn = is_holdout(pl.Series(["c0", "c1", "c2", "c3"]), "trigger:bag", 0.5).to_list()
    assert list(outcomes(database).values()) == ["held" if held else "taken" for held in drawn]
    assert {one.held for one in firings("main", database)} == {True, False}
    save("other", holdout_share=0.0)
    fire("c0", at=NOON + timedelta(minutes=1), settings=limited(control_share=0.999))
    assert "control_group" in outcomes(database).values()


def test_goods_that_no_shop_of_theirs_has_are_not_told_of(save, fire, source, database) -> None:
    source.stock = 0.0
    save()
    fire("c0")
    assert outcomes(database) == {"c0": "no_stock"}


def test_no_more_are_told_than_the_stock_of_their_shop_will_serve(save, fire, source, database) -> None:
    source.people, source.stock = 8, 2.0
    save()
    fire("c0", "c2", "c4", "c1")
    assert outcomes(database) == {"c0": "taken", "c2": "taken", "c4": "others_told", "c1": "taken"}
    fire("c6", at=NOON + timedelta(hours=1))
    assert outcomes(database)["c6"] == "promised_elsewhere"


def test_a_trigger_reaches_a_person_no_more_often_than_it_may(save, fire, lay, desk, database) -> None:
    save(most_per_person=2, cap_days=3)
    for product in ("P1", "P2", "P3"):
        lay("c0", product, name=product)
    assert fire() == {"taken": 2, "trigger_cap": 1}
    lay("c0", "P4", name="P4")
    assert fire(at=NOON + timedelta(days=2)) == {"trigger_cap": 1}
    lay("c0", "P5", name="P5")
    assert fire(at=NOON + timedelta(days=3)) == {"taken": 1}


def test_caps_count_all_triggers_and_held_out_people_use_none(save, fire, lay, database) -> None:
    save("one")
    save("two")
    tight = limited(max_contacts=1)
    fire("c0", settings=tight)
    assert [one.code or one.state for one in firings("main", database)] == ["taken", "planned_elsewhere"]


def test_a_trigger_by_guide_speaks_only_to_people_with_a_guide(save, fire, database) -> None:
    slot = {"text": "a", "text_zh": "b"}
    save("guided", slots=[slot | {"channel": "guide"}])
    fire("c0", "c1", guides={"c0": "G1"})
    assert outcomes(database) == {"c0": "taken", "c1": "no_guide"}
    assert [one.channel for one in firings("main", database)] == ["guide", None]


def test_decisions_are_worked_out_again_where_plans_changed_meanwhile(save, fire, desk, lay, monkeypatch) -> None:
    save()
    lay("c0")
    evaluate(desk())
    seen = []
    store = settling.store_decisions

    def once_too_late(*given: Any) -> bool:
        seen.append(given)
        return False if len(seen) == 1 else store(*given)

    monkeypatch.setattr(settling, "store_decisions", once_too_late)
    assert settle(desk()) == {"taken": 1}
    lay("c1", name="second")
    evaluate(desk())
    monkeypatch.setattr(settling, "store_decisions", lambda *_given: False)
    with pytest.raises(ConflictError, match="other plans changed"):
        settle(desk())


def test_every_reason_has_words_in_both_languages() -> None:
    assert all(len(words) == 2 and all(words) for words in DROPPED_TEXTS.values())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15)
@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(["fire", "fire", "refuse"]),
            st.integers(0, 5),
            st.integers(0, 30),
            st.sampled_from(["one", "two"]),
        ),
        max_size=14,
    ),
    most=st.integers(0, 3),
    stock=st.integers(0, 4),
)
def test_nobody_is_told_who_must_not_be_whatever_happens(desk, save, source, lay, moves, most, stock) -> None:
    """Caps over all triggers, stock, refusals, quiet hours and the holdout hold after any order of things."""
    tenant = f"t{next(_TENANTS)}"
    source.people, source.stock = 6, float(stock)
    database = desk().database
    rules = limited(max_contacts=most, contact_window_days=5)
    for name in ("one", "two"):
        definition = {"name": name, "kind": "bag_add", "holdout_share": 0.3, "most_per_person": 9}
        slot = [{"channel": "sms", "text": "a", "text_zh": "b"}]
        made = triggers.parse_trigger(definition | {"slots": slot}, name)
        triggers.save(
            triggers.Desk(tenant, database, source, rules, NOON, {}),
            TriggerChange(tenant, name, None, "Li", NOON),
            made,
            owner=None,
            is_on=True,
        )
    refused: dict[str, datetime] = {}
    for place, (what, number, hours, trigger) in enumerate(moves):
        who, at = f"c{number}", NOON + timedelta(days=place // 3, hours=hours)
        look = triggers.Desk(tenant, database, source, rules, at, {})
        if what == "refuse":
            refused.setdefault(who, at)
            receipt = ContactReceipt(f"r{place}", "K", who, "sms", "opted_out", at)
            store_receipts(tenant, database, [receipt], by="Li", now=at)
        else:
            cause = Cause(f"{who}", f"x{place}", who, "P1", None, None, datetime(2025, 3, 1), at)
            note_causes(tenant, database, trigger, [cause], now=at)
            settle(look)
    rows = firings(tenant, database)
    told = [one for one in rows if one.state in {"taken", "opted_out"}]
    held = {name: is_holdout(pl.Series([f"c{n}" for n in range(6)]), f"trigger:{name}", 0.3) for name in ("one", "two")}
    assert not any(held[one.trigger_id][int(one.customer_id[1:])] for one in told)
    assert not any(one.customer_id in refused and one.state == "taken" for one in rows)
    for who in {one.customer_id for one in told}:
        days = sorted(one.day for one in told if one.customer_id == who and one.day is not None)
        assert all(sum(first <= day < first + timedelta(days=5) for day in days) <= most for first in days)
    for store in ("S1", "S2"):
        assert sum(one.store_id == store for one in rows if one.state == "taken") <= stock
