"""Measures suggestions and people's changes to them against the actual demand, beside those of a simple rule."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from features.demand.periods import last_visible_day
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Floats, Ints
from retail_brain.decisions.hindsight import Cycles, outcome
from retail_brain.decisions.order_calendar import Cycle, order_cycle, period_of
from retail_brain.decisions.supply_terms import Terms
from retail_brain.errors import ImpossibleError
from retail_brain.operational.suggestion_status import SuggestionStatus
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings
from retail_brain.which_day import data_day
from serving.planning.replay.inputs import ReplayFacts, read_replay
from serving.planning.replay.opening import opening_due
from serving.planning.replay.periods import period_starts, played_axis
from serving.planning.stock.order_book import order_book

_LONGEST_DAYS = 182
"""Days after an order that are valued: half a year, as far as an order may look ahead. Chosen by judgement, not
measured."""
_LONGEST = timedelta(days=_LONGEST_DAYS)
_LINE = {
    "suggestion_id": pl.String,
    "store_id": pl.String,
    "product_id": pl.String,
    "as_of": pl.Date,
    "decided_by": pl.String,
    "decision": pl.String,
    "reason": pl.String,
    "suggested_quantity": pl.Float64,
    "order_quantity": pl.Float64,
    "simple_quantity": pl.Float64,
    "arrives_on": pl.Date,
    "next_arrives_on": pl.Date,
    "demand": pl.Float64,
}
_PAIRS = ("lost", "left", "money")
_DATES = ("order_on", "arrives_on", "next_arrives_on")
_WHOSE = {"suggested": "suggested_quantity", "human": "order_quantity", "simple": "simple_quantity"}
LINES = _LINE | {f"{name}_{whose}": pl.Float64 for name in _PAIRS for whose in _WHOSE}
"""One row per decided suggestion: units lost and left over, and money, with the suggested quantity, that of people, and
that of a simple rule: what sold a day in the last `_SIMPLE_DAYS` until the next delivery, less stock and what is on
order, in whole packs."""
_SIMPLE_DAYS = 28
"""Days of sales that the simple rule goes by: four whole weeks, as the moving average of the backtest does."""
LEFT_OUT = {"as_of": pl.Date, "reason": pl.String, "lines": pl.Int64}
"""Decided lines that were not measured, per day of the suggestion and reason: `no_suggestion` (no suggested quantity),
`not_over` (the sales do not reach the end of the cycle, or it is longer than `_LONGEST_DAYS`), `not_sold` (not sold in
the quarter before)."""
USERS = {
    "decided_by": pl.String,
    "decision": pl.String,
    "lines": pl.Int64,
    "better": pl.Int64,
    "worse": pl.Int64,
    "lost_units": pl.Float64,
    "left_units": pl.Float64,
    "money": pl.Float64,
}


def measure_decisions(
    dataset: Dataset, lives: Sequence[SuggestionStatus], settings: Settings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per decided suggestion whose cycle is over (columns LINES), and counts of the others (LEFT_OUT).

    The cycle runs from the arrival of the order to that of the following one by the supply terms. Demand is what was
    sold, with that of days without stock recovered from the days before; stock is the recorded one of the day of the
    suggestion, and what was on order then arrives as in a replay (`replay.opening`). Where goods receipts tell that
    less came than was ordered, no quantity is credited with more than came.
    """
    book = order_book(lives).sort("as_of")
    is_suggested = pl.col("suggested_quantity").is_not_null()
    last = last_visible_day(dataset, settings.data.period)
    lines, left_out = [pl.DataFrame(schema=LINES)], [_counted(book.filter(~is_suggested), "no_suggestion")]
    for _, part in book.filter(is_suggested).group_by("as_of", maintain_order=True):
        measured, others = _of_day(dataset, part, part["as_of"][0], last, settings)
        lines.append(measured)
        left_out += others
    return pl.concat(lines), pl.concat(left_out).sort("as_of", "reason")


def left_out_by_reason(left_out: pl.DataFrame) -> list[dict[str, Any]]:
    """Lines and days per reason of the decisions that were not measured (columns LEFT_OUT), most lines first."""
    summed = left_out.group_by("reason").agg(pl.col("lines").sum(), days=pl.col("as_of").n_unique())
    return summed.sort("lines", "reason", descending=[True, False]).to_dicts()


