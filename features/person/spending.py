"""Gamma-Gamma model: expected spend per purchase day of a buyer, drawn towards that of all buyers.

Fader, Hardie and Lee (2005), "RFM and CLV: using iso-value curves for customer base analysis", Journal of Marketing
Research 42(4); formulas in Fader and Hardie (2013), "The Gamma-Gamma model of monetary value". A buyer's purchases are
worth a gamma-distributed amount (shape p) around a mean of their own, whose rate varies between buyers (gamma q, v).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize
from scipy.special import gammaln

Numbers = npt.NDArray[np.float64]
LEAST_BUYERS = 50
"""Buyers with at least two purchase days; three parameters of fewer are noise. Chosen by judgement, not measured."""
_LOG_BOUND = 9.0
"""Natural logarithm that bounds each parameter (e^-9 to e^9), so that the optimiser stays finite."""


@dataclass(frozen=True)
class Spending:
    """A fitted Gamma-Gamma model; `v` is in money.

    Attributes:
        p: shape of the amounts of one buyer.
        q: shape of the rates between buyers; above 1, so that the mean exists.
        v: scale of the rates, money.
    """

    p: float
    q: float
    v: float

    def log_likelihood(self, purchases: Numbers, mean: Numbers) -> Numbers:
        """Log-likelihood of each buyer's mean amount (equation 1a), for `purchases` amounts above 0."""
        p, q, v, x = self.p, self.q, self.v, purchases
        total: Numbers = (
            gammaln(p * x + q)
            - gammaln(p * x)
            - gammaln(q)
            + q * np.log(v)
            + (p * x - 1) * np.log(mean)
            + p * x * np.log(x)
            - (p * x + q) * np.log(x * mean + v)
        )
        return total

    def expected_amount(self, purchases: pl.Expr, total: pl.Expr) -> pl.Expr:
        """Expected amount of a purchase: p (v + total) / (p x + q - 1) after x purchases (equation 5)."""
        return self.p * (self.v + total) / (self.p * purchases + self.q - 1)


def fit_spending(summary: pl.DataFrame) -> Spending | None:
    """Fits the model by maximum likelihood; None with fewer than 50 buyers of two purchases.

    Args:
        summary: one row per buyer: `purchases` and `total` (money). Rows without a positive amount are left out: goods
            given away or brought back say nothing of the next basket.
    """
    paid = summary.filter(pl.col("purchases") > 0, pl.col("total") > 0)
    if paid.filter(pl.col("purchases") > 1).height < LEAST_BUYERS:
        return None
    purchases = paid["purchases"].cast(pl.Float64).to_numpy()
    mean = paid["total"].to_numpy() / purchases
    # amounts in units of their mean: the same start fits cents and thousands
    unit = float(mean.mean())

    def loss(logs: Numbers) -> float:
        p, excess, v = np.exp(logs)
        return -float(Spending(p, 1 + excess, v).log_likelihood(purchases, mean / unit).mean())

    fit = minimize(loss, np.log([2.0, 2.0, 1.0]), method="L-BFGS-B", bounds=[(-_LOG_BOUND, _LOG_BOUND)] * 3)
    p, excess, v = (float(value) for value in np.exp(fit.x))
    return Spending(p, 1 + excess, v * unit)
