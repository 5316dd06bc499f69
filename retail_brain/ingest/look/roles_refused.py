"""Refuses roles that names suggest and values or places within records rule out."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.words import bare_name

_ANSWERS: Final = frozenset({"yes", "no", "true", "false"})
"""What a column says that names nobody, such as `Authorize/Customer`."""
_NAME_OF_A_PERSON: Final = r"(?:^|/)(?:addresses|contact)/(?:[a-z_]+/)?(?:name|first_name|last_name)$"
"""Names of people within records, such as `Addresses/Invoice/Name`, which name neither invoices nor goods."""
_ROWS: Final = 20
"""Rows from which one time of day on all of them is no time of a sale. By judgement."""


def is_refused(role: str, name: str, values: pl.Series) -> bool:
    """Whether a column cannot play a role that its name suggests.

    Args:
        role: the role.
        name: of the column.
        values: of the column.
    """
    if role == "time":
        return values.len() >= _ROWS and values.n_unique() == 1
    if role in ("receipt", "product_name"):
        return re.search(_NAME_OF_A_PERSON, bare_name(name)) is not None
    kinds = values.drop_nulls().cast(pl.String).str.to_lowercase().unique().to_list() if role == "customer" else []
    return bool(kinds) and set(kinds) <= _ANSWERS
