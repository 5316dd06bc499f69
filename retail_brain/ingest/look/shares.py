"""Shares of rows on which something holds, and of ids that another column has."""

from collections.abc import Sequence

import polars as pl


def share(fits: pl.Series | Sequence[bool]) -> float:
    """Share of the rows that fit, of those about which something is known; 0 where there is none.

    >>> share([True, False, True, True]), share(pl.Series([True, None])), share([])
    (0.75, 1.0, 0.0)
    """
    found = pl.Series(fits, dtype=pl.Boolean).mean()
    return found if isinstance(found, float) else 0.0


def share_known(ids: pl.Series, column: pl.Series) -> float:
    """Share of ids, which are texts, that a column has, whatever its type; 0 where there are no ids.

    >>> share_known(pl.Series(["1", "2"]), pl.Series([2, 3]))
    0.5
    """
    return share(ids.is_in(column.cast(pl.String).drop_nulls().unique().implode()))
