"""Columns of left-over goods that matter to an audience."""

import polars as pl

LEFT_OVER = {
    "store_id": pl.String,
    "product_id": pl.String,
    "left_over_units": pl.Float64,
    "sell_by": pl.Date,
}
