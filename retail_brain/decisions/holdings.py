"""Stock that an order is decided on: on hand, on order, by day of arrival and expiry, and the counts behind it."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import Bools, Days, Floats, Ints
from retail_brain.decisions.nested_rows import rows_of
from retail_brain.decisions.receipts_on_order import Receipts


@dataclass(frozen=True)
class Due:
    """Units on order with their day of arrival, one element per delivery.

    Attributes:
        series: index of the series.
        arrives_on: morning of arrival.
        units: units.
    """

    series: Ints
    arrives_on: Days
    units: Floats


@dataclass(frozen=True)
class Counts:
    """The newest count of each series, one element per series; NaN where there is none.

    Attributes:
        on_hand: units counted.
        age_days: days from the count to the last visible day.
        sold_since: units sold after the day of the count.
    """

    on_hand: Floats
    age_days: Floats
    sold_since: Floats

    @classmethod
    def none(cls, series: int) -> "Counts":
        """No counts."""
        return cls(*(np.full(series, np.nan) for _ in range(3)))


@dataclass(frozen=True)
class Holdings:
    """Stock at the end of the last visible day, one element per series.

    Attributes:
        on_hand: units; 0 where unknown, negative where the record is wrong.
        on_order: units ordered and not yet received.
        known: whether `on_hand` is known.
        due: units on order by day of arrival. A series on order without any takes its units to arrive at some moment of
            its lead time, each as likely as another, as orders of unknown age do.
        batches: shape (series, lives): units on hand that may be sold for so many more periods (index 0: one). None, or
            a row of NaN, takes the stock of perishable goods to have arrived half a review period ago.
        counts: the counts that `on_hand` was worked out from, for the reasons; None for none.
        receipts: when the units on order arrive, as `decide` has worked it out of `due`.
    """

    on_hand: Floats
    on_order: Floats
    known: Bools
    due: Due | None = None
    batches: Floats | None = None
    counts: Counts | None = None
    receipts: Receipts | None = None

    def take(self, rows: Ints) -> "Holdings":
        """The stock of some series."""
        due = self.due
        if due is not None:
            place = np.full(len(self.on_hand), -1, dtype=np.int64)
            place[rows] = np.arange(len(rows))
            kept = place[due.series] >= 0
            due = Due(place[due.series][kept], due.arrives_on[kept], due.units[kept])
        names = ("on_hand", "on_order", "known", "batches", "counts", "receipts")
        return Holdings(due=due, **{name: rows_of(getattr(self, name), rows) for name in names})
