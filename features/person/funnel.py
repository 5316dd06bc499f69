"""Customer funnel: people by lifecycle stage at each month's end, and how they moved between stages, shops and guides.

The same rules as in the person table, looked at from the past: no purchase or event later than a month's end enters its
stages; the typical gap of the chain is that of the rules given. Every count of people by month is a sum over the one
table of `people_moves`, so that no two of them can differ.
"""

from datetime import date, timedelta
from typing import Final

import polars as pl

from features.identity.resolve import CUSTOMER, add_person_id
from features.person.lifecycle import LifecycleRules, lifecycle
from features.references import sales_lines
from retail_brain.dataset import Dataset
from retail_brain.decisions.consents import channel_states, person_states

FUNNEL_COLUMNS = ("month_end", "store_id", "from_stage", "to_stage", "people")
NOT_KNOWN = "not_known"
"""Stage of a person at a month's end before anything was known of them."""
_OF_DAY: Final = ("stage", "store_id", "guide_id", "is_reachable")
"""What `people_on` says of a person; `people_moves` has each of them before (`from_`) and after a month."""
GUIDE_MOVES = pl.Schema({"customer_id": pl.String, "guide_id": pl.String, "before": pl.String, "moved_on": pl.Date})
"""Customers who went from one guide (`before`) to another (`guide_id`), in the order in which they did."""


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


def people_moves(
    dataset: Dataset,
    identities: pl.LazyFrame,
    rules: LifecycleRules,
    as_of: date,
    months: int,
    guide_moves: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per month's end x how people were before and are then: `people` counts them.

    Columns `from_stage`, `from_store_id`, `from_guide_id`, `from_is_reachable` (a month before; `not_known` and null of
    people of whom nothing was known) and `stage`, `store_id`, `guide_id`, `is_reachable`; see `people_on`.

    Args:
        dataset: canonical tables.
        identities: the identity table of the features.
        rules: lifecycle thresholds.
        as_of: last visible day.
        months: months to go back; each needs one pass over purchases and events.
        guide_moves: GUIDE_MOVES that the customers' table does not tell of.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    ends = month_ends(as_of, months)
    # who looks after somebody now is known beyond the last day of the data
    moved = [guides_on(guide_moves, None if day == as_of else day) for day in ends]
    days = [people_on(dataset.at(day), identities, rules, day, each) for day, each in zip(ends, moved, strict=True)]
    keys = [*(f"from_{name}" for name in _OF_DAY), *_OF_DAY]
    counted = [
        after.join(before.rename({name: f"from_{name}" for name in _OF_DAY}), on="person_id", how="left")
        .with_columns(pl.col("from_stage").fill_null(NOT_KNOWN))
        .group_by(keys)
        .agg(pl.len().cast(pl.Int64).alias("people"))
        .select(pl.lit(day).alias("month_end"), *keys, "people")
        for day, before, after in zip(ends[1:], days, days[1:], strict=False)
    ]
    return pl.concat(counted).sort("month_end", *keys, nulls_last=True)


def funnel_of(moves: pl.DataFrame) -> pl.DataFrame:
    """The funnel by shop of the result of `people_moves`: the columns of `FUNNEL_COLUMNS`."""
    keys = FUNNEL_COLUMNS[:-1]
    return (
        moves.rename({"stage": "to_stage"})
        .group_by(keys)
        .agg(pl.col("people").sum())
        .select(FUNNEL_COLUMNS)
        .sort(keys, nulls_last=True)
    )


def guides_on(moves: pl.DataFrame | None, day: date | None) -> pl.DataFrame:
    """One row per customer who was ever moved: `customer_id`, and `guide_id` at the end of a day (null: nobody).

    Args:
        moves: GUIDE_MOVES in their order.
        day: None: after all moves.
    """
    if moves is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "guide_id": pl.String})
    done = pl.lit(value=True) if day is None else pl.col("moved_on") <= day
    # before a customer's first move their guide was the one whom that move took them from
    return moves.group_by("customer_id", maintain_order=True).agg(
        pl.when(done.any()).then(pl.col("guide_id").filter(done).last()).otherwise(pl.col("before").first())
    )


