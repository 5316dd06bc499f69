from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.person.repeat_buying import RepeatBuying, fit_repeat_buying
from retail_brain.errors import ImpossibleError

CDNOW_COUNTS = Path(__file__).resolve().parents[2] / "golden" / "cdnow_tenth.csv"
PUBLISHED = RepeatBuying(r=0.243, alpha=4.414, a=0.793, b=2.426)


def one(value: float) -> np.ndarray:
    return np.array([float(value)])


def alive(model: RepeatBuying, repeats: np.ndarray, last: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Probability of not having left, by the paper; the product says it by its own churn risk."""
    odds = model.a / (model.b + repeats - 1) * ((model.alpha + age) / (model.alpha + last)) ** (model.r + repeats)
    return 1 / (1 + np.where(repeats > 0, odds, 0.0))


def test_expected_purchases_are_those_of_the_papers_spreadsheet():
    # Fader, Hardie and Lee, "Implementing the BG/NBD model in Excel" (2005): x = 2, t_x = 30.43, T = 38.86, t = 39
    x, last, age = one(2), one(30.43), one(38.86)
    expected = PUBLISHED.expected_if_alive(39, x, age) * alive(PUBLISHED, x, last, age)
    assert expected[0] == pytest.approx(1.226, abs=0.0005)


def test_expected_purchases_tend_to_the_present_rate():
    week = 1e-4
    rate = (PUBLISHED.r + 4) / (PUBLISHED.alpha + 25)
    assert PUBLISHED.expected_if_alive(week, one(4), one(25.0))[0] / week == pytest.approx(rate, rel=1e-3)


def test_parameters_of_simulated_customers_are_found_again():
    rng = np.random.default_rng(7)
    truth, n, weeks = RepeatBuying(1.2, 6.0, 0.8, 4.0), 6_000, 60.0
    rate, leave = rng.gamma(truth.r, 1 / truth.alpha, n), rng.beta(truth.a, truth.b, n)
    repeats, last = np.zeros(n), np.zeros(n)
    for i in range(n):
        at = rng.exponential(1 / rate[i])
        while at < weeks:
            repeats[i], last[i] = repeats[i] + 1, at
            if rng.random() < leave[i]:
                break
            at += rng.exponential(1 / rate[i])
    found = fit_repeat_buying(pl.DataFrame({"repeats": repeats, "last_weeks": last, "age_weeks": np.full(n, weeks)}))
    assert found.r == pytest.approx(truth.r, rel=0.15)
    assert found.alpha == pytest.approx(truth.alpha, rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(truth.a / (truth.a + truth.b), rel=0.15)


def test_cdnow_gives_the_published_parameters():
    # The tenth of the customers that the paper fits (2,357 people, 39 weeks to 1997-09-30), counted by what the model
    # reads of them. Table 2 of the paper: r = .243, alpha = 4.414, a = .793, b = 2.426, log-likelihood -9,582.4.
    counts = pl.read_csv(CDNOW_COUNTS)
    assert counts["customers"].sum() == 2_357
    people = counts.select(pl.all().repeat_by("customers").explode())
    summary = people.select(
        pl.col("repeats").cast(pl.Float64), last_weeks=pl.col("last_days") / 7, age_weeks=pl.col("age_days") / 7
    )
    model = fit_repeat_buying(summary)
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=0.0015)
    total = model.log_likelihood(*(summary[name].to_numpy() for name in ("repeats", "last_weeks", "age_weeks"))).sum()
    assert total == pytest.approx(-9_582.4, abs=0.1)


def test_too_few_repeat_buyers_are_refused_with_the_count():
    few = pl.DataFrame({"repeats": [1.0, 0.0], "last_weeks": [2.0, 0.0], "age_weeks": [9.0, 9.0]})
    with pytest.raises(ImpossibleError, match="1 customers bought again, wanted at least 20"):
        fit_repeat_buying(few)
