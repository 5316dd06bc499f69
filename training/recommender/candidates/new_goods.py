"""Goods that came in lately, for those who buy their category, brand and price."""

import numpy as np
import polars as pl

from training.recommender.candidates.trending import category_affinity, popularity
from training.recommender.config import NewGoodsConfig
from training.recommender.history import History
from training.recommender.sparse import Ints, Scores, csr


class NewGoods:
    """New goods by affinity; how well they sell breaks ties."""

    name = "new_goods"

    def __init__(self, history: History, config: NewGoodsConfig) -> None:
        self.quota = config.quota
        self._shape = history.shape
        age = (pl.lit(history.as_of) - pl.col("new_on")).dt.total_days()
        first = history.products["new_on"].min()
        fresh = history.products.select((age < config.max_age_days) & (pl.col("new_on") > first)).to_series()
        self._new = np.flatnonzero(fresh.fill_null(value=False).to_numpy())
        self._category, _ = history.attribute_codes("category")
        self._brand, _ = history.attribute_codes("brand")
        self._categories = category_affinity(history, "category")
        self._brands = category_affinity(history, "brand")
        self._price, self._person_price = _log_prices(history)
        self._sales = 1 + popularity(history)[self._new] / max(popularity(history).max(initial=0), 1e-12)

    def scores(self, people: Ints) -> Scores:
        """(category share + half the brand share) x closeness of the price x 1 to 2 for sales so far."""
        new = self._new
        if new.size == 0:
            return csr(new, new, np.empty(0), (people.size, self._shape[1]))
        category = _known(self._categories[people].toarray(), self._category[new])
        brand = _known(self._brands[people].toarray(), self._brand[new])
        apart = self._price[new][None, :] - self._person_price[people][:, None]
        value = (category + 0.5 * brand) * np.exp(-np.square(apart) / 2) * self._sales[None, :]
        rows = np.repeat(np.arange(people.size), new.size)
        scores = csr(rows, np.tile(new, people.size), value.ravel(), (people.size, self._shape[1]))
        scores.eliminate_zeros()
        return scores


def _known(affinity: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Affinity of each person to each good's value; none where the value is unknown (code 0)."""
    return affinity[:, codes] * (codes > 0)


def _log_prices(history: History) -> tuple[np.ndarray, np.ndarray]:
    """Log price of each product (the middle one where unknown) and the mean of what each person buys."""
    price = history.products["price"].to_numpy().astype(np.float64)
    log = np.log1p(np.where(np.isfinite(price), price, np.nan))
    middle = float(np.nanmedian(log)) if np.isfinite(log).any() else 0.0
    log = np.where(np.isnan(log), middle, log)
    days = history.matrix("purchase_days")
    total = np.asarray(days.sum(axis=1)).ravel()
    return log, np.where(total > 0, (days @ log) / np.maximum(total, 1e-12), middle)
