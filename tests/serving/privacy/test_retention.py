"""Retention: what is older than the settings allow is counted, then removed from every store, and the rest stays."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import insert, select
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.errors import UsageError
from retail_brain.ingest.quarantine import SET_ASIDE_ON, read_quarantine, replace_quarantine
from retail_brain.ingest.retry import quarantined, retry_quarantine
from retail_brain.jobs.uploads import new_upload_id, store_part, upload_folder
from retail_brain.lake import open_lake
from retail_brain.lake.erasing import count_older, drop_older
from retail_brain.operational.audit import AuditEntry, append_audit, list_audit
from retail_brain.operational.campaign_receipts import ContactReceipt, opt_outs, store_receipts
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, events_after, store_events
from retail_brain.operational.jobs import add_job
from retail_brain.operational.tables import CAMPAIGN_CONTACTS
from retail_brain.progress import SILENT
from retail_brain.settings import RetentionSettings, Settings
from retail_brain.workspace import Workspace
from serving.privacy import retention
from serving.privacy.erase import Place
from serving.privacy.retention import overdue, remove_overdue
from serving.upkeep.tenant_checks import TenantCase, check_retention
from tests.planted_person import NOW, OTHER, Home, opened, plant

OLD = datetime(2026, 1, 5, tzinfo=UTC)


def limited(home: Home, **days: int) -> Place:
    """The place with limits in days."""
    settings = Settings(retention=RetentionSettings(**{f"{kind}_days": number for kind, number in days.items()}))
    return Place(home.place.workspace, home.place.lake, settings, home.place.database)


def found(place: Place, now: datetime = NOW) -> list[tuple[str, str, int]]:
    return [(one.store, one.name, one.rows) for one in overdue(place, now)]


def removed(place: Place, now: datetime = NOW) -> list[tuple[str, str, int]]:
    return [(one.store, one.name, one.rows) for one in remove_overdue(place, SILENT, by="test", now=now)]


def test_without_limits_nothing_is_overdue(home: Home) -> None:
    assert found(home.place) == removed(home.place) == []


def test_old_events_go_from_lake_and_database_and_the_border_day_stays(home: Home) -> None:
    # the lake's events are of 5 September, 83 days before
    assert found(limited(home, events=83)) == []
    database = home.place.database
    store_events("main", database, [Event(datetime(2026, 1, 5), "visit", customer_id=OTHER)], now=OLD)
    store_events("main", database, [Event(datetime(2026, 11, 26), "visit", customer_id=OTHER)], now=NOW)
    place = limited(home, events=82)
    assert found(place) == [("lake", "events", 3), ("database", "events", 1)]
    assert home.rows("events").height == 3  # a look changes nothing
    assert home.place.workspace.fitted_sources.is_dir()
    assert removed(place) == [("lake", "events", 3), ("database", "events", 1)]
    assert home.rows("events").is_empty()
    assert not home.place.workspace.fitted_sources.exists()
    assert found(place) == removed(place) == []
    kept = events_after("main", database, after_id=0, since=OLD - timedelta(days=999), limit=9)
    assert [one.received_at for one in kept] == [NOW, NOW]
    # no older version holds them, and other tables keep their history
    assert len(list((Path(home.place.lake) / "events").rglob("*.parquet"))) <= 2
    assert open_lake(home.place.lake, versions={"transactions": 0}).scan("transactions").collect().height
    (entry,) = [one for one in list_audit("main", database) if one.action == "privacy.retention"]
    assert entry.details == {"lake:events": 3, "database:events": 1}


def test_a_refusal_outlives_the_receipts_of_its_time(home: Home) -> None:
    database = home.place.database
    receipts = [ContactReceipt(kind, "K1", OTHER, "sms", kind, OLD) for kind in ("delivered", "opted_out")]
    store_receipts(
        "main", database, [*receipts, ContactReceipt("new", "K1", OTHER, "sms", "opened", NOW)], by="x", now=OLD
    )
    assert removed(limited(home, contacts=300)) == [("database", "campaign_receipts", 1)]
    assert opt_outs("main", database).select("customer_id", "channel").rows() == [(OTHER, "sms")]


def test_a_contact_ages_from_the_day_on_which_it_was_sent(home: Home) -> None:
    database, old, late = home.place.database, OLD.date(), NOW.date()
    usual = {"tenant_id": "main", "campaign_id": "K1", "held": False, "channel": "sms", "day": old, "hour": 9}
    usual |= {"product_id": "P1", "probability": 0.5, "caused": 0.1, "state": "sent"}
    sent = {"in time": old, "late": late, "never": None}
    with database.writing() as connection:
        for name, day in sent.items():
            connection.execute(insert(CAMPAIGN_CONTACTS).values(**usual, customer_id=name, sent_on=day))
    assert removed(limited(home, contacts=30)) == [("database", "campaign_contacts", 2)]
    with database.reading() as connection:
        assert connection.execute(select(CAMPAIGN_CONTACTS.c.customer_id)).scalars().all() == ["late"]


def test_the_newest_row_goes_too_and_its_number_is_given_to_none_after_it(home: Home) -> None:
    database = home.place.database
    last = events_after("main", database, after_id=0, since=OLD, limit=9)[-1]
    removed(limited(home, events=1), NOW + timedelta(days=500))
    assert events_after("main", database, after_id=0, since=OLD, limit=9) == []
    store_events("main", database, [Event(datetime(2028, 1, 1), "visit")], now=NOW + timedelta(days=500))
    newer = events_after("main", database, after_id=last.id, since=OLD, limit=9)
    assert [one.event.customer_id for one in newer] == [None]


@pytest.fixture
def made_here(tmp_path: Path) -> Iterator[Home]:
    """A home that is no copy: rows set aside are known again by the folder that they were ingested from."""
    plant(tmp_path, Settings())
    yield from opened(tmp_path, Settings())


def test_rows_set_aside_are_kept_from_the_day_on_which_they_were_first_found(made_here: Home) -> None:
    home = made_here
    rows = read_quarantine(home.place.lake, "transactions", {})
    assert rows is not None
    assert set(rows[SET_ASIDE_ON]) == {datetime.now(UTC).date().isoformat()}
    replace_quarantine(home.place.lake, "transactions", rows.with_columns(pl.lit("2026-01-05").alias(SET_ASIDE_ON)), {})
    home.ingest_again()
    again = read_quarantine(home.place.lake, "transactions", {})
    assert again is not None
    assert set(again[SET_ASIDE_ON]) == {"2026-01-05"}
    place = limited(home, quarantine=90)
    assert found(place) == removed(place) == [("quarantine", "transactions", 1)]
    assert found(place) == []


def test_rows_set_aside_by_an_earlier_version_are_dated_at_the_first_run_and_can_be_mended(home: Home) -> None:
    rows = read_quarantine(home.place.lake, "transactions", {})
    assert rows is not None
    replace_quarantine(home.place.lake, "transactions", rows.drop(SET_ASIDE_ON), {})
    place = limited(home, quarantine=90)
    assert removed(place) == []
    assert found(place, NOW + timedelta(days=91)) == [("quarantine", "transactions", 1)]
    mended = quarantined(home.place.lake, "transactions", {}).with_columns(units=pl.lit("1"))
    report = retry_quarantine("transactions", mended, home.place.lake, home.place.settings, SILENT)
    assert report.tables["transactions"].quarantined == 0


def test_former_answers_and_features_of_notebooks_go_and_the_present_answers_stay(home: Home) -> None:
    workspace = home.place.workspace
    for folder in (workspace.answers / "20260101T000000-x", workspace.root / "notebook_features" / "2026-01-01"):
        folder.mkdir(parents=True)
        os.utime(folder, (OLD.timestamp(), OLD.timestamp()))
    present = workspace.answers / "20261010T000000-old"
    os.utime(present, (OLD.timestamp(), OLD.timestamp()))
    place = limited(home, answers=30)
    assert found(place) == removed(place) == [("files", "answers", 1), ("files", "notebook_features", 1)]
    assert [path.name for path in workspace.answers.iterdir() if path.is_dir()] == [present.name]


def test_files_that_were_sent_and_not_loaded_go_unless_an_open_job_reads_them(home: Home) -> None:
    workspace, database = home.place.workspace, home.place.database
    read, left, young = (new_upload_id() for _ in range(3))
    for upload in (read, left, young):
        store_part(workspace, upload, "people.csv", 0, b"x", most_bytes=9)
    for upload, moment in ((read, OLD), (left, OLD), (young, NOW)):
        os.utime(upload_folder(workspace, upload), (moment.timestamp(),) * 2)
    add_job(
        *("main", database, "j", "ingest", {"upload": read}), by="Li", now=NOW, host="there", is_gone=lambda _: True
    )
    assert found(home.place) == removed(home.place) == [("files", "uploads", 1)]
    there = [upload for upload in (read, left, young) if upload_folder(workspace, upload).exists()]
    assert there == [read, young]
    (entry,) = [one for one in list_audit("main", database) if one.action == "privacy.retention"]
    assert entry.details == {"files:uploads": 1}


def test_a_folder_that_cannot_be_removed_is_not_counted_as_gone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home.place.workspace.answers / "20260101T000000-x"
    folder.mkdir(parents=True)
    os.utime(folder, (OLD.timestamp(), OLD.timestamp()))
    place = limited(home, answers=30)
    with monkeypatch.context() as patch:
        patch.setattr("serving.privacy.retention.shutil.rmtree", lambda *_, **__: None)
        assert removed(place) == []
    assert found(place) == removed(place) == [("files", "answers", 1)]


def test_entries_of_lists_sent_and_of_other_deeds_have_limits_of_their_own_and_proofs_stay(home: Home) -> None:
    database = home.place.database
    with database.writing() as connection:
        for action in ("privacy.erase", "campaign.sent", "rules.set"):
            append_audit("main", connection, AuditEntry(OLD, "Ms Li", action, "x", {}))
        append_audit("main", connection, AuditEntry(NOW, "Ms Li", "rules.set", "y", {}))
    assert removed(limited(home, exports=30)) == [("database", "audit", 1)]
    assert removed(limited(home, logs=30)) == [("database", "audit", 1)]
    old = [entry.action for entry in list_audit("main", database) if entry.at == OLD]
    assert old == ["privacy.erase"]


def test_a_run_that_was_killed_before_older_versions_went_is_finished(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_arguments: object) -> int:
        raise KeyboardInterrupt

    day = date(2026, 11, 1)
    with monkeypatch.context() as patch:
        patch.setattr("retail_brain.lake.erasing.drop_history", dies)
        with pytest.raises(KeyboardInterrupt):
            drop_older(home.place.lake, "events", day, day, {})
    assert count_older(home.place.lake, "events", day, {}) == 0
    files = list((Path(home.place.lake) / "events").glob("*.parquet"))
    assert drop_older(home.place.lake, "events", day, day, {}) == 0
    assert len(list((Path(home.place.lake) / "events").glob("*.parquet"))) < len(files)
    # a table that the lake does not have holds nothing that is too old
    assert (
        count_older(home.place.lake, "responses", day, {})
        == drop_older(home.place.lake, "responses", day, day, {})
        == 0
    )


def run(home: Home, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["--home", str(home.place.workspace.home), "--quiet", "privacy", *words])
    return done.exit_code, done.stdout


def test_the_verb_shows_first_and_removes_with_yes_and_doctor_says_it(home: Home) -> None:
    workspace = home.place.workspace
    days = (datetime.now(UTC) - NOW).days + 2  # the verb goes by today's clock: the database's event of NOW stays
    assert "kept for good (no limit in [retention]): events, contacts" in run(home, "retention")[1]
    workspace.settings_file.write_text(f"[retention]\nevents_days = {days}\n")
    case = TenantCase(
        workspace, Settings(retention=RetentionSettings(events_days=days)), home.place.database, datetime.now(UTC)
    )
    (finding,) = check_retention(case)
    assert (finding.level, finding.remedy) == ("warning", "retail-brain privacy retention --yes")
    code, said = run(home, "retention")
    assert (code, home.rows("events").height) == (0, 3)
    assert "3 rows of lake events from before" in said
    assert "Nothing was removed: add --yes" in said
    told = json.loads(run(home, "retention", "--yes", "--json")[1])
    assert [(row["kind"], row["store"], row["rows"]) for row in told["rows"]] == [("events", "lake", 3)]
    assert home.rows("events").is_empty()
    assert "nothing is older than it may be kept" in run(home, "retention")[1]
    (finding,) = check_retention(case)
    assert (finding.level, finding.text) == ("ok", f"nothing is older than allowed: events {days} days, uploads 2 days")
    workspace.settings_file.write_text("[retention]\nevents_days = 0\n")
    words = ["--home", str(workspace.home), "--quiet", "privacy", "retention"]
    assert isinstance(CliRunner().invoke(app, words).exception, UsageError)


def test_every_kind_has_a_setting() -> None:
    assert {f"{kind}_days" for kind in retention.KINDS} == {*RetentionSettings.model_fields, "uploads_days"}
    assert retention.limits(Place(Workspace(Path()), "", Settings(), Database("sqlite://")))["uploads"] == 2
