"""Campaigns made here as randomised experiments: who was drawn for contact and for the holdout, about which goods."""

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.operational.campaign_contacts import PlannedContact, campaign_contacts
from retail_brain.operational.campaigns import StoredCampaign, list_campaigns
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import upgrade
from retail_brain.tables import TABLES
from retail_brain.workspace import Workspace
from serving.planning.campaigns.standing import definition_of, state_on
from serving.planning.demand.overrides import has_database

_NOT_YET = {"approved": "running", "running": "running", "ended": "not_measured", "stopped": "not_measured"}
"""State of an approved campaign -> why nothing is learned from it yet."""
LEFT_OUT = {"code": pl.String, "campaigns": pl.Int64, "people": pl.Int64}
"""One row per reason."""


@dataclass(frozen=True)
class Experiments:
    """Campaigns made here that are over and measured.

    Attributes:
        contacts: one row per campaign x person drawn, in the group they were drawn for: rows of `contacts`. People whom
            a stop kept from being reached are not among them.
        campaigns: one row per campaign: rows of `campaigns`.
        left_out: columns LEFT_OUT: other approved campaigns, and people of these whom a stop kept from being reached.
    """

    contacts: pl.DataFrame
    campaigns: pl.DataFrame
    left_out: pl.DataFrame

    @classmethod
    def none(cls) -> "Experiments":
        """No campaign was made here."""
        contacts, campaigns = (pl.DataFrame(schema=TABLES[name].types) for name in ("contacts", "campaigns"))
        return cls(contacts, campaigns, pl.DataFrame(schema=LEFT_OUT))

    def beside(self, dataset: Dataset) -> Dataset:
        """The dataset with these campaigns and contacts among its own, for whoever learns from them.

        Contacts that `contacts collect` brought into the lake are told once: by the group that they were drawn for.
        """
        if not self.contacts.height:
            return dataset
        frames = dict(dataset.frames)
        own = self.campaigns["campaign_id"].implode()
        for name, rows in (("contacts", self.contacts), ("campaigns", self.campaigns)):
            others = frames[name].filter(~pl.col("campaign_id").is_in(own)) if name in frames else None
            frames[name] = rows.lazy() if others is None else pl.concat([others, rows.lazy()], how="diagonal_relaxed")
        return replace(dataset, frames=frames)


def read_experiments(tenant: str, database: Database, as_of: date) -> Experiments:
    """The campaigns made here that were over and measured for good on the day after the last visible one.

    Raises:
        UnavailableError: the database does not answer.
    """
    states = {
        one.campaign_id: (one, state_on(one, as_of + timedelta(days=1)))
        for one in list_campaigns(tenant, database)
        if one.approved_at is not None
    }
    left_out: dict[str, tuple[int, int]] = {}
    contacts: list[dict[str, object]] = []
    campaigns: list[dict[str, object]] = []
    for name, (stored, state) in states.items():
        drawn = campaign_contacts(tenant, database, name)
        reached = [one for one in drawn if one.state != "withdrawn"]
        if (code := _NOT_YET.get(state)) is not None:
            _count(left_out, code, 1, len(drawn))
            continue
        if len(reached) < len(drawn):
            _count(left_out, "not_reached", 0, len(drawn) - len(reached))
        contacts += [_contact(one) for one in reached]
        campaigns.append(_campaign(stored, reached))
    return Experiments(
        pl.DataFrame(contacts, schema=TABLES["contacts"].types),
        pl.DataFrame(campaigns, schema=TABLES["campaigns"].types),
        pl.DataFrame([(code, *counts) for code, counts in left_out.items()], schema=LEFT_OUT, orient="row"),
    )


def tenant_experiments(workspace: Workspace, as_of: date) -> Experiments:
    """The same for the verbs; none where there is no database yet.

    Raises:
        UnavailableError: the database does not answer.
    """
    with closing(Database(workspace.database_url)) as database:
        if not has_database(workspace, database):
            return Experiments.none()
        upgrade(database)
        return read_experiments(workspace.tenant, database, as_of)


def _count(left_out: dict[str, tuple[int, int]], code: str, campaigns: int, people: int) -> None:
    before = left_out.get(code, (0, 0))
    left_out[code] = before[0] + campaigns, before[1] + people


def _contact(one: PlannedContact) -> dict[str, object]:
    """A row of `contacts`: by intention to treat, a person is of the group and day for which they were drawn."""
    return {
        "campaign_id": one.campaign_id,
        "customer_id": one.contact.customer_id,
        "channel": one.contact.channel,
        "contacted_at": datetime.combine(one.contact.day, time(one.contact.hour)),
        "is_holdout": one.contact.group == "holdout",
        "attribution_id": None,
    }


def _campaign(stored: StoredCampaign, drawn: list[PlannedContact]) -> dict[str, object]:
    """A row of `campaigns`; its goods are those of its definition and those that people were told of."""
    definition = definition_of(stored)
    told = {one.contact.product_id for one in drawn}
    return {
        "campaign_id": stored.campaign_id,
        "name": definition.name,
        "starts_on": definition.starts_on,
        "ends_on": definition.ends_on,
        "product_ids": sorted(set(definition.product_ids) | told),
    }
