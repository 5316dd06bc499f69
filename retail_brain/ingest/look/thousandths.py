"""Finds units that are counted in thousandths, such as 1000 for one: prices times them are 1000 times the sums."""

from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share

_THOUSAND: Final = 1000
"""Thousandths in one unit."""
_LEAST: Final = 5
"""Different lines below which an equal sum may be chance. By judgement."""
_HOLDS: Final = 0.8
"""Share of the lines whose sum is price times units by 1000; discounts of lines make others. By judgement."""
_OFF: Final = 0.51
"""Smallest parts of money by which a sum of whole ones is rounded."""


def in_thousandths(made: Proposal, sample: pl.DataFrame, found: Columns) -> pl.DataFrame:
    """Reads units in thousandths where the sums of the lines show it.

    Args:
        made: the proposal with the key of its units, changed in place.
        sample: the rows.
        found: roles of the columns.

    Returns:
        The rows with their units as such, so that prices times units are sums.
    """
    name, key = found.roles.get("units"), made.columns.get("units", "")
    if (
        name is None
        or key.startswith("?")
        or found.seen[name].whole is None
        or not _are_thousandths(sample, found, name)
    ):
        return sample
    plain = key if key.startswith("{") else f"{{ column = {key} }}"
    made.columns["units"] = f"{plain.removesuffix(' }')}, thousandths = true }}"
    made.remarks.append(f"prices times {name!r} are 1000 times the sums of the lines: it is in thousandths")
    return sample.with_columns((values(sample, found, name) / _THOUSAND).cast(pl.String).alias(name))


def _are_thousandths(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    units = values(sample, found, name).abs()
    for price in found.all_of("price"):
        for amount in found.all_of("amount"):
            if name in (price, amount) or price == amount:
                continue
            lines = pl.DataFrame({
                "units": units, "price": values(sample, found, price).abs(), "sum": values(sample, found, amount).abs(),
            }).drop_nulls().unique().filter((pl.col("units") > 0) & (pl.col("sum") > 0))  # fmt: skip
            fits = (lines["units"] * lines["price"] / _THOUSAND - lines["sum"]).abs() <= _OFF
            if lines.height >= _LEAST and share(fits) >= _HOLDS:
                return True
    return False
