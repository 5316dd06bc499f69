"""Shares the purchases that contacts cause out among people by what a model of the difference says of each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.decisions.arrays import Floats, Places


@dataclass(frozen=True)
class Uplift:
    """What a contact about goods of a category causes for each person, learned from contacts withheld at random.

    Attributes:
        scores: one row per customer x category: `customer_id`, `category`, `uplift` (purchases that a contact causes).
        categories: `product_id`, `category` of the goods on offer.
        method: learner that orders people of unseen campaigns best.
    """

    scores: pl.DataFrame
    categories: pl.DataFrame
    method: str


@dataclass(frozen=True)
class UpliftScores:
    """The same by place.

    Attributes:
        category: of each product, its row of the scores; -1 where none is known.
        scores: purchases that a contact causes, categories x accounts; NaN where the model does not know.
    """

    category: Places
    scores: npt.NDArray[np.float32]

    @classmethod
    def of(cls, uplift: Uplift, accounts: pl.Series, goods: pl.Series) -> "UpliftScores":
        """By the places of accounts and goods.

        Args:
            uplift: of customers and categories.
            accounts: ids that the places stand for; null where one is withheld.
            goods: ids of products.
        """
        names = uplift.scores["category"].unique().sort()
        row = pl.DataFrame({"category": names}, {"category": pl.String}).with_row_index("row")
        own = uplift.categories.unique("product_id").join(row, on="category", how="left")
        offered = pl.DataFrame({"product_id": goods.cast(pl.String)})
        category = offered.join(own, on="product_id", how="left", maintain_order="left")["row"]
        named = pl.DataFrame({"customer_id": accounts.cast(pl.String)}).with_row_index("account")
        placed = uplift.scores.join(row, on="category").join(named, on="customer_id")
        scores = np.full((len(names), len(accounts)), np.nan, dtype=np.float32)
        scores[placed["row"].to_numpy(), placed["account"].to_numpy()] = placed["uplift"].to_numpy()
        return cls(category.cast(pl.Int64).fill_null(-1).to_numpy(), scores)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return int(self.scores.nbytes + self.category.nbytes)


def shared_out(caused: Floats, person: Places, account: Places, product: Places, uplift: UpliftScores) -> Floats:
    """Chance that a contact causes the purchase, of offers, by whom contacts move.

    How much all contacts cause stays what the share says of these offers. That much is shared out among people by their
    uplift for the category of the goods, negative ones taken as 0, and over goods of a category by the share's own.
    Offers whose category or person the model does not know keep theirs, and nothing is above 1.

    Args:
        caused: by the share of all contacts, of offers: one per person x product.
        person: place of the person of each offer.
        account: place of the account.
        product: place of the product.
        uplift: what a contact causes for each person.
    """
    if not uplift.scores.size:
        return caused
    category = uplift.category[product]
    score = uplift.scores[category, account].astype(np.float64)
    is_known = (category >= 0) & ~np.isnan(score)
    found = caused.copy()
    for number in np.unique(category[is_known]).tolist():
        rows = np.flatnonzero(is_known & (category == number))
        own, weight = caused[rows], np.maximum(score[rows], 0.0)
        if np.bincount(person[rows]).max() <= 1:  # nobody is offered two goods of the category
            if (total := weight.sum()) > 0:
                found[rows] = np.minimum(own.sum() / total * weight * (own > 0), 1.0)
            continue
        # a person counts once in the sum of uplifts, however many goods of the category are on offer
        each, first, of = np.unique(person[rows], return_index=True, return_inverse=True)
        total = weight[first].sum()
        if total <= 0:
            continue  # nobody is moved at all: the share says
        of_person = np.bincount(of, weights=own, minlength=len(each))[of]
        part = np.divide(own, of_person, out=np.zeros_like(own), where=of_person > 0)
        found[rows] = np.minimum(own.sum() * weight[first][of] / total * part, 1.0)
    return found
