"""What goes with a product, kept with the model: used by similar goods, the basket and people known by one event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse

from retail_brain.dataset import Dataset
from retail_brain.errors import ModelError, NotFoundError
from training.recommender.candidates.item_item import SLAB, basket_matrix, together
from training.recommender.candidates.trending import popularity
from training.recommender.config import RecommenderConfig
from training.recommender.history import ATTRIBUTES, build_history
from training.recommender.similar import Likeness, best_of_each, similar_lists
from training.recommender.sparse import CSR, Ints, csr, keep_top, row_maxima

LIFT_SHRINKAGE = 10.0
"""Baskets added to those expected by chance: MRR with 3, 10, 30, 100 .0814, .0829, .0814, .0786
(docs/benchmarks.md)."""

GOODS_COLUMNS = ("product_id", "name", *ATTRIBUTES, "price", "popularity")
"""Columns that a bundle's goods must have; more are no harm."""


@dataclass(frozen=True)
class Associations:
    """Products and how strongly they lie in one basket.

    Attributes:
        products: one row per product: product_id, name, the attributes, price and popularity (share of recent sales).
        together: products x products, shrunk joint baskets, the best 50 of each row.
        lifts: products x products of different kinds, shrunk lift of joint baskets, scaled to the size of `together`.
    """

    products: pl.DataFrame
    together: CSR
    lifts: CSR

    def code(self, product_id: str) -> int:
        """Row of a product.

        Raises:
            NotFoundError: the product was unknown when the model was fitted.
        """
        found = self.products["product_id"].search_sorted(product_id)
        if found >= self.products.height or self.products["product_id"][found] != product_id:
            raise NotFoundError(
                f"product {product_id!r} is unknown to the recommender; it knows {self.products.height} products "
                "that were sold, looked at or launched lately. Check the id, or train again."
            )
        return int(found)

    def similar(self, product_id: str, k: int = 10) -> pl.DataFrame:
        """Substitutes: one row per product, the best first: product_id, rank, score (0 to 1), reason.

        Goods of the same category (the department where that is unknown), the nearer in kind, brand and price the
        better; goods often bought together and what sells count a little more.

        Raises:
            NotFoundError: the product is unknown.
        """
        at = self.code(product_id)
        _, best, score = Likeness.of(self.products, self.together).best(np.array([at]), k)
        reasons = [self._shared(at, int(other)) for other in best]
        return pl.DataFrame(
            {
                "product_id": self.products["product_id"].gather(best),
                "rank": np.arange(1, best.size + 1, dtype=np.int32),
                "score": score,
                "reason": pl.Series(reasons, dtype=pl.String),
            }
        )

    def complete_basket(self, product_ids: Sequence[str], k: int = 10) -> pl.DataFrame:
        """Goods that go with these: product_id, rank, score, reason (`goes_with:PRODUCT`), the best first.

        By the summed lift. Never what is in the basket, nor its substitutes (the same subcategory). Unknown products
        are passed over.
        """
        known = self.products["product_id"].is_in(list(product_ids)).arg_true().to_numpy()
        pull = self.lifts[known].toarray() if known.size else np.zeros((0, self.products.height))
        score = pull.sum(axis=0)
        score[known] = 0
        kinds = self.products["subcategory"].gather(known).drop_nulls().unique()
        score[self.products["subcategory"].is_in(kinds.implode()).fill_null(value=False).to_numpy()] = 0
        best = np.argsort(-score, kind="stable")[:k]
        best = best[score[best] > 0]
        partner = self.products["product_id"].gather(known[pull[:, best].argmax(axis=0)] if best.size else [])
        return pl.DataFrame(
            {
                "product_id": self.products["product_id"].gather(best),
                "rank": np.arange(1, best.size + 1, dtype=np.int32),
                "score": score[best].astype(np.float64),
                "reason": pl.Series([f"goes_with:{name}" for name in partner], dtype=pl.String),
            }
        )

    def similar_lists(self, k: int = 20) -> pl.DataFrame:
        """`similar` for every product at once: product_id, other_id, score, rank from 1.

        Others are looked for within the category (the department where that is unknown), among its 2,000 best sellers.
        """
        return similar_lists(self.products, self.together, k)

    def complement_lists(self, k: int = 20) -> pl.DataFrame:
        """Goods that go with every product, its subcategory left out: product_id, other_id, score, rank from 1."""
        cells = self.lifts.tocoo()
        ids = self.products["product_id"]
        columns = {"product_id": ids.gather(cells.row), "other_id": ids.gather(cells.col)}
        return best_of_each(pl.DataFrame(columns | {"score": cells.data.astype(np.float64)}), k)

    def _shared(self, at: int, other: int) -> str:
        for name in ("subcategory", "category", "brand", "department"):
            value = self.products[name][at]
            if value is not None and value == self.products[name][other]:
                return f"same_{name}:{value}"
        return f"goes_with:{self.products['product_id'][at]}"

    def save(self, folder: Path) -> None:
        """Writes goods.parquet, together.npz and lifts.npz."""
        self.products.write_parquet(folder / "goods.parquet")
        for file, matrix in (("together", self.together), ("lifts", self.lifts)):
            parts = {name: getattr(matrix, name) for name in ("data", "indices", "indptr")}
            np.savez_compressed(folder / f"{file}.npz", **parts)

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


