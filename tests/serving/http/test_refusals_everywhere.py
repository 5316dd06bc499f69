"""Every way by which a refusal can come, against every list that it must leave at once, in a running service."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.api import open_tenant
from retail_brain.cli.app import app
from retail_brain.erased_ids import Subjects
from retail_brain.lake import open_lake
from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.database import Database
from retail_brain.operational.erasures import begin_erasure
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.guide_tasks import list_tasks
from retail_brain.operational.keys import create_key
from retail_brain.operational.trigger_firings import firings
from retail_brain.operational.triggers import TriggerChange
from retail_brain.settings import load_settings
from retail_brain.workspace import Workspace
from serving.planning.triggers import desk as triggers
from serving.planning.triggers.evaluate import evaluate
from serving.planning.triggers.settle import settle
from serving.store.answers_manifest import read_manifest, write_manifest
from serving.store.current_answers import open_current
from serving.store.refusals import tell_refusals
from serving.store.rows import write_rows
from serving.store.triggers import PublishedTriggerSource

TENANT = "refusing"
NOON = datetime(2025, 3, 1, 12).astimezone(UTC)
CONTROL = "C00012"
"""Refuses nothing."""
ANY = ("sms", "guide")
PATHS = {
    "command": ("C00001", ANY),
    "command for one channel": ("C00002", ("sms",)),
    "ingest": ("C00003", ANY),
    "ingest of a row that cannot be read": ("C00004", ANY),
    "python": ("C00005", ANY),
    "receipt": ("C00006", ("sms",)),
    "answer of a guide": ("C00007", ("guide",)),
    "erasure that is not finished": ("C00008", ANY),
    "another card of the person": ("C00009", ANY),
}
"""Way -> who refuses by it, and the channels that it closes."""
OTHER_CARD = "C00010"
LISTS = {
    "audience": "sms",
    "approved campaign": "sms",
    "next campaign": "sms",
    "decided message": "sms",
    "next message": "sms",
    "export": "sms",
    "guide's list": "guide",
    "guide's next list": "guide",
}
"""List -> the channel that it contacts people by."""
PEOPLE = [*(who for who, _ in PATHS.values()), CONTROL]
CONSENTS = "customer_id,channel,granted,changed_at\n"
CAMPAIGN = {
    "name": "milk",
    "product_ids": [f"P{number:04d}" for number in range(1, 61)],
    "slots": [{"channel": "sms", "text": "Milk", "text_zh": "牛奶"}],
    "starts_on": "2025-03-01",
    "ends_on": "2025-03-15",
    "holdout_share": 0.0,
    "customer_ids": PEOPLE,
    "size": 20,
    "stock_limit": False,
}


@dataclass(frozen=True)
class Shop:
    """A tenant of the running service, with its lake."""

    client: Any
    space: Workspace
    database: Database
    folder: Path

    def ask(self, path: str, body: Any) -> Any:
        return self.client.ask(path, body, role="marketer", tenant=TENANT)

    def run(self, *words: str) -> str:
        done = CliRunner().invoke(app, ["--home", str(self.client.home), "--tenant", TENANT, *words])
        assert done.exit_code == 0, done.output
        return done.output

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.mkdir(exist_ok=True)
        (path / "consents.csv").write_text(CONSENTS + text, encoding="utf-8")
        return path


def _lake(shop: Shop) -> None:
    folder = shop.folder / "first"
    folder.mkdir()
    lines = "".join(
        f"t{n},2025-02-{n % 28 + 1:02} 10:00,S001,P0002,{who},1,2\n" for n, who in enumerate([*PEOPLE, OTHER_CARD])
    )
    head = "transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price\n"
    (folder / "transactions.csv").write_text(head + lines, encoding="utf-8")
    phones = "".join(f"phone,8613800138{who[-3:]},{who},crm\n" for who in PEOPLE)
    shared = "".join(f"openid,wx9,{who},crm\n" for who in ("C00009", OTHER_CARD))
    (folder / "identities.csv").write_text("id_type,id_value,customer_id,source\n" + phones + shared, encoding="utf-8")
    granted = "".join(f"{who},any,true,2025-01-01 10:00\n" for who in [*PEOPLE, OTHER_CARD])
    (folder / "consents.csv").write_text(CONSENTS + granted, encoding="utf-8")
    shop.run("ingest", str(folder))


def _publish(shop: Shop, synthetic: ModuleType) -> None:
    """Answers made from the lake as it is now: everybody granted everything."""
    aside = Workspace(shop.folder / "aside", TENANT)
    folder = synthetic.publish_synthetic(aside, "refusing-first")
    person = {"stage": ["friend"] * 200, "guide_id": ["G1"] * 12 + [None] * 188, "home_store_id": ["S001"] * 200}
    write_rows(folder, "person", pl.DataFrame(person | {"main_store_id": ["S001"] * 200}))
    lake = open_lake(str(shop.space.lake))
    write_rows(folder, "facts_consents", lake.scan("consents").collect())
    persons = {"person_id": ["C00009"] * 2, "customer_id": ["C00009", OTHER_CARD], "first_customer_id": ["C00009"] * 2}
    write_rows(folder, "facts_persons", pl.DataFrame(persons))
    manifest = read_manifest(folder)
    (folder / "manifest.json").unlink()
    manifest.versions.update(lake.versions)
    write_manifest(folder, manifest)
    aside.answers.rename(shop.space.answers)


@pytest.fixture(scope="module")
def shop(client: Any, synthetic: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    space = Workspace(client.home, TENANT)
    database = Database(space.database_url)
    made = Shop(client, space, database, tmp_path_factory.mktemp("refusals"))
    space.root.mkdir(parents=True)
    space.settings_file.write_text("[guides]\nholdout_share = 0.0\n[audience]\nmax_contacts = 99\n", encoding="utf-8")
    _lake(made)
    client.keys[TENANT, "marketer"] = create_key(TENANT, database, role="marketer", name="hq", now=datetime.now(UTC))
    _publish(made, synthetic)
    client.wait_for(TENANT)
    yield made
    database.close()


def _campaign(shop: Shop, name: str) -> None:
    shop.ask("/campaign", {"campaign_id": name, "campaign": CAMPAIGN})
    for version, act in ((1, "preview"), (2, "approve")):
        shop.ask("/campaign_act", {"campaign_id": name, "version": version, "act": act})


def _planned(shop: Shop, name: str) -> set[str]:
    rows = campaign_contacts(TENANT, shop.database, name)
    return {one.contact.customer_id for one in rows if one.state == "planned"}


def _desk(shop: Shop, at: datetime) -> triggers.Desk:
    source = PublishedTriggerSource(open_current(shop.space.answers), lambda _: None)
    return triggers.Desk(TENANT, shop.database, source, load_settings(shop.space), at, {})


def _lay(shop: Shop, at: datetime) -> None:
    """Everybody lays something into the bag, and what is due is decided."""
    happened = at.astimezone().replace(tzinfo=None)
    bags = [Event(happened, "bag_add", customer_id=who, product_id="P0060", event_id=f"{who}{at}") for who in PEOPLE]
    store_events(TENANT, shop.database, bags, now=at)
    evaluate(_desk(shop, at))
    settle(_desk(shop, at))


def _taken(shop: Shop, at: datetime) -> set[str]:
    found = [one for one in firings(TENANT, shop.database) if one.caused_at.date() == at.date()]
    return {one.customer_id for one in found if one.state == "taken"}


def _audience(shop: Shop) -> set[str]:
    asked = {"product_ids": CAMPAIGN["product_ids"], "size": 200, "holdout_share": 0.0, "channel": "sms"}
    return {row["customer_id"] for row in shop.ask("/audience", asked)["audience"]}


def _export(shop: Shop) -> set[str]:
    listed, out = shop.folder / "listed.csv", shop.folder / "export.csv"
    pl.DataFrame({"customer_id": PEOPLE, "group": "contact", "channel": "sms"}).write_csv(listed)
    out.unlink(missing_ok=True)
    shop.run("contacts", "export", str(listed), "--profile", "sms", "--out", str(out))
    phones = pl.read_csv(out, infer_schema=False)["phone"].to_list()
    return {f"C00{phone[-3:]}" for phone in phones}


def _listed(shop: Shop, day: date) -> set[str]:
    return {one.customer_id for one in list_tasks(TENANT, shop.database, day=day) if one.state == "open"}


def _refuse(shop: Shop) -> None:
    """Everybody of PATHS refuses, each by their way."""
    who = {way: name for way, (name, _) in PATHS.items()}
    back = shop.folder / "back.csv"
    for way, channel in (("command", "any"), ("command for one channel", "sms")):
        back.write_text(f"customer_id\n{who[way]}\n", encoding="utf-8")
        shop.run("contacts", "optout", str(back), "--channel", channel)
    refused = "any,false,2025-02-01 10:00\n"
    # an unreadable row among good ones: half of a file that cannot be read is refused as a whole
    rows = f"{CONTROL},any,true,2025-01-02 10:00\n{who['ingest']},{refused}"
    rows += f"{who['ingest of a row that cannot be read']},any,perhaps,2025-02-01 10:00\n"
    assert "closed to the running service" in shop.run("ingest", str(shop.write("rows", rows)))
    tenant = open_tenant(TENANT, home=shop.client.home)
    tenant.ingest(shop.write("python", f"{who['python']},{refused}"))
    receipt = {"receipt_id": "r1", "campaign_id": "before", "customer_id": who["receipt"], "channel": "sms"}
    told = {"receipts": [receipt | {"kind": "opted_out", "at": "2025-03-01T12:00:00Z"}]}
    assert shop.ask("/campaign_receipts", told)["stored"] == 1
    (line,) = [one for one in list_tasks(TENANT, shop.database) if one.customer_id == who["answer of a guide"]]
    answer = {"answer_id": "a1", "task_id": line.task_id, "outcome": "refused", "at": "2025-03-01T12:00:00Z"}
    shop.ask("/guide_answers", {"answers": [answer]})
    gone = Subjects(frozenset({who["erasure that is not finished"]}))
    begin_erasure(TENANT, shop.database, gone, by="Li", now=datetime.now(UTC))
    shop.run("ingest", str(shop.write("card", f"{OTHER_CARD},{refused}")))


@pytest.fixture(scope="module")
def lists(shop: Shop) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Who is on each list before and after the refusals."""
    change = TriggerChange(TENANT, "bag", None, "Li", NOON)
    rule = {
        "name": "bag",
        "kind": "bag_add",
        "slots": [CAMPAIGN["slots"][0]],
        "holdout_share": 0.0,
        "most_per_person": 9,
    }
    triggers.save(_desk(shop, NOON), change, triggers.parse_trigger(rule, "test"), owner=None, is_on=True)
    later, first = NOON + timedelta(days=2), date(2025, 3, 1)
    _campaign(shop, "before")
    _lay(shop, NOON)
    shop.ask("/guide_make", {"day": str(first)})

    def now() -> dict[str, set[str]]:
        found = {"audience": _audience(shop), "export": _export(shop)}
        found |= {"approved campaign": _planned(shop, "before"), "decided message": _taken(shop, NOON)}
        return found | {"guide's list": _listed(shop, first)}

    before = now()
    _refuse(shop)
    refused = {who for who, closed in PATHS.values() if "sms" in closed}
    shop.client.wait_until(lambda: not _audience(shop) & refused, lambda: _audience(shop) & refused)
    after = now()
    _campaign(shop, "after")
    _lay(shop, later)
    shop.ask("/guide_make", {"day": str(first + timedelta(days=1))})
    after |= {"next campaign": _planned(shop, "after"), "next message": _taken(shop, later)}
    after["guide's next list"] = _listed(shop, first + timedelta(days=1))
    before |= {"next campaign": before["approved campaign"], "next message": before["decided message"]}
    before["guide's next list"] = before["guide's list"]
    return before, after


