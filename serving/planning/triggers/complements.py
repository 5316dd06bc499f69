"""Which goods may be named beside those that a message is about: naming them tells the person of them too."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from retail_brain.decisions.audience_request import NO_SIZE, AudienceRequest
from retail_brain.decisions.eligibility import situation_of
from retail_brain.decisions.offers import judged_offers
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.triggers.desk import Desk
from serving.planning.triggers.settling_facts import facts_about

_ANY_CHANCE = 0.5
"""Chance where none matters: only whether an offer can be made is read, which no chance changes."""


def open_complements(
    desk: Desk, named: Collection[tuple[str, str]], source: str, day: date, others: OtherPlans
) -> set[tuple[str, str]]:
    """Those of the pairs of customer and product that may be named to the person on a day.

    The offer is judged as one of its own would be: nobody reads of goods that they are held out of or told of by
    others, have just bought, must not buy, or that are over, out of stock or promised to others in their shop.

    Args:
        desk: where triggers and guides are worked on.
        named: customer_id and product_id.
        source: campaign id of whatever contacts them, whose own people are not left out.
        day: of the contact.
        others: what campaigns, triggers and guides tell; where a campaign cannot be read nothing is named.
    """
    if not named or others.unreadable:
        return set()
    facts = facts_about(desk, {who for who, _ in named}, {product for _, product in named}, others)
    facts = replace(facts, told=others.told, promises=others.promises)
    schema = {"customer_id": pl.String, "product_id": pl.String}
    pairs = pl.DataFrame(sorted(named), schema=schema, orient="row").with_columns(probability=pl.lit(_ANY_CHANCE))
    request = AudienceRequest(
        (), NO_SIZE, source, starts_on=day, ends_on=day + timedelta(days=1), holdout_share=0.0, any_goods=True
    )
    situation, scored = situation_of(pairs, facts, request)
    offers = judged_offers(scored, situation, request, desk.source.as_of, desk.settings.audience)
    people = situation.crowd.persons["person_id"].gather(offers.person)
    goods = situation.goods.ids.gather(offers.pairs.product)
    able = {
        (person, product)
        for person, product, code in zip(people.to_list(), goods.to_list(), offers.code.tolist(), strict=True)
        if code == 0
    }
    persons = facts.accounts.with_person(pairs)
    return {
        (who, product)
        for who, product, person in persons.select("customer_id", "product_id", "person_id").iter_rows()
        if (person, product) in able
    }
