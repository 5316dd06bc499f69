"""What is known when due messages are settled: consents, plans of campaigns and guides, purchases, stock, guides."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.decisions.triggers.definition import TriggerDefinition
from retail_brain.errors import RetailBrainError
from retail_brain.operational.trigger_firings import Firing, firings
from retail_brain.operational.triggers import StoredTrigger, list_triggers
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.people.live_ranking import PURCHASES
from serving.planning.triggers.desk import Desk, definition_of


@dataclass(frozen=True)
class Known:
    """What decisions are made under.

    Attributes:
        triggers: that are on, by id, with their definitions.
        others: contacts, promises and refusals of campaigns, triggers and guides.
        reached: trigger, customer and day of what was decided of late, held-out people among them.
    """

    triggers: Mapping[str, tuple[StoredTrigger, TriggerDefinition]]
    others: OtherPlans
    reached: pl.DataFrame


def known_now(desk: Desk) -> Known:
    """Triggers that are on, what other plans take, and whom triggers reached within their longest cap."""
    triggers = {}
    for stored in list_triggers(desk.tenant, desk.database):
        try:
            triggers[stored.trigger_id] = stored, definition_of(stored)
        except RetailBrainError:  # `evaluate` says so; its messages wait until it can be read again
            continue
    others = other_plans(desk.tenant, desk.database, None, desk.today, desk.settings)
    longest = max((definition.cap_days for _, definition in triggers.values()), default=1)
    since = desk.today - timedelta(days=longest)
    rows = [
        (one.trigger_id, one.customer_id, one.counted_on)
        for one in firings(desk.tenant, desk.database, since=since)
        if one.held is not None
    ]
    schema = {"trigger_id": pl.String, "customer_id": pl.String, "day": pl.Date}
    return Known(triggers, others, pl.DataFrame(rows, schema=schema, orient="row"))


def settling_facts(desk: Desk, due: Sequence[Firing], others: OtherPlans) -> AudienceFacts:
    """Facts about the people and goods of the firings, with what was bought and promised since the answers."""
    goods = {one.product_id for one in due if one.product_id is not None}
    return facts_about(desk, [one.customer_id for one in due], goods, others)


def facts_about(
    desk: Desk, customer_ids: Collection[str], product_ids: Collection[str], others: OtherPlans
) -> AudienceFacts:
    """The same about some people, with all of their cards, and some goods."""
    goods = sorted(product_ids)
    whole = desk.source.facts(goods)
    named = pl.DataFrame({"customer_id": list(customer_ids)}, schema={"customer_id": pl.String})
    accounts = whole.accounts.accounts(whole.accounts.people(named)).select("customer_id")
    days = desk.settings.audience.just_bought_days + 1
    bought = desk.touched(PURCHASES, days, goods).select("customer_id", "product_id", bought_on=pl.col("at").dt.date())
    if whole.purchases is not None:
        bought = pl.concat([whole.purchases.select(bought.columns).cast(bought.schema), bought])
    own = bought.join(accounts, on="customer_id", how="semi").group_by("customer_id", "product_id")
    return replace(
        whole,
        customers=accounts.join(whole.customers, on="customer_id", how="left"),
        purchases=own.agg(pl.col("bought_on").max()),
        opt_outs=others.opt_outs,
        effect_days=desk.settings.campaigns.effect_days,
        at_home_only=True,
        memo=FrameMemo(),
    )


def guided_persons(desk: Desk, facts: AudienceFacts) -> list[str]:
    """Persons of whom a guide looks after some account."""
    named = pl.DataFrame({"customer_id": list(desk.guides)}, schema={"customer_id": pl.String})
    own = named.join(facts.customers, on="customer_id", how="semi")
    return facts.accounts.with_person(own)["person_id"].to_list()
