"""Opt-outs beside consents: stored in UTC, compared with the local time of a shop."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from retail_brain.decisions.consents import keep_open, with_opt_outs
from retail_brain.erased_ids import Subjects
from retail_brain.errors import UnavailableError
from retail_brain.operational.database import Database
from retail_brain.operational.erasures import begin_erasure, finish_erasure
from retail_brain.operational.refusals import LAKE, TOLD, Refusal, lake_refusals, note_refusals, remove_refusals
from retail_brain.operational.upgrade import upgrade
from retail_brain.table_schemas import CHANNELS_OF_CONTACT
from retail_brain.workspace import Workspace
from serving.planning.people import opt_outs
from serving.planning.people.opt_outs import OptOutBook, read_opt_outs, stored_moment, tenant_opt_outs

PAIRS = pl.DataFrame({"customer_id": ["C1"], "channel": ["sms"]})


def _consents(given: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        {"customer_id": ["C1"], "channel": ["sms"], "granted": [True], "changed_at": [given]},
        schema_overrides={"changed_at": pl.Datetime("us")},
    ).with_columns(problem=pl.lit(None, dtype=pl.String))


@pytest.mark.parametrize(
    ("given", "is_open"),
    [
        # opted out at 10:00 in Shanghai, which is 02:00 UTC: a consent of 09:00 there came before it
        (datetime(2026, 3, 2, 9), False),
        (datetime(2026, 3, 2, 15), False),
        (datetime(2026, 3, 2, 17), True),
    ],
)
def test_a_consent_reopens_a_channel_only_where_it_is_the_later_in_every_zone(
    given: datetime, is_open: bool, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(database)
    refused = [Refusal("C1", "sms", datetime(2026, 3, 2, 2, tzinfo=UTC))]
    note_refusals("main", database, refused, TOLD, by="Li", now=NOW)
    read = read_opt_outs("main", database)
    kept = keep_open(PAIRS, with_opt_outs(_consents(given), read), read.select("customer_id", "channel"))
    assert (kept.height == 1) is is_open


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(made)
    yield made
    made.close()


NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_refusals_of_a_lost_database_are_not_taken_for_none(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert tenant_opt_outs(workspace).is_empty()  # none was ever made, and none is
    file = tmp_path / "var" / "operational.db"
    assert not file.exists()
    upgrade(Database(workspace.database_url))
    file.unlink()
    with pytest.raises(UnavailableError, match="is gone"):
        tenant_opt_outs(workspace)
    assert not file.exists()


def test_a_refusal_told_in_local_time_comes_back_as_it_was_for_every_channel(database: Database) -> None:
    told = [Refusal("C1", "any", stored_moment(datetime(2026, 3, 2, 18)))]
    assert note_refusals("main", database, told, TOLD, by="Li", now=NOW) == (1, 0)
    assert note_refusals("main", database, told, TOLD, by="Li", now=NOW) == (0, 0)
    rows = [("C1", channel, datetime(2026, 3, 2, 18)) for channel in CHANNELS_OF_CONTACT]
    assert sorted(read_opt_outs("main", database).rows()) == sorted(rows)
    assert read_opt_outs("other", database).is_empty()


def test_what_the_lake_does_not_refuse_any_more_is_removed_and_what_was_told_stays(database: Database) -> None:
    for who, source in (("C1", LAKE), ("C2", LAKE), ("C3", TOLD)):
        note_refusals("main", database, [Refusal(who, "sms", NOW)], source, by="Li", now=NOW)
    before = OptOutBook.read("main", database)
    (number,) = [number for number, who, _ in lake_refusals("main", database) if who == "C1"]
    remove_refusals("main", database, [number], by="Li", now=NOW)
    after = OptOutBook.read("main", database)
    assert after.refused["customer_id"].to_list() == ["C2", "C3"]
    assert before.mark != after.mark


def test_a_book_is_read_on_from_where_it_ended_and_anew_where_something_was_taken_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(book: OptOutBook) -> list[tuple[object, ...]]:
        return sorted(book.refused.rows())

    asked: list[int] = []
    whole = opt_outs.opt_outs
    monkeypatch.setattr(opt_outs, "opt_outs", lambda *place, after=0: asked.append(after) or whole(*place, after=after))
    book = OptOutBook().read_on("main", database)
    for who, source in (("C1", LAKE), ("C2", LAKE), ("C3", TOLD), ("C4", TOLD)):
        note_refusals("main", database, [Refusal(who, "any", NOW)], source, by="Li", now=NOW)
        book = book.read_on("main", database)
        assert refused(book) == refused(OptOutBook.read("main", database))
    # the others are those of the comparison, and of the first
    assert [after for after in asked if after] == [1, 2, 3]
    numbers = [number for number, _, _ in lake_refusals("main", database)]
    remove_refusals("main", database, numbers[:1], by="Li", now=NOW)
    note_refusals("main", database, [Refusal("C5", "sms", NOW)], TOLD, by="Li", now=NOW)
    book = book.read_on("main", database)
    assert refused(book) == refused(OptOutBook.read("main", database))
    assert {who for who, _, _ in refused(book)} == {"C2", "C3", "C4", "C5"}
    # a removed one was the newest
    note_refusals("main", database, [Refusal("C6", "sms", NOW)], LAKE, by="Li", now=NOW)
    book = book.read_on("main", database)
    remove_refusals("main", database, [lake_refusals("main", database)[-1][0]], by="Li", now=NOW)
    for who in ("C7", "C8"):
        note_refusals("main", database, [Refusal(who, "sms", NOW)], TOLD, by="Li", now=NOW)
        seen = book.read_on("main", database)
        assert seen.mark != book.mark
        assert refused(seen) == refused(OptOutBook.read("main", database))
    begin_erasure("main", database, Subjects(frozenset({"C9"})), by="Li", now=NOW)
    assert refused(book.read_on("main", database)) == refused(OptOutBook.read("main", database))


def test_whoever_was_erased_stays_closed_as_long_as_the_answers_know_them(database: Database) -> None:
    erasure = begin_erasure("main", database, Subjects(frozenset({"C1"})), by="Li", now=NOW)
    pending = OptOutBook.read("main", database)
    assert set(pending.refused["customer_id"]) == {"C1"}
    finish_erasure("main", database, erasure.erasure_id, {}, now=NOW)
    finished = OptOutBook.read("main", database)
    assert finished.refused.is_empty()
    kept = finished.after(pending)
    assert kept.refused.height == pending.refused.height
    assert (kept.mark, kept.is_erased("customer_id", "C1")) == (finished.mark, True)
