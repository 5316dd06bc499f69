"""The demand of stores' categories as a history of its own, and what is planned for their series.

Totals of few units a day are mostly chance. A store's groups are therefore its categories, its departments or the store
as a whole: the finest that sell enough a day (setting `totals_least_units`). A smaller store has none: totals of stores
that sell 53 to 126 a day were tried on the sample chain and made its forecasts a little worse.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from features.demand.arrays import Doubles, Ints
from features.demand.category_totals import CATEGORY_KEY
from features.demand.history import DemandHistory
from features.demand.panel import panels
from features.demand.periods import PeriodAxis

PLANS = ("promotion", "price")
LEAST_PERIODS = 56
"""Periods of totals below which none are forecast: two spans of 28. Chosen by judgement, not measured."""
LONGEST_GAP = 28
"""Periods without any total; a longer gap ends what came before it. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class CategoryHistory:
    """Totals of the categories of stores.

    Attributes:
        history: a group per series (`product_id` names department and category, empty where it is all of them); its
            axis may reach further back than the series'.
        members: store, department and category (columns CATEGORY_KEY) with the number `s` of their group.
        units: shape (groups, T), units wanted.
        plans: shape (groups, T + H, 2), by how much promotions and prices of the group's series are planned other than
            usual: the share of usual demand that is promoted, and the mean logarithm of price against usual price; 0
            where nothing is known.
        planned_from: the first period that plans were read for.
    """

    history: DemandHistory
    members: pl.DataFrame
    units: Doubles
    plans: Doubles
    planned_from: int


def category_history(history: DemandHistory, least_units: float) -> CategoryHistory | None:
    """Totals of every group that has a series in the panel.

    None where none sells enough, they are too short, or periods are not days.

    Args:
        history: of the series.
        least_units: units a day that a total must sell on average (setting `demand.totals_least_units`).
    """
    if history.axis.period != "day" or history.series.is_empty() or history.totals is None:
        return None
    groups, members, of = _groups(history.series, history.axis.count, least_units)
    if groups.is_empty():
        return None
    totals = history.totals.join(members.lazy(), on=CATEGORY_KEY, how="inner").collect()
    found = pl.concat([totals.select("s", "t", "units"), _lost(history, of)]).group_by("s", "t").agg(pl.sum("units"))
    first = _first_period(found["t"])
    found = found.filter(pl.col("t") >= first)
    axis = PeriodAxis("day", history.axis.start(first), history.axis.count - first)
    if axis.count < LEAST_PERIODS:
        return None
    sales = found.with_columns((pl.col("t") - first).cast(pl.Int32), pl.col("units").cast(pl.Float32)).sort("s", "t")
    units = np.zeros((groups.height, axis.count))
    units[sales["s"].to_numpy(), sales["t"].to_numpy()] = sales["units"].to_numpy()
    series = _series(groups, sales, axis.count, history.horizon)
    nothing = pl.lit(None, pl.Float32)
    flags = [pl.lit(value=False).alias(name) for name in ("ran_out", "was_out")]
    whole = replace(
        history,
        axis=axis,
        series=series,
        rare=series.clear(),
        sales=sales.with_columns(nothing.alias("unit_price"), nothing.alias("in_stock"), *flags),
        prices=history.prices.clear(),
        promotions=history.promotions.clear(),
        totals=None,
    )
    return CategoryHistory(whole, members, units, _plans(history, of, groups.height, -first), -first)


def total_numbers(series: pl.DataFrame, members: pl.DataFrame) -> Ints:
    """The group of each series, -1 where it is in none.

    Args:
        series: columns CATEGORY_KEY.
        members: store, department and category (CATEGORY_KEY) with the number `s` of their group.
    """
    found = series.select(*CATEGORY_KEY).join(members, on=CATEGORY_KEY, how="left", maintain_order="left")["s"]
    return found.cast(pl.Int64).fill_null(-1).to_numpy()


def _first_period(t: pl.Series) -> int:
    """The first period of the history of totals: 0 or earlier, and after any long stretch of which nothing was kept.

    Trees would take such a stretch for days without demand.
    """
    seen = t.unique().sort().to_numpy()
    after = seen[1:][np.diff(seen) > LONGEST_GAP]
    return min(0, int(after[-1] if after.size else seen[0]))


