"""Customer lifecycle: stage, activity, trend and churn risk per person, by rules on purchase and event days.

Stages (stranger, visitor, friend, old friend; 陌生人 / 访客 / 朋友 / 老友), with the thresholds of `LifecycleRules`:

* *stranger*: has an identifier (a card, a phone, a device) but without a purchase and without an event lately.
* *visitor*: no purchase yet, but at least one event (visit, view, scan ...) within `visitor_days`.
* *friend*: has bought, and is not an old friend (any more).
* *old friend*: has bought on at least `old_friend_days` days, the first at least `old_friend_tenure_days` ago, and is
  not silent for longer than their own rhythm allows.

A person's rhythm is their mean gap between purchase days, drawn towards `typical_gap_days` as if they had
`typical_gap_weight` more gaps of that length. Silence is allowed for `quiet_gaps` such gaps and at least `quiet_days`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from features.windows import days_since, until, within

STAGES: Final = ("stranger", "visitor", "friend", "old_friend")
ACTIVITIES: Final = ("none", "new", "active", "late", "lapsed")
TRENDS: Final = ("quiet", "cooling", "steady", "warming")

LIFECYCLE_FEATURES: Final = (
    "stage",
    "stage_since",
    "activity",
    "trend",
    "churn_risk",
    "rhythm_days",
    "quiet_after_days",
    "active_days_recent",
    "active_days_previous",
)


@dataclass(frozen=True)
class LifecycleRules:
    """Thresholds of the lifecycle rules.

    Attributes:
        visitor_days: days; an event within them makes a visitor.
        old_friend_days: least number of purchase days of an old friend.
        old_friend_tenure_days: least days since an old friend's first purchase.
        quiet_days: days; a shorter silence is never a lapse.
        quiet_gaps: multiple of the person's mean gap; a longer silence is a lapse.
        late_gaps: multiple of the person's mean gap; a longer silence is late.
        new_days: days; a first purchase within them makes a new customer.
        typical_gap_days: gap between purchase days of a typical customer.
        typical_gap_weight: number of gaps that the typical gap counts for (shrinkage).
        leaver_share: prior share of customers who leave after a purchase.
        trend_days: length of each of the two windows that the trend compares.
        trend_ratio: (recent + 1) / (previous + 1) active days from which a person is warming; its inverse is cooling.
    """

    visitor_days: int = 90
    old_friend_days: int = 5
    old_friend_tenure_days: int = 90
    quiet_days: int = 28
    quiet_gaps: float = 3.0
    late_gaps: float = 1.5
    new_days: int = 28
    typical_gap_days: float = 30.0
    typical_gap_weight: float = 2.0
    leaver_share: float = 0.05
    trend_days: int = 56
    trend_ratio: float = 1.5


def lifecycle(
    people: pl.LazyFrame, purchases: pl.LazyFrame, events: pl.LazyFrame, as_of: date, rules: LifecycleRules
) -> pl.LazyFrame:
    """One row per person: the columns of `LIFECYCLE_FEATURES`.

    `stage_since` is the first day of the present unbroken stretch of the stage, by the rhythm as of `as_of`.
    `churn_risk` is the probability of having left, given a silence of r days and a mean gap of g days, if purchases are
    a Poisson process: p / (p + (1 - p) exp(-r / g)) with p = `leaver_share`. It is null for those who never bought.

    Args:
        people: one row per person, columns `person_id` and `known_on` (date, may be null).
        purchases: purchase lines or days, columns `person_id` and `at`; several a day count once.
        events: interactions, columns `person_id` and `at`.
        as_of: last visible day; later rows are ignored.
        rules: thresholds.
    """
    days = _days(purchases, as_of)
    seen = _days(events, as_of)
    frame = (
        people.select("person_id", "known_on")
        .join(_rhythm(days, as_of, rules), on="person_id", how="left")
        .join(_visits(seen, rules), on="person_id", how="left")
        # a day with both a purchase and an event is one active day
        .join(_active_days(pl.concat([days, seen]).unique(), as_of, rules), on="person_id", how="left")
    )
    return _classify(frame, as_of, rules).select("person_id", *LIFECYCLE_FEATURES)


def _days(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per person x day."""
    return (
        rows.filter(pl.col("at").is_not_null() & until("at", as_of))
        .select("person_id", pl.col("at").cast(pl.Date).alias("date"))
        .unique()
    )


def _gaps(days: pl.LazyFrame) -> pl.LazyFrame:
    """The days in order, with the days since the person's day before (null on the first)."""
    # after the sort a shift by one row is the person's day before: no window function per person
    same = pl.col("person_id").shift(1) == pl.col("person_id")
    gap = pl.col("date").diff().dt.total_days().cast(pl.Float64)
    return days.sort("person_id", "date").with_columns(pl.when(same).then(gap).alias("gap"))


def _rhythm(days: pl.LazyFrame, as_of: date, rules: LifecycleRules) -> pl.LazyFrame:
    """One row per buyer: shrunk mean gap, allowed silence, start of the present run of purchases without a lapse."""
    gaps = _gaps(days)
    weight = rules.typical_gap_weight
    own = gaps.group_by("person_id", maintain_order=True).agg(
        pl.len().alias("purchase_days"),
        pl.col("date").first().alias("first_on"),
        pl.col("date").last().alias("last_on"),
        # null where there are fewer days: such a person never became an old friend
        pl.col("date").get(rules.old_friend_days - 1, null_on_oob=True).alias("enough_on"),
        ((pl.col("gap").sum() + weight * rules.typical_gap_days) / (pl.col("gap").count() + weight)).alias(
            "rhythm_days"
        ),
    )
    own = own.with_columns(
        (rules.quiet_gaps * pl.col("rhythm_days")).clip(lower_bound=rules.quiet_days).ceil().alias("quiet_after_days"),
        days_since("last_on", as_of).alias("recency_days"),
    )
    runs = (
        gaps.join(own.select("person_id", "quiet_after_days"), on="person_id")
        # + 1: who buys on the day after the allowed silence was at no end of a day seen as lapsed
        .filter(pl.col("gap").is_null() | (pl.col("gap") > pl.col("quiet_after_days") + 1))
        .group_by("person_id")
        .agg(pl.col("date").max().alias("run_on"))
    )
    return own.join(runs, on="person_id", how="left")


