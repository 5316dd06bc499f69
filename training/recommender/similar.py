"""Finds substitutes: content similarity of products within a category (kind, brand, price) and joint baskets."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from training.recommender.history import ATTRIBUTES
from training.recommender.sparse import CSR, Ints, Reals

_GROUP_LIMIT = 2_000
"""Products of one category that are compared with each other: those that sell most. Chosen by judgement, not
measured."""
_SLAB = 512
"""Products compared at once; bounds the memory."""
_WEIGHTS = dict(zip(ATTRIBUTES, (0.1, 0.3, 0.35, 0.1), strict=True))
"""Weight of each shared attribute in the similarity of two products. Chosen by judgement, not measured."""
_JOINT_WEIGHT = 0.3
"""Weight of being bought in the same baskets. Chosen by judgement, not measured."""


def top_per_product(frame: pl.DataFrame, k: int) -> pl.DataFrame:
    """One row per product_id x rank (from 1): its `k` greatest scores; equals are ordered by other_id."""
    ordered = frame.sort("product_id", "score", "other_id", descending=[False, True, False])
    ranked = ordered.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("product_id").alias("rank"))
    return ranked.filter(pl.col("rank") <= k)


@dataclass(frozen=True)
class Substitutes:
    """Similarity of products as substitutes for each other, 0 to 1.

    Attributes:
        codes: attribute -> code of each product's value, 0 = unknown.
        group: code of each product's category (the department where that is unknown); substitutes share it.
        log_price: log(1 + price) of each product.
        sells: square root of each product's popularity over the greatest, 0 to 1.
        cosine: products x products, shrunk cosine of joint baskets.
    """

    codes: Mapping[str, Ints]
    group: Ints
    log_price: Reals
    sells: Reals
    cosine: CSR

    @classmethod
    def from_products(cls, products: pl.DataFrame, cosine: CSR) -> "Substitutes":
        """Built from one row per product: the attributes, price and popularity."""
        popularity = products["popularity"].to_numpy()
        group = products.select(pl.coalesce("category", "department").fill_null("")).to_series()
        return cls(
            {name: products[name].rank("dense").fill_null(0).cast(pl.Int64).to_numpy() for name in ATTRIBUTES},
            group.rank("dense").cast(pl.Int64).to_numpy(),
            np.log1p(products["price"].fill_null(strategy="mean").fill_null(0).to_numpy()),
            np.sqrt(popularity / max(popularity.max(initial=0), 1e-12)),
            cosine,
        )

    def best(self, members: Ints, k: int) -> tuple[Ints, Ints, Reals]:
        """Codes of product and substitute, and score (0 to 1): the `k` best of each of `members`, all of one group."""
        category_members = np.flatnonzero(self.group == self.group[members[0]])
        comparable = np.sort(category_members[np.argsort(-self.sells[category_members], kind="stable")[:_GROUP_LIMIT]])
        score = self._scores(members, comparable)
        count = min(k, comparable.size)
        top = np.argsort(-score, axis=1, kind="stable")[:, :count]
        rows, columns = np.repeat(members, count), comparable[top.ravel()]
        values = np.take_along_axis(score, top, axis=1).ravel()
        return rows[values > 0], columns[values > 0], values[values > 0]

    def _scores(self, members: Ints, comparable: Ints) -> Reals:
        # small terms first: what sells and what costs alike decide among products that share the same attributes
        score = np.repeat(0.05 * self.sells[comparable][None, :], members.size, axis=0)
        score += 0.1 * np.exp(-np.abs(self.log_price[members][:, None] - self.log_price[comparable][None, :]))
        for name, weight in _WEIGHTS.items():
            codes = self.codes[name][members][:, None]
            score += weight * ((codes == self.codes[name][comparable][None, :]) & (codes > 0))
        score += _JOINT_WEIGHT * self.cosine[members][:, comparable].toarray()
        score[members[:, None] == comparable[None, :]] = -1  # never its own substitute
        return np.asarray(score / (1 + _JOINT_WEIGHT), dtype=np.float64)


def similar_lists(products: pl.DataFrame, cosine: CSR, k: int) -> pl.DataFrame:
    """One row per product x substitute: product_id, other_id, score (0 to 1), rank from 1.

    Args:
        products: product_id, the attributes, price, popularity.
        cosine: products x products, shrunk cosine of joint baskets.
        k: substitutes for each product.
    """
    substitutes = Substitutes.from_products(products, cosine)
    order = np.argsort(substitutes.group, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(substitutes.group[order])) + 1)
    slabs = [group[start : start + _SLAB] for group in groups for start in range(0, group.size, _SLAB)]
    lists = [substitutes.best(members, k) for members in slabs]
    rows, columns, values = (np.concatenate(column) for column in zip(*lists, strict=True))
    ids = products["product_id"]
    return top_per_product(
        pl.DataFrame({"product_id": ids.gather(rows), "other_id": ids.gather(columns), "score": values}), k
    )
