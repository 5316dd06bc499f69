"""Whatever a file of text begins with or holds, it is read or refused with a clear error."""

import contextlib
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from retail_brain.errors import RetailBrainError
from retail_brain.ingest.look import look
from retail_brain.sources.base import FileOptions
from retail_brain.sources.table_start import unique_names
from retail_brain.sources.text import read_text

_FIRST = ("", "\n", "\r\n", "\ufeff\n", "  \n", ",,,\n", ";;;\n", "sep=;\n", "\n\n\n", "Sales\n", '"\n', '""\n', "\x1a")
_CELLS = ("", " ", "id", "price", "price (2)", "1", "2.5", "01/02/2026", "é", "合计", "\0", '"a\nb"', 'x"y', '"open')
_ROWS = st.lists(st.lists(st.sampled_from(_CELLS), max_size=6), max_size=8)


@st.composite
def _texts(draw: st.DrawFn) -> bytes:
    mark, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(("\n", "\r\n", "\r")))
    text = draw(st.sampled_from(_FIRST)) + end.join(mark.join(row) for row in draw(_ROWS))
    return text.encode(draw(st.sampled_from(("utf-8", "utf-8", "utf-16", "utf-16-le"))))


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(_texts() | st.binary(max_size=120), st.sampled_from((".csv", ".txt", ".csv.gz", ".jsonl", ".xlsx", ".zip")))
def test_a_look_at_any_bytes_ends_in_a_report_or_in_a_clear_error(data: bytes, ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sales{ending}"
        path.write_bytes(data)
        with contextlib.suppress(RetailBrainError):
            assert look(str(path)).lines


@pytest.mark.parametrize("first", ["\n", "\ufeff\n", "\r\n\r\n", "  \n"])
def test_blank_lines_above_the_names_are_passed_over(tmp_path: Path, first: str) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(f"{first}id,price\n1,2\n3,4\n".encode())
    table = read_text(path, tmp_path, FileOptions(skip_lines=0))
    assert table.frame.collect().rows() == [("1", "2"), ("3", "4")]
    assert table.frame.collect_schema().names() == ["id", "price"]


def test_a_line_of_names_whose_quotes_two_readers_divide_differently_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(b'id|"q"|\0\r\n7|"a""b"|1\r\n')
    frame = read_text(path, tmp_path).frame.collect()
    assert frame.height == 1
    assert frame.columns == ["id", "q", "column_3"]
    assert frame.schema == dict.fromkeys(frame.columns, pl.String)


@pytest.mark.parametrize("header", [["a", "a", "a (2)"], ["a (2)", "a", "a"], ["", "column_1", ""], ["a", "a", "a"]])
def test_names_of_columns_are_made_unique(header: list[str]) -> None:
    assert len(set(unique_names(header))) == len(header)


def test_a_list_whose_first_column_is_empty_is_read_below_its_title(tmp_path: Path) -> None:
    path = tmp_path / "ME2N.txt"
    names = "\tDocument\tPos\tArticle\tQty\tNote\tDeleted"
    rows = [f"\t45000{n}\t10\tA{n}\t6.000\t\t{'L' if n == 3 else ''}" for n in range(8)]
    text = "\r\n".join(["Orders by number\t01.10.2026", "", names, "", *rows, "", "\t*\t\t\t48.000", ""])
    path.write_bytes(text.encode("utf-16"))
    table = read_text(path, tmp_path)
    frame = table.frame.collect()
    assert frame.columns == ["Document", "Pos", "Article", "Qty", "Note", "Deleted"]
    assert frame["Document"].to_list() == [f"45000{n}" for n in range(8)]
    assert dict(table.left_out.rows())["total rows"] == 1
