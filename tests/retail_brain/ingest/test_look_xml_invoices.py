"""Invoices in XML whose days have a zone and no time, and whose lines shorten their words."""

from datetime import datetime
from pathlib import Path

import polars as pl

from retail_brain.ingest.look import look
from retail_brain.ingest.moments import datetime_of
from retail_brain.sources import ColumnFormat
from tests.retail_brain.ingest.test_look import load

_GOODS = ("Hrnček modrý", "Tanier", "Lyžica", "Obrus", "Váza")


def _invoice(n: int, *, further: str = "") -> str:
    lines = "".join(
        f"<polozka><kod>T{good}</kod><nazov>{_GOODS[good]}</nazov><mnozMj>{1 + (n + good) % 4}.0</mnozMj>"
        f"<cenaMj>{3.5 + good:.2f}</cenaMj></polozka>"
        for good in sorted({(n + 2 * k) % 5 for k in range(1 + n % 3)})
    )
    day = f"2026-05-{1 + n // 2:02}-05:00"
    return f"<faktura><kod>FV-{n:04}</kod><datum>{day}</datum>{further}<polozky>{lines}</polozky></faktura>"


def test_lines_of_invoices_of_days_with_a_zone(tmp_path: Path) -> None:
    path = tmp_path / "faktury.xml"
    path.write_text(f"<faktury>{''.join(map(_invoice, range(50)))}</faktury>", encoding="utf-8")
    lines = load(tmp_path, path)
    assert {line["product_id"] for line in lines} == {f"T{n}" for n in range(5)}
    assert {line["units"] for line in lines} == {1.0, 2.0, 3.0, 4.0}
    assert {line["unit_price"] for line in lines} == {3.5 + n for n in range(5)}
    assert min(str(line["sold_at"]) for line in lines) == "2026-05-01 00:00:00"
    assert len({line["transaction_id"] for line in lines}) == 50


def test_the_firm_of_an_invoice_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "faktury.xml"
    invoices = (_invoice(n, further=f"<companyCode>C{100 + n % 9}</companyCode>") for n in range(50))
    path.write_text(f"<faktury>{''.join(invoices)}</faktury>", encoding="utf-8")
    seen = look(str(path))
    assert any("is 'companyCode' who bought" in question for question in seen.questions)
    assert any(line.startswith("# customer_id = ") and "companyCode" in line for line in seen.mapping.splitlines())


def test_a_day_with_a_zone_is_the_day_of_that_place() -> None:
    days = pl.DataFrame({"v": ["2026-04-01+02:00", "2026-04-02Z", "2026-04-03-05:00", "2026-04-04"]})
    read = days.select(datetime_of(pl.col("v"), pl.String(), ColumnFormat(time_zone="Europe/Prague"))).to_series()
    assert read.to_list() == [datetime(2026, 4, day) for day in range(1, 5)]
