"""Person features: one row per person, as of a day.

The input is a *record table*: all rows about a person, from any canonical table; the column `record` says which. A
job needs only the record table of its bucket of persons, so any engine that can co-locate a key can run it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import polars as pl
from polars._typing import PolarsDataType

from features.person import purchases
from features.person.lifecycle import (
    LIFECYCLE_FEATURES,
    LifecycleRules,
    active_days,
    lifecycle_of,
    lifecycle_state,
    trend_windows,
)
from features.person.repeat_buying import RepeatBuying
from features.person.rfm import RFM_FEATURES, RfmEdges, rfm_scores
from features.person.spending import Spending
from features.windows import records_of_kind, until, within
from retail_brain.decisions.consents import channel_states, person_states

PERSON_RECORDS: Final[Mapping[str, PolarsDataType]] = {
    "person_id": pl.String,
    "record": pl.String,
    "at": pl.Datetime("us"),
    "customer_id": pl.String,
    "transaction_id": pl.String,
    "store_id": pl.String,
    "product_id": pl.String,
    "channel": pl.String,
    "units": pl.Float64,
    "unit_price": pl.Float64,
    "discount": pl.Float64,
    "reference_price": pl.Float64,
    "category": pl.String,
    "category_share": pl.Float64,
    "event_type": pl.String,
    "granted": pl.Boolean,
    "problem": pl.String,
    "is_holdout": pl.Boolean,
    "home_store_id": pl.String,
    "guide_id": pl.String,
}
"""Columns of a person's records. `record` is customer, identifier, line, event, consent, contact or response."""

PERSON_FEATURES: Final = {
    "identity": ("customer_ids", "identifiers", "known_on", "home_store_id", "guide_id"),
    "value": (
        *("first_purchase_on", "last_purchase_on", "tenure_days", "recency_days", "baskets", "spend", "units"),
        *("products", "baskets_28d", "spend_28d", "baskets_91d", "spend_91d", "baskets_365d", "spend_365d"),
        *("basket_value", "basket_units", "basket_lines", "returns_share", "spend_trend"),
    ),
    "cadence": ("purchase_days", "gap_median_days", "regularity", "next_due_on"),
    "places": ("main_store_id", "main_store_share", "stores", "main_channel", "main_channel_share", "remote_share"),
    "tastes": ("top_categories", "top_category_shares", "favourite_categories", "categories"),
    "prices": ("reduced_share", "discount_share", "price_index"),
    "habits": ("weekend_share", "main_weekday", "main_daypart"),
    "reach": (
        *("granted_channels", "is_contactable", "contacts_28d", "contacts_91d", "last_contact_on", "responses_91d"),
    ),
    "activity": ("events_28d", "visits_28d", "bag_adds_28d", "shares_28d", "last_event_on", "unseen_days"),
    "lifecycle": LIFECYCLE_FEATURES,
    "rfm": RFM_FEATURES,
    "expectation": ("probability_alive", "expected_purchases_28d", "expected_basket_value", "expected_spend_365d"),
}
"""Named sets of person features."""

_COUNTS = ("contacts_28d", "contacts_91d", "responses_91d", "events_28d", "visits_28d", "bag_adds_28d", "shares_28d")


@dataclass(frozen=True)
class PersonOptions:
    """Parameters and facts of the dataset that the person features need beside the records.

    Attributes:
        rules: lifecycle thresholds.
        repeat_buying: a fitted BG/NBD model, or None to leave its features null.
        spending: a fitted Gamma-Gamma model, or None to leave its features null.
        rfm: borders between fifths of buyers, or None to leave the scores null.
        has_consents: whether the dataset has consents; without them everybody counts as contactable.
    """

    rules: LifecycleRules = field(default_factory=LifecycleRules)
    repeat_buying: RepeatBuying | None = None
    spending: Spending | None = None
    rfm: RfmEdges | None = None
    has_consents: bool = False


def person_features(records: pl.LazyFrame, as_of: date, options: PersonOptions) -> pl.LazyFrame:
    """One row per person: `person_id`, `as_of` and the features of `PERSON_FEATURES`.

    Windows of d days are half-open and end with `as_of` included. Money is in the dataset's currency.

    Args:
        records: rows with the columns of `PERSON_RECORDS`; all of a person's rows must be there.
        as_of: last visible day; later records are ignored.
        options: rules and fitted models.
    """
    return persons_on(person_state(records, as_of, options.rules), as_of, options)


def windows(rules: LifecycleRules) -> Mapping[str, tuple[int, ...]]:
    """Kind of record -> days after which one leaves a window, so that its person's state changes."""
    trends = trend_windows(rules)
    return {
        "line": (28, 91, 182, 365, *trends),
        "event": (28, *trends),
        "contact": (28, 91),
        "response": (91,),
    }


