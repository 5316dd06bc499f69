"""Goods that lie in one basket together, shrunk so that one joint basket proves little."""

import numpy as np
from scipy import sparse

from training.recommender.candidates.own import faded_purchases
from training.recommender.config import ItemItemConfig
from training.recommender.history import History
from training.recommender.sparse import CSR, Ints, Scores, csr, keep_top, scaled_columns, scaled_rows

LARGEST_BASKET = 80
"""Products; larger baskets are wholesale and say nothing of what goes together. Chosen by judgement, not measured."""
SLAB = 4_096
"""Products multiplied at once; bounds the memory."""


def basket_matrix(history: History) -> CSR:
    """Baskets x products, 1 where the product lies in the basket; stock-ups above 80 products are left out."""
    baskets = history.lines["basket"].to_numpy()
    products = history.lines["product"].to_numpy()
    if baskets.size == 0:
        return csr(baskets, products, np.ones(0), (1, history.shape[1]))
    matrix = csr(baskets, products, np.ones(baskets.size), (int(baskets.max()) + 1, history.shape[1]))
    size = np.diff(matrix.indptr)
    return matrix[(size > 1) & (size <= LARGEST_BASKET)]


def together(baskets: CSR, shrinkage: float, neighbours: int) -> CSR:
    """Products x products: joint baskets / (sqrt(baskets_i x baskets_j) + shrinkage), the best of each row kept.

    The diagonal is empty. Worked out in slabs of products, so memory is bounded by the kept cells and one slab.
    """
    count = np.bincount(baskets.indices, minlength=baskets.shape[1]).astype(np.float64)
    by_product = baskets.T.tocsr()
    slabs = []
    for start in range(0, by_product.shape[0], SLAB):
        joint = (by_product[start : start + SLAB] @ baskets).tocsr()
        rows = np.repeat(np.arange(joint.shape[0]), np.diff(joint.indptr))
        weight = joint.data / (np.sqrt(count[rows + start] * count[joint.indices]) + shrinkage)
        others = (joint.indices != rows + start) & (joint.data > 1)
        slabs.append(keep_top(csr(rows[others], joint.indices[others], weight[others], joint.shape), neighbours))
    return sparse.vstack(slabs, format="csr") if slabs else by_product @ baskets


class ItemItem:
    """Goods that go with what the person bought lately."""

    name = "item_item"

    def __init__(self, history: History, config: ItemItemConfig) -> None:
        self.quota = config.quota
        self.similar = together(basket_matrix(history), config.shrinkage, config.neighbours)
        recent = faded_purchases(history, config.half_life_days)
        bought = np.maximum(np.bincount(recent.indices, minlength=recent.shape[1]), 1)
        recent.data = np.log1p(recent.data)
        totals = np.maximum(np.asarray(recent.sum(axis=1)).ravel(), 1e-12)
        self.recent = scaled_columns(scaled_rows(recent, 1.0 / totals), 1.0 / np.sqrt(np.log1p(bought)))

    def scores(self, people: Ints) -> Scores:
        """Sum over the person's recent goods of what goes with them."""
        return (self.recent[people] @ self.similar).tocsr()
