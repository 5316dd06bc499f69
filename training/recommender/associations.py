"""Mines product associations: substitutes by similarity and complements by shrunk lift of joint baskets.

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
from training.recommender.candidates.item_item import SLAB, basket_matrix, shrunk_cosine
from training.recommender.candidates.trending import popularity
from training.recommender.config import RecommenderConfig
from training.recommender.history import ATTRIBUTES, build_history
from training.recommender.similar import Substitutes, similar_lists, top_per_product
from training.recommender.sparse import CSR, Ints, csr, keep_top, row_maxima

LIFT_SHRINKAGE = 10.0
"""Shrinkage: baskets added to those expected by chance. MRR with 3, 10, 30, 100: .0814, .0829, .0814, .0786
(docs/benchmarks.md)."""

GOODS_COLUMNS = ("product_id", "name", *ATTRIBUTES, "price", "popularity")
"""Columns that goods.parquet of a bundle must have; further ones do no harm."""


@dataclass(frozen=True)
class Associations:
    """Products with the strength of their associations.

    Attributes:
        products: one row per product, sorted by product_id: product_id, name, the attributes, price and popularity
            (share of recent sales).
        cosine: products x products, shrunk cosine of joint baskets, the greatest of each row.
        lifts: products x products of different subcategories, shrunk lift of joint baskets, the greatest of each row,
            scaled to the size of `cosine` and at most 1.
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
            missing = [name for name in GOODS_COLUMNS if name not in products.columns]
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
    baskets = basket_matrix(history)
    cosine = shrunk_cosine(baskets, config.item_item.shrinkage, config.item_item.neighbours)
    subcategory, _ = history.attribute_codes("subcategory")
    lifts = shrunk_lifts(baskets, subcategory.astype(np.int64), config.item_item.neighbours)
    # on the scale of the cosine that stood here before: live ranking's weights were set for it
    lifts.data *= _mean_greatest(cosine) / max(_mean_greatest(lifts), 1e-12)
    np.minimum(lifts.data, 1, out=lifts.data)
    return Associations(products.with_columns(pl.Series("popularity", popularity(history))), cosine, lifts)


def shrunk_lifts(baskets: CSR, kind: Ints, neighbours: int) -> CSR:
    """Products x products: shrunk lift, joint baskets / (those expected by chance + LIFT_SHRINKAGE).

    Each row holds its `neighbours` greatest values. Products of the same subcategory are substitutes and left out, and
    so are pairs with one joint basket, which may be chance. Computed in slabs of products, so that memory is bounded by
    the stored cells and one slab.

    Args:
        baskets: baskets x products.
        kind: code of each product's subcategory, 0 = unknown.
        neighbours: values of each row.
    """
    baskets_of = np.bincount(baskets.indices, minlength=baskets.shape[1]).astype(np.float64)
    by_product = baskets.T.tocsr()
    slabs = []
    for start in range(0, by_product.shape[0], SLAB):
        joint_baskets = (by_product[start : start + SLAB] @ baskets).tocsr()
        rows = np.repeat(np.arange(joint_baskets.shape[0]), np.diff(joint_baskets.indptr))
        is_same_kind = (kind[rows + start] == kind[joint_baskets.indices]) & (kind[joint_baskets.indices] > 0)
        is_pair = (joint_baskets.indices != rows + start) & (joint_baskets.data > 1) & ~is_same_kind
        rows, columns = rows[is_pair], joint_baskets.indices[is_pair]
        expected = baskets_of[rows + start] * baskets_of[columns] / max(baskets.shape[0], 1)
        lift = joint_baskets.data[is_pair] / (expected + LIFT_SHRINKAGE)
        slabs.append(keep_top(csr(rows, columns, lift, joint_baskets.shape), neighbours))
    return sparse.vstack(slabs, format="csr") if slabs else by_product @ baskets


def _mean_greatest(matrix: CSR) -> float:
    greatest = row_maxima(matrix)
    return float(greatest[greatest > 0].mean()) if (greatest > 0).any() else 1.0


def _read(path: Path, size: int) -> CSR:
    with np.load(path, allow_pickle=False) as file:
        return sparse.csr_array((file["data"], file["indices"], file["indptr"]), shape=(size, size))
