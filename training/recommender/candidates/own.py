"""Scores repeat purchases: a person's own products by exponentially decayed purchase days."""

import numpy as np
import polars as pl

from features.person.interactions import decayed_column, visits_column
from training.recommender.config import OwnConfig
from training.recommender.history import History
from training.recommender.sparse import CSR, Ints, Scores, csr


def decayed_purchases(history: History, half_life_days: int, half_life_visits: int = 0) -> CSR:
    """Customers x products: exponentially decayed purchase days.

    Args:
        history: purchases up to a day.
        half_life_days: taken from the columns of the pairs where it is one of them; otherwise approximated by the
            purchase days spread evenly between the first and the last one.
        half_life_visits: if not 0, one of HALF_LIVES_VISITS: decay by the person's visits and not by days.
    """
    column = visits_column(half_life_visits) if half_life_visits else decayed_column(half_life_days)
    return history.matrix(column) if column in history.pairs.columns else _spread(history, half_life_days)


def _spread(history: History, half_life_days: int) -> CSR:
    purchased = history.pairs.filter(history.pairs["purchase_days"] > 0)
    as_of = np.datetime64(history.as_of, "D")
    since_last = (as_of - purchased["last_on"].to_numpy()).astype(np.float64)
    since_first = (as_of - purchased["first_on"].to_numpy()).astype(np.float64)
    purchase_days = purchased["purchase_days"].to_numpy()
    # the mean of exp(-rate x age) over ages spread evenly from `since_last` to `since_first`
    rate = np.log(2) / half_life_days
    decay_over_span = np.maximum((since_first - since_last) * rate, 1e-9)
    mean_decay = np.exp(-since_last * rate) * -np.expm1(-decay_over_span) / decay_over_span
    rows, columns = (purchased[name].cast(pl.Int64).to_numpy() for name in ("person", "product"))
    return csr(rows, columns, purchase_days * mean_decay, history.shape)


class RepeatPurchases:
    """The person's own products, the most and latest bought first."""

    name = "own"

    def __init__(self, history: History, config: OwnConfig) -> None:
        self.quota = config.quota
        self._matrix = decayed_purchases(history, config.half_life_days, config.half_life_visits)

    def scores(self, people: Ints) -> Scores:
        """Decayed purchase days; 0 for products never bought."""
        return self._matrix[people]
