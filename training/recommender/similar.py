"""Substitutes of every product at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from training.recommender.history import ATTRIBUTES
from training.recommender.sparse import CSR, Ints

GROUP_LIMIT = 2_000
"""Products of one category that are compared with each other: those that sell most. Chosen by judgement, not
measured."""
SLAB = 512
"""Products compared at once; bounds the memory."""
WEIGHTS = dict(zip(ATTRIBUTES, (0.1, 0.3, 0.35, 0.1), strict=True))
"""Weight of each shared attribute in the likeness of two products. Chosen by judgement, not measured."""
JOINT_WEIGHT = 0.3
"""Weight of being bought in the same baskets. Chosen by judgement, not measured."""


def best_of_each(frame: pl.DataFrame, k: int) -> pl.DataFrame:
    """The `k` greatest scores of each product_id, with `rank` from 1; equals are ordered by other_id."""
    ordered = frame.sort("product_id", "score", "other_id", descending=[False, True, False])
    ranked = ordered.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("product_id").alias("rank"))
    return ranked.filter(pl.col("rank") <= k)


@dataclass(frozen=True)
class Likeness:
    """How well one product can stand in for another.

    Attributes:
        codes: code of each attribute of each product, 0 = unknown.
        group: code of the category (the department where that is unknown); substitutes are looked for within it.
        log_price: log(1 + price) of each product.
        sells: square root of the popularity over the greatest, 0 to 1.
        together: products x products, strength of joint baskets.
    """

    codes: Mapping[str, Ints]
    group: Ints
    log_price: npt.NDArray[np.float64]
    sells: npt.NDArray[np.float64]
    together: CSR

    @classmethod
    def of(cls, products: pl.DataFrame, together: CSR) -> "Likeness":
        """From product_id, the attributes, price and popularity of each product."""
        popularity = products["popularity"].to_numpy()
        group = products.select(pl.coalesce("category", "department").fill_null("")).to_series()
        return cls(
            {name: products[name].rank("dense").fill_null(0).cast(pl.Int64).to_numpy() for name in ATTRIBUTES},
            group.rank("dense").cast(pl.Int64).to_numpy(),
            np.log1p(products["price"].fill_null(strategy="mean").fill_null(0).to_numpy()),
            np.sqrt(popularity / max(popularity.max(initial=0), 1e-12)),
            together,
        )

    def best(self, members: Ints, k: int) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
        """The `k` best substitutes of products of one group: rows of (product, substitute, score from 0 to 1)."""
        peers = np.flatnonzero(self.group == self.group[members[0]])
        others = np.sort(peers[np.argsort(-self.sells[peers], kind="stable")[:GROUP_LIMIT]])
        score = self._scores(members, others)
        count = min(k, others.size)
        best = np.argsort(-score, axis=1, kind="stable")[:, :count]
        rows, columns = np.repeat(members, count), others[best.ravel()]
        values = np.take_along_axis(score, best, axis=1).ravel()
        return rows[values > 0], columns[values > 0], values[values > 0]

    def _scores(self, members: Ints, others: Ints) -> npt.NDArray[np.float64]:
        score = np.repeat(0.05 * self.sells[others][None, :], members.size, axis=0)
        score += 0.1 * np.exp(-np.abs(self.log_price[members][:, None] - self.log_price[others][None, :]))
        for name, weight in WEIGHTS.items():
            mine = self.codes[name][members][:, None]
            score += weight * ((mine == self.codes[name][others][None, :]) & (mine > 0))
        score += JOINT_WEIGHT * self.together[members][:, others].toarray()
        score[members[:, None] == others[None, :]] = -1
        return np.asarray(score / (1 + JOINT_WEIGHT), dtype=np.float64)


def similar_lists(products: pl.DataFrame, together: CSR, k: int) -> pl.DataFrame:
    """One row per product x substitute: product_id, other_id, score (0 to 1), rank from 1.

    Args:
        products: product_id, the attributes, price, popularity.
        together: products x products, strength of joint baskets.
        k: how many for each product.
    """
    likeness = Likeness.of(products, together)
    order = np.argsort(likeness.group, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(likeness.group[order])) + 1)
    slabs = [group[start : start + SLAB] for group in groups for start in range(0, group.size, SLAB)]
    parts = [likeness.best(members, k) for members in slabs]
    rows, columns, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    ids = products["product_id"]
    return best_of_each(
        pl.DataFrame({"product_id": ids.gather(rows), "other_id": ids.gather(columns), "score": values}), k
    )
