"""Receipts read from the tables that other systems write."""

from datetime import date

import polars as pl
import pytest

from retail_brain.errors import DataError
from retail_brain.outputs import suggestion_id
from serving.planning.stock.receipts import read_receipts

DAY = date(2025, 3, 3)


def read(text: str, received_on: date | None = DAY):
    table = pl.read_csv(text.encode(), infer_schema=False)
    return read_receipts(table, received_on=received_on, noted_by="erp")


def test_equal_rows_are_two_receipts_and_the_same_file_is_the_same_receipts():
    text = "suggestion_id,units,received_on\ns1,3,2025-03-01\ns1,3,2025-03-01\n"
    first, second = read(text)
    assert first.receipt_id != second.receipt_id
    assert read(text) == [first, second]


def test_goods_and_day_name_the_suggestion_and_ids_keep_their_zeros():
    (one,) = read("store_id,product_id,as_of,units,receipt_id,note\n007,牛奶,2025-02-28,2.5, GR-1 ,\n")
    assert one.suggestion_id == suggestion_id("007", "牛奶", "2025-02-28")
    assert (one.receipt_id, one.units, one.received_on, one.note) == ("GR-1", 2.5, DAY, None)


def test_days_may_be_dates():
    table = pl.DataFrame({"suggestion_id": ["s1"], "units": [4], "received_on": [DAY]})
    assert read_receipts(table, received_on=None, noted_by="erp")[0].received_on == DAY
    assert read_receipts(table.clear(), received_on=None, noted_by="erp") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("units\n1\n", "wanted units, and suggestion_id"),
        ("suggestion_id\ns1\n", "wanted units"),
        ("suggestion_id,units\ns1,1\ns1,many\n", "the first is row 2"),
        ("suggestion_id,units\n,3\n", "1 of 1 receipts"),
        ("suggestion_id,units,received_on\ns1,3,yesterday\n", "YYYY-MM-DD"),
        ("store_id,product_id,as_of,units\nS,P,,3\n", "1 of 1 receipts"),
    ],
)
def test_what_cannot_be_read_is_said(text, said):
    with pytest.raises(DataError, match=said):
        read(text)


def test_a_day_is_wanted():
    with pytest.raises(DataError, match="the day it arrived"):
        read("suggestion_id,units\ns1,3\n", None)
