"""Folders with an XML report of goods for each day and shop, both of which the report says within."""

from pathlib import Path

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load

_SHOPS = ("1042", "1077")
_GOODS = ("COLA", "CHIPS", "GUM", "WATER", "COFFEE")
_DAYS = range(7, 17)


def _sold(code: int, units: int, price: float) -> str:
    return (
        f'<ISMDetail><ItemCode><POSCodeFormat format="gtin"/><POSCode>0001200000{code:04}</POSCode></ItemCode>'
        f"<ItemID>1200000{code:04}</ItemID><Description>{_GOODS[code]}</Description>"
        f"<ISMSellPriceSummary><ActualSalesPrice>{price:.2f}</ActualSalesPrice><ISMSalesTotals>"
        f"<SalesQuantity>{units}</SalesQuantity><SalesAmount>{units * price:.2f}</SalesAmount>"
        f"<TransactionCount>{max(units - 2, 1)}</TransactionCount></ISMSalesTotals></ISMSellPriceSummary></ISMDetail>"
    )


def _report(day: int, shop: str) -> str:
    """The goods of a day; one of them was sold at two prices."""
    lines = [_sold(code, 3 + (day * (code + 2) + len(shop)) % 11, 1.29 + code * 0.75) for code in range(5)]
    lines.append(_sold(0, 2 + day % 3, 0.99))
    return (
        '<?xml version="1.0"?><NAXML-MovementReport xmlns="http://www.naxml.org/POSBO/Vocabulary/2003-10-16">'
        f"<TransmissionHeader><StoreLocationID>{shop}</StoreLocationID></TransmissionHeader><ItemSalesMovement>"
        f"<MovementHeader><ReportSequenceNumber>1</ReportSequenceNumber><BusinessDate>2026-09-{day:02}</BusinessDate>"
        f"<BeginTime>03:00:00</BeginTime></MovementHeader>{''.join(lines)}</ItemSalesMovement></NAXML-MovementReport>"
    )


def test_the_shop_and_day_of_each_report_are_those_within_it(tmp_path: Path) -> None:
    place = tmp_path / "reports"
    place.mkdir()
    for day in _DAYS:
        for shop in _SHOPS:
            (place / f"ISM_{shop}_202609{day:02}.xml").write_text(_report(day, shop), encoding="utf-8")
    rows = load(tmp_path, place, "daily_sales")
    assert {row["store_id"] for row in rows} == set(_SHOPS)
    assert len(rows) == len(_GOODS) * len(_SHOPS) * len(_DAYS)
    sold = [3 + (day * (code + 2) + 4) % 11 for day in _DAYS for code in range(5)] + [2 + day % 3 for day in _DAYS]
    assert sum(float(str(row["units"])) for row in rows) == len(_SHOPS) * sum(sold)
    seen = look(str(place))
    assert any("rows name goods of their day once more: they are added up" in line for line in seen.lines)
