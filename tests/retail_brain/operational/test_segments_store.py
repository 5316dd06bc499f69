"""Saved segments: versions, two people at once, removal, members of static ones."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest

from retail_brain.errors import ConflictError, NotFoundError, UsageError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.segments import (
    SegmentDraft,
    StoredSegment,
    find_segment,
    list_segments,
    remove_segment,
    save_segment,
    segment_history,
    static_members,
)

NOW = datetime(2026, 2, 28, 12, tzinfo=UTC)
EXPRESSION = {"op": "known", "column": "spend"}


def save(database: Database, name: str = "沉睡好友", *, tenant: str = "main", **given: Any) -> StoredSegment:
    about = {"owner": "李", "note": "唤醒", "people": 2, "as_of": date(2026, 2, 28)}
    version = given.pop("version", None)
    draft = SegmentDraft(name, given.pop("expression", EXPRESSION), **about | given)
    return save_segment(tenant, database, draft, saved_by="王", now=NOW, version=version)


def test_every_change_is_a_new_version_with_its_author(database: Database) -> None:
    first = save(database, version=0)
    second = save(database, version=1, expression={"op": "known", "column": "stage"})
    assert (first.version, second.version) == (1, 2)
    assert find_segment("main", database, " 沉睡好友 ") == second
    assert list_segments("main", database) == [second]
    assert segment_history("main", database, "沉睡好友") == [second, first]
    assert [deed.action for deed in list_audit("main", database)][:2] == ["segment.save"] * 2


def test_a_change_of_a_segment_that_changed_meanwhile_is_refused(database: Database) -> None:
    save(database)
    with pytest.raises(ConflictError, match="has version 1 by 王; your change was made to a new one") as caught:
        save(database, version=0, note="我的")
    details = caught.value.details
    assert (details["version"], details["yours"]["version"]) == (1, 0)
    assert details["yours"]["segment"] == {"expression": EXPRESSION, "note": "我的"}
    assert details["theirs"]["segment"] == {"expression": EXPRESSION, "note": "唤醒"}
    assert details["theirs"]["changed_by"] == "王"
    assert find_segment("main", database, "沉睡好友").version == 1


def test_a_change_of_a_segment_that_is_gone_is_refused(database: Database) -> None:
    with pytest.raises(ConflictError, match="is not there; your change was made to version 3"):
        save(database, version=3)
    save(database)
    remove_segment("main", database, "沉睡好友", removed_by="赵", now=NOW)
    with pytest.raises(ConflictError, match=r"was removed by 赵; .* Save it as a new one") as caught:
        save(database, version=1)
    assert caught.value.details["theirs"] == {"version": 0, "segment": None}


def test_a_removal_of_a_segment_that_changed_meanwhile_is_refused(database: Database) -> None:
    save(database)
    save(database, version=1)
    with pytest.raises(ConflictError, match="has version 2 by 王; your change was made to version 1") as caught:
        remove_segment("main", database, "沉睡好友", removed_by="赵", now=NOW, version=1)
    assert caught.value.details["yours"] == {"version": 1, "segment": None}
    remove_segment("main", database, "沉睡好友", removed_by="赵", now=NOW, version=2)
    assert list_segments("main", database) == []


@pytest.mark.parametrize("version", [1, None])
def test_of_two_who_save_or_remove_at_once_nobody_overwrites_the_other(database: Database, version: int | None) -> None:
    save(database)

    def attempt(number: int) -> str:
        try:
            if number % 2:
                remove_segment("main", database, "沉睡好友", removed_by="赵", now=NOW, version=version)
                return "done"
            save(database, version=version, note=str(number))
        except (ConflictError, NotFoundError):
            return "refused"
        return "done"

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, range(4)))
    versions = [one.version for one in segment_history("main", database, "沉睡好友")]
    assert versions == list(range(len(versions), 0, -1))
    assert len(versions) == 1 + done.count("done")
    # with a version only one of them can be right
    assert version is None or done.count("done") == 1


def test_a_segment_that_never_was_has_no_history(database: Database) -> None:
    save(database)
    with pytest.raises(NotFoundError, match="Is it 沉睡好友"):
        segment_history("main", database, "沉睡好")


def test_a_removed_segment_is_gone_but_on_record_and_can_be_saved_again(database: Database) -> None:
    save(database)
    remove_segment("main", database, "沉睡好友", removed_by="赵", now=NOW)
    assert list_segments("main", database) == []
    with pytest.raises(NotFoundError, match="was removed by 赵"):
        find_segment("main", database, "沉睡好友")
    with pytest.raises(NotFoundError, match="Is it 沉睡好友"):
        find_segment("main", database, "沉睡好")
    again = save(database, version=0)
    history = segment_history("main", database, "沉睡好友")
    assert [(one.version, one.is_removed) for one in history] == [(3, False), (2, True), (1, False)]
    assert list_segments("main", database) == [again]


def test_a_static_segment_keeps_its_people_and_tenants_share_none(database: Database) -> None:
    kept = save(database, members=["C2", "C1", "C2"])
    assert static_members(database, kept) == ["C1", "C2"]
    assert static_members(database, save(database, members=None)) == []
    assert list_segments("other", database) == []
    with pytest.raises(NotFoundError):
        find_segment("other", database, "沉睡好友")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "1 to 100"),
        ("  ", "1 to 100"),
        ("x" * 101, "1 to 100"),
        ("a\nb", "nobody sees"),
        ("Stage:friend", "stages"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(database: Database, name: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        save(database, name)


def test_a_name_is_the_same_however_its_letters_are_written(database: Database) -> None:
    save(database, "cafe\u0301")
    assert find_segment("main", database, "caf\u00e9").name == "caf\u00e9"


def test_what_the_same_person_saves_again_is_saved_already(database: Database) -> None:
    first = save(database, version=0)
    assert save(database, version=0, people=3) == first, "its people are those of the day when it was saved"
    second = save(database, version=1, note="neu")
    assert save(database, version=1, note="neu") == second
    assert len(segment_history("main", database, "沉睡好友")) == 2
    for other in ({"note": "唤醒"}, {"note": "neu", "members": ["c1"]}):
        with pytest.raises(ConflictError, match="has version 2"):
            save(database, version=1, **other)
