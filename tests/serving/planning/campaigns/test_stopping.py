"""Campaigns that stop by themselves: harm, opt-outs, money."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.campaign_effects import StoredEffect, store_effect
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.campaigns import campaign
from retail_brain.operational.database import Database
from retail_brain.operational.leases import Lease
from retail_brain.settings import Settings
from serving.planning.campaigns import life
from serving.planning.campaigns.measuring import watch
from serving.planning.campaigns.push import Push, push_contacts
from serving.planning.campaigns.standing import history, state_on
from serving.planning.campaigns.stopping import BY_RULE, stop_by_rules
from serving.planning.stock.webhook import Delivery

NOW = datetime(2025, 3, 2, 9, tzinfo=UTC)
TODAY = date(2025, 3, 2)
LEASE = Lease(timedelta(minutes=5), NOW)


@pytest.fixture
def approve(database: Database, make_source: Any, define: Any, change: Any) -> Any:
    def made(**stop: Any) -> life.Desk:
        desk = life.Desk(database, make_source(people=40), Settings())
        slots = [{"channel": "sms", "text": "a", "text_zh": "b", "contact_cost": 0.1}]
        life.save(desk, change("spring"), define(stop=stop, slots=slots))
        life.preview(desk, change("spring", 1))
        life.approve(desk, change("spring", 2))
        return desk

    return made


def test_too_many_opt_outs_stop_a_campaign_with_the_rule_in_its_history(approve: Any, database: Database) -> None:
    approve(opt_out_share=0.1)
    people = [one.contact.customer_id for one in campaign_contacts("main", database, "spring")]
    refusals = [ContactReceipt(f"r{who}", "spring", who, "sms", "opted_out", NOW) for who in people[:5]]
    store_receipts("main", database, refusals[:4], by="g", now=NOW)
    assert stop_by_rules("main", database, "spring", TODAY, NOW) is None
    store_receipts("main", database, refusals, by="g", now=NOW)
    stopped = stop_by_rules("main", database, "spring", TODAY, NOW)
    assert stopped is not None
    assert (stopped.state, stopped.stopped_by) == ("stopped", BY_RULE)
    assert life.summary(stopped, TODAY, NOW, "zh")["stop_reason"].startswith("40 人中有 5 人退订")
    assert history(stopped, database, "main", TODAY)[-1]["by"] == BY_RULE
    assert stop_by_rules("main", database, "spring", TODAY, NOW) is None
    assert stop_by_rules("main", database, "nothing", TODAY, NOW) is None


def test_certain_harm_stops_a_campaign_and_a_measured_one_is_left_alone(approve: Any, database: Database) -> None:
    approve(on_harm=True)
    for low, high, stops in ((-0.2, 0.1, False), (-0.3, -0.1, True)):
        effect = {"is_final": False, "reading": {"difference": -0.1, "low": low, "high": high, "is_clear": True}}
        store_effect("main", database, StoredEffect("spring", TODAY, effect, "Li", NOW))
        assert (stop_by_rules("main", database, "spring", TODAY, NOW) is not None) == stops
    effect = {"is_final": True, "reading": None}
    store_effect("main", database, StoredEffect("spring", date(2025, 4, 1), effect, "Li", NOW))
    assert state_on(campaign("main", database, "spring"), date(2025, 4, 1)) == "measured"


def test_money_that_is_spent_ends_the_handing_over(approve: Any, database: Database, tmp_path: Path) -> None:
    approve(spent=1.05)
    asked = Push("spring", date(2025, 3, 1), str(tmp_path / "out.csv"), "Li")
    lake = Dataset.from_frames({})
    done = push_contacts("main", database, lake, asked, settings=Settings(), lease=LEASE, delivery=Delivery(5, 1, 0))
    assert done.contacts == 10  # at .1 each, an eleventh would exceed 1.05
    stored = campaign("main", database, "spring")
    assert (stored.state, stored.stop_rule) == (
        "stopped",
        {"rule": "spent", "spent": pytest.approx(1.0), "limit": 1.05},
    )
    states = [one.state for one in campaign_contacts("main", database, "spring")]
    assert (states.count("sent"), states.count("withdrawn")) == (10, 30)


def test_a_campaign_of_which_nobody_was_reached_yet_is_watched_for_money_and_opt_outs(
    approve: Any, database: Database, tmp_path: Path
) -> None:
    approve(spent=1000, opt_out_share=0.1)
    day_before = {"transactions": sold_on(date(2025, 2, 28))}
    lake = Dataset.from_frames(day_before, as_of=date(2025, 2, 28))
    assert watch("main", database, lake, "spring", Settings(), by="Li", now=NOW) is None
    assert campaign("main", database, "spring").state == "approved"
    people = [one.contact.customer_id for one in campaign_contacts("main", database, "spring")]
    refusals = [ContactReceipt(f"r{who}", "spring", who, "sms", "opted_out", NOW) for who in people[:5]]
    store_receipts("main", database, refusals, by="g", now=NOW)
    assert watch("main", database, lake, "spring", Settings(), by="Li", now=NOW) is None
    stored = campaign("main", database, "spring")
    assert stored.stop_rule is not None
    assert (stored.state, stored.stop_rule["rule"]) == ("stopped", "opt_outs")


def sold_on(day: date) -> pl.DataFrame:
    line = {"transaction_id": "t", "sold_at": datetime.combine(day, time(9)), "store_id": "S1", "product_id": "P2"}
    return pl.DataFrame([line | {"customer_id": "x", "units": 1.0, "unit_price": 2.0}])


def test_without_rules_a_campaign_goes_on(approve: Any, database: Database) -> None:
    approve()
    people = [one.contact.customer_id for one in campaign_contacts("main", database, "spring")]
    refusals = [ContactReceipt(f"r{who}", "spring", who, "sms", "opted_out", NOW) for who in people]
    store_receipts("main", database, refusals, by="g", now=NOW)
    assert stop_by_rules("main", database, "spring", TODAY, NOW) is None
