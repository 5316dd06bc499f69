"""What changed lines are worth: read from their published plans, unknown where those do not reach."""

import polars as pl
import pytest

from serving.store.listing.changed_worth import changed_worth

OUTLOOK = pl.DataFrame(
    {
        "store_id": ["S1", "S1"],
        "product_id": ["P1", "P2"],
        "quantities": [[0.0, 0.0, 10.0, 20.0], [0.0, 4.0]],
        "values": [[0.0, 0.0, 100.0, 120.0], [0.0, 8.0]],
        "lost_units": [[12.0, 12.0, 4.0, 1.0], [3.0, 0.0]],
    }
)


def lines(*rows: tuple[str, float, float, float | None, float | None]) -> pl.DataFrame:
    names = ["product_id", "order_quantity", "sent_quantity", "expected_value", "expected_lost_sales"]
    made = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64) | {"product_id": pl.String}, orient="row")
    return made.with_columns(store_id=pl.lit("S1"))


def test_a_changed_quantity_brings_what_the_plan_of_its_line_says() -> None:
    """P1 as suggested; at nothing; between two points; P2 changed; beyond the end; a line without a plan."""
    table = lines(
        ("P1", 10.0, 10.0, 100.0, 5.0),
        ("P1", 10.0, 0.0, 100.0, 5.0),
        ("P1", 10.0, 15.0, 100.0, 5.0),
        ("P2", 4.0, 2.0, 8.0, 0.0),
        ("P1", 10.0, 21.0, 100.0, 5.0),
        ("P3", 1.0, 2.0, 1.0, 1.0),
        ("P2", 4.0, 0.0, None, None),
    )
    told = changed_worth(table, OUTLOOK).select("value", "lost_sales").rows()
    assert told[0] == (100.0, 5.0)
    assert told[1] == pytest.approx((0.0, 13.0))
    assert told[2] == pytest.approx((110.0, 3.5))
    assert told[3] == pytest.approx((4.0, 1.5))
    assert told[4:] == [(None, None)] * 3


def test_without_plans_only_lines_as_suggested_are_known() -> None:
    table = lines(("P1", 10.0, 10.0, 100.0, 5.0), ("P1", 10.0, 0.0, 100.0, 5.0))
    for outlook in (None, OUTLOOK.clear(), OUTLOOK.with_columns(quantities=pl.lit([], pl.List(pl.Float64)))):
        told = changed_worth(table, outlook).select("value", "lost_sales").rows()
        assert told == [(100.0, 5.0), (None, None)]
