"""Computes the result of the recorded orders from recorded sales and stock."""

import numpy as np

from retail_brain.decisions.arrays import Floats
from retail_brain.simulation.report import PolicyResult
from serving.planning.replay.scenario import ReplayScenario


def recorded(scenario: ReplayScenario) -> PolicyResult:
    """The records, costed as the replays are: what was thrown away is worked out by ageing the recorded stock."""
    facts, environment = scenario.facts, scenario.environment
    stock_units = np.nan_to_num(np.maximum(facts.on_hand, 0))
    sold = np.minimum(facts.sold, facts.played)
    lost = facts.played - sold
    money = {"holding": stock_units * environment.holding[:, None], "lost": lost * environment.short[:, None]}
    money["waste"] = facts.wasted * environment.unit_cost[:, None]
    lines = facts.received > 0
    cost = sum(money.values()) + lines * environment.order_cost[:, None]
    units = {
        "demand": facts.played,
        "sold": sold,
        "lost": lost,
        "wasted": facts.wasted,
        "held": stock_units,
        "lines": lines,
    }
    return PolicyResult(
        name="recorded",
        units={name: float(table.sum()) for name, table in units.items()},
        money={name: float(table.sum()) for name, table in money.items()},
        blocks={
            name: _blocks(table, environment.block)
            for name, table in (("demand", facts.played), ("sold", sold), ("wasted", facts.wasted), ("cost", cost))
        },
    )


def _blocks(table: Floats, block: int) -> Floats:
    """Sums over blocks of periods, as replays tell them."""
    starts = np.arange(0, table.shape[1], block)
    sums: Floats = np.add.reduceat(table, starts, axis=1)
    return sums
