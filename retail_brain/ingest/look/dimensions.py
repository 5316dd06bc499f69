"""Files of a warehouse whose names say that they are dimensions: lists of what its facts name, and never the facts.

A dimension has prices and days too: when its row began to hold, what goods cost, since when a shop is open.
"""

import re
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name

_DIMENSION: Final = (
    r"^(?:[a-z0-9]+_){0,2}(?:dim|dimension|dimensao|dimensione)_[^\W\d_]|[^\W\d_]_(?:dim|dimension|dimensao|dimensione)$"
    r"|(?:^|_)измерени[ея](?:_|$)|维度?表?$|^维度"
)
"""A name of a file that is a dimension, with the layer or schema before it, such as `dwh_dim_item`. By judgement."""
_OF_FACTS: Final = ("receipt", "units", "amount", "time", "discount")
"""Roles of facts, which no dimension has."""


_CALLED_SALES: Final = (
    r"(?:^|_)(?:sales|sold|orders|receipts|transactions|verkaufe?|umsatze?|ventes|ventas|vendas|vendite|verkopen|sprzedaz"
    r"|prodeje?|продажи)(?:_?\d+)*$|(?:销售|売上|판매)(?:_?\d+)*$"
)
"""A last word of a name of sales, as of a restaurant's `dim_sum_sales`; `dim_sales_channel` is none of them."""
_VARY: Final = 0.5
"""Share of the goods with several rows whose units differ between these, from which rows are sales. By judgement."""


def without_roles_of_facts(sample: pl.DataFrame, found: Columns, stem: str) -> Columns:
    """The columns of a dimension without roles of sales, and a remark on them; any other file as it is.

    Args:
        sample: the rows.
        found: roles of the columns of a file.
        stem: its name.
    """
    plain = bare_name(stem)
    if not re.search(_DIMENSION, plain) or _is_of_sales(sample, found, plain):
        return found
    out = {*_OF_FACTS, *(("moment",) if "customer" not in found.roles else ())}
    roles = {role: name for role, name in found.roles.items() if role not in out}
    if roles == found.roles:
        return found
    taken = [name for role, name in found.roles.items() if role in out]
    says = f"{taken} are of no sales, as the name of the file says that it is a dimension: rename it where it has sales"
    return replace(found, roles=roles, remarks=(*found.remarks, says))


def _is_of_sales(sample: pl.DataFrame, found: Columns, plain: str) -> bool:
    """Whether rows are sales for all their name: units of receipts or days, and the name or goods that come again.

    Units of goods that come again differ; versions of a product have the same.
    """
    roles = {role: name for role, name in found.roles.items() if role not in found.asked}
    goods = roles.get("product") or roles.get("product_name")
    if goods is None or "units" not in roles or not {"receipt", "moment"} & roles.keys():
        return False
    if re.search(_CALLED_SALES, plain):
        return True
    counts = sample.drop_nulls(goods).group_by(goods).agg(pl.len().alias("rows"), pl.col(roles["units"]).n_unique())
    again = counts.filter(pl.col("rows") > 1)
    return again.height > 0 and share(again[roles["units"]] > 1) >= _VARY
