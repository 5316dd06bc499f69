"""Estimates the effect of a campaign: contacted against held-out people, as they were drawn (intention to treat).

CUPED (Deng, Xu, Kohavi and Walker, 2013) takes out of the outcome what is known from before the contact, by least
squares; it moves no mean and narrows the interval. Reading every day needs an interval that holds at all looks
together: the normal mixture of Robbins (1970), as in Howard, Ramdas, McAuliffe and Sekhon (2021), "Time-uniform,
nonparametric, nonasymptotic confidence sequences".
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from retail_brain.decisions.arrays import Bools, Floats

ALPHA = 0.05
"""One less the coverage of every interval: 95 %, as the trade reads them."""
LEAST_PEOPLE = 30
"""People in each group from which an interval is given: below, the mean of a skewed outcome is not near normal."""


@dataclass(frozen=True)
class Difference:
    """Mean outcome of the contacted less that of the held-out, per person, with what was known before taken out.

    Attributes:
        contacts, holdout: people in each group.
        contact_mean, holdout_mean: plain means of the outcome.
        difference: of the means after CUPED.
        error: its standard error.
        low, high: 95 % interval (Welch), read once.
        variance_kept: variance of the outcome after CUPED over that before, pooled within the groups.
    """

    contacts: int
    holdout: int
    contact_mean: float
    holdout_mean: float
    difference: float
    error: float
    low: float
    high: float
    variance_kept: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def estimate(outcome: Floats, is_held: Bools, known: Floats | None = None) -> Difference | None:
    """The effect per contacted person; None where a group has fewer than `LEAST_PEOPLE`.

    Args:
        outcome: of each person, such as purchases in the days after the contact.
        is_held: who was held out.
        known: people x facts from before the contact, such as past purchases; None for none.

    >>> outcome = np.array([1.0, 0.0] * 30 + [0.0, 0.0, 1.0] * 20)
    >>> found = estimate(outcome, np.arange(120) >= 60)
    >>> round(found.difference, 4), found.is_clear
    (0.1667, False)
    """
    contacts, holdout = int((~is_held).sum()), int(is_held.sum())
    if min(contacts, holdout) < LEAST_PEOPLE:
        return None
    adjusted = outcome - _explained(outcome, is_held, known)
    told, held = adjusted[~is_held], adjusted[is_held]
    parts = told.var(ddof=1) / contacts, held.var(ddof=1) / holdout
    error = math.sqrt(sum(parts))
    difference = float(told.mean() - held.mean())
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (contacts - 1) + parts[1] ** 2 / (holdout - 1)) if error else math.inf
    reach = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * error
    within = _within(outcome, is_held)
    return Difference(
        contacts,
        holdout,
        float(outcome[~is_held].mean()),
        float(outcome[is_held].mean()),
        difference,
        error,
        difference - reach,
        difference + reach,
        _within(adjusted, is_held) / within if within else 1.0,
    )


def always_valid_reach(error: float, planned_error: float) -> float:
    """Half the width of an interval that holds at every look: at all of them together it misses in 5 % of campaigns.

    Args:
        error: standard error of the summed or mean effect now; it grows while purchases come in.
        planned_error: of the last look as it was expected before the first; the interval is narrowest there. It changes
            the width, not the coverage.

    >>> round(always_valid_reach(1.0, 1.0), 2)
    3.04
    """
    # the mixture's variance for which the boundary is tightest at the planned look
    mixture = planned_error**2 / (-2 * math.log(ALPHA) + math.log(1 - 2 * math.log(ALPHA)))
    spread = error**2 + mixture
    return math.sqrt(spread * math.log(spread / (mixture * ALPHA**2)))


def _explained(outcome: Floats, is_held: Bools, known: Floats | None) -> Floats:
    """What the known facts explain of the outcome within the groups, centred over everybody."""
    if known is None or not known.size:
        return np.zeros_like(outcome)
    centred = known - known.mean(axis=0)
    within, target = centred.copy(), outcome.astype(np.float64).copy()
    for group in (is_held, ~is_held):
        within[group] -= within[group].mean(axis=0)
        target[group] -= target[group].mean()
    slope, *_ = np.linalg.lstsq(within, target, rcond=None)
    return np.asarray(centred @ slope)


def _within(values: Floats, is_held: Bools) -> float:
    """Variance within the groups, pooled."""
    squares = sum(float(((values[group] - values[group].mean()) ** 2).sum()) for group in (is_held, ~is_held))
    return squares / (len(values) - 2)
