"""What people of a kind buy more than others: for those of whom nothing but their attributes is known."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from training.recommender.history import History
from training.recommender.sparse import CSR, Ints, csr

SHRINKAGE = 500.0
"""Purchases of everyone that a segment's own count against. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Segments:
    """The attribute of customers that says most about what they buy, and what it says.

    Attributes:
        attribute: its name; None where none says anything.
        codes: of each customer's value, 0 where unknown.
        lift: values x products: how much likelier the product is among the goods of these people than among all; row 0
            is 1.
        gain: mean log lift of the goods of people who were left out when the lifts were counted, in nats.
    """

    attribute: str | None
    codes: npt.NDArray[np.int32]
    lift: npt.NDArray[np.float32]
    gain: float

    def of(self, people: Ints, products: Ints) -> npt.NDArray[np.float32]:
        """Lift of each pair, 1 where nothing is known of the person."""
        found: npt.NDArray[np.float32] = self.lift[self.codes[people], products]
        return found


def fit_segments(history: History, shrinkage: float = SHRINKAGE) -> Segments:
    """The attribute that tells best what people buy of whom it learned nothing, or none where all of them mislead.

    The lift of a product p for people of value v is (n_vp + k s_p) / ((n_v + k) s_p): n counts customers who bought,
    s_p is the product's share of all these counts and k = `shrinkage`. Each attribute is judged on one half of the
    customers by the lifts of the other half. O(attributes x purchases).
    """
    bought = (history.matrix("purchase_days") > 0).astype(np.float32)
    even = np.arange(history.shape[0]) % 2 == 0
    best = Segments(None, np.zeros(history.shape[0], np.int32), np.ones((1, history.shape[1]), np.float32), 0.0)
    for name in history.traits.columns:
        codes, many = _codes(history.traits[name])
        halves = [_counts(bought, codes, many, rows) for rows in (even, ~even)]
        gain = (_gain(halves[0], halves[1], shrinkage) + _gain(halves[1], halves[0], shrinkage)) / 2
        if gain > best.gain:
            best = Segments(name, codes, _lift(halves[0] + halves[1], shrinkage), gain)
    return best


def _codes(values: pl.Series) -> tuple[npt.NDArray[np.int32], int]:
    known = values.drop_nulls().unique().sort()
    codes = values.cast(pl.Enum(known)).to_physical().cast(pl.Int32) + 1
    return codes.fill_null(0).to_numpy(), known.len() + 1


def _counts(
    bought: CSR, codes: npt.NDArray[np.int32], many: int, rows: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Values x products: customers among the rows who bought."""
    people = np.flatnonzero(rows)
    member = csr(codes[people].astype(np.int64), people, np.ones(people.size, np.float32), (many, codes.size))
    counted: npt.NDArray[np.float64] = (member @ bought).toarray().astype(np.float64)
    return counted


def _lift(counts: npt.NDArray[np.float64], shrinkage: float) -> npt.NDArray[np.float32]:
    share = counts.sum(axis=0) / max(counts.sum(), 1.0)
    total = counts.sum(axis=1, keepdims=True)
    expected = (total + shrinkage) * share
    lift = np.ones(counts.shape, np.float32)
    np.divide(counts + shrinkage * share, expected, out=lift, where=expected > 0, casting="same_kind")
    lift[0] = 1.0
    return lift


def _gain(learned: npt.NDArray[np.float64], judged: npt.NDArray[np.float64], shrinkage: float) -> float:
    return float((judged * np.log(_lift(learned, shrinkage))).sum() / max(judged.sum(), 1.0))
