"""New quantities of many order lines at once: by a share, to a quantity, in whole packs; and what that changes."""

from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from retail_brain.decisions.arrays import ROUNDING

Packs = Literal["nearest", "up", "down"]


@dataclass(frozen=True)
class Change:
    """How quantities change; of percent and quantity at most one.

    Attributes:
        percent: added to the quantity that counts now, such as -10.
        quantity: the new quantity of every line, units.
        packs: rounds to whole packs; None leaves the quantity as it is.
    """

    percent: float | None = None
    quantity: float | None = None
    packs: Packs | None = "nearest"


def changed_quantity(change: Change) -> pl.Expr:
    """The new quantity of a line with `quantity`, `case_pack` and `min_order_quantity`, units.

    Rounded up to the minimum order where something is left to order: less cannot be had.
    """
    if change.quantity is not None:
        wanted = pl.lit(change.quantity)
    else:
        wanted = pl.col("quantity") * (1 + (change.percent or 0.0) / 100)
    if change.packs is None:
        return wanted.clip(lower_bound=0.0)
    pack = pl.col("case_pack").fill_null(1.0).clip(lower_bound=ROUNDING)
    packs = wanted / pack
    # a rounding error of the division must not become a pack
    whole = {"nearest": (packs + 0.5).floor(), "up": (packs - ROUNDING).ceil(), "down": (packs + ROUNDING).floor()}
    rounded = (whole[change.packs] * pack).clip(lower_bound=0.0)
    least = ((pl.col("min_order_quantity").fill_null(0.0) / pack - ROUNDING).ceil() * pack).clip(lower_bound=0.0)
    return pl.when(rounded > 0).then(pl.max_horizontal(rounded, least)).otherwise(0.0)


def difference(lines: pl.DataFrame) -> dict[str, Any]:
    """Units and cost of lines before and after: `lines`, `units`, `units_after`, `cost`, `cost_after`.

    Costs are null where that of every line is unknown, and `unknown_cost` counts the lines without one.

    Args:
        lines: `quantity`, `new_quantity` and `unit_cost`.
    """
    cost = pl.col("unit_cost")
    total = pl.when(cost.count() > 0).then((pl.col("new_quantity") * cost).sum().round(2))
    before = pl.when(cost.count() > 0).then((pl.col("quantity") * cost).sum().round(2))
    return lines.select(
        lines=pl.len(),
        units=pl.col("quantity").sum().round(4),
        units_after=pl.col("new_quantity").sum().round(4),
        cost=before,
        cost_after=total,
        unknown_cost=cost.null_count(),
    ).row(0, named=True)
