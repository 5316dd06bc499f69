"""A list of goods for one person, and how it is shown."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from serving.answers.arrays import Array
from serving.answers.folder import Answers
from serving.answers.pairs import KINDS, NO_DAY
from serving.queries.call import names_of

_EPOCH = 719_163


@dataclass(frozen=True)
class Ranking:
    """Goods, best first.

    Attributes:
        product: positions of the products.
        score: what they are ordered by.
        probability: of a purchase within the label's days.
        kind: index into `KINDS`.
        due: days since 1970-01-01, or `NO_DAY`.
        reason: why, in words.
    """

    product: Array
    score: Array
    probability: Array
    kind: Array
    due: Array
    reason: list[str]

    def take(self, rows: Array) -> "Ranking":
        """Some of the goods, in the order given."""
        return Ranking(
            self.product[rows],
            self.score[rows],
            self.probability[rows],
            self.kind[rows],
            self.due[rows],
            [self.reason[row] for row in rows.tolist()],
        )

    def then(self, other: "Ranking") -> "Ranking":
        """These goods and, after them, others."""
        return Ranking(
            np.concatenate([self.product, other.product]),
            np.concatenate([self.score, other.score]),
            np.concatenate([self.probability, other.probability]),
            np.concatenate([self.kind, other.kind]),
            np.concatenate([self.due, other.due]),
            self.reason + other.reason,
        )

    def shown(self, answers: Answers, customer_id: str | None, basis: str) -> dict[str, Any]:
        """The rows of the contract with the products' names."""
        ids = answers.products.ids.take(self.product)
        parts = zip(
            ids,
            np.round(self.score.astype(np.float64), 6).tolist(),
            np.round(self.probability.astype(np.float64), 6).tolist(),
            self.kind.tolist(),
            self.due.tolist(),
            self.reason,
            strict=True,
        )
        rows = [
            {
                "customer_id": customer_id,
                "rank": rank,
                "product_id": product_id,
                "score": score,
                "probability": probability,
                "kind": KINDS[kind],
                "due_on": None if due == NO_DAY else date.fromordinal(due + _EPOCH).isoformat(),
                "reason": reason,
            }
            for rank, (product_id, score, probability, kind, due, reason) in enumerate(parts, start=1)
        ]
        return {"recommendations": rows, "basis": basis, "names": names_of(answers.products, self.product, ids)}


def ranking_of(product: Array, probability: Array, reason: str, kind: str = "explore") -> Ranking:
    """Goods that have nothing but a probability."""
    size = len(product)
    same = np.full(size, KINDS.index(kind))
    return Ranking(product, probability, probability, same, np.full(size, NO_DAY), [reason] * size)
