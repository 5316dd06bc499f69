"""Plans a campaign: who is contacted or held out, about what, by which channel, on which day and at which hour."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isclose
from typing import Literal

import polars as pl

from retail_brain.decisions.audience_request import LEFT_OVER, AudienceFacts, AudienceRequest
from retail_brain.decisions.campaigns.definition import CampaignDefinition
from retail_brain.decisions.eligibility import any_chances, assessed, person_rows, situation_of
from retail_brain.decisions.ranking import cut_to_size, rank_people
from retail_brain.operational.campaign_effects import StoredEffect
from retail_brain.settings import Settings
from retail_brain.waiting import stop_if_nobody_waits
from serving.planning.campaigns.estimates import CausedShare, caused_share
from serving.planning.campaigns.goods import goods_of, left_over_of, people_of
from serving.planning.campaigns.hours import contact_hours, open_hours
from serving.planning.campaigns.inputs import CampaignSource, OtherPlans
from serving.planning.campaigns.overlaps import overlaps_with
from serving.planning.people.audiences import people_of_stores
from serving.planning.people.known_names import check_known

_UNLIMITED = 1e12
"""Units of a product whose stock nobody counts: more than any campaign can promise."""


@dataclass(frozen=True)
class PlannedCampaign:
    """A campaign worked out for one day.

    Attributes:
        people: one row per person considered, with the columns of `eligibility.assess`, and `segment`, `hour`,
            `any_probability` (of buying any of the goods); `code` says why a person is left out.
        listed: those of them that are contacted or held out, in rank order.
        stock: stock that limits the promises: `store_id`, `product_id`, `stock`, `promised_before`; empty where it
            does not.
        request: the question that was asked.
        share: of purchases taken to be caused by contacts.
        ranked_by: `uplift`, or `response` where past holdouts do not surely say whom a contact moves.
        effect_days: from a contact in which purchases count for it.
        overlaps: with others that are approved: columns of `overlaps.OVERLAPS`.
    """

    people: pl.DataFrame
    listed: pl.DataFrame
    stock: pl.DataFrame
    request: AudienceRequest
    share: CausedShare
    ranked_by: Literal["uplift", "response"]
    effect_days: int
    overlaps: pl.DataFrame


def plan_campaign(
    definition: CampaignDefinition,
    campaign_id: str,
    source: CampaignSource,
    others: OtherPlans,
    settings: Settings,
    looks: Sequence[StoredEffect] = (),
    *,
    whole_units: bool = False,
) -> PlannedCampaign:
    """Works a campaign out.

    Args:
        definition: the campaign.
        campaign_id: its id, the salt of its holdout.
        source: facts as of a day.
        others: what other approved campaigns plan.
        settings: caps, quiet hours and what is assumed.
        looks: at the effects of past campaigns, which say what contacts cause; of left-overs what was published with
            them says it until the next publication.
        whole_units: whether each contact promises a whole unit, see `AudienceRequest`.

    Raises:
        NotFoundError: a product, the category, a shop, a customer or the segment is not known.
        ImpossibleError: the campaign is over, has no open hour or no goods.
        NobodyWaitsError: the question that it is worked out for was given up.
    """
    stop_if_nobody_waits()
    hours = open_hours(definition, settings.campaigns)
    check_known("store", definition.store_ids, source.stores())
    product_ids, named = goods_of(definition, source), people_of(definition, source)
    asked = definition.request(campaign_id, product_ids, settings.audience.holdout_share)
    request = replace(asked, whole_units=whole_units)
    facts = source.facts(product_ids or None)
    check_known("customer", definition.customer_ids, facts.customers["customer_id"].to_list())
    if named is not None:  # who names a card means its person, with every card of theirs
        named = facts.accounts.every_account(pl.Series(named, dtype=pl.String)).to_list()
    share = caused_share(facts.caused_share, settings.campaigns.assumed_caused_share, looks)
    if definition.left_over and facts.left_over_share is not None:
        share = _published(facts.left_over_share, facts, share, settings.campaigns.assumed_caused_share)
    facts = _of_people(facts, named, definition.store_ids)
    facts = replace(
        facts,
        caused_share=share.value,
        planned=others.contacts,
        told=others.told,
        effect_days=settings.campaigns.effect_days,
        opt_outs=others.opt_outs,
        values=_values(facts, definition),
    )
    stock = _stock(definition, source, facts, others)
    if stock is not None:
        facts = replace(facts, left_over=_told(stock, facts), promises=others.promises)
    pairs = source.pairs(product_ids or None, named).join(facts.customers, on="customer_id", how="semi")
    situation, scored = situation_of(pairs, facts, request)
    stop_if_nobody_waits()
    found = assessed(scored, situation, request, source.as_of, settings.audience)
    people = person_rows(found, pairs, situation.goods)
    ranked = cut_to_size(rank_people(people.filter(pl.col("code").is_null())), request)
    answered = None if facts.responses is None else facts.accounts.with_person(facts.responses)
    hour = contact_hours(ranked.select("person_id"), answered, hours)
    whole = (
        pl.concat([people.filter(pl.col("code").is_not_null()), ranked])
        .join(hour, on="person_id", how="left", maintain_order="left")
        .join(source.segments(), on="customer_id", how="left", maintain_order="left")
        .join(any_chances(found), on="person_id", how="left", maintain_order="left")
    )
    listed = whole.filter(pl.col("code").is_null())
    shown = pl.DataFrame(schema=_STOCK) if stock is None else stock
    days = settings.campaigns.effect_days
    met = overlaps_with(others.told["campaign_id"].unique().to_list(), whole, situation, request, source.as_of)
    return PlannedCampaign(whole, listed, shown, request, share, facts.ranked_by, days, met)


_STOCK = {"store_id": pl.String, "product_id": pl.String, "stock": pl.Float64, "promised_before": pl.Float64}


def _published(value: float, facts: AudienceFacts, now: CausedShare, assumed: float) -> CausedShare:
    """The share published with the left-overs, and what was behind it then.

    Answers of older versions tell the share alone: where it is not today's, it is measured unless it is the
    assumed one, and by how many campaigns is not known (0).
    """
    if facts.left_over_is_measured is not None:
        return CausedShare(value, facts.left_over_is_measured, facts.left_over_campaigns)
    return now if isclose(value, now.value) else CausedShare(value, not isclose(value, assumed))


def _of_people(facts: AudienceFacts, named: Sequence[str] | None, store_ids: Sequence[str]) -> AudienceFacts:
    if store_ids:
        facts = people_of_stores(facts, store_ids)
    if named is None:
        return facts
    people = facts.customers.join(pl.DataFrame({"customer_id": list(named)}), on="customer_id", how="semi")
    return replace(facts, customers=people)


def _values(facts: AudienceFacts, definition: CampaignDefinition) -> pl.DataFrame:
    return facts.values if definition.margin is None else facts.values.with_columns(value=pl.lit(definition.margin))


def _stock(
    definition: CampaignDefinition, source: CampaignSource, facts: AudienceFacts, others: OtherPlans
) -> pl.DataFrame | None:
    """Stock by shop and product with what other campaigns promised of it; None where it limits nothing."""
    if definition.left_over:
        held = left_over_of(definition, source).select(
            "store_id", "product_id", stock="left_over_units", sell_by="sell_by"
        )
    elif definition.stock_limit and facts.stock is not None and facts.stock.height:
        held = facts.stock.select(
            "store_id", "product_id", stock=pl.col("on_hand").clip(lower_bound=0), sell_by=pl.lit(None, dtype=pl.Date)
        )
    else:
        return None
    promised = others.promises.group_by("store_id", "product_id").agg(promised_before=pl.col("units").sum())
    joined = held.join(promised, on=["store_id", "product_id"], how="left")
    return joined.with_columns(pl.col("promised_before").fill_null(0.0))


def _told(stock: pl.DataFrame, facts: AudienceFacts) -> pl.DataFrame:
    """Units that people may be told of: columns of LEFT_OVER. Products that no stock names are not limited."""
    counted = stock.rename({"stock": "left_over_units"})
    uncounted = facts.values.select("product_id").unique().join(stock, on="product_id", how="anti")
    homes = facts.customers.select(store_id="home_store_id").drop_nulls().unique()
    open_ended = homes.join(uncounted, how="cross").with_columns(
        left_over_units=pl.lit(_UNLIMITED), sell_by=pl.lit(None, dtype=pl.Date)
    )
    return pl.concat([counted.select(*LEFT_OVER), open_ended.select(*LEFT_OVER)])
