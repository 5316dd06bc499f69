"""Reads what records within records are by the type that they name, such as `agent.meta.type = counterparty`."""

import re
from typing import Final

import polars as pl

_TYPE: Final = re.compile(r"(.+?)_?(?:meta_type|__typename)$")
"""The column of the type of a record, behind the name of the record, as interfaces of programs write it."""
_KINDS: Final = {
    "product": r"(?i)product|variant|productvariant|good|item|bundle|service|consignment|assortment",
    "customer": r"(?i)counterparty|customer|client|contact|member",
}
"""Role -> types of records that play it."""
_FIELDS: Final = {
    "product": {"code": ("product", 0.96), "id": ("product", 0.95), "name": ("product_name", 0.95)},
    "customer": {"id": ("customer", 0.96), "code": ("customer", 0.95), "name": ("customer", 0.3)},
}
"""Role -> field of the record -> role of its column and how sure that is."""


def roles_of_records(sample: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Column -> role -> score, for fields of records whose type stands in a column of its own.

    >>> rows = pl.DataFrame({"agent_meta_type": ["counterparty"], "agent_id": ["7"], "agent_name": ["Ann"]})
    >>> roles_of_records(rows)
    {'agent_id': {'customer': 0.96}, 'agent_name': {'customer': 0.3}}
    """
    found: dict[str, dict[str, float]] = {}
    for name in sample.columns:
        record = _TYPE.fullmatch(name)
        if record is None or sample[name].dtype != pl.String:
            continue
        types = sample[name].drop_nulls().unique().to_list()
        role = next(
            (role for role, words in _KINDS.items() if types and all(map(re.compile(words).fullmatch, types))), ""
        )
        for field, (plays, score) in _FIELDS.get(role, {}).items():
            if (column := f"{record[1]}_{field}") in sample.columns:
                found[column] = {plays: score}
    return found
