"""What whole purchase orders come to: all lines of a supplier and day, against the supplier's terms."""

from collections.abc import Sequence

import polars as pl


def whole_orders(order: Sequence[str], quantity: str, cost: str, is_bought: pl.Expr) -> dict[str, pl.Expr]:
    """What the purchase order of each line comes to: `cost` and `minimum` (money), and `trucks` (loads).

    Lines without a quantity are no part of it. A sum is null where a part is unknown: without it the order would be
    called too small. Of several minima the largest counts. The frame has `min_order_value` (money) and
    `units_per_truck` beside the columns named.

    Args:
        order: columns that tell orders apart.
        quantity: column of the units ordered.
        cost: column of the money of a line.
        is_bought: whether a line is one of a purchase order; null for all others.

    >>> lines = pl.DataFrame({"po": ["A", "A"], "units": [2.0, 4.0], "money": [10.0, 20.0]}).with_columns(
    ...     min_order_value=50.0, units_per_truck=12.0
    ... )
    >>> lines.select(**whole_orders(["po"], "units", "money", pl.lit(True))).row(0)
    (30.0, 50.0, 0.5)
    """
    ordered = pl.col(quantity) > 0

    def total(value: pl.Expr) -> pl.Expr:
        known = pl.when((ordered & value.is_null()).sum() == 0).then(value.filter(ordered).sum())
        return pl.when(is_bought).then(known.over(order))

    least = pl.col("min_order_value").filter(ordered).max()
    return {
        "cost": total(pl.col(cost)),
        "minimum": pl.when(is_bought).then(least.over(order)),
        "trucks": total(pl.col(quantity) / pl.col("units_per_truck")),
    }
