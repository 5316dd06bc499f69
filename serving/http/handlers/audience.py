"""Builds audiences: people for goods, from scored person-product pairs, consent, contact history and stock."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from retail_brain.decisions.audience_request import AudienceRequest as Criteria
from retail_brain.errors import NotFoundError
from retail_brain.which_day import clock_day, data_day
from serving.http.handlers.call import ANEW, Call, find_product, find_store, names_of, no_champion
from serving.http.handlers.segments import segment_customers
from serving.http.handlers.stock_network import network_rows
from serving.http.messages.people_messages import AudienceRequest
from serving.planning.campaigns.left_over_question import LeftOverTerms
from serving.planning.people.audiences import Among
from serving.planning.people.campaigns import of_campaign
from serving.planning.stock.stock_network import goods_to_clear, left_over_in
from serving.store.audience_facts import effect_days
from serving.store.audiences import draw_audience
from serving.store.left_over_audiences import terms_of


def audience(request: AudienceRequest, call: Call) -> dict[str, Any]:
    """The most probable buyers among those who may be reached, and how many were left out for which reason.

    Goods that nobody was scored for yet, such as new ones, are offered to the people of similar goods: `cold`.

    Raises:
        NotFoundError: the campaign, a product, the store or the segment is not known.
        ImpossibleError: the campaign is over, or the features behind the segment are of another day.
        DataError: the campaign has no goods.
        ModelError: there is no recommender.
    """
    answers = call.answers
    if answers.pairs is None:
        raise no_champion("recommender")
    criteria = _criteria(request, call)
    products = [find_product(answers, text) for text in criteria.product_ids]
    if request.store_id is not None:
        find_store(answers, request.store_id)
    left_over, share = None, None
    if request.leftovers:
        left_over = left_over_in(_excess(request, call), request.store_id)
        share = _terms(call).caused_share
    customers = None if request.segment is None else segment_customers(request.segment, call)
    limits = call.view.settings.audience
    among = Among(request.store_id, customers, left_over, call.view.plans, share)
    drawn = draw_audience(answers, products, criteria, limits, among)
    rows = np.array(products, dtype=np.int64)
    return {
        "audience": drawn.rows(call.language),
        "exclusions": drawn.exclusions(call.language),
        "basis": "warm" if drawn.is_warm else "cold",
        "ranked_by": drawn.ranked_by,
        "effect_days": effect_days(answers),
        "data_day": data_day(date.fromisoformat(answers.manifest.as_of)).isoformat(),
        "clock_day": clock_day(call.now).isoformat(),
        "names": names_of(answers.products, rows, answers.products.ids.take(rows)),
    }


def _terms(call: Call) -> LeftOverTerms:
    settings = call.view.settings
    return terms_of(call.answers, settings.audience, settings.campaigns.assumed_caused_share)


def _excess(request: AudienceRequest, call: Call) -> pl.DataFrame:
    """The excess stock asked about."""
    excess = network_rows("leftovers", call)
    wanted = request.left_over_product_ids
    return excess if wanted is None else excess.filter(pl.col("product_id").is_in(wanted))


def _left_over_criteria(request: AudienceRequest, share: float | None, call: Call) -> Criteria:
    """The question of `left_over_question`, which the advice for a line and a proposed campaign ask too.

    Raises:
        ImpossibleError: nothing is left over that may still be sold.
    """
    excess, terms = _excess(request, call), _terms(call)
    goods = tuple(goods_to_clear(excess, request.store_id))
    left = left_over_in(excess, request.store_id).filter(pl.col("product_id").is_in(goods))
    last = left["sell_by"].max()
    assert isinstance(last, date)
    asked = terms.request(goods, last, request.size)
    held = asked.holdout_share if share is None else share
    return replace(asked, kind=request.kind, channel=request.channel, holdout_share=held)


def depends_on(request: AudienceRequest, call: Call) -> object:
    """What the answer depends on besides request and view: the day by the clock; of a segment database and features."""
    return clock_day(call.now) if request.segment is None else ANEW


def _criteria(request: AudienceRequest, call: Call) -> Criteria:
    """Whom to look for: the goods named, those of the campaign, or the excess stock.

    Raises:
        NotFoundError: the campaign is not known.
    """
    share = request.holdout_share
    goods = request.product_ids
    if request.leftovers:
        return _left_over_criteria(request, share, call)
    criteria = Criteria(
        product_ids=tuple(goods or ()),
        campaign_id=request.campaign_id,
        size=request.size,
        kind=request.kind,
        channel=request.channel,
        holdout_share=call.view.settings.audience.holdout_share if share is None else share,
    )
    if request.campaign_id is None:
        return criteria
    campaigns = call.answers.rows.get("campaigns")
    matching = None if campaigns is None else campaigns.filter(pl.col("campaign_id") == request.campaign_id)
    if matching is None or not matching.height:
        raise NotFoundError(
            f"campaign {request.campaign_id!r} is not in campaigns. Check its id, or name product_ids instead.",
            {"problem": "campaign_unknown", "campaign_id": request.campaign_id},
        )
    return of_campaign(criteria, matching.row(0, named=True))
