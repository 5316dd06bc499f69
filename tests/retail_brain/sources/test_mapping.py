"""The mapping door: files, queries, renamed columns and what is said when something is wrong."""

import sqlite3
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from retail_brain.errors import DataError, NotFoundError, UsageError
from retail_brain.ingest import ingest
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.sources import open_source
from retail_brain.sources.mapping import parse_mapping


def rows_of(mapping: Path, table: str, tmp_path: Path) -> list[dict[str, object]]:
    lake = str(tmp_path / "lake")
    ingest(str(mapping), lake, Settings(), SILENT)
    return open_lake(lake).scan(table).collect().to_dicts()


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    return tmp_path / "chain.toml"


GERMAN = """
[tables.transactions]
files = "bons/*.csv"
encoding = "cp1252"
delimiter = ";"

[tables.transactions.columns]
transaction_id = "Bon"
sold_at = { column = "Datum", format = "%d.%m.%Y %H:%M" }
store_id = "Filiale"
product_id = "Artikel"
units = { column = "Menge", decimal = "," }
unit_price = { column = "Preis", decimal = "," }
channel = { constant = "store" }
"""


def test_german_export_is_read_with_its_encoding_dates_and_decimal_commas(mapping: Path, tmp_path: Path) -> None:
    (tmp_path / "bons").mkdir()
    (tmp_path / "bons" / "a.csv").write_bytes(
        "Bon;Datum;Filiale;Artikel;Menge;Preis\n1;31.12.2025 18:30;007;Äpfel;1,5;1.234,50\n".encode("cp1252")
    )
    (tmp_path / "bons" / "b.csv").write_bytes(
        b"Bon;Datum;Filiale;Artikel;Menge;Preis\n2;01.01.2026 09:00;007;Brot;1;2,00\n"
    )
    mapping.write_text(GERMAN, encoding="utf-8")
    first, second = rows_of(mapping, "transactions", tmp_path)
    assert first["store_id"] == "007"
    assert (first["product_id"], first["units"], first["unit_price"]) == ("Äpfel", 1.5, 1234.5)
    assert first["sold_at"] == datetime(2025, 12, 31, 18, 30)
    assert second["channel"] == "store"


