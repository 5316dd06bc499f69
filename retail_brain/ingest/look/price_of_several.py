"""Finds the count of units that a price is of, such as 2 for 3.00, by what the same good costs one at a time."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, quoted, whole
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share

_MOST_UNITS = 100
"""Units that a price is of at most. By judgement."""
_LEAST = 5
"""Lines with a price of several, of goods that are also priced one at a time, below which it may be chance."""
_NEARER = 0.9
"""Share of these lines on which the price of one is nearer to the usual one than the written price. By judgement."""


def divide_by_several(made: Proposal, sample: pl.DataFrame, found: Columns, price: str) -> None:
    """Divides a price of several units by the column that says of how many it is.

    Args:
        made: the proposal with the key of its price.
        sample: the rows.
        found: roles of the columns.
        price: column with the price of a unit, or of several.
    """
    if (several := _price_of_several(sample, found, price)) is not None:
        readings = [whole(one) for one in made.columns["unit_price"].removeprefix("?").split("\n")]
        if any("total = true" in one or "before_discount = true" in one for one in readings):
            made.questions.append(
                f"{price!r} is of as many units as {several!r} says, such as 2 for 3.00, and money would be too high: "
                "divide it in the file or in a mapping with `sql`"
            )
            return
        divided = [f"{one.removesuffix(' }')}, per = {quoted(several)} }}" for one in readings]
        made.columns["unit_price"] = ("?" if len(divided) > 1 else "") + "\n".join(divided)
        made.remarks.append(
            f"{price!r} is of as many units as {several!r} says, such as 2 for 3.00, and is divided by it"
        )


def _price_of_several(sample: pl.DataFrame, found: Columns, price: str) -> str | None:
    """The column that says of how many units a price is; None where none does."""
    goods = found.roles.get("product") or found.roles.get("product_name")
    taken = set(found.roles.values())
    for name, seen in found.seen.items():
        low, high = seen.whole or (0, 0)
        if goods is None or name in taken or low != 1 or not 1 < high <= _MOST_UNITS:
            continue
        rows = pl.DataFrame({
            "goods": sample[goods], "price": values(sample, found, price), "of": values(sample, found, name)
        }).filter(pl.col("price") > 0)  # fmt: skip
        usual = rows.filter(pl.col("of") == 1).group_by("goods").agg(pl.col("price").median().alias("usual"))
        several = rows.filter(pl.col("of") > 1).join(usual, on="goods")
        written = (several["price"] / several["usual"]).log().abs()
        of_one = (several["price"] / several["of"] / several["usual"]).log().abs()
        if several.height >= _LEAST and share(of_one < written) > _NEARER:
            return name
    return None
