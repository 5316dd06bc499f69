"""Contacts of people who turned out to be one with others since the approval: cards that joined into one person."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.persons import Accounts
from retail_brain.decisions.told_elsewhere import TOLD_ROWS, last_effect_day
from retail_brain.operational.campaign_contacts import CampaignContact, PlannedContact
from retail_brain.operational.database import Database
from retail_brain.settings import Settings
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.people.audience_facts import persons_of

_ROW = {"customer_id": pl.String, "product_id": pl.String, "day": pl.Date, "until": pl.Date}


def joined_since(
    database: Database,
    dataset: Dataset,
    planned: Sequence[PlannedContact],
    due: Sequence[CampaignContact],
    *,
    about: tuple[str, str, date, date],
    settings: Settings,
) -> set[str]:
    """Customer ids of the due contacts whose person is held out of the goods, or told of them, by another card.

    Within the campaign a person with a card that is held out is not told, and one with several cards is told once. Of
    two sources that tell one person of a product, the one that began later leaves them out. Who was known as one person
    at the approval was planned as one, so that this finds nobody.

    Args:
        database: with what other campaigns, triggers and guides plan and did.
        dataset: which cards are of one person.
        planned: everybody of the campaign.
        due: those who would be contacted, in the order of the plan.
        about: tenant, campaign, its first day, and the day of the push.
        settings: days of an effect.

    Raises:
        UnavailableError: the database does not answer.
    """
    tenant, campaign_id, starts_on, today = about
    accounts = Accounts.of(persons_of(dataset, dataset.as_of or today))
    if not due or not accounts.shared.height:
        return set()
    effect_days = settings.campaigns.effect_days
    rows = [(one.customer_id, one.product_id, one.day, last_effect_day(one.day, effect_days)) for one in due]
    frame = accounts.with_person(pl.DataFrame(rows, schema=_ROW, orient="row"))
    known = [(one.contact.customer_id, one.contact.group == "holdout") for one in planned if _stays(one)]
    taken = accounts.with_person(
        pl.DataFrame(known, schema={"customer_id": pl.String, "held": pl.Boolean}, orient="row")
    )
    again = frame.filter(~pl.col("person_id").is_first_distinct())
    inside = pl.concat(
        [again.select("customer_id"), frame.join(taken, on="person_id", how="semi").select("customer_id")]
    )
    told = other_plans(tenant, database, campaign_id, today, settings).told.select(*TOLD_ROWS)
    others = accounts.with_person(told).drop("customer_id")
    met = frame.join(others, on=["person_id", "product_id"]).filter(
        pl.col("first") <= pl.col("until"), pl.col("last") >= pl.col("day")
    )
    is_earlier = (pl.col("first") < starts_on) | (
        (pl.col("first") == starts_on) & (pl.col("campaign_id") < campaign_id)
    )
    return {*inside["customer_id"], *met.filter(pl.col("held") | is_earlier)["customer_id"]}


def _stays(one: PlannedContact) -> bool:
    """Whether it keeps others of the person from being told: held out, or told already."""
    held = one.contact.group == "holdout"
    return one.state == "sent" or (held and one.state != "withdrawn")
