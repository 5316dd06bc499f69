"""Views of a dataset: what is visible on a day, and daily sales from receipts."""

from datetime import date, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from retail_brain.dataset import Dataset
from retail_brain.errors import MissingTableError, NotFoundError
from retail_brain.tables import TABLES


def receipts(*lines: tuple[datetime, str, str, float, float]) -> pl.DataFrame:
    columns = ["sold_at", "store_id", "product_id", "units", "unit_price"]
    return pl.DataFrame(lines, schema=columns, orient="row").with_columns(transaction_id=pl.lit("t"))


EARLY, LATE = datetime(2025, 1, 1, 9), datetime(2025, 1, 2, 23, 59)
SALES = receipts(
    (EARLY, "A", "x", 2.0, 3.0), (EARLY, "A", "x", 1.0, 6.0), (EARLY, "A", "x", -1.0, 3.0), (LATE, "A", "x", 5.0, 3.0)
)


def test_every_canonical_column_is_there_with_its_type() -> None:
    schema = Dataset.from_frames({"transactions": SALES}).scan("transactions").collect_schema()
    assert dict(schema) == TABLES["transactions"].types


def test_attributes_of_products_stay_and_those_of_stores_do_not() -> None:
    data = Dataset.from_frames(
        {
            "products": pl.DataFrame({"product_id": ["x"], "colour": ["red"]}),
            "stores": pl.DataFrame({"store_id": ["A"], "colour": ["red"]}),
        }
    )
    assert "colour" in data.scan("products").collect_schema()
    assert "colour" not in data.scan("stores").collect_schema()


def test_rows_of_the_day_itself_are_visible_and_later_ones_hidden() -> None:
    data = Dataset.from_frames({"transactions": SALES})
    assert data.at(date(2025, 1, 2)).scan("transactions").collect().height == 4
    assert data.at(date(2025, 1, 1)).scan("transactions").collect().height == 3
    assert data.at(date(2024, 12, 31)).scan("transactions").collect().height == 0


def test_plans_are_known_ahead() -> None:
    plan = pl.DataFrame({"date": [date(2030, 1, 1)], "event_name": ["fair"], "event_type": ["local"]})
    data = Dataset.from_frames({"calendar": plan}).at(date(2025, 1, 1))
    assert data.scan("calendar").collect().height == 1


def test_customer_without_a_joining_day_is_always_visible() -> None:
    people = pl.DataFrame({"customer_id": ["a", "b"], "joined_on": [None, date(2025, 6, 1)]})
    data = Dataset.from_frames({"customers": people}).at(date(2025, 1, 1))
    assert data.scan("customers").collect()["customer_id"].to_list() == ["a"]


def test_daily_sales_are_net_units_at_the_mean_price_of_what_was_sold() -> None:
    found = Dataset.from_frames({"transactions": SALES}).daily_sales().sort("date").collect()
    expected = pl.DataFrame(
        {
            "date": [date(2025, 1, 1), date(2025, 1, 2)],
            "store_id": ["A", "A"],
            "product_id": ["x", "x"],
            "units": [2.0 + 1 - 1, 5.0],
            "unit_price": [(2 * 3.0 + 1 * 6.0) / 3, 3.0],
            "in_stock": [None, None],
        },
        schema=TABLES["daily_sales"].types,
    )
    assert_frame_equal(found, expected)


def test_day_of_returns_only_has_no_price() -> None:
    found = Dataset.from_frames({"transactions": receipts((EARLY, "A", "x", -1.0, 3.0))}).daily_sales().collect()
    assert found.select("units", "unit_price").row(0) == (-1.0, None)


def test_given_daily_sales_win_over_receipts() -> None:
    given = pl.DataFrame({"date": [date(2025, 1, 1)], "store_id": ["A"], "product_id": ["x"], "units": [9.0]})
    data = Dataset.from_frames({"transactions": SALES, "daily_sales": given})
    assert data.daily_sales().collect()["units"].to_list() == [9.0]
    assert data.last_day() == date(2025, 1, 1)


def test_days_without_a_price_take_it_from_the_receipts_of_the_same_series_and_day() -> None:
    days = pl.DataFrame(
        {
            "date": [EARLY.date(), LATE.date(), LATE.date(), date(2025, 1, 3)],
            "store_id": ["A", "A", "B", "A"],
            "product_id": "x",
            "units": [9.0, 9.0, 9.0, 9.0],
            "unit_price": [None, 7.0, None, None],
        }
    )
    both = Dataset.from_frames({"daily_sales": days, "transactions": SALES})
    found = both.daily_sales().collect().sort("date", "store_id")
    # 2 at 3 and 1 at 6; a price that is given stays; no receipt of shop B, none of the third
    assert found["unit_price"].to_list() == [(2 * 3 + 1 * 6) / 3, 7.0, None, None]
    assert found["units"].to_list() == [9.0] * 4
    assert found.columns == [*days.columns, "in_stock"]


def test_absent_tables_are_empty_or_explained() -> None:
    data = Dataset.from_frames({"transactions": SALES})
    assert data.scan_or_empty("stores").collect().height == 0
    with pytest.raises(MissingTableError, match="table stores is needed; the lake has"):
        data.scan("stores")


def test_unknown_table_and_missing_column_are_explained() -> None:
    with pytest.raises(MissingTableError, match="not canonical"):
        Dataset.from_frames({"sales": SALES})
    with pytest.raises(MissingTableError, match=r"lacks the columns \['units'\]"):
        Dataset.from_frames({"transactions": SALES.drop("units")})


def test_no_visible_sale_is_explained() -> None:
    data = Dataset.from_frames({"transactions": SALES}).at(date(2020, 1, 1))
    with pytest.raises(NotFoundError, match="no sales are visible in transactions on or before 2020-01-01"):
        data.last_day()


def test_days_that_daily_sales_lack_are_summed_from_receipts_of_the_shop() -> None:
    days = pl.DataFrame({"date": [date(2025, 1, day) for day in (1, 3, 4)], "store_id": "S", "product_id": "P"})
    sold_at = [datetime(2025, 1, day, 9) for day in (1, 2, 2, 9)]
    receipts = pl.DataFrame({"sold_at": sold_at, "transaction_id": ["a", "b", "c", "d"]}).with_columns(
        store_id=pl.lit("S"), product_id=pl.lit("P"), units=pl.lit(2.0), unit_price=pl.lit(5.0)
    )
    frames = {"daily_sales": days.with_columns(units=pl.lit(7.0)), "transactions": receipts}
    sold = Dataset.from_frames(frames).daily_sales().sort("date").collect()
    assert sold["date"].to_list() == [date(2025, 1, day) for day in (1, 2, 3, 4)]
    assert sold["units"].to_list() == [7, 4, 7, 7]
    assert sold["unit_price"].to_list() == [5, 5, None, None]


def test_weeks_of_daily_sales_lack_no_day() -> None:
    weeks = pl.DataFrame({"date": [date(2025, 1, day) for day in (6, 13, 20)], "store_id": "S", "product_id": "P"})
    receipts = pl.DataFrame({"sold_at": [datetime(2025, 1, 8, 9)], "transaction_id": ["a"]}).with_columns(
        store_id=pl.lit("S"), product_id=pl.lit("P"), units=pl.lit(2.0), unit_price=pl.lit(5.0)
    )
    frames = {"daily_sales": weeks.with_columns(units=pl.lit(7.0)), "transactions": receipts}
    assert Dataset.from_frames(frames).daily_sales().collect()["units"].to_list() == [7, 7, 7]
