"""What stands out about an order line, and which lines wait for a decision: the one rule behind every count."""

import polars as pl

from retail_brain.decisions.arrays import ROUNDING
from retail_brain.decisions.reasons.order_outcomes import is_losing
from retail_brain.settings import ReplenishmentSettings

_CUT_CODES = ("budget", "limit", "source_stock", "collision", "shelf", "not_worth_minimum", "loses_money")
"""Reason codes of lines that a limit changes; each is a flag of its own name."""
FLAGS = ("loss", "unknown_stock", "negative_stock", *_CUT_CODES, "losing", "large")
"""Flags of a line, worst first."""
WEIGHTS = dict.fromkeys(FLAGS, 2) | {"loss": 4, "unknown_stock": 3, "negative_stock": 3}
"""How pressing a flag is: a loss can only be stopped now, and unknown stock hides one. By judgement."""


def is_short() -> pl.Expr:
    """Whether a unit or more, and a tenth of the demand, are expected to be lost even with the order."""
    lost = pl.col("expected_lost_sales")
    return ((lost >= 1) & (lost >= 0.1 * pl.col("demand_until_next_arrival"))).fill_null(value=False)


def is_large(settings: ReplenishmentSettings) -> pl.Expr:
    """Whether an order holds more than `large_order_cycles` cycles of demand, and more than the least that is possible.

    Columns `case_pack` and `min_order_quantity` say what that is: the least order, in whole packs, is nobody's choice.
    """
    most = settings.large_order_cycles * pl.col("demand_until_next_arrival")
    quantity, pack = pl.col("order_quantity"), pl.col("case_pack").fill_null(0)
    least = pl.max_horizontal(pack, pl.col("min_order_quantity").fill_null(0))
    packed = pl.when(pack > 0).then((least / pack).ceil() * pack).otherwise(least)
    large = pl.col("on_hand").is_not_null() & (quantity > most) & (quantity >= settings.exception_least_units)
    large &= quantity > packed + ROUNDING
    return large.fill_null(value=False)


def line_flags(lines: pl.DataFrame, settings: ReplenishmentSettings) -> pl.DataFrame:
    """One row per order line: a Boolean column per flag of `FLAGS`.

    Args:
        lines: columns of `suggestions` with `case_pack` and `min_order_quantity`, `order_cost` and `reason_code`.
        settings: what makes an order large.
    """
    code, on_hand = pl.col("reason_code"), pl.col("on_hand")
    return lines.select(
        is_short().alias("loss"),
        (on_hand.is_null() | (code == "unknown_stock")).alias("unknown_stock"),
        (on_hand < 0).fill_null(value=False).alias("negative_stock"),
        *((code == name).alias(name) for name in _CUT_CODES),
        is_losing().alias("losing"),
        is_large(settings).alias("large"),
    )


def waits(lines: pl.DataFrame, flags: pl.DataFrame) -> pl.Series:
    """Whether each line asks for a decision: it orders goods, or something stands out about it.

    Args:
        lines: `order_quantity`.
        flags: of `line_flags`.
    """
    flagged = flags.select(pl.any_horizontal(FLAGS).alias("flagged"))["flagged"]
    return (lines["order_quantity"].fill_null(0) > 0) | flagged
