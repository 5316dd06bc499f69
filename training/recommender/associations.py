"""What goes with a product, kept with the model: used by similar goods, the basket and people known by one event."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse

from retail_brain.dataset import Dataset
from retail_brain.errors import ModelError, NotFoundError
from retail_brain.files import write_json
from training.recommender.candidates.item_item import basket_matrix, together
from training.recommender.candidates.trending import popularity
from training.recommender.config import RecommenderConfig
from training.recommender.history import ATTRIBUTES, build_history
from training.recommender.similar import Likeness, best_of_each, similar_lists
from training.recommender.sparse import CSR


@dataclass(frozen=True)
class Associations:
    """Products and how strongly they lie in one basket.

    Attributes:
        products: one row per product: product_id, name, the attributes, price and popularity (share of recent sales).
        together: products x products, shrunk joint baskets, the best 50 of each row.
    """

    products: pl.DataFrame
    together: CSR

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

        Never what is in the basket, nor its substitutes (the same subcategory). Unknown products are passed over.
        """
        known = self.products["product_id"].is_in(list(product_ids)).arg_true().to_numpy()
        pull = self.together[known].toarray() if known.size else np.zeros((0, self.products.height))
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
        cells = self.together.tocoo()
        ids, kind = self.products["product_id"], self.products["subcategory"]
        frame = pl.DataFrame(
            {
                "product_id": ids.gather(cells.row),
                "other_id": ids.gather(cells.col),
                "score": cells.data.astype(np.float64),
                "same": kind.gather(cells.row).eq_missing(kind.gather(cells.col))
                & kind.gather(cells.row).is_not_null(),
            }
        )
        return best_of_each(frame.filter(~pl.col("same")).drop("same"), k)

    def _shared(self, at: int, other: int) -> str:
        for name in ("subcategory", "category", "brand", "department"):
            value = self.products[name][at]
            if value is not None and value == self.products[name][other]:
                return f"same_{name}:{value}"
        return f"goes_with:{self.products['product_id'][at]}"

    def save(self, folder: Path) -> None:
        """Writes goods.parquet and together.npz."""
        self.products.write_parquet(folder / "goods.parquet")
        parts = {name: getattr(self.together, name) for name in ("data", "indices", "indptr")}
        np.savez_compressed(folder / "together.npz", **parts)
        write_json(folder / "together.json", {"shape": list(self.together.shape)})

    @classmethod
    def load(cls, folder: Path) -> "Associations":
        """Reads what `save` wrote.

        Raises:
            ModelError: a file is missing or damaged.
        """
        try:
            shape = tuple(json.loads((folder / "together.json").read_text(encoding="utf-8"))["shape"])
            with np.load(folder / "together.npz", allow_pickle=False) as file:
                matrix = sparse.csr_array((file["data"], file["indices"], file["indptr"]), shape=shape)
            return cls(pl.read_parquet(folder / "goods.parquet"), matrix)
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError) as error:
            raise ModelError(f"the goods in {folder} cannot be read: {error}. Train and promote again.") from error


def associations_of(dataset: Dataset, as_of: date, config: RecommenderConfig) -> Associations:
    """What is known at the end of `as_of` of goods that go together.

    Raises:
        DataError: no purchase names a customer.
    """
    history = build_history(dataset, as_of, config)
    products = history.products.select("product_id", "name", *ATTRIBUTES, "price")
    joint = together(basket_matrix(history), config.item_item.shrinkage, config.item_item.neighbours)
    return Associations(products.with_columns(pl.Series("popularity", popularity(history))), joint)
