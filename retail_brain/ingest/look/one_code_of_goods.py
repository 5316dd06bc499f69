"""Names goods by one code in all files, where sales have one and stock another, and the list of goods holds both."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shares import share_known

_KNOWN: Final = 0.9
"""Share of the codes of a file that the key of the list must hold. By judgement: lists lag behind."""
_LEAST: Final = 5
"""Codes of goods below which two columns share them by chance."""
_FILES: Final = 2
"""Files with goods that must share the code."""


def one_code_of_goods(looked: Sequence[LookedAt]) -> Mapping[int, Mapping[str, str]]:
    """Place of a file -> its column of the code that all files have -> `product`; none where they agree already.

    The code must name each row of the one list of goods, and in the other files the same goods as the code that their
    names say.

    Args:
        looked: the files of a dataset.
    """
    lists = [place for place, one in enumerate(looked) if one.proposal.table == "products"]
    lists = [place for place in lists if "product" in looked[place].columns.roles]
    sold = [place for place, one in enumerate(looked) if place not in lists and _has_goods(one)]
    if len(lists) != 1 or len(sold) < _FILES:
        return {}
    goods = looked[lists[0]]
    own = goods.columns.roles["product"]
    if all(_is_held(looked[place], looked[place].columns.roles["product"], goods.sample[own]) for place in sold):
        return {}
    for key, seen in goods.columns.seen.items():
        if seen.distinct < 1 or seen.filled < 1 or seen.dates:
            continue
        columns = {place: _column_of(looked[place], goods.sample[key]) for place in sold}
        if all(columns.values()):
            return {lists[0]: {key: "product"}, **{place: {name: "product"} for place, name in columns.items()}}
    return {}


def _has_goods(one: LookedAt) -> bool:
    roles = one.columns.roles.keys()
    return "product" in roles and bool({"units", "on_hand"} & roles)


def _column_of(one: LookedAt, listed: pl.Series) -> str:
    """The column of a file that holds the codes of a list and says the same goods; blank where none does."""
    own = one.columns.roles["product"]
    taken = {name for role, name in one.columns.roles.items() if role != "product"}
    names = [own, *(name for name in one.columns.seen if name not in taken and name != own)]
    same = (name for name in names if name == own or _says_the_same(one.sample, own, name))
    return next((name for name in same if _is_held(one, name, listed)), "")


def _says_the_same(sample: pl.DataFrame, code: str, name: str) -> bool:
    pairs = sample.select(pl.col(code).alias("code"), pl.col(name).alias("name")).drop_nulls().unique()
    return pairs.height >= _LEAST and not (pairs["code"].is_duplicated().any() or pairs["name"].is_duplicated().any())


def _is_held(one: LookedAt, name: str, listed: pl.Series) -> bool:
    ids = one.sample[name].cast(pl.String).drop_nulls().unique()
    return len(ids) >= _LEAST and share_known(ids, listed) >= _KNOWN
