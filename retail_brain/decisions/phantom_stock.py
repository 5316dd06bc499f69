"""Detects phantom stock, stock on record whose sales have improbably stopped, and suggests cycle counts."""

from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Floats
from retail_brain.decisions.reasons.sentence import number

CYCLE_COUNTS = {
    "store_id": pl.String,
    "product_id": pl.String,
    "as_of": pl.Date,
    "on_hand": pl.Float64,
    "days_without_sale": pl.Int64,
    "expected_units": pl.Float64,
    "probability": pl.Float64,
    "expected_value": pl.Float64,
    "reason": pl.String,
    "reason_zh": pl.String,
}


def silence_probability(rate: Floats, days: Floats, dispersion: Floats) -> Floats:
    """Probability of that many days without a sale although the goods are on the shelf.

    Demand is negative binomial per day with variance `dispersion` times its mean (Poisson at 1).

    Args:
        rate: mean units per day.
        days: days without a sale.
        dispersion: at least 1.
    """
    # log P(no unit in a day) = -rate / (d - 1) * ln d for a negative binomial of variance-to-mean ratio d; its limit
    # for d -> 1 is the Poisson's -rate.
    over = np.maximum(dispersion - 1, 1e-9)
    per_day = np.where(dispersion > 1 + 1e-6, rate / over * np.log(np.maximum(dispersion, 1)), rate)
    chance: Floats = np.exp(-per_day * days)
    return chance


def suggest_cycle_counts(
    silent: pl.DataFrame, as_of: date, *, prior: float = 0.02, least_probability: float = 0.5, days_ahead: int = 7
) -> pl.DataFrame:
    """Suggested cycle counts, one row per store x product, most valuable first: columns CYCLE_COUNTS.

    The probability of a phantom is Bayes' rule between "the record is wrong and nothing can be sold" (`prior`) and
    "there is stock and nobody bought". The value is the margin of the sales that a corrected record brings back.

    Args:
        silent: one row per store x product with stock on record: `store_id`, `product_id`, `on_hand`, `rate` (mean
            units per day before the silence), `dispersion` (variance over mean, null for 1), `days_without_sale`,
            `margin` (money per unit, null for 0).
        as_of: last visible day.
        prior: share of records that are phantoms on an ordinary day.
        least_probability: requests less probable are left out.
        days_ahead: days over which lost sales are counted.
    """
    on_record = silent.filter(pl.col("on_hand") > 0, pl.col("rate") > 0, pl.col("days_without_sale") > 0)
    chance = silence_probability(
        on_record["rate"].to_numpy().astype(np.float64),
        on_record["days_without_sale"].to_numpy().astype(np.float64),
        on_record["dispersion"].cast(pl.Float64).fill_null(1.0).clip(1.0).to_numpy().astype(np.float64),
    )
    frame = on_record.with_columns(
        as_of=pl.lit(as_of),
        probability=pl.Series(prior / (prior + (1 - prior) * chance)),
        expected_units=pl.col("rate") * pl.col("days_without_sale"),
    ).filter(pl.col("probability") >= least_probability)
    days, units = pl.col("days_without_sale").cast(pl.Int64), pl.col("expected_units").round(1)
    percent = (pl.col("probability") * 100).round(0).clip(0, 99).cast(pl.Int64)
    frame = frame.with_columns(
        expected_value=pl.col("probability") * pl.col("rate") * days_ahead * pl.col("margin").fill_null(0.0),
        reason=pl.format(
            "{} on record, but no sales for {} days, where about {} were expected: {}% likely to be phantom stock. "
            "Count it.",
            number("on_hand"), days, units, percent,
        ),
        reason_zh=pl.format(
            "账面库存{}件，但已{}天没有销售，按正常应售出约{}件：虚库存的可能性{}%，请盘点。",
            number("on_hand"), days, units, percent,
        ),
    )  # fmt: skip
    ranked = frame.sort(
        "expected_value", "probability", "store_id", "product_id", descending=[True, True, False, False]
    )
    return ranked.select(pl.col(name).cast(kind) for name, kind in CYCLE_COUNTS.items())
