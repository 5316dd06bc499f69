"""Everybody's target basket moved to one day, worked by hand."""

import runpy
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from training.recommender.config import RecommenderConfig

_VIEWS = runpy.run_path(str(Path(__file__).with_name("last_basket.py")))
LABEL_DAYS, basket_view, next_basket_config = (
    _VIEWS[name] for name in ("LABEL_DAYS", "basket_view", "next_basket_config")
)

START = date(2025, 1, 1)
AS_OF = date(2025, 3, 31)


def receipts(rows: list[tuple[str, str, str, int]]) -> Dataset:
    """Rows of (receipt, customer, product, day number)."""
    frame = pl.DataFrame(
        {
            "transaction_id": [row[0] for row in rows],
            "customer_id": [row[1] for row in rows],
            "product_id": [row[2] for row in rows],
            "sold_at": [START + timedelta(days=row[3]) for row in rows],
            "units": [1.0] * len(rows),
            "store_id": ["S"] * len(rows),
            "unit_price": [1.0] * len(rows),
        }
    )
    return Dataset.from_frames({"transactions": frame.cast({"sold_at": pl.Datetime("us")})})


def days(view: Dataset) -> dict[str, date]:
    """Day of each receipt of a view."""
    found = view.scan("transactions").select("transaction_id", pl.col("sold_at").dt.date()).unique().collect()
    return dict(found.iter_rows())


OF_A = [("A1", "A", "P", 0), ("A2", "A", "P", 10), ("A3", "A", "Q", 13), ("A3", "A", "P", 13)]
OF_B = [("B1", "B", "P", 40), ("B2", "B", "Q", 41), ("B3", "B", "P", 50)]
CHAIN = receipts([*OF_A, *OF_B, ("C1", "C", "P", 3), ("C2", "C", "P", 5)])


def test_the_last_basket_is_on_the_next_day_and_distances_are_kept() -> None:
    target = AS_OF + timedelta(days=1)
    assert days(basket_view(CHAIN, AS_OF, 1)) == {
        "A1": target - timedelta(days=13),
        "A2": target - timedelta(days=3),
        "A3": target,
        "B1": target - timedelta(days=10),
        "B2": target - timedelta(days=9),
        "B3": target,
    }


def test_an_earlier_target_hides_all_that_came_after_it() -> None:
    target = AS_OF + timedelta(days=1)
    assert days(basket_view(CHAIN, AS_OF, 2)) == {
        "A1": target - timedelta(days=10),
        "A2": target,
        "B1": target - timedelta(days=1),
        "B2": target,
    }


def test_a_target_needs_a_basket_before_it() -> None:
    assert days(basket_view(CHAIN, AS_OF, 3)) == {}
    assert set(days(basket_view(CHAIN, AS_OF, 1, min_baskets=2))) == {"A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2"}


def test_two_baskets_of_one_day_stay_apart() -> None:
    view = basket_view(receipts([("A1", "A", "P", 1), ("A2", "A", "P", 2), ("A3", "A", "Q", 2)]), AS_OF, 1)
    assert days(view)["A2"] == AS_OF
    assert days(view)["A3"] == AS_OF + timedelta(days=1)


def test_the_label_is_the_one_day_of_the_target() -> None:
    assert next_basket_config(RecommenderConfig()).label_days == LABEL_DAYS == 1
