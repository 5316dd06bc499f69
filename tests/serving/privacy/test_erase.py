"""Erasing a planted person: every store, killed half way, an older export again, and the proof."""

import gzip
import logging
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from retail_brain.cli.app import app
from retail_brain.erased_ids import Subjects
from retail_brain.errors import NotFoundError
from retail_brain.hashed_ids import hashed_value
from retail_brain.ingest import ingest
from retail_brain.ingest import run as running
from retail_brain.jobs.uploads import new_upload_id, store_part, upload_folder
from retail_brain.lake import open_lake, remove_orphan_files
from retail_brain.operational.audit import AuditEntry, append_audit, list_audit
from retail_brain.operational.erasures import begin_erasure, list_erasures, pending_erasures
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings
from serving.planning.people.opt_outs import read_opt_outs
from serving.privacy import erase as erasing
from serving.privacy.erase import finish
from serving.privacy.export import export_person
from serving.privacy.traces import find_traces
from tests.planted_person import CARD, IDS, NOW, OTHER, PERSON, PHONE, SECOND, TABLET, Home


def test_the_person_is_in_every_store_before(home: Home) -> None:
    found = " ".join(home.found())
    for part in ("transactions", "_delta_log", "customers", "identities", "consents", "events", "quarantine"):
        assert part in found, part
    for part in (
        "features/person",
        "features/identity",
        "answers/",
        "unfinished/",
        "fitted_sources/",
        "operational.db",
    ):
        assert part in found, part


def test_nothing_is_found_after_an_erasure_and_others_stay(home: Home) -> None:
    sold, spend = home.rows("transactions").height, home.rows("transactions")["units"].sum()
    report = home.run()
    assert report.traces == []
    assert home.found() == []
    assert report.lake == {"transactions": 21, "customers": 2, "identities": 4, "consents": 2, "events": 2}
    assert report.set_aside > 0
    assert report.shared == 1
    # the demand of the shops is what it was, without who it was
    after = home.rows("transactions")
    assert (after.height, after["units"].sum()) == (sold, spend)
    assert after["customer_id"].drop_nulls().unique().to_list() == [OTHER]
    assert home.rows("customers")["brought_by"].to_list() == [None]
    assert home.rows("identities")["customer_id"].to_list() == [OTHER, OTHER]
    assert find_traces(home.place.workspace.root, [OTHER]) != []


def test_files_that_were_sent_and_not_loaded_go_whatever_their_form(home: Home) -> None:
    place, upload = home.place.workspace, new_upload_id()
    packed = gzip.compress(f"customer_id\n{PERSON}\n".encode())
    store_part(place, upload, "customers.csv.gz", 0, packed, most_bytes=1000)
    assert home.run().uploads == 1
    assert not upload_folder(place, upload).exists()


def test_the_database_keeps_what_was_done_without_the_person(home: Home) -> None:
    home.run(f"phone:{PHONE}")
    note = next(entry for entry in list_audit("main", home.place.database) if entry.action == "note.made")
    assert note.details == {"why": "called [erased]", "who": [OTHER]}
    erased = next(entry for entry in list_audit("main", home.place.database) if entry.action == "privacy.erase")
    assert set(erased.details) == {"ids"}
    with sqlite3.connect(home.place.workspace.home / "var" / "operational.db") as raw:
        assert raw.execute("PRAGMA freelist_count").fetchone() == (0,)


def test_copies_that_left_the_house_are_listed_for_hand_work(home: Home) -> None:
    report = home.run()
    assert report.by_hand[0] == "campaign.sent of K1 on 2026-11-27"
    assert "backups" in report.by_hand[-1]


def test_answers_and_features_are_made_anew_without_the_person(home: Home) -> None:
    report = home.run()
    answers = home.place.workspace.answers
    assert [folder.name for folder in answers.iterdir() if folder.is_dir()] == [report.answers]
    person = pl.read_parquet(home.place.workspace.features / "person" / "*.parquet")
    assert person["person_id"].to_list() == [OTHER]


