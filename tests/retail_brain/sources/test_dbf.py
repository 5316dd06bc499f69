"""Tables of dBase, as tills and older programs keep them."""

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from retail_brain.errors import DataError
from retail_brain.ingest.look import look
from retail_brain.sources.base import FileOptions
from retail_brain.sources.files import open_file

FIELDS = [("CHECK", "N", 9), ("ITEM", "C", 12), ("QTY", "N", 6), ("PRICE", "N", 9), ("SOLD", "D", 8), ("SEQ", "I", 4)]
DAY = "20260907"


def _written(path: Path, rows: Sequence[Sequence[str]], *, code: int = 0, encoding: str = "cp1252") -> Path:
    """The file; a row begins with its mark, blank or a star for a deleted one."""
    width = 1 + sum(size for *_, size in FIELDS)
    head = struct.pack("<B3xIHH17xB2x", 3, len(rows), 32 + 32 * len(FIELDS) + 1, width, code)
    for name, kind, size in FIELDS:
        head += name.encode().ljust(11, b"\0") + kind.encode() + bytes(4) + bytes([size, 0]) + bytes(14)
    lines = b""
    for mark, *cells in rows:
        lines += mark.encode()
        for (_, kind, size), cell in zip(FIELDS, cells, strict=True):
            text = cell.encode(encoding)
            is_text = kind in "CD"
            lines += struct.pack("<i", int(cell)) if kind == "I" else text.ljust(size) if is_text else text.rjust(size)
    path.write_bytes(head + b"\r" + lines + b"\x1a")
    return path


def test_the_rows_are_read_with_days_and_without_deleted_ones(tmp_path: Path) -> None:
    rows = [
        [" ", "20001", "Café", "1", "12.75", DAY, "7"],
        ["*", "20002", "Tea", "1", "2.00", DAY, "8"],
        [" ", "20003", "", "******", "-3.50", "", "-9"],
    ]
    table = open_file(_written(tmp_path / "GNDITEM.DBF", rows), tmp_path)
    assert table.frame.collect().rows() == [
        ("20001", "Café", "1", "12.75", "2026-09-07", "7"),
        ("20003", None, None, "-3.50", None, "-9"),
    ]
    assert table.left_out.rows() == [("rows that are marked as deleted", 1)]


@pytest.mark.parametrize(("code", "named"), [(0x02, None), (0, "cp850")])
def test_the_encoding_is_that_of_the_head_or_of_the_mapping(tmp_path: Path, code: int, named: str | None) -> None:
    path = _written(tmp_path / "ITM.DBF", [[" ", "1", "Pähkinä", "1", "1", DAY, "1"]], code=code, encoding="cp850")
    rows = open_file(path, tmp_path, FileOptions(encoding=named)).frame.collect()
    assert rows["ITEM"].to_list() == ["Pähkinä"]


def test_a_file_that_is_cut_short_or_is_none_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = _written(tmp_path / "ITM.DBF", [[" ", "1", "Tea", "1", "1", DAY, "1"]] * 3)
    content = path.read_bytes()
    path.write_bytes(content[:-60])
    with pytest.raises(DataError, match=r"cut short: its head says 3 rows of 49 bytes\. Copy it again"):
        open_file(path, tmp_path)
    path.write_bytes(b"id;name\n1;Tea\n" * 9)
    with pytest.raises(DataError, match=r"no table of dBase.*Export it as CSV"):
        open_file(path, tmp_path)


def test_a_look_knows_a_folder_of_them(tmp_path: Path) -> None:
    rows = [
        [" ", str(1_000 + n // 2), f"Item {n % 5}", str(1 + n % 2), f"{(1 + n % 2) * (3 + n % 5)}.00", DAY, str(n)]
        for n in range(30)
    ]
    _written(tmp_path / "SALES.DBF", rows)
    seen = look(str(tmp_path))
    assert 'files = "SALES.DBF"' in seen.mapping
    assert 'sold_at = "SOLD"' in seen.mapping
