"""What stock records tell of receipts, waste and the age of the goods, though nobody wrote these down."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import Floats, Ints
from retail_brain.simulation.scenario import FOREVER


@dataclass(frozen=True)
class AgedRecords:
    """Recorded stock with its ages.

    Attributes:
        received, wasted: units per series and day; 0 where the stock is not recorded.
        batches: units on hand at the end of day `at` that may be sold for so many more days (index 0: one).
    """

    received: Floats
    wasted: Floats
    batches: Floats


def age_records(sold: Floats, on_hand: Floats, life: Ints, at: int) -> AgedRecords:
    """Works out receipts, waste and ages from sales and stock, oldest goods sold first.

    Each evening what has reached its date is thrown away, and what the record then has above yesterday's stock less
    sales and waste was received in the morning. Stock that vanished beyond that counts as wasted too. Goods whose first
    record is in these days are taken for fresh then, so the ages are right once one shelf life has passed.

    Args:
        sold: units per series and day.
        on_hand: stock at the end of each day, NaN where there is no record.
        life: days that newly arrived goods may be sold for, FOREVER where they keep.
        at: index of the day whose evening `batches` tells of; -1 for before the first.
    """
    series, days = sold.shape
    keeps = life >= FOREVER
    lives = int(life[~keeps].max(initial=1))
    newest = np.where(keeps, lives - 1, np.minimum(life, lives) - 1)
    rows = np.arange(series)
    batches, snapshot = np.zeros((series, lives)), np.zeros((series, lives))
    received, wasted = np.zeros(sold.shape), np.zeros(sold.shape)
    seen = np.zeros(series, dtype=np.bool_)
    for day in range(days):
        known = np.isfinite(on_hand[:, day])
        now = np.where(known, np.maximum(on_hand[:, day], 0), 0)
        due = np.where(keeps, 0.0, np.maximum(batches[:, 0] - sold[:, day], 0))
        came = now - batches.sum(axis=1) + sold[:, day] + due
        taken_in, vanished = np.maximum(came, 0), np.maximum(-came, 0)
        counted = known & seen
        received[:, day] = np.where(counted, taken_in, 0)
        wasted[:, day] = np.where(counted, due + vanished, 0)
        batches[rows, newest] += np.where(known, taken_in, 0)
        _take(batches, sold[:, day] + vanished)
        kept = batches[keeps]
        batches[:, :-1], batches[:, -1] = batches[:, 1:].copy(), 0
        batches[keeps] = kept
        batches[~known] = 0
        seen |= known
        if day == at:
            snapshot = batches.copy()
    return AgedRecords(received, wasted, snapshot)


def _take(batches: Floats, units: Floats) -> None:
    """Removes units, oldest first."""
    before = np.cumsum(batches, axis=1) - batches
    batches -= np.clip(units[:, None] - before, 0, batches)
