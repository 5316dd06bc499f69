"""Builds category totals of stores as a demand history, with the promotions and prices planned for their series.

Totals of few units a day are mostly chance. A store's totals are therefore its categories, its departments or the store
as a whole: the finest that sell enough a day (setting `totals_least_units`). A smaller store has none: totals of stores
that sell 53 to 126 a day were tried on the sample chain and made its forecasts a little worse.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from features.demand.arrays import Doubles, Ints
from features.demand.category_totals import CATEGORY_KEY
from features.demand.history import DemandHistory
from features.demand.outside_drivers import planned_moves
from features.demand.panel import panel_ranges, panels
from features.demand.periods import PeriodAxis

_PLANS = ("promotion", "price")
_LEAST_PERIODS = 56
"""Periods of totals below which none are forecast: two spans of 28. Chosen by judgement, not measured."""
_LONGEST_GAP = 28
"""Periods without any total; a longer gap ends what came before it. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class CategoryHistory:
    """Totals of the categories of stores.

    Attributes:
        history: a total per series (`product_id` names department and category, empty where it is all of them); its
            axis may reach further back than the series'.
        members: store, department and category (columns CATEGORY_KEY) with the number `s` of their total.
        units: shape (totals, T), units of demand.
        plans: shape (totals, T + H, 2 + drivers known ahead), by how much promotions, prices and drivers of the total's
            series are planned other than usual: the share of usual demand that is promoted, the mean logarithm of price
            against usual price, and of each driver the standard deviations from its mean; 0 where nothing is known.
        planned_from: the first period that plans were read for.
    """

    history: DemandHistory
    members: pl.DataFrame
    units: Doubles
    plans: Doubles
    planned_from: int


def category_history(history: DemandHistory, least_units: float) -> CategoryHistory | None:
    """Category totals of every store that has series in the panel and sells enough.

    None where none sells enough, they are too short, or periods are not days.

    Args:
        history: of the series.
        least_units: units a day that a total must sell on average (setting `demand.totals_least_units`).
    """
    if history.axis.period != "day" or history.series.is_empty() or history.summed_totals is None:
        return None
    totals_series, members, total_of = _groups(history.series, history.axis.count, least_units)
    if totals_series.is_empty():
        return None
    totals = history.summed_totals.join(members, on=CATEGORY_KEY, how="inner")
    cells = (
        pl.concat([totals.select("s", "t", "units"), _lost_sales(history, total_of)])
        .group_by("s", "t")
        .agg(pl.sum("units"))
    )
    first = _first_period(cells["t"])
    cells = cells.filter(pl.col("t") >= first)
    axis = PeriodAxis("day", history.axis.start(first), history.axis.count - first)
    if axis.count < _LEAST_PERIODS:
        return None
    sales = cells.with_columns((pl.col("t") - first).cast(pl.Int32), pl.col("units").cast(pl.Float32)).sort("s", "t")
    units = np.zeros((totals_series.height, axis.count))
    units[sales["s"].to_numpy(), sales["t"].to_numpy()] = sales["units"].to_numpy()
    series = _series(totals_series, sales, axis.count, history.horizon)
    missing = pl.lit(None, pl.Float32)
    flags = [pl.lit(value=False).alias(name) for name in ("ran_out", "was_out")]
    whole = replace(
        history,
        axis=axis,
        series=series,
        rare=series.clear(),
        sales=sales.with_columns(missing.alias("unit_price"), missing.alias("in_stock"), *flags),
        prices=history.prices.clear(),
        promotions=history.promotions.clear(),
        totals=None,
        outside=None,
    )
    return CategoryHistory(whole, members, units, _plans(history, total_of, totals_series.height, -first), -first)


def total_numbers(series: pl.DataFrame, members: pl.DataFrame) -> Ints:
    """Number of the total that each series belongs to, -1 where there is none.

    Args:
        series: columns CATEGORY_KEY.
        members: store, department and category (CATEGORY_KEY) with the number `s` of their total.
    """
    numbers = series.select(*CATEGORY_KEY).join(members, on=CATEGORY_KEY, how="left", maintain_order="left")["s"]
    return numbers.cast(pl.Int64).fill_null(-1).to_numpy()


def _first_period(t: pl.Series) -> int:
    """The first period of the history of totals: 0 or earlier, and after any long stretch of which nothing was kept.

    Trees would take such a stretch for days without demand.
    """
    periods = t.unique().sort().to_numpy()
    after_gap = periods[1:][np.diff(periods) > _LONGEST_GAP]
    return min(0, int(after_gap[-1] if after_gap.size else periods[0]))


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


def _lost_sales(history: DemandHistory, total_of: Ints) -> pl.DataFrame:
    """Lost sales: demand above sales on days without stock; columns s, t, units."""
    schema = pl.Schema({"s": history.series.schema["s"], "t": pl.Int32(), "units": pl.Float64()})
    marked = history.sales.select((pl.col("ran_out") | pl.col("was_out") | (pl.col("in_stock") < 1)).any())
    parts = [pl.DataFrame(schema=schema)]
    for panel in panels(history) if marked.item() else ():
        row, t = np.nonzero(panel.lost & (total_of[panel.series["s"].to_numpy()] >= 0)[:, None])
        lost = pl.DataFrame(
            {
                "s": total_of[panel.series["s"].to_numpy()[row]],
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
        pl.lit(1.0).alias("unit"),
    )


def _plans(history: DemandHistory, total_of: Ints, size: int, before: int) -> Doubles:
    """Planned promotion share, log price change and moves of drivers of each total; series weigh as they sell."""
    width = history.axis.count + history.horizon
    weight = np.where(total_of >= 0, np.maximum(history.series["window_units"].to_numpy(), 0.0), 0.0)
    total_of = np.maximum(total_of, 0)
    # 1e-9: a total whose series sold nothing has plans of 0, not NaN
    total = np.maximum(np.bincount(total_of, weights=weight, minlength=size), 1e-9)
    known_ahead = 0 if history.outside is None else sum(history.outside.known_ahead)
    out = np.zeros((size, before + width, len(_PLANS) + known_ahead))
    promotions = history.promotions
    out[:, before:, 0] = _spread(promotions, total_of, weight, np.ones(promotions.height), (size, width))
    price = history.prices.filter(pl.col("unit_price") > 0)
    logs = np.log(price["unit_price"].to_numpy().astype(np.float64))
    s, length = price["s"].to_numpy(), (price["end"] - price["begin"]).to_numpy()
    periods = np.bincount(s, weights=length, minlength=weight.size)
    usual = np.bincount(s, weights=logs * length, minlength=weight.size) / np.maximum(periods, 1)
    out[:, before:, 1] = _spread(price, total_of, weight, logs - usual[s], (size, width))
    if history.outside is not None and known_ahead:
        for begin, end in panel_ranges(history):
            moves = planned_moves(history.outside, history.series[begin:end], width) * weight[begin:end, None, None]
            np.add.at(out[:, before:, len(_PLANS) :], total_of[begin:end], moves)
    return out / total[:, None, None]


def _spread(rows: pl.DataFrame, total_of: Ints, weight: Doubles, value: Doubles, shape: tuple[int, int]) -> Doubles:
    """Adds each row's weighted value to the periods of its total, shape (totals, periods)."""
    steps = np.zeros((shape[0], shape[1] + 1))
    s = rows["s"].to_numpy()
    change = weight[s] * value
    np.add.at(steps, (total_of[s], rows["begin"].to_numpy()), change)
    np.add.at(steps, (total_of[s], rows["end"].to_numpy()), -change)
    spread: Doubles = np.cumsum(steps[:, :-1], axis=1)
    return spread
