"""Goods that sales, stock and their list name by several codes, and returns that name the receipt they take back."""

import json
import tomllib
from pathlib import Path
from typing import Any

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import moment

_COUNT = 12


def _export(folder: Path) -> Path:
    receipts: list[dict[str, Any]] = []
    for n in range(80):
        lines = [
            {"variant_id": f"var-{k:04}", "item_name": f"Good {k}", "sku": f"{10001 + k}", "quantity": 1 + n % 2,
             "price": 10 + k, "line_total": (1 + n % 2) * (10 + k)}
            for k in ((n + place) % _COUNT for place in range(1 + n % 3))
        ]  # fmt: skip
        receipts.append({
            "receipt_number": f"1-{1000 + n}", "receipt_type": "REFUND" if n % 10 == 9 else "SALE",
            "refund_for": f"1-{999 + n}" if n % 10 == 9 else None, "created_at": f"{moment(n):%Y-%m-%dT%H:%M:%S}",
            "customer_id": f"c-{n % 9:04}", "store_id": f"shop-{n % 2}", "line_items": lines,
        })  # fmt: skip
    goods = [{"variant_id": f"var-{k:04}", "sku": f"{10001 + k}", "item_name": f"Good {k}"} for k in range(_COUNT)]
    stock = [
        {"variant_id": f"var-{k:04}", "store_id": f"shop-{shop}", "stock_on_hand": 7 * k + shop,
         "updated_at": "2026-03-01T06:00:00"}
        for k in range(_COUNT)
        for shop in range(2)
    ]  # fmt: skip
    people = [
        {"id": f"c-{n:04}", "name": f"Ann {n}", "email": f"a{n}@x.org", "phone_number": f"+6391755500{n:02}",
         "total_points": 100 + n, "created_at": f"{moment(n):%Y-%m-%dT%H:%M:%S}"}
        for n in range(9)
    ]  # fmt: skip
    folder.mkdir()
    for name, rows in (("receipts", receipts), ("items", goods), ("inventory", stock), ("customers", people)):
        (folder / f"{name}.json").write_text(json.dumps({name: rows}), encoding="utf-8")
    return folder


def test_all_files_name_goods_by_the_code_that_they_share(tmp_path: Path) -> None:
    tables = tomllib.loads(look(str(_export(tmp_path / "x"))).mapping)["tables"]
    assert tables["transactions"]["columns"]["product_id"] == "line_items/variant_id"
    assert tables["products"]["columns"]["product_id"] == "variant_id"
    assert tables["inventory"]["columns"]["product_id"] == "variant_id"
    assert tables["customers"]["columns"]["customer_id"] == "id"  # points of people are no money


def test_returns_that_name_their_sale_are_not_asked_about(tmp_path: Path) -> None:
    seen = look(str(_export(tmp_path / "x")))
    assert tomllib.loads(seen.mapping)["tables"]["transactions"]["returns"] == {
        "column": "receipt_type", "values": ["REFUND"],
    }  # fmt: skip
    assert not any("refund_for" in question for question in seen.questions)
