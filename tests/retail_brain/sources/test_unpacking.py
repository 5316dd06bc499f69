"""What packed files unpack to is limited as it is counted, whatever their headers say, and nothing is left of them."""

import gzip
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from retail_brain.errors import DataError
from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings
from retail_brain.sources.files import open_file, unpacked
from retail_brain.sources.unpacking import check_workbook, open_bytes, unpacked_at_most
from tests.retail_brain.sources.workbooks import write_xlsx

HEADER = "transaction_id,sold_at,store_id,product_id,units,unit_price\n"
ROW = "1,2026-01-02 10:00:00,S1,P1,2,10\n"
TEXT = (HEADER + ROW * 20_000).encode()
JSON = b'{"transaction_id": "1", "sold_at": "2026-01-02 10:00:00", "store_id": "S1", "product_id": "P1"}\n' * 5_000
MOST = 300_000


def zipped(path: Path, *members: tuple[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)


def zip_that_lies(path: Path) -> None:
    """An archive whose headers call the member small."""
    zipped(path, ("transactions.csv", TEXT))
    size = struct.pack("<L", len(TEXT))
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<L", 100)))


def gzipped(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content))


BOMBS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "gzip": ("transactions.csv.gz", lambda path: gzipped(path, TEXT)),
    "gzip that is called CSV": ("transactions.csv", lambda path: gzipped(path, TEXT)),
    "gzip in another encoding": ("transactions.csv.gz", lambda path: gzipped(path, TEXT.decode().encode("utf-16"))),
    "gzip of JSON lines": ("transactions.jsonl.gz", lambda path: gzipped(path, JSON)),
    "zip": ("transactions.zip", lambda path: zipped(path, ("a.csv", TEXT))),
    "zip of several": (
        "transactions.zip",
        lambda path: zipped(path, *((f"{n}.csv", TEXT[:150_000]) for n in range(3))),
    ),
    "gzip in a zip": ("transactions.zip", lambda path: zipped(path, ("a.csv.gz", gzip.compress(TEXT)))),
    "zip of empty files": ("transactions.zip", lambda path: zipped(path, *((f"{n}.csv", b"") for n in range(100)))),
}


@pytest.mark.parametrize("form", BOMBS)
def test_files_that_unpack_to_more_than_may_be_are_refused_and_nothing_is_left(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "export"
    place.mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    name, write = BOMBS[form]
    write(place / name)
    assert (place / name).stat().st_size < MOST / 10, "it is small as it is sent"
    settings = Settings(data=DataSettings(unpacked_bytes=MOST))
    for run in (
        lambda: ingest(str(place), str(tmp_path / "lake"), settings, SILENT),
        lambda: look(str(place), settings.data),
    ):
        with pytest.raises(DataError, match=r"more than 300,000 bytes, wanted.*data\.unpacked_bytes") as refused:
            run()
        assert refused.value.details["problem"] == "unpacked_too_large"
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "lake" / "transactions").exists()


def test_a_zip_whose_header_calls_it_small_fills_no_disk(tmp_path: Path) -> None:
    zip_that_lies(path := tmp_path / "a.zip")
    (scratch := tmp_path / "scratch").mkdir()
    # Python unpacks no more than the header says, and finds the sum of bytes wrong
    with unpacked_at_most(MOST, MOST), pytest.raises(DataError, match="cannot be read"):
        unpacked([path], scratch)
    assert sum(one.stat().st_size for one in scratch.rglob("*") if one.is_file()) <= MOST


def test_a_member_that_is_named_many_times_is_refused_and_not_copied(tmp_path: Path) -> None:
    path, content = tmp_path / "a.zip", TEXT[:100_000]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", content)
        archive.filelist.extend([archive.filelist[0]] * 9)
    (scratch := tmp_path / "scratch").mkdir()
    with unpacked_at_most(MOST, MOST), pytest.raises(DataError, match="both stand for"):
        unpacked([path], scratch)
    assert list(scratch.iterdir()) == []


def test_files_of_one_load_count_together_and_reading_one_again_does_not(tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.csv.gz" for n in range(3)]
    for path in paths:
        path.write_bytes(gzip.compress(TEXT[:140_000]))

    def read(path: Path) -> int:
        with open_bytes(path) as file:
            return len(file.read())

    with unpacked_at_most(MOST, MOST):
        assert [read(path) for path in (paths[0], paths[0], paths[1], paths[1])] == [140_000] * 4
        with pytest.raises(DataError, match=r"2\.csv\.gz is too large"):
            read(paths[2])


@pytest.mark.parametrize("name", ["shop.xlsx", "shop.csv"])
def test_a_workbook_is_unpacked_no_further_than_may_be(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_xlsx(path, {"sales": [HEADER.strip().split(","), *([["1", "x", "S1", "P1", 2, 10]] * 2_000)]})
    with unpacked_at_most(10**9, 10**9):
        assert open_file(path, tmp_path).frame.collect().height == 2_000
    with unpacked_at_most(10**9, 50_000), pytest.raises(DataError, match=r"data\.workbook_bytes"):
        open_file(path, tmp_path)


def test_a_workbook_with_a_damaged_part_is_refused_as_nobody_knows_its_size(tmp_path: Path) -> None:
    path = tmp_path / "shop.xlsx"
    zipped(path, ("first.xml", b"abc" * 100), ("second.xml", TEXT))
    content = bytearray(path.read_bytes())
    content[45] ^= 0xFF  # within the packed bytes of the first part
    path.write_bytes(content)
    with unpacked_at_most(MOST, MOST), pytest.raises(DataError, match="whole workbook"):
        check_workbook(path)


@pytest.mark.parametrize("cut", [60, -4])
def test_a_damaged_gzip_is_said_to_be(tmp_path: Path, cut: int) -> None:
    packed = bytearray(gzip.compress(TEXT))
    damaged = packed[:cut] if cut < 0 else packed[:cut] + b"\xff" * 20 + packed[cut + 20 :]
    (path := tmp_path / "transactions.csv.gz").write_bytes(damaged)
    for run in (lambda: open_file(path, tmp_path), lambda: look(str(path))):
        with pytest.raises(DataError, match="cannot be read"):
            run()


def test_a_parquet_file_of_very_many_equal_rows_is_refused_and_one_of_sales_is_not(tmp_path: Path) -> None:
    bomb = tmp_path / "transactions.parquet"
    pl.DataFrame({"units": pl.repeat(1.0, 2_000_000, eager=True)}).write_parquet(bomb)
    assert bomb.stat().st_size < 100_000
    with unpacked_at_most(MOST, MOST), pytest.raises(DataError, match=r"too large once it is unpacked.*unpacked_bytes"):
        open_file(bomb, tmp_path)
    usual = tmp_path / "daily_sales.parquet"
    pl.DataFrame({"units": pl.Series(range(100_000)).hash(3)}).write_parquet(usual)
    with unpacked_at_most(MOST, MOST):
        assert open_file(usual, tmp_path).frame.collect().height == 100_000