@pytest.mark.parametrize("way", PATHS)
@pytest.mark.parametrize("name", LISTS)
def test_a_refusal_leaves_every_list_at_once(lists: Any, way: str, name: str) -> None:
    (who, closed), (before, after) = PATHS[way], lists
    assert who in before[name]
    assert CONTROL in before[name] & after[name]
    assert (who in after[name]) is (LISTS[name] not in closed)


def test_whoever_is_being_erased_is_a_stranger_from_then_on(shop: Shop, lists: Any) -> None:
    who = PATHS["erasure that is not finished"][0]
    assert shop.ask("/recommend", {"customer_id": who, "k": 3})["known_by"] == "nothing"
    assert shop.client.refused("/profile", {"customer_id": who}, tenant=TENANT, role="marketer") == (404, "not_found")
    assert shop.ask("/recommend", {"customer_id": CONTROL, "k": 3})["known_by"] == "purchases"


def test_telling_again_changes_nothing_and_a_later_consent_takes_the_refusal_back(shop: Shop, lists: Any) -> None:
    settings, lake = load_settings(shop.space), str(shop.space.lake)

    def tell() -> Any:
        return tell_refusals(shop.space, lake, settings, by="Li", now=datetime.now(UTC))

    assert (tell().closed, tell().reopened) == (0, 0)
    who = PATHS["ingest"][0]
    assert "not refused any more" in shop.run("ingest", str(shop.write("again", f"{who},any,true,2025-02-20 10:00\n")))
    shop.client.wait_until(lambda: who in _audience(shop))
    # a refusal told by command is no row of the lake's alone: only a later consent that is published opens it
    assert PATHS["command"][0] not in _audience(shop)
