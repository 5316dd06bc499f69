"""Lines that take columns of their head in other files, by the key `join` of a mapping."""

from pathlib import Path

import pytest

from retail_brain.errors import DataError
from retail_brain.sources.mapping import mapping_source

MAPPING = """
[tables.transactions]
files = "lines.csv"
encoding = "{encoding}"
join = [{{ files = "heads.csv", on = {{ "Bon" = "Nr" }}, columns = {{ "Tag" = "Datum", "Kunde" = "Kunde" }}{more} }}]

[tables.transactions.columns]
transaction_id = "Bon"
sold_at = "Tag"
store_id = {{ constant = "1" }}
product_id = "Artikel"
customer_id = "Kunde"
units = "Menge"
unit_price = "Preis"
"""


def opened(root: Path, more: str = "", heads: str = "Nr,Datum,Kunde\n 7 ,2026-01-02,K1\n7,2026-01-03,K2\n") -> Path:
    (root / "lines.csv").write_bytes("Bon,Artikel,Menge,Preis\n7,Grün,2,3.5\n8,Rot,1,2\n".encode("cp1252"))
    (root / "heads.csv").write_text(heads, encoding="utf-8")
    (root / "m.toml").write_text(MAPPING.format(encoding="cp1252", more=more), encoding="utf-8")
    return root / "m.toml"


def test_line_takes_the_first_head_with_its_number_and_one_without_is_counted(tmp_path: Path) -> None:
    raw = mapping_source(opened(tmp_path), tmp_path).tables["transactions"]
    assert raw.frame.select("transaction_id", "sold_at", "customer_id", "product_id").collect().rows() == [
        ("7", "2026-01-02", "K1", "Grün")
    ]
    assert raw.left_out is not None
    (reason, rows), *others = raw.left_out.collect().rows()
    assert (rows, others) == (1, [])
    assert "heads.csv" in reason
    assert "Bon" in reason


def test_line_without_a_head_stays_where_the_join_is_optional(tmp_path: Path) -> None:
    raw = mapping_source(opened(tmp_path, ", optional = true"), tmp_path).tables["transactions"]
    assert raw.frame.select("transaction_id", "sold_at").collect().rows() == [("7", "2026-01-02"), ("8", None)]


def test_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no columns \['Nr'\] to join by"):
        mapping_source(opened(tmp_path, heads="Nummer,Datum,Kunde\n7,2026-01-02,K1\n"), tmp_path)
