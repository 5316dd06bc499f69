"""Promotions by promotion and store around a day, by hand."""

from datetime import date

import polars as pl

from retail_brain.dataset import Dataset
from serving.store.publishing.promotion_days import PROMOTION_DAYS, promotion_days

AS_OF = date(2025, 2, 28)


def rows(*given: tuple[str | None, str | None, str, date, date]) -> pl.DataFrame:
    names = ["promotion_id", "store_id", "product_id", "valid_from", "valid_to"]
    frame = pl.DataFrame(given, schema=names, orient="row", infer_schema_length=None)
    return frame.with_columns(mechanic=pl.lit("price"), display=pl.lit(None, pl.String), mailer=pl.lit("front"))


def test_goods_of_a_promotion_in_a_store_are_one_row_and_the_last_day_counts() -> None:
    march = (date(2025, 3, 1), date(2025, 3, 8))
    given = rows(
        ("A", "S1", "P2", *march), ("A", "S1", "P1", *march), ("A", "S2", "P1", *march), ("B", None, "P1", *march)
    )
    found = promotion_days(Dataset.from_frames({"promotions": given}), AS_OF)
    assert found.schema == PROMOTION_DAYS
    assert found.select("promotion_id", "store_id", "products", "ends_on").rows() == [
        ("A", "S1", 2, date(2025, 3, 7)),
        ("A", "S2", 1, date(2025, 3, 7)),
        ("B", None, 1, date(2025, 3, 7)),
    ]
    assert found["product_ids"].to_list()[0] == ["P1", "P2"]
    assert found.select("display", "mailer").unique().rows() == [(False, True)]


def test_promotions_of_other_seasons_and_of_no_day_are_left_out() -> None:
    gone = (date(2024, 1, 1), date(2024, 1, 8))
    far = (date(2026, 1, 1), date(2026, 1, 8))
    never = (date(2025, 3, 1), date(2025, 3, 1))
    given = rows(*((str(number), "S1", "P1", *days) for number, days in enumerate((gone, far, never))))
    assert promotion_days(Dataset.from_frames({"promotions": given}), AS_OF).is_empty()
    assert promotion_days(Dataset.from_frames({}), AS_OF).schema == PROMOTION_DAYS