def test_sqlite_query_through_sqlalchemy(mapping: Path, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE bon (id INTEGER, at TEXT, shop TEXT, sku INTEGER, qty REAL, price REAL)")
        database.execute("INSERT INTO bon VALUES (1, '2025-03-01 10:00:00', '01', 42, 2, 3.5)")
        database.execute("INSERT INTO bon VALUES (2, '2025-03-02 10:00:00', '01', 43, 1, NULL)")
    database.close()
    mapping.write_text(
        f"""
[tables.transactions]
url = "sqlite:///{tmp_path / "shop.db"}"
sql = "SELECT id AS transaction_id, at AS sold_at, shop, sku, qty AS units, coalesce(price, 1) AS unit_price FROM bon"
columns = {{ store_id = "shop", product_id = "sku" }}
""",
        encoding="utf-8",
    )
    rows = rows_of(mapping, "transactions", tmp_path)
    assert [(row["store_id"], row["product_id"], row["unit_price"]) for row in rows] == [
        ("01", "42", 3.5),
        ("01", "43", 1),
    ]


def test_duckdb_query_over_files_beside_the_mapping(mapping: Path, tmp_path: Path) -> None:
    pl.DataFrame({"d": ["2025-03-01"] * 3, "s": ["A"] * 3, "p": ["x", "x", "y"], "q": [1, 2, 5]}).write_parquet(
        tmp_path / "lines.parquet"
    )
    mapping.write_text(
        """
[tables.daily_sales]
sql = "SELECT d AS date, s AS store_id, p AS product_id, sum(q) AS units FROM 'lines.parquet' GROUP BY ALL ORDER BY p"
""",
        encoding="utf-8",
    )
    assert [row["units"] for row in rows_of(mapping, "daily_sales", tmp_path)] == [3.0, 5.0]


def test_duckdb_database_is_read_only(mapping: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as database:
        database.execute(
            "CREATE TABLE s AS SELECT DATE '2025-03-01' AS date, 'A' AS store_id, 'x' AS product_id, 4 AS u"
        )
    mapping.write_text(
        '[tables.daily_sales]\nurl = "duckdb:///shop.duckdb"\nsql = "SELECT * FROM s"\ncolumns = { units = "u" }\n',
        encoding="utf-8",
    )
    assert rows_of(mapping, "daily_sales", tmp_path)[0]["units"] == 4.0


def test_where_keeps_only_the_rows_wanted(mapping: Path, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(
        "date,store_id,product_id,units,kind\n2025-01-01,A,x,1,sale\n2025-01-01,A,y,2,void\n"
    )
    mapping.write_text("[tables.daily_sales]\nfiles = 's.csv'\nwhere = \"kind = 'sale'\"\n", encoding="utf-8")
    assert [row["product_id"] for row in rows_of(mapping, "daily_sales", tmp_path)] == ["x"]


def test_instants_are_converted_to_the_zone_named(mapping: Path, tmp_path: Path) -> None:
    header = "transaction_id,sold_at,store_id,product_id,units,unit_price\n"
    lines = "1,2025-01-01T18:00:00Z,A,x,1,1\n2,2025-01-02T01:00:00+08:00,A,x,1,1\n3,2025-01-02 03:00:00,A,x,1,1\n"
    (tmp_path / "t.csv").write_text(header + lines)
    mapping.write_text(
        "[tables.transactions]\nfiles = 't.csv'\n"
        "columns = { sold_at = { column = 'sold_at', time_zone = 'Asia/Shanghai' } }\n",
        encoding="utf-8",
    )
    times = [row["sold_at"] for row in rows_of(mapping, "transactions", tmp_path)]
    assert times == [datetime(2025, 1, 2, 2), datetime(2025, 1, 2, 1), datetime(2025, 1, 2, 3)]


def test_database_url_from_the_environment(mapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping.write_text('[tables.daily_sales]\nurl = "env:SHOP_URL"\nsql = "SELECT 1"\n', encoding="utf-8")
    monkeypatch.delenv("SHOP_URL", raising=False)
    with pytest.raises(UsageError, match="SHOP_URL is not set"):
        open_source(str(mapping), tmp_path)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("tables = [", UsageError, "not a TOML file"),
        ("[tables.sales]\nfiles = 'a.csv'", UsageError, "'sales', which is not one of"),
        ("[tables.stores]\nfile = 'a.csv'", UsageError, "Extra inputs are not permitted"),
        ("[tables.stores]\nfiles = 'a.csv'\ncolumns = { id = 'x' }", UsageError, r"columns \['id'\] of stores"),
        ("[tables.stores]\nfiles = 'nowhere/*.csv'", NotFoundError, "match nothing"),
        ("[tables.stores]\nsql = 'SELEKT 1'", DataError, "failed in DuckDB"),
        ("[tables.stores]\nurl = 'sqlite://'\nsql = 'SELECT * FROM nowhere'", DataError, "no such table: nowhere"),
        ("[tables.stores]\nurl = 'oracle+nothing://u:secret@h/d'\nsql = 'SELECT 1'", UsageError, "driver"),
        ("[tables.stores]\nurl = 'not a url'\nsql = 'SELECT 1'", UsageError, "cannot be read"),
    ],
)
def test_wrong_mapping_is_explained(
    mapping: Path, tmp_path: Path, text: str, error: type[Exception], says: str
) -> None:
    mapping.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=says) as caught:
        open_source(str(mapping), tmp_path)
    assert "secret" not in str(caught.value)


def test_column_that_is_not_there_is_named_with_those_that_are(mapping: Path, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("id,stadt\n1,Köln\n", encoding="utf-8")
    mapping.write_text("[tables.stores]\nfiles = 's.csv'\ncolumns = { store_id = 'nr' }\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"no columns \['nr'\].*got \['id', 'stadt'\]"):
        open_source(str(mapping), tmp_path)


def test_example_of_the_documentation_is_a_mapping(mapping: Path) -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "ingest.md"
    example = page.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    mapping.write_text(example, encoding="utf-8")
    assert set(parse_mapping(mapping).tables) == {"transactions", "products", "daily_sales"}
