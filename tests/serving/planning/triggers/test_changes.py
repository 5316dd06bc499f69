"""What changed of late in a dataset: stock that came back, prices that fell, birthdays."""

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from serving.planning.triggers.changes import birthdays, price_drops, restocked

AS_OF = date(2025, 2, 28)


def chain(**tables: list[dict[str, Any]]) -> Dataset:
    sold = {"transaction_id": ["t"], "sold_at": [datetime(2025, 2, 28)], "store_id": ["S1"], "product_id": ["P1"]}
    frames = {"transactions": pl.DataFrame(sold | {"units": [1.0], "unit_price": [1.0]})}
    frames |= {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in tables.items()}
    return Dataset.from_frames(frames, AS_OF)


def count(day: int, on_hand: float, product: str = "P1", store: str = "S1") -> dict[str, Any]:
    return {"store_id": store, "product_id": product, "date": date(2025, 2, day), "on_hand": on_hand}


def price(day: int, money: float, product: str = "P1", store: str | None = None, until: date | None = None) -> Any:
    return {
        "store_id": store,
        "product_id": product,
        "valid_from": date(2025, 2, day),
        "valid_to": until,
        "unit_price": money,
    }


def test_goods_that_were_out_and_are_there_again_came_back() -> None:
    counts = [count(25, 0), count(26, 5), count(28, 4)]
    counts += [count(26, 3, "P2"), count(28, 2, "P2")]  # never out
    counts += [count(26, 0, "P3"), count(27, 5, "P3"), count(28, 0, "P3")]  # out again
    counts += [count(10, 0, "P4"), count(12, 5, "P4"), count(28, 5, "P4")]  # long ago
    counts += [count(27, 0, "P5"), count(28, 1, "P5"), count(28, 9, "P5", "S2")]
    found = restocked(chain(inventory=counts), AS_OF, 7)
    assert found is not None
    assert found.rows() == [("S1", "P1", date(2025, 2, 26)), ("S1", "P5", date(2025, 2, 28))]


def test_a_price_is_compared_with_the_one_it_replaces_and_that_of_the_shop_goes_first() -> None:
    prices = [price(1, 10.0), price(26, 8.0), price(1, 9.0, store="S1")]
    prices += [price(1, 5.0, "P2"), price(26, 6.0, "P2")]  # rose
    prices += [price(1, 5.0, "P3"), price(26, 4.0, "P3", until=date(2025, 2, 28))]  # over
    prices += [price(1, 5.0, "P4"), price(10, 4.0, "P4")]  # long ago
    offers = [price(27, 8.5, store="S1") | {"promotion_id": "A"}, price(27, 3.0, "P5") | {"promotion_id": "B"}]
    listed = [{"product_id": "P5", "list_price": 4.0}]
    found = price_drops(chain(prices=prices, promotions=offers, products=listed), AS_OF, 7)
    assert found is not None
    assert sorted(found.rows(), key=str) == sorted(
        [
            (None, "P1", date(2025, 2, 26), 10.0, 8.0),
            ("S1", "P1", date(2025, 2, 27), 9.0, 8.5),
            (None, "P5", date(2025, 2, 27), 4.0, 3.0),
        ],
        key=str,
    )


def test_a_price_of_tomorrow_is_known_already() -> None:
    offers = [price(1, 3.0) | {"promotion_id": "A", "valid_from": date(2025, 3, 1)}]
    found = price_drops(chain(prices=[price(1, 4.0)], promotions=offers), AS_OF, 7)
    assert found is not None
    assert found["since"].to_list() == [date(2025, 3, 1)]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("birthday", ["1990-05-17", "05-17", "1990-05-17 00:00:00", "spring", None, "13-40"]),
        ("birth_date", [date(1990, 5, 17), date(2000, 2, 29), None]),
        ("born_on", [datetime(1990, 5, 17, 8)]),
    ],
)
def test_birthdays_are_read_as_dates_or_as_month_and_day(column: str, values: list[Any]) -> None:
    rows = [{"customer_id": f"c{place}", column: value} for place, value in enumerate(values)]
    found = birthdays(chain(customers=rows))
    assert found is not None
    days = {"1990-05-17", "05-17", "1990-05-17 00:00:00", date(1990, 5, 17), datetime(1990, 5, 17, 8)}
    wanted = [(f"c{place}", 5, 17) for place, value in enumerate(values) if value in days]
    wanted += [(f"c{place}", 2, 29) for place, value in enumerate(values) if value == date(2000, 2, 29)]
    assert found.rows() == wanted


def test_what_no_table_tells_is_not_known() -> None:
    nothing = chain()
    assert restocked(nothing, AS_OF, 7) is None
    assert price_drops(nothing, AS_OF, 7) is None
    assert birthdays(chain(customers=[{"customer_id": "c0"}])) is None
