"""Effects that series have in common: found in residuals, drawn alike for every store, and right in totals."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from training.demand.common_effects import PRIOR_VARIANCE, CommonEffects, codes, fit_common_effects
from training.demand.dispersion import Residuals
from training.demand.paths import CommonFactors, SeriesDemand, sample_paths
from training.demand.total_scores import TotalScores

STORES = [f"S{number}" for number in range(12)]
DEPARTMENTS = ["dry", "fresh", "frozen"]
OWN = np.array([0.2, 0.0, 0.3])
COMMON = CommonEffects(np.array([[0, 0.02, 0.01], [0.04, 0, 0], [0.06, 0, 0.02], [0.05, 0, 0]]))


def _series(each: int) -> pl.DataFrame:
    pairs = [(store, department) for store in STORES for department in DEPARTMENTS for _ in range(each)]
    return pl.DataFrame(pairs, schema=["store_id", "department"], orient="row")


def _drawn(series: pl.DataFrame, mean: np.ndarray, seed: int, count: int = 1) -> np.ndarray:
    size = series.height
    groups = series.unique(maintain_order=True)
    factors = COMMON.draw(groups["store_id"].to_list(), groups["department"].to_list(), count, mean.shape[1], seed)
    own = np.tile(OWN, (size, 1))
    common = CommonFactors(np.repeat(np.arange(groups.height), size // groups.height), factors)
    rng = np.random.default_rng(seed)
    return sample_paths(SeriesDemand(mean, own, np.ones(size), np.ones(size, dtype=bool)), count, rng, common)


def _residuals(seed: int, each: int = 15) -> Residuals:
    series = _series(each)
    mean = np.full((series.height, 28), 3.0)
    units = _drawn(series, mean, seed)[:, 0].astype(np.float64)
    names = (codes(series[name]) for name in ("store_id", "department", "department"))
    return Residuals(mean, units, np.ones_like(units), np.zeros(len(mean)), *names, np.ones_like(mean))


def test_common_variances_come_back_from_the_products_of_errors() -> None:
    found = fit_common_effects([_residuals(seed) for seed in range(30)]).variances
    total = found.sum(axis=1)
    assert total == pytest.approx(COMMON.variances.sum(axis=1), abs=0.03)
    assert found.sum(axis=0) == pytest.approx(COMMON.variances.sum(axis=0), abs=0.04)


def test_independent_series_share_almost_nothing() -> None:
    rng = np.random.default_rng(1)
    parts = []
    for residuals in (_residuals(seed) for seed in range(3)):
        units = rng.poisson(residuals.mean).astype(np.float64)
        parts.append(replace(residuals, units=units))
    assert fit_common_effects(parts).variances.sum() < 0.002 + PRIOR_VARIANCE


def test_nothing_is_common_without_forecasts_of_the_past() -> None:
    assert not fit_common_effects([]).variances.any()
    few = np.ones((3, 28))
    none = np.zeros(3, dtype=np.int64)
    assert not fit_common_effects([Residuals(few, few, few, np.zeros(3), none, none, none, few)]).variances.any()


def test_a_group_has_the_same_factors_whichever_store_is_drawn() -> None:
    together = COMMON.draw(["S1", "S2"], ["dry", "fresh"], 50, 28, seed=4)
    alone = COMMON.draw(["S2"], ["fresh"], 50, 28, seed=4)
    assert np.array_equal(together[1:], alone)
    assert not np.array_equal(together[0], together[1])


def test_own_and_common_variance_multiply_to_what_a_series_had() -> None:
    variances = np.array([[0.3, 0.1, 0.4], [0.0, 0.0, 0.0]])
    both = (1 + COMMON.own(variances)[0]) * np.prod(1 + COMMON.variances, axis=0) - 1
    assert both == pytest.approx(variances[0])
    assert not COMMON.own(variances)[1].any()


def test_totals_have_the_spread_that_their_common_effects_give() -> None:
    series, count = _series(15), 200
    mean = np.full((series.height, 14), 3.0)
    paths = _drawn(series, mean, seed=5, count=count)
    covered = []
    for seed in range(30):
        totals = TotalScores()
        units = _drawn(series, mean, 100 + seed)[:, 0]
        totals.add(series, mean, paths, units, np.ones_like(units, dtype=bool))
        covered.append(totals.scores(date(2025, 1, 1), [0.1, 0.25, 0.5, 0.75, 0.9]))
    found = pl.concat(covered).group_by("total", "periods").agg(pl.col("coverage_80").mean())
    assert found.height == 8
    assert found.filter(pl.col("total").is_in(["store", "store_department"]))[
        "coverage_80"
    ].to_numpy() == pytest.approx(0.8, abs=0.06)


def test_totals_leave_out_what_is_not_known() -> None:
    series = pl.DataFrame({"store_id": ["A", "A", "B"], "department": ["d", "e", "d"]})
    mean, units = np.full((3, 7), 2.0), np.full((3, 7), 2.0)
    known = np.ones((3, 7), dtype=bool)
    known[1, 3] = False
    totals = TotalScores()
    totals.add(series, mean, np.full((3, 4, 7), 2.0, dtype=np.float32), units, known)
    found = totals.scores(date(2025, 1, 1), [0.1, 0.9])
    assert found["coverage_80"].to_list() == [1.0] * 8
    assert found["bias"].to_list() == [0.0] * 8
    assert found.filter(periods=1)["rows"].to_list() == [7, 14, 14, 21]