def _groups(series: pl.DataFrame, periods: int, least_units: float) -> tuple[pl.DataFrame, pl.DataFrame, Ints]:
    """PeerGroups, which of the stores' categories belong to each, and the group of each series."""
    units = pl.col("window_units").sum()
    categories = series.group_by(*CATEGORY_KEY, maintain_order=True).agg(units, pl.col("region").first())
    parts = [pl.col("category").n_unique(), pl.col("department").n_unique(), pl.lit(1)]
    enough = [units.over("store_id") / periods >= least_units * count.over("store_id") for count in parts]
    everything = pl.lit("")
    department = pl.when(enough[1]).then("department").otherwise(everything)
    category = pl.when(enough[0]).then("category").otherwise(everything)
    name = (pl.when(enough[0]).then("department").otherwise(department) + "\x1f" + category).alias("product_id")
    named = categories.filter(enough[2]).with_columns(name)
    groups = (
        named.group_by("store_id", "product_id")
        .agg(pl.col("region").first())
        .sort("store_id", "product_id")
        .with_row_index("s")
        .with_columns(
            pl.col("s").cast(series.schema["s"]),
            pl.col("product_id").str.split("\x1f").list.first().alias("department"),
            pl.col("product_id").str.split("\x1f").list.last().alias("category"),
        )
    )
    members = named.join(groups, on=["store_id", "product_id"], how="left").select(*CATEGORY_KEY, "s")
    return groups, members, total_numbers(series, members)


def _lost(history: DemandHistory, of: Ints) -> pl.DataFrame:
    """Units that were wanted on days without stock, over what was sold: s, t, units."""
    schema = pl.Schema({"s": history.series.schema["s"], "t": pl.Int32(), "units": pl.Float64()})
    marked = history.sales.select((pl.col("ran_out") | pl.col("was_out") | (pl.col("in_stock") < 1)).any())
    parts = [pl.DataFrame(schema=schema)]
    for panel in panels(history) if marked.item() else ():
        row, t = np.nonzero(panel.lost & (of[panel.series["s"].to_numpy()] >= 0)[:, None])
        lost = pl.DataFrame(
            {
                "s": of[panel.series["s"].to_numpy()[row]],
                "t": t,
                "units": (panel.demand[row, t] - panel.sold[row, t]).astype(np.float64),
            },
            schema=schema,
        )
        parts.append(lost.filter(pl.col("units") > 0))
    return pl.concat(parts)


def _series(groups: pl.DataFrame, sales: pl.DataFrame, count: int, horizon: int) -> pl.DataFrame:
    sold = (
        sales.filter(pl.col("units") > 0)
        .group_by("s")
        .agg(
            pl.col("t").min().cast(pl.Int64).alias("begin"),
            pl.len().cast(pl.Int32).alias("sale_days"),
            pl.col("units").sum().cast(pl.Float64).alias("window_units"),
        )
    )
    return groups.join(sold, on="s", how="left", maintain_order="left").with_columns(
        pl.col("begin").fill_null(0),
        pl.lit(count + horizon, pl.Int64).alias("end"),
        pl.col("sale_days", "window_units").fill_null(0),
        pl.lit(value=False).alias("is_listed"),
        (pl.col("begin").fill_null(0) == 0).alias("began_before"),
        pl.lit(value=True).alias("is_whole"),
    )


def _plans(history: DemandHistory, of: Ints, size: int, before: int) -> Doubles:
    """What is planned, series weighted by their sales of the panel."""
    width = history.axis.count + history.horizon
    weight = np.where(of >= 0, np.maximum(history.series["window_units"].to_numpy(), 0.0), 0.0)
    of = np.maximum(of, 0)
    total = np.maximum(np.bincount(of, weights=weight, minlength=size), 1e-9)
    out = np.zeros((size, before + width, len(PLANS)))
    promotions = history.promotions
    out[:, before:, 0] = _spread(promotions, of, weight, np.ones(promotions.height), (size, width))
    price = history.prices.filter(pl.col("unit_price") > 0)
    logs = np.log(price["unit_price"].to_numpy().astype(np.float64))
    s, length = price["s"].to_numpy(), (price["end"] - price["begin"]).to_numpy()
    periods = np.bincount(s, weights=length, minlength=weight.size)
    usual = np.bincount(s, weights=logs * length, minlength=weight.size) / np.maximum(periods, 1)
    out[:, before:, 1] = _spread(price, of, weight, logs - usual[s], (size, width))
    return out / total[:, None, None]


def _spread(rows: pl.DataFrame, of: Ints, weight: Doubles, value: Doubles, shape: tuple[int, int]) -> Doubles:
    """Adds each row's weighted value to the periods of its group, shape (groups, periods)."""
    steps = np.zeros((shape[0], shape[1] + 1))
    s = rows["s"].to_numpy()
    change = weight[s] * value
    np.add.at(steps, (of[s], rows["begin"].to_numpy()), change)
    np.add.at(steps, (of[s], rows["end"].to_numpy()), -change)
    spread: Doubles = np.cumsum(steps[:, :-1], axis=1)
    return spread
