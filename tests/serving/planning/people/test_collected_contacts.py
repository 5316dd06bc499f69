"""Contacts made here and clicks on them find their way into the lake once, with the ids that receivers know."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.reach import contact_log
from retail_brain.lake import open_lake
from retail_brain.operational.campaign_contacts import CampaignContact, approve_campaign, contact_id, mark_sent
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.campaigns import Change, note_preview, save_campaign
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.guide_answers import store_answers
from retail_brain.operational.guide_tasks import GuideAnswer, GuideTask, store_tasks, task_id
from retail_brain.operational.leases import Lease
from retail_brain.operational.repeated_contacts import DAILY, read_contacts_mark
from retail_brain.operational.trigger_firings import (
    Cause,
    Decision,
    Sent,
    close_firings,
    firings,
    note_causes,
    store_decisions,
    take_firings,
)
from retail_brain.operational.triggers import TriggerChange, save_trigger
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.campaigns.other_plans import other_plans

DAY, LAST = date(2025, 3, 1), date(2025, 3, 5)
NOON = datetime(2025, 3, 1, 12).astimezone(UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tenant whose lake has a receipt of 5 March, and a campaign that is not one of those made here."""
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    data = tmp_path / "data"
    data.mkdir()
    sold = {"transaction_id": ["T"], "sold_at": [datetime(2025, 3, 5, 9)], "store_id": ["S1"], "product_id": ["P1"]}
    pl.DataFrame(sold | {"units": [1.0], "unit_price": [2.0], "customer_id": ["a"]}).write_parquet(
        data / "transactions.parquet"
    )
    pl.DataFrame({"campaign_id": ["K01"], "starts_on": [DAY], "ends_on": [LAST]}).write_parquet(
        data / "campaigns.parquet"
    )
    assert run(tmp_path, "ingest", str(data)).exit_code == 0
    return tmp_path


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    made = Database(Workspace(home).database_url)
    upgrade(made)
    yield made
    made.close()


def run(home: Path, *arguments: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, ["--home", str(home), "--quiet", *arguments])


def in_lake(home: Path, table: str) -> pl.DataFrame:
    return open_lake(str(Workspace(home).lake)).scan(table).sort("campaign_id", "customer_id").collect()


def campaign(database: Database) -> None:
    """`a` is told on 1 March, `late` on 3 March, `b` not yet, `h` is held out; a's contact is clicked on."""
    change = Change("main", "spring", None, "Li", NOON)
    slots = [{"channel": "sms", "text": "Tea", "text_zh": "茶"}]
    definition = {"name": "春", "product_ids": ["P1"], "starts_on": "2025-03-01", "ends_on": "2025-03-12"}
    save_campaign(database, change, definition | {"slots": slots})
    note_preview(database, Change("main", "spring", 1, "Li", NOON), {})
    people = [
        CampaignContact(who, group, "sms", day, 10, "S1", "P1", 0.5, 0.1, None, None)
        for who, group, day in (
            ("a", "contact", DAY), ("b", "contact", DAY), ("late", "contact", DAY), ("h", "holdout", DAY),
            ("later", "holdout", date(2025, 3, 9)),
        )
    ]  # fmt: skip
    mark = read_contacts_mark("main", database)
    assert approve_campaign(database, Change("main", "spring", 2, "Li", NOON), people, mark) is not None
    mark_sent("main", database, "spring", people[:1], today=DAY, by="Li", now=NOON)
    mark_sent("main", database, "spring", people[2:3], today=date(2025, 3, 3), by="Li", now=NOON)
    clicked = ContactReceipt("r1", "spring", "a", "sms", "clicked", datetime(2025, 3, 1, 15).astimezone(UTC))
    store_receipts("main", database, [clicked], by="crm", now=NOON)


def trigger_and_list(database: Database, sent_on: date = DAY) -> None:
    """A trigger tells `a`, at noon of 1 March, and holds `h`; a guide's list names `a`, who is spoken to on 2 March."""
    save_trigger(database, TriggerChange("main", "bag", None, "Li", NOON), {}, owner=None, is_on=True)
    causes = [Cause(who, "bag:P2", who, "P2", None, None, datetime(2025, 3, 1, 9), NOON) for who in ("a", "h")]
    note_causes("main", database, "bag", causes, now=NOON)
    states = {"a": ("taken", False), "h": ("held", True)}
    decided = [
        Decision(one.id, states[one.person_id][0], None, states[one.person_id][1], "app", DAY)
        for one in firings("main", database)
    ]
    store_decisions("main", database, decided, read_contacts_mark("main", database))
    taken = take_firings("main", database, Lease(LAST - DAY, NOON), limit=5)
    close_firings("main", database, taken, Sent(sent_on), now=NOON, by="Li")
    tasks = [
        GuideTask(
            task_id(DAY, who), "G1", DAY, who, who, False, 1, "guide", "S1", "P1", DAILY, "x", "y", "a", "b", 0.4, 1.0,
            None,
        )
        for who in ("a", "open")
    ]  # fmt: skip
    store_tasks("main", database, tasks, by="Li", now=NOON)
    said = GuideAnswer("x", task_id(DAY, "a"), "done", datetime(2025, 3, 2, 16).astimezone(UTC))
    store_answers("main", database, [said], guide_id=None, by="phone", now=NOON)


