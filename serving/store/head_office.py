"""Adds up how stores do: sales, margin, lost sales, stock and cover against last year, by store, region and in all."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from serving.planning.stock.performance import DAYS, PERFORMANCE, PLANNED, STOCK_NOW, WEEKS
from serving.store.answer_set import Answers
from serving.store.listing.names import coordinates, places
from serving.store.rows import completed

_SUMS: Final = [name for name, kind in PERFORMANCE.items() if kind == pl.Float64]
_PLAN: Final = ("sales_plan", "margin_plan")
_STOCK: Final = [*(name for name, kind in STOCK_NOW.items() if kind == pl.Float64), "shop_stock_value"]


def head_office(answers: Answers) -> dict[str, Any] | None:
    """`total`, `regions` and `stores` with figures, and `reasons` of those that are null; None for older answers.

    Ratios are those of sums: a region's margin share is its margin over its sales with a known cost.
    """
    if any(name not in answers.rows for name in ("performance", "performance_stock", "performance_weeks")):
        return None
    named = places(answers)
    sums = answers.rows["performance"].join(named, on="store_id", how="left")
    stock = completed(answers.rows["performance_stock"], STOCK_NOW).join(named, on="store_id", how="left")
    weeks = answers.rows["performance_weeks"].join(named, on="store_id", how="left")
    # what sold nothing, of late or a year ago, is a warehouse; a shop that closed did
    sells = pl.col("store_id").is_in([*sums["store_id"].unique(), *weeks["store_id"].unique()])
    stock = stock.with_columns(shop_stock_value=pl.when(sells).then("stock_value"))
    plans = answers.rows.get("performance_plan", pl.DataFrame(schema=PLANNED))
    sums = _with_plan(sums, plans)
    # a closed shop has sales of last year alone
    total = next(iter(_figures(sums, stock, weeks, [])), None)
    return {
        "days": DAYS,
        "total": total,
        "regions": _figures(sums, stock, weeks, ["region"]),
        "stores": _placed(_figures(sums, stock, weeks, ["store_id", "store_name", "region"]), answers),
        "reasons": _reasons(total, is_planned=plans.height > 0),
    }


def _with_plan(sums: pl.DataFrame, plans: pl.DataFrame) -> pl.DataFrame:
    """The sums with the plan beside those of the present window; null where the store has none for all of its days."""
    joined = sums.join(plans, on="store_id", how="left")
    return joined.with_columns(pl.when(pl.col("window") == "now").then(pl.col(name)).alias(name) for name in _PLAN)


def _placed(stores: list[dict[str, Any]], answers: Answers) -> list[dict[str, Any]]:
    """The stores with their coordinates where they are known."""
    known = coordinates(answers)
    for row in stores:
        row["latitude"], row["longitude"] = known.get(row["store_id"], (None, None))
    return stores


def _figures(sums: pl.DataFrame, stock: pl.DataFrame, weeks: pl.DataFrame, by: Sequence[str]) -> list[dict[str, Any]]:
    """One entry per group that sells or holds stock, the largest sales first, of equal ones by name."""
    keys = list(by) or ["whole"]
    frames = [frame if by else frame.with_columns(whole=pl.lit("")) for frame in (sums, stock, weeks)]
    known = [pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in _SUMS]
    windows = frames[0].group_by(*keys, "window").agg(known)
    # a plan of some of the stores says nothing about all of them
    whole = [pl.when(pl.col(name).count() == pl.len()).then(pl.col(name).sum()).alias(name) for name in _PLAN]
    plans = frames[0].filter(window="now").group_by(keys).agg(whole)
    wide = windows.filter(window="now").drop("window").join(plans, on=keys, how="left", nulls_equal=True)
    for window in ("before", "last_year"):
        other = windows.filter(window=window).drop("window").rename({name: f"{name}_{window}" for name in _SUMS})
        wide = wide.join(other, on=keys, how="left", nulls_equal=True)
    held = [pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in _STOCK]
    # a warehouse sells nothing and holds much of the stock: without it the stores would not add up to the whole
    # one that was closed since has stock of last year alone, which counts for its region and the whole
    of_group = frames[1].group_by(keys).agg(held)
    of_group = of_group.filter(pl.any_horizontal(pl.col("stock_value", "stock_units").is_not_null()))
    wide = wide.join(of_group, on=keys, how="full", coalesce=True, nulls_equal=True)
    shown = wide.with_columns(_ratios()).sort(
        "sales", *keys, descending=[True, *([False] * len(keys))], nulls_last=True
    )
    trends, oldest = _trends(frames[2], keys), _oldest_week(weeks)
    return [_row(row, trends, keys, oldest) for row in shown.iter_rows(named=True)]


def _ratios() -> list[pl.Expr]:
    """What is divided, null where the divisor is unknown or nothing."""

    def share(top: str, bottom: pl.Expr, name: str) -> pl.Expr:
        return pl.when(bottom > 0).then(pl.col(top) / bottom).alias(name)

    made = []
    for end in ("", "_before", "_last_year"):
        wanted = pl.col(f"units{end}") + pl.col(f"lost_units{end}")
        made.append(share(f"margin{end}", pl.col(f"costed_sales{end}"), f"margin_share{end}"))
        made.append(share(f"units{end}", wanted, f"fill_rate{end}"))
    change = (pl.col("sales") / pl.col("sales_last_year") - 1).alias("sales_change")
    daily_cost = pl.col("goods_cost") / DAYS
    return [
        *made,
        pl.when(pl.col("sales_last_year") > 0).then(change),
        pl.when(pl.col("sales_before") > 0).then(pl.col("sales") / pl.col("sales_before") - 1).alias("sales_trend"),
        share("stock_value", daily_cost, "cover_days"),
        share("shop_stock_value", daily_cost, "shop_cover_days"),
        share("lost_sales", pl.col("sales") + pl.col("lost_sales"), "lost_share"),
        share("stock_value_last_year", pl.col("goods_cost_last_year") / DAYS, "cover_days_last_year"),
        pl.when(pl.col("sales_plan") > 0).then(pl.col("sales") / pl.col("sales_plan") - 1).alias("sales_to_plan"),
    ]


_COMPARED: Final = ("sales", "margin", "margin_share", "lost_sales", "fill_rate")
_SHOWN: Final = (
    *(f"{name}{end}" for name in _COMPARED for end in ("", "_before", "_last_year")),
    *(
        "sales_change",
        "sales_trend",
        "stock_value",
        "stock_value_last_year",
        "cover_days",
        "cover_days_last_year",
        "shop_stock_value",
        "shop_cover_days",
        "doubtful_stock_value",
        "doubtful_stock_lines",
        "lost_share",
        "unpriced_units",
        "uncosted_units",
    ),
    *(*_PLAN, "sales_to_plan"),
)


def _row(row: dict[str, Any], trends: dict[Any, Any], keys: Sequence[str], oldest: int) -> dict[str, Any]:
    group = tuple(row[name] for name in keys)
    figures = {name: None if row[name] is None else round(row[name], 4) for name in _SHOWN}
    now, year = trends.get((group, "now"), {}), trends.get((group, "last_year"), {})
    return {
        "store_id": row.get("store_id"),
        "name": row.get("store_name") or row.get("store_id") or row.get("region"),
        "region": row.get("region"),
        **figures,
        "waste": None,
        "latitude": None,
        "longitude": None,
        # a week without any sale is zero; one whose sales have no price is unknown, and so is one before the history
        "weeks": [_rounded(now.get(week, 0.0 if week <= oldest else None)) for week in range(WEEKS - 1, -1, -1)],
        "weeks_last_year": [_rounded(year.get(week)) for week in range(WEEKS - 1, -1, -1)],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _oldest_week(weeks: pl.DataFrame) -> int:
    """The oldest week of the quarter that the history of the chain reaches back to."""
    if weeks.filter(window="last_year").height:
        return WEEKS - 1
    weeks_back = weeks["week"].max()
    return weeks_back if isinstance(weeks_back, int) else WEEKS - 1


def _trends(weeks: pl.DataFrame, keys: Sequence[str]) -> dict[Any, dict[int, float | None]]:
    known = pl.when(pl.col("sales").count() > 0).then(pl.col("sales").sum())
    summed = weeks.group_by(*keys, "window", "week").agg(known)
    found: dict[Any, dict[int, float | None]] = {}
    for *group, window, week, sales in summed.select(*keys, "window", "week", "sales").iter_rows():
        found.setdefault((tuple(group), window), {})[week] = sales
    return found


def _reasons(total: dict[str, Any] | None, *, is_planned: bool) -> dict[str, str]:
    """Code of why a figure of the whole is null, by figure; the data tells of no write-offs."""
    if total is None:
        return {"waste": "no_write_offs", "sales": "no_sales"}
    causes = {
        "sales": "no_prices",
        "sales_last_year": "no_last_year",
        "margin": "no_costs",
        "lost_sales": "no_stock_records",
        "fill_rate": "no_stock_records",
        "stock_value": "no_stock_or_costs",
        "cover_days": "no_stock_or_costs",
        "sales_plan": "plan_not_whole" if is_planned else "no_plan",
    }
    return {"waste": "no_write_offs"} | {name: cause for name, cause in causes.items() if total[name] is None}