def longest_window(rules: LifecycleRules) -> int:
    """Days of the longest of `windows`."""
    return max(width for widths in windows(rules).values() for width in widths)


def person_state(records: pl.LazyFrame, as_of: date, rules: LifecycleRules) -> pl.LazyFrame:
    """One row per person: everything that `persons_on` needs of their records.

    It stays as it is on later days while no record comes and none leaves a window (`windows`); arguments as for
    `person_features`.
    """
    seen = records.filter(until("at", as_of))
    lines = records_of_kind(seen, "line")
    people = _people(seen)  # everybody in the records, so that the joins below lose nobody
    parts = (
        purchases.value_sums(lines, as_of),
        purchases.cadence(lines),
        purchases.places(lines),
        purchases.tastes(lines),
        purchases.prices(lines),
        purchases.habits(lines),
        _consent(records_of_kind(seen, "consent")),
        _contacts(records_of_kind(seen, "contact"), as_of),
        _responses(records_of_kind(seen, "response"), as_of),
        _activity(records_of_kind(seen, "event"), as_of),
        # said by the cadence and by the person's own rows already
        lifecycle_state(people, lines.filter(pl.col("units") > 0), records_of_kind(seen, "event"), as_of, rules).drop(
            "purchase_days", "known_on"
        ),
    )
    frame = people
    for part in parts:
        frame = frame.join(part, on="person_id", how="left")
    return frame.with_columns(pl.col(*_COUNTS).fill_null(0)).sort("person_id")


_WINDOW_SALES: Final = (
    "baskets_28d", "spend_28d", "baskets_91d", "spend_91d", "baskets_365d", "spend_365d", "spend_trend"
)  # fmt: skip
"""Columns of a person's state that are of lines within a window; null of those without any line ever."""


def renewed_windows(state: pl.LazyFrame, records: pl.LazyFrame, as_of: date, rules: LifecycleRules) -> pl.LazyFrame:
    """States of people of whom nothing is new and rows only left a window: what counts within windows anew.

    Args:
        state: result of `person_state` as of an earlier day.
        records: records of these people; those of earlier days than the longest of `windows` are not looked at.
        as_of: last visible day.
        rules: lifecycle thresholds.
    """
    seen = records.filter(within("at", as_of, longest_window(rules)))
    lines, events = records_of_kind(seen, "line"), records_of_kind(seen, "event")
    counted = [
        _contacts(records_of_kind(seen, "contact"), as_of),
        _responses(records_of_kind(seen, "response"), as_of),
        _activity(events, as_of),
    ]
    parts = [
        purchases.value_sums(lines, as_of).select("person_id", *_WINDOW_SALES),
        active_days(lines.filter(pl.col("units") > 0), events, as_of, rules),
        *(part.select("person_id", *(name for name in part.collect_schema() if name in _COUNTS)) for part in counted),
    ]
    columns = state.collect_schema()
    frame = state.drop(_WINDOW_SALES, _COUNTS, "active_days_recent", "active_days_previous")
    for part in parts:
        frame = frame.join(part, on="person_id", how="left")
    has_lines = pl.col("baskets").is_not_null()
    return frame.with_columns(
        pl.col(_COUNTS).fill_null(0),
        *(pl.when(has_lines).then(pl.col(name).fill_null(0)).alias(name) for name in _WINDOW_SALES),
    ).select(columns.names())


def persons_on(state: pl.LazyFrame, as_of: date, options: PersonOptions) -> pl.LazyFrame:
    """The rows of `person_features` as of a day, from states that hold on it, in their order."""
    frame = lifecycle_of(state, as_of, options.rules).with_columns(
        pl.lit(as_of).alias("as_of"), *purchases.value_ages(as_of), *_reach(options.has_consents)
    )
    frame = _expectation(frame.with_columns(rfm_scores(options.rfm)), options)
    names = [name for group in PERSON_FEATURES.values() for name in group]
    return frame.select("person_id", "as_of", *names)