def test_erased_versions_are_gone_and_say_so(home: Home) -> None:
    home.run()
    with pytest.raises(NotFoundError, match="version 0 of table transactions was erased on 2026-11-27"):
        open_lake(home.place.lake, versions={"transactions": 0})
    # versions go on counting: what a model named never means other rows
    versions = open_lake(home.place.lake).versions
    assert versions["transactions"] == 3
    again = home.export.parent / "new"
    again.mkdir()
    frame = pl.read_csv(home.export / "transactions.csv", infer_schema=False).head(1)
    frame.with_columns(transaction_id=pl.lit("T95"), customer_id=pl.lit(OTHER)).write_csv(again / "transactions.csv")
    ingest(str(again), home.place.lake, home.place.settings, SILENT)
    assert open_lake(home.place.lake).versions["transactions"] == 4
    assert home.rows("transactions").filter(pl.col("transaction_id") == "T95").height == 1


def test_files_of_killed_writers_are_still_tidied_up_after_an_erasure(home: Home) -> None:
    home.run()
    table = Path(home.place.lake) / "transactions"
    orphan = table / "part-orphan.parquet"
    orphan.write_bytes(b"PAR1")
    for path in table.glob("*.parquet"):
        os.utime(path, (0, 0))
    assert remove_orphan_files(home.place.lake, "transactions") == 1
    assert not orphan.exists()
    assert home.rows("transactions").height == 40


def test_an_older_export_does_not_bring_the_person_back(home: Home) -> None:
    home.run()
    before = {table: home.rows(table) for table in ("transactions", "customers", "identities", "consents", "events")}
    report = home.ingest_again()
    assert {name: table.new for name, table in report.tables.items()} == dict.fromkeys(report.tables, 0)
    told = report.tables["customers"].left_out
    assert told["the person was erased by request; rows not taken in"] == 2
    for table, rows in before.items():
        assert home.rows(table).equals(rows), table
    assert home.found() == []


