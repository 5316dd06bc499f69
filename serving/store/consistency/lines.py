"""Contradictions within single order lines and within rows of left-over goods."""

import polars as pl

from retail_brain.decisions.excess_stock import sellable
from retail_brain.decisions.reasons.order_outcomes import is_losing
from retail_brain.decisions.transfers import LEFT_OVER_UNITS
from retail_brain.outputs import SERIES
from serving.store.consistency.report import CONTRADICTIONS, found
from serving.store.consistency.stock import StockAnswers

_KEYS = list(SERIES)
_SCATTER_UNITS = 0.5
"""Units within which lost sales agree with the other numbers of a line, since means over paths scatter; judgement."""
_ADVISING = ("Mark down:", "Return ", "Offer them")
"""How sentences begin that tell a shop to do something with its goods."""


def line_contradictions(lines: pl.DataFrame, told: StockAnswers) -> pl.DataFrame:
    """Contradictions within order lines: columns CONTRADICTIONS.

    Args:
        lines: every line of the suggestions, also those that order nothing.
        told: the other answers about stock.
    """
    warehouses = told.terms.select("product_id", store_id="source_store_id").drop_nulls().unique()
    moved = told.plan.select(*_KEYS, "notes", "moved_in", "moved_out").unique(_KEYS)
    known = lines.filter(pl.col("expected_lost_sales").is_not_null(), pl.col("on_hand").is_not_null())
    rows = known.join(moved, on=_KEYS, how="left").with_columns(
        held=pl.col("on_hand").clip(0) + pl.col("on_order").fill_null(0) + pl.col("moved_in").fill_null(0)
    )
    lost, demand = pl.col("expected_lost_sales"), pl.col("demand_until_next_arrival")
    least = demand - pl.col("held") - pl.col("order_quantity")
    # a warehouse serves its demand out of the stock of its shops too
    low = rows.join(warehouses, on=_KEYS, how="anti").filter(least > lost + _SCATTER_UNITS)
    both = rows.filter(pl.col("moved_out") > 0, pl.col("order_quantity") > 0)
    even = rows.filter(pl.col("reason_code") == "agreed_loss", ~is_losing())
    money = pl.col("order_cost").fill_null(0.0)
    parts = [
        found("lost_below_least", low, units=least - lost),
        found("lost_beyond_demand", rows.filter(lost > demand.clip(0) + _SCATTER_UNITS), units=lost - demand),
        found(
            "transfer_from_ordered", both, units=pl.col("order_quantity"), money=money,
            is_explained=pl.col("notes").list.contains("gives_and_orders").fill_null(value=False),
        ),
        found("loss_called_even", even, units=pl.col("order_quantity"), money=-pl.col("expected_value")),
    ]  # fmt: skip
    return pl.concat([pl.DataFrame(schema=CONTRADICTIONS), *parts])


def age_contradictions(told: StockAnswers, ages: pl.DataFrame) -> pl.DataFrame:
    """Left-over goods whose dates are not those that counts and sales tell: columns CONTRADICTIONS.

    Args:
        told: left-over goods.
        ages: columns of `stock_ages.AGES` on the day of the answers.
    """
    left = told.leftovers
    past = ages.filter(pl.col("days_left") <= 0).group_by(_KEYS).agg(past=pl.col("units").sum())
    named = past.join(left.select(*_KEYS, "waste_units"), on=_KEYS, how="left")
    unsaid = named.filter(pl.col("past") >= LEFT_OVER_UNITS, pl.col("waste_units").fill_null(0) < LEFT_OVER_UNITS)
    dated = sellable(left).filter(pl.col("reason_code") == "date")
    days = ages.filter(pl.col("days_left") > 0).group_by(_KEYS).agg(pl.col("days_left"))
    known = dated.join(days, on=_KEYS, how="inner")
    own = (pl.col("sell_by") - pl.col("as_of")).dt.total_days()
    wrong = known.filter(~pl.col("days_left").list.contains(own))
    return pl.concat(
        [
            found("waste_not_told", unsaid, units=pl.col("past")),
            found("age_not_counted", wrong, units=pl.col("left_over_units"), money=pl.col("value_at_risk")),
        ]
    )


def advice_contradictions(told: StockAnswers) -> pl.DataFrame:
    """Left-over goods to keep whose sentence says what to do with them: columns CONTRADICTIONS."""
    says = pl.any_horizontal(pl.col("reason").str.contains(text, literal=True) for text in _ADVISING)
    rows = told.leftovers.filter(pl.col("action").is_in(["keep", "waste"]), says.fill_null(value=False))
    return found(
        "keep_says_otherwise", rows, units=pl.col("left_over_units"), money=pl.col("value_at_risk").fill_null(0.0)
    )
