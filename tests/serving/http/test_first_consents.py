"""The first consents of a chain that asked nobody before: a running service closes at once what was not granted."""

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from sqlalchemy import select

from retail_brain.ingest import ingest
from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.refusals import UNGRANTED
from retail_brain.operational.tables import CAMPAIGN_RECEIPTS
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.people.opt_outs import read_opt_outs
from serving.store.answers_manifest import read_manifest
from serving.store.current_answers import current_id
from serving.store.refusals import Told, tell_refusals
from serving.store.rows import write_rows

TENANT = "first-asked"
GRANTED, REFUSED, SILENT_ONE, OTHER_CARD = "C00001", "C00002", "C00003", "C00004"
PEOPLE = [GRANTED, REFUSED, SILENT_ONE]
SALES = (
    "transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price\n"
    "1,2025-02-20 10:00,S001,P0002,C00001,1,2\n"
)
CONSENTS = f"customer_id,channel,granted,changed_at\n{GRANTED},sms,true,2025-02-01\n{REFUSED},sms,false,2025-02-01\n"
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


@pytest.fixture
def shop(client: Any, synthetic: ModuleType, database: Database, tmp_path: Path) -> Any:
    """Answers without consents, in which GRANTED has another card."""
    aside = Workspace(tmp_path / "aside", TENANT)
    folder = synthetic.publish_synthetic(aside, "asking-first")
    persons = {"person_id": [GRANTED] * 2, "customer_id": [GRANTED, OTHER_CARD], "first_customer_id": [GRANTED] * 2}
    write_rows(folder, "facts_persons", pl.DataFrame(persons))
    space = Workspace(client.home, TENANT)
    space.root.mkdir(parents=True)
    space.settings_file.write_text("[audience]\nmax_contacts = 99\n", encoding="utf-8")
    aside.answers.rename(space.answers)
    client.keys[TENANT, "marketer"] = create_key(TENANT, database, role="marketer", name="hq", now=datetime.now(UTC))
    client.wait_for(TENANT)
    return client


def load(shop: Any, folder: Path, **tables: str) -> Told:
    space = Workspace(shop.home, TENANT)
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    ingest(str(folder), str(space.lake), Settings(), SILENT)
    return tell_refusals(space, str(space.lake), Settings(), by="Li", now=datetime.now(UTC))


def audience(shop: Any) -> set[str]:
    body = {"product_ids": CAMPAIGN["product_ids"], "size": 200, "holdout_share": 0.0, "channel": "sms"}
    return {row["customer_id"] for row in shop.ask("/audience", body, role="marketer", tenant=TENANT)["audience"]}


def test_what_nobody_granted_closes_at_once_and_a_later_grant_opens_it(
    shop: Any, database: Database, tmp_path: Path
) -> None:
    def ask(path: str, body: Any) -> Any:
        return shop.ask(path, body, role="marketer", tenant=TENANT)

    assert load(shop, tmp_path / "sales", transactions=SALES) == Told()
    ask("/campaign", {"campaign_id": "before", "campaign": CAMPAIGN})
    for version, act in ((1, "preview"), (2, "approve")):
        ask("/campaign_act", {"campaign_id": "before", "version": version, "act": act})
    assert set(PEOPLE) <= audience(shop)
    told = load(shop, tmp_path / "consents", consents=CONSENTS)
    assert told.ungranted == 200
    assert any("what 200 customers did not grant is closed" in line for line in told.lines)
    shop.wait_until(lambda: audience(shop) <= {GRANTED, OTHER_CARD})
    assert audience(shop) & {GRANTED, OTHER_CARD}, "the person granted it with one card"
    planned = [one for one in campaign_contacts(TENANT, database, "before") if one.state == "planned"]
    assert {one.contact.customer_id for one in planned} == {GRANTED}
    # whoever granted nothing has one entry, which closes every channel, from the first consents on and not from 1970
    with database.reading() as connection:
        entries = connection.execute(
            select(CAMPAIGN_RECEIPTS.c.at).where(CAMPAIGN_RECEIPTS.c.campaign_id == UNGRANTED)
        ).scalars()
        assert {at.date() for at in entries} == {date(2025, 1, 31)}  # 1 February, 14 zones behind
    closed = read_opt_outs(TENANT, database).group_by("customer_id").agg("channel")
    of = {who: set(channels) for who, channels in closed.iter_rows()}
    assert of[SILENT_ONE] == of[REFUSED] == {"sms", "email", "app", "wechat", "guide"}
    assert of[GRANTED] == of[OTHER_CARD] == {"email", "app", "wechat", "guide"}
    again = load(shop, tmp_path / "same", consents=CONSENTS)
    assert (again.closed, again.reopened) == (0, 0)
    told = load(shop, tmp_path / "later", consents=CONSENTS + f"{SILENT_ONE},sms,true,2025-02-02\n")
    assert (told.closed, told.reopened) == (4, 1), "the entry of all channels goes, those of the other four come"
    shop.wait_until(lambda: SILENT_ONE in audience(shop))


def test_a_table_of_consents_without_a_row_closes_everything_from_the_day_of_the_answers_on(
    synthetic: ModuleType, tmp_path: Path
) -> None:
    space = Workspace(tmp_path / "home", TENANT)
    synthetic.publish_synthetic(space, "asking-first")
    (tmp_path / "load").mkdir()
    (tmp_path / "load" / "transactions.csv").write_text(SALES, encoding="utf-8")
    (tmp_path / "load" / "consents.csv").write_text(CONSENTS.splitlines()[0] + "\n", encoding="utf-8")
    ingest(str(tmp_path / "load"), str(space.lake), Settings(), SILENT)
    told = tell_refusals(space, str(space.lake), Settings(), by="Li", now=datetime.now(UTC))
    assert told.ungranted == 200
    with closing(Database(space.database_url)) as database:
        [(at,)] = read_opt_outs(TENANT, database).select("changed_at").unique().rows()
    assert f"{at:%Y-%m-%d}" == read_manifest(space.answers / str(current_id(space.answers))).as_of