def test_an_ingest_that_had_read_its_rows_before_does_not_bring_the_person_back(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = running._refuse_bad

    def erased_meanwhile(*given: Any) -> None:
        check(*given)
        home.run()

    monkeypatch.setattr(running, "_refuse_bad", erased_meanwhile)
    report = home.ingest_again()
    assert report.tables["customers"].left_out == {"the person was erased by request; rows not taken in": 2}
    assert home.found() == []


STEPS = (
    "erase_rows",
    "drop_history",
    "_erase_side_files",
    "erase_from_database",
    "publish",
    "_traces",
    "finish_erasure",
)


@pytest.mark.parametrize("step", STEPS)
def test_an_erasure_killed_at_any_step_is_finished_by_running_it_again(
    step: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, calls = getattr(erasing, step), 0

    def dies(*arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        # the second table, where a step is done for each
        if calls == 2 or step not in {"erase_rows", "drop_history"}:
            raise KeyboardInterrupt
        return whole(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(erasing, step, dies)
        with pytest.raises(KeyboardInterrupt):
            home.run()
    pending = pending_erasures("main", home.place.database)
    assert len(pending) == 1
    # closed meanwhile, on every channel and for every account
    refused = read_opt_outs("main", home.place.database)
    assert set(refused["customer_id"]) >= {PERSON, SECOND}
    assert set(refused.filter(pl.col("customer_id") == PERSON)["channel"]) == {"wechat", "app", "sms", "email", "guide"}
    assert finish(pending[0], home.place, SILENT, now=lambda: NOW).traces == []
    assert home.found() == []
    assert pending_erasures("main", home.place.database) == []
    assert read_opt_outs("main", home.place.database).is_empty()


def test_asking_for_a_pending_person_again_finishes_that_erasure(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "erase_from_database", dies)
        with pytest.raises(KeyboardInterrupt):
            home.run()
    assert home.run(PERSON).traces == []
    assert len(list_erasures("main", home.place.database)) == 1


def run_verb(home: Home, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home.place.workspace.home), "--quiet", "privacy", *arguments])


def test_a_pending_erasure_does_not_stand_for_the_yes_of_another_person(home: Home) -> None:
    begin_erasure("main", home.place.database, Subjects(frozenset({PERSON, SECOND})), by="test", now=NOW)
    asked = run_verb(home, "erase", OTHER)
    assert "Nothing was erased: add --yes" in asked.stdout
    assert OTHER in home.rows("customers")["customer_id"].to_list()
    assert len(list_erasures("main", home.place.database)) == 1


def test_a_pending_erasure_is_found_by_an_identifier_that_the_lake_keeps_hashed(home: Home) -> None:
    settings = Settings(data=DataSettings(hashed_identifiers=("phone",)))
    place = replace(home.place, settings=settings)
    subjects = Subjects(frozenset({PERSON}), frozenset({("phone", hashed_value(PHONE))}))
    begin_erasure("main", place.database, subjects, by="test", now=NOW)
    found = erasing.pending_of(f"phone:{PHONE}", place)
    assert found is not None
    assert found.subjects == subjects
    assert erasing.pending_of(f"card:{PHONE}", place) is None


def test_a_file_that_holds_the_person_elsewhere_is_named_and_fails_the_proof(home: Home) -> None:
    (home.place.workspace.root / f"list of {PERSON}.csv").write_text("x\n")
    report = home.run()
    assert report.traces == ["main/list of [erased].csv"]


def test_rows_of_other_tenants_with_the_same_id_stay_and_are_no_trace(home: Home) -> None:
    database = home.place.database
    theirs = AuditEntry(NOW, "test", "events.note", PERSON, {"customer_id": PERSON})
    with database.writing() as connection:
        database.ensure_tenant("other", connection, now=NOW)
        append_audit("other", connection, theirs)
    report = home.run()
    assert report.traces == []
    assert any("rows of other tenants" in line for line in report.by_hand)
    assert [entry.subject for entry in list_audit("other", database, limit=10)] == [PERSON]
    assert erasing.search([PERSON], home.place) == ([], True)
    searched = run_verb(home, "search", PERSON)
    assert (searched.exit_code, "rows of other tenants" in searched.stdout) == (0, True)
    with database.writing() as connection:
        append_audit("main", connection, theirs)
    assert erasing.search([PERSON], home.place)[0] != []


@pytest.mark.parametrize("is_theirs_too", [False, True])
def test_a_log_of_changes_that_a_reader_keeps_is_a_trace_whoever_else_has_the_id(
    home: Home, is_theirs_too: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = home.place.database
    monkeypatch.setattr(database, "_wait_ms", 20)  # else each step waits ten seconds for the reader
    database.engine.dispose()
    if is_theirs_too:
        with database.writing() as connection:
            database.ensure_tenant("other", connection, now=NOW)
            append_audit("other", connection, AuditEntry(NOW, "test", "events.note", PERSON, {}))
    with closing(sqlite3.connect(home.place.workspace.home / "var" / "operational.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tenants").fetchall()
        report = home.run()
    assert "operational.db-wal" in report.traces
    assert any("rows of other tenants" in line for line in report.by_hand) is is_theirs_too
    assert home.found() == []  # nobody reads now: the log goes


def test_nobody_is_erased_by_an_unknown_name(home: Home) -> None:
    with pytest.raises(NotFoundError, match="nobody is known as 'nobody'"):
        home.run("nobody")
    assert list_erasures("main", home.place.database) == []


def test_the_export_of_a_person_holds_every_row_about_them_and_nobody_elses(home: Home) -> None:
    known = export_person(PERSON, home.place, now=NOW)
    assert known["customer_ids"] == [PERSON, SECOND]
    assert {(one["id_type"], one["id_value"]) for one in known["identifiers"]} == {("phone", PHONE), ("card", CARD)}
    assert known["shared_identifiers"] == [{"id_type": "device", "id_value": TABLET}]
    assert {name: len(rows) for name, rows in known["tables"].items()} == {
        "transactions": 21,
        "customers": 2,
        "identities": 4,
        "consents": 2,
        "events": 2,
    }
    assert len(known["set_aside"]["transactions"]) == 1
    assert {name: len(rows) for name, rows in known["service"].items()} == {"events": 1, "campaign_receipts": 1}
    assert OTHER not in str(known["tables"])


def test_no_id_of_the_person_is_logged_said_or_in_a_file_name(
    home: Home, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(path) for path in home.place.workspace.home.rglob("*")]
    with caplog.at_level(logging.DEBUG):
        home.run()
        home.ingest_again()
    names += [str(path) for path in home.place.workspace.home.rglob("*")]
    said = caplog.text + "".join(capsys.readouterr())
    assert [one for one in IDS if one in said or any(one in name for name in names)] == []
