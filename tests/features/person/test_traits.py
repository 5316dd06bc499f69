"""Traits of people: which columns they are, and as flags of the people asked for."""

from datetime import date

import polars as pl

from features.person.traits import read_traits, trait_flags, trait_lines
from retail_brain.dataset import Dataset

CUSTOMERS = pl.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "joined_on": [date(2024, 1, 1)] * 3,
        "home_store_id": ["S", "S", "T"],
        "level": ["gold", "plain", None],
        "is_staff": [False, True, False],
        "country": ["CN", "CN", "CN"],
        "points": [1, 2, 3],
    }
)


def _dataset(customers: pl.DataFrame) -> Dataset:
    return Dataset.from_frames({"customers": customers})


def test_columns_with_few_texts_are_traits_and_the_tables_own_are_not() -> None:
    assert read_traits(_dataset(CUSTOMERS)).columns == ["customer_id", "level", "is_staff"]
    many = pl.DataFrame({"customer_id": [f"c{n}" for n in range(40)], "name": [f"n{n}" for n in range(40)]})
    assert read_traits(_dataset(many)).columns == ["customer_id"]


def test_flags_stand_in_the_order_asked_for_and_unknown_people_have_none() -> None:
    flags = trait_flags(_dataset(CUSTOMERS), pl.Series(["b", "nobody", "a", "c", "b"]), ["level", "is_staff", "none"])
    assert flags.to_dict(as_series=False) == {
        "level=gold": [0.0, 0.0, 1.0, 0.0, 0.0],
        "level=plain": [1.0, 0.0, 0.0, 0.0, 1.0],
        "is_staff=false": [0.0, 0.0, 1.0, 1.0, 0.0],
        "is_staff=true": [1.0, 0.0, 0.0, 0.0, 1.0],
    }
    assert set(flags.dtypes) == {pl.Float32}


def test_without_customers_there_are_no_flags() -> None:
    dataset = Dataset.from_frames({"products": pl.DataFrame({"product_id": ["P"]})})
    assert trait_flags(dataset, pl.Series(["a", "b"]), ["level"]).width == 0


def test_only_traits_that_are_named_have_flags() -> None:
    assert trait_flags(_dataset(CUSTOMERS), pl.Series(["a"]), []).width == 0
    assert trait_flags(_dataset(CUSTOMERS), pl.Series(["a"]), ["level"]).columns == ["level=gold", "level=plain"]


def test_what_is_not_learned_from_and_what_is_no_trait_is_said_in_both_languages() -> None:
    lines = trait_lines(_dataset(CUSTOMERS), ("level", "colour"), "recommender.traits")
    assert "1 columns of customers are not learned from" in lines[0]
    assert "is_staff" in lines[0]
    assert "recommender.traits names colour:" in lines[1]
    assert all("设置 recommender.traits" in line for line in lines)
    assert trait_lines(_dataset(CUSTOMERS), ("level", "is_staff"), "recommender.traits") == []
