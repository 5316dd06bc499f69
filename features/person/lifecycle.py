"""Customer lifecycle: stage, activity, trend and churn risk per person, by rules on purchase and event days.

Stages (stranger, visitor, friend, old friend, sleeping, lost; 陌生人 / 访客 / 朋友 / 老友 / 沉睡 / 流失), with the
thresholds of `LifecycleRules`:

* *stranger*: has an identifier (a card, a phone, a device) but without a purchase and without an event lately.
* *visitor*: no purchase yet, but at least one event (visit, view, scan ...) within `visitor_days`.
* *friend*: has bought, and is none of the following.
* *old friend*: has bought on at least `old_friend_days` days, the first at least `old_friend_tenure_days` ago.
* *sleeping*: has bought, and is silent for longer than their own rhythm allows.
* *lost*: silent for more than `lost_times` the silence allowed.

A person's rhythm is their mean gap between purchase days, drawn towards `typical_gap_days` as if they had
`typical_gap_weight` more gaps of that length. Silence is allowed for `quiet_gaps` such gaps and at least `quiet_days`.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

import polars as pl

from features.person.churn import ChurnModel, fit_churn
from features.windows import days_since, until, within

STAGES: Final = ("stranger", "visitor", "friend", "old_friend", "sleeping", "lost")
AIPL: Final = {
    "stranger": "awareness",
    "visitor": "interest",
    "friend": "purchase",
    "old_friend": "loyalty",
    "sleeping": "purchase",
    "lost": "purchase",
}
"""Stage -> step of the AIPL model (awareness, interest, purchase, loyalty)."""
ACTIVITIES: Final = ("none", "new", "active", "late", "lapsed")
TRENDS: Final = ("quiet", "cooling", "steady", "warming")

LIFECYCLE_FEATURES: Final = (
    "stage",
    "stage_since",
    "aipl",
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
        late_gaps: multiple of the person's median gap (drawn towards the typical one); a longer silence is late.
        new_days: days; a first purchase within them makes a new customer.
        typical_gap_days: gap between purchase days of a typical customer.
        typical_gap_weight: number of gaps that the typical gap counts for (shrinkage).
        lost_times: multiple of the allowed silence; a longer one is a loss. Of those beyond it 97 % have left on the
            sample chain.
        churn: churn risk by silence; fitted on the chain's own past where there is enough of it.
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
    lost_times: float = 2.0
    churn: ChurnModel = field(default_factory=ChurnModel)
    trend_days: int = 56
    trend_ratio: float = 1.5

    def of_chain(self, typical_gap_days: float | None) -> "LifecycleRules":
        """The rules with the typical gap of a chain; as they are where nobody has bought twice."""
        return replace(self, typical_gap_days=typical_gap_days) if typical_gap_days else self


def lifecycle(
    people: pl.LazyFrame, purchases: pl.LazyFrame, events: pl.LazyFrame, as_of: date, rules: LifecycleRules
) -> pl.LazyFrame:
    """One row per person: the columns of `LIFECYCLE_FEATURES`.

    `stage_since` is the first day of the present unbroken stretch of the stage, by the rhythm as of `as_of`.
    `churn_risk` is the probability of no purchase within the silence allowed from now on (`features.person.churn`). It
    is null for those who never bought.

    Args:
        people: one row per person, columns `person_id` and `known_on` (date, may be null).
        purchases: purchase lines or days, columns `person_id` and `at`; several a day count once.
        events: interactions, columns `person_id` and `at`.
        as_of: last visible day; later rows are ignored.
        rules: thresholds.
    """
    state = lifecycle_state(people, purchases, events, as_of, rules)
    return lifecycle_of(state, as_of, rules).select("person_id", *LIFECYCLE_FEATURES)


def lifecycle_state(
    people: pl.LazyFrame, purchases: pl.LazyFrame, events: pl.LazyFrame, as_of: date, rules: LifecycleRules
) -> pl.LazyFrame:
    """One row per person: what `lifecycle_of` needs; arguments as for `lifecycle`.

    It stays as it is on later days while no purchase or event comes and none leaves a window of the trend.
    """
    days = _days(purchases, as_of)
    seen = _days(events, as_of)
    return (
        people.select("person_id", "known_on")
        .join(_rhythm(days, as_of, rules), on="person_id", how="left")
        .join(_visits(seen, rules), on="person_id", how="left")
        .join(active_days(purchases, events, as_of, rules), on="person_id", how="left")
        .drop("recency_days")
    )


def trend_windows(rules: LifecycleRules) -> tuple[int, int]:
    """Days before the last visible one at which an active day leaves a window of the trend."""
    return rules.trend_days, 2 * rules.trend_days


_FIT_DAYS_AGO: Final = (91, 182, 273)
"""Days before the last visible day at which the past is looked at: one quarter, two and three, so that no season
decides alone. Chosen by judgement, not measured."""


def fit_churn_of_past(days: pl.LazyFrame, as_of: date, rules: LifecycleRules) -> ChurnModel | None:
    """Fits the churn risk on how people went on who stood somewhere a quarter, two and three quarters ago.

    People whose allowed silence after that day is not over by `as_of` are left out.

    Args:
        days: one row per buyer x purchase day: person_id, date; later days than `as_of` are ignored.
        as_of: last visible day.
        rules: thresholds of rhythm and silence.
    """
    seen = days.filter(pl.col("date") <= as_of)
    return fit_churn([_how_they_went_on(seen, as_of - timedelta(days=ago), as_of, rules) for ago in _FIT_DAYS_AGO])


def _how_they_went_on(days: pl.LazyFrame, then: date, as_of: date, rules: LifecycleRules) -> pl.DataFrame:
    """One row per person as they stood on a past day: the examples of `fit_churn`."""
    after = days.filter(pl.col("date") > then).group_by("person_id").agg(pl.col("date").min().alias("next_on"))
    over_on = pl.lit(then).dt.offset_by(pl.format("{}d", pl.col("quiet_after_days").cast(pl.Int64)))
    return (
        _rhythm(days.filter(pl.col("date") <= then), then, rules)
        .filter(over_on <= as_of)
        .join(after, on="person_id", how="left")
        .select(
            ratio=pl.col("recency_days") / pl.col("rhythm_days"),
            purchase_days="purchase_days",
            is_gone=~(pl.col("next_on") <= over_on).fill_null(value=False),
        )
        .collect()
    )


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
        # the median, as the profile says it: one long holiday makes nobody's usual gap longer
        (
            (pl.col("gap").median().fill_null(0) * pl.col("gap").count() + weight * rules.typical_gap_days)
            / (pl.col("gap").count() + weight)
        ).alias("usual_gap_days"),
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


def active_days(purchases: pl.LazyFrame, events: pl.LazyFrame, as_of: date, rules: LifecycleRules) -> pl.LazyFrame:
    """One row per person: days with a purchase or event in the last window of the trend and in the one before.

    Arguments as for `lifecycle`.
    """
    window = rules.trend_days
    # a day with both a purchase and an event is one active day
    active = pl.concat([_days(purchases, as_of), _days(events, as_of)]).unique()
    return active.group_by("person_id").agg(
        within("date", as_of, window).sum().cast(pl.Int32).alias("active_days_recent"),
        within("date", as_of, window, before=window).sum().cast(pl.Int32).alias("active_days_previous"),
    )


def _after(column: str, days: pl.Expr) -> pl.Expr:
    return pl.col(column).dt.offset_by(pl.format("{}d", days.cast(pl.Int64)))


def lifecycle_of(state: pl.LazyFrame, as_of: date, rules: LifecycleRules) -> pl.LazyFrame:
    """Adds the columns of `LIFECYCLE_FEATURES` as of a day to the columns of `lifecycle_state`."""
    frame = state.with_columns(
        days_since("last_on", as_of).alias("recency_days"),
        pl.col("active_days_recent", "active_days_previous").fill_null(0),
        _after("first_on", pl.lit(rules.old_friend_tenure_days)).alias("tenured_on"),
        _after("last_on", pl.col("quiet_after_days")).alias("quiet_on"),
        _after("last_on", (rules.lost_times * pl.col("quiet_after_days")).ceil()).alias("lost_on"),
        days_since("seen_on", as_of).alias("unseen_days"),
    ).with_columns(
        pl.when(pl.col("enough_on").is_not_null())
        .then(pl.max_horizontal("run_on", "enough_on", "tenured_on"))
        .alias("old_friend_on")
    )
    bought = pl.col("purchase_days").is_not_null()
    lapsed = pl.col("quiet_on") < as_of  # the last day of the allowed silence has passed
    lost = pl.col("lost_on") < as_of
    old = bought & (pl.col("old_friend_on") <= as_of)
    visiting = (pl.col("unseen_days") < rules.visitor_days).fill_null(value=False)
    since = (
        pl.when(bought & lost)
        .then(_after("lost_on", pl.lit(1)))
        .when(bought & lapsed)
        .then(_after("quiet_on", pl.lit(1)))
        .when(old)
        .then(pl.col("old_friend_on"))
        .when(bought)
        .then(pl.col("run_on"))
        .when(visiting)
        .then(pl.col("visiting_on"))
        .when(pl.col("seen_on").is_not_null())
        .then(_after("seen_on", pl.lit(rules.visitor_days)))
        .otherwise(pl.col("known_on"))
    )
    stage = (
        pl.when(bought & lost)
        .then(pl.lit("lost"))
        .when(bought & lapsed)
        .then(pl.lit("sleeping"))
        .when(old)
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
        stage.replace_strict(AIPL, return_dtype=pl.String).alias("aipl"),
        _activity(bought, lapsed, visiting, as_of, rules).alias("activity"),
        rules.churn.risk(pl.col("recency_days") / pl.col("rhythm_days"), pl.col("purchase_days")).alias("churn_risk"),
    ).with_columns(_trend(rules).alias("trend"))


def _activity(bought: pl.Expr, lapsed: pl.Expr, visiting: pl.Expr, as_of: date, rules: LifecycleRules) -> pl.Expr:
    silence = pl.col("recency_days")
    late = silence > (rules.late_gaps * pl.col("usual_gap_days"))
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
        # who is later than usual cools, however much went on in the weeks before
        .when((change >= rules.trend_ratio) & ~pl.col("activity").is_in(["late", "lapsed"]))
        .then(pl.lit("warming"))
        .when(change >= rules.trend_ratio)
        .then(pl.lit("cooling"))
        .when(change <= 1 / rules.trend_ratio)
        .then(pl.lit("cooling"))
        .otherwise(pl.lit("steady"))
    )
