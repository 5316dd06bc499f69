"""Rivals of the recommender on next baskets, each implemented after its paper (or from implicit), with what to tune.

All work on `Baskets`: lines of (customer, basket number from the first, product). A rival is a function of the baskets
and its parameters to a function of a block of customers to dense scores of every product.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from training.recommender.history import History
from training.recommender.sparse import keep_top

Scorer = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Baskets:
    """Who had what in which basket.

    Attributes:
        people: customer code of each line.
        order: number of the basket from the customer's first, 0-based.
        products: product code.
        count: baskets of each customer.
        shape: customers x products.
    """

    people: np.ndarray
    order: np.ndarray
    products: np.ndarray
    count: np.ndarray
    shape: tuple[int, int]

    @cached_property
    def ever(self) -> sparse.csr_array:
        """Customers x products, 1 where bought."""
        ones = self.weighted(np.ones(self.people.size))
        ones.data[:] = 1
        return ones

    @cached_property
    def joint(self) -> np.ndarray:
        """Customers x customers: number of products that both bought."""
        return (self.ever @ self.ever.T).toarray()

    @cached_property
    def similar(self) -> sparse.csr_array:
        """Products x products: cosine of customers' counts, the best 200 of each row."""
        from implicit.nearest_neighbours import CosineRecommender

        model = CosineRecommender(K=200, num_threads=2)
        model.fit(sparse.csr_matrix(self.weighted(np.ones(self.people.size))), show_progress=False)
        return sparse.csr_array(model.similarity)

    def weighted(self, weight: np.ndarray) -> sparse.csr_array:
        """Customers x products: sum of a weight per line."""
        matrix = sparse.csr_array((weight.astype(np.float32), (self.people, self.products)), shape=self.shape)
        matrix.sum_duplicates()
        return matrix


def baskets_of(transactions: pl.DataFrame, history: History) -> Baskets:
    """The visible baskets in the order of time, coded as in the history."""
    customers, products = pl.Enum(history.customers["customer_id"]), pl.Enum(history.products["product_id"])
    lines = (
        transactions.group_by("customer_id", "transaction_id", "product_id")
        .agg(pl.col("sold_at").max())
        .with_columns(pl.col("sold_at").max().over("customer_id", "transaction_id"))
        .with_columns(pl.struct("sold_at", "transaction_id").rank("dense").over("customer_id").alias("number"))
        .select(
            pl.col("customer_id").cast(customers).to_physical().cast(pl.Int64),
            pl.col("number").cast(pl.Int64) - 1,
            pl.col("product_id").cast(products).to_physical().cast(pl.Int64),
        )
    )
    people, number, goods = (lines[name].to_numpy() for name in lines.columns)
    count = np.zeros(history.shape[0], np.int64)
    np.maximum.at(count, people, number + 1)
    return Baskets(people, number, goods, count, history.shape)


def popularity(baskets: Baskets) -> Scorer:
    """What most baskets hold."""
    everyone = np.bincount(baskets.products, minlength=baskets.shape[1]).astype(np.float32)
    return lambda block: np.repeat(everyone[None, :], block.size, axis=0)


def personal(baskets: Baskets, recent: int) -> Scorer:
    """P-top: the customer's own counts over the last `recent` baskets."""
    inside = baskets.order >= baskets.count[baskets.people] - recent
    own = baskets.weighted(inside.astype(np.float32))
    return lambda block: own[block].toarray()


def gp_top(baskets: Baskets, recent: int) -> Scorer:
    """GP-top: P-top, filled up by popularity."""
    own, everyone = personal(baskets, recent), popularity(baskets)
    return lambda block: own(block) + 0.999 * everyone(block) / (1 + everyone(block).max())


def tifu_knn(baskets: Baskets, r_b: float, r_g: float, groups: int, neighbours: int, alpha: float) -> Scorer:
    """TIFU-KNN (Hu et al., SIGIR 2020): baskets in groups, decayed within and between, mixed with the k nearest."""
    n = baskets.count[baskets.people]
    size = np.maximum(np.ceil(n / groups), 1)
    from_end = n - 1 - baskets.order
    group, inside = from_end // size, from_end % size
    used = np.ceil(n / size)
    vectors = baskets.weighted(r_g**group * r_b**inside / size / used)
    squared = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()

    def scores(block: np.ndarray) -> np.ndarray:
        dot = (vectors[block] @ vectors.T).toarray()
        distance = squared[block][:, None] + squared[None, :] - 2 * dot
        distance[np.arange(block.size), block] = np.inf
        near = np.argpartition(distance, neighbours, axis=1)[:, :neighbours]
        rows = np.repeat(np.arange(block.size), neighbours)
        chosen = sparse.csr_array(
            (np.full(rows.size, 1 / neighbours, np.float32), (rows, near.ravel())), shape=(block.size, vectors.shape[0])
        )
        return alpha * vectors[block].toarray() + (1 - alpha) * (chosen @ vectors).toarray()

    return scores


