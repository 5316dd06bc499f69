"""Signs of currencies are taken off numbers, wherever they stand."""

import polars as pl

from retail_brain.ingest.numbers import _FAMILY, parse_numbers
from retail_brain.sources import ColumnFormat


def test_every_sign_is_read_before_and_behind_a_number() -> None:
    for sign in _FAMILY:
        given = pl.Series([f"{sign}12.5", f"12.5 {sign}", f"-{sign}3"])
        assert parse_numbers(given, ColumnFormat()).to_list() == [12.5, 12.5, -3.0], sign


def test_amounts_of_two_currencies_are_no_numbers() -> None:
    assert parse_numbers(pl.Series(["€12", "$12"]), ColumnFormat()).to_list() == [None, None]
