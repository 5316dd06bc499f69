"""Tells discounts in per cent from those in money by the sums of their receipts."""

from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.receipt_sums import is_of_the_order
from retail_brain.ingest.look.shares import share

_HUNDRED: Final = 100.0
"""The whole price in per cent."""
_LEAST: Final = 5
"""Receipts with a discount below which their sums prove nothing. By judgement."""
_HOLDS: Final = 0.97
"""Share of the receipts whose sum must be that of their lines less the discount. By judgement."""
_ROOM: Final = 0.02
"""Money for each line by which a sum may differ: a cent of rounding, and as much to spare."""
_WHOLE: Final = 0.51
"""The same where money has no hundredths, and each line is rounded to a whole number."""


def are_per_cent_by_sums(sample: pl.DataFrame, found: Columns, given: pl.Series) -> bool:
    """Whether receipts sum up to prices times units less a discount in per cent, those with a discount as well.

    Args:
        sample: the rows.
        found: roles of the columns.
        given: the discount of each row, without a sign.
    """
    roles = found.roles
    if not {"receipt", "units", "price", "amount"} <= roles.keys():
        return False
    receipt = sample[roles["receipt"]].forward_fill()
    price, units = (values(sample, found, roles[role]).abs() for role in ("price", "units"))
    off = given.fill_null(0.0)
    room = _WHOLE if bool((price.drop_nulls() == price.drop_nulls().round()).all()) else _ROOM
    for name in found.all_of("amount"):
        total = values(sample, found, name)
        if not is_of_the_order(receipt, total):
            continue
        lines = pl.DataFrame({
            "receipt": receipt, "sum": price * units * (1 - off / _HUNDRED), "off": off, "total": total,
        })  # fmt: skip
        sums = lines.group_by("receipt").agg(
            pl.col("sum").sum(), pl.col("off").max(), pl.col("total").drop_nulls().first(), pl.len().alias("lines")
        )
        fits = (sums["sum"] - sums["total"].abs()).abs() <= room * sums["lines"]
        is_given = sums["off"] > 0
        if int(is_given.sum()) >= _LEAST and share(fits) >= _HOLDS and share(fits.filter(is_given)) >= _HOLDS:
            return True
    return False
