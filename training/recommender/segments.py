"""Computes the lift of products in customer segments, for cold-start customers of whom only attributes are known."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from training.recommender.history import History
from training.recommender.sparse import CSR, Flags, Ints, Reals, csr

_SHRINKAGE = 500.0
"""Purchases at the chain's shares that a segment's own are shrunk by. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Segments:
    """Lift of products by the customer attribute that predicts purchases best.

    Attributes:
        attribute: name of the attribute; None where none predicts anything.
        codes: code of each customer's value, 0 where unknown.
        lift: values x products, share of the product among these people's purchases over its share among all; row 0
            is 1.
        gain: mean log lift of the purchases of held-out people, in nats.
    """

    attribute: str | None
    codes: npt.NDArray[np.int32]
    lift: npt.NDArray[np.float32]
    gain: float

    def lift_of(self, people: Ints, products: Ints) -> npt.NDArray[np.float32]:
        """Lift of each pair; 1 where the person's value is unknown."""
        lift: npt.NDArray[np.float32] = self.lift[self.codes[people], products]
        return lift


def fit_segments(history: History, shrinkage: float = _SHRINKAGE) -> Segments:
    """Segments by the attribute with the greatest gain on held-out customers; by none where no gain is above 0.

    The lift of a product p for people of value v is (n_vp + k s_p) / ((n_v + k) s_p): n counts customers who bought,
    s_p is the product's share of all these counts and k = `shrinkage`. Twofold: the gain of each half of the customers
    by the lifts of the other half, because lifts of the same people would always look useful.
    O(attributes x purchases).

    Args:
        history: purchases and traits of the customers.
        shrinkage: purchases at the chain's shares that a segment's own are shrunk by.
    """
    bought = (history.matrix("purchase_days") > 0).astype(np.float32)
    is_even = np.arange(history.shape[0]) % 2 == 0
    segments = Segments(None, np.zeros(history.shape[0], np.int32), np.ones((1, history.shape[1]), np.float32), 0.0)
    for name in history.traits.columns:
        codes, n_values = _codes(history.traits[name])
        halves = [_counts(bought, codes, n_values, rows) for rows in (is_even, ~is_even)]
        gain = (_gain(halves[0], halves[1], shrinkage) + _gain(halves[1], halves[0], shrinkage)) / 2
        if gain > segments.gain:
            segments = Segments(name, codes, _lift(halves[0] + halves[1], shrinkage), gain)
    return segments


def _codes(trait: pl.Series) -> tuple[npt.NDArray[np.int32], int]:
    distinct_values = trait.drop_nulls().unique().sort()
    codes = trait.cast(pl.Enum(distinct_values)).to_physical().cast(pl.Int32) + 1
    return codes.fill_null(0).to_numpy(), distinct_values.len() + 1


def _counts(bought: CSR, codes: npt.NDArray[np.int32], n_values: int, rows: Flags) -> Reals:
    """Values x products: number of customers in the rows who bought."""
    people = np.flatnonzero(rows)
    is_member = csr(codes[people].astype(np.int64), people, np.ones(people.size, np.float32), (n_values, codes.size))
    counted: Reals = (is_member @ bought).toarray().astype(np.float64)
    return counted


def _lift(counts: Reals, shrinkage: float) -> npt.NDArray[np.float32]:
    share = counts.sum(axis=0) / max(counts.sum(), 1.0)
    total = counts.sum(axis=1, keepdims=True)
    expected = (total + shrinkage) * share
    lift = np.ones(counts.shape, np.float32)
    np.divide(counts + shrinkage * share, expected, out=lift, where=expected > 0, casting="same_kind")
    lift[0] = 1.0  # who has no value is no segment
    return lift


def _gain(learned_counts: Reals, judged_counts: Reals, shrinkage: float) -> float:
    return float((judged_counts * np.log(_lift(learned_counts, shrinkage))).sum() / max(judged_counts.sum(), 1.0))
