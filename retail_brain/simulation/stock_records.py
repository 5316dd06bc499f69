"""Reconstructs deliveries, waste and ages of goods from daily sales and stock records."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import ROUNDING, Bools, Floats, Ints
from retail_brain.simulation.scenario import NON_PERISHABLE


@dataclass(frozen=True)
class AgedRecords:
    """Reconstructed movements and ages of recorded stock.

    Attributes:
        received, wasted: units per series and day; 0 where the stock is not recorded.
        batches: units on hand at the end of day `at` by remaining life (index 0: one day).
    """

    received: Floats
    wasted: Floats
    batches: Floats


def age_records(sold: Floats, on_hand: Floats, life: Ints, at: int) -> AgedRecords:
    """Reconstructs deliveries, waste and ages from sales and stock, oldest goods sold first.

    Each evening expired goods are wasted; stock above yesterday's stock less sales and waste was received in the
    morning. Stock that is missing beyond that counts as wasted too. Goods whose first
    record is in these days are taken for fresh then, so the ages are right once one shelf life has passed.

    Args:
        sold: units per series and day.
        on_hand: stock at the end of each day, NaN where there is no record.
        life: shelf life of fresh goods in days, NON_PERISHABLE where they do not expire.
        at: index of the day at whose end `batches` is taken; -1 for before the first.
    """
    series, days = sold.shape
    keeps = life >= NON_PERISHABLE
    lives = int(life[~keeps].max(initial=1))
    newest = np.where(keeps, lives - 1, np.minimum(life, lives) - 1)
    rows = np.arange(series)
    batches, snapshot = np.zeros((series, lives)), np.zeros((series, lives))
    received, wasted = np.zeros(sold.shape), np.zeros(sold.shape)
    seen = np.zeros(series, dtype=np.bool_)
    for day in range(days):
        recorded = np.isfinite(on_hand[:, day])
        now = np.where(recorded, np.maximum(on_hand[:, day], 0), 0)
        due = np.where(keeps, 0.0, np.maximum(batches[:, 0] - sold[:, day], 0))
        balance = now - batches.sum(axis=1) + sold[:, day] + due
        delivered, vanished = np.maximum(balance, 0), np.maximum(-balance, 0)
        # before its first record a series has no known stock: its first count is no delivery
        counted = recorded & seen
        received[:, day] = np.where(counted, delivered, 0)
        wasted[:, day] = np.where(counted, due + vanished, 0)
        batches[rows, newest] += np.where(recorded, delivered, 0)
        _take(batches, sold[:, day] + vanished)
        non_perishable = batches[keeps]
        batches[:, :-1], batches[:, -1] = batches[:, 1:].copy(), 0
        batches[keeps] = non_perishable
        batches[~recorded] = 0
        seen |= recorded
        if day == at:
            snapshot = batches.copy()
    return AgedRecords(received, wasted, snapshot)


def _take(batches: Floats, units: Floats) -> None:
    """Removes units, oldest first."""
    before = np.cumsum(batches, axis=1) - batches
    batches -= np.clip(units[:, None] - before, 0, batches)


def age_layers(sold: Floats, on_hand: Floats, life: Ints, pack: Floats) -> Floats:
    """Units on hand at the end of the last day by the day of their arrival, shape (series, days): oldest sold first.

    Stock above yesterday's less sales arrived; what is missing beyond sales was thrown away, oldest first. Goods that
    reach the end of their life unsold stay where the count does not change: nobody took them away. On a day of a
    delivery the count cannot tell: they were thrown away and replaced, unless only the delivery without them is a whole
    number of packs. Goods whose first record is in these days are taken for fresh then.

    Args:
        sold: units per series and day.
        on_hand: stock at the end of each day, NaN where there is no record.
        life: shelf life of fresh goods, days.
        pack: units per pack of a delivery.
    """
    series, days = sold.shape
    layers, rows = np.zeros((series, days)), np.arange(series)
    for day in range(days):
        recorded = np.isfinite(on_hand[:, day])
        balance = np.where(recorded, np.maximum(on_hand[:, day], 0), 0) - layers.sum(axis=1) + sold[:, day]
        arrived = np.maximum(balance, 0)
        layers[:, day] += arrived
        _take(layers, sold[:, day] + np.maximum(-balance, 0))
        ending = day - life + 1
        due = np.where((ending >= 0) & (ending < day), layers[rows, np.maximum(ending, 0)], 0.0)
        replaced = np.where((arrived > 0) & ~(_whole(arrived, pack) & ~_whole(arrived + due, pack)), due, 0.0)
        layers[rows, np.maximum(ending, 0)] -= replaced
        layers[:, day] += replaced
        layers[~recorded] = 0
    return layers


def _whole(units: Floats, pack: Floats) -> Bools:
    """Whether units are a whole number of packs."""
    packs = units / pack
    whole: Bools = np.abs(packs - np.rint(packs)) < ROUNDING
    return whole
