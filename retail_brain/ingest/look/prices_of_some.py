"""Price lists with several prices of a product on a day: for some buyers, some quantities, or in another money."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, one_of
from retail_brain.ingest.look.state_columns import column_of, listed
from retail_brain.ingest.numbers import parse_numbers

_MOST_LEAST_UNITS = 12
"""Distinct numbers up to which a column may be of units from which a price holds. By judgement: they are few."""
_MANY_GOODS = 0.5
"""Share of the goods from which a price list of some may be that of the shelf. By judgement."""
_MOST_LISTS = 5
"""Price lists of some that are offered beside the prices for all. By judgement: more are those of single customers."""


def ask_for_prices_of_some(made: Proposal, sample: pl.DataFrame, found: Columns, taken: tuple[str, str, str]) -> None:
    """Leaves out prices that not everybody pays, by the columns that only such rows fill.

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
    general = "'''" + " AND ".join(f"({one})" for one in conditions) + "'''"
    left = f"{kept.height:,} of {sample.height:,} rows have none of {names}"
    others = _lists_of_some(sample, key, names[0])
    if not others:
        made.keys["where"] = general
        made.remarks.append(f"{left} and are the prices for all; the others hold for some buyers, quantities or moneys")
        return
    made.keys["where"] = one_of(
        made, [general, *(f"'''{column_of(names[0])} IN ({listed([one])})'''" for one in others)],
        f"{several:,} rows have another price of a product from the same day on: which are the prices of the shelf? "
        f"{left} and may be for all; {others} are further lists",
    )  # fmt: skip


def _lists_of_some(sample: pl.DataFrame, key: list[str], name: str) -> list[str]:
    """Values of a column that have one price for each of many goods, which a shelf may show."""
    goods = sample[key[-2]].n_unique()
    lists = []
    for (value,), rows in sample.drop_nulls(name).group_by(name, maintain_order=True):
        if not rows.select(key).is_duplicated().any() and rows[key[-2]].n_unique() >= _MANY_GOODS * goods:
            lists.append(str(value))
    return lists[:_MOST_LISTS]


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
