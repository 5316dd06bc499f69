"""Notes of loads in Chinese, as the ingest says them in English."""

import re
from pathlib import Path

from retail_brain.ingest import ingest
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from serving.http.handlers.jobs import _result
from serving.http.note_words import note_words

CARD = (
    "card c had up to 12 receipts in 5 shops on one of 3 such days: nobody's, so its receipts count as anonymous and "
    "it is in no list"
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_what_a_load_notes_is_told_in_chinese(tmp_path: Path) -> None:
    folder = tmp_path / "chain"
    folder.mkdir()
    (folder / "notes.csv").write_text("a\n1\n")
    (folder / "stores.csv").write_text("store_id;extra;\nA;1;\n")
    lines = "transaction_id,sold_at,store_id,product_id,units,unit_price\n" + "1,2025-01-01,A,x,1,1\n" * 2
    (folder / "transactions.csv").write_text(lines)
    (folder / "consents.csv").write_text(
        "customer_id,channel,granted,changed_at\n" + "c,fax,yes,2025-01-01\n" + "d,sms,yes,2025-01-01\n" * 3
    )
    report = ingest(str(folder), str(tmp_path / "lake"), Settings(), SILENT)
    said = [*report.warnings, *(note for table in report.tables.values() for note in table.notes)]
    assert len(said) >= 4
    assert note_words(CARD).startswith("卡 c 在 3 个这样的日子里一天最多有 12 张小票、5 家店")
    assert [one for one in said if not CHINESE.search(note_words(one))] == []


def test_warnings_of_a_job_are_in_the_language_asked_for() -> None:
    stored = {"ids": {}, "counts": {}, "warnings": ["notes.csv: it has no rows", "else"], "messages": []}
    assert _result(stored, "zh")["warnings"] == ["notes.csv：没有数据行", "else"]
    assert _result(stored, "en") == stored