def people_on(
    seen: Dataset, identities: pl.LazyFrame, rules: LifecycleRules, day: date, moved: pl.DataFrame
) -> pl.DataFrame:
    """One row per person known by a day: `person_id`, `stage`, `store_id`, `guide_id`, `is_reachable`.

    The store is the person's home store, else the one of their last purchase by that day; null where neither is known.
    The guide is that of the oldest account that has one. Somebody is reachable if a channel is open, and where the
    dataset has no consents if they have an account, as the person features say it (`is_contactable`).

    Args:
        seen: the dataset as of the day.
        identities: the identity table of the features.
        rules: lifecycle thresholds.
        day: the last visible one.
        moved: result of `guides_on` for the day.
    """
    lines = add_person_id(sales_lines(seen, day).filter(pl.col("customer_id").is_not_null()), identities)
    bought = lines.filter(pl.col("units") > 0).select("person_id", "at", "store_id")
    events = add_person_id(seen.scan_or_empty("events"), identities).filter(pl.col("person_id").is_not_null())
    accounts = _accounts(seen, identities, moved)
    last = bought.sort("person_id", "at", "store_id").group_by("person_id").agg(pl.col("store_id").last())
    tables = ("customers", "consents", "contacts", "responses", "identities")
    named = [
        lines.select("person_id", "customer_id"),
        events.select("person_id", "customer_id"),
        *(_named(seen, table, identities) for table in tables),
    ]
    known = pl.concat(named).group_by("person_id").agg(has_account=pl.col("customer_id").is_not_null().any())
    people = known.join(accounts, on="person_id", how="left")
    stages = lifecycle(people, bought, events.select("person_id", at="occurred_at"), day, rules)
    return (
        people.join(stages.select("person_id", "stage"), on="person_id", how="left")
        .join(last, on="person_id", how="left")
        .join(_open(seen, identities), on="person_id", how="left")
        .select(
            "person_id",
            "stage",
            pl.coalesce("home_store_id", "store_id").alias("store_id"),
            "guide_id",
            pl.col("is_open").fill_null(value=False).alias("is_reachable")
            if seen.has("consents")
            else pl.col("has_account").alias("is_reachable"),
        )
        .collect(engine="streaming")
    )


def _accounts(seen: Dataset, identities: pl.LazyFrame, moved: pl.DataFrame) -> pl.LazyFrame:
    """One row per person with an account: home store, guide, first joining day; the oldest account that has one."""
    customers = add_person_id(seen.scan_or_empty("customers"), identities)
    is_moved = moved.lazy().select("customer_id", moved_to="guide_id", is_moved=pl.lit(value=True))
    guide = pl.when(pl.col("is_moved").is_not_null()).then("moved_to").otherwise("guide_id")
    return (
        customers.join(is_moved, on="customer_id", how="left")
        .with_columns(guide.alias("guide_id"))
        .sort("person_id", "joined_on", "customer_id", nulls_last=True)
        .group_by("person_id")
        .agg(pl.col("home_store_id", "guide_id").drop_nulls().first(), pl.col("joined_on").min().alias("known_on"))
    )


def _named(seen: Dataset, table: str, identities: pl.LazyFrame) -> pl.LazyFrame:
    """Persons whom the rows of a table name, with the account where they name one."""
    rows = seen.scan_or_empty(table)
    if table == "identities":
        account = pl.when(pl.col("id_type") == CUSTOMER).then("id_value")
        rows = rows.with_columns(customer_id=pl.coalesce("customer_id", account))
    named = add_person_id(rows, identities).select("person_id", "customer_id")
    return named.filter(pl.col("person_id").is_not_null())


def _open(seen: Dataset, identities: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person with a consent: whether a channel is open to every account of theirs."""
    consents = seen.scan_or_empty("consents")
    persons = add_person_id(consents, identities).select("customer_id", "person_id")
    states = person_states(channel_states(consents), persons)
    return states.group_by("person_id").agg(is_open=pl.col("granted").any())
