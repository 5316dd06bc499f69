"""Orders of warehouses on their suppliers in a replay: their order days, delays, and what was on order before."""

from dataclasses import dataclass, replace

import numpy as np

from retail_brain.decisions.arrays import Bools, Days
from retail_brain.decisions.holdings import Due
from retail_brain.decisions.supply_terms import complete_terms
from retail_brain.settings import ReplenishmentSettings
from retail_brain.simulation.policies import review_schedule
from retail_brain.simulation.sources import SourceStock
from serving.planning.replay.delays import order_delays
from serving.planning.replay.inputs import ReplayFacts
from serving.planning.replay.opening import opening_due


@dataclass(frozen=True)
class Restock:
    """Warehouses that the plan orders for, one element per source of the replay.

    Attributes:
        stock: their stock with what was on order before the replay, and the delays of their orders.
        review: whether each may be ordered for before each period, shape (sources, periods + 1).
    """

    stock: SourceStock
    review: Bools


def read_restock(facts: ReplayFacts, settings: ReplenishmentSettings, starts: Days, seed: int) -> Restock | None:
    """How the plan orders for the warehouses of a replay; None unless all of them have supply terms.

    Args:
        facts: series, terms and warehouses.
        settings: whether orders are placed after closing, and defaults.
        starts: first days of the periods from the first played on.
        seed: of late deliveries.
    """
    houses = facts.warehouses
    if houses is None:
        return None
    terms = complete_terms(facts.supply, houses.places, settings)
    if not terms.known.all():
        return None
    evening, count = int(settings.orders_placed == "after_closing"), facts.axis.count
    schedule = starts[: count + 2] - np.timedelta64(evening, "D")
    ordered_on = review_schedule(schedule, terms.review_days, terms.open_weekdays)
    delays = order_delays(ordered_on, terms, starts, least_days=evening, seed=seed + 1)
    agreed = delays.agreed if delays.agreed.ndim == 2 else np.repeat(delays.agreed[:, None], count + 1, axis=1)
    delay = agreed if delays.late is None else np.maximum(agreed + delays.late, 0)
    none = Due(np.zeros(0, dtype=np.int64), starts[:0], np.zeros(0))
    coming = opening_due(none, houses.on_order, terms, starts, seed + 1)
    arrivals = np.zeros((len(houses.on_order), count + 1))
    # what arrives within a period can be given out with the orders at its end
    within = min(coming.shape[1], count)
    arrivals[:, 1 : within + 1] = coming[:, :within]
    return Restock(replace(houses.stock, arrivals=arrivals, delay=delay), ~np.isnat(ordered_on))
