"""Rows of a spreadsheet of changes: each of them is counted somewhere."""

from typing import Any

import polars as pl
import pytest

from serving.planning.stock.changed_lines import ChangedLines, changed_lines

LINES = pl.DataFrame(
    {
        "store_id": ["S1", "S1", "S1"],
        "product_id": ["P1", "P2", "P3"],
        "store_name": ["One"] * 3,
        "product_name": ["Tea", "Milk", "Rice"],
        "order_quantity": [60.0, 20.0, 30.0],
        "quantity": [60.0, 20.0, 30.0],
        "row": [0, 1, 2],
    }
)


def read(*rows: tuple[str | None, ...]) -> ChangedLines:
    names = ("store_id", "product_id", "quantity", "order_quantity")
    return changed_lines(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row"), LINES)


def counted(found: ChangedLines) -> int:
    return found.lines.height + found.problems.height + found.same + found.repeated


@pytest.mark.parametrize("between", [0, 11])
def test_a_line_with_unlike_quantities_counts_in_no_row_and_names_all_of_them(between: int) -> None:
    found = read(("S1", "P1", "72", None), *[("S1", "P2", "20", None)] * between, ("S1", "P1", "84", None))
    assert found.lines.height == 0
    rows = found.problems.select("row", "code", "text", "rows", "texts").rows()
    last = 3 + between
    both: tuple[Any, ...] = ([2, last], ["72", "84"])
    assert rows == [(2, "twice", "72", *both), (last, "twice", "84", *both)]
    assert found.rows == 2 + between == counted(found)


def test_equal_rows_of_a_line_count_once_and_are_counted() -> None:
    found = read(
        ("S1", "P1", "72", None), ("S1", "P1", "72.0", None), ("S1", "P2", "20", None), ("S1", "P1", None, None)
    )
    assert found.lines.select("product_id", "new_quantity").rows() == [("P1", 72.0)]
    assert (found.repeated, found.same, found.problems.height, found.rows) == (1, 2, 0, 4)
    assert counted(found) == found.rows


def test_a_row_that_cannot_be_read_leaves_the_other_rows_of_its_line_in_doubt() -> None:
    found = read(
        ("S1", "P1", "many", None), ("S1", "P1", "84", None), (None, None, None, None), ("S1", "P3", "5", "31")
    )
    assert found.problems["code"].to_list() == ["bad_quantity", "twice", "changed_since"]
    assert found.problems["rows"].to_list() == [None, [2, 3], None]
    assert (found.blank, found.rows, counted(found)) == (1, 3, 3)


@pytest.mark.parametrize(
    ("text", "units"),
    [("１２", 12.0), ("1,200", 1200.0), ("1,234,567.5", 1234567.5), ("１，２００", 1200.0), (" 7 ", 7.0)],
)
def test_quantities_are_read_as_people_write_them(text: str, units: float) -> None:
    assert read(("S1", "P1", text, None)).lines["new_quantity"].to_list() == [units]


@pytest.mark.parametrize(
    ("text", "code"),
    [("-3", "below_zero"), ("1,2", "bad_quantity"), ("12,00", "bad_quantity"), ("nan", "bad_quantity")],
)
def test_what_is_no_quantity_says_why(text: str, code: str) -> None:
    assert read(("S1", "P1", text, None)).problems["code"].to_list() == [code]


def test_rows_without_a_quantity_are_counted_apart() -> None:
    found = read(("S1", "P1", None, None), ("S1", "P2", "", None), ("S1", "P3", "30", None))
    assert (found.same, found.unsaid, counted(found)) == (3, 2, found.rows)
