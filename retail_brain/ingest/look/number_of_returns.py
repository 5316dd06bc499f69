"""The number of an order that no name says: a return has the number of the sale that it takes back."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.evidence import is_dated
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.state_columns import State
from retail_brain.ingest.look.states import with_states
from retail_brain.ingest.look.word_parts import is_beside
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK

_LEAST_RETURNS: Final = 5
"""Returns below which nothing is concluded. By judgement."""
_FOUND: Final = 0.5
"""Share of the returns whose sale must be in the file: others were sold before its first day. By judgement."""
_MANY: Final = 0.5
"""Share of distinct values among sales from which they are numbers of orders, and no kinds. By judgement."""


def number_of_returns(sample: pl.DataFrame, found: Columns) -> str | None:
    """The one free column by which returns have the number of their sale, of the same good; None for none or several.

    Args:
        sample: the lines.
        found: roles of the columns.
    """
    goods = found.roles.get("product") or found.roles.get("product_name")
    is_return = _returns(sample, found)
    if goods is None or is_return.sum() < _LEAST_RETURNS or is_return.all():
        return None
    numbers = [name for name in found.seen if _may_number(sample, found, name)]
    fitting = [name for name in numbers if _joins(sample.select(name, pl.col(goods).alias("_goods")), is_return)]
    return fitting[0] if len(fitting) == 1 else None


def _returns(sample: pl.DataFrame, found: Columns) -> pl.Series:
    """Which rows are returns, by their kind or units below 0."""
    below = pl.repeat(value=False, n=sample.height, eager=True)
    if "units" in found.roles:
        below = below | (values(sample, found, found.roles["units"]) < 0).fill_null(value=False)
    for name in with_states(sample, found).all_of("status"):
        state = State(sample, found, name)
        if not state.is_state:  # the state of an order is that of its sale
            below = below | sample[name].cast(pl.String).is_in(state.which(GIVEN_BACK, CANCELLED)).fill_null(
                value=False
            )
    return below


def _may_number(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    seen = found.seen[name]
    if name in found.roles.values() or sample[name].null_count() or is_dated(seen) or seen.is_clock:
        return False
    if is_beside(bare_name(name)) or role_scores(name).keys() - {"receipt"}:
        return False
    text = sample[name].cast(pl.String)
    return bool(text.str.contains(r"\d").all()) and not re.search("%", name)


def _joins(rows: pl.DataFrame, is_return: pl.Series) -> bool:
    """Whether values are many among sales, and those of returns come among sales of the same good."""
    name = rows.columns[0]
    sold, returned = rows.filter(~is_return), rows.filter(is_return)
    if sold[name].n_unique() < _MANY * sold.height or returned[name].n_unique() < _MANY * returned.height:
        return False
    return returned.join(sold.unique(), on=[name, "_goods"], how="semi").height >= _FOUND * returned.height
