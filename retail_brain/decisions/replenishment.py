"""Computes order suggestions per store x product, with the numbers and the reasons behind them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_brain.currency import UNNAMED, Currency
from retail_brain.decisions.allocation import Limit, allocate
from retail_brain.decisions.arrays import Days, Floats, Ints, days, floats
from retail_brain.decisions.demand_end import until_end
from retail_brain.decisions.holdings import Counts, Due, Holdings
from retail_brain.decisions.joint_limits import CapacityLimit, SharedOrders, share_out
from retail_brain.decisions.marginal_value import Steps, order_steps, spend
from retail_brain.decisions.order_plan import Plan, decide
from retail_brain.decisions.reasons.order_reasons import with_context, with_reasons
from retail_brain.decisions.supply_terms import NO_END, align, complete_terms
from retail_brain.decisions.targets import ends_within, expected_gain
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.outputs import SERIES, SUGGESTIONS, DemandPaths
from retail_brain.settings import ReplenishmentSettings

ADDED = {
    "order_cost": pl.Float64,
    "reason_code": pl.String,
    "reason_zh": pl.String,
    "case_pack": pl.Float64,
    "min_order_quantity": pl.Float64,
    "shelf_room": pl.Float64,
    "counted_on_hand": pl.Float64,
    "stock_age_days": pl.Float64,
    "sold_since_count": pl.Float64,
    "moved_units": pl.Float64,
    "shops_hold": pl.Float64,
}
"""Columns that follow those of the contract: the money an order ties up (null where neither cost nor price of the goods
is known), the reason as a code and in Chinese, units per
pack, the least order in units, the units that fit on the shelf at arrival (null where the shelf is not known), and the
count that the stock was worked out from: units, days since it, units sold since (null where there is none).
`moved_units` are those that come from other shops, less those that go there, and `shops_hold` what the shops of a
warehouse hold. Both count like stock: `order_up_to` less stock, units on order and these two is what is missing before
packs and limits."""

_COUNT = ("counted_on_hand", "stock_age_days", "sold_since_count")
"""Columns of `inputs.read_stock` that say what the stock was worked out from."""

_DEFAULTS = ReplenishmentSettings()


@dataclass(frozen=True)
class DatedStock:
    """Days of units on order and on hand; None where they are not known.

    Attributes:
        pipeline: units on order by their day of arrival: `store_id`, `product_id`, `arrives_on`, `units`. Without it
            the units on order of a series are taken to arrive at any moment of its lead time.
        ages: `store_id`, `product_id`, `days_left` (1: until the end of the next day) and `units` on hand of goods that
            expire; a series without a row has stock of unknown age. Only days are counted, so periods must be days.
    """

    pipeline: pl.DataFrame | None = None
    ages: pl.DataFrame | None = None


_UNDATED = DatedStock()


def suggest_orders(
    paths: DemandPaths,
    terms: pl.DataFrame,
    stock: pl.DataFrame,
    as_of: date,
    *,
    pipeline: pl.DataFrame | None = None,
    settings: ReplenishmentSettings = _DEFAULTS,
    seed: int = 0,
) -> pl.DataFrame:
    """One row per store x product of `paths`, in its order: the columns of `suggestions`, then those of ADDED.

    Args:
        paths: sample paths of demand from the day after `as_of` on. Shorter ones are continued by repeating their end.
        terms: one row per store x product: `store_id`, `product_id` and any of `supply_terms.TERMS`. What is missing is
            taken from the settings, and the reason says so.
        stock: one row per store x product: `store_id`, `product_id`, `on_hand` (end of `as_of`) and perhaps `on_order`
            and the other columns of `inputs.read_stock`.
            A series without a row or with a null has unknown stock: it gets the mean demand of one cycle, and a
            reason that asks for a count.
        as_of: last visible day; the order is placed on the first order day after it.
        pipeline: units on order by their day of arrival; see `DatedStock`.
        settings: defaults.
        seed: for uncertain lead times.

    Raises:
        ImpossibleError: the paths end at or before `as_of`.
        NotFoundError: the settings name a policy that no installed package declares.
        ExtensionError: the policy of an installed package is unusable.
    """
    plan = plan_orders(paths, terms, stock, as_of, dated=DatedStock(pipeline), settings=settings, seed=seed)
    return suggestion_rows(plan, paths.series, as_of)


def plan_orders(
    paths: DemandPaths,
    terms: pl.DataFrame,
    stock: pl.DataFrame,
    as_of: date,
    *,
    dated: DatedStock = _UNDATED,
    settings: ReplenishmentSettings = _DEFAULTS,
    seed: int = 0,
) -> Plan:
    """The order decision of `suggest_orders` before a budget; arguments as there.

    Args:
        paths: sample paths of demand.
        terms: supply terms.
        stock: on hand and on order.
        as_of: last visible day.
        dated: days of the units on order and on hand.
        settings: defaults.
        seed: for uncertain lead times.

    Raises:
        ImpossibleError: the paths end at or before `as_of`.
        NotFoundError: the settings name a policy that no installed package declares.
        ExtensionError: the policy of an installed package is unusable.
    """
    paths = _after(paths, as_of)
    complete = complete_terms(terms, paths.series, settings)
    paths = until_end(paths, complete.ends_on)
    starts = days(paths.dates)
    # a weekly period under way began before `as_of`, but no order is placed in the past
    first_day = max(np.datetime64(as_of + timedelta(days=1), "D"), starts[0])
    due = None if dated.pipeline is None else _due(dated.pipeline, paths.series)
    holdings = _holdings(stock, paths.series, due, dated.ages)
    return decide(paths.units, starts, complete, holdings, first_day, settings=settings, seed=seed)


def apply_budget(
    plans: Sequence[tuple[Plan, pl.DataFrame]], budget: float, as_of: date, currency: Currency = UNNAMED
) -> pl.DataFrame:
    """Rows of all plans (with their series) under one budget, in the order of the plans.

    Packs are bought by expected value per unit of money; see `marginal_value`. Reasons write money as in `currency`.

    Raises:
        UsageError: the budget is negative or not a number.
    """
    if math.isnan(budget) or budget < 0:
        raise UsageError(f"budget {budget} cannot be spent; wanted an amount of money of 0 or more.")
    joined, offsets = _joined_steps(plans)
    bought, price = _buy(joined, budget, int(offsets[-1]))
    rows = []
    for (plan, series), start in zip(plans, offsets, strict=False):
        quantity = bought[start : start + series.height]
        rows.append(suggestion_rows(plan, series, as_of, quantity=quantity, price=price, currency=currency))
    return pl.concat(rows)


def apply_limits(
    plans: Sequence[tuple[Plan, pl.DataFrame]],
    limits: Sequence[CapacityLimit],
    as_of: date,
    currency: Currency = UNNAMED,
) -> tuple[pl.DataFrame, SharedOrders]:
    """Rows of all plans (with their series) under several limits, in the order of the plans, and the allocation.

    Args:
        plans: decisions with their series; series are numbered through in this order.
        limits: capacities, by number of the series.
        as_of: last visible day.
        currency: how the reasons write money.
    """
    joined, offsets = _joined_steps(plans)
    shared = share_out(joined, limits, int(offsets[-1]))
    names = pl.Series([limit.name for limit in limits], dtype=pl.String)
    rows = []
    for (plan, series), start in zip(plans, offsets, strict=False):
        rows_of_plan = slice(start, start + series.height)
        cut_by = shared.cut_by[rows_of_plan]
        named = names.gather(pl.Series(cut_by).replace(-1, None)) if len(names) else None
        # -1 (no limit) picks the zero at the end
        price = np.where(cut_by >= 0, np.append(shared.prices, 0.0)[cut_by], 0.0)
        cut = suggestion_rows(
            plan, series, as_of, quantity=shared.units[rows_of_plan], price=price, limit=named, currency=currency
        )
        rows.append(cut)
    return pl.concat(rows), shared


def _joined_steps(plans: Sequence[tuple[Plan, pl.DataFrame]]) -> tuple[Steps, Ints]:
    """The steps of all plans with their series numbered through, and the first number of each plan."""
    steps = [order_steps(plan.quantity, plan.required, plan.terms, plan.money) for plan, _ in plans]
    offsets = np.cumsum([0, *(len(plan.quantity) for plan, _ in plans)])
    joined = Steps(
        np.concatenate([part.series + offset for part, offset in zip(steps, offsets, strict=False)]),
        np.concatenate([part.units for part in steps]),
        np.concatenate([part.value for part in steps]),
        np.concatenate([part.cost for part in steps]),
    )
    return joined, offsets


def _buy(steps: Steps, budget: float, series: int) -> tuple[Floats, float]:
    """Units per series that the budget buys, and what one more unit of money would earn.

    First what earns most; money left after everything that earns goes to what targets ask for at a loss.
    """
    best = allocate(steps, [Limit("budget", budget, steps.cost)], series)
    # A series whose profitable step did not fit gets no later one at a loss: its steps are bought in their order.
    left = budget - float(steps.cost[best.taken].sum())
    waiting = np.zeros(series, dtype=np.bool_)
    waiting[steps.series[(steps.value > 0) & ~best.taken]] = True
    remaining = ~best.taken & ~waiting[steps.series]
    losing = Steps(steps.series[remaining], steps.units[remaining], steps.value[remaining], steps.cost[remaining])
    return best.units + spend(losing, left, series), best.prices["budget"]


def suggestion_rows(
    plan: Plan,
    series: pl.DataFrame,
    as_of: date,
    *,
    quantity: Floats | None = None,
    price: float | Floats = 0.0,
    limit: pl.Series | None = None,
    currency: Currency = UNNAMED,
) -> pl.DataFrame:
    """One row per series of a plan: the columns of `suggestions`, then those of ADDED.

    Args:
        plan: the decision.
        series: `store_id` and `product_id` of its series, and perhaps columns of `reasons.CONTEXT`.
        as_of: last visible day.
        quantity: units to order where a budget or limits have cut the plan's.
        price: expected money that one more unit of budget, or of the limit that cut the series, would have earned.
        limit: name of the limit that costs each series most; None where only a budget cuts.
        currency: how the reasons write money.
    """
    order = plan.quantity if quantity is None else quantity
    required, target, terms = plan.required, plan.target, plan.terms
    stock_known = pl.Series(plan.stock_known)
    context = with_context(series)
    counted = floats(context["moved_in"]) - floats(context["moved_out"]) + floats(context["shops_hold"])
    # transfers are counted as means over the paths: an order-up-to level below nothing is their scatter
    level = np.maximum(plan.on_hand.clip(min=0) + plan.on_order + counted + target.raw, 0.0)
    lost = required.expected_lost(order)
    frame = context.with_columns(
        as_of=pl.lit(as_of),
        order_quantity=pl.Series(order),
        order_on=pl.Series(plan.cycle.order_on),
        arrives_on=pl.Series(plan.cycle.arrives_on),
        on_hand=pl.Series(plan.on_hand),
        on_order=pl.Series(plan.on_order),
        demand_until_next_arrival=pl.Series(required.demand),
        order_up_to=pl.Series(level),
        safety_stock=pl.Series(level - (required.demand - required.lost_before - required.lost_after)),
        expected_lost_sales=pl.Series(lost),
        expected_value=pl.Series(expected_gain(required, plan.money, order)),
        source=terms.source,
        # where neither cost nor price is known, the plan's guess is a weight and no money
        order_cost=pl.select(
            pl.when(terms.cost_basis.is_not_null()).then(pl.Series(order * terms.cost_guess))
        ).to_series(),
        next_arrives_on=pl.Series(plan.cycle.next_arrives_on),
        stock_known=stock_known,
        terms_known=pl.Series(terms.known),
        kind=pl.Series(target.kind),
        level=pl.Series(target.level),
        lost_unit=pl.Series(target.lost_unit),
        policy_en=pl.lit(target.reason[0]),
        policy_zh=pl.lit(target.reason[1]),
        chance=pl.Series(required.in_stock_probability(order)),
        lost_before=pl.Series(required.lost_before),
        lost_after=pl.Series(required.lost_after),
        keeps_until=pl.Series(_keeps_until(plan)),
        case_pack=pl.Series(terms.case_pack),
        min_order_quantity=pl.Series(terms.min_order),
        shelf_room=pl.Series(_shelf_room(plan)),
        counted_on_hand=pl.Series(plan.counts.on_hand),
        stock_age_days=pl.Series(plan.counts.age_days),
        sold_since_count=pl.Series(plan.counts.sold_since),
        lead_days=pl.Series(terms.lead_days),
        review_days=pl.Series(terms.review_days),
        min_order=pl.Series(terms.min_order),
        capacity=pl.Series(terms.capacity),
        raised=pl.Series(plan.lots.minimum),
        shelf=pl.Series(plan.lots.shelf),
        skipped=pl.Series(plan.lots.skipped),
        losing=pl.Series(plan.lots.losing),
        agreed=pl.Series(terms.agreed),
        costed=pl.Series(terms.costed),
        ends_on=pl.Series(terms.ends_on),
        ends_within=pl.Series(ends_within(terms, plan.cycle)),
        to_end=pl.Series(plan.to_end),
        collides=pl.Series(plan.lots.collides),
        least_lot=pl.Series(plan.lots.least),
        lost_without=pl.Series(required.lost_in_cycle(np.zeros(len(order)))),
        before_budget=pl.Series(plan.quantity),
        budget_price=pl.Series(np.broadcast_to(price, len(order))),
        limit_name=pl.lit(None, dtype=pl.String) if limit is None else limit,
        moved_units=pl.col("moved_in") - pl.col("moved_out"),
    )
    # without a stock record these rest on an assumed stock of 0: better none than a wrong number
    unknown = ("on_hand", "on_order", "order_up_to", "safety_stock", "expected_lost_sales", "expected_value")
    worded = with_reasons(frame, currency).with_columns(
        pl.when("stock_known").then(pl.col(name)).alias(name) for name in unknown
    )
    worded = worded.with_columns(pl.col("shelf_room", *_COUNT).fill_nan(None))
    return worded.select(pl.col(name).cast(kind) for name, kind in (SUGGESTIONS | ADDED).items())


def _keeps_until(plan: Plan) -> Days:
    """Last day on which each order may be sold; `NO_END` where goods do not expire."""
    life = np.where(np.isfinite(plan.terms.shelf_life_days), np.floor(plan.terms.shelf_life_days), 0).astype(np.int64)
    until: Days = np.where(life > 0, plan.cycle.arrives_on + np.maximum(life, 1) - 1, np.datetime64(NO_END, "D"))
    return until


def _shelf_room(plan: Plan) -> Floats:
    """Units that fit on each shelf when the order arrives; NaN where its capacity is not known."""
    capacity = plan.terms.capacity
    expected = np.where(plan.stock_known, plan.required.projected, 0.0)
    return np.where(np.isfinite(capacity), np.maximum(capacity - expected, 0.0), np.nan)


def _after(paths: DemandPaths, as_of: date) -> DemandPaths:
    """The paths' periods after `as_of`; a weekly period under way counts until its week is over."""
    keep = (paths.dates > as_of).to_numpy()
    if not keep.any():
        raise ImpossibleError(
            f"orders after {as_of} were asked for, but the forecast has no period after that day. "
            "Forecast from that day on, or choose an earlier --as-of."
        )
    return paths if keep.all() else DemandPaths(paths.series, paths.dates.filter(keep), paths.units[:, :, keep])


