"""Ids that one system writes otherwise than the next: read where certain, stopped where nothing matches."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.errors import DataError
from retail_brain.ingest.ids import are_plain, tidy_ids
from retail_brain.ingest.spreadsheet_ids import shortened_ids, whole_ids


def sell(chain: Any, product: str, *, customer: str = "", receipts: int = 20) -> None:
    chain.sell(*(f"{n},2025-01-01 10:{n:02}:00,A,{product},{customer},1,1" for n in range(receipts)))


def test_numbers_with_a_zero_behind_the_point_are_the_id_without(chain: Any) -> None:
    sell(chain, "P1", customer="1001.0")
    chain.write("customers.csv", "customer_id\n1001\n")
    assert not chain.ingest().tables["transactions"].unknown
    assert {row["customer_id"] for row in chain.rows("transactions")} == {"1001"}


def test_names_and_ids_with_a_real_fraction_stay_as_they_are(chain: Any) -> None:
    sell(chain, "1.5")
    chain.write("products.csv", "product_id,name\n1.5,Can 2.0\n")
    chain.ingest()
    assert [(row["product_id"], row["name"]) for row in chain.rows("products")] == [("1.5", "Can 2.0")]


@pytest.mark.parametrize("shortened", ["6.90123E+12", '"6,90123E+12"'])
def test_barcodes_shortened_by_a_spreadsheet_are_set_aside_with_the_remedy(chain: Any, shortened: str) -> None:
    chain.sell(f"1,2025-01-01,A,{shortened},,1,1", "2,2025-01-01,A,6901234500001,,1,1", "3,2025-01-01,A,5E10,,1,1")
    report = chain.ingest().tables["transactions"]
    assert dict(report.reasons) == {
        "product_id: shortened by a spreadsheet, its digits are lost (export it again with the column as text)": 1
    }
    assert {row["product_id"] for row in chain.rows("transactions")} == {"6901234500001", "5E10"}


@pytest.mark.parametrize(
    ("sold", "listed", "rule"),
    [
        ("007", "7", "without leading zeros"),
        ("7", "00007", "without leading zeros"),
        ("ab1", "AB1", "in the same case"),
        ("A-1", "A1", "without blanks and signs"),
        ("SKU0017", "17", "without letters in front"),
    ],
)
def test_almost_no_match_stops_with_examples_and_the_rule_that_would_match(
    chain: Any, sold: str, listed: str, rule: str
) -> None:
    sell(chain, sold)
    chain.write("products.csv", f"product_id\n{listed}\n")
    wanted = rf"20 of 20 rows .* product_id .*{sold}.*while products has \['{listed}'\].*{rule}.*100% would match"
    with pytest.raises(DataError, match=wanted):
        chain.ingest()
    report = chain.ingest(min_matched_share=0).tables["transactions"]
    assert (report.new, dict(report.unknown)) == (20, {"product_id": 20})


def test_strangers_without_a_rule_stop_too_and_a_few_do_not(chain: Any) -> None:
    chain.write("products.csv", "product_id\nQ\n")
    sell(chain, "P")
    with pytest.raises(DataError, match="Nothing was written"):
        chain.ingest()
    sell(chain, "P", receipts=10)
    assert dict(chain.ingest().tables["transactions"].unknown) == {"product_id": 10}


odd_ids = st.text(st.sampled_from("ab09-.=+'E\u3000\uff11\u200b\x00 "), max_size=4)


@given(st.lists(st.none() | odd_ids | st.just("6.9E+12") | st.just("P-1")), st.integers(0, 2))
def test_plain_ids_are_those_that_no_rule_changes_or_doubts(ids: list[str | None], skipped: int) -> None:
    values = pl.Series("product_id", ids, dtype=pl.String).slice(skipped)
    if not are_plain(values):
        return
    assert tidy_ids(values).to_list() == values.to_list()
    assert whole_ids(values.to_frame(), ["product_id"])["product_id"].to_list() == values.to_list()
    assert not shortened_ids(values.to_frame(), ["product_id"])


@pytest.mark.parametrize("odd", ["", " P1", "1.0", "=1", "'1", "\uff11", "6.9E+12", "\u200b1"])
def test_one_odd_id_among_plain_ones_is_seen(odd: str) -> None:
    plain = pl.Series(["P1", None, "S-2", "a/b:c"], dtype=pl.String)
    assert are_plain(plain)
    assert are_plain(plain.clear())
    assert not are_plain(pl.concat([plain, pl.Series([odd])], rechunk=False))


def test_blank_id_is_seen_behind_a_null_that_hides_a_text() -> None:
    frame = pl.DataFrame({"id": ["abc", "", "x"], "is_known": [False, True, True]})
    masked = frame.select(pl.when("is_known").then("id")).to_series()
    assert masked.to_list() == [None, "", "x"]
    assert not are_plain(masked)
