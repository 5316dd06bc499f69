"""A person's own goods, by purchase days faded with age."""

import numpy as np

from features.person.interactions import decayed_column, visits_column
from training.recommender.config import OwnConfig
from training.recommender.history import History
from training.recommender.sparse import CSR, Ints, Scores, csr


def faded_purchases(history: History, half_life_days: int, half_life_visits: int = 0) -> CSR:
    """Customers x products: purchase days faded with a half-life.

    Args:
        history: what is known.
        half_life_days: taken from the columns of the pairs where it is one of them; otherwise approximated by the
            purchase days spread evenly between the first and the last one.
        half_life_visits: if not 0, one of HALF_LIVES_VISITS: fade with the person's visits and not with days.
    """
    column = visits_column(half_life_visits) if half_life_visits else decayed_column(half_life_days)
    return history.matrix(column) if column in history.pairs.columns else _spread(history, half_life_days)


def _spread(history: History, half_life_days: int) -> CSR:
    bought = history.pairs.filter(history.pairs["purchase_days"] > 0)
    as_of = np.datetime64(history.as_of, "D")
    since_last = (as_of - bought["last_on"].to_numpy()).astype(np.float64)
    since_first = (as_of - bought["first_on"].to_numpy()).astype(np.float64)
    days = bought["purchase_days"].to_numpy()
    rate = np.log(2) / half_life_days
    span = np.maximum((since_first - since_last) * rate, 1e-9)
    mean_weight = np.exp(-since_last * rate) * -np.expm1(-span) / span
    rows, columns = bought["person"].to_numpy(), bought["product"].to_numpy()
    return csr(rows, columns, days * mean_weight, history.shape)


class OwnGoods:
    """What the person buys anyway."""

    name = "own"

    def __init__(self, history: History, config: OwnConfig) -> None:
        self.quota = config.quota
        self._matrix = faded_purchases(history, config.half_life_days, config.half_life_visits)

    def scores(self, people: Ints) -> Scores:
        """Faded purchase days."""
        return self._matrix[people]
