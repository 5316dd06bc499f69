"""Documents whose records name their type, whose money is in hundredths, and some of which are not posted."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.types_of_records import roles_of_records
from tests.retail_brain.ingest.test_look import load, moment

_PRICES = (189_950, 45_010, 14_590, 89_000)
"""In hundredths."""


def _record(kind: str, number: int, name: str) -> dict[str, Any]:
    return {
        "meta": {"type": kind, "href": f"https://api.example/{kind}/{number}"},
        "id": f"{kind[:2]}-{number}",
        "name": name,
    }


def _document(n: int, *, currency: bool) -> dict[str, Any]:
    off = 10 if n % 4 == 0 else 0
    lines: list[dict[str, Any]] = [
        {
            "quantity": 1 + (n + k) % 3,
            "price": float(_PRICES[(n + k) % 4]),
            "discount": float(off),
            "assortment": _record("product", (n + k) % 4, f"good {(n + k) % 4}"),
        }
        for k in range(1 + n % 3)
    ]
    total = sum(line["quantity"] * line["price"] * (1 - off / 100) for line in lines)
    buyer = (
        _record("counterparty", n % 5, f"Buyer {n % 5}") if n % 2 else _record("counterparty", 99, "Walk-in customer")
    )
    return {
        "id": f"d{n}", "name": f"{n:05}", "moment": f"{moment(n):%Y-%m-%d %H:%M:%S}", "applicable": n % 20 != 7,
        **({"currency": {"isoCode": "RUB"}} if currency else {}),
        "sum": total, "vatSum": float(round(total / 6)), "agent": buyer, "positions": {"rows": lines},
    }  # fmt: skip


def _written(folder: Path, *, currency: bool) -> Path:
    rows = [_document(n, currency=currency) for n in range(60)]
    path = folder / "retaildemand.json"
    path.write_text(json.dumps({"meta": {"type": "retaildemand"}, "rows": rows}), encoding="utf-8")
    return path


def test_money_goods_and_people_of_typed_records(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = load(tmp_path, _written(tmp_path, currency=True))
    posted = [_document(n, currency=True) for n in range(60) if n % 20 != 7]
    assert len({line["transaction_id"] for line in lines}) == len(posted)
    assert {line["product_id"] for line in lines} == {f"pr-{n}" for n in range(4)}
    assert {line["customer_id"] for line in lines} == {None, *(f"co-{n}" for n in range(5))}
    paid = sum(line["units"] * line["unit_price"] for line in lines)
    assert paid == pytest.approx(sum(one["sum"] for one in posted) / 100)


def test_hundredths_are_asked_about_where_no_column_names_the_currency(tmp_path: Path) -> None:
    seen = look(str(_written(tmp_path, currency=False)))
    assert any("is it in hundredths" in question for question in seen.questions)
    assert seen.mapping.count("hundredths = true") == 1
    assert "# choose one for unit_price:" in seen.mapping


def test_a_kind_of_lines_is_no_type_of_records() -> None:
    assert not roles_of_records(pl.DataFrame({"line_type": ["product"], "line_id": ["1"], "line_name": ["tea"]}))


@pytest.mark.parametrize("flag", ["valid", "Posted", "Проведен"])
@pytest.mark.parametrize("says", [("1", "0"), ("true", "false")])
def test_orders_that_are_not_valid_leave_their_lines_out(tmp_path: Path, flag: str, says: tuple[str, str]) -> None:
    heads = [f"order_id,created_at,customer_id,{flag}"]
    lines = ["line_id,order_id,sku,quantity,unit_price"]
    for n in range(40):
        heads.append(f"{500 + n},{moment(n):%Y-%m-%d %H:%M:%S},c{n % 6},{says[n % 8 == 3]}")
        lines += [f"{2 * n + k},{500 + n},G{(n + k) % 5},{1 + k},{3 + (n + k) % 5}.50" for k in range(2)]
    (tmp_path / "orders.csv").write_text("\n".join(heads) + "\n", encoding="utf-8")
    (tmp_path / "order_lines.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sold = load(tmp_path, tmp_path)
    assert len({line["transaction_id"] for line in sold}) == 35
    assert len(sold) == 70
