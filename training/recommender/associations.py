"""Mines product associations: substitutes by similarity, complements by joint baskets beyond their buyers' habits.

A bundle stores them, because the service answers `/similar` and `/complete_basket`, and ranks for people known by one
event, without the receipts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse

from retail_brain.dataset import Dataset
from retail_brain.errors import ModelError, NotFoundError
from training.recommender.candidates.item_item import baskets_with_buyers, shrunk_cosine
from training.recommender.candidates.trending import popularity
from training.recommender.config import RecommenderConfig
from training.recommender.history import ATTRIBUTES, build_history
from training.recommender.similar import Substitutes, similar_lists, top_per_product
from training.recommender.sparse import CSR, Ints, Reals, csr, keep_top, row_maxima, scaled_rows

HABIT_BASKETS = 2.0
"""Baskets of the chain's share that count beside a buyer's own. Sample chain, true complements found among as many:
.675, .659, .563 with 2, 5, 20."""
_CALLING_BASKETS = 20.0
"""Baskets added to those with the product that calls, so that a few joint baskets of rare goods do not come first.
Chosen by judgement: Complete Journey, mean reciprocal rank of a hidden good .0406 with it, .0412 without."""
_HABIT_SLAB = 512
"""Products whose joint baskets by habit are computed at once: most products share a buyer, so a row is nearly full."""

_GOODS_COLUMNS = ("product_id", "name", *ATTRIBUTES, "price", "popularity")
"""Columns that goods.parquet of a bundle must have; further ones do no harm."""


@dataclass(frozen=True)
class Associations:
    """Products with the strength of their associations.

    Attributes:
        products: one row per product, sorted by product_id: product_id, name, the attributes, price and popularity
            (share of recent sales).
        cosine: products x products, shrunk cosine of joint baskets, the greatest of each row.
        lifts: products x products of different subcategories, joint baskets beyond their buyers' habits (shrunk lift in
            bundles of older versions), the greatest of each row, scaled to the size of `cosine` and at most 1.
    """

    products: pl.DataFrame
    cosine: CSR
    lifts: CSR

    def code(self, product_id: str) -> int:
        """Row number of a product.

        Raises:
            NotFoundError: the product was unknown when the model was fitted.
        """
        # rows are sorted by id, as the codes of the history
        row = self.products["product_id"].search_sorted(product_id)
        if row >= self.products.height or self.products["product_id"][row] != product_id:
            raise NotFoundError(
                f"product {product_id!r} is unknown to the recommender; it knows {self.products.height} products "
                "that were sold, looked at or launched lately. Check the id, or train again."
            )
        return int(row)

    def similar(self, product_id: str, k: int = 10) -> pl.DataFrame:
        """Substitutes of a product, one row each, the best first: product_id, rank, score (0 to 1), reason.

        Products of the same category (the department where that is unknown), the nearer in kind, brand and price the
        better; those often bought together and those that sell count a little more.

        Args:
            product_id: the product.
            k: substitutes at most.

        Raises:
            NotFoundError: the product is unknown.
        """
        row = self.code(product_id)
        _, substitutes, score = Substitutes.from_products(self.products, self.cosine).best(np.array([row]), k)
        reasons = [self._similar_reason(row, int(other)) for other in substitutes]
        return pl.DataFrame(
            {
                "product_id": self.products["product_id"].gather(substitutes),
                "rank": np.arange(1, substitutes.size + 1, dtype=np.int32),
                "score": score,
                "reason": pl.Series(reasons, dtype=pl.String),
            }
        )

    def complete_basket(self, product_ids: Sequence[str], k: int = 10) -> pl.DataFrame:
        """Complements of a basket, one row each, the best first: product_id, rank, score, reason (`goes_with:PRODUCT`).

        The score is the sum of the lifts over the basket. Never what is in the basket, nor its substitutes (the same
        subcategory). Unknown products are passed over.

        Args:
            product_ids: products in the basket.
            k: complements at most.
        """
        basket = self.products["product_id"].is_in(list(product_ids)).arg_true().to_numpy()
        lifts = self.lifts[basket].toarray() if basket.size else np.zeros((0, self.products.height))
        total_lift = lifts.sum(axis=0)
        total_lift[basket] = 0
        subcategories = self.products["subcategory"].gather(basket).drop_nulls().unique()
        total_lift[self.products["subcategory"].is_in(subcategories.implode()).fill_null(value=False).to_numpy()] = 0
        top = np.argsort(-total_lift, kind="stable")[:k]
        top = top[total_lift[top] > 0]
        partner = self.products["product_id"].gather(basket[lifts[:, top].argmax(axis=0)] if top.size else [])
        return pl.DataFrame(
            {
                "product_id": self.products["product_id"].gather(top),
                "rank": np.arange(1, top.size + 1, dtype=np.int32),
                "score": total_lift[top].astype(np.float64),
                "reason": pl.Series([f"goes_with:{name}" for name in partner], dtype=pl.String),
            }
        )

    def similar_lists(self, k: int = 20) -> pl.DataFrame:
        """`similar` for every product: one row per product x rank (from 1): product_id, other_id, score, rank.

        Substitutes come from the category (the department where that is unknown), among its 2,000 best sellers.
        """
        return similar_lists(self.products, self.cosine, k)

    def complement_lists(self, k: int = 20) -> pl.DataFrame:
        """Complements of every product: one row per product x rank (from 1): product_id, other_id, score, rank."""
        cells = self.lifts.tocoo()
        ids = self.products["product_id"]
        columns = {"product_id": ids.gather(cells.row), "other_id": ids.gather(cells.col)}
        return top_per_product(pl.DataFrame(columns | {"score": cells.data.astype(np.float64)}), k)

    def _similar_reason(self, row: int, other: int) -> str:
        for name in ("subcategory", "category", "brand", "department"):
            value = self.products[name][row]
            if value is not None and value == self.products[name][other]:
                return f"same_{name}:{value}"
        return f"goes_with:{self.products['product_id'][row]}"

    def save(self, folder: Path) -> None:
        """Writes goods.parquet, together.npz and lifts.npz into an existing folder."""
        self.products.write_parquet(folder / "goods.parquet")
        for file, matrix in (("together", self.cosine), ("lifts", self.lifts)):
            arrays = {name: getattr(matrix, name) for name in ("data", "indices", "indptr")}
            np.savez_compressed(folder / f"{file}.npz", **arrays)

    @classmethod
    def load(cls, folder: Path) -> "Associations":
        """Reads what `save` wrote.

        Raises:
            ModelError: a file is missing or damaged.
        """
        try:
            products = pl.read_parquet(folder / "goods.parquet")
            missing = [name for name in _GOODS_COLUMNS if name not in products.columns]
            if missing:
                raise ModelError(f"the goods in {folder} lack the columns {missing}. Train and promote a new model.")
            return cls(products, *(_read(folder / f"{name}.npz", products.height) for name in ("together", "lifts")))
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError) as error:
            raise ModelError(f"the goods in {folder} cannot be read: {error}. Train and promote again.") from error


def fit_associations(dataset: Dataset, as_of: date, config: RecommenderConfig) -> Associations:
    """Associations of the products by the receipts up to the end of `as_of`.

    Args:
        dataset: needs `transactions`; `products` adds the attributes.
        as_of: last visible day.
        config: shrinkage and number of neighbours.

    Raises:
        DataError: no purchase names a customer.
    """
    history = build_history(dataset, as_of, config)
    products = history.products.select("product_id", "name", *ATTRIBUTES, "price")
    baskets, buyer = baskets_with_buyers(history)
    cosine = shrunk_cosine(baskets, config.item_item.shrinkage, config.item_item.neighbours)
    subcategory, _ = history.attribute_codes("subcategory")
    lifts = complement_strength(baskets, buyer, subcategory.astype(np.int64), config.item_item.neighbours)
    # on the scale of the cosine, which the weights of live ranking were set for
    lifts.data *= _mean_greatest(cosine) / max(_mean_greatest(lifts), 1e-12)
    np.minimum(lifts.data, 1, out=lifts.data)
    return Associations(products.with_columns(pl.Series("popularity", popularity(history))), cosine, lifts)


@dataclass(frozen=True)
class BuyersHabits:
    """What the buyers of a product buy anyhow, product by product: joint baskets that tastes alone would bring.

    Two goods that the same people like share baskets though neither calls for the other. A buyer's chance of a product
    in a basket is (their baskets with it + `HABIT_BASKETS` x the chain's share) / (their baskets + `HABIT_BASKETS`).

    Attributes:
        counts: buyers x products, baskets with the product.
        weights: products x buyers, baskets with the product, divided by the buyer's baskets and `HABIT_BASKETS` more.
        share: shape (products,), share of all baskets.
        of_strangers: shape (products,), baskets of strangers, whose habits are the chain's.
    """

    counts: CSR
    weights: CSR
    share: Reals
    of_strangers: Reals

    @classmethod
    def of(cls, baskets: CSR, buyer: Ints) -> "BuyersHabits":
        """The habits in `baskets` x products, where `buyer` is the code of each basket's buyer, -1 for a stranger."""
        known = np.flatnonzero(buyer >= 0)
        shape = (int(buyer.max(initial=0)) + 1, baskets.shape[0])
        counts = (csr(buyer[known], known, np.ones(known.size), shape) @ baskets).tocsr()
        weight = 1 / (np.bincount(buyer[known], minlength=shape[0]) + HABIT_BASKETS)
        all_baskets = np.asarray(baskets.sum(axis=0)).ravel()
        strangers = all_baskets - np.asarray(counts.sum(axis=0)).ravel()
        return cls(counts, scaled_rows(counts, weight).T.tocsr(), all_baskets / max(baskets.shape[0], 1), strangers)

    def expected(self, first: int, pairs: CSR) -> Reals:
        """Joint baskets by habit of each cell of `pairs`: products from `first` on in rows, all products in columns."""
        weights = self.weights[first : first + pairs.shape[0]]
        by_chance = HABIT_BASKETS * np.asarray(weights.sum(axis=1)).ravel()
        by_chance += self.of_strangers[first : first + pairs.shape[0]]
        expected: Reals = np.repeat(by_chance, np.diff(pairs.indptr)) * self.share[pairs.indices]
        by_taste = pairs.astype(bool).multiply(weights @ self.counts).tocsr()
        # cells of products that no customer bought both of are not there
        expected[np.searchsorted(_cell_keys(pairs), _cell_keys(by_taste))] += by_taste.data
        return expected


def _cell_keys(matrix: CSR) -> Ints:
    """One ascending number for each cell of a matrix in canonical order."""
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    keys: Ints = rows * matrix.shape[1] + matrix.indices
    return keys


def complement_strength(baskets: CSR, buyer: Ints, kind: Ints, neighbours: int) -> CSR:
    """Products x products: share of a product's baskets that hold the other beyond their buyers' habits.

    (joint - expected) / (baskets with the row's product + _CALLING_BASKETS), expected by `BuyersHabits`: by how much
    the row's product raises the chance of the column's in a basket, whoever buys it. Each row holds its `neighbours`
    greatest values above 0. Products of the same subcategory are substitutes and left out, and so are pairs with one
    joint basket, which may be chance. Computed in slabs of products, so that memory is bounded by the stored cells and
    one slab.

    Args:
        baskets: baskets x products.
        buyer: code of each basket's buyer.
        kind: code of each product's subcategory, 0 = unknown.
        neighbours: values of each row.
    """
    habits, by_product = BuyersHabits.of(baskets, buyer), baskets.T.tocsr()
    baskets_of = np.diff(by_product.indptr)
    slabs = []
    for start in range(0, by_product.shape[0], _HABIT_SLAB):
        joint = (by_product[start : start + _HABIT_SLAB] @ baskets).tocsr()
        rows = np.repeat(np.arange(joint.shape[0]), np.diff(joint.indptr))
        is_same_kind = (kind[rows + start] == kind[joint.indices]) & (kind[joint.indices] > 0)
        is_pair = (joint.indices != rows + start) & (joint.data > 1) & ~is_same_kind
        pairs = csr(rows[is_pair], joint.indices[is_pair], joint.data[is_pair], joint.shape)
        expected = habits.expected(start, pairs)
        calling = baskets_of[start + rows[is_pair]] + _CALLING_BASKETS
        strength = (pairs.data - expected) / calling
        more = strength > 0
        slabs.append(keep_top(csr(rows[is_pair][more], pairs.indices[more], strength[more], joint.shape), neighbours))
    return sparse.vstack(slabs, format="csr") if slabs else by_product @ baskets


def _mean_greatest(matrix: CSR) -> float:
    greatest = row_maxima(matrix)
    return float(greatest[greatest > 0].mean()) if (greatest > 0).any() else 1.0


def _read(path: Path, size: int) -> CSR:
    with np.load(path, allow_pickle=False) as file:
        return sparse.csr_array((file["data"], file["indices"], file["indptr"]), shape=(size, size))
