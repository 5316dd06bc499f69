"""Writes an order plan as the table of order suggestions: stock, demand, chances, money and reasons of each row."""

from datetime import date

import numpy as np
import polars as pl

from retail_brain.currency import UNNAMED, Currency
from retail_brain.decisions.arrays import ROUNDING, Days, Floats, floats
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.reasons.order_reasons import with_context, with_reasons
from retail_brain.decisions.supply_terms import NO_END
from retail_brain.decisions.targets import ECONOMIC, NEWSVENDOR, ends_within, expected_gain
from retail_brain.outputs import SUGGESTIONS

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
OFTEN = 0.95
"""Share of the paths beside whose need that of the rarest one is told. Chosen by judgement, not measured."""
FAR_MORE = 2.0
"""Times what that share needs, and what is expected, beyond which an order names the rarest path. By judgement too."""
COUNT_COLUMNS = ("counted_on_hand", "stock_age_days", "sold_since_count")
"""Columns of `inputs.read_stock` that say what the stock was worked out from."""


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
        series: `store_id` and `product_id` of its series, and perhaps columns of `order_reasons.CONTEXT`.
        as_of: last visible day.
        quantity: units to order where a budget or limits have cut the plan's.
        price: expected money that one more unit of budget, or of the limit that cut the series, would have earned.
        limit: name of the limit that costs each series most; None where only a budget cuts.
        currency: how the reasons write money.
    """
    order = plan.quantity if quantity is None else quantity
    context = with_context(series)
    frame = context.with_columns(
        **_order_columns(plan, order, context),
        **_reason_columns(plan, order),
        as_of=pl.lit(as_of),
        budget_price=pl.Series(np.broadcast_to(price, len(order))),
        limit_name=pl.lit(None, dtype=pl.String) if limit is None else limit,
        moved_units=pl.col("moved_in") - pl.col("moved_out"),
    )
    # without a stock record these rest on an assumed stock of 0: better none than a wrong number
    unknown = ("on_hand", "on_order", "order_up_to", "safety_stock", "expected_lost_sales", "expected_value")
    worded = with_reasons(frame, currency).with_columns(
        pl.when("stock_known").then(pl.col(name)).alias(name) for name in unknown
    )
    worded = worded.with_columns(pl.col("shelf_room", *COUNT_COLUMNS).fill_nan(None))
    return worded.select(pl.col(name).cast(kind) for name, kind in (SUGGESTIONS | ADDED).items())


def _order_columns(plan: Plan, order: Floats, context: pl.DataFrame) -> dict[str, pl.Series]:
    """What a row says of the order: days, stock, demand, levels, money, packs and the count behind the stock."""
    required, terms = plan.required, plan.terms
    counted = floats(context["moved_in"]) - floats(context["moved_out"]) + floats(context["shops_hold"])
    # transfers are counted as means over the paths: an order-up-to level below nothing is their scatter
    level = np.maximum(plan.on_hand.clip(min=0) + plan.on_order + counted + plan.target.raw, 0.0)
    return {
        "order_quantity": pl.Series(order),
        "order_on": pl.Series(plan.cycle.order_on),
        "arrives_on": pl.Series(plan.cycle.arrives_on),
        "next_arrives_on": pl.Series(plan.cycle.next_arrives_on),
        "on_hand": pl.Series(plan.on_hand),
        "on_order": pl.Series(plan.on_order),
        "demand_until_next_arrival": pl.Series(required.demand),
        "order_up_to": pl.Series(level),
        "safety_stock": pl.Series(level - (required.demand - required.lost_before - required.lost_after)),
        "expected_lost_sales": pl.Series(required.expected_lost(order)),
        "expected_value": pl.Series(expected_gain(required, plan.money, order)),
        "source": terms.source,
        # where neither cost nor price is known, the plan's guess is a weight and no money
        "order_cost": pl.select(
            pl.when(terms.cost_basis.is_not_null()).then(pl.Series(order * terms.cost_guess))
        ).to_series(),
        "case_pack": pl.Series(terms.case_pack),
        "min_order_quantity": pl.Series(terms.min_order),
        "shelf_room": pl.Series(_shelf_room(plan)),
        "counted_on_hand": pl.Series(plan.counts.on_hand),
        "stock_age_days": pl.Series(plan.counts.age_days),
        "sold_since_count": pl.Series(plan.counts.sold_since),
    }


def _reason_columns(plan: Plan, order: Floats) -> dict[str, pl.Series | pl.Expr]:
    """Numbers and states that only the reasons ask for (`reasons.order_reasons`)."""
    required, target, terms = plan.required, plan.target, plan.terms
    return {
        **_rarest(plan, order),
        "stock_known": pl.Series(plan.stock_known),
        "terms_known": pl.Series(terms.known),
        "kind": pl.Series(target.kind),
        "level": pl.Series(target.level),
        "lost_unit": pl.Series(target.lost_unit),
        "policy_en": pl.lit(target.reason[0]),
        "policy_zh": pl.lit(target.reason[1]),
        "chance": pl.Series(required.in_stock_probability(order)),
        "lost_before": pl.Series(required.lost_before),
        "lost_after": pl.Series(required.lost_after),
        "keeps_until": pl.Series(_keeps_until(plan)),
        "lead_days": pl.Series(terms.lead_days),
        "review_days": pl.Series(terms.review_days),
        "min_order": pl.Series(terms.min_order),
        "capacity": pl.Series(terms.capacity),
        "raised": pl.Series(plan.lots.minimum),
        "shelf": pl.Series(plan.lots.shelf),
        "skipped": pl.Series(plan.lots.skipped),
        "losing": pl.Series(plan.lots.losing),
        "agreed": pl.Series(terms.agreed),
        "costed": pl.Series(terms.costed),
        "ends_on": pl.Series(terms.ends_on),
        "ends_within": pl.Series(ends_within(terms, plan.cycle)),
        "to_end": pl.Series(plan.to_end),
        "collides": pl.Series(plan.lots.collides),
        "least_lot": pl.Series(plan.lots.least),
        "lost_without": pl.Series(required.lost_in_cycle(np.zeros(len(order)))),
        "before_budget": pl.Series(plan.quantity),
    }


def _rarest(plan: Plan, order: Floats) -> dict[str, pl.Series | pl.Expr]:
    """Which orders by profit only the rarest path asks for, of how many, and what is enough on `OFTEN` of them.

    Costs may ask for a chance that the paths cannot tell from certainty: then the largest need of all decides, which
    is a matter of luck where demand is rare.
    """
    required, target, terms = plan.required, plan.target, plan.terms
    futures = required.need.shape[1]
    often = np.maximum(required.quantile(np.full(len(order), OFTEN)), 0.0)
    decides = np.isin(target.kind, (ECONOMIC, NEWSVENDOR)) & (target.level > 1 - 1 / futures)
    usual = np.maximum(np.ceil(often / terms.case_pack - ROUNDING) * terms.case_pack, terms.min_order)
    return {
        "by_rarest": pl.Series(decides & (order > terms.presentation + FAR_MORE * np.maximum(usual, required.demand))),
        "futures": pl.lit(float(futures)),
        "often": pl.lit(f"{OFTEN:.0%}"),
        "often_enough": pl.Series(often),
    }


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
