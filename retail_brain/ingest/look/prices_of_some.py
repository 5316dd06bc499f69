"""Price lists with several prices of a product on a day: for some buyers, some quantities, or in another money."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, one_of
from retail_brain.ingest.look.state_columns import column_of, listed
from retail_brain.ingest.numbers import parse_numbers

_MOST_LEAST_UNITS = 12
"""Distinct numbers up to which a column may be of units from which a price holds. By judgement: they are few and round."""


def ask_for_prices_of_some(made: Proposal, sample: pl.DataFrame, found: Columns, taken: tuple[str, str, str]) -> None:
    """Asks whether prices that not everybody pays are left out, by the columns that only such rows fill.

    A shelf price is one per product, shop and day. Where a list has more, columns that are blank on some rows say for
    whom or in which money the others hold, and a number above that of most rows from how many units on.

    Args:
        made: a proposal of `prices`; gets `where`.
        sample: the first rows.
        found: their columns.
        taken: the columns of the first day, the last day and the price.
    """
    key = [*(found.roles[role] for role in ("store", "product") if role in found.roles), taken[0]]
    several = int(sample.select(key).is_duplicated().sum())
    conditions, names, kept = [], [], sample
    for name, seen in found.seen.items():
        if not kept.select(key).is_duplicated().any():
            break
        if name in key or name in taken or not seen.filled or seen.dates:
            continue
        part = _for_all(kept, found, name)
        if part is None:
            continue
        condition, rows = part
        if rows.height and rows.select(key).is_duplicated().sum() < kept.select(key).is_duplicated().sum():
            conditions.append(condition)
            names.append(name)
            kept = rows
    if not names:
        return
    readings = ["'''" + " AND ".join(f"({one})" for one in conditions) + "'''", "'''TRUE'''"]
    made.keys["where"] = one_of(
        made, readings,
        f"{several:,} rows have another price of the same product from the same day on: do prices with {names} hold for "
        f"some buyers, quantities or moneys alone? Then leave them out ({kept.height:,} of {sample.height:,} rows stay), "
        "or else keep all",
    )  # fmt: skip


def _for_all(rows: pl.DataFrame, found: Columns, name: str) -> tuple[str, pl.DataFrame] | None:
    """The condition for the rows that hold for everybody by one column, and these rows; None where it says nothing."""
    seen = found.seen[name]
    if rows[name].null_count():
        return f"{column_of(name)} IS NULL OR {column_of(name)} = ''", rows.filter(pl.col(name).is_null())
    if not seen.numbers or rows[name].n_unique() > _MOST_LEAST_UNITS:
        return None
    numbers = parse_numbers(rows[name].cast(pl.String), seen.numbers[0])
    least = numbers.min()
    if not isinstance(least, float) or least > 1 or numbers.n_unique() == 1:
        return None
    more = [str(value) for value in rows.filter(numbers > 1)[name].unique().sort().to_list()]
    return f"{column_of(name)} NOT IN ({listed(more)})", rows.filter(numbers <= 1)
