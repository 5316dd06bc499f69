"""Measures how well a ranking finds the people whom a contact moves, by those held out at random.

Radcliffe, N. (2007): Using control groups to target on predicted lift. Direct Marketing Analytics Journal, 14-21.
"""

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Bools, Floats


def qini_curve(score: npt.ArrayLike, outcome: npt.ArrayLike, treated: Bools) -> Floats:
    """Outcomes that contacting the best n people causes, for n = 0, 1, ... all of them.

    It is the outcomes of the contacted among them, less those of the held-out times the ratio of the two groups.

    Args:
        score: the highest is contacted first; ties keep their order.
        outcome: of each person.
        treated: who was contacted; the others were held out at random.

    >>> qini_curve([3, 2, 1, 0], [1, 0, 1, 1], np.array([True, False, True, False]))
    array([0., 1., 1., 2., 1.])
    """
    order = np.argsort(-np.asarray(score, dtype=np.float64), kind="stable")
    is_treated, seen = np.asarray(treated, dtype=bool)[order], np.asarray(outcome, dtype=np.float64)[order]
    told, held = np.cumsum(is_treated), np.cumsum(~is_treated)
    gained = np.cumsum(seen * is_treated) - np.cumsum(seen * ~is_treated) * told / np.maximum(held, 1)
    return np.concatenate([[0.0], gained])


def qini(score: npt.ArrayLike, outcome: npt.ArrayLike, treated: Bools) -> float:
    """Area between the curve and the straight line of a random order, per person squared: 0 is random, more is better.

    Args:
        score: as of `qini_curve`.
        outcome: of each person.
        treated: who was contacted.
    """
    curve = qini_curve(score, outcome, treated)
    people = len(curve) - 1
    if people == 0:
        return 0.0
    line = curve[-1] * np.arange(people + 1) / people
    return float((curve - line)[1:].sum() / people**2)


def uplift_at(score: npt.ArrayLike, outcome: npt.ArrayLike, treated: Bools, share: float) -> float:
    """Mean outcome of the contacted less that of the held-out, among the best share of the people.

    NaN where one of the groups is empty there.

    Args:
        score: as of `qini_curve`.
        outcome: of each person.
        treated: who was contacted.
        share: of the people, above 0 and up to 1.
    """
    scores = np.asarray(score, dtype=np.float64)
    best = np.argsort(-scores, kind="stable")[: max(1, round(share * len(scores)))]
    is_treated, seen = np.asarray(treated, dtype=bool)[best], np.asarray(outcome, dtype=np.float64)[best]
    if is_treated.all() or not is_treated.any():
        return float("nan")
    return float(seen[is_treated].mean() - seen[~is_treated].mean())
