"""BG/NBD model: expected purchases of people who are still customers.

Fader, Hardie and Lee (2005), "Counting your customers the easy way", Marketing Science 24(2). A customer buys at random
at a rate that varies between customers (gamma r, alpha) and after each purchase leaves for good with a probability that
varies too (beta a, b).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

from retail_brain.errors import ImpossibleError

Numbers = npt.NDArray[np.float64]
MIN_REPEAT_BUYERS = 20
"""Customers who bought again; the four parameters of BG/NBD mean nothing with fewer. Chosen by judgement, not
measured."""
_LOG_BOUND = 9.0
"""Natural logarithm that bounds each parameter (e^-9 to e^9), so that the optimiser stays finite."""


@dataclass(frozen=True)
class RepeatBuying:
    """A fitted BG/NBD model; time is in weeks.

    Attributes:
        r: shape of the purchase rates.
        alpha: scale of the purchase rates, weeks.
        a: first parameter of the probability of leaving.
        b: second parameter of the probability of leaving.
    """

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, repeats: Numbers, last: Numbers, age: Numbers) -> Numbers:
        """Log-likelihood of each customer.

        Args:
            repeats: purchases after the first.
            last: weeks from the first to the last purchase.
            age: weeks from the first purchase to the end of observation.
        """
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        buys = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
        stays = gammaln(a + b) + gammaln(b + repeats) - gammaln(b) - gammaln(a + b + repeats)
        alive = -(r + repeats) * np.log(alpha + age)
        # np.where computes both branches: the floor keeps the log of those without repeats defined
        gone = np.where(
            repeats > 0, np.log(a / np.maximum(b + repeats - 1, 1e-12)) - (r + repeats) * np.log(alpha + last), -np.inf
        )
        total: Numbers = buys + stays + np.logaddexp(alive, gone)
        return total

    def expected_if_alive(self, weeks: float, repeats: Numbers, age: Numbers) -> Numbers:
        """Expected purchases in the next `weeks` weeks of somebody who has not left.

        Equation 10 without the probability of having left, rearranged so that it does not overflow.

        Args:
            weeks: length of the time ahead.
            repeats: purchases after the first.
            age: weeks from the first purchase to now.
        """
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        share = weeks / (alpha + age + weeks)
        # the formula divides by a - 1, and its limit is finite: step aside
        near = a if abs(a - 1) > 1e-6 else 1 + 1e-6
        series = hyp2f1(near + b - 1 - r, near - 1, near + b + repeats - 1, share)
        active = (near + b + repeats - 1) / (near - 1) * (1 - (1 - share) ** (near - 1) * series)
        expected: Numbers = np.maximum(active, 0)
        return expected


def fit_repeat_buying(summary: pl.DataFrame) -> RepeatBuying:
    """Fits the model by maximum likelihood.

    Args:
        summary: one row per customer, columns `repeats` (purchases after the first), `last_weeks` (first to last
            purchase) and `age_weeks` (first purchase to the end of observation).

    Raises:
        ImpossibleError: fewer than 20 customers bought again.
    """
    again = summary.filter(pl.col("repeats") > 0).height
    if again < MIN_REPEAT_BUYERS:
        raise ImpossibleError(
            f"repeat buying cannot be fitted: {again} customers bought again, wanted at least {MIN_REPEAT_BUYERS}. "
            "Bring a longer history."
        )
    # customers with equal histories have equal likelihoods: one weighted row stands for all of them
    cells = summary.group_by("repeats", "last_weeks", "age_weeks").len().sort("repeats", "last_weeks", "age_weeks")
    repeats, last, age, weight = (cells[name].cast(pl.Float64).to_numpy() for name in cells.columns)

    def loss(logs: Numbers) -> float:
        # over logarithms, which keep all four parameters positive without a constraint
        model = RepeatBuying(*np.exp(logs))
        return -float((weight * model.log_likelihood(repeats, last, age)).sum() / weight.sum())

    rate = max(float((weight * repeats).sum() / max((weight * age).sum(), 1e-9)), 1e-6)
    # two starts, with many and with few customers who leave: from one alone the optimiser may stop at a local optimum
    starts = [np.log([r, r / rate, a, b]) for r, a, b in ((0.5, 1.0, 3.0), (1.0, 0.1, 5.0))]
    bounds = [(-_LOG_BOUND, _LOG_BOUND)] * 4
    fits = [minimize(loss, np.clip(start, -8, 8), method="L-BFGS-B", bounds=bounds) for start in starts]
    best = min(fits, key=lambda fit: float(fit.fun))
    r, alpha, a, b = (float(value) for value in np.exp(best.x))
    return RepeatBuying(r, alpha, a, b)
