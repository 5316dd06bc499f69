"""Scores products by item-item co-occurrence in baskets: shrunk cosine to what the person bought lately."""

import numpy as np
from scipy import sparse

from training.recommender.candidates.own import decayed_purchases
from training.recommender.config import ItemItemConfig
from training.recommender.history import History
from training.recommender.sparse import (
    CSR,
    DenseScores,
    Ints,
    Scores,
    csr,
    dense_product,
    distinct,
    keep_top,
    scaled_columns,
    scaled_rows,
    strongest_links,
)

_LARGEST_BASKET = 80
"""Products; larger baskets are wholesale and say nothing of what goes together. Chosen by judgement, not measured."""
_SLAB = 4_096
"""Products multiplied at once; bounds the memory."""


def basket_matrix(history: History) -> CSR:
    """Baskets x products, 1 where the product lies in the basket; baskets of 1 or of over 80 products are left out."""
    return baskets_with_buyers(history)[0]


def baskets_with_buyers(history: History) -> tuple[CSR, Ints]:
    """`basket_matrix`, and the code of each basket's buyer, -1 for a stranger."""
    baskets, products = (history.lines[name].to_numpy() for name in ("basket", "product"))
    if baskets.size == 0:
        return csr(baskets, products, np.ones(0), (1, history.shape[1])), np.full(1, -1)
    matrix = csr(baskets, products, np.ones(baskets.size), (int(baskets.max()) + 1, history.shape[1]))
    buyer = np.full(matrix.shape[0], -1, dtype=np.int64)
    buyer[baskets] = history.lines["person"].fill_null(-1).to_numpy()
    size = np.diff(matrix.indptr)
    kept = (size > 1) & (size <= _LARGEST_BASKET)
    return matrix[kept], buyer[kept]


def shrunk_cosine(baskets: CSR, shrinkage: float, neighbours: int) -> CSR:
    """Products x products: shrunk cosine, joint baskets / (sqrt(baskets_i x baskets_j) + shrinkage).

    Each row holds its `neighbours` greatest values; the diagonal is empty, and so are pairs with one joint basket: that
    may be chance. Computed in slabs of products, so that memory is bounded by the stored cells and one slab.
    """
    baskets_of = np.bincount(baskets.indices, minlength=baskets.shape[1]).astype(np.float64)
    by_product = baskets.T.tocsr()
    slabs = []
    for start in range(0, by_product.shape[0], _SLAB):
        joint_baskets = (by_product[start : start + _SLAB] @ baskets).tocsr()
        rows, columns = (
            np.repeat(np.arange(joint_baskets.shape[0]), np.diff(joint_baskets.indptr)),
            joint_baskets.indices,
        )
        cosine = joint_baskets.data / (np.sqrt(baskets_of[rows + start] * baskets_of[columns]) + shrinkage)
        is_pair = (columns != rows + start) & (joint_baskets.data > 1)
        pairs = csr(rows[is_pair], columns[is_pair], cosine[is_pair], joint_baskets.shape)
        slabs.append(keep_top(pairs, neighbours))
    return sparse.vstack(slabs, format="csr") if slabs else by_product @ baskets


class ItemItem:
    """Products that share baskets with what the person bought lately.

    Attributes:
        quota: candidates for each customer.
        similar: products x products, see `shrunk_cosine`.
        recent: customers x products, share of the person's recent purchases, frequent products counting less.
    """

    name = "item_item"

    def __init__(self, history: History, config: ItemItemConfig) -> None:
        self.quota = config.quota
        self.similar = shrunk_cosine(basket_matrix(history), config.shrinkage, config.neighbours)
        recent = decayed_purchases(history, config.half_life_days)
        buyers = np.maximum(np.bincount(recent.indices, minlength=recent.shape[1]), 1)
        recent.data = np.log1p(recent.data)
        total = np.maximum(np.asarray(recent.sum(axis=1)).ravel(), 1e-12)
        # bananas are in every basket and say little of what goes with them: popular products count less
        self.recent = scaled_columns(scaled_rows(recent, 1.0 / total), 1.0 / np.sqrt(np.log1p(buyers)))
        # most products of a large catalogue have no partner: they get no column
        self._partners = distinct(self.similar.indices.astype(np.int64))
        self._similar_partners = self.similar[:, self._partners]
        self._similar_by_partner = self.similar.T.tocsr()

    def partners(self, people: Ints, products: Ints) -> Ints:
        """Product that each person bought and that says most for each product; -1 where none does."""
        block = distinct(people)
        return strongest_links(
            self.recent[block], self._similar_by_partner, np.searchsorted(block, people), products.astype(np.int64)
        )

    def scores(self, people: Ints) -> Scores:
        """Sum over the person's recent products of their share x the cosine."""
        return DenseScores(dense_product(self.recent[people], self._similar_partners), self._partners)
