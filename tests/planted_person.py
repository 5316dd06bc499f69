"""A home with a planted person in every store, for tests of erasure and retention."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from features.jobs import build_features
from retail_brain.ingest import IngestReport, ingest
from retail_brain.lake import open_lake, scan_if_there
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.upgrade import upgrade
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.privacy.erase import Place, Report, erase, search

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
PERSON, SECOND, OTHER = "PLANTED-7731", "PLANTED-7732", "OTHER-0001"
PHONE, CARD, TABLET = "13877310042", "card-77310042", "tablet-family-5"
IDS = [PERSON, SECOND, PHONE, CARD]


@dataclass
class Home:
    """A home with a planted person in every store.

    Attributes:
        export: folder of the dataset that was ingested, as a till would send it again.
    """

    place: Place
    export: Path

    def run(self, name: str = PERSON) -> Report:
        """Erases and gives what was done."""
        return erase(name, self.place, SILENT, by="test", now=lambda: NOW)[1]

    def ingest_again(self) -> IngestReport:
        """The older export once more."""
        return ingest(str(self.export), self.place.lake, self.place.settings, SILENT)

    def rows(self, table: str) -> pl.DataFrame:
        """A table of the lake."""
        scanned = scan_if_there(self.place.lake, table, self.place.settings.storage_options)
        assert scanned is not None
        return scanned.collect()

    def found(self) -> list[str]:
        """Files in which an id of the person is found."""
        return search(IDS, self.place)[0]


def write_export(folder: Path) -> None:
    """Receipts of two people in two shops, with everything that may name them."""
    folder.mkdir()
    days = [date(2026, 9, 1) + timedelta(days=day) for day in range(40)]
    who = [[PERSON, OTHER, SECOND, None][day % 4] for day in range(40)]
    receipts = {
        "transaction_id": [f"T{day}" for day in range(40)],
        "sold_at": [f"{day} 10:00:00" for day in days],
        "store_id": ["S1" if day % 2 else "S2" for day in range(40)],
        "product_id": ["P1"] * 40,
        "customer_id": who,
        "units": ["1"] * 39 + ["many"],
        "unit_price": ["2.5"] * 40,
    }
    receipts["customer_id"][39] = PERSON
    write = {name: pl.DataFrame(columns) for name, columns in (("transactions", receipts),)}
    people = [PERSON, SECOND, OTHER]
    write["customers"] = pl.DataFrame(
        {"customer_id": people, "joined_on": ["2026-01-01"] * 3, "brought_by": [None, None, PERSON]}
    )
    identities = [("phone", PHONE, PERSON), ("phone", PHONE, SECOND), ("card", CARD, PERSON)]
    identities += [("card", "card-other-1", OTHER), ("device", TABLET, PERSON), ("device", TABLET, OTHER)]
    columns = list(zip(*identities, strict=True))
    write["identities"] = pl.DataFrame(
        {"id_type": columns[0], "id_value": columns[1], "customer_id": columns[2], "source": ["till"] * 6}
    )
    write["consents"] = pl.DataFrame(
        {
            "customer_id": people,
            "channel": ["sms"] * 3,
            "granted": ["true"] * 3,
            "changed_at": ["2026-02-01 00:00:00"] * 3,
        }
    )
    write["events"] = pl.DataFrame(
        {
            "occurred_at": ["2026-09-05 10:00:00"] * 3,
            "customer_id": [PERSON, None, OTHER],
            "id_type": [None, "phone", None],
            "id_value": [None, PHONE, None],
            "event_type": ["visit"] * 3,
            "session_id": [f"session of {PERSON}", "s2", "s3"],
        }
    )
    for name, frame in write.items():
        frame.write_csv(folder / f"{name}.csv")


def plant(folder: Path, settings: Settings) -> None:
    """Makes a home with a person in every store of it, and two versions of the receipts.

    Args:
        folder: an empty one.
        settings: of the tenant, with the address of the lake where it is in an object store.
    """
    workspace = Workspace(folder / "home")
    lake = settings.lake_uri or str(workspace.lake)
    export = folder / "export"
    write_export(export)
    ingest(str(export), lake, settings, SILENT)
    # a second version, so that the first one is history
    extra = folder / "extra"
    extra.mkdir()
    pl.DataFrame(
        {
            "transaction_id": ["T90"],
            "sold_at": ["2026-10-11 09:00:00"],
            "store_id": ["S1"],
            "product_id": ["P1"],
            "customer_id": [SECOND],
            "units": [1],
            "unit_price": [2.5],
        }
    ).write_csv(extra / "transactions.csv")
    ingest(str(extra), lake, settings, SILENT)
    dataset = open_lake(lake, settings.storage_options)
    build_features(dataset.at(dataset.last_day()), workspace.features, dataset.last_day())
    answers = workspace.answers / "20261010T000000-old"
    answers.mkdir(parents=True)
    np.save(answers / "customers.npy", np.array([PERSON, OTHER]))
    (workspace.answers / "CURRENT").write_text("20261010T000000-old\n")
    unfinished = workspace.work("train-recommender")
    unfinished.mkdir(parents=True)
    pl.DataFrame({"customer_id": [PERSON]}).write_parquet(unfinished / "part.parquet")
    fitted = workspace.fitted_sources / "0123456789abcdef"
    fitted.mkdir(parents=True)
    pl.DataFrame({"customer_id": [PERSON]}).write_ipc(fitted / "0001.arrow")
    with closing(Database(workspace.database_url)) as database:
        _remember(database)


def opened(folder: Path, settings: Settings) -> Iterator[Home]:
    """The home that `plant` made in a folder, or a copy of it."""
    workspace = Workspace(folder / "home")
    lake = settings.lake_uri or str(workspace.lake)
    with closing(Database(workspace.database_url)) as database:
        yield Home(Place(workspace, lake, settings, database), folder / "export")


def _remember(database: Database) -> None:
    """Puts the person into the operational database."""
    upgrade(database)
    event = Event(occurred_at=datetime(2026, 10, 1), event_type="visit", customer_id=PERSON)
    store_events("main", database, [event], now=NOW)
    receipt = ContactReceipt("r1", "K1", SECOND, "sms", "delivered", NOW)
    store_receipts("main", database, [receipt], by="sms house", now=NOW)
    with database.writing() as connection:
        entry = AuditEntry(NOW, "Ms Li", "note.made", "x", {"why": f"called {PHONE}", "who": [PERSON, OTHER]})
        append_audit("main", connection, entry)
        append_audit("main", connection, AuditEntry(NOW, "Ms Li", "campaign.sent", "K1", {"contacts": 3}))
