"""Measures people's changes to suggestions: suggested and human quantity, simulated against the actual demand."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from features.demand.periods import last_visible_day
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Floats, Ints
from retail_brain.decisions.hindsight import Cycles, outcome
from retail_brain.decisions.order_calendar import Cycle, order_cycle, period_of
from retail_brain.errors import ImpossibleError
from retail_brain.operational.suggestion_status import SuggestionStatus
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings
from serving.planning.replay.inputs import ReplayFacts, read_replay
from serving.planning.replay.opening import opening_due
from serving.planning.replay.periods import period_starts
from serving.planning.stock.order_book import order_book

_LONGEST_DAYS = 182
"""Days after an order that are valued: half a year, as far as an order may look ahead. Chosen by judgement, not
measured."""
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
    "arrives_on": pl.Date,
    "next_arrives_on": pl.Date,
    "demand": pl.Float64,
}
_PAIRS = ("lost", "left", "money")
_DATES = ("order_on", "arrives_on", "next_arrives_on")
LINES = _LINE | {f"{name}_{whose}": pl.Float64 for name in _PAIRS for whose in ("suggested", "human")}
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


def measure_decisions(dataset: Dataset, lives: Sequence[SuggestionStatus], settings: Settings) -> pl.DataFrame:
    """One row per decided suggestion whose cycle is over: columns LINES.

    The cycle runs from the arrival of the order to that of the following one by the supply terms. Demand is what was
    sold, with that of days without stock recovered from the days before; stock is the recorded one of the day of the
    suggestion, and what was on order then arrives as in a replay (`replay.opening`). Lines without a suggested
    quantity, and series that did not sell in the quarter before, are left out.
    """
    book = order_book(lives).filter(pl.col("suggested_quantity").is_not_null())
    last = last_visible_day(dataset, settings.data.period)
    measured = [
        _of_day(dataset, part, day, last, settings)
        for (day,), part in book.sort("as_of").group_by("as_of", maintain_order=True)
        if isinstance(day, date) and day < last
    ]
    return pl.concat([pl.DataFrame(schema=LINES), *measured])


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


def _of_day(dataset: Dataset, book: pl.DataFrame, as_of: date, last: date, settings: Settings) -> pl.DataFrame:
    until = min(last, as_of + timedelta(days=_LONGEST_DAYS))
    stores = book["store_id"].unique().to_list()
    try:
        facts = read_replay(dataset, as_of + timedelta(days=1), until, settings, stores)
    except ImpossibleError:
        return pl.DataFrame(schema=LINES)
    index = facts.series.with_row_index("place")
    decided = book.join(index, on=list(SERIES), how="inner", maintain_order="left")
    rows = decided["place"].to_numpy().astype(np.int64)
    terms, axis = facts.terms.take(rows), facts.axis
    starts = period_starts(axis, 0, axis.count + 1)
    cycle = order_cycle(starts[0], terms.lead_days, terms.review_days, terms.open_weekdays)
    over = np.flatnonzero(cycle.next_arrives_on <= starts[-1])
    if not len(over):
        return pl.DataFrame(schema=LINES)
    due = opening_due(facts.open_orders, facts.opening_on_order, facts.terms, starts, seed=0)
    cycle = Cycle(*(getattr(cycle, name)[over] for name in _DATES))
    return _measured(decided[over], facts, rows[over], cycle, due)


def _measured(book: pl.DataFrame, facts: ReplayFacts, rows: Ints, cycle: Cycle, due: Floats) -> pl.DataFrame:
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
    for whose, quantity in (("suggested", "suggested_quantity"), ("human", "order_quantity")):
        result = outcome(cycles, book[quantity].to_numpy().astype(np.float64), terms)
        columns |= {f"{name}_{whose}": pl.Series(getattr(result, name)) for name in _PAIRS}
        columns["demand"] = pl.Series(result.sold + result.lost)
    return book.with_columns(**columns).select(pl.col(name).cast(kind) for name, kind in LINES.items())
