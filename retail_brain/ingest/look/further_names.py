"""Columns that are further names of goods or customers, and columns that have a word for unknown customers."""

import re

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import KIND_NAME
from retail_brain.ingest.look.words_of_states import NOBODY, OF_PAYMENT, STATE_NAME

_FEW = 4
"""Values below which two columns say the same by chance, and a column may be of ways to pay."""
_MOST_NOBODY = 2
"""Different words for unknown customers that a till has at most. By judgement."""
_WAYS_TO_PAY = r"^(?:credit|debit|bank|visa|master|card|upi|cheque|check|karte|carte|tarjeta|карта|卡)"
"""Beside `Cash` in a column of ways to pay, where it is no customer."""


def names_nobody(rows: pl.DataFrame, name: str) -> bool:
    """Whether a column has a word for unknown customers, such as `Walk-in`, among names of others."""
    if re.search(f"{KIND_NAME}|{STATE_NAME}|{OF_PAYMENT}", bare_name(name)):
        return False  # `Paragon` is a kind of document as well
    kinds = rows[name].drop_nulls().cast(pl.String).unique().str.strip_chars().str.to_lowercase()
    is_nobody = kinds.str.contains(rf"^(?:{NOBODY})$")
    ways = kinds.str.contains(_WAYS_TO_PAY)
    return len(kinds) >= _FEW and 1 <= int(is_nobody.sum()) <= _MOST_NOBODY and not ways.any()


def goes_with(rows: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a column says the same as the good, or as the customer: another name of it, and no shop."""
    for role in ("product", "product_name", "customer"):
        held = found.roles.get(role)
        if held is None or rows[held].n_unique() < _FEW:
            continue
        pairs = rows.select(held, name).drop_nulls().unique()
        is_name = not pairs[held].is_duplicated().any() and not pairs[name].is_duplicated().any()
        if is_name and rows.height >= 2 * pairs.height:
            return True
    return False
