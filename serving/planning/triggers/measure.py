"""Measures what a trigger, or the guides' lists, brought: contacted against held-out people, as campaigns are."""

from datetime import datetime
from typing import Any

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.campaigns.measure import PEOPLE, PURCHASES, Measured
from retail_brain.errors import ImpossibleError
from retail_brain.operational.campaign_effects import StoredEffect
from retail_brain.operational.database import Database
from retail_brain.operational.first_messages import reached_people, told_goods
from retail_brain.operational.repeated_contacts import DAILY
from retail_brain.operational.triggers import StoredTrigger
from retail_brain.settings import Settings
from serving.planning.campaigns.measuring import keep_look, margins, purchases_of
from serving.planning.triggers.desk import definition_of


def measure_trigger(
    tenant: str, database: Database, dataset: Dataset, stored: StoredTrigger, settings: Settings
) -> dict[str, Any]:
    """The effect of a trigger as of the dataset's day; see `Measured.effect`.

    Each person counts once, from the first day on which they were, or would have been, contacted. Purchases of the
    goods that they were told of count; where the trigger tells of no goods, all purchases do.

    Raises:
        ImpossibleError: nobody was reached yet.
    """
    costs: dict[str, float] = {slot.channel: slot.contact_cost for slot in definition_of(stored).slots}
    people = reached_people(tenant, database, stored.campaign_id)
    # the channel may have left the definition since
    cost = pl.col("channel").replace_strict(costs, default=0.0, return_dtype=pl.Float64)
    goods = told_goods(tenant, database, stored.campaign_id)
    return _measured(f"trigger {stored.trigger_id!r}", people.with_columns(cost=cost), goods, dataset, settings)


def _measure_guides(tenant: str, database: Database, dataset: Dataset, settings: Settings) -> dict[str, Any]:
    """The effect of the guides' daily lists, in the same way.

    Raises:
        ImpossibleError: nobody was listed yet.
    """
    people = reached_people(tenant, database, DAILY).with_columns(cost=pl.lit(float(settings.guides.contact_cost)))
    return _measured("the guides", people, told_goods(tenant, database, DAILY), dataset, settings)


def look_at_trigger(
    tenant: str, database: Database, dataset: Dataset, stored: StoredTrigger, settings: Settings, by: str, now: datetime
) -> StoredEffect:
    """Measures a trigger as of the dataset's day and keeps the look.

    Raises:
        ImpossibleError: nobody was reached yet.
        UnavailableError: the database does not answer.
    """
    found = measure_trigger(tenant, database, dataset, stored, settings)
    return keep_look(tenant, database, stored.campaign_id, found, by=by, now=now)


def look_at_guides(
    tenant: str, database: Database, dataset: Dataset, settings: Settings, by: str, now: datetime
) -> StoredEffect:
    """The same of the guides' daily lists.

    Raises:
        ImpossibleError: nobody was listed yet.
        UnavailableError: the database does not answer.
    """
    return keep_look(tenant, database, DAILY, _measure_guides(tenant, database, dataset, settings), by=by, now=now)


def _measured(
    what: str, people: pl.DataFrame, goods: pl.DataFrame, dataset: Dataset, settings: Settings
) -> dict[str, Any]:
    """The effect on people (columns PEOPLE); purchases of `goods` alone count, unless these are none."""
    as_of = dataset.as_of or dataset.last_day()
    people = people.select(*PEOPLE)
    if not people.filter(pl.col("day") <= as_of).height:
        raise ImpossibleError(
            f"nobody was reached by {what} by {as_of}, so nothing can be measured. Ask again when contacts were made "
            "and sales of the days after have come.",
            {"problem": "campaign_nobody_reached", "as_of": as_of.isoformat()},
        )
    lines = margins(dataset, purchases_of(dataset, people), settings)
    if goods.height:
        lines = lines.join(goods.lazy(), on=["customer_id", "product_id"], how="semi")
    purchases = lines.select(*PURCHASES).collect()
    return Measured(as_of, settings.campaigns.effect_days, people, purchases).effect()
