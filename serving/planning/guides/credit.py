"""Attributes purchases after a talk, and new customers, to guides: one row of credit per guide."""

from datetime import date, datetime

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.persons import Accounts
from retail_brain.operational.campaign_effects import StoredEffect, store_effect
from retail_brain.operational.database import Database
from retail_brain.operational.guide_tasks import OUTCOMES, list_referrals
from retail_brain.operational.made_contacts import TALKS, credited_talks, outcomes_of_lines
from retail_brain.operational.repeated_contacts import CREDIT as CREDIT_LOOKS
from retail_brain.settings import Settings
from serving.planning.campaigns.measuring import margins
from serving.planning.people.audience_facts import persons_of

CREDIT = {
    "guide_id": pl.String,
    "listed": pl.Int64,
    **dict.fromkeys(OUTCOMES, pl.Int64),
    "open": pl.Int64,
    "receipts": pl.Int64,
    "sales": pl.Float64,
    "margin": pl.Float64,
    "referrals": pl.Int64,
    "referral_sales": pl.Float64,
    "referrals_of_known": pl.Int64,
}
"""One row per guide: lines by outcome, receipts and money credited for contacts, people brought and their money.

`referrals_of_known` are of people who had bought before, by whichever card: they are counted and not credited."""


def credit(tenant: str, database: Database, dataset: Dataset, settings: Settings, since: date | None) -> pl.DataFrame:
    """Credit of every guide as of the dataset's day: columns CREDIT.

    A receipt is credited once: to the last guide who talked to the customer within `guides.credit_days` before it. That
    is attribution, not effect: some would have bought anyway, which `measure_guides` tells. What a person who was
    brought buys within `guides.referral_days` counts for who brought them.

    Args:
        tenant: whose guides.
        database: their lists and answers.
        dataset: sales.
        settings: the days.
        since: only lines and referrals of this day or later; None: all.

    Raises:
        UnavailableError: the database does not answer.
    """
    as_of = dataset.as_of or dataset.last_day()
    lines = outcomes_of_lines(tenant, database, since, as_of)
    told = [(one.guide_id, one.customer_id, one.at.astimezone().date()) for one in list_referrals(tenant, database)]
    brought = [one for one in told if since is None or one[2] >= since]
    talks = credited_talks(tenant, database, since, as_of)
    named = pl.DataFrame(brought, dict(TALKS), orient="row")
    known = _known_before(named, dataset, as_of)
    referred = named.join(known, on=named.columns, how="anti")
    people = pl.concat([talks, referred])["customer_id"].unique().to_list()
    sold = dataset.scan_or_empty("transactions").filter(pl.col("customer_id").is_in(people))
    receipts = (
        margins(dataset, sold, settings)
        .group_by("customer_id", "receipt", "day")
        .agg(pl.col("sales", "margin").sum())
        .collect()
    )
    sales = _credited(talks, receipts, settings.guides.credit_days)
    new = _credited(referred, receipts, settings.guides.referral_days)
    rows = _counts(lines).join(
        sales.group_by("guide_id").agg(receipts=pl.len(), sales=pl.col("sales").sum(), margin=pl.col("margin").sum()),
        on="guide_id",
        how="full",
        coalesce=True,
    )
    rows = rows.join(referred.group_by("guide_id").agg(referrals=pl.len()), on="guide_id", how="full", coalesce=True)
    before = known.group_by("guide_id").agg(referrals_of_known=pl.len())
    rows = rows.join(before, on="guide_id", how="full", coalesce=True)
    rows = rows.join(new.group_by("guide_id").agg(referral_sales=pl.col("sales").sum()), on="guide_id", how="left")
    filled = rows.select(pl.col(name).cast(kind) for name, kind in CREDIT.items())
    return filled.with_columns(pl.exclude("guide_id").fill_null(0)).sort("guide_id")


def look_at_credit(
    tenant: str, database: Database, dataset: Dataset, settings: Settings, since: date | None, *, by: str, now: datetime
) -> StoredEffect:
    """Works the credit out and keeps it as the newest look.

    Raises:
        UnavailableError: the database does not answer.
    """
    rows = credit(tenant, database, dataset, settings, since).to_dicts()
    found = {"since": None if since is None else since.isoformat(), "guides": rows}
    look = StoredEffect(CREDIT_LOOKS, dataset.as_of or dataset.last_day(), found, by, now)
    store_effect(tenant, database, look)
    return look


def _credited(talks: pl.DataFrame, receipts: pl.DataFrame, days: int) -> pl.DataFrame:
    """Receipts within some days of a talk, each with the guide of the last talk before it."""
    near = receipts.join(talks, on="customer_id").filter(
        (pl.col("day") - pl.col("talked_on")).dt.total_days().is_between(0, days - 1)
    )
    ranked = near.sort("talked_on", "guide_id", descending=[True, False])
    return ranked.unique(["customer_id", "receipt"], keep="first", maintain_order=True)


def _known_before(referred: pl.DataFrame, dataset: Dataset, as_of: date) -> pl.DataFrame:
    """The referrals of people who had bought before the day of the referral, by whichever card."""
    accounts = Accounts.of(persons_of(dataset, as_of))
    named = accounts.with_person(referred)
    cards = accounts.accounts(accounts.people(named))
    sold = dataset.scan_or_empty("transactions").filter(pl.col("units") > 0)
    first = (
        sold.join(cards.lazy(), on="customer_id")
        .group_by("person_id")
        .agg(first=pl.col("sold_at").min().dt.date())
        .collect()
    )
    return named.join(first, on="person_id").filter(pl.col("first") < pl.col("talked_on")).select(referred.columns)


def _counts(lines: pl.DataFrame) -> pl.DataFrame:
    each = [
        pl.col("lines").filter(pl.col("state") == name).sum().cast(pl.Int64).alias(name) for name in (*OUTCOMES, "open")
    ]
    return lines.group_by("guide_id").agg(pl.col("lines").sum().alias("listed"), *each)
