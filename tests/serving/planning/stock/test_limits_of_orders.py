"""Limits of a file: read, matched to lines, priced."""

import numpy as np
import polars as pl
import pytest

from retail_brain.currency import Currency
from retail_brain.decisions.joint_limits import share_out
from retail_brain.decisions.marginal_value import Steps
from retail_brain.errors import DataError
from serving.planning.stock.limits_file import PRICES, capacity_limits, price_rows, read_limits, with_budget

FACTS = pl.DataFrame(
    {
        "store_id": ["S1", "S1", "S2"],
        "product_id": ["P1", "P2", "P1"],
        "supplier_id": ["V1", "V2", "V1"],
        "source_store_id": ["DC", None, "DC"],
        "category": ["dairy", "fruit", "dairy"],
        "litres": ["1.5", None, "1.5"],
    }
)
PER_UNIT = {"money": np.array([2.0, 3.0, 2.0]), "packs": np.array([0.5, 1.0, 0.5])}
STOCK = pl.DataFrame({"store_id": ["DC"], "product_id": ["P1"], "on_hand": [7.0]})


def scarce(text: str):
    rows = read_limits(pl.read_csv(text.encode(), infer_schema=False))
    return [
        (one.name, one.capacity, one.series.tolist(), one.per_unit.tolist(), unit)
        for one, unit in capacity_limits(rows, FACTS, PER_UNIT, STOCK)
    ]


def test_a_limit_counts_what_it_says_over_the_lines_it_names():
    head = "limit,unit,capacity,store_id,supplier_id,category\n"
    text = head + "all,money,100,,,\ntruck,litres,20,S1,,\nV1,packs,9,,V1,dairy\n"
    assert scarce(text) == [
        ("all", 100, [0, 1, 2], [2, 3, 2], "money"),
        ("truck", 20, [0, 1], [1.5, 0], "litres"),
        ("V1", 9, [0, 2], [0.5, 0.5], "packs"),
    ]


def test_stock_of_a_source_is_one_limit_per_product():
    assert scarce("limit,unit,capacity\nDC,stock,\n") == [("DC DC P1", 7, [0, 2], [1, 1], "stock")]
    assert scarce("limit,unit,capacity,product_id\nDC,stock,3,P1\n") == [("DC DC P1", 3, [0, 2], [1, 1], "stock")]


def test_prices_are_told():
    found = capacity_limits(
        read_limits(pl.DataFrame({"limit": ["all"], "unit": ["money"], "capacity": [2.0]})), FACTS, PER_UNIT, STOCK
    )
    steps = Steps(np.array([0, 2]), np.ones(2), np.array([6.0, 4.0]), np.full(2, 2.0))
    table = price_rows(found, share_out(steps, [one for one, _ in found], 3), Currency("¥"))
    assert dict(table.schema) == PRICES
    assert table.drop("reason", "reason_zh").rows() == [("all", "money", 2.0, 2.0, 1, 2.0)]
    assert table["reason"][0] == "¥1,000 more is worth about ¥2,000."
    assert "每增加¥1,000约可多赚¥2,000" in table["reason_zh"][0]


def test_a_budget_joins_the_file():
    rows = read_limits(with_budget(pl.DataFrame({"limit": ["truck"], "unit": ["units"], "capacity": [5]}), 20.0))
    assert [(row["limit"], row["capacity"]) for row in rows] == [("budget", 20), ("truck", 5)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("limit,unit\nall,money\n", "lack the columns"),
        ("limit,unit,capacity\nall,money,\n", "row 1 of the limits"),
        ("limit,unit,capacity\nall,money,-3\n", "row 1 of the limits"),
        ("limit,unit,capacity\nall,money,lots\n", "row 1 of the limits"),
        ("limit,unit,capacity\nall,money,3\nall,units,3\n", "more than once"),
        ("limit,unit,capacity,planet\nall,money,3,Mars\n", "no table has"),
        ("limit,unit,capacity\nall,dreams,3\n", "counts 'dreams'"),
    ],
)
def test_what_cannot_be_used_is_said(text, said):
    with pytest.raises(DataError, match=said):
        scarce(text)
