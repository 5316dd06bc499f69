"""What sells of late in the person's store, by the categories they buy; for newcomers by what their like buy."""

import numpy as np
import polars as pl

from training.recommender.config import TrendingConfig
from training.recommender.history import History
from training.recommender.segments import fit_segments
from training.recommender.sparse import CSR, Ints, Scores, csr, keep_top, row_sums, scaled_rows


def category_affinity(history: History, attribute: str = "category") -> CSR:
    """Customers x values of an attribute: share of the person's purchase days; rows of strangers are empty."""
    codes, count = history.attribute_codes(attribute)
    days = history.matrix("purchase_days").tocoo()
    affinity = csr(days.row, codes[days.col], days.data, (history.shape[0], count))
    return scaled_rows(affinity, 1.0 / np.maximum(row_sums(affinity), 1e-12))


def popularity(history: History) -> np.ndarray:
    """Share of each product in the chain's recent sales."""
    sales = np.bincount(
        history.store_sales["product"].to_numpy(),
        weights=history.store_sales["sales"].to_numpy(),
        minlength=history.shape[1],
    )
    share: np.ndarray = sales / max(sales.sum(), 1e-12)
    return share


class Trending:
    """Recent sales of the person's store, shrunk towards the chain's, times category affinity."""

    name = "trending"

    def __init__(self, history: History, config: TrendingConfig) -> None:
        self.quota = config.quota
        self._codes, categories = history.attribute_codes("category")
        self._affinity = category_affinity(history)
        self._everyone = np.bincount(self._codes, popularity(history), categories)
        self._store_of = _store_codes(history)
        self._segments = fit_segments(history)
        self.by_store = _shrunk_shares(history, config)

    def scores(self, people: Ints) -> Scores:
        """Share of the product in the store's recent sales x (the person's affinity to its category / everyone's).

        For somebody who never bought, the affinity is that of the people of their segment to the product.
        """
        rows = self.by_store[self._store_of[people]].tocsr()
        person = np.repeat(np.arange(people.size), np.diff(rows.indptr))
        affinity = self._affinity[people].toarray()
        known = affinity.sum(axis=1) > 0
        usual = np.maximum(self._everyone, 1e-9)
        code = self._codes[rows.indices]
        alike = self._segments.of(people[person], rows.indices)
        lift = np.where(known[person], (affinity[person, code] + 0.1 * usual[code]) / (1.1 * usual[code]), alike)
        rows.data = (rows.data * lift).astype(np.float32)
        return rows


def _store_codes(history: History) -> Ints:
    """Row of each customer in the shares by store; the last row is the chain, for those without a store."""
    place = pl.DataFrame({"store_id": history.stores}, schema={"store_id": pl.String}).with_row_index("store")
    codes = history.customers.join(place, on="store_id", how="left", maintain_order="left")["store"]
    return codes.cast(pl.Int64).fill_null(len(history.stores)).to_numpy()


def _shrunk_shares(history: History, config: TrendingConfig) -> CSR:
    chain = popularity(history)
    best = np.argsort(-chain, kind="stable")[: config.depth]
    best = best[chain[best] > 0]
    stores = len(history.stores)
    rows = np.repeat(np.arange(stores + 1), best.size)
    columns = np.tile(best, stores + 1)
    sales = history.store_sales
    own = csr(
        sales["store"].to_numpy(), sales["product"].to_numpy(), sales["sales"].to_numpy(), (stores + 1, chain.size)
    )
    total = row_sums(own)
    prior = csr(rows, columns, np.tile(chain[best], stores + 1) * config.store_shrinkage, own.shape)
    return keep_top(scaled_rows((own + prior).tocsr(), 1.0 / (total + config.store_shrinkage)), config.depth)
