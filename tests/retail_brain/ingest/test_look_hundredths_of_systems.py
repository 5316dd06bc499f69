"""Documents with their lines, whose money is in hundredths although no field says so."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment, write

_PRICES = (1299, 450, 8900, 2350, 17_900, 625)
"""In hundredths."""


def _orders(path: Path, *, href: str = "", prices: Sequence[float] = _PRICES, currency: str = "") -> Path:
    orders: list[dict[str, Any]] = []
    for n in range(40):
        lines = [
            {"sku": f"G{good}", "title": f"Good {good}", "quantity": 1 + (n + good) % 3, "price": prices[good]}
            for good in sorted({(n + 2 * k) % len(prices) for k in range(1 + n % 3)})
        ]
        beside = {**({"href": f"{href}{n}"} if href else {}), **({"currency": currency} if currency else {})}
        orders.append({**beside, "orderId": f"O{n}", "createdAt": f"{moment(n):%Y-%m-%dT%H:%M:%S}", "lines": lines})
    path.write_text(json.dumps({"elements": orders}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("href", "currency"),
    [
        ("https://api.clover.com/v3/merchants/M1/orders/", ""),
        ("https://api.moysklad.ru/api/posap/1.0/entity/demand/", "UZS"),
    ],
)
def test_money_of_a_system_that_counts_in_hundredths_is_read_so(tmp_path: Path, href: str, currency: str) -> None:
    lines = load(tmp_path, _orders(tmp_path / "export.json", href=href, currency=currency))
    assert {line["unit_price"] for line in lines} == {price / 100 for price in _PRICES}


def test_whole_money_of_lines_is_asked_about_where_nothing_tells(tmp_path: Path) -> None:
    seen = look(str(_orders(tmp_path / "export.json")))
    assert any("is it in hundredths" in question for question in seen.questions)
    assert seen.mapping.count("hundredths = true") == 1


@pytest.mark.parametrize(
    ("prices", "currency", "href"),
    [
        ((12.99, *_PRICES[1:]), "", ""),
        ((5, *_PRICES[1:]), "", ""),
        (_PRICES, "CLP", "https://api.clover.com/v3/merchants/M1/orders/"),
        ([price / 100 for price in _PRICES], "", "https://api.moysklad.ru/api/remap/1.2/entity/demand/"),
    ],
)
def test_it_is_not_asked_about_where_prices_or_the_currency_tell(
    tmp_path: Path, prices: Sequence[float], currency: str, href: str
) -> None:
    lines = load(tmp_path, _orders(tmp_path / "export.json", prices=prices, currency=currency, href=href))
    assert {line["unit_price"] for line in lines} == set(prices)


def test_prices_of_goods_with_addresses_of_such_a_system_are_asked_about(tmp_path: Path) -> None:
    goods = [
        {
            "href": f"https://www.clover.com/v3/merchants/M1/items/I{n}",
            "sku": f"G{n}",
            "name": f"Good {'abcdef'[n]}",
            "price": price,
            "cost": price - 40,
        }
        for n, price in enumerate(_PRICES)
    ]
    (tmp_path / "items.json").write_text(json.dumps({"elements": goods}), encoding="utf-8")
    seen = look(str(tmp_path / "items.json"))
    assert '# list_price = { column = "price", hundredths = true }' in seen.mapping
    assert any("is of Clover" in question for question in seen.questions)


_WHOLE = (49, 120, 1250, 899, 310, 35, 180, 60)
"""Money that somebody has divided already, in whole numbers."""


@pytest.mark.parametrize(
    ("header", "form", "asked"),
    [
        ("Payment intent", "pi_3N{:06d}abcdefghijklmnop", False),
        ("Payment ID", "ch_1N{:06d}abcdefghijklmnop", False),
        ("Price id", "price_1N{:06d}abcdefghijklmnop", True),
        ("Link", "https://api.moysklad.ru/api/remap/1.2/entity/demand/{:08d}", True),
    ],
)
def test_whole_prices_of_a_table_beside_ids_of_such_a_system_are_not_silently_divided(
    tmp_path: Path, header: str, form: str, *, asked: bool
) -> None:
    rows = [
        [f"B{n}", moment(n), f"G{good}", 1 + n % 3, _WHOLE[good], form.format(n)]
        for n in range(60)
        for good in sorted({n % 8, (n + 3) % 8})
    ]
    write(tmp_path / "x.csv", ["Bon", "Date", "SKU", "Quantity", "Price", header], rows)
    seen = look(str(tmp_path))
    assert any("is it in hundredths" in question for question in seen.questions) is asked
    assert not [line for line in seen.mapping.splitlines() if "hundredths" in line and not line.startswith("#")]


def _sold(path: Path, *, name: str, prices: Sequence[int], link: str = "") -> Path:
    def line(n: int, good: int) -> dict[str, Any]:
        units = 1 + n % 3
        total = {"amount": prices[good] * units, "currency": "EUR"}
        money: dict[str, Any] = {"price": prices[good]}
        if name == "base_price_money":
            money = {name: {"amount": prices[good], "currency": "EUR"}, "gross_sales_money": total}
        return {"sku": f"G{good}", "title": f"Good {good}", "quantity": units, **money, "total_money": total}

    orders = [
        {
            "id": f"O{n}",
            "created_at": f"{moment(n):%Y-%m-%dT%H:%M:%S}",
            **({"href": f"{link}{n}"} if link else {}),
            "line_items": [line(n, good) for good in sorted({n % len(prices), (n + 3) % len(prices)})],
        }
        for n in range(40)
    ]
    path.write_text(json.dumps({"orders": orders}), encoding="utf-8")
    return path


def test_records_of_another_system_and_whole_endings_are_asked_about(tmp_path: Path) -> None:
    link = "https://api.moysklad.ru/api/remap/1.2/entity/demand/"
    roubles = (490, 1200, 8990, 350, 3100, 1799)
    for name, prices, href in (("price", _WHOLE, ""), ("price", roubles, link)):
        seen = look(str(_sold(tmp_path / "x.json", name=name, prices=prices, link=href)))
        assert any("is it in hundredths" in question for question in seen.questions), name
    own = look(str(_sold(tmp_path / "x.json", name="base_price_money", prices=_PRICES)))
    assert not any("hundredths" in question for question in own.questions)
    assert "hundredths = true" in own.mapping


@pytest.mark.parametrize("currency", ["NOK", "ZAR"])
def test_a_tax_in_whole_numbers_is_asked_about_where_shops_price_without_parts(tmp_path: Path, currency: str) -> None:
    rows = []
    for n in range(60):
        for good in sorted({n % 8, (n + 3) % 8}):
            units, price = 1 + n % 3, _WHOLE[good]
            rows.append([n, moment(n), f"G{good}", units, price, price * units, round(price * units * 0.2), currency])
    write(tmp_path / "x.csv", ["Bon", "Date", "SKU", "Quantity", "Price", "Amount", "VAT", "Currency"], rows)
    assert any("is it in hundredths" in question for question in look(str(tmp_path)).questions)
