"""Sales that came back and stay, because rows below 0 take them back and name their receipts, or are named by them."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share, share_known
from retail_brain.ingest.look.state_columns import State

_MOSTLY: Final = 0.9
"""Share of the receipts that came back which rows below 0 must name. By judgement: one may be outside the file."""


def taken_back_by_rows(sample: pl.DataFrame, found: Columns, state: State, kinds: Sequence[str]) -> list[str]:
    """The kinds of rows that came back which stay: those below 0, and those whose receipts these name; else none.

    Args:
        sample: the rows; of a receipt whose first line alone has a state, this line counts.
        found: roles of the columns.
        state: the column with the kinds.
        kinds: values that say that goods came back.
    """
    receipt = found.roles.get("receipt")
    below = [kind for kind in kinds if state.has_units and (units := state.units([kind])).len() and (units < 0).all()]
    above = [kind for kind in kinds if kind not in below]
    if receipt is None or not below or not above:
        return []
    backs, sold = (_with(sample, state, some).filter(pl.col(receipt).is_not_null()) for some in (below, above))
    numbers = sold[receipt].cast(pl.String).unique()
    for name in sample.columns:
        named = backs[name].cast(pl.String).drop_nulls()
        is_other = name != receipt and len(named) and share_known(named, sample[receipt]) >= _MOSTLY
        if is_other and share(numbers.is_in(named.implode())) >= _MOSTLY:
            return [*below, *above]
    return []


def are_taken_back(sample: pl.DataFrame, found: Columns, marked: pl.Series) -> bool:
    """Whether rows below 0 take nearly all marked receipts back: these name them, or are named by them.

    What a receipt is called by may be another number than the one that shops read, such as its UUID.

    Args:
        sample: the rows.
        found: roles of the columns.
        marked: rows with a mark such as `refunded`.
    """
    receipt, units = found.roles.get("receipt"), found.roles.get("units")
    if receipt is None or units is None:
        return False
    is_below = (values(sample, found, units) < 0).fill_null(value=False)
    texts = sample.with_columns(pl.all().cast(pl.String))
    backs, sold = texts.filter(is_below & ~marked), texts.filter(marked & ~is_below)
    if not backs.height or not sold.height:
        return False
    numbers = [name for name in texts.columns if _is_number(texts, name, receipt)]
    return any(_names_all(one, other, numbers) for one, other in ((backs, sold), (sold, backs)))


def _is_number(texts: pl.DataFrame, name: str, receipt: str) -> bool:
    """Whether each value of a column is of one receipt, and each receipt has one."""
    pairs = texts.select(pl.col(name).alias("number"), pl.col(receipt).alias("receipt")).unique()
    return not pairs["number"].null_count() and pairs["number"].is_unique().all() and pairs["receipt"].is_unique().all()


def _names_all(naming: pl.DataFrame, named: pl.DataFrame, numbers: Sequence[str]) -> bool:
    """Whether a column of some rows holds the numbers of nearly all receipts of others, and nothing else."""
    for number in numbers:
        wanted = named[number].unique()
        for name in naming.columns:
            told = naming[name].drop_nulls().unique()
            is_other = name not in numbers and len(told) > 0
            if is_other and min(share_known(told, wanted), share_known(wanted, told)) >= _MOSTLY:
                return True
    return False


def _with(sample: pl.DataFrame, state: State, kinds: Sequence[str]) -> pl.DataFrame:
    return sample.filter(pl.col(state.name).cast(pl.String).is_in(kinds))
