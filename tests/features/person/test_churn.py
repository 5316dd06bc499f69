from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.person.churn import ChurnModel, fit_churn
from features.person.lifecycle import LifecycleRules, fit_churn_of_past

AS_OF = date(2026, 2, 28)


def _examples(rng: np.random.Generator, buyers: int, truth: ChurnModel) -> pl.DataFrame:
    frame = pl.DataFrame({"ratio": rng.uniform(0, 8, buyers), "purchase_days": rng.integers(1, 30, buyers)})
    risk = frame.select(truth.risk(pl.col("ratio"), pl.col("purchase_days"))).to_series().to_numpy()
    return frame.with_columns(is_gone=pl.Series(rng.uniform(size=buyers) < risk))


def test_known_coefficients_are_found_again():
    truth = ChurnModel(-2.0, 0.7, -0.4)
    fit = fit_churn([_examples(np.random.default_rng(1), 20_000, truth)])
    assert fit is not None
    assert (fit.intercept, fit.silence, fit.days) == pytest.approx((-2.0, 0.7, -0.4), abs=0.1)


def test_a_longer_silence_is_never_a_smaller_risk_even_where_the_past_says_so():
    fit = fit_churn([_examples(np.random.default_rng(2), 5_000, ChurnModel(2.0, -0.5, 0.0))])
    assert fit is not None
    assert fit.silence == 0


def test_few_people_or_one_outcome_fit_nothing():
    few = _examples(np.random.default_rng(3), 199, ChurnModel())
    assert fit_churn([few]) is None
    assert fit_churn([]) is None
    alike = pl.DataFrame({"ratio": [1.0] * 500, "purchase_days": [3] * 500, "is_gone": [False] * 500})
    assert fit_churn([alike]) is None


def _chain(people: int, seed: int) -> tuple[pl.DataFrame, dict[str, bool]]:
    """Buyers with a rhythm of 15 to 40 days; half of them leave some day."""
    rng = np.random.default_rng(seed)
    rows, left = [], {}
    for number in range(people):
        name, gap, day = f"p{number}", rng.uniform(15, 40), int(rng.integers(500, 700))
        leaves = int(rng.integers(0, 700)) if rng.random() < 0.5 else -1
        left[name] = leaves >= 0
        while day >= max(leaves, 0):
            rows.append((name, AS_OF - timedelta(days=day)))
            day -= max(1, round(rng.exponential(gap)))
    return pl.DataFrame(rows, schema={"person_id": pl.String, "date": pl.Date}, orient="row").unique(), left


def test_the_risk_fitted_on_the_past_is_the_share_that_does_not_come_back():
    days, _ = _chain(1500, seed=4)
    rules = LifecycleRules(typical_gap_days=27.0)
    then = AS_OF - timedelta(days=120)
    fit = fit_churn_of_past(days.lazy(), then, rules)
    assert fit is not None
    stood = days.filter(pl.col("date") <= then).group_by("person_id").agg(pl.col("date").max(), pl.len().alias("n"))
    came = set(days.filter(pl.col("date") > then, pl.col("date") <= then + timedelta(days=81))["person_id"])
    stood = stood.with_columns(
        ratio=(pl.lit(then) - pl.col("date")).dt.total_days() / 27.0,
        gone=~pl.col("person_id").is_in(list(came)),
    ).with_columns(risk=fit.risk(pl.col("ratio"), pl.col("n")))
    for low, high in ((0.0, 0.2), (0.2, 0.6), (0.6, 1.01)):
        group = stood.filter(pl.col("risk") >= low, pl.col("risk") < high)
        assert group.height > 30
        assert group["risk"].mean() == pytest.approx(group["gone"].mean(), abs=0.15)


def test_what_comes_after_the_day_changes_no_fit():
    days, _ = _chain(400, seed=5)
    cut = AS_OF - timedelta(days=60)
    rules = LifecycleRules()
    later = days.filter(pl.col("date") > cut).with_columns(person_id=pl.lit("p1"))
    whole = pl.concat([days.filter(pl.col("date") <= cut), later]).lazy()
    assert fit_churn_of_past(whole, cut, rules) == fit_churn_of_past(days.lazy(), cut, rules)
