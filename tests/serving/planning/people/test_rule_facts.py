"""What rules know of goods and people, from whatever columns a chain has."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from serving.planning.people.rule_facts import attribute_columns, known_adults

IDS = pl.Series(["A", "B", "C"])
TODAY = date(2025, 3, 1)


def goods(**columns: Any) -> Dataset:
    return Dataset.from_frames({"products": pl.DataFrame({"product_id": ["B", "A"]} | columns)})


@pytest.mark.parametrize(
    "columns",
    [
        {"age_restricted": [True, False]},
        {"adult": ["Yes", None]},
        {"is_adult": ["是", "否"]},
        {"adults_only": [1, 0]},
        {"min_age": ["18", "0"]},
        {"min_age": [16.0, None], "adult": [False, False]},
    ],
)
def test_goods_for_adults_by_any_of_the_usual_columns(columns: dict[str, Any]) -> None:
    assert attribute_columns(goods(**columns), IDS)["adult"].to_list() == [None, "yes", None]


def test_attributes_follow_the_ids_and_missing_ones_are_unknown() -> None:
    found = attribute_columns(goods(category=["酒", "奶"]), IDS)
    assert found["category"].to_list() == ["奶", "酒", None]
    assert found["brand"].to_list() == found["adult"].to_list() == [None, None, None]
    assert attribute_columns(Dataset.from_frames({}), IDS)["category"].to_list() == [None] * 3


@pytest.mark.parametrize(
    "columns",
    [
        {"is_adult": [True, None]},
        {"adult": ["1", "0"]},
        {"birth_date": [date(2007, 3, 1), date(2007, 3, 2)]},
        {"birthday": ["1990-05-05", "unknown"]},
        {"birth_year": [2006, 2007]},
        {"age": [18, 17]},
        {"age_band": ["18-24", "<18"]},
        {"age_band": ["65+", "0-17"], "age": [None, 5]},
        {"age_band": ["35-44", "18岁以下"]},
    ],
)
def test_adults_by_any_of_the_usual_columns(columns: dict[str, Any]) -> None:
    people = Dataset.from_frames({"customers": pl.DataFrame({"customer_id": ["B", "A"]} | columns, strict=False)})
    assert known_adults(people, IDS, TODAY, 18).to_list() == [False, True, False]


def test_without_customers_nobody_is_known_to_be_an_adult() -> None:
    assert known_adults(Dataset.from_frames({}), IDS, TODAY, 18).to_list() == [False] * 3
