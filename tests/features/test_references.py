from datetime import date, datetime, timedelta

import polars as pl
import pytest

from features.records import buyer_lines
from features.references import buyer_references, past_sales, product_references, reference_day
from retail_brain.dataset import Dataset

AS_OF = date(2025, 6, 20)


def chain(*lines: tuple[date, str, str, float, float], **tables: pl.DataFrame) -> Dataset:
    """Receipt lines (day, customer, product, units, price), one receipt each."""
    frame = pl.DataFrame(
        [
            (str(n), datetime.combine(day, datetime.min.time()), "S", *rest)
            for n, (day, *rest) in enumerate(lines, start=1)
        ],
        schema=["transaction_id", "sold_at", "store_id", "customer_id", "product_id", "units", "unit_price"],
        orient="row",
    )
    return Dataset.from_frames({"transactions": frame, **tables})


def prices(dataset: Dataset, as_of: date) -> dict[str, float | None]:
    past = past_sales(dataset, reference_day(dataset, as_of))
    found = product_references(dataset, as_of, past).collect()
    return dict(found.select("product_id", "reference_price").iter_rows())


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (date(2025, 6, 6), date(2025, 4, 30)),  # May ended less than a week ago: its late receipts may still come
        (date(2025, 6, 7), date(2025, 5, 31)),
        (date(2025, 7, 6), date(2025, 5, 31)),
        (date(2025, 3, 31), date(2025, 3, 31)),  # of the chain's first quarter no month's end is one
    ],
)
def test_the_reference_is_the_last_months_end_that_a_week_has_passed_since(as_of, expected):
    assert reference_day(chain((date(2025, 1, 20), "A", "P", 1.0, 5.0)), as_of) == expected


def test_a_day_moves_no_reference_price_before_the_month_is_over():
    lines = [(date(2025, 1, 2), "A", "P", 2.0, 10.0), (date(2025, 4, 2), "A", "P", 2.0, 20.0)]
    before = prices(chain(*lines), AS_OF)
    later = chain(*lines, (AS_OF, "A", "P", 5.0, 1.0), (AS_OF, "A", "new", 1.0, 9.0))
    assert before == {"P": 15.0}
    assert prices(later, AS_OF) == {"P": 15.0, "new": None}
    assert prices(later, AS_OF + timedelta(days=30))["P"] == pytest.approx((2 * 10 + 2 * 20 + 5) / 9)


def test_a_list_price_goes_before_what_was_paid_and_revenue_is_that_of_the_last_day():
    products = pl.DataFrame({"product_id": ["P"], "category": ["tea"], "list_price": [30.0]})
    dataset = chain((date(2025, 1, 2), "A", "P", 2.0, 10.0), (AS_OF, "A", "P", 1.0, 7.0), products=products)
    past = past_sales(dataset, reference_day(dataset, AS_OF))
    row = product_references(dataset, AS_OF, past).collect().row(0, named=True)
    assert (row["reference_price"], row["category_share"], row["revenue_365d"]) == (30.0, 1.0, 27.0)


def test_goods_of_equal_revenue_are_classed_by_their_name_whatever_the_last_digits_of_their_sums():
    parts = {"big": [3.0], "a": [0.3, 0.3], "b": [0.1, 0.2, 0.3]}  # 0.1 + 0.2 + 0.3 is more than 0.6 in floats
    dataset = chain(*((AS_OF, "A", product, 1.0, price) for product, prices in parts.items() for price in prices))
    found = product_references(dataset, AS_OF, past_sales(dataset, AS_OF)).collect()
    assert dict(found.select("product_id", "abc").iter_rows()) == {"big": "A", "a": "A", "b": "B"}


def test_goods_that_sold_more_than_a_year_ago_alone_have_a_price_and_no_revenue():
    dataset = chain((date(2023, 5, 2), "A", "old", 2.0, 10.0), (AS_OF, "A", "P", 1.0, 7.0))
    past = past_sales(dataset, reference_day(dataset, AS_OF))
    found = product_references(dataset, AS_OF, past).collect().sort("product_id")
    assert found.select("product_id", "reference_price", "revenue_365d").rows() == [
        ("P", None, 7.0),
        ("old", 10.0, 0.0),
    ]


def test_buyers_are_counted_by_account_up_to_the_reference_day():
    days = [date(2025, 1, 1), date(2025, 1, 11), AS_OF]
    dataset = chain(*((day, "A", "P", 1.0, 5.0) for day in days), (days[1], "B", "P", 1.0, 8.0))
    since = reference_day(dataset, AS_OF)
    found = buyer_references(buyer_lines(dataset, since), since)
    assert found.typical_gap_days == 10.0
    assert found.buyers.select("person_id", "purchases", "total").rows() == [("A", 2, 10.0), ("B", 1, 8.0)]
