"""Shares the stock of warehouses and other source shops out over the orders placed on them, by marginal value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Floats, floats
from retail_brain.decisions.joint_limits import CapacityLimit, share_out
from retail_brain.decisions.marginal_value import Steps, order_steps
from retail_brain.decisions.order_plan import Plan
from retail_brain.outputs import SERIES

SOURCE_PREFIX = "transfer:"
"""What stands before the source shop in the column `source` of suggestions."""

SOURCE_STOCK: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String,
    "product_id": pl.String,
    "free": pl.Float64,
    "promised": pl.Float64,
}
"""One row per source shop x product of known stock on which shops order: units that it may give to them all, and units
that the suggested orders take of these."""


@dataclass(frozen=True)
class SourcedOrders:
    """Orders within the stock of their source shops, one element per series.

    Attributes:
        quantity: units to order.
        has: units that the source may give to all; NaN where the source does not cut the orders on it.
        asked: units that all orders on the source ask for together; NaN likewise.
    """

    quantity: Floats
    has: Floats
    asked: Floats


def order_within_sources(plans: Sequence[Plan], series: pl.DataFrame, free: pl.DataFrame) -> SourcedOrders:
    """Cuts the orders of each product on each source shop to what it has, for most expected money over all shops.

    A source whose stock nobody has counted limits nothing.

    Args:
        plans: decisions, one after another.
        series: `store_id` and `product_id` of all their series.
        free: what sources may give: rows of `free_stock`.
    """
    wanted = np.concatenate([plan.quantity for plan in plans])
    asked = _asked(plans, series, wanted, free)
    has, total = floats(asked["free"]), floats(asked["total"])
    binds = (wanted > 0) & (total > has)
    if not binds.any():
        none = np.full(len(wanted), np.nan)
        return SourcedOrders(wanted, none, none)
    limits = []
    groups = asked.filter(pl.Series(binds)).group_by("source", "product_id", maintain_order=True)
    for (source, product), rows in groups:
        members = rows["row"].to_numpy().astype(np.int64)
        limits.append(CapacityLimit(f"{source} {product}", float(rows["free"][0]), members, np.ones(len(members))))
    shared = share_out(_steps(plans, binds), limits, len(wanted))
    return SourcedOrders(
        np.where(binds, shared.units, wanted), np.where(binds, has, np.nan), np.where(binds, total, np.nan)
    )


def _steps(plans: Sequence[Plan], binds: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Steps:
    """Order steps of the series that a source cuts, numbered through all plans."""
    parts, start = [], 0
    for plan in plans:
        rows = np.flatnonzero(binds[start : start + len(plan.quantity)])
        of = plan.take(rows)
        steps = order_steps(of.quantity, of.required, of.terms, of.money)
        parts.append(Steps(start + rows[steps.series], steps.units, steps.value, steps.cost))
        start += len(plan.quantity)
    names = Steps.__dataclass_fields__
    return Steps(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _asked(plans: Sequence[Plan], series: pl.DataFrame, wanted: Floats, free: pl.DataFrame) -> pl.DataFrame:
    """One row per series: `row`, `product_id`, `source`, and its source's `free` stock and `total` orders, if known."""
    source = pl.concat([plan.terms.source for plan in plans])
    lines = series.select(
        "product_id",
        row=pl.int_range(pl.len()),
        source=pl.when(source.str.starts_with(SOURCE_PREFIX)).then(source.str.strip_prefix(SOURCE_PREFIX)),
        wanted=pl.Series(wanted),
    )
    joined = lines.join(free, on=["source", "product_id"], how="left", maintain_order="left")
    return joined.with_columns(total=pl.col("wanted").sum().over("source", "product_id"))


def source_stock(plans: Sequence[Plan], series: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    """What the sources of some series may give, and what the orders of the plan take of it: columns SOURCE_STOCK.

    Args:
        plans: decisions within their sources, one after another.
        series: `store_id` and `product_id` of all their series.
        free: rows of `free_stock`.
    """
    asked = _asked(plans, series, np.concatenate([plan.quantity for plan in plans]), free)
    known = asked.filter(pl.col("free").is_not_null())
    pools = known.group_by("source", "product_id", maintain_order=True).agg(
        pl.col("free").first(), promised=pl.col("wanted").sum()
    )
    return pools.select(pl.col(name).cast(kind) for name, kind in SOURCE_STOCK.items())


def free_stock(plans: Sequence[Plan], series: pl.DataFrame, stock: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """One row per source shop x product of known stock: `source`, `product_id`, `free` units.

    What a source shop sells itself before its own supply comes, keeps on show, or gives away by transfer is not given.

    Args:
        plans: decisions, one after another.
        series: `store_id` and `product_id` of all their series.
        stock: newest stock: `store_id`, `product_id`, `on_hand`.
        given: units that shops give away by transfer: `store_id`, `product_id`, `given`.
    """
    keep = np.concatenate(
        [plan.required.demand - plan.required.cycle_demand + plan.terms.presentation for plan in plans]
    )
    own = series.select(*SERIES, keep=pl.Series(keep))
    keys = list(SERIES)
    known = stock.filter(pl.col("on_hand").is_not_null()).select(*keys, "on_hand")
    joined = known.join(own, on=keys, how="left").join(given, on=keys, how="left")
    free = pl.col("on_hand").clip(0) - pl.col("keep").fill_null(0) - pl.col("given").fill_null(0)
    return joined.select("product_id", source="store_id", free=free.clip(0).floor())
