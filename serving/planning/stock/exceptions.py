"""Ranks the exceptions among orders and stock by the money at stake, for a person to look at first."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.reasons.order_outcomes import is_losing
from retail_brain.decisions.reasons.sentence import number
from retail_brain.outputs import SERIES
from retail_brain.settings import ReplenishmentSettings
from retail_brain.spoken_days import spoken_days
from serving.planning.stock.line_flags import is_large, is_short

EXCEPTIONS = {
    "kind": pl.String,
    "money": pl.Float64,
    "store_id": pl.String,
    "product_id": pl.String,
    "other_store_id": pl.String,
    "units": pl.Float64,
    "reason": pl.String,
    "reason_zh": pl.String,
}
KINDS = (
    *("stockout", "unknown_stock", "large_order", "losing_order", "unusual"),
    *("phantom", "leftover", "transfer", "overdue_order", "anomaly"),
)
_UNKNOWN_COST = 0.01
"""Money per overdue unit whose cost is unknown: enough to be listed, behind all others."""
_USUAL_DAYS = 28
"""Days of sales that say what is usual: four weeks. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class StockFindings:
    """Findings in the stock of all shops together.

    Attributes:
        transfers: columns of `transfers.TRANSFERS`.
        counts: columns of `phantom_stock.CYCLE_COUNTS`.
        leftovers: columns of `excess_stock.LEFTOVERS`.
        lost_orders: open orders that nobody counts on any more: columns of `decisions.inputs.read_open_orders`.
        anomalies: columns of `training.demand.anomalies.ANOMALIES`.
    """

    transfers: pl.DataFrame
    counts: pl.DataFrame
    leftovers: pl.DataFrame
    lost_orders: pl.DataFrame
    anomalies: pl.DataFrame


def usual_sales(dataset: Dataset, as_of: date, terms: pl.DataFrame) -> pl.DataFrame:
    """One row per store x product sold within four weeks: `usual`, units a day; of a warehouse, what its shops sold.

    Args:
        dataset: as known on `as_of`.
        as_of: last visible day.
        terms: supply terms of `decisions.inputs.read_terms`, which name the source shops.
    """
    recent = dataset.daily_sales().filter(pl.col("date") > as_of - timedelta(days=_USUAL_DAYS), pl.col("units") > 0)
    sold = recent.group_by(*SERIES).agg(usual=pl.col("units").sum() / _USUAL_DAYS).collect()
    sources = terms.filter(pl.col("source_store_id").is_not_null()).select(*SERIES, "source_store_id")
    supplied = sold.join(sources, on=list(SERIES)).select("product_id", "usual", store_id="source_store_id")
    return pl.concat([sold, supplied.select(sold.columns)]).group_by(*SERIES).agg(pl.col("usual").sum())


def stock_exceptions(
    suggestions: pl.DataFrame,
    terms: pl.DataFrame,
    usual: pl.DataFrame,
    cycles: pl.DataFrame,
    findings: StockFindings,
    settings: ReplenishmentSettings,
) -> pl.DataFrame:
    """The exceptions among orders and stock, most money at stake first: columns EXCEPTIONS.

    A line's money is: margin of the sales expected to be lost even with the order (`stockout`); margin of the cycle's
    demand where the stock is unknown; cost of what an order holds beyond `large_order_cycles` (`large_order`);
    the loss of an order that only an agreed level, a display or a policy asks for (`losing_order`);
    cost of the units by which an order's demand is `unusual_factor` times more or less than what sold in the last four
    weeks (`unusual`); margin that a count brings back (`phantom`); cost of excess stock; gain of a transfer; cost of
    units that are so long overdue that the plan no longer counts on them (`overdue_order`); price of the units beyond
    what a forecast's paths allowed (`anomaly`; of a series the line with most money).

    Args:
        suggestions: columns of `suggestions`.
        terms: supply terms of `decisions.inputs.read_terms`.
        usual: of `usual_sales`.
        cycles: `store_id`, `product_id`, `cycle_days`: days that an order's demand is counted over.
        findings: transfers, cycle counts, excess stock and anomalies of all shops.
        settings: limits of the exceptions, and the margin where the cost is unknown.
    """
    keys = list(SERIES)
    price = pl.col("unit_price")
    cost = pl.coalesce("unit_cost", price * (1 - settings.assumed_margin_share))
    unit_margin = (price - cost).clip(0) + pl.col("stockout_cost").fill_null(0)
    money = terms.select(*keys, cost=cost.fill_null(0), unit_margin=unit_margin.fill_null(0))
    lines = suggestions.join(money, on=keys, how="left").join(usual, on=keys, how="left")
    lines = lines.join(cycles, on=keys, how="left")
    parts = [
        _stockouts(lines),
        _unknown(lines),
        _large(lines, settings),
        _losing(lines),
        _unusual(lines, settings),
        _of(findings.counts, "phantom", money=pl.col("expected_value"), units=pl.col("on_hand")),
        _of(findings.leftovers, "leftover", money=pl.col("value_at_risk"), units=pl.col("left_over_units")),
        _of(
            findings.transfers.with_columns(store_id="from_store_id"), "transfer", money=pl.col("expected_value"),
            units=pl.col("units"), other=pl.col("to_store_id"),
        ),
        _overdue(findings.lost_orders.join(money, on=keys, how="left")),
        _of(
            findings.anomalies.filter(level="series").unique(list(SERIES), keep="first", maintain_order=True),
            "anomaly", money=pl.col("money"), units=pl.col("units_beyond"),
        ),
    ]  # fmt: skip
    ranked = pl.concat(parts).filter(pl.col("money") > 0)
    return ranked.sort("money", "kind", *keys, descending=[True, False, False, False]).head(settings.exceptions_listed)


