"""Published exceptions without those that a decision settled."""

from collections.abc import Iterable

import polars as pl

_DECIDED = ("stockout", "unknown_stock", "large_order", "losing_order", "unusual")
"""Kinds of exceptions that a decision about their suggestion settles."""


def open_exceptions(lines: pl.DataFrame, decided: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """The exceptions that are still open, in their order.

    Args:
        lines: the published ones.
        decided: store and product of the suggestions that were decided on.
    """
    series = pl.DataFrame(list(decided), schema={"store_id": pl.String, "product_id": pl.String}, orient="row")
    if series.is_empty():
        return lines
    settled = lines.filter(pl.col("kind").is_in(_DECIDED)).join(series, on=["store_id", "product_id"], how="semi")
    return lines.join(settled, on=["kind", "store_id", "product_id"], how="anti", maintain_order="left")
