"""Prices of several units and discounts as rates: what is made of them, and what is said where nothing can be."""

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
