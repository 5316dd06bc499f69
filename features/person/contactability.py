"""How a person can be reached, has been reached, and what they did outside the till. One row per person each."""

from datetime import date

import polars as pl

from features.windows import days_since, within


def consent(consents: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person with a recorded consent: the channels granted by the last word on each.

    Two words of the same moment count as a refusal.
    """
    latest = pl.col("at").max().over("person_id", "channel")
    return (
        consents.filter(pl.col("at") == latest)
        .group_by("person_id", "channel")
        .agg(pl.col("granted").all())
        .group_by("person_id")
        .agg(pl.col("channel").filter(pl.col("granted")).sort().alias("granted_channels"))
    )


def contacts(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
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


def responses(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per person who responded to a campaign: responses of the last 91 days."""
    return rows.group_by("person_id").agg(within("at", as_of, 91).sum().cast(pl.Int32).alias("responses_91d"))


def activity(events: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per person with events: events, visits and goods put in the bag of the last 28 days, and the last day."""
    recent = within("at", as_of, 28)
    kind = pl.col("event_type")
    return (
        events.group_by("person_id")
        .agg(
            recent.sum().cast(pl.Int32).alias("events_28d"),
            (recent & (kind == "visit")).sum().cast(pl.Int32).alias("visits_28d"),
            (recent & (kind == "bag_add")).sum().cast(pl.Int32).alias("bag_adds_28d"),
            (recent & (kind == "share")).sum().cast(pl.Int32).alias("shares_28d"),
            pl.col("at").max().cast(pl.Date).alias("last_event_on"),
        )
        .with_columns(days_since("last_event_on", as_of).alias("unseen_days"))
    )
