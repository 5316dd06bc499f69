"""Comments on a product in a store, on SQLite and PostgreSQL."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retail_brain.erased_ids import Subjects
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.erasures import erase_from_database
from retail_brain.operational.line_comments import LineComment, comments_about, store_comment

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
FAIR = LineComment("c1", "西湖店", "牛奶", "隔壁有集市", "小李")


def test_comments_are_kept_once_by_tenant_and_line_newest_first(database: Database) -> None:
    stored = store_comment("main", database, FAIR, now=NOW)
    assert store_comment("main", database, FAIR, now=NOW + timedelta(hours=1)) == stored
    later = store_comment("main", database, replace(FAIR, comment_id="c2", text="over"), now=NOW + timedelta(hours=2))
    store_comment("main", database, replace(FAIR, comment_id="c3", product_id="面包"), now=NOW)
    store_comment("other", database, FAIR, now=NOW)
    assert comments_about("main", database, "西湖店", "牛奶", limit=9) == [later, stored]
    assert comments_about("main", database, "西湖店", "牛奶", limit=1) == [later]
    told = [(deed.action, deed.subject, deed.actor) for deed in list_audit("other", database)]
    assert told == [("line.commented", "c1", "小李")]
    assert len(list_audit("main", database)) == 3


def test_a_used_id_or_too_long_a_text_is_refused_and_nothing_is_stored(database: Database) -> None:
    store_comment("main", database, FAIR, now=NOW)
    with pytest.raises(ImpossibleError, match="used before for another comment"):
        store_comment("main", database, replace(FAIR, text="other"), now=NOW)
    with pytest.raises(UsageError, match="text has at most 1000 characters; got 1001"):
        store_comment("main", database, replace(FAIR, comment_id="c2", text="集" * 1001), now=NOW)
    assert len(comments_about("main", database, "西湖店", "牛奶", limit=9)) == 1


def test_an_erased_person_goes_out_of_texts_of_limited_length_too(database: Database) -> None:
    full = "C00001" + "集" * 994
    named = replace(FAIR, comment_id="for C00001", text=full, commented_by="C00001")
    store_comment("main", database, named, now=NOW)
    store_comment("main", database, replace(FAIR, comment_id="c2"), now=NOW)
    subjects = Subjects(frozenset({"C00001"}), frozenset())
    assert erase_from_database("main", database, subjects, [])["line_comments"] == 1
    plain, erased = comments_about("main", database, "西湖店", "牛奶", limit=9)
    assert plain.comment == replace(FAIR, comment_id="c2")
    name = erased.comment.comment_id
    assert re.fullmatch(r"for \[erased:[0-9a-f]{8}\]", name)
    kept = (("[erased]" + "集" * 994)[:1000], "[erased]")
    assert (erased.comment.text, erased.comment.commented_by) == kept
    assert {(deed.actor, deed.subject) for deed in list_audit("main", database)} == {
        ("[erased]", name),
        ("小李", "c2"),
    }
