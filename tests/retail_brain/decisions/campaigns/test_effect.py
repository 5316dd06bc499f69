"""Intention to treat with CUPED, and the interval for reading every day."""

import math

import numpy as np
import pytest

from retail_brain.decisions.campaigns.effect import LEAST_PEOPLE, always_valid_reach, estimate


def groups(told: int, held: int) -> np.ndarray:
    return np.arange(told + held) >= told


def test_a_difference_of_means_and_its_interval_by_hand() -> None:
    outcome = np.array([1.0, 0.0] * 50 + [0.0, 0.0, 0.0, 1.0] * 25)
    found = estimate(outcome, groups(100, 100))
    assert found is not None
    assert (found.contacts, found.holdout, found.contact_mean, found.holdout_mean) == (100, 100, 0.5, 0.25)
    error = math.sqrt(0.25 / 99 + 0.1875 / 99)
    assert (found.difference, found.error) == (pytest.approx(0.25), pytest.approx(error))
    # t of 195.97 degrees of freedom is 1.9722
    assert found.high - found.difference == pytest.approx(1.9722 * error, rel=1e-4)
    assert found.is_clear
    assert found.variance_kept == 1.0


def test_small_groups_say_nothing() -> None:
    assert estimate(np.ones(100), groups(100 - LEAST_PEOPLE + 1, LEAST_PEOPLE - 1)) is None
    assert estimate(np.ones(100), groups(100 - LEAST_PEOPLE, LEAST_PEOPLE)) is not None


def test_what_is_known_narrows_the_interval_and_takes_an_unlucky_draw_out() -> None:
    rng = np.random.default_rng(3)
    habit = rng.gamma(1, 2, 4000)
    held = rng.random(4000) < 0.2
    habit[~held] += 0.5  # the contacted happened to be heavier buyers
    outcome = habit + 0.3 * ~held + rng.normal(0, 0.5, 4000)
    plain, known = estimate(outcome, held), estimate(outcome, held, habit[:, None])
    assert plain is not None
    assert known is not None
    assert plain.difference == pytest.approx(0.8, abs=0.2)
    assert known.difference == pytest.approx(0.3, abs=3 * known.error)
    assert known.variance_kept < 0.1
    assert known.error < plain.error / 3


def test_an_outcome_that_nobody_has_is_a_difference_of_nothing() -> None:
    found = estimate(np.zeros(200), groups(100, 100), np.zeros((200, 2)))
    assert found is not None
    assert (found.difference, found.low, found.high, found.is_clear) == (0.0, 0.0, 0.0, False)


def test_the_interval_for_every_day_is_wider_and_narrowest_at_the_planned_look() -> None:
    planned = always_valid_reach(1.0, 1.0)
    assert planned > 1.96
    assert all(always_valid_reach(1.0, other) > planned for other in (0.2, 0.5, 2.0, 5.0))


def test_the_mixture_is_the_published_one() -> None:
    """Howard et al. (2021), equation 14: sqrt((v + rho) log((v + rho) / (rho alpha^2))) at variance v."""
    rho = 4.0 / (2 * math.log(20) + math.log(1 + 2 * math.log(20)))
    wanted = math.sqrt((1 + rho) * math.log((1 + rho) / (rho * 0.05**2)))
    assert always_valid_reach(1.0, 2.0) == pytest.approx(wanted)


def test_reading_every_day_finds_nothing_where_nothing_is() -> None:
    """300 walks of 200 looks without effect: 5 % may leave the interval once; read naively about half would."""
    rng = np.random.default_rng(11)
    walks = rng.normal(0, 1, (300, 200)).cumsum(axis=1)
    errors = np.sqrt(np.arange(1, 201))
    reach = np.array([always_valid_reach(error, errors[-1]) for error in errors])
    assert (np.abs(walks) > reach).any(axis=1).mean() <= 0.05
    assert (np.abs(walks) > 1.96 * errors).any(axis=1).mean() > 0.4
