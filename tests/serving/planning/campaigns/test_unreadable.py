"""An approved campaign that another version stored and nobody can read: all else is served, nobody new is contacted."""

from contextlib import nullcontext
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from sqlalchemy import update

from retail_brain.cli import campaign_effect_verbs, campaign_verbs
from retail_brain.cli.json_result import reported
from retail_brain.dataset import Dataset
from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.errors import ImpossibleError
from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.database import Database
from retail_brain.operational.tables import CAMPAIGNS
from retail_brain.settings import Settings
from serving.planning.campaigns import life
from serving.planning.campaigns.demand import CampaignBook
from serving.planning.campaigns.experiments import read_experiments
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.campaigns.standing import history
from serving.planning.campaigns.together import assign_together
from serving.planning.people.audiences import under_plans

SETTINGS = Settings()
DAY = date(2025, 3, 1)
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=[[], {"name": 1}, {"kind": "of tomorrow"}])
def desk(database: Database, make_source: Any, define: Any, change: Any, request: pytest.FixtureRequest) -> life.Desk:
    made = life.Desk(database, make_source(people=20), SETTINGS)
    for name in ("odd", "next"):
        life.save(made, change(name), define())
    life.preview(made, change("odd", 1))
    life.approve(made, change("odd", 2))
    with database.writing() as connection:
        own = CAMPAIGNS.c.campaign_id == "odd"
        connection.execute(update(CAMPAIGNS).where(own).values(definition=request.param))
    return made


def test_its_people_count_and_nobody_new_is_planned_until_it_is_stopped(desk: life.Desk, change: Any) -> None:
    units = pl.DataFrame({"product_id": ["P1"], "units_per_purchase": [2.0]})
    book = CampaignBook.read("main", desk.database, desk.source.as_of, units, SETTINGS)
    people = campaign_contacts("main", desk.database, "odd")
    assert (book.plans.unreadable, book.plans.contacts.height, book.plans.told.height) == (("odd",), 20, len(people))
    facts = AudienceFacts(customers=pl.DataFrame({"customer_id": ["c0"]}))
    planning = (
        lambda: life.preview(desk, change("next", 1)),
        lambda: assign_together(desk, "main", ["next"], per_customer=1),
        lambda: under_plans(facts, book.plans),
    )
    for plan in planning:
        with pytest.raises(ImpossibleError, match="campaign stop") as refused:
            plan()
        assert refused.value.details == {"problem": "campaigns_unreadable", "campaign_ids": ["odd"]}
    assert dict(read_experiments("main", desk.database, DAY).left_out.select("code", "campaigns").iter_rows()) == {
        "unreadable": 1
    }
    stopped = life.stop(desk, change("odd", 3), "why")
    assert life.summary(stopped, DAY, NOW, "en")["state"] == "stopped"
    assert "stopped" in {row["state"] for row in history(stopped, desk.database, "main", DAY)}
    assert other_plans("main", desk.database, None, DAY, SETTINGS).unreadable == ()
    assert life.preview(desk, change("next", 1)).preview


def test_one_that_was_measured_for_good_is_in_nobodys_way(desk: life.Desk, change: Any) -> None:
    measured(desk)
    assert life.preview(desk, change("next", 1)).preview
    assert assign_together(desk, "main", ["next"], per_customer=1).left_out == {}


def measured(desk: life.Desk) -> None:
    with desk.database.writing() as connection:
        own = CAMPAIGNS.c.campaign_id == "odd"
        connection.execute(update(CAMPAIGNS).where(own).values(measured_at=datetime(2025, 4, 1, tzinfo=UTC)))


@pytest.fixture
def verbs(desk: life.Desk, monkeypatch: pytest.MonkeyPatch) -> life.Desk:
    """The command line on the desk; the rows and counts of the verb that runs are its own."""
    lake = Dataset.from_frames({}, as_of=desk.source.as_of)
    context = SimpleNamespace(workspace=SimpleNamespace(tenant="main"), settings=SETTINGS, dataset=lambda _: lake)
    for module in (campaign_verbs, campaign_effect_verbs):
        monkeypatch.setattr(module, "current", lambda: context)
    monkeypatch.setattr(campaign_verbs, "campaign_desk", lambda: nullcontext(desk))
    monkeypatch.setattr(campaign_effect_verbs, "open_database", lambda: desk.database)
    monkeypatch.setattr(campaign_effect_verbs, "closing", nullcontext)
    monkeypatch.setattr(reported(), "rows", [])
    monkeypatch.setattr(reported(), "counts", {})
    return desk


@pytest.mark.parametrize("state", ["approved", "stopped", "measured"])
def test_the_campaigns_beside_it_are_listed_and_watched(
    verbs: life.Desk, change: Any, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if state != "stopped":
        measured(verbs)  # its people are in nobody's way, so that another one can be approved
    else:
        life.stop(verbs, change("odd", 3), "why")
    source: Any = verbs.source
    source.people = 40  # those of the other one were contacted enough
    life.preview(verbs, change("next", 1))
    life.approve(verbs, change("next", 2))
    if state == "approved":
        with verbs.database.writing() as connection:
            connection.execute(update(CAMPAIGNS).values(measured_at=None))
    campaign_verbs.list_()
    listed = {row["campaign_id"]: row["state"] for row in reported().rows}
    assert listed == {"next": "running"} | ({} if state == "approved" else {"odd": state})
    reported().rows.clear()
    reported().counts.clear()
    capsys.readouterr()
    campaign_effect_verbs.watch()
    assert [row["campaign_id"] for row in reported().rows] == ["next"]
    assert reported().counts == ({} if state == "measured" else {"left_out": 1})
    assert ("odd" in capsys.readouterr().out) == (state != "measured")
