"""Cards that are nobody's: named at ingest, anonymous wherever people are learned about or listed."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.lake import open_lake, shared_cards


def lines(card: str, day: int, receipts: int, stores: int = 1) -> list[str]:
    return [
        f"{card}{day}-{n},2025-01-{day:02} {8 + n % 12:02}:{n // 12:02}:00,S{n % stores},x,{card},1,1"
        for n in range(receipts)
    ]


def test_cards_of_tills_are_named_and_their_receipts_anonymous(chain: Any) -> None:
    chain.sell(
        *(line for day in (1, 2, 3) for line in lines("till", day, 10)),
        *(line for day in (1, 2, 3) for line in lines("tester", day, 4, stores=4)),
        *(line for day in (1, 2) for line in lines("moving", day, 10)),
        *(line for day in range(1, 10) for line in lines("anna", day, 9, stores=3)),
    )
    chain.write("customers.csv", "customer_id\ntill\nanna\nmoving\n")
    report = chain.ingest()
    assert [warning.split()[1] for warning in report.warnings] == ["tester", "till"]
    assert "up to 10 receipts in 1 shops" in report.warnings[1]
    lake = open_lake(chain.lake)
    sold = lake.scan("transactions").collect()
    assert set(sold["customer_id"]) == {None, "moving", "anna"}
    assert sold["units"].sum() == 30 + 12 + 20 + 81
    assert sorted(lake.scan("customers").collect()["customer_id"]) == ["anna", "moving"]


def test_busy_days_among_many_quiet_ones_are_a_persons(chain: Any) -> None:
    busy = [line for day in (1, 2, 3) for line in lines("bo", day, 10)]
    chain.sell(*busy, *(line for day in range(4, 9) for line in lines("bo", day, 1)))
    assert not chain.ingest().warnings


def test_a_card_that_is_cleared_counts_again(chain: Any) -> None:
    chain.sell(*(line for day in (1, 2, 3) for line in lines("till", day, 10)))
    assert chain.ingest().warnings
    chain.sell(*lines("till", 1, 10))
    chain.ingest(replace=True)
    assert set(open_lake(chain.lake).scan("transactions").collect()["customer_id"]) == {"till"}


def test_other_limits_find_no_card(chain: Any) -> None:
    chain.sell(*(line for day in (1, 2, 3) for line in lines("till", day, 10)))
    assert not chain.ingest(shared_card_receipts=11).warnings


def test_lines_are_read_again_for_suspects_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(f"{card}{day}{n}", "S", card, day) for card in "ab" for day in range(1, 9) for n in range(3)]
    sold = pl.LazyFrame(rows, schema=["transaction_id", "store_id", "customer_id", "day"], orient="row").select(
        pl.exclude("day"), sold_at=pl.datetime(2025, 1, pl.col("day"))
    )
    looked = []
    cards = shared_cards._cards
    monkeypatch.setattr(shared_cards, "_cards", lambda *given: looked.append(1) or cards(*given))
    limits = {"stores_per_day": 9, "days": 3}
    assert not shared_cards.find_shared_cards(sold, receipts_per_day=9, **limits).height
    assert not looked
    assert shared_cards.find_shared_cards(sold, receipts_per_day=3, **limits).height == 2
    assert looked


def all_grouped(rows: pl.LazyFrame, receipts_per_day: int, stores_per_day: int, days: int) -> pl.DataFrame:
    """The same cards by grouping every line at once."""
    is_busy = (pl.col("receipts") >= receipts_per_day) | (pl.col("stores") >= stores_per_day)
    daily = (
        rows.drop_nulls("customer_id")
        .group_by("customer_id", pl.col("sold_at").dt.date())
        .agg(receipts=pl.struct("store_id", "transaction_id").n_unique(), stores=pl.col("store_id").n_unique())
    )
    cards = daily.group_by("customer_id").agg(
        days=is_busy.sum(),
        most_receipts=pl.col("receipts").max(),
        most_stores=pl.col("stores").max(),
        share=is_busy.mean(),
    )
    found = cards.filter(pl.col("days") >= days, pl.col("share") >= 0.5).drop("share")
    return found.sort("days", "customer_id", descending=[True, False]).collect()


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.integers(0, 4), st.sampled_from("ST")), min_size=1),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 3),
    st.booleans(),
)
def test_counting_in_cells_finds_the_cards_that_grouping_all_lines_finds(
    lines: list[tuple[str, int, int, str]], receipts: int, stores: int, days: int, is_one_cell: bool
) -> None:
    names = ["customer_id", "day", "transaction_id", "store_id"]
    rows = pl.LazyFrame(lines, schema=names, orient="row").with_columns(
        pl.col("transaction_id").cast(pl.String), sold_at=pl.datetime(2025, 1, "day")
    )
    limits = {"receipts_per_day": receipts, "stores_per_day": stores, "days": days}
    with pytest.MonkeyPatch.context() as patch:
        if is_one_cell:  # every day shares its cell with all others, and cards are looked at in slices
            patch.setattr(shared_cards, "_LIKELY_RECEIPTS", 2)
            patch.setattr(shared_cards, "_LEAST_BITS", 0)
            patch.setattr(shared_cards, "_MOST_BITS", 0)
        found = shared_cards.find_shared_cards(rows, **limits)
    wanted = all_grouped(rows, **limits)
    assert found.rows() == wanted.rows()
