"""Sample paths and the variances behind them: what went in comes out again."""

import numpy as np
import pytest

from training.demand.calibration import bias_factor, calibrate
from training.demand.dispersion import Dispersion, Residuals, fit_dispersion, own_roughness, split_three, split_two
from training.demand.paths import SeriesDemand, sample_paths

TRUTH = np.array([0.3, 0.1, 0.4])


def _drawn(mean: np.ndarray, seed: int = 1) -> np.ndarray:
    size = len(mean)
    variances = np.tile(TRUTH, (size, 1))
    rng = np.random.default_rng(seed)
    demand = SeriesDemand(mean, variances, np.ones(size), np.ones(size, dtype=bool))
    return sample_paths(demand, 1, rng)[:, 0].astype(float)


def _residuals(mean: np.ndarray, units: np.ndarray) -> Residuals:
    none = np.zeros(len(mean), dtype=np.int64)
    return Residuals(mean, units, np.ones_like(units), np.zeros(len(mean)), none, none, none, np.ones_like(mean))


def test_paths_are_counts_with_the_mean_and_the_spread_asked_for() -> None:
    mean = np.full((3, 28), 4.0)
    rng = np.random.default_rng(2)
    demand = SeriesDemand(mean, np.tile(TRUTH, (3, 1)), np.ones(3), np.ones(3, dtype=bool))
    paths = sample_paths(demand, 20_000, rng)
    assert paths.shape == (3, 20_000, 28)
    assert paths.min() >= 0
    assert np.array_equal(paths, np.round(paths))
    assert paths.mean(axis=1) == pytest.approx(mean, rel=0.05)
    of_a_day = 4 + ((1.3 * 1.1 * 1.4) - 1) * 16
    assert paths[:, :, 3].var(axis=1) == pytest.approx(np.full(3, of_a_day), rel=0.08)
    first, last = paths[0, :, 0], paths[0, :, 27]
    assert np.cov(first, last)[0, 1] == pytest.approx(0.3 * 16, rel=0.15), "days of one path share their series' effect"


def test_sums_have_heavier_tails_than_one_gamma_effect_of_the_same_variance() -> None:
    variances = np.tile([0.3, 0.0, 0.0], (500, 1))
    mean = np.full((500, 28), 100.0)
    whole, rng = np.ones(500, dtype=bool), np.random.default_rng(2)
    paths = sample_paths(SeriesDemand(mean, variances, np.ones(500), whole), 400, rng, heavy_tails=True)
    effect = paths.sum(axis=2).ravel() / 2800
    gamma = np.random.default_rng(3).gamma(1 / 0.3, 0.3, effect.size)
    assert effect.mean() == pytest.approx(1, abs=0.01)
    assert effect.var() == pytest.approx(0.3, rel=0.03)
    middle, tail = (np.quantile(effect, q) / np.quantile(gamma, q) for q in ([0.25, 0.75], [0.995]))
    assert middle[0] > 1.1
    assert middle[1] < 0.95
    assert tail[0] > 1.1


def test_goods_not_sold_in_whole_units_keep_their_mean() -> None:
    mean = np.full((1, 7), 0.8)
    rng = np.random.default_rng(3)
    demand = SeriesDemand(mean, TRUTH[None], np.array([1.5]), np.array([False]))
    paths = sample_paths(demand, 20_000, rng)
    assert paths.mean() == pytest.approx(0.8, rel=0.03)
    assert paths.min() >= 0
    assert not np.array_equal(paths, np.round(paths))


def test_variances_come_back_from_residuals() -> None:
    mean = np.random.default_rng(4).gamma(3, 2, (1500, 1)) * np.ones((1, 28))
    found = fit_dispersion([_residuals(mean, _drawn(mean))]).series_variances(mean, np.zeros(len(mean))).mean(axis=0)
    assert found == pytest.approx(TRUTH, abs=0.12)
    total = np.prod(1 + found) - 1
    assert total == pytest.approx(np.prod(1 + TRUTH) - 1, rel=0.15)


def test_few_residuals_give_the_default() -> None:
    mean = np.ones((5, 28))
    assert np.array_equal(fit_dispersion([_residuals(mean, mean)]).rates, Dispersion.default().rates)
    assert fit_dispersion([]).variances.shape == (1, 3, 3)


def test_a_short_horizon_has_two_effects() -> None:
    found = split_two(daily=1.2 * 1.5 - 1, total=1.2 * (1 + 0.5 / 7) - 1, share=1 / 7)
    assert found == pytest.approx([0.2, 0, 0.5])


def test_three_effects_are_solved_exactly() -> None:
    horizon, week, day = TRUTH
    daily = (1 + horizon) * (1 + week) * (1 + day) - 1
    weekly = (1 + horizon) * (1 + week) * (1 + day / 7) - 1
    total = (1 + horizon) * (1 + week / 4) + (1 + horizon) * (1 + week) * day / 28 - 1
    assert split_three(daily, weekly, total, 1 / 7, 1 / 4, 1 / 28) == pytest.approx(TRUTH)


def test_roughness_of_poisson_is_about_nil_and_of_a_constant_negative() -> None:
    counts = np.random.default_rng(6).poisson(5, (1, 4000)).astype(float)
    weight = np.array([4000.0])
    assert own_roughness(counts.sum(1), (counts**2).sum(1), weight)[0] == pytest.approx(0, abs=0.02)
    assert own_roughness(np.array([8.0]), np.array([16.0]), np.array([4.0]))[0] == -0.5
    assert own_roughness(np.zeros(1), np.zeros(1), np.zeros(1))[0] == 0


def test_bias_is_shrunk_and_bounded() -> None:
    mean, units = np.full((10, 4), 1.0), np.full((10, 4), 1.3)
    one = bias_factor([_residuals(mean, units)], 2.0)
    two = bias_factor([_residuals(mean, units)] * 2, 2.0)
    assert 1 < one < two < 1.3
    assert bias_factor([], 2.0) == 1
    assert calibrate([], 0).bias == 1
