"""Maps order days and lead times in days to whole periods of a replay, late deliveries included."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import Days, Ints
from retail_brain.decisions.order_calendar import period_of
from retail_brain.decisions.supply_terms import Terms


@dataclass(frozen=True)
class Delays:
    """Periods between the beginning of each period and the arrival of what is ordered then.

    Attributes:
        agreed: by the supply terms, one per series; where it changes (months differ), shape (series, periods + 1).
        late: periods that the order comes later, shape (series, periods + 1); None where all are punctual.
    """

    agreed: Ints
    late: Ints | None


def order_delays(ordered_on: Days, terms: Terms, starts: Days, *, least_days: int, seed: int) -> Delays:
    """Delays of all orders, in whole periods: goods that arrive within a period are sold from the next one on.

    Args:
        ordered_on: day of ordering by series and period, NaT where there is no order day.
        terms: lead times and their deviations, days.
        starts: first days of the periods.
        least_days: days that every order takes at least.
        seed: of the deviations.
    """
    number = np.arange(ordered_on.shape[1])
    lead = np.maximum(np.ceil(terms.lead_days), least_days)[:, None].astype("timedelta64[D]")
    day = np.where(np.isnat(ordered_on), starts[number][None, :] - np.timedelta64(least_days, "D"), ordered_on)
    agreed = np.maximum(period_of(day + lead, starts) - number, 0)
    is_even = bool((agreed == agreed[:, :1]).all())
    shown = agreed[:, 0] if is_even else agreed
    if not (terms.lead_sd_days > 0).any():
        return Delays(shown, None)
    draws = np.random.default_rng((seed, 1)).normal(size=ordered_on.shape)
    late = np.rint(draws * terms.lead_sd_days[:, None]).astype("timedelta64[D]")
    return Delays(shown, np.maximum(period_of(day + lead + late, starts) - number, 0) - agreed)