def _visits(seen: pl.LazyFrame, rules: LifecycleRules) -> pl.LazyFrame:
    """One row per person with events: the last day, and the first of the present run without a break."""
    starts = pl.col("gap").is_null() | (pl.col("gap") > rules.visitor_days)
    return (
        _gaps(seen)
        .group_by("person_id")
        .agg(pl.col("date").max().alias("seen_on"), pl.col("date").filter(starts).max().alias("visiting_on"))
    )


def _active_days(active: pl.LazyFrame, as_of: date, rules: LifecycleRules) -> pl.LazyFrame:
    """One row per person: days with a purchase or event in the last window and in the one before."""
    window = rules.trend_days
    return active.group_by("person_id").agg(
        within("date", as_of, window).sum().cast(pl.Int32).alias("active_days_recent"),
        within("date", as_of, window, before=window).sum().cast(pl.Int32).alias("active_days_previous"),
    )


def _after(column: str, days: pl.Expr) -> pl.Expr:
    return pl.col(column).dt.offset_by(pl.format("{}d", days.cast(pl.Int64)))


def _classify(frame: pl.LazyFrame, as_of: date, rules: LifecycleRules) -> pl.LazyFrame:
    """Adds stage, stage_since, activity, trend and churn_risk."""
    frame = frame.with_columns(
        pl.col("active_days_recent", "active_days_previous").fill_null(0),
        _after("first_on", pl.lit(rules.old_friend_tenure_days)).alias("tenured_on"),
        _after("last_on", pl.col("quiet_after_days")).alias("quiet_on"),
        days_since("seen_on", as_of).alias("unseen_days"),
    ).with_columns(
        pl.when(pl.col("enough_on").is_not_null())
        .then(pl.max_horizontal("run_on", "enough_on", "tenured_on"))
        .alias("old_friend_on")
    )
    bought = pl.col("purchase_days").is_not_null()
    lapsed = pl.col("quiet_on") < as_of  # the last day of the allowed silence has passed
    became_old = (pl.col("old_friend_on") <= pl.col("quiet_on")).fill_null(value=False)
    old = became_old & ~lapsed & (pl.col("old_friend_on") <= as_of)
    visiting = (pl.col("unseen_days") < rules.visitor_days).fill_null(value=False)
    since = (
        pl.when(old)
        .then(pl.col("old_friend_on"))
        .when(bought & became_old & lapsed)
        .then(_after("quiet_on", pl.lit(1)))
        .when(bought)
        .then(pl.col("first_on"))
        .when(visiting)
        .then(pl.col("visiting_on"))
        .when(pl.col("seen_on").is_not_null())
        .then(_after("seen_on", pl.lit(rules.visitor_days)))
        .otherwise(pl.col("known_on"))
    )
    stage = (
        pl.when(old)
        .then(pl.lit("old_friend"))
        .when(bought)
        .then(pl.lit("friend"))
        .when(visiting)
        .then(pl.lit("visitor"))
        .otherwise(pl.lit("stranger"))
    )
    return frame.with_columns(
        stage.alias("stage"),
        since.alias("stage_since"),
        _activity(bought, lapsed, visiting, as_of, rules).alias("activity"),
        _trend(rules).alias("trend"),
        _churn_risk(rules).alias("churn_risk"),
    )


def _activity(bought: pl.Expr, lapsed: pl.Expr, visiting: pl.Expr, as_of: date, rules: LifecycleRules) -> pl.Expr:
    silence = pl.col("recency_days")
    late = silence > (rules.late_gaps * pl.col("rhythm_days"))
    return (
        # the first that holds counts: a lapse before everything, and a new customer is never late
        pl.when(bought & lapsed)
        .then(pl.lit("lapsed"))
        .when(bought & (days_since("first_on", as_of) < rules.new_days))
        .then(pl.lit("new"))
        .when(bought & late)
        .then(pl.lit("late"))
        .when(bought | visiting)
        .then(pl.lit("active"))
        .otherwise(pl.lit("none"))
    )


def _trend(rules: LifecycleRules) -> pl.Expr:
    recent, previous = pl.col("active_days_recent"), pl.col("active_days_previous")
    # one more day on both sides, so that one visit after none is no infinite growth
    change = (recent + 1) / (previous + 1)
    return (
        pl.when((recent == 0) & (previous == 0))
        .then(pl.lit("quiet"))
        .when(change >= rules.trend_ratio)
        .then(pl.lit("warming"))
        .when(change <= 1 / rules.trend_ratio)
        .then(pl.lit("cooling"))
        .otherwise(pl.lit("steady"))
    )


def _churn_risk(rules: LifecycleRules) -> pl.Expr:
    left, stays = rules.leaver_share, 1 - rules.leaver_share
    return left / (left + stays * (-(pl.col("recency_days") / pl.col("rhythm_days"))).exp())
