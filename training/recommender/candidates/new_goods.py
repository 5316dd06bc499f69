"""Scores new products by content: the person's affinity to their category, brand and price.

Nobody has bought them yet, so that no collaborative source can propose them.
"""

import numpy as np
import polars as pl

from training.recommender.candidates.trending import category_shares, popularity
from training.recommender.config import NewGoodsConfig
from training.recommender.history import History
from training.recommender.sparse import DenseScores, Ints, Scores, csr


class NewGoods:
    """New products by affinity, the better sellers among equals first."""

    name = "new_goods"

    def __init__(self, history: History, config: NewGoodsConfig) -> None:
        self.quota = config.quota
        self._shape = history.shape
        age = (pl.lit(history.as_of) - pl.col("new_on")).dt.total_days()
        # what was sold on the first day of the data is not known to be new
        data_begins = history.products["new_on"].min()
        is_new = history.products.select((age < config.max_age_days) & (pl.col("new_on") > data_begins)).to_series()
        self._new = np.flatnonzero(is_new.fill_null(value=False).to_numpy())
        self._category, _ = history.attribute_codes("category")
        self._brand, _ = history.attribute_codes("brand")
        self._categories = category_shares(history, "category")
        self._brands = category_shares(history, "brand")
        self._price, self._person_price = _log_prices(history)
        self._sales = 1 + popularity(history)[self._new] / max(popularity(history).max(initial=0), 1e-12)

    def scores(self, people: Ints) -> Scores:
        """(category share + half the brand share) x closeness of the log price x 1 to 2 for sales so far."""
        new = self._new
        if new.size == 0:
            return csr(new, new, np.empty(0), (people.size, self._shape[1]))
        category = _affinity_to(self._categories[people].toarray(), self._category[new])
        brand = _affinity_to(self._brands[people].toarray(), self._brand[new])
        distance = (self._price[new][None, :] - self._person_price[people][:, None]).astype(np.float32)
        value = (category + 0.5 * brand) * np.exp(-np.square(distance) / 2) * self._sales.astype(np.float32)[None, :]
        return DenseScores(value, new)


def _affinity_to(affinity: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """People x products: affinity of each person to each product's value; 0 where the value is unknown (code 0)."""
    return affinity[:, codes] * (codes > 0)


def _log_prices(history: History) -> tuple[np.ndarray, np.ndarray]:
    """log(1 + price) of each product (the median where unknown), and the mean over each person's purchase days."""
    price = history.products["price"].to_numpy().astype(np.float64)
    log_price = np.log1p(np.where(np.isfinite(price), price, np.nan))
    median = float(np.nanmedian(log_price)) if np.isfinite(log_price).any() else 0.0
    log_price = np.where(np.isnan(log_price), median, log_price)
    purchase_days = history.matrix("purchase_days")
    days_of_person = np.asarray(purchase_days.sum(axis=1)).ravel()
    mean_of_person = (purchase_days @ log_price) / np.maximum(days_of_person, 1e-12)
    return log_price, np.where(days_of_person > 0, mean_of_person, median)
