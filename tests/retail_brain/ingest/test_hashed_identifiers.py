"""Identifiers of some types are kept as digests: in the lake, in quarantine and in columns of customers."""

from hashlib import sha256
from pathlib import Path

import polars as pl

from retail_brain.ingest import ingest
from retail_brain.ingest.quarantine import read_quarantine
from retail_brain.lake import scan_if_there
from retail_brain.progress import SILENT
from retail_brain.settings import parse_settings

HASHED = parse_settings({"data": {"hashed_identifiers": ["phone", "email"]}}, "test")
PHONE, MAIL, CARD = "13812345678", "Li@Example.com", "620-12345"


def write(folder: Path) -> None:
    folder.mkdir()
    receipts = {"transaction_id": ["a"], "sold_at": ["2026-02-03 09:00:00"], "store_id": ["S"], "product_id": ["P"]}
    receipts |= {"customer_id": ["A1"], "units": ["1"], "unit_price": ["5"]}
    pl.DataFrame(receipts).write_csv(folder / "transactions.csv")
    ids = {"id_type": ["phone", "email", "card", "phone"], "id_value": [PHONE, MAIL, CARD, "13999999999"]}
    ids |= {"customer_id": ["A1"] * 4, "source": ["till"] * 4, "first_seen": ["2026-01-01"] * 3 + ["never"]}
    pl.DataFrame(ids).write_csv(folder / "identities.csv")
    pl.DataFrame({"customer_id": ["A1"], "phone": [PHONE]}).write_csv(folder / "customers.csv")
    event = {"occurred_at": ["2026-02-03 09:00:00"], "event_type": ["visit"], "id_type": ["phone"], "id_value": [PHONE]}
    pl.DataFrame(event).write_csv(folder / "events.csv")


def digest(text: str) -> str:
    return sha256(text.lower().encode()).hexdigest()


def column(lake: str, table: str, name: str) -> list[str]:
    rows = scan_if_there(lake, table)
    assert rows is not None
    values: list[str] = rows.collect()[name].to_list()
    return values


def test_no_identifier_of_the_types_is_kept_in_clear_and_others_are(tmp_path: Path) -> None:
    write(tmp_path / "data")
    lake = str(tmp_path / "lake")
    ingest(str(tmp_path / "data"), lake, HASHED, SILENT)
    assert set(column(lake, "identities", "id_value")) == {digest(PHONE), digest(MAIL), CARD}
    assert column(lake, "customers", "phone") == column(lake, "events", "id_value") == [digest(PHONE)]
    aside = read_quarantine(lake, "identities", {})
    assert aside is not None
    assert aside["id_value"].to_list() == [digest("13999999999")]
    for path in (tmp_path / "lake").rglob("*.json"):
        assert PHONE not in path.read_text()


def test_the_same_export_again_adds_nothing_and_digests_are_not_hashed_twice(tmp_path: Path) -> None:
    write(tmp_path / "data")
    lake = str(tmp_path / "lake")
    ingest(str(tmp_path / "data"), lake, HASHED, SILENT)
    ids = pl.read_csv(tmp_path / "data" / "identities.csv", infer_schema=False)
    hashed = pl.when(pl.col("id_type") == "phone").then(pl.lit(digest(PHONE))).otherwise("id_value")
    ids.head(3).with_columns(id_value=hashed).write_csv(tmp_path / "data" / "identities.csv")
    report = ingest(str(tmp_path / "data"), lake, HASHED, SILENT)
    assert {name: table.new for name, table in report.tables.items()} == dict.fromkeys(report.tables, 0)
