"""Names goods of stock by the code or name that sales name them by, where its file has that one as well."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shares import share_known

_KNOWN: Final = 0.9
"""Share of the ids of sales that a column of stock must hold to be of the same code. By judgement: what was sold out
and is made no more is in no list."""
_OWN: Final = 0.5
"""Share of the ids of sales from which the code that stock has is theirs already. By judgement."""
_LEAST: Final = 3
"""Goods in sales below which two columns share them by chance."""
_GOODS: Final = ("product", "product_name")


def codes_of_stock(looked: Sequence[LookedAt]) -> Mapping[int, Mapping[str, str]]:
    """Place of a file of stock -> its column of the code that sales have -> `product`; none where they agree already.

    Args:
        looked: the files of a dataset.
    """
    sold = [ids for one in looked if (ids := _sold(one)) is not None]
    if not sold:
        return {}
    ids = pl.concat(sold).unique()
    if len(ids) < _LEAST:
        return {}
    columns = {place: _column_of(one, ids) for place, one in enumerate(looked) if "on_hand" in one.columns.roles}
    return {place: {name: "product"} for place, name in columns.items() if name}


def _sold(one: LookedAt) -> pl.Series | None:
    """The ids of goods in a file of sales; None for any other file."""
    roles = one.columns.roles
    name = next((roles[role] for role in _GOODS if role in roles), None)
    if name is None or one.proposal.table not in ("transactions", "daily_sales") or "on_hand" in roles:
        return None
    return one.sample[name].cast(pl.String).drop_nulls().unique()


def _column_of(one: LookedAt, ids: pl.Series) -> str:
    """The column of stock that holds the ids of sales; blank where it names goods so, or none does."""
    roles = one.columns.roles
    own = next((roles[role] for role in _GOODS if role in roles), None)
    if own is None or share_known(ids, one.sample[own]) >= _OWN:
        return ""
    taken = {name for role, name in roles.items() if role not in _GOODS}
    shares = {name: share_known(ids, one.sample[name]) for name in one.columns.seen if name not in taken}
    best = max(shares, key=lambda name: shares[name], default="")
    return best if shares.get(best, 0.0) >= _KNOWN else ""
