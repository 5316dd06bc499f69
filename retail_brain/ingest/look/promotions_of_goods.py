"""Recognises promotions: goods with the first and the last day of a campaign, and perhaps its price."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import Proposal, number_key, quoted
from retail_brain.ingest.look.validity import write_validity
from retail_brain.ingest.look.words import bare_name, role_scores

PROMOTED: Final = r"promo|aktion|campaign|kampagne|offer|deal|акци|промо|促销|活动"
"""Words in the names of columns of promotions."""
_NUMBER = r"(?:^|_)(?:id|no|nr|code|number|key)$|编号|编码|号$"
"""The end of the names of columns that number promotions."""
_DAYS = 2
"""Columns of days of which one is the first of a promotion and the other its last."""


def promotions_of_goods(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of `promotions`; None for a file without a promotion, goods and two days of which one is never later.

    Args:
        sample: the first rows.
        found: roles of its columns.
    """
    product, price = found.roles.get("product"), found.roles.get("price") or found.roles.get("list_price")
    days = _first_and_last(sample, found)
    number = _number(sample, found, product)
    if product is None or days is None or number is None or {"customer", "amount", "time"} & found.roles.keys():
        return None
    made = Proposal(table="promotions", columns={"promotion_id": quoted(number), "product_id": quoted(product)})
    if "store" in found.roles:
        made.columns["store_id"] = quoted(found.roles["store"])
    begins, ends = days
    write_validity(made, sample, found, (begins, ends), "promotion")
    if price is not None:
        made.columns["unit_price"] = number_key(made, found, price, "unit_price")
    return made


def _first_and_last(sample: pl.DataFrame, found: Columns) -> tuple[str, str] | None:
    """The two columns of days, the earlier first; None where there are others, or neither is always the earlier."""
    dated = [name for name, seen in found.seen.items() if seen.dates and not seen.numbers and not seen.has_time]
    if len(dated) != _DAYS or sample.select(dated).null_count().sum_horizontal().sum():
        return None
    one, other = (days_of(sample[name], found.seen[name]) for name in dated)
    if (one == other).all():
        return None
    return (dated[0], dated[1]) if (one <= other).all() else (dated[1], dated[0]) if (other <= one).all() else None


def _number(sample: pl.DataFrame, found: Columns, product: str | None) -> str | None:
    """The column that tells promotions apart: each has a product once in a shop; None where none is named as one."""
    beside = [name for name in (product, found.roles.get("store")) if name]
    named = [name for name, seen in found.seen.items() if re.search(PROMOTED, bare_name(name)) and not seen.dates]
    named = [name for name in named if name not in beside and not role_scores(name).keys() & {"price", "list_price"}]
    named.sort(key=lambda name: re.search(_NUMBER, bare_name(name)) is None)
    keys = (name for name in named if found.seen[name].filled == 1)
    return next((name for name in keys if not sample.select(name, *beside).is_duplicated().any()), None)
