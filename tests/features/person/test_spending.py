import numpy as np
import polars as pl
import pytest

from features.person.rfm import RfmEdges
from features.person.spending import Spending, fit_spending


def test_the_likelihood_is_that_of_the_note_for_one_buyer():
    # Gamma-Gamma by hand: x = 1, p = 1, q = 2, v = 1, mean 1: Gamma(3) / (Gamma(1) Gamma(2)) * 1 / 2^3 = 2 / 8
    found = Spending(1.0, 2.0, 1.0).log_likelihood(np.array([1.0]), np.array([1.0]))
    assert found[0] == pytest.approx(np.log(2 / 8))


def test_known_parameters_are_found_again_in_any_currency():
    rng = np.random.default_rng(1)
    truth, buyers = Spending(4.0, 5.0, 60.0), 20_000
    purchases = rng.integers(1, 12, buyers)
    rates = rng.gamma(truth.q, 1 / truth.v, buyers)
    total = rng.gamma(truth.p * purchases, 1 / rates)
    for unit in (1.0, 1000.0):
        fit = fit_spending(pl.DataFrame({"purchases": purchases, "total": total * unit}))
        assert fit is not None
        assert (fit.p, fit.q, fit.v / unit) == pytest.approx((truth.p, truth.q, truth.v), rel=0.1)
        amount = pl.DataFrame({"x": [3.0], "z": [60.0 * unit]}).select(fit.expected_amount(pl.col("x"), pl.col("z")))
        assert amount.item() / unit == pytest.approx(4.0 * (60.0 + 60.0) / (4.0 * 3 + 5.0 - 1), rel=0.05)


def test_few_buyers_and_goods_given_away_fit_nothing():
    few = pl.DataFrame({"purchases": [2] * 49, "total": [10.0] * 49})
    assert fit_spending(few) is None
    free = pl.DataFrame({"purchases": [2] * 80, "total": [0.0] * 80})
    assert fit_spending(free) is None


def test_borders_are_fifths_of_those_who_bought_within_a_year():
    ten = pl.DataFrame(
        {
            "recency_days": [*range(0, 100, 10), 700],
            "baskets_365d": [*range(1, 11), 0],
            "spend_365d": [float(n) for n in range(1, 11)] + [0.0],
        }
    )
    edges = RfmEdges.of(ten)
    assert edges is not None
    scores = [1 + sum(value > border for border in edges.monetary) for value in ten["spend_365d"][:10]]
    assert scores == [1, 1, 1, 2, 2, 3, 4, 4, 5, 5]
    assert edges.recency[-1] < 100
    assert RfmEdges.of(ten.filter(pl.col("baskets_365d") == 0)) is None