def associations_of(dataset: Dataset, as_of: date, config: RecommenderConfig) -> Associations:
    """What is known at the end of `as_of` of goods that go together.

    Raises:
        DataError: no purchase names a customer.
    """
    history = build_history(dataset, as_of, config)
    products = history.products.select("product_id", "name", *ATTRIBUTES, "price")
    baskets = basket_matrix(history)
    joint = together(baskets, config.item_item.shrinkage, config.item_item.neighbours)
    kind, _ = history.attribute_codes("subcategory")
    lifts = shrunk_lifts(baskets, kind.astype(np.int64), config.item_item.neighbours)
    lifts.data *= _mean_best(joint) / max(_mean_best(lifts), 1e-12)
    np.minimum(lifts.data, 1, out=lifts.data)
    return Associations(products.with_columns(pl.Series("popularity", popularity(history))), joint, lifts)


def shrunk_lifts(baskets: CSR, kind: Ints, neighbours: int) -> CSR:
    """Products x products: joint baskets / (those expected by chance + LIFT_SHRINKAGE), the best of each row kept.

    Goods of the same kind stand in for each other and are left out; one joint basket proves nothing. Worked out in
    slabs of products, so memory is bounded by the kept cells and one slab.

    Args:
        baskets: baskets x products.
        kind: subcategory of each product, 0 = unknown.
        neighbours: how many of each row are kept.
    """
    count = np.bincount(baskets.indices, minlength=baskets.shape[1]).astype(np.float64)
    by_product = baskets.T.tocsr()
    slabs = []
    for start in range(0, by_product.shape[0], SLAB):
        joint = (by_product[start : start + SLAB] @ baskets).tocsr()
        rows = np.repeat(np.arange(joint.shape[0]), np.diff(joint.indptr))
        same = (kind[rows + start] == kind[joint.indices]) & (kind[joint.indices] > 0)
        others = (joint.indices != rows + start) & (joint.data > 1) & ~same
        rows, columns = rows[others], joint.indices[others]
        expected = count[rows + start] * count[columns] / max(baskets.shape[0], 1)
        lift = joint.data[others] / (expected + LIFT_SHRINKAGE)
        slabs.append(keep_top(csr(rows, columns, lift, joint.shape), neighbours))
    return sparse.vstack(slabs, format="csr") if slabs else by_product @ baskets


def _mean_best(matrix: CSR) -> float:
    best = row_maxima(matrix)
    return float(best[best > 0].mean()) if (best > 0).any() else 1.0


def _read(path: Path, size: int) -> CSR:
    with np.load(path, allow_pickle=False) as file:
        return sparse.csr_array((file["data"], file["indices"], file["indptr"]), shape=(size, size))