def _holdings(stock: pl.DataFrame, series: pl.DataFrame, due: Due | None, ages: pl.DataFrame | None) -> Holdings:
    """Units on hand and on order (0 where unknown), whether the stock is known, its ages, and the counts behind it."""
    aligned = align(stock, series, dict.fromkeys(("on_hand", "on_order", *_COUNT), pl.Float64))
    on_hand = floats(aligned["on_hand"])
    stock_known = np.isfinite(on_hand)
    counts = Counts(*(floats(aligned[name]) for name in _COUNT))
    on_order = np.maximum(floats(aligned["on_order"], 0), 0)
    batches = None if ages is None or ages.is_empty() else _batches(ages, series)
    return Holdings(np.where(stock_known, on_hand, 0.0), on_order, stock_known, due, batches, counts)


def _batches(ages: pl.DataFrame, series: pl.DataFrame) -> Floats:
    """Units by remaining days of life, shape (series, most days left); NaN for series of unknown age."""
    index = series.select(pl.col(SERIES).cast(pl.String)).with_row_index("row")
    placed = ages.join(index, on=list(SERIES), how="inner")
    out = np.full((series.height, int(placed["days_left"].to_numpy().max(initial=1))), np.nan)
    row = placed["row"].to_numpy()
    out[row] = 0.0
    np.add.at(out, (row, placed["days_left"].to_numpy() - 1), floats(placed["units"]))
    return out


def _due(pipeline: pl.DataFrame, series: pl.DataFrame) -> Due:
    """Units on order by series and day of arrival."""
    index = series.select(pl.col(SERIES).cast(pl.String)).with_row_index("row")
    due = pipeline.join(index, on=list(SERIES), how="inner").filter(pl.col("arrives_on").is_not_null())
    return Due(due["row"].to_numpy().astype(np.int64), days(due["arrives_on"]), floats(due["units"], 0))
