"""Prices of several units and discounts as rates: what is made of them, and what is said where nothing can be."""

import pytest

from retail_brain.ingest import IngestReport, ingest
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings
from tests.retail_brain.ingest.conftest import Chain

HEAD = "date,store_id,product_id,units,amount,pieces\n"
MAPPING = """[tables.daily_sales]
files = "days.csv"

[tables.daily_sales.columns]
unit_price = { column = "amount", per = "pieces" }
"""


def with_mapping(chain: Chain) -> IngestReport:
    settings = Settings(data=DataSettings(max_quarantine_share=1.0))
    return ingest(str(chain.folder / "mapping.toml"), chain.lake, settings, SILENT)


def test_price_of_unknown_many_units_is_said(chain: Chain) -> None:
    rows = ("a,2,6,2", "b,2,6,", "c,2,6,x", "d,0,0,0")
    chain.write("days.csv", HEAD + "".join(f"2026-01-01,s,{row}\n" for row in rows))
    chain.write("mapping.toml", MAPPING)
    report = with_mapping(chain)
    prices = {row["product_id"]: row["unit_price"] for row in chain.rows("daily_sales")}
    assert prices == {"a": 3.0, "b": None, "d": None}
    assert chain.bad("daily_sales")["reasons"].to_list() == [
        "per: the number of units that the price is of is not a number"
    ]
    assert any(
        note.startswith("1 rows of daily_sales have a price and no number")
        for note in report.tables["daily_sales"].notes
    )


def test_goods_given_away_whole_have_no_discount_in_money(chain: Chain) -> None:
    chain.write("lines.csv", "transaction_id,sold_at,store_id,product_id,units,unit_price,off\n"
                "1,2026-01-01 10:00:00,s,a,2,9,10%\n2,2026-01-01 11:00:00,s,a,1,0,100%\n")  # fmt: skip
    chain.write("mapping.toml", '[tables.transactions]\nfiles = "lines.csv"\n\n[tables.transactions.columns]\n'
                'units = "units"\nunit_price = "unit_price"\n'
                'discount = { column = "off", strip = ["%"], rate = "percent" }\n')  # fmt: skip
    with_mapping(chain)
    assert [row["discount"] for row in chain.rows("transactions")] == [2.0, None]


def rated(chain: Chain, rate: str, further: str, *lines: str) -> IngestReport:
    """Ingests lines of units, price and a discount that is a rate."""
    head = "transaction_id,sold_at,store_id,product_id,units,unit_price,off\n"
    rows = [f"{n},2026-01-01 10:00:00,s,a,{line}\n" for n, line in enumerate(lines)]
    chain.write("lines.csv", head + "".join(rows))
    chain.write("mapping.toml", '[tables.transactions]\nfiles = "lines.csv"\n\n[tables.transactions.columns]\n'
                f'units = "units"\nunit_price = {{ column = "unit_price"{further} }}\n'
                f'discount = {{ column = "off", rate = "{rate}" }}\n')  # fmt: skip
    return with_mapping(chain)


@pytest.mark.parametrize("further", ["", ", before_discount = true"])
@pytest.mark.parametrize(
    ("rate", "beyond", "whole"),
    [("percent", "150", "100"), ("share", "1.5", "1"), ("percent_paid", "101", "100"), ("share_paid", "85", "1"),
     ("tenths_paid", "85", "10")],
)  # fmt: skip
def test_rate_of_more_than_the_whole_is_set_aside(
    chain: Chain, rate: str, beyond: str, whole: str, further: str
) -> None:
    rated(chain, rate, further, f"1,10,{beyond}", "1,10,")
    assert [row["transaction_id"] for row in chain.rows("transactions")] == ["1"]
    assert chain.bad("transactions")["reasons"].to_list() == [f"discount: a rate ({rate}) of more than {whole}"]


def test_nothing_paid_beside_a_price_is_set_aside(chain: Chain) -> None:
    rated(chain, "tenths_paid", ", before_discount = true", "1,10,0", "1,10,8.5", "1,0,0")
    assert [row["unit_price"] for row in chain.rows("transactions")] == [8.5, 0.0]
    assert "0 of 10 paid" in chain.bad("transactions")["reasons"][0]


@pytest.mark.parametrize("further", ["", ", before_discount = true"])
def test_blank_rate_is_no_discount_of_0(chain: Chain, further: str) -> None:
    rated(chain, "percent", further, "1,10,", "1,10,0")
    assert [(row["unit_price"], row["discount"]) for row in chain.rows("transactions")] == [(10.0, None), (10.0, 0.0)]


def test_whole_discount_beside_a_price_is_not_said_to_be_given_away(chain: Chain) -> None:
    notes = rated(chain, "percent", "", "1,10,100", "1,0,100").tables["transactions"].notes
    assert any(note.startswith("1 rows of transactions were given away whole") for note in notes)
    assert any(note.startswith("1 rows of transactions have a discount of 100 % and a price above 0") for note in notes)
