"""Expected extra units of planned contacts, by hand."""

from datetime import date

import polars as pl
import pytest

from retail_brain.decisions.campaigns.extra_units import EXTRA_UNITS, extra_units, lag_shares

NONE = pl.DataFrame(schema={"product_id": pl.String, "units_per_purchase": pl.Float64})


def test_caused_purchases_are_spread_over_the_days_after_the_contact() -> None:
    contacts = pl.DataFrame(
        {
            "store_id": ["S1", "S1", None],
            "product_id": ["P1"] * 3,
            "day": [date(2025, 3, 1), date(2025, 3, 2), date(2025, 3, 1)],
            "caused": [0.4, 0.2, 9.0],
        }
    )
    twice = pl.DataFrame({"product_id": ["P1"], "units_per_purchase": [2.0]})
    found = extra_units(contacts, [0.75, 0.25], twice)
    assert found.rows() == [
        ("S1", "P1", date(2025, 3, 1), pytest.approx(0.6)),
        ("S1", "P1", date(2025, 3, 2), pytest.approx(0.2 + 0.3)),
        ("S1", "P1", date(2025, 3, 3), pytest.approx(0.1)),
    ]
    assert found["units"].sum() == pytest.approx(2 * 0.6)
    assert extra_units(contacts.clear(), [1.0], NONE).schema == EXTRA_UNITS


def test_shares_fall_evenly_and_sum_to_one() -> None:
    assert lag_shares(2) == pytest.approx([2 / 3, 1 / 3])
    assert sum(lag_shares(28)) == pytest.approx(1)