def test_contacts_of_every_kind_reach_the_lake_once_with_their_ids(home: Path, database: Database) -> None:
    assert run(home, "contacts", "collect").stdout == "no contacts were made by 2025-03-05\n"
    campaign(database)
    trigger_and_list(database)
    said = run(home, "contacts", "collect")
    assert said.stdout == "6 new contacts and 1 new responses in the lake, up to 2025-03-05\n", said.exception
    assert run(home, "contacts", "collect").stdout.startswith("0 new contacts and 0 new responses")
    rows = in_lake(home, "contacts").select("campaign_id", "customer_id", "contacted_at", "is_holdout").rows()
    assert rows == [
        ("guides", "a", datetime(2025, 3, 2, 16), False),
        ("spring", "a", datetime(2025, 3, 1, 10), False),
        ("spring", "h", datetime(2025, 3, 1, 10), True),
        ("spring", "late", datetime(2025, 3, 3, 10), False),
        ("trigger:bag", "a", datetime(2025, 3, 1, 12), False),
        ("trigger:bag", "h", datetime(2025, 3, 1, 12), True),
    ]
    assert in_lake(home, "contacts")["attribution_id"].null_count() == 0
    (answered,) = in_lake(home, "responses").to_dicts()
    assert (answered["product_id"], answered["responded_at"], answered["attribution_id"]) == (
        "P1", datetime(2025, 3, 1, 15), contact_id("spring", "a"),
    )  # fmt: skip


@pytest.mark.parametrize("sent_on", [DAY, date(2025, 3, 2)], ids=["on its day", "the evening before"])
def test_a_contact_that_the_lake_holds_too_counts_once_for_the_caps(
    home: Path, database: Database, sent_on: date
) -> None:
    campaign(database)
    trigger_and_list(database, sent_on)
    customers = pl.DataFrame({"customer_id": ["a", "b", "h", "late", "open"]})

    def counted() -> list[tuple[str, str, date]]:
        plans = other_plans("main", database, None, DAY, Settings()).contacts
        lake = open_lake(str(Workspace(home).lake))
        made = lake.scan("contacts").collect() if lake.has("contacts") else None
        log = contact_log(AudienceFacts(customers=customers, contacts=made, planned=plans))
        return sorted(log.iter_rows())

    before = counted()
    assert run(home, "contacts", "collect").exit_code == 0
    assert counted() == before


@pytest.mark.parametrize(
    ("at", "is_on"),
    [
        (datetime(2025, 2, 28, 20), "spring"),  # 1 March has begun east of here
        (datetime(2025, 2, 28, 8), None),  # nowhere
    ],
)
def test_a_click_on_the_evening_before_is_on_the_contact(
    home: Path, database: Database, at: datetime, is_on: str | None
) -> None:
    campaign(database)
    clicked = ContactReceipt("r2", "spring", "late", "sms", "clicked", at.astimezone(UTC) + timedelta(days=2))
    store_receipts("main", database, [clicked], by="crm", now=NOON)
    assert run(home, "contacts", "collect").exit_code == 0
    found = in_lake(home, "responses").filter(customer_id="late")["attribution_id"].to_list()
    assert found == [None if is_on is None else contact_id(is_on, "late")]


def test_events_that_name_a_contact_are_responses_to_it(home: Path, database: Database) -> None:
    campaign(database)
    late, a, held = (contact_id("spring", who) for who in ("late", "a", "h"))
    told = [
        (late, "impression", 9, "P9"),  # shown, not answered
        (late, "view", 11, "P1"),
        (late, "purchase", 10, "P2"),  # the first of the day
        (a, "view", 16, "P1"),  # a click says so already
        (held, "view", 9, "P1"),  # nothing was sent
        ("recommend-2025-03-01", "view", 9, "P1"),
    ]
    days = {late: 3}
    events = [
        Event(datetime(2025, 3, days.get(name, 1), hour), kind, customer_id="x", product_id=goods, attribution_id=name)
        for name, kind, hour, goods in told
    ]
    store_events("main", database, events, now=NOON)
    assert run(home, "contacts", "collect").stdout.startswith("3 new contacts and 2 new responses")
    assert run(home, "contacts", "collect").stdout.startswith("0 new contacts and 0 new responses")
    rows = in_lake(home, "responses").select("customer_id", "product_id", "responded_at", "attribution_id").rows()
    assert rows == [
        ("a", "P1", datetime(2025, 3, 1, 15), a),
        ("late", "P2", datetime(2025, 3, 3, 10), late),
    ]
