"""Conditions on rows whose columns are numbers, as JSON tells them."""

import polars as pl
import pytest

from retail_brain.sources.base import RawTable
from retail_brain.sources.shaping import rows_where

ROWS = pl.LazyFrame(
    {"state": [10, 20, None], "name": ["a \"state\" = '20'", "b", "c"], "paid": [True, False, True], "day's": [1, 2, 3]}
)


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ('"state" IS NULL OR "state" NOT IN (\'20\')', [0, 2]),
        ("state IN ('10', '20')", [0, 1]),
        ("\"state\" = '20'", [1]),
        ('"state" IS NULL OR "state" = \'\'', [2]),
        ('"state" < 20', [0]),
        ("paid = 'true'", [0, 2]),
        ('"day\'s" IN (\'3\') AND "state" IS NULL', [2]),
        ("name = 'a \"state\" = ''20'''", [0]),
        ("name <> 'b' AND state LIKE '1%'", [0]),
    ],
)
def test_a_column_of_numbers_is_compared_with_texts_as_text(where: str, kept: list[int]) -> None:
    rows = rows_where(RawTable("transactions", ROWS.with_row_index(), "rows"), where).frame.collect()
    assert rows["index"].to_list() == kept
