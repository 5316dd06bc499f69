"""Measures what a trigger, or the guides' lists, brought: contacted against held-out people, as campaigns are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.campaigns.measure import PEOPLE, PURCHASES, Measured
from retail_brain.errors import ImpossibleError
from retail_brain.operational.campaign_effects import StoredEffect
from retail_brain.operational.database import Database
from retail_brain.operational.guide_tasks import GuideTask, list_tasks
from retail_brain.operational.repeated_contacts import DAILY
from retail_brain.operational.trigger_firings import Firing, firings
from retail_brain.operational.triggers import StoredTrigger
from retail_brain.settings import Settings
from serving.planning.campaigns.measuring import keep_look, margins, purchases_of
from serving.planning.triggers.desk import definition_of


@dataclass(frozen=True)
class _Reached:
    """One contact made, or that would have been made: person, account, and what it was about (None: nothing sold)."""

    person_id: str
    customer_id: str
    product_id: str | None
    held: bool
    channel: str
    day: date
    store_id: str | None
    segment: str | None
    probability: float | None
    cost: float


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
    reached = [_of_firing(one, costs) for one in firings(tenant, database, stored.trigger_id) if one.held is not None]
    return _measured(f"trigger {stored.trigger_id!r}", reached, dataset, settings)


def _measure_guides(tenant: str, database: Database, dataset: Dataset, settings: Settings) -> dict[str, Any]:
    """The effect of the guides' daily lists, in the same way.

    Raises:
        ImpossibleError: nobody was listed yet.
    """
    cost = settings.guides.contact_cost
    lines = [one for one in list_tasks(tenant, database) if one.source == DAILY and one.state != "withdrawn"]
    return _measured("the guides", [_of_line(one, cost) for one in lines], dataset, settings)


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


def _measured(what: str, reached: Collection[_Reached], dataset: Dataset, settings: Settings) -> dict[str, Any]:
    as_of = dataset.as_of or dataset.last_day()
    ordered = sorted(reached, key=lambda one: one.day)
    first = {one.person_id: one for one in reversed(ordered)}
    people = pl.DataFrame([{name: getattr(one, name) for name in PEOPLE} for one in first.values()], schema=PEOPLE)
    if not people.filter(pl.col("day") <= as_of).height:
        raise ImpossibleError(
            f"nobody was reached by {what} by {as_of}, so nothing can be measured. Ask again when contacts were made "
            "and sales of the days after have come.",
            {"problem": "campaign_nobody_reached", "as_of": as_of.isoformat()},
        )
    lines = margins(dataset, purchases_of(dataset, people), settings)
    told = [(first[one.person_id].customer_id, one.product_id) for one in ordered if one.product_id is not None]
    if told:
        goods = pl.DataFrame(told, schema={"customer_id": pl.String, "product_id": pl.String}, orient="row").unique()
        lines = lines.join(goods.lazy(), on=["customer_id", "product_id"], how="semi")
    purchases = lines.select(*PURCHASES).collect()
    return Measured(as_of, settings.campaigns.effect_days, people, purchases).effect()


def _of_firing(one: Firing, costs: dict[str, float]) -> _Reached:
    assert one.held is not None
    assert one.channel is not None
    assert one.day is not None
    about = (one.person_id, one.customer_id, one.product_id, one.held, one.channel, one.day, one.store_id, one.segment)
    # the channel may have left the definition since
    return _Reached(*about, one.probability, costs.get(one.channel, 0.0))


def _of_line(one: GuideTask, cost: float) -> _Reached:
    about = (one.person_id, one.customer_id, one.product_id, one.held, one.channel, one.day, one.store_id, one.segment)
    return _Reached(*about, one.probability, cost)
