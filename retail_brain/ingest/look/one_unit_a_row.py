"""Proves of rows without a count that each is one unit: by counts of their receipts, or by goods that come twice."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name

_COUNT: Final = (
    r"^(?!.*(?:line|row|stock|refund|return|ship|退)).*(?:qty|quantit|units|pieces|stuck|menge|anzahl|aantal|cantidad|pezzi"
    r"|数量|件数|点数|수량|кол)"
)
"""A word in the name of a column with the units of a receipt; a number of its lines proves nothing."""
_LEAST_RECEIPTS, _HOLDS = 10, 0.98
"""Receipts of several rows whose count must be that of their rows, and the share of all on which it is."""
_LEAST_TWICE, _OFTEN = 5, 0.02
"""Rows, and their share, of goods that come once more on a receipt, from which no count is hidden. By judgement."""
_MOST_TIMES = 0.005
"""Share of the rows at twice or three times the usual money of their goods up to which these are other prices."""
_NEAR = 0.005
"""Share of money by which a multiple may be off for cents of rounding."""
_TIMES = (2, 3, 4)
"""Multiples of the usual money of goods that a hidden count would make, as most lines have few units."""


def why_rows_are_units(sample: pl.DataFrame, found: Columns) -> str:
    """What proves that every row is one unit; blank where nothing does.

    Args:
        sample: the rows.
        found: roles of the columns, without units.
    """
    roles = found.roles
    goods = roles.get("product") or roles.get("product_name")
    if "receipt" not in roles or goods is None:
        return ""
    receipt = sample[roles["receipt"]].cast(pl.String).forward_fill()
    return _by_counts(sample, found, receipt) or _by_goods_twice(sample, found, receipt, goods)


def _by_counts(sample: pl.DataFrame, found: Columns, receipt: pl.Series) -> str:
    """The column that counts the units of a receipt, where receipts have as many rows."""
    for name, seen in found.seen.items():
        if seen.whole is None or not re.search(_COUNT, bare_name(name)):
            continue
        rows = pl.DataFrame({"receipt": receipt, "count": values(sample, found, name)}).drop_nulls("receipt")
        told = rows.group_by("receipt").agg(pl.col("count").drop_nulls().first(), pl.len().alias("rows")).drop_nulls()
        if (told["rows"] > 1).sum() >= _LEAST_RECEIPTS and share(told["count"] == told["rows"]) >= _HOLDS:
            return f"{name!r} of a receipt is the number of its rows"
    return ""


def _by_goods_twice(sample: pl.DataFrame, found: Columns, receipt: pl.Series, goods: str) -> str:
    """Goods that come twice on a receipt at one price, and never at twice their price: a count would join them."""
    money = found.roles.get("amount") or found.roles.get("price")
    if money is None:
        return ""
    rows = pl.DataFrame(
        {"receipt": receipt, "goods": sample[goods].cast(pl.String), "paid": values(sample, found, money).abs()}
    ).drop_nulls()
    twice = rows.is_duplicated().sum()
    usual = rows.filter(pl.col("paid") > 0).with_columns(pl.col("paid").mode().min().over("goods").alias("usual"))
    times = pl.any_horizontal((usual["paid"] / usual["usual"] - n).abs() <= _NEAR * n for n in _TIMES)
    are_times = usual.select(times.alias("times"))["times"]
    if twice < max(_LEAST_TWICE, _OFTEN * rows.height) or share(are_times) > _MOST_TIMES:
        return ""
    return f"{twice:,} rows have goods that come once more on their receipt at the same price, and none has a multiple"
