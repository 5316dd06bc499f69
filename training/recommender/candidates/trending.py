"""Scores recent popularity in the person's store times category affinity, or the segment's lift for new customers."""

import numpy as np
import polars as pl

from training.recommender.config import TrendingConfig
from training.recommender.history import History
from training.recommender.segments import fit_segments
from training.recommender.sparse import CSR, Ints, Scores, csr, keep_top, row_sums, scaled_rows


def category_shares(history: History, attribute: str = "category") -> CSR:
    """Customers x values of an attribute: share of the person's purchase days; empty rows for who never bought."""
    codes, count = history.attribute_codes(attribute)
    days = history.matrix("purchase_days").tocoo()
    affinity = csr(days.row, codes[days.col], days.data, (history.shape[0], count))
    return scaled_rows(affinity, 1.0 / np.maximum(row_sums(affinity), 1e-12))


def popularity(history: History) -> np.ndarray:
    """Share of each product in the chain's recent sales, decayed by days; sums to 1."""
    sales = np.bincount(
        history.store_sales["product"].to_numpy(),
        weights=history.store_sales["sales"].to_numpy(),
        minlength=history.shape[1],
    )
    share: np.ndarray = sales / max(sales.sum(), 1e-12)
    return share


class Trending:
    """Recent sales of the person's store, shrunk towards the chain's, times category affinity.

    Attributes:
        quota: candidates for each customer.
        by_store: stores + 1 x products, share of recent sales; the last row is the whole chain.
    """

    name = "trending"

    def __init__(self, history: History, config: TrendingConfig) -> None:
        self.quota = config.quota
        self._codes, categories = history.attribute_codes("category")
        self._affinity = category_shares(history)
        self._everyone = np.bincount(self._codes, popularity(history), categories)
        self._store_of = _store_codes(history)
        self._segments = fit_segments(history)
        self.by_store = _shrunk_shares(history, config)

    def group_of(self, people: Ints) -> Ints:
        """Number of each person's store and segment: those who never bought score alike within it."""
        group: Ints = self._store_of[people] * self._segments.lift.shape[0] + self._segments.codes[people]
        return group

    def scores(self, people: Ints) -> Scores:
        """Share of the product in the store's recent sales x (the person's affinity to its category / everyone's).

        For somebody who never bought, the affinity is the lift of their segment for the product.
        """
        shares = self.by_store[self._store_of[people]].tocsr()
        row = np.repeat(np.arange(people.size), np.diff(shares.indptr))
        affinity = self._affinity[people].toarray()
        has_bought = affinity.sum(axis=1) > 0
        chain_share = np.maximum(self._everyone, 1e-9)
        categories = self._codes[shares.indices]
        segment_lift = self._segments.lift_of(people[row], shares.indices)
        # a tenth of everyone's share is added: a category never bought is unlikely, not impossible
        category_lift = (affinity[row, categories] + 0.1 * chain_share[categories]) / (1.1 * chain_share[categories])
        lift = np.where(has_bought[row], category_lift, segment_lift)
        shares.data = (shares.data * lift).astype(np.float32)
        return shares


def _store_codes(history: History) -> Ints:
    """Row of each customer in the shares by store; the last row is the chain, for those without a store."""
    stores = pl.DataFrame({"store_id": history.stores}, schema={"store_id": pl.String}).with_row_index("store")
    codes = history.customers.join(stores, on="store_id", how="left", maintain_order="left")["store"]
    return codes.cast(pl.Int64).fill_null(len(history.stores)).to_numpy()


def _shrunk_shares(history: History, config: TrendingConfig) -> CSR:
    """Stores + 1 x products: share of recent sales, shrunk to the chain's, the `depth` greatest of each row."""
    chain_share = popularity(history)
    top_products = np.argsort(-chain_share, kind="stable")[: config.depth]
    top_products = top_products[chain_share[top_products] > 0]
    stores = len(history.stores)
    rows = np.repeat(np.arange(stores + 1), top_products.size)
    columns = np.tile(top_products, stores + 1)
    sales = history.store_sales
    store_sales = csr(
        sales["store"].to_numpy(),
        sales["product"].to_numpy(),
        sales["sales"].to_numpy(),
        (stores + 1, chain_share.size),
    )
    sales_of_store = row_sums(store_sales)
    # the extra row has no sales of its own, so the prior alone makes it the chain
    prior_sales = np.tile(chain_share[top_products], stores + 1) * config.store_shrinkage
    prior = csr(rows, columns, prior_sales, store_sales.shape)
    shares = scaled_rows((store_sales + prior).tocsr(), 1.0 / (sales_of_store + config.store_shrinkage))
    return keep_top(shares, config.depth)