def _of(
    frame: pl.DataFrame, kind: str, *, money: pl.Expr, units: pl.Expr, other: pl.Expr | None = None
) -> pl.DataFrame:
    rows = frame.with_columns(
        kind=pl.lit(kind), money=money, other_store_id=pl.lit(None) if other is None else other, units=units
    )
    return rows.select(pl.col(name).cast(dtype) for name, dtype in EXCEPTIONS.items())


def _stockouts(lines: pl.DataFrame) -> pl.DataFrame:
    lost = pl.col("expected_lost_sales")
    return _of(lines.filter(is_short()), "stockout", money=lost * pl.col("unit_margin"), units=lost)


def _unknown(lines: pl.DataFrame) -> pl.DataFrame:
    demand = pl.col("demand_until_next_arrival")
    return _of(
        lines.filter(pl.col("on_hand").is_null()), "unknown_stock", money=demand * pl.col("unit_margin"), units=demand
    )


def _large(lines: pl.DataFrame, settings: ReplenishmentSettings) -> pl.DataFrame:
    beyond = pl.col("order_quantity") - settings.large_order_cycles * pl.col("demand_until_next_arrival")
    return _of(
        lines.filter(is_large(settings)), "large_order", money=beyond * pl.col("cost"), units=pl.col("order_quantity")
    )


def _losing(lines: pl.DataFrame) -> pl.DataFrame:
    loss = -pl.col("expected_value")
    return _of(lines.filter(is_losing()), "losing_order", money=loss, units=pl.col("order_quantity"))


def _overdue(orders: pl.DataFrame) -> pl.DataFrame:
    """Lost open orders, one line per store x product."""
    summed = orders.group_by(*SERIES).agg(
        pl.col("units").sum(), pl.col("arrives_on").min(), pl.col("late_days").max(), pl.col("cost").first()
    )
    as_of = pl.col("arrives_on") + pl.duration(days="late_days")
    english, chinese = spoken_days(pl.col("arrives_on"), as_of)
    worded = summed.with_columns(
        reason=pl.format(
            "{} due since {} are {} days late: the plan no longer counts on them. Ask the supplier, or close the "
            "order.",
            number("units"), english, "late_days",
        ),
        reason_zh=pl.format(
            "{}件自{}起应到，已迟{}天：计划不再计入。请联系供应商或关闭该订单。", number("units"), chinese, "late_days"
        ),
    )  # fmt: skip
    # goods of unknown cost are listed all the same
    cost = pl.max_horizontal(pl.col("cost").fill_null(0), pl.lit(_UNKNOWN_COST))
    return _of(worded, "overdue_order", money=pl.col("units") * cost, units=pl.col("units"))


def _unusual(lines: pl.DataFrame, settings: ReplenishmentSettings) -> pl.DataFrame:
    """Lines whose demand is far from that of the last four weeks."""
    rows = lines.with_columns(then=(pl.col("usual").fill_null(0) * pl.col("cycle_days")))
    now, then = pl.col("demand_until_next_arrival"), pl.col("then")
    apart = (now - then).abs()
    far = (now > settings.unusual_factor * then) | (now * settings.unusual_factor < then)
    unusual = rows.filter(far, apart >= settings.exception_least_units, pl.col("order_quantity") > 0)
    values = (number("demand_until_next_arrival"), pl.col("cycle_days").cast(pl.Int64), number("then"))
    worded = unusual.with_columns(
        reason=pl.format(
            "Demand of {} expected in {} days; at the rate of the last four weeks it would be {}. Check why. ",
            *values,
        )
        + pl.col("reason"),
        reason_zh=pl.format("预计需求{}件（{}天内），按近四周销速则为{}件，请查看原因。", *values)
        + pl.col("reason_zh"),
    )
    return _of(worded, "unusual", money=apart * pl.col("cost"), units=pl.col("order_quantity"))
