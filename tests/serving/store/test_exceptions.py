"""Decisions settle exceptions of their suggestion, and no others."""

import polars as pl

from serving.store.exceptions import open_exceptions

LINES = pl.DataFrame(
    {
        "kind": ["stockout", "transfer", "large_order", "anomaly", "stockout"],
        "store_id": ["S1", "S1", "S1", "S2", "S2"],
        "product_id": ["P1", "P1", "P2", "P1", "P1"],
    }
)


def test_a_decision_settles_what_it_is_about_and_leaves_the_order() -> None:
    left = open_exceptions(LINES, [("S1", "P1"), ("S2", "P1")])
    assert left.rows() == [("transfer", "S1", "P1"), ("large_order", "S1", "P2"), ("anomaly", "S2", "P1")]


def test_without_decisions_all_are_open() -> None:
    assert open_exceptions(LINES, []) is LINES
