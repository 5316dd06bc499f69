"""Dumps of databases as archives of tables."""

from pathlib import Path

import pytest

from retail_brain.errors import DataError, NotFoundError
from retail_brain.ingest.look import look
from retail_brain.sources.files import data_files, unpacked
from retail_brain.sources.sql_dumps import is_dump

_MYSQL = r"""-- MySQL dump
CREATE TABLE `goods` (
  `id` int NOT NULL,
  `name` varchar(20),
  PRIMARY KEY (`id`)
);
INSERT INTO `goods` VALUES (1,'Tea; \'green\''),(2,NULL);
INSERT INTO `goods` VALUES (3,'a (b), c');
INSERT INTO `empty` (`id`) VALUES (7);
"""
_POSTGRES = "COPY public.goods (id, name) FROM stdin;\n1\tC:\\\\x\n2\t\\N\n\\.\n\nSELECT 1;\n"
_SQL_SERVER = (
    "INSERT [dbo].[goods] ([id], [name], [made]) VALUES (1, N'O''Hara', CAST(N'2026-01-02T00:00:00' AS DateTime))\nGO\n"
    "INSERT [dbo].[goods] ([id], [name], [made]) VALUES (2, NULL, CAST(9.50 AS Decimal(10, 2)))\n"
)


def tables(tmp_path: Path, text: str) -> dict[str, list[str]]:
    place = tmp_path / "shop.sql"
    place.write_text(text, encoding="utf-8")
    copies = unpacked([place], tmp_path).copies
    return {path.name: copy.read_text(encoding="utf-8").splitlines() for path, copy in copies.items()}


def test_rows_of_inserts_with_names_of_their_table(tmp_path: Path) -> None:
    goods = ["id,name", "1,Tea; 'green'", "2,", '3,"a (b), c"']
    assert tables(tmp_path, _MYSQL) == {"goods.csv": goods, "empty.csv": ["id", "7"]}


def test_blocks_of_copy(tmp_path: Path) -> None:
    assert tables(tmp_path, _POSTGRES) == {"goods.csv": ["id,name", "1,C:\\\\x", "2,"]}


def test_statements_of_sql_server(tmp_path: Path) -> None:
    lines = ["id,name,made", "1,O'Hara,2026-01-02T00:00:00", "2,,9.50"]
    assert tables(tmp_path, _SQL_SERVER) == {"goods.csv": lines}


def test_a_name_of_a_table_leads_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    assert list(tables(folder, "INSERT INTO `../../out` (`a`) VALUES (1);\n")) == [".._.._out.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_query_is_no_dump(tmp_path: Path) -> None:
    query = tmp_path / "query.sql"
    query.write_text("SELECT * FROM orders WHERE note = 'INSERT';\n", encoding="utf-8")
    assert not is_dump(query)
    assert not list(data_files(tmp_path))


def test_what_is_wrong_with_a_dump_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"shop\.sql line 1: a value cannot be read: got '\(SELECT 1"):
        tables(tmp_path, "INSERT INTO a (b) VALUES ((SELECT 1 FROM (x)));\n")
    with pytest.raises(DataError, match="line 2: rows of a do not have its columns"):
        tables(tmp_path, "INSERT INTO a (b) VALUES (1);\nINSERT INTO a (b) VALUES (1, 2);\n")
    with pytest.raises(DataError, match="holds no rows"):
        tables(tmp_path, "SELECT 1;\n")
    (tmp_path / "shop.sql").write_text("INSERT INTO a (b) VALUES (1);\n", encoding="utf-8")
    with pytest.raises(NotFoundError, match=r"holds no c\.csv"):
        unpacked([tmp_path / "shop.sql" / "c.csv"], tmp_path)


def test_tables_of_a_dump_are_joined_by_a_look(tmp_path: Path) -> None:
    heads = ",".join(f"({n},'2026-03-{n:02} 10:00:00',{n % 3})" for n in range(1, 9))
    lines = ",".join(f"({n * 10 + k},{n},'g{k}',{k},2.50)" for n in range(1, 9) for k in (1, 2))
    (tmp_path / "shop.sql").write_text(
        "INSERT INTO `orders` (`order_id`, `ordered_at`, `customer_id`) VALUES\n"
        f"{heads};\n"
        f"INSERT INTO `order_lines` (`line_id`, `order_id`, `sku`, `quantity`, `unit_price`) VALUES {lines};\n",
        encoding="utf-8",
    )
    mapping = look(str(tmp_path)).mapping
    assert 'files = "shop.sql/order_lines.csv"' in mapping
    assert 'join = [{ files = "shop.sql/orders.csv"' in mapping
