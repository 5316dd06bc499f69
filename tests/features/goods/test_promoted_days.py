from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from features.goods.promoted_days import mark_promoted, periods_by_series

FIRST, AS_OF = date(2025, 1, 10), date(2025, 2, 20)
period = st.tuples(st.sampled_from(["S1", "S2", None]), st.integers(-20, 60), st.integers(1, 25))


def days_covered(periods: list[tuple[str | None, int, int]], store: str) -> set[date]:
    covered = set()
    for place, start, length in periods:
        if place in (store, None):
            covered |= {FIRST + timedelta(days=start + n) for n in range(length)}
    return {day for day in covered if FIRST <= day <= AS_OF}


@given(st.lists(period, max_size=8))
def test_marked_days_and_their_count_are_those_of_a_calendar_walk(periods):
    promotions = pl.LazyFrame(
        [(place, "P", FIRST + timedelta(days=s), FIRST + timedelta(days=s + n)) for place, s, n in periods],
        schema={"store_id": pl.String, "product_id": pl.String, "valid_from": pl.Date, "valid_to": pl.Date},
        orient="row",
    )
    series = pl.LazyFrame({"store_id": ["S1", "S2"], "product_id": ["P", "P"], "first_sale_on": [FIRST, FIRST]})
    merged = periods_by_series(promotions, series, AS_OF)
    every = [FIRST + timedelta(days=n) for n in range((AS_OF - FIRST).days + 1)]
    days = pl.LazyFrame({"store_id": ["S1"] * len(every) + ["S2"] * len(every), "product_id": "P", "date": every * 2})
    marked = mark_promoted(days, merged).filter("in_promotion").collect()
    counts = dict(merged.group_by("store_id").agg(pl.col("new_days").sum()).collect().iter_rows())
    for store in ("S1", "S2"):
        expected = days_covered(periods, store)
        assert set(marked.filter(pl.col("store_id") == store)["date"]) == expected
        assert counts.get(store, 0) == len(expected)
