"""Ranked goods for one person, and their rows in the answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retail_brain.decisions.arrays import iso_day
from serving.http.handlers.call import names_of
from serving.planning.people.offers import Offers, fulfilment_names, origin_ids
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.catalog import Catalog
from training.recommender.due_model import PROBABILITIES

_NONE = (None,) * len(PROBABILITIES)


@dataclass(frozen=True)
class Ranking:
    """Goods for one person, best first: one entry of each array per good.

    Attributes:
        product: positions of the products.
        probability: of a purchase within the label's days; they are ordered by it.
        is_repeat: bought before.
        due: day of the next purchase of repeat goods: days since 1970-01-01, or `NO_DAY`.
        reason: why, in words.
        reason_code: the code of that without its detail; None where older answers do not tell it.
        within: per row the probabilities within 7, 14 and 28 days, NaN where there are none.
        offers: how each gets to the person, and which rule moved it.
    """

    product: Array
    probability: Array
    is_repeat: Array
    due: Array
    reason: list[str]
    reason_code: list[str | None]
    within: Array
    offers: Offers

    def _within(self) -> list[Sequence[float | None]]:
        """Three probabilities per row, None where there are none."""
        has_any = ~np.isnan(self.within[:, 0])
        rounded = np.round(self.within, 6).tolist()
        return [row if has else _NONE for row, has in zip(rounded, has_any.tolist(), strict=True)]

    def shown(self, answers: Answers, customer_id: str | None, basis: str) -> dict[str, Any]:
        """Rows of `recommendations`, the basis (`warm`, `cold`) and the products' names."""
        ids = answers.products.ids.take(self.product)
        parts = zip(
            ids,
            np.round(self.probability.astype(np.float64), 6).tolist(),
            self.is_repeat.tolist(),
            self.due.tolist(),
            self.reason,
            self._within(),
            fulfilment_names(self.offers.way),
            origin_ids(self.offers.origin, answers.stores.ids),
            self.offers.rule,
            self.reason_code,
            strict=True,
        )
        rows = [
            {
                "customer_id": customer_id,
                "rank": rank,
                "product_id": product_id,
                "score": probability,
                "probability": probability,
                "kind": "repeat" if is_repeat else "explore",
                "due_on": iso_day(due),
                "reason": reason,
                "probability_7d": within[0],
                "probability_14d": within[1],
                "probability_28d": within[2],
                "fulfilment": way,
                "from_store_id": origin,
                "rule": rule,
                "reason_code": code,
            }
            for rank, (product_id, probability, is_repeat, due, reason, within, way, origin, rule, code) in enumerate(
                parts, 1
            )
        ]
        return {"recommendations": rows, "basis": basis, "names": names_of(answers.products, self.product, ids)}


class ProductNames(Mapping[str, str]):
    """Names of products by id, looked up in the mapped catalog."""

    def __init__(self, products: Catalog) -> None:
        """Looks into a catalog."""
        self._products = products

    def __getitem__(self, product_id: str) -> str:
        row = self._products.find(product_id)
        name = self._products.names[row] if row >= 0 else ""
        if not name:
            raise KeyError(product_id)
        return name

    def __iter__(self) -> Iterator[str]:
        return (self._products.ids[row] for row in range(len(self._products)))

    def __len__(self) -> int:
        return len(self._products)
