"""Tells the text of what was done, such as `Sale of goods`, from the names of goods: most goods have it alike."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

_LEAST_GOODS: Final = 5
"""Codes of goods below which most may have one name by chance."""
_ALIKE: Final = 0.8
"""Share of the codes on whose lines one text stands from which it names none of them. By judgement."""

_SEVERAL: Final = 0.1
"""Further texts for each code from which they tell lines apart; `Shirt` for most sizes is the one name of each."""


def without_names_of_operations(
    sample: pl.DataFrame, roles: dict[str, str], alternatives: Mapping[str, Sequence[str]]
) -> None:
    """Takes the next column that may name goods, or none, where one text stands on the lines of most goods.

    Args:
        sample: the first rows.
        roles: role -> column, changed in place.
        alternatives: role -> further columns whose names fit it as well, best first.
    """
    if not {"product", "product_name", "units"} <= roles.keys():
        return
    code, name = roles["product"], roles.pop("product_name")
    others = (one for one in alternatives.get("product_name", ()) if one not in roles.values())
    named = next((one for one in (name, *others) if not _is_on_most_goods(sample, code, one)), None)
    if named is not None:
        roles["product_name"] = named


def _is_on_most_goods(sample: pl.DataFrame, code: str, name: str) -> bool:
    pairs = sample.select(code, name).drop_nulls().unique()
    goods, texts = pairs[code].n_unique(), pairs[name].n_unique()
    most = pairs[name].value_counts()["count"].max()
    if goods < _LEAST_GOODS or not isinstance(most, int) or most <= _ALIKE * goods:
        return False
    return texts == 1 or pairs.height - goods > _SEVERAL * goods
