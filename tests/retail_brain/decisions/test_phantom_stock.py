"""Count requests: improbable silence ranks first."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.phantom_stock import CYCLE_COUNTS, silence_probability, suggest_cycle_counts

AS_OF = date(2025, 3, 1)


def make_silent(**columns: list[float]) -> pl.DataFrame:
    rows = len(next(iter(columns.values())))
    base = {"on_hand": [5.0] * rows, "rate": [2.0] * rows, "dispersion": [1.0] * rows, "margin": [1.0] * rows}
    base["days_without_sale"] = [3] * rows
    ids = {"store_id": ["s"] * rows, "product_id": [f"p{k}" for k in range(rows)]}
    return pl.DataFrame(ids | base | columns)


def test_silence_is_poisson_or_longer_where_demand_is_lumpy():
    got = silence_probability(np.array([2.0, 2.0]), np.array([3.0, 3.0]), np.array([1.0, 3.0]))
    assert got[0] == pytest.approx(np.exp(-6))
    assert got[1] == pytest.approx((1 / 3) ** (2.0 / 2 * 3)), (
        "negative binomial: p^r with p = 1/3, r = mean / 2 per day"
    )


def test_bayes_by_hand():
    table = suggest_cycle_counts(make_silent(rate=[1.0]), AS_OF, prior=0.1, least_probability=0.0)
    assert table["probability"][0] == pytest.approx(0.1 / (0.1 + 0.9 * np.exp(-3)))
    assert table["expected_value"][0] == pytest.approx(table["probability"][0] * 1.0 * 7)
    assert dict(table.schema) == CYCLE_COUNTS
    assert "虚库存" in table["reason_zh"][0]


def test_only_improbable_silence_with_stock_is_asked_about():
    table = suggest_cycle_counts(
        make_silent(rate=[2.0, 0.1, 2.0, 4.0], on_hand=[5.0, 5.0, 0.0, 5.0], margin=[1.0, 1.0, 1.0, 3.0]), AS_OF
    )
    assert table["product_id"].to_list() == ["p3", "p0"]
