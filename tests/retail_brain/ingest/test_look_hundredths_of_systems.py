"""Documents with their lines, whose money is in hundredths although no field says so."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment

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


def test_prices_of_goods_of_such_a_system_are_in_hundredths_too(tmp_path: Path) -> None:
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
    mapping = look(str(tmp_path / "items.json")).mapping
    assert 'list_price = { column = "price", hundredths = true }' in mapping
    assert 'unit_cost = { column = "cost", hundredths = true }' in mapping
