"""Spreads the purchases that planned contacts cause over shops, goods and the days after each contact."""

from datetime import timedelta

import numpy as np
import polars as pl

EXTRA_UNITS = {"store_id": pl.String, "product_id": pl.String, "date": pl.Date, "units": pl.Float64}
"""One row per store x product x date: expected units that campaigns cause."""


def lag_shares(days: int) -> list[float]:
    """Shares of caused purchases by days after the contact, 0 to `days - 1`; they fall evenly and sum to 1.

    Args:
        days: within which purchases count.

    >>> lag_shares(3)
    [0.5, 0.3333333333333333, 0.16666666666666666]
    """
    falling = np.arange(days, 0, -1, dtype=np.float64)
    return [float(share) for share in falling / falling.sum()]


def extra_units(contacts: pl.DataFrame, shares: list[float], units_per_purchase: pl.DataFrame) -> pl.DataFrame:
    """Expected units that contacts cause, one row per store x product x date: columns EXTRA_UNITS.

    People without a known shop add nothing to any shop.

    Args:
        contacts: `store_id`, `product_id`, `day`, `caused` (purchases).
        shares: result of `lag_shares`.
        units_per_purchase: `product_id`, `units_per_purchase`; products that are missing are bought one at a time.
    """
    known = contacts.filter(pl.col("store_id").is_not_null())
    each = known.join(units_per_purchase, on="product_id", how="left").with_columns(
        units=pl.col("caused") * pl.col("units_per_purchase").fill_null(1.0)
    )
    parts = [
        each.select("store_id", "product_id", date=pl.col("day") + timedelta(days=lag), units=pl.col("units") * share)
        for lag, share in enumerate(shares)
    ]
    whole = pl.concat([pl.DataFrame(schema=EXTRA_UNITS), *(part.cast(pl.Schema(EXTRA_UNITS)) for part in parts)])
    return (
        whole.group_by("store_id", "product_id", "date")
        .agg(pl.col("units").sum())
        .sort("store_id", "product_id", "date")
    )