def _people(seen: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person: accounts, home store, guide, number of identifiers and first day in the records."""
    accounts = (
        seen.filter(pl.col("customer_id").is_not_null())
        .select("person_id", "customer_id")
        .unique()
        .group_by("person_id")
        .agg(pl.col("customer_id").sort().alias("customer_ids"))
    )
    home = (
        records_of_kind(seen, "customer")
        # of several accounts the oldest one that names a store decides; the id settles ties
        .sort("person_id", "at", "customer_id", nulls_last=True)
        .group_by("person_id", maintain_order=True)
        .agg(pl.col("home_store_id", "guide_id").drop_nulls().first())
    )
    return (
        seen.group_by("person_id")
        .agg(
            (pl.col("record") == "identifier").sum().cast(pl.Int32).alias("identifiers"),
            pl.col("at").min().cast(pl.Date).alias("known_on"),
        )
        .join(accounts, on="person_id", how="left")
        .join(home, on="person_id", how="left")
        .with_columns(pl.col("customer_ids").fill_null(pl.lit([], dtype=pl.List(pl.String))))
    )


def _consent(consents: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person with a recorded consent: the channels that are open to every account of theirs."""
    states = channel_states(consents.rename({"at": "changed_at"}))
    return (
        person_states(states, consents.select("customer_id", "person_id"))
        .group_by("person_id")
        .agg(pl.col("channel").filter(pl.col("granted")).sort().alias("granted_channels"))
    )


def _contacts(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per person contacted (holdouts were not): contacts of the last 28 and 91 days and the last day."""
    return (
        rows.filter(~pl.col("is_holdout"))
        .group_by("person_id")
        .agg(
            within("at", as_of, 28).sum().cast(pl.Int32).alias("contacts_28d"),
            within("at", as_of, 91).sum().cast(pl.Int32).alias("contacts_91d"),
            pl.col("at").max().cast(pl.Date).alias("last_contact_on"),
        )
    )


def _responses(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per person who responded to a campaign: responses of the last 91 days."""
    return rows.group_by("person_id").agg(within("at", as_of, 91).sum().cast(pl.Int32).alias("responses_91d"))


def _activity(events: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per person with events: events, visits and goods put in the bag of the last 28 days, and the last day."""
    recent = within("at", as_of, 28)
    kind = pl.col("event_type")
    return events.group_by("person_id").agg(
        recent.sum().cast(pl.Int32).alias("events_28d"),
        (recent & (kind == "visit")).sum().cast(pl.Int32).alias("visits_28d"),
        (recent & (kind == "bag_add")).sum().cast(pl.Int32).alias("bag_adds_28d"),
        (recent & (kind == "share")).sum().cast(pl.Int32).alias("shares_28d"),
        pl.col("at").max().cast(pl.Date).alias("last_event_on"),
    )


def _reach(has_consents: bool) -> list[pl.Expr]:  # a fact of the dataset, not a switch
    has_account = pl.col("customer_ids").list.len() > 0
    granted = pl.col("granted_channels")
    if not has_consents:
        return [granted, has_account.alias("is_contactable")]
    none = pl.lit([], dtype=pl.List(pl.String))
    return [granted.fill_null(none), (granted.list.len().fill_null(0) > 0).alias("is_contactable")]


def _expectation(frame: pl.LazyFrame, options: PersonOptions) -> pl.LazyFrame:
    """Adds the features of `expectation`; null for those who never bought, or where a model was not fitted.

    Whether somebody is still a customer is said once, by the churn risk: BG/NBD takes everybody for alive who bought
    only once, and gives what is expected of those who are.
    """
    alive = 1 - pl.col("churn_risk")
    purchases = _expected_if_alive(frame, options.repeat_buying)
    if options.spending is None:
        amount = pl.lit(None, dtype=pl.Float64)
    else:
        paid = pl.col("spend").clip(lower_bound=0)  # returns may outweigh what was bought
        amount = pl.when(pl.col("purchase_days") > 0).then(
            options.spending.expected_amount(pl.col("purchase_days").cast(pl.Float64), paid)
        )
    return purchases.with_columns(
        (alive if options.repeat_buying else pl.lit(None, dtype=pl.Float64)).alias("probability_alive"),
        (alive * pl.col("if_alive_28d")).alias("expected_purchases_28d"),
        amount.alias("expected_basket_value"),
        (alive * pl.col("if_alive_365d") * amount).alias("expected_spend_365d"),
    )


_DAYS: Final = 2**32
"""More days than anybody's age, by which a number of purchases and an age are one number."""


def _expected_if_alive(frame: pl.LazyFrame, model: RepeatBuying | None) -> pl.LazyFrame:
    names = {"if_alive_28d": 28 / 7, "if_alive_365d": 365 / 7}  # weeks, in which the model counts
    if model is None:
        return frame.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in names)

    def predict(block: pl.DataFrame) -> pl.DataFrame:
        # people with as many purchase days and of the same age have equal expectations, and of such pairs there are few
        pair = block.select(pl.col("purchase_days").cast(pl.Int64) * _DAYS + pl.col("tenure_days")).to_series()
        known = pair.drop_nulls().unique().sort()
        repeats = (known // _DAYS - 1).cast(pl.Float64).to_numpy()
        age = (known % _DAYS / 7).to_numpy()
        # the model answers for buyers only: a person without a purchase is no pair and gets null
        place = block.select(pl.when(pair.is_not_null()).then(known.search_sorted(pair))).to_series()
        return block.with_columns(
            pl.Series(name, model.expected_if_alive(weeks, repeats, age)).fill_nan(None).gather(place)
            for name, weeks in names.items()
        )

    schema = frame.collect_schema() | dict.fromkeys(names, pl.Float64())
    # the model needs NumPy's special functions; the schema is given so that the query stays lazy
    return frame.map_batches(predict, schema=schema)