def up_cf(baskets: Baskets, recent: int, locality: float, asymmetry: float) -> Scorer:
    """UP-CF (Faggioli et al., UMAP 2020): recent popularity per user, by asymmetric cosine to the power of locality."""
    inside = baskets.order >= baskets.count[baskets.people] - recent
    share = inside / np.minimum(baskets.count[baskets.people], recent)
    recently = baskets.weighted(share.astype(np.float32))
    size = np.maximum(np.asarray(baskets.ever.sum(axis=1)).ravel(), 1)

    def scores(block: np.ndarray) -> np.ndarray:
        likeness = baskets.joint[block] / (size[block][:, None] ** asymmetry * size[None, :] ** (1 - asymmetry))
        return np.asarray(likeness**locality @ recently)

    return scores


def item_item(baskets: Baskets, neighbours: int, recent: int) -> Scorer:
    """Item-item cosine over customers' counts (implicit's CosineRecommender), from the goods of the last baskets."""
    similar = keep_top(baskets.similar, neighbours)
    inside = baskets.order >= baskets.count[baskets.people] - recent
    own = baskets.weighted(inside.astype(np.float32))
    return lambda block: (own[block] @ similar).toarray()


def als(baskets: Baskets, factors: int, regularization: float, alpha: float) -> Scorer:
    """Implicit ALS (implicit's AlternatingLeastSquares) on the counts."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=factors, regularization=regularization, alpha=alpha, iterations=10, num_threads=2, random_state=1
    )
    model.fit(sparse.csr_matrix(baskets.weighted(np.ones(baskets.people.size))), show_progress=False)
    return lambda block: model.user_factors[block] @ model.item_factors.T


def bpr(baskets: Baskets, factors: int, learning_rate: float, regularization: float) -> Scorer:
    """BPR matrix factorisation (implicit's BayesianPersonalizedRanking) on the counts."""
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    model = BayesianPersonalizedRanking(
        factors=factors,
        learning_rate=learning_rate,
        regularization=regularization,
        iterations=60,
        num_threads=2,
        random_state=1,
    )
    model.fit(sparse.csr_matrix(baskets.weighted(np.ones(baskets.people.size))), show_progress=False)
    return lambda block: model.user_factors[block] @ model.item_factors.T


@dataclass(frozen=True)
class Rival:
    """A method and the parameters it may be given.

    Attributes:
        make: baskets and parameters to a scorer.
        space: the values of each parameter, the authors' own (or the library's) first.
    """

    make: Callable[..., Scorer]
    space: Mapping[str, list[Any]]

    def settings(self, trials: int, seed: int = 1) -> list[dict[str, Any]]:
        """The authors' own, then others drawn without repetition: at most `trials` in all."""
        every = [dict(zip(self.space, chosen, strict=True)) for chosen in product(*self.space.values())]
        others = np.random.default_rng(seed).permutation(len(every) - 1)[: trials - 1] + 1
        return [every[0], *(every[at] for at in others)]


RECENT = [10_000, 3, 5, 10, 15, 20, 30, 40, 60, 80, 120, 160]

RIVALS: Mapping[str, Rival] = {
    "popularity": Rival(popularity, {}),
    "personal frequency": Rival(personal, {"recent": RECENT}),
    "GP-top": Rival(gp_top, {"recent": RECENT}),
    "TIFU-KNN": Rival(
        tifu_knn,
        {
            "r_b": [0.9, 0.8, 1.0],
            "r_g": [0.7, 0.8, 0.9],
            "groups": [7, 3, 15],
            "neighbours": [300, 100, 600],
            "alpha": [0.7, 0.5, 0.9],
        },
    ),
    "UP-CF": Rival(up_cf, {"recent": [25, 10, 50, 100], "locality": [5, 1, 10, 20], "asymmetry": [0.5, 0.25, 0.75]}),
    "item-item": Rival(item_item, {"neighbours": [20, 50, 200], "recent": [10_000, 40, 10, 3, 1]}),
    "iALS": Rival(
        als, {"factors": [64, 32, 128], "regularization": [0.01, 1.0, 10.0, 50.0], "alpha": [1.0, 5.0, 20.0, 40.0]}
    ),
    "BPR": Rival(
        bpr,
        {"factors": [64, 32, 128], "learning_rate": [0.01, 0.03, 0.1], "regularization": [0.01, 0.03, 0.1]},
    ),
}
"""Name -> the rival; every one gets the same number of trials on the basket before the last."""
