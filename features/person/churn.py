"""Churn risk of buyers: the probability of no purchase within the silence that their own rhythm allows.

A logistic regression on the silence in usual gaps and on the number of purchase days, fitted on the past of the same
chain: how often did people who stood like this some time ago not come back within the silence allowed to them?
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize
from scipy.special import expit

Numbers = npt.NDArray[np.float64]
LEAST_EXAMPLES = 200
"""Buyers of the past without whom nothing is fitted: three coefficients of fewer are noise. By judgement."""
_RIDGE = 1.0
"""Weight of the squared coefficients, in examples: they stay finite where silence tells perfectly who comes back."""


@dataclass(frozen=True)
class ChurnModel:
    """A logistic regression: log-odds = intercept + silence x r + days x ln(n) after r usual gaps and n purchase days.

    The defaults are what follows where purchases are a Poisson process that ends after each purchase with probability
    p = 0.05: log-odds ln(p / (1 - p)) + r.

    Attributes:
        intercept: log-odds on the day of a first purchase.
        silence: per usual gap of silence; not below 0, so that a longer silence is never a smaller risk.
        days: per logarithm of the number of purchase days.
    """

    intercept: float = math.log(0.05 / 0.95)
    silence: float = 1.0
    days: float = 0.0

    def risk(self, ratio: pl.Expr, purchase_days: pl.Expr) -> pl.Expr:
        """Probability of no purchase within the allowed silence, from 0 to 1.

        Args:
            ratio: days of silence / usual gap in days.
            purchase_days: days with a purchase so far.
        """
        odds = self.intercept + self.silence * ratio + self.days * purchase_days.cast(pl.Float64).log()
        return 1 / (1 + (-odds).exp())


def fit_churn(examples: Sequence[pl.DataFrame]) -> ChurnModel | None:
    """Fits the model by penalised maximum likelihood; None with fewer than 200 examples or only one outcome.

    Args:
        examples: one row per person as they stood on a past day: `ratio`, `purchase_days` and `is_gone`, whether no
            purchase came within the silence allowed then.
    """
    if not examples:
        return None
    # sorted: a sum of floats depends on the order, and the same people must give the same model to the last bit
    frame = pl.concat(examples).sort("ratio", "purchase_days", "is_gone")
    gone = frame["is_gone"].to_numpy().astype(np.float64)
    if len(gone) < LEAST_EXAMPLES or gone.min() == gone.max():
        return None
    purchase_days = frame["purchase_days"].cast(pl.Float64).to_numpy()
    columns = np.column_stack([np.ones(len(gone)), frame["ratio"].to_numpy(), np.log(purchase_days)])

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        odds = columns @ weights
        value = float(np.logaddexp(0, odds).sum() - gone @ odds + _RIDGE * weights @ weights / 2)
        return value, columns.T @ (expit(odds) - gone) + _RIDGE * weights

    start = np.array([float(np.log(gone.mean() / (1 - gone.mean()))), 1.0, 0.0])
    fit = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(None, None), (0, None), (None, None)])
    return ChurnModel(*(float(value) for value in fit.x))
