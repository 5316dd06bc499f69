"""The engine of lists: filters, search, groups, sums and pages on six lines, and against a plain loop."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.errors import ImpossibleError, NotFoundError
from serving.planning.listing.engine import Condition, Kind, Query, Table, listing

COLUMNS = {
    "shop": Kind.TEXT,
    "shop_name": Kind.TEXT,
    "units": Kind.NUMBER,
    "due": Kind.DAY,
    "late": Kind.FLAG,
    "flags": Kind.LABELS,
}
TABLE = Table(
    "lines",
    COLUMNS,
    {"shop": "shop_name", "due": "due"},
    ("late", "units"),
    ("text",),
    "late",
    {"late": pl.col("late"), "big": pl.col("units") > 5},
)


def lines() -> pl.DataFrame:
    rows = [
        ("S1", "West", 9.0, date(2026, 3, 1), True, ["loss", "large"], "milk\nwest"),
        ("S1", "West", 1.0, date(2026, 3, 2), False, [], "tea\nwest"),
        ("S2", None, None, date(2026, 3, 1), True, ["large"], "milk\ns2"),
        (None, None, 4.0, None, False, [], "bread"),
    ]
    names = [*COLUMNS, "text"]
    return pl.DataFrame(
        rows,
        schema=dict(
            zip(
                names,
                [pl.String, pl.String, pl.Float64, pl.Date, pl.Boolean, pl.List(pl.String), pl.String],
                strict=True,
            )
        ),
        orient="row",
    )


def units(*where: Condition, **query: Any) -> list[float | None]:
    found = listing(lines(), TABLE, Query(where, **query))
    return found.page(0, 100)["units"].to_list()


def test_each_kind_of_column_is_filtered_in_its_way() -> None:
    assert units(Condition("shop", any_of=["S1"])) == [9, 1]
    assert units(Condition("shop", any_of=["S2", None])) == [None, 4]
    assert units(Condition("shop", none_of=["S1"])) == [None, 4]
    assert units(Condition("units", at_least=2, at_most=9)) == [9, 4]
    assert units(Condition("units", any_of=[None])) == [None]
    assert units(Condition("due", at_least="2026-03-02")) == [1]
    assert units(Condition("late", any_of=[False]), Condition("units", at_least=2)) == [4]
    assert units(Condition("flags", any_of=["large"])) == [9, None]
    assert units(Condition("flags", any_of=["loss", None])) == [9, 1, 4]
    assert units(Condition("flags", none_of=["loss"])) == [1, None, 4]


def test_every_word_of_a_search_must_be_there_in_whatever_case() -> None:
    assert units(search="MILK") == [9, None]
    assert units(search="west  Milk") == [9]
    assert units(search="milk.") == [], "a dot is a dot"


def test_sums_tell_what_is_unknown_and_flags_count_lines() -> None:
    found = listing(lines(), TABLE, Query(show="late"))
    assert found.totals == {"lines": 2, "late": 2, "units": 9.0, "unknown": {"units": 1}}
    assert (found.of, found.shows) == (4, {"late": 2, "big": 1})
    nothing = listing(lines(), TABLE, Query([Condition("units", any_of=[None])]))
    assert nothing.totals["units"] is None, "an unknown sum is not zero"


def test_groups_have_names_and_come_with_most_exceptions_first_or_as_sorted() -> None:
    groups = listing(lines(), TABLE, Query(group_by="shop")).groups
    assert groups is not None
    assert groups.rows() == [("S1", "West", 2, 1, 10.0), ("S2", None, 1, 1, None), (None, None, 1, 0, 4.0)]
    by_units = listing(lines(), TABLE, Query(group_by="shop", sort=[("units", False)])).groups
    assert by_units is not None
    assert by_units["key"].to_list() == [None, "S1", "S2"]
    by_day = listing(lines(), TABLE, Query(group_by="due", sort=[("due", True)])).groups
    assert by_day is not None
    assert by_day["key"].to_list() == ["2026-03-02", "2026-03-01", None]


def test_sorting_keeps_the_order_of_equals_and_puts_the_empty_last() -> None:
    assert units(sort=[("units", False)]) == [1, 4, 9, None]
    assert units(sort=[("units", True)]) == [9, 4, 1, None]
    found = listing(lines(), TABLE, Query(sort=[("late", True)]))
    assert found.page(1, 2)["units"].to_list() == [None, 1]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        (Query([Condition("color", any_of=["red"])]), "no column 'color'"),
        (Query([Condition("shop", at_least="S1")]), "cannot be cut"),
        (Query([Condition("units", any_of=["many"])]), "'units' holds numbers"),
        (Query([Condition("units", at_least=True)]), "'units' holds numbers"),
        (Query([Condition("due", any_of=["soon"])]), "'due' holds days"),
        (Query([Condition("late", any_of=["yes"])]), "'late' holds flags"),
        (Query(sort=[("flags", False)]), "several labels"),
        (Query(sort=[("text", False)]), "no column 'text'"),
        (Query(group_by="units"), "no column to group by 'units'"),
        (Query(show="odd"), "no filter 'odd'; wanted one of"),
    ],
)
def test_a_wrong_query_is_refused_with_the_names_that_exist(query: Query, named: str) -> None:
    with pytest.raises((NotFoundError, ImpossibleError), match=named):
        listing(lines(), TABLE, query)


ROW = st.tuples(st.sampled_from(["S1", "S2", None]), st.one_of(st.none(), st.integers(0, 9).map(float)), st.booleans())


@given(st.lists(ROW, max_size=12), st.integers(0, 9), st.booleans())
def test_a_plain_loop_says_the_same(rows: list[Any], least: int, descending: bool) -> None:
    frame = lines().clear().select("shop", "units", "late")
    frame = pl.DataFrame(rows, schema=frame.schema, orient="row").with_columns(
        due=pl.lit(None, pl.Date), shop_name="shop", flags=pl.lit([], pl.List(pl.String)), text=pl.lit("")
    )
    query = Query([Condition("units", at_least=float(least))], sort=[("units", descending)], group_by="shop")
    found = listing(frame, TABLE, query)
    kept = [row for row in rows if row[1] is not None and row[1] >= least]
    assert found.page(0, 99).select("shop", "units", "late").rows() == sorted(
        kept, key=lambda row: -row[1] if descending else row[1]
    )
    sums: dict[Any, float] = {}
    for shop, amount, _ in kept:
        sums[shop] = sums.get(shop, 0) + amount
    assert found.groups is not None
    assert dict(found.groups.select("key", "units").iter_rows()) == sums
