"""Sales that came back and stay, because rows below 0 take them back and name their receipts."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
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


def _with(sample: pl.DataFrame, state: State, kinds: Sequence[str]) -> pl.DataFrame:
    return sample.filter(pl.col(state.name).cast(pl.String).is_in(kinds))
