"""Customer funnel: people by lifecycle stage at each month's end, and how they moved from one stage to another.

The same rules as in the person table, looked at from the past: no purchase or event later than a month's end enters its
stages; the typical gap of the chain is that of the rules given.
"""

from datetime import date, timedelta

import polars as pl

from features.identity.resolve import CUSTOMER, add_person_id
from features.person.lifecycle import LifecycleRules, lifecycle
from features.references import sales_lines
from retail_brain.dataset import Dataset

FUNNEL_COLUMNS = ("month_end", "store_id", "from_stage", "to_stage", "people")
NOT_KNOWN = "not_known"
"""Stage of a person at a month's end before anything was known of them."""


def month_ends(as_of: date, months: int) -> list[date]:
    """The last days of the `months` months before the last visible day, and that day itself, oldest first.

    >>> month_ends(date(2026, 2, 20), 2)
    [datetime.date(2025, 12, 31), datetime.date(2026, 1, 31), datetime.date(2026, 2, 20)]
    """
    days, day = [as_of], as_of
    for _ in range(months):
        day = day.replace(day=1) - timedelta(days=1)
        days.append(day)
    return sorted(days)


def stage_moves(
    dataset: Dataset, identities: pl.LazyFrame, rules: LifecycleRules, as_of: date, months: int
) -> pl.DataFrame:
    """One row per month's end x store x stage before x stage after: the columns of `FUNNEL_COLUMNS`.

    The store is the person's home store, else the one of their last purchase by that day; null where neither is known.

    Args:
        dataset: canonical tables.
        identities: the identity table of the features.
        rules: lifecycle thresholds.
        as_of: last visible day.
        months: months to go back; each needs one pass over purchases and events.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    ends = month_ends(as_of, months)
    stages = [_stages(dataset.at(day), identities, rules, day) for day in ends]
    moves = [
        after.join(before.select("person_id", from_stage="to_stage"), on="person_id", how="left")
        .group_by("store_id", pl.col("from_stage").fill_null(NOT_KNOWN), "to_stage")
        .agg(pl.len().cast(pl.Int64).alias("people"))
        .with_columns(month_end=pl.lit(day))
        for day, before, after in zip(ends[1:], stages, stages[1:], strict=False)
    ]
    return pl.concat(moves).select(FUNNEL_COLUMNS).sort(FUNNEL_COLUMNS[:-1], nulls_last=True)


def _stages(seen: Dataset, identities: pl.LazyFrame, rules: LifecycleRules, day: date) -> pl.DataFrame:
    """One row per person known by a day: person_id, to_stage, store_id."""
    sold = pl.col("units") > 0
    lines = sales_lines(seen, day).filter(pl.col("customer_id").is_not_null(), sold)
    bought = add_person_id(lines, identities).select("person_id", "at", "store_id")
    events = add_person_id(seen.scan_or_empty("events"), identities)
    did = events.filter(pl.col("person_id").is_not_null()).select("person_id", at="occurred_at")
    customers = add_person_id(seen.scan_or_empty("customers"), identities)
    home = (
        customers.sort("person_id", "joined_on", "customer_id", nulls_last=True)
        .group_by("person_id")
        .agg(pl.col("home_store_id").drop_nulls().first(), pl.col("joined_on").min().alias("known_on"))
    )
    last = bought.sort("person_id", "at", "store_id").group_by("person_id").agg(pl.col("store_id").last())
    first_seen = (
        add_person_id(
            seen.scan_or_empty("identities").with_columns(
                customer_id=pl.coalesce("customer_id", pl.when(pl.col("id_type") == CUSTOMER).then("id_value"))
            ),
            identities,
        )
        .filter(pl.col("person_id").is_not_null())
        .select("person_id")
    )
    people = (
        pl.concat([bought.select("person_id"), did.select("person_id"), home.select("person_id"), first_seen])
        .unique()
        .join(home.select("person_id", "known_on"), on="person_id", how="left")
    )
    return (
        lifecycle(people, bought, did, day, rules)
        .select("person_id", to_stage="stage")
        .join(home.select("person_id", "home_store_id"), on="person_id", how="left")
        .join(last, on="person_id", how="left")
        .select("person_id", "to_stage", store_id=pl.coalesce("home_store_id", "store_id"))
        .collect()
    )
