"""Ingest from a folder: what goes in, what is set aside, what stops it, and that a second run changes nothing."""

import gzip
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.errors import DataError, NotFoundError
from retail_brain.ingest import IngestReport, ingest
from retail_brain.ingest.further_columns import SPELLED
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings

HEADER = "transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price\n"
GOOD = "1,2025-01-01 10:00:00,001,苹果,c1,1,2.5\n"


def test_text_becomes_canonical_and_ids_keep_their_zeros(chain: Any) -> None:
    chain.sell(
        "0001,2025-01-01 10:00:00,007,苹果,,1,2.5",
        "0002,2025/01/02 9:05,007,苹果,c1,-1,2.5",
        "0003,2025-01-03T10:00:00.5,007,苹果,c1,2,¥",
    )
    report = chain.ingest()
    first, second = chain.rows("transactions")
    assert (first["transaction_id"], first["store_id"], first["product_id"]) == ("0001", "007", "苹果")
    assert (first["customer_id"], first["channel"], first["discount"]) == (None, None, None)
    assert (second["sold_at"], second["units"]) == (datetime(2025, 1, 2, 9, 5), -1.0)
    assert dict(report.tables["transactions"].reasons) == {"unit_price: not a number": 1}


def test_second_run_makes_no_version(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", "1,2025-01-01,A,x,,1,1", "2,2025-01-01,A,x,,bad,1")
    chain.write("products.csv", "product_id,colour\nx,red\n")
    first = chain.ingest()
    again = chain.ingest()
    assert first.changed_anything
    assert not again.changed_anything
    assert again.versions == first.versions == {"transactions": 0, "products": 0}
    assert again.tables["transactions"].unchanged == 2
    assert chain.bad("transactions").height == 1


def test_superset_appends_only_what_is_new_and_counts_equal_lines(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", "1,2025-01-01,A,x,,1,1")
    chain.ingest()
    chain.sell("1,2025-01-01,A,x,,1,1", "1,2025-01-01,A,x,,1,1", "1,2025-01-01,A,x,,1,1", "2,2025-01-02,A,x,,1,1")
    report = chain.ingest().tables["transactions"]
    assert (report.new, report.unchanged, report.version) == (2, 2, 1)
    assert len(chain.rows("transactions")) == 4


def test_changed_row_of_a_state_takes_the_place_of_the_old_one(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    chain.write("products.csv", "product_id,name\nx,old\ny,same\n")
    chain.ingest()
    chain.write("products.csv", "product_id,name\nx,new\nz,further\n")
    report = chain.ingest().tables["products"]
    assert (report.new, report.changed, report.unchanged, report.version) == (1, 1, 0, 1)
    names = {str(row["product_id"]): row["name"] for row in chain.rows("products")}
    assert names == {"x": "new", "y": "same", "z": "further"}


def test_an_attribute_in_other_capitals_is_the_one_that_is_stored(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    chain.write("products.csv", "product_id,Colour\nx,red\n")
    chain.ingest()
    chain.write("products.csv", "product_id,colour\nx,red\ny,blue\n")
    report = chain.ingest().tables["products"]
    assert (report.new, report.unchanged) == (1, 1)
    assert report.notes == (f"'colour' {SPELLED} 'Colour'",)
    assert {str(row["product_id"]): row["Colour"] for row in chain.rows("products")} == {"x": "red", "y": "blue"}


@pytest.mark.parametrize("second", ["tag,Tag\nx,low,UP", "Tag,tag\nx,UP,low", "Tag\nx,UP"])
def test_columns_that_differ_by_capitals_alone_are_never_mixed(chain: Any, second: str) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    chain.write("list.csv", "code,maker,Brand,tag,Tag\ny,Ann,Bob,low,UP\n")
    mapping = """
        [tables.transactions]
        files = "transactions.csv"
        [tables.products]
        files = "list.csv"
        [tables.products.columns]
        product_id = "code"
    """

    def ingested(*columns: str) -> IngestReport:
        named = "".join(f'{one} = "{theirs}"\n' for one, theirs in (column.split("=") for column in columns))
        chain.write("mapping.toml", mapping + named)
        return ingest(str(chain.folder / "mapping.toml"), chain.lake, Settings(), SILENT)

    first = ingested("brand=maker", "Brand=Brand", "tag=tag", "Tag=Tag")
    assert len(first.tables["products"].notes) == 2
    head, values = second.split("\n")
    chain.write("list.csv", f"code,{head}\n{values}\n")
    ingested(*(f"{name}={name}" for name in head.split(",")))
    rows = {row["product_id"]: row for row in chain.rows("products")}
    assert (rows["y"]["brand"], rows["y"]["Brand_2"]) == ("Ann", "Bob")
    assert {row["Tag_2"] for row in rows.values()} == {"UP"}
    assert {row["tag"] for row in rows.values()} <= {"low", None}


def test_attributes_may_come_later_and_change_their_type(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    pl.DataFrame({"product_id": ["x"], "grams": [100]}).write_parquet(chain.folder / "products.parquet")
    chain.ingest()
    pl.DataFrame({"product_id": ["x", "y"], "grams": [100.0, 2.5], "hue": ["r", "g"]}).write_parquet(
        chain.folder / "products.parquet"
    )
    chain.ingest()
    rows = {str(row["product_id"]): (row["grams"], row["hue"]) for row in chain.rows("products")}
    assert rows == {"x": (100.0, "r"), "y": (2.5, "g")}


def test_last_of_equal_keys_is_kept_and_the_others_set_aside(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    chain.write("products.csv", "product_id,name\nx,first\ny,only\nx,last\n")
    chain.ingest()
    assert {row["name"] for row in chain.rows("products")} == {"last", "only"}
    bad = chain.bad("products")
    assert bad["name"].to_list() == ["first"]
    assert bad["reasons"].to_list() == ["product_id: the same key comes again later"]


def test_bad_rows_keep_their_values_and_all_their_reasons(chain: Any) -> None:
    chain.sell(
        "1,2025-01-01,A,x,,1,-1",
        "2,31/12/2025,A,x,,one,1",
        "3,2025-01-01,,x,,inf,1",
        "4,2025-01-01,A,x,,nan,1",
        "5,2025-01-01,A,x,,1,1",
    )
    chain.ingest()
    reasons = dict(chain.bad("transactions").select("transaction_id", "reasons").iter_rows())
    assert reasons == {
        "1": "unit_price: below 0",
        "2": "sold_at: not a time like 2025-12-31 18:30:00; units: not a number",
        "3": "store_id: missing; units: infinite",
        "4": "units: not a number (NaN)",
    }
    assert chain.bad("transactions").filter(pl.col("transaction_id") == "2")["sold_at"].item() == "31/12/2025"
    assert [row["transaction_id"] for row in chain.rows("transactions")] == ["5"]


def test_corrected_rows_leave_quarantine(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,one,1", "2,2025-01-01,A,x,,1,1")
    chain.ingest()
    chain.sell("1,2025-01-01,A,x,,1,1", "2,2025-01-01,A,x,,1,1")
    chain.ingest()
    assert chain.bad("transactions").is_empty()
    assert len(chain.rows("transactions")) == 2


def test_too_many_bad_rows_stop_the_ingest_before_anything_is_written(chain: Any) -> None:
    chain.write("stores.csv", "store_id\nA\n")
    chain.sell("1,31/12/2025,A,x,,1,1", "2,2025-01-01,A,x,,1,1")
    with pytest.raises(DataError, match=r"1 of 2 rows of table transactions .*sold_at=31/12/2025.*Nothing was written"):
        chain.ingest(max_bad=0.05)
    assert not Path(chain.lake).exists()


@pytest.mark.parametrize(
    ("bad", "good", "stops"),
    [(1, 9, False), (10, 11, False), (11, 180, True), (10, 10, True), (1, 0, True), (11, 220, False)],
)
def test_few_bad_rows_of_a_small_table_stop_nothing(chain: Any, bad: int, good: int, stops: bool) -> None:
    lines = ["never"] * bad + ["2025-01-01"] * good
    chain.sell(*(f"{number},{day},A,x,,1,1" for number, day in enumerate(lines)))
    if stops:
        with pytest.raises(DataError, match=f"{bad} of {bad + good} rows"):
            chain.ingest(max_bad=0.05)
    else:
        assert chain.ingest(max_bad=0.05).tables["transactions"].quarantined == bad


def test_a_barcode_among_the_units_is_set_aside(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,6901234567892,1", "2,2025-01-01,A,x,,-1e300,1", "3,2025-01-01,A,x,,1,1e13")
    reasons = chain.ingest().tables["transactions"].reasons
    assert reasons == {
        "units: above 1000000000.0": 1,
        "units: below -1000000000.0": 1,
        "unit_price: above 1000000000000.0": 1,
    }


def test_placeholder_day_is_no_sale_but_may_end_a_price(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", "2,9999-12-31,A,x,,1,1")
    chain.write("prices.csv", "store_id,product_id,valid_from,valid_to,unit_price\nA,x,2025-01-01,9999-12-31,3\n")
    report = chain.ingest()
    assert report.tables["transactions"].reasons == {"sold_at: in the future": 1}
    assert report.tables["prices"].quarantined == 0
    assert open_lake(chain.lake).last_day() == date(2025, 1, 1)


def test_ids_stored_as_numbers_become_plain_text(chain: Any) -> None:
    pl.DataFrame(
        {
            "date": [date(2025, 1, 1)] * 2,
            "store_id": [7, 8],
            "product_id": [12.0, 13.5],
            "units": [1, 2],
            "unit_price": [float("nan"), 2.0],
        }
    ).write_parquet(chain.folder / "daily_sales.parquet")
    chain.ingest()
    rows = chain.rows("daily_sales")
    assert [(row["store_id"], row["product_id"], row["unit_price"]) for row in rows] == [
        ("7", "12", None),
        ("8", "13.5", 2),
    ]


def test_zone_of_parquet_times_is_dropped_with_the_wall_clock_kept(chain: Any) -> None:
    moment = pl.Series([datetime(2025, 1, 1, 23, 30)]).dt.replace_time_zone("Asia/Shanghai")
    pl.DataFrame(
        {"transaction_id": ["1"], "store_id": ["A"], "product_id": ["x"], "units": [1.0], "unit_price": [1.0]}
    ).with_columns(sold_at=moment).write_parquet(chain.folder / "transactions.parquet")
    chain.ingest()
    assert chain.rows("transactions")[0]["sold_at"] == datetime(2025, 1, 1, 23, 30)


def test_utc_among_local_times_is_set_aside(chain: Any) -> None:
    chain.sell("1,2025-01-01T10:00:00+08:00,A,x,,1,1", "2,2025-01-01T02:00:00Z,A,x,,1,1")
    chain.ingest()
    assert chain.rows("transactions")[0]["sold_at"] == datetime(2025, 1, 1, 10)
    assert "in UTC while others are local" in chain.bad("transactions")["reasons"].item()


def test_lists_flags_and_compact_dates_in_text(chain: Any) -> None:
    chain.sell("1,20250101,A,x,,1,1")
    chain.write(
        "campaigns.csv",
        'campaign_id,starts_on,ends_on,product_ids\nk,20250101,2025年2月1日,"x;y"\nl,20250101,20250201,\n',
    )
    chain.write("stores.csv", "store_id,is_online\nA,否\nB,TRUE\n")
    chain.ingest()
    first, second = chain.rows("campaigns")
    assert (first["product_ids"], first["ends_on"], second["product_ids"]) == (["x", "y"], date(2025, 2, 1), None)
    assert [row["is_online"] for row in chain.rows("stores")] == [False, True]


def test_unknown_ids_are_counted_and_kept(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", "2,2025-01-01,B,x,,1,1")
    chain.write("stores.csv", "store_id\nA\n")
    report = chain.ingest().tables["transactions"]
    assert dict(report.unknown) == {"store_id": 1}
    assert (report.new, report.quarantined) == (2, 0)


def test_lines_with_too_many_fields_are_set_aside(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", "2,2025-01-01,A,x,,1,1,oops", '3,2025-01-01,A,"x, y",,1,1')
    report = chain.ingest().tables["transactions"]
    assert [row["product_id"] for row in chain.rows("transactions")] == ["x", "x, y"]
    assert (report.read, dict(report.reasons)) == (3, {"line has 8 fields, the header has 7": 1})
    assert chain.bad("transactions")["line"].item() == "2,2025-01-01,A,x,,1,1,oops"


@pytest.mark.parametrize("content", [HEADER.replace(",", ";") + GOOD.replace(",", ";"), "\ufeff" + HEADER + GOOD])
def test_semicolons_and_byte_order_mark_are_understood(chain: Any, content: str) -> None:
    chain.write("transactions.csv", content)
    chain.ingest()
    assert chain.rows("transactions")[0]["product_id"] == "苹果"


def test_compressed_files_folders_and_names_in_capitals_are_found(chain: Any) -> None:
    (chain.folder / "Transactions").mkdir()
    (chain.folder / "Transactions" / "01.csv.gz").write_bytes(gzip.compress((HEADER + GOOD).encode()))
    chain.write("Transactions/02.csv", HEADER + GOOD.replace("1,2025", "2,2025", 1))
    chain.write("STORES.CSV", "store_id\n001\n")
    chain.write("weather.csv", "a\n1\n")
    report = chain.ingest()
    assert len(chain.rows("transactions")) == 2
    assert chain.rows("stores")[0]["store_id"] == "001"
    assert any("weather.csv" in warning for warning in report.warnings)


def test_header_without_rows_is_an_empty_table(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    chain.write("stores.csv", "store_id,name\n")
    assert chain.ingest().versions == {"transactions": 0, "stores": 0}
    assert chain.rows("stores") == []
    assert chain.ingest().changed_anything is False


def no_file(chain: Any) -> None:
    chain.folder.rmdir()


REFUSED = {
    "no folder": (no_file, NotFoundError, "no dataset folder"),
    "no table": (lambda chain: chain.write("notes.txt", "x"), DataError, "no table was found.*notes.txt"),
    "no sales": (lambda chain: chain.write("stores.csv", "store_id\nA\n"), DataError, "holds no sales"),
    "empty file": (lambda chain: chain.write("transactions.csv", ""), DataError, "is empty"),
    "GBK": (
        lambda chain: chain.write("transactions.csv", (HEADER + GOOD).encode("gbk")),
        DataError,
        'not UTF-8.*encoding = "gb18030".*GBK',
    ),
    "missing column": (
        lambda chain: chain.write("transactions.csv", "transaction_id,sold_at,storeid,product_id,units,price\n"),
        DataError,
        r"lacks the columns \['store_id', 'unit_price'\].*got \[.*'storeid' may be 'store_id'",
    ),
    "column twice": (
        lambda chain: chain.write("transactions.csv", HEADER.replace("unit_price", "units") + GOOD),
        DataError,
        r"columns \['units'\] more than once",
    ),
    "table twice": (
        lambda chain: (chain.write("stores.csv", "store_id\n"), chain.write("STORES.csv.gz", "")),
        DataError,
        "stores is there more than once",
    ),
    "not Parquet": (lambda chain: chain.write("transactions.parquet", "hello"), DataError, "cannot be read"),
    "not gzip": (lambda chain: chain.write("transactions.csv.gz", "hello"), DataError, "cannot be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_unusable_dataset_is_explained(chain: Any, case: str) -> None:
    make, error, says = REFUSED[case]
    make(chain)
    with pytest.raises(error, match=says):
        chain.ingest()
    assert not Path(chain.lake).exists()


def test_file_that_vanishes_is_explained(chain: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    from retail_brain.ingest import run

    def vanishing(*args: object) -> object:
        opened = real(*args)  # type: ignore[arg-type]
        (chain.folder / "transactions.csv").unlink()
        return opened

    real = run.open_source
    monkeypatch.setattr(run, "open_source", vanishing)
    with pytest.raises(DataError, match=r"cannot be read.*was not moved"):
        chain.ingest()


def test_attributes_of_any_type_are_kept_or_become_text(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    pl.DataFrame(
        {"product_id": ["x"], "nothing": [None], "small": pl.Series([1], dtype=pl.UInt8), "box": [{"w": 1, "h": 2}]}
    ).with_columns(
        shade=pl.lit("red").cast(pl.Categorical), when=pl.datetime(2025, 1, 1, time_unit="ns"), tags=pl.lit(["a", "b"])
    ).write_parquet(chain.folder / "products.parquet")
    chain.ingest()
    (row,) = chain.rows("products")
    assert (row["nothing"], row["small"], row["shade"], row["tags"]) == (None, 1, "red", ["a", "b"])
    assert (row["box"], row["when"]) == ('{"w":1,"h":2}', datetime(2025, 1, 1))


def test_attribute_that_turns_from_number_to_text(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    pl.DataFrame({"product_id": ["x"], "size": [100]}).write_parquet(chain.folder / "products.parquet")
    chain.ingest()
    pl.DataFrame({"product_id": ["y"], "size": ["XL"]}).write_parquet(chain.folder / "products.parquet")
    chain.ingest()
    assert {str(row["product_id"]): row["size"] for row in chain.rows("products")} == {"x": "100", "y": "XL"}


def test_lake_that_cannot_be_written_is_explained(chain: Any, tmp_path: Path) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    (tmp_path / "file").write_text("not a folder")
    chain.lake = str(tmp_path / "file" / "lake")
    with pytest.raises(DataError, match="cannot be written"):
        chain.ingest()


def test_file_uri_is_the_folder_itself(chain: Any, tmp_path: Path) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    chain.lake = f"file://{tmp_path / 'lake'}"
    chain.ingest()
    assert (tmp_path / "lake" / "transactions").is_dir()
    assert len(chain.rows("transactions")) == 1
