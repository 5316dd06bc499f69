"""What an erasure takes out of rows that stay: ids of people, and nothing that only looks like one."""

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import select

from retail_brain.erased_ids import Subjects
from retail_brain.operational.audit import list_audit
from retail_brain.operational.blanking import Blanking
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import Decision, store_decisions
from retail_brain.operational.erasures import erase_from_database
from retail_brain.operational.line_comments import LineComment, comments_about, store_comment
from retail_brain.operational.tables import DECISIONS

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
DIGEST = "91ab12345cdd0e8f7a66b0c1"
FAIR = LineComment("c", "S1", "milk", "a fair", "Li")


def erase(database: Database, *ids: str) -> dict[str, int]:
    return erase_from_database("main", database, Subjects(frozenset(ids)), [])


def test_names_that_differ_by_the_person_alone_stay_apart_and_are_found_under_their_new_name(
    database: Database,
) -> None:
    for name in ("note-C00001", "note-C00002", "note-13800138000"):
        store_comment("main", database, replace(FAIR, comment_id=name), now=NOW)
    subjects = Subjects(frozenset({"C00001", "C00002"}), frozenset({("phone", "13800138000")}))
    assert erase_from_database("main", database, subjects, [])["line_comments"] == 3
    names = {one.comment.comment_id for one in comments_about("main", database, "S1", "milk", limit=9)}
    assert len(names) == 3
    assert all(name.startswith("note-[erased:") for name in names)
    assert {entry.subject for entry in list_audit("main", database)} == names
    # an erasure that was killed behind this step does it again
    assert "line_comments" not in erase(database, "C00001")


def test_a_name_that_grows_too_long_is_another_one_and_no_part_of_it(database: Database) -> None:
    for last in "12":
        store_comment("main", database, replace(FAIR, comment_id="x" * 94 + f"C000{last}"), now=NOW)
    erase(database, "C0001", "C0002")
    names = {one.comment.comment_id for one in comments_about("main", database, "S1", "milk", limit=9)}
    assert len(names) == 2
    assert all(name.startswith("[erased:") for name in names)


def test_ids_of_suggestions_shops_goods_and_others_stay_as_they_are(database: Database) -> None:
    why = "for C000012 and 12345"
    decided = Decision("d1", DIGEST, "12345", "12345", date(2025, 3, 1), "approved", 2.0, 2.0, why, "Li")
    store_decisions("main", database, [decided], now=NOW)
    erase(database, "12345", "C00001")
    with database.reading() as connection:
        row = connection.execute(select(DECISIONS)).one()
    assert (row.suggestion_id, row.store_id, row.product_id) == (DIGEST, "12345", "12345")
    assert row.reason == "for C000012 and [erased]"


def test_values_of_json_lose_the_person_and_no_other_count() -> None:
    blanking = Blanking(["C00001", "C00002", "12", "13800138000"], "00")
    told = {"C00001": 1, "C00002": 2, "store_id": "C00001", "customer_id": "12", "at": "12"}
    counts = blanking.value("details", told)
    assert sorted(counts.values(), key=str) == sorted([1, 2, "C00001", "[erased]", "12"], key=str)
    assert {"store_id", "customer_id", "at"} < set(counts)
    assert blanking.value("note", ["C00001", "C000017", "8613800138000"]) == ["C000017", "86[erased]"]
    assert blanking.value("note", f"task {DIGEST} of C00002.") == f"task {DIGEST} of [erased]."
    assert blanking.value("note", None) is None
    told = {"stored_by": "C00001", "restore": "C00001", "from_store_id": "C00001", "product_ids": ["C00001"]}
    left = {"stored_by": "[erased]", "restore": "[erased]", "from_store_id": "C00001", "product_ids": ["C00001"]}
    assert blanking.value("details", told) == left


def test_an_id_that_is_a_digest_itself_goes_wherever_it_stands() -> None:
    hashed = "ab" * 32
    assert Blanking([hashed], "00").value("note", f"phone {hashed}") == "phone [erased]"
