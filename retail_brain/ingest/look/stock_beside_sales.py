"""Proposes `inventory` out of the rows of sales by day that hold the stock of the day as well.

The stock is the column that is called so, or that goes down by what was sold and up by what came in, whatever its name.
"""

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import Proposal, number_key
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.numbers import parse_numbers

_SOLD_ALONE, _WITH_COMING = 0.7, 0.9
"""Share of the days on which stock is that of the day before less what was sold, and less it and more what came in. By
judgement: on the other days goods come in, or are counted and thrown away."""
_LEAST = 20
"""Days with sales of a product that were preceded by another, below which stock may follow sales by chance."""
_MOST_COLUMNS = 12
"""Free columns of whole numbers beyond which nothing is tried."""
_COPIED = ("store_id", "product_id", "date")


def stock_beside_sales(one: LookedAt) -> Proposal | None:
    """The mapping of `inventory` from a file of daily sales; None where its rows have no stock, or are no days.

    Args:
        one: a file that was looked at.
    """
    sales, roles = one.proposal, one.columns.roles
    if sales.table != "daily_sales" or not set(_COPIED) <= sales.columns.keys() or "wide" in sales.keys:
        return None
    keys = [roles[role] for role in ("store", "product", "moment") if role in roles]
    if not {"product", "units", "moment"} <= roles.keys() or one.sample.select(keys).is_duplicated().any():
        return None
    stock = roles.get("on_hand")
    says = "" if stock else "it goes down by what was sold"
    stock = stock or _by_balance(one.sample, one.columns)
    if stock is None:
        return None
    made = Proposal(table="inventory", columns={ours: sales.columns[ours] for ours in _COPIED})
    made.keys |= {key: value for key, value in sales.keys.items() if key == "where"}
    made.columns["on_hand"] = number_key(made, one.columns, stock, "on_hand")
    if "on_order" in roles:
        made.columns["on_order"] = number_key(made, one.columns, roles["on_order"], "on_order")
    made.remarks.append(f"{stock!r} beside the sales is the stock of the day" + (f": {says}" if says else ""))
    return made


def _by_balance(sample: pl.DataFrame, found: Columns) -> str | None:
    """The column that changes from day to day by what was sold and what came in."""
    roles = found.roles
    if not found.seen[roles["moment"]].dates:
        return None
    taken = set(roles.values())
    free = [name for name, seen in found.seen.items() if name not in taken and seen.whole is not None]
    if len(free) > _MOST_COLUMNS:
        return None
    goods = [roles[role] for role in ("store", "product") if role in roles]
    rows = sample.select(
        *goods, days_of(sample[roles["moment"]], found.seen[roles["moment"]]).alias("_day"),
        _numbers(sample, found, roles["units"]).alias("_sold"), *(_numbers(sample, found, name) for name in free),
    ).sort("_day")  # fmt: skip
    moved = rows.with_columns((pl.col(free).diff().over(goods) + pl.col("_sold")).name.suffix(" moved"))
    moved = moved.filter(pl.col("_sold") != 0)
    for name in free:
        gap = moved.drop_nulls(f"{name} moved")
        if gap.height < _LEAST or not (gap[name] != 0).any():
            continue
        left = gap[f"{name} moved"]
        coming = (other for other in free if other != name and (gap[other] != 0).any())
        if share(left == 0) >= _SOLD_ALONE or any(share(left == gap[other]) >= _WITH_COMING for other in coming):
            return name
    return None


def _numbers(sample: pl.DataFrame, found: Columns, name: str) -> pl.Series:
    return parse_numbers(sample[name].cast(pl.String), found.seen[name].numbers[0]).alias(name)
