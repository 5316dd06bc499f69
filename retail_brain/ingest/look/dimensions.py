"""Files of a warehouse whose names say that they are dimensions: lists of what its facts name, and never the facts.

A dimension has prices and days too: when its row began to hold, what goods cost, since when a shop is open.
"""

import re
from dataclasses import replace
from typing import Final

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.words import bare_name

_DIMENSION: Final = (
    r"^(?:[a-z0-9]+_){0,2}(?:dim|dimension|dimensao|dimensione)_[^\W\d_]|[^\W\d_]_(?:dim|dimension|dimensao|dimensione)$"
    r"|(?:^|_)измерени[ея](?:_|$)|维度?表?$|^维度"
)
"""A name of a file that is a dimension, with the layer or schema before it, such as `dwh_dim_item`. By judgement."""
_OF_FACTS: Final = ("receipt", "units", "amount", "time", "discount")
"""Roles of facts, which no dimension has."""


def without_roles_of_facts(found: Columns, stem: str) -> Columns:
    """The columns of a dimension without roles of sales; any other file as it is.

    Args:
        found: roles of the columns of a file.
        stem: its name.
    """
    if not re.search(_DIMENSION, bare_name(stem)):
        return found
    out = {*_OF_FACTS, *(("moment",) if "customer" not in found.roles else ())}
    roles = {role: name for role, name in found.roles.items() if role not in out}
    return replace(found, roles=roles) if roles != found.roles else found
