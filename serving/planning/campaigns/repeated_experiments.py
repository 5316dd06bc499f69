"""Triggers and the guides' daily lists as randomised experiments that contact people again and again.

Each person counts once, from the first message that was decided for them, in the group for which they were drawn: as
their effect is measured (`triggers.measure`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from retail_brain.operational.campaign_effects import effect_looks
from retail_brain.operational.database import Database
from retail_brain.operational.first_messages import first_messages, message_counts
from retail_brain.operational.repeated_contacts import DAILY
from retail_brain.operational.triggers import list_triggers

TRIGGER, GUIDES = "trigger", "guides"
"""Sources."""


@dataclass(frozen=True)
class Repeated:
    """What a trigger, or the guides' lists, told people of until a day.

    Attributes:
        campaign_id: under which its effect is kept.
        source: TRIGGER or GUIDES.
        contacts: rows of `contacts` with `product_id`: the first message of each person, and, without a campaign, the
            later ones that were made. None where nothing is learned from it.
        first_day, last_day: of these messages.
        left_out: reason -> campaigns and people: `never_measured`.
    """

    campaign_id: str
    source: str
    contacts: pl.DataFrame | None
    first_day: date
    last_day: date
    left_out: Mapping[str, tuple[int, int]]


def repeated_experiments(tenant: str, database: Database, as_of: date) -> list[Repeated]:
    """The triggers, removed ones too, and the guides' lists that decided a message until a day.

    Raises:
        UnavailableError: the database does not answer.
    """
    measured = {look.campaign_id for look in effect_looks(tenant, database).read if look.as_of <= as_of}
    counted = message_counts(tenant, database, as_of)
    names = [one.campaign_id for one in list_triggers(tenant, database, removed=True)]
    found = []
    for name in (name for name in (*names, DAILY) if name in counted):
        counts, is_measured = counted[name], name in measured
        # the rows are read where something is learned from them: a count says how many are not
        contacts = _contacts(name, first_messages(tenant, database, name, as_of)) if is_measured else None
        left_out = {} if is_measured else {"never_measured": (1, counts.people)}
        source = GUIDES if name == DAILY else TRIGGER
        found.append(Repeated(name, source, contacts, counts.first_day, counts.last_day, left_out))
    return found


def _contacts(campaign_id: str, messages: pl.DataFrame) -> pl.DataFrame:
    """Rows of `contacts`, with the product that the person was told of."""
    return messages.select(
        pl.when("is_first").then(pl.lit(campaign_id)).alias("campaign_id"),
        "customer_id",
        "channel",
        pl.col("day").cast(pl.Datetime("us")).alias("contacted_at"),
        pl.col("held").alias("is_holdout"),
        pl.lit(None, dtype=pl.String).alias("attribution_id"),
        "product_id",
    )
