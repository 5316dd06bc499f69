"""Where triggers are worked on: saved, listed and shown; what they need of the database, the facts and the clock."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from retail_brain.decisions.triggers.definition import TriggerDefinition, parse_trigger
from retail_brain.errors import ImpossibleError
from retail_brain.operational.database import Database
from retail_brain.operational.events import Touched, has_events, touched_goods
from retail_brain.operational.firing_pages import firing_counts
from retail_brain.operational.guides import guides_of_customers, moved_customers
from retail_brain.operational.trigger_firings import Firing
from retail_brain.operational.triggers import StoredTrigger, TriggerChange, save_trigger, trigger
from retail_brain.settings import Settings
from retail_brain.which_day import contact_day, data_day
from serving.planning.campaigns.goods import check_named
from serving.planning.campaigns.hours import open_hours
from serving.planning.triggers.causes import INTEREST, SERVICE_EVENTS, check_kind
from serving.planning.triggers.source import TriggerSource

FIRING_COLUMNS = (*(one.name for one in fields(Firing) if one.name != "id"), "contact_id")
"""Columns of `firing_row`."""


@dataclass(frozen=True)
class Desk:
    """Where triggers are worked on.

    Attributes:
        tenant: whose triggers.
        now: instant of the look, with a zone; hours and days are those of the machine's zone.
        guides: customer -> guide who looks after them.
    """

    tenant: str
    database: Database
    source: TriggerSource
    settings: Settings
    now: datetime
    guides: Mapping[str, str]

    @property
    def local(self) -> datetime:
        """The instant in business time: the machine's zone."""
        return self.now.astimezone().replace(tzinfo=None)

    @property
    def today(self) -> date:
        """Day of contact: the machine's, and never one that the answers have seen already; see `which_day`."""
        return contact_day(self.source.as_of, self.now)

    @property
    def first_day(self) -> date:
        """The first day that the answers have not seen."""
        return data_day(self.source.as_of)

    def earliest_due(self, definition: TriggerDefinition) -> datetime:
        """Messages of a trigger that were due before this instant are not sent any more."""
        return self.now - timedelta(hours=definition.expires_hours)

    def with_present_guides(self) -> "Desk":
        """The desk with whoever looks after people by now: another may have moved them since it was opened.

        Raises:
            UnavailableError: the database does not answer.
        """
        known = set(self.source.facts(()).customers["customer_id"].to_list())
        moved = moved_customers(self.tenant, self.database)
        seen = {customer: guide for customer, guide in moved.items() if customer in known}
        return replace(self, guides=guides_of_customers(self.guides.items(), seen))

    def owner(self, touched: Touched) -> str | None:
        """Customer whom an event names, by their id or by an identifier; None where nobody is known."""
        if touched.customer_id is not None:
            return touched.customer_id
        if touched.id_type is None or touched.id_value is None:
            return None
        return self.source.owner(touched.id_type, touched.id_value)

    def touched(self, types: Collection[str], days: int, product_ids: Collection[str] | None) -> pl.DataFrame:
        """Who touched which product by received events of the last days: `customer_id`, `product_id`, `at`."""
        since = self.now - timedelta(days=days)
        found = touched_goods(self.tenant, self.database, types, since=since, product_ids=product_ids)
        rows = [(owner, one.product_id, one.at) for one in found if (owner := self.owner(one)) is not None]
        schema = pl.Schema([("customer_id", pl.String()), ("product_id", pl.String()), ("at", pl.Datetime("us"))])
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        return frame.group_by("customer_id", "product_id").agg(pl.col("at").max())

    def interested(self, product_ids: Collection[str], days: int) -> pl.DataFrame:
        """Who showed interest in some products of late: `customer_id`, `product_id`."""
        return self.touched(INTEREST, days, product_ids).select("customer_id", "product_id")


def save(
    desk: Desk, change: TriggerChange, definition: TriggerDefinition, *, owner: str | None, is_on: bool
) -> StoredTrigger:
    """Checks a trigger against what the tenant has, and stores it; see `operational.triggers.save_trigger`.

    Raises:
        ConflictError: somebody else changed it since that version.
        NotFoundError: there is no such trigger, or the segment, a shop, a product or the category is not known.
        ImpossibleError: nothing could ever cause it, or all of its hours are quiet ones.
    """
    open_hours(definition, desk.settings.campaigns)
    check_kind(definition, desk.source, knows_services=has_events(desk.tenant, desk.database, SERVICE_EVENTS))
    check_named(definition, desk.source)
    values = definition.model_dump(mode="json", exclude_unset=True)
    return save_trigger(desk.database, change, values, owner=owner, is_on=is_on)


def switch(desk: Desk, change: TriggerChange, *, is_on: bool) -> StoredTrigger:
    """Switches a trigger on or off as it is defined.

    Raises:
        ConflictError: somebody else changed it since that version.
        NotFoundError: there is no such trigger, or its segment is not known any more.
        ImpossibleError: it is removed, or nothing could ever cause it.
    """
    stored = trigger(desk.tenant, desk.database, change.trigger_id)
    if stored.state == "removed":
        raise ImpossibleError(
            f"trigger {change.trigger_id!r} is removed. Save it again under this id, or another one.",
            {"problem": "trigger_removed", "trigger_id": change.trigger_id},
        )
    if not is_on:  # whatever is wrong with it by now, it can be stopped
        return save_trigger(desk.database, change, stored.definition, owner=None, is_on=False)
    return save(desk, change, definition_of(stored), owner=None, is_on=True)


def definition_of(stored: StoredTrigger) -> TriggerDefinition:
    """The definition of a stored trigger.

    Raises:
        UsageError: it was stored by another version and cannot be read.
    """
    return parse_trigger(stored.definition, f"trigger {stored.trigger_id!r}")


def summary(stored: StoredTrigger, counts: Mapping[str, int]) -> dict[str, Any]:
    """A trigger as JSON, with how many of its firings are in which state, and why the dropped ones were dropped."""
    values = asdict(stored)
    del values["seen_event"]
    moments = {
        name: value.isoformat(timespec="seconds") for name, value in values.items() if isinstance(value, datetime)
    }
    states = {name: number for name, number in counts.items() if not name.startswith("dropped:")}
    reasons = {name.removeprefix("dropped:"): number for name, number in counts.items() if name.startswith("dropped:")}
    return values | moments | {"campaign_id": stored.campaign_id, "firings": states, "dropped": reasons}


def counts_of(tenant: str, database: Database, trigger_id: str) -> Mapping[str, int]:
    """Firings of one trigger by state; none where it never fired."""
    return firing_counts(tenant, database).get(trigger_id, Counter())


def firing_row(firing: Firing) -> dict[str, Any]:
    """What was fired for a person, as JSON."""
    values = {name: value for name, value in asdict(firing).items() if name != "id"} | {"contact_id": firing.contact_id}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
