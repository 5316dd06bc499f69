"""What the recorded orders came to, worked out from sales and stock."""

import numpy as np

from retail_brain.decisions.arrays import Floats
from retail_brain.simulation.engine import BLOCK
from retail_brain.simulation.report import PolicyResult
from serving.planning.replay.scenario import Stage


def recorded(stage: Stage) -> PolicyResult:
    """The records, costed as the replays are: what was thrown away is worked out by ageing the recorded stock."""
    facts, world = stage.facts, stage.world
    held = np.nan_to_num(np.maximum(facts.on_hand, 0))
    sold = np.minimum(facts.sold, facts.played)
    lost = facts.played - sold
    money = {"holding": held * world.holding[:, None], "lost": lost * world.short[:, None]}
    money["waste"] = facts.wasted * world.unit_cost[:, None]
    lines = facts.received > 0
    cost = sum(money.values()) + lines * world.order_cost[:, None]
    units = {"demand": facts.played, "sold": sold, "lost": lost, "wasted": facts.wasted, "held": held, "lines": lines}
    return PolicyResult(
        name="recorded",
        units={name: float(table.sum()) for name, table in units.items()},
        money={name: float(table.sum()) for name, table in money.items()},
        blocks={
            name: _blocks(table)
            for name, table in (("demand", facts.played), ("sold", sold), ("wasted", facts.wasted), ("cost", cost))
        },
    )


def _blocks(table: Floats) -> Floats:
    """Sums over blocks of days, as replays tell them."""
    starts = np.arange(0, table.shape[1], BLOCK)
    sums: Floats = np.add.reduceat(table, starts, axis=1)
    return sums
