"""Counts of buyers: what a plain loop counts, and what is added to those of the day before gives those of the day."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from features.goods.buyers import BUYER_COUNTS, buyer_counts, buyers_of, changed_counts

AS_OF = date(2025, 6, 30)
LINE = st.tuples(st.sampled_from("PQ"), st.sampled_from(["a", "b", "c", None]), st.integers(0, 400), st.integers(-1, 2))
Lines = list[tuple[str, str | None, int, int]]


def lines(rows: Lines) -> pl.LazyFrame:
    at = [datetime(2025, 6, 30, 9) - timedelta(days=ago) for _, _, ago, _ in rows]
    columns = {"product_id": [row[0] for row in rows], "person_id": [row[1] for row in rows], "at": at}
    schema = {"product_id": pl.String, "person_id": pl.String, "at": pl.Datetime("us"), "units": pl.Float64}
    return pl.LazyFrame({**columns, "units": [row[3] for row in rows]}, schema=schema, strict=False)


@given(st.lists(LINE, max_size=30))
def test_buyers_repeats_and_gaps_are_those_of_a_loop(rows: Lines) -> None:
    days = defaultdict(set)
    for product, person, ago, units in rows:
        if person is not None and units > 0:
            days[product, person].add(ago)
    found = buyers_of(buyer_counts(lines(rows)), AS_OF).collect()
    assert set(found["product_id"]) == {product for product, _ in days}
    for product, buyers, share, gap in found.select(
        "product_id", "buyers_365d", "repeat_rate", "repurchase_days"
    ).iter_rows():
        visits = [sorted(ago) for (sold, _), ago in days.items() if sold == product]
        gaps = [b - a for ago in visits for a, b in pairwise(ago)]
        assert buyers == sum(ago[0] < 365 for ago in visits)
        assert share == sum(len(ago) > 1 for ago in visits) / len(visits)
        assert gap == (median(gaps) if gaps else None)


@given(st.lists(LINE, max_size=20), st.lists(LINE, max_size=20))
def test_what_changed_makes_the_counts_before_those_of_now(before: Lines, now: Lines) -> None:
    then, today = (buyer_counts(lines(rows)) for rows in (before, now))
    change = changed_counts(today, then).select(BUYER_COUNTS.names())
    for of_both, alone in zip(
        *(
            buyers_of(counts, AS_OF).filter(pl.col("repeat_rate").is_not_null()).sort("product_id").collect().rows()
            for counts in (pl.concat([then, change]), today)
        ),
        strict=True,
    ):
        assert of_both == alone
