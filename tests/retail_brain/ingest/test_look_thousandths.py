"""Receipts of a fiscal service: units in thousandths, and money in hundredths that no column names."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.ingest.look import look
from retail_brain.ingest.typing import typed
from retail_brain.sources import ColumnFormat
from tests.retail_brain.ingest.test_look import moment

_PRICES = (13_200, 12_800, 3_600)


def _receipt(n: int) -> dict[str, Any]:
    count = 1000 * (1 + n % 2) if n % 5 else 1_350
    price = _PRICES[n % 3]
    line = {"good": {"code": f"{n % 3}", "name": f"good {n % 3}", "price": price}, "quantity": count}
    total = round(price * count / 1000)
    return {
        "id": f"r{n}", "created_at": moment(n).isoformat(), "goods": [{**line, "sum": total}], "total_sum": total,
    }  # fmt: skip


def test_units_are_thousandths_and_whole_money_is_asked_about(tmp_path: Path) -> None:
    rows = [_receipt(n) for n in range(60)]
    path = tmp_path / "receipts.json"
    path.write_text(json.dumps({"results": rows}), encoding="utf-8")
    seen = look(str(path))
    assert 'units = { column = "goods/quantity", thousandths = true }' in seen.mapping
    assert any("is it in hundredths" in question for question in seen.questions)
    assert seen.mapping.count("hundredths = true") == 1


def test_thousandths_of_a_mapping_are_divided() -> None:
    column = pl.DataFrame({"units": ["1000", "1350"]})
    units = column.select(typed("units", pl.String(), pl.Float64(), ColumnFormat(thousandths=True)))["units"]
    assert units.to_list() == [1.0, 1.35]
