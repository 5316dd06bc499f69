"""Randomised experiments made here: who was drawn for contact and for the holdout, about which goods.

They are campaigns, triggers and the guides' daily lists, for each of which a share of the people is held out.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.operational.campaign_contacts import PlannedContact, campaign_contacts, drawn_counts
from retail_brain.operational.campaigns import StoredCampaign, list_campaigns
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import upgrade
from retail_brain.tables import TABLES
from retail_brain.which_day import data_day
from retail_brain.workspace import Workspace
from serving.planning.campaigns.repeated_experiments import Repeated, repeated_experiments
from serving.planning.campaigns.standing import definition_of, readable, state_on
from serving.planning.demand.overrides import has_database

_NOT_YET = {
    **dict.fromkeys(("approved", "running"), "running"),
    **dict.fromkeys(("ended", "stopped"), "not_measured"),
    "unreadable": "unreadable",
}
"""State of an approved campaign -> why nothing is learned from it yet."""
LEFT_OUT = {"source": pl.String, "code": pl.String, "campaigns": pl.Int64, "people": pl.Int64}
"""One row per source (HERE, or one of `repeated_experiments`) and reason."""
HERE = "here"
"""Source of the campaigns made here."""
_CONTACTS = pl.Schema(TABLES["contacts"].types) | {"product_id": pl.String}


@dataclass(frozen=True)
class Experiments:
    """Campaigns made here that are over and measured, and triggers and lists of guides that were measured.

    Attributes:
        contacts: one row per campaign x person drawn, in the group they were drawn for: rows of `contacts`, and
            `product_id` where the person was told of one product, not of the campaign's goods. People whom a stop kept
            from being reached are not among them. Later messages of a trigger to the same person are rows without a
            campaign: nothing is learned from them, but that the person was contacted.
        campaigns: one row per campaign, trigger and the guides' lists: rows of `campaigns`.
        left_out: columns LEFT_OUT: what nothing is learned from.
        sources: campaign id -> source.
    """

    contacts: pl.DataFrame
    campaigns: pl.DataFrame
    left_out: pl.DataFrame
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def none(cls) -> "Experiments":
        """No campaign was made here."""
        campaigns = pl.DataFrame(schema=TABLES["campaigns"].types)
        return cls(pl.DataFrame(schema=_CONTACTS), campaigns, pl.DataFrame(schema=LEFT_OUT))

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

    With them what triggers and guides' lists were about until that day, where their effect was measured.

    Raises:
        UnavailableError: the database does not answer.
    """
    approved = [one for one in list_campaigns(tenant, database) if one.approved_at is not None]
    states = {
        one.campaign_id: (one, "unreadable" if readable(one) is None else state_on(one, data_day(as_of)))
        for one in approved
    }
    left_out: dict[tuple[str, str], tuple[int, int]] = {}
    contacts: list[dict[str, object]] = []
    campaigns: list[dict[str, object]] = []
    drawn_of = drawn_counts(tenant, database)
    for name, (stored, state) in states.items():
        if (code := _NOT_YET.get(state)) is not None:
            _count(left_out, (HERE, code), 1, drawn_of.get(name, 0))
            continue
        drawn = campaign_contacts(tenant, database, name)
        reached = [one for one in drawn if one.state != "withdrawn"]
        if len(reached) < len(drawn):
            _count(left_out, (HERE, "not_reached"), 0, len(drawn) - len(reached))
        contacts += [_contact(one) for one in reached]
        campaigns.append(_campaign(stored, reached))
    sources = {str(one["campaign_id"]): HERE for one in campaigns}
    repeated: list[pl.DataFrame] = []
    for one in repeated_experiments(tenant, database, as_of):
        for code, counts in one.left_out.items():
            _count(left_out, (one.source, code), *counts)
        if one.contacts is not None:
            repeated.append(one.contacts.select(*_CONTACTS))
            campaigns.append(_repeated(one))
            sources[one.campaign_id] = one.source
    return Experiments(
        pl.concat([pl.DataFrame(contacts, schema=_CONTACTS), *repeated]),
        pl.DataFrame(campaigns, schema=TABLES["campaigns"].types),
        pl.DataFrame([(*key, *counts) for key, counts in left_out.items()], schema=LEFT_OUT, orient="row"),
        sources,
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


def _count(left_out: dict[tuple[str, str], tuple[int, int]], key: tuple[str, str], campaigns: int, people: int) -> None:
    before = left_out.get(key, (0, 0))
    left_out[key] = before[0] + campaigns, before[1] + people


def _contact(one: PlannedContact) -> dict[str, object]:
    """A row of `contacts`: by intention to treat, a person is of the group and day for which they were drawn."""
    return {
        "campaign_id": one.campaign_id,
        "customer_id": one.contact.customer_id,
        "channel": one.contact.channel,
        "contacted_at": datetime.combine(one.contact.day, time(one.contact.hour)),
        "is_holdout": one.contact.group == "holdout",
        "attribution_id": None,
        "product_id": None,
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


def _repeated(one: Repeated) -> dict[str, object]:
    """A row of `campaigns` for a trigger or the guides' lists, whose contacts name their own product."""
    own = {"campaign_id": one.campaign_id, "name": one.campaign_id, "product_ids": []}
    return own | {"starts_on": one.first_day, "ends_on": one.last_day}