def by_user(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per person and kind of decision, most lines first: columns USERS.

    Units and money are human minus suggested: more `money` is better, more `lost_units` and `left_units` are worse.
    """
    money = pl.col("money_human") - pl.col("money_suggested")
    summed = lines.group_by("decided_by", "decision").agg(
        lines=pl.len().cast(pl.Int64),
        better=(money > 1e-9).sum().cast(pl.Int64),
        worse=(money < -1e-9).sum().cast(pl.Int64),
        lost_units=(pl.col("lost_human") - pl.col("lost_suggested")).sum(),
        left_units=(pl.col("left_human") - pl.col("left_suggested")).sum(),
        money=money.sum(),
    )
    return summed.sort("lines", "decided_by", "decision", descending=[True, False, False]).select(list(USERS))


def worth_of(lines: pl.DataFrame) -> dict[str, Any]:
    """What models and people were worth over measured lines (columns LINES), in money; None without a line.

    `models` is the money with the suggested quantities less that with the simple rule's, `people` that with people's
    quantities less that with the suggested ones; `changed` lines are those that people changed or rejected.
    """
    if lines.is_empty():
        return {"lines": 0, "models": None, "people": None, "changed": 0, "better": 0, "worse": 0}
    people = lines["money_human"] - lines["money_suggested"]
    return {
        "lines": lines.height,
        "models": float((lines["money_suggested"] - lines["money_simple"]).sum()),
        "people": float(people.sum()),
        "changed": int((lines["decision"] != "approved").sum()),
        "better": int((people > 1e-9).sum()),
        "worse": int((people < -1e-9).sum()),
    }


def _counted(book: pl.DataFrame, reason: str) -> pl.DataFrame:
    """Lines of a book per day under one reason: columns LEFT_OUT."""
    counts = book.group_by("as_of").agg(lines=pl.len()).with_columns(reason=pl.lit(reason))
    return counts.select(pl.col(name).cast(kind) for name, kind in LEFT_OUT.items())


def _of_day(
    dataset: Dataset, book: pl.DataFrame, as_of: date, last: date, settings: Settings
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The measured lines of a day, and the counts of its others."""
    none, first, until = pl.DataFrame(schema=LINES), data_day(as_of), min(last, as_of + _LONGEST)
    stores = book["store_id"].unique().to_list()
    try:
        played_axis(dataset, settings.data.period, first, until)
    except ImpossibleError:  # no whole period has passed since
        return none, [_counted(book, "not_over")]
    try:
        facts = read_replay(dataset, first, until, settings, stores)
    except ImpossibleError:  # none of the stores sold anything before
        return none, [_counted(book, "not_sold")]
    index = facts.series.with_row_index("place")
    decided = book.join(index, on=list(SERIES), how="inner", maintain_order="left")
    unsold = _counted(book.join(index, on=list(SERIES), how="anti"), "not_sold")
    rows = decided["place"].to_numpy().astype(np.int64)
    terms, axis = facts.terms.take(rows), facts.axis
    starts = period_starts(axis, 0, axis.count + 1)
    cycle = order_cycle(starts[0], terms.lead_days, terms.review_days, terms.open_weekdays)
    is_over = cycle.next_arrives_on <= starts[-1]
    over, others = np.flatnonzero(is_over), [unsold, _counted(decided.filter(~pl.Series(is_over)), "not_over")]
    if not len(over):
        return none, others
    due = opening_due(facts.open_orders, facts.opening_on_order, facts.terms, starts, seed=0)
    cycle = Cycle(*(getattr(cycle, name)[over] for name in _DATES))
    sold = _daily_units(dataset, decided[over], as_of)
    return _measured(decided[over], facts, rows[over], cycle, due, sold), others


def _daily_units(dataset: Dataset, book: pl.DataFrame, as_of: date) -> Floats:
    """Units that each line sold a day in the last `_SIMPLE_DAYS` until a day."""
    keys = list(SERIES)
    recent = pl.col("date").is_between(as_of - timedelta(days=_SIMPLE_DAYS - 1), as_of)
    sums = dataset.daily_sales().filter(recent).group_by(keys).agg(sold=pl.col("units").sum()).collect()
    sold = book.select(keys).join(sums, on=keys, how="left", maintain_order="left")["sold"].fill_null(0)
    units: Floats = sold.clip(0).to_numpy().astype(np.float64) / _SIMPLE_DAYS
    return units


def _simple_quantity(cycles: Cycles, terms: Terms, sold: Floats) -> Floats:
    """Order of the simple rule for each line."""
    periods = np.arange(cycles.due.shape[1])
    coming = np.where(periods[None, :] < cycles.end[:, None], cycles.due, 0.0).sum(axis=1)
    missing = sold * cycles.end * cycles.period_days - np.maximum(cycles.on_hand, 0) - coming
    # what is a whole number of packs but for rounding stays so
    packs: Floats = np.ceil(np.maximum(missing, 0) / terms.case_pack - 1e-9)
    return packs * terms.case_pack


def _most_that_came(book: pl.DataFrame) -> Floats:
    """Units that could be had for each line: what was received where it is less than what was ordered, else any."""
    is_short = pl.col("received_units") < pl.col("order_quantity")  # null where no goods receipt was stored
    known = pl.when(is_short).then("received_units").otherwise(float("inf"))
    most: Floats = book.select(known).to_series().to_numpy().astype(np.float64)
    return most


def _measured(
    book: pl.DataFrame, facts: ReplayFacts, rows: Ints, cycle: Cycle, due: Floats, sold: Floats
) -> pl.DataFrame:
    terms, axis = facts.terms.take(rows), facts.axis
    starts = period_starts(axis, 0, axis.count + 1)
    cycles = Cycles(
        demand=facts.played[rows],
        on_hand=facts.opening_on_hand[rows],
        due=due[rows],
        arrival=period_of(cycle.arrives_on, starts),
        end=period_of(cycle.next_arrives_on, starts),
        period_days=axis.days_per_period,
    )
    columns: dict[str, pl.Series] = {
        "arrives_on": pl.Series(cycle.arrives_on),
        "next_arrives_on": pl.Series(cycle.next_arrives_on),
    }
    book = book.with_columns(simple_quantity=pl.Series(_simple_quantity(cycles, terms, sold)))
    came = _most_that_came(book)
    for whose, quantity in _WHOSE.items():
        result = outcome(cycles, np.minimum(book[quantity].to_numpy().astype(np.float64), came), terms)
        columns |= {f"{name}_{whose}": pl.Series(getattr(result, name)) for name in _PAIRS}
        columns["demand"] = pl.Series(result.sold + result.lost)
    return book.with_columns(**columns).select(pl.col(name).cast(kind) for name, kind in LINES.items())
