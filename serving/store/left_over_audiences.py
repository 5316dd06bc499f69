"""Audiences for left-over goods, shop by shop, and what telling people of one line of them is worth."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from retail_brain.decisions.audience_request import AudienceRequest
from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.settings import AudienceSettings
from retail_brain.which_day import data_day
from serving.planning.campaigns.left_over_question import LeftOverTerms, contact_costs
from serving.planning.people.audiences import Among
from serving.planning.stock.stock_network import goods_to_clear, left_over_in
from serving.store.answer_set import Answers
from serving.store.audience_facts import facts_of
from serving.store.audiences import draw_audience
from serving.store.campaigns import PublishedSource

_PAGE_SIZE = 200
"""People asked for where left-over goods are valued or checked: the page's own number."""
_STORES = 30
"""Shops whose audiences are drawn one by one, those with most money left over first: bounds the time of publishing a
large chain. Chosen by judgement, not measured."""
_UNWORDED = {"send_on": pl.String, "expected_value": pl.Float64, "channel": pl.String, "campaign_id": pl.String}
"""Columns of rows without words that may be null throughout."""


def left_over_audiences(
    answers: Answers, leftovers: pl.DataFrame, settings: AudienceSettings, stores: Sequence[str | None]
) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """The people whom the service would name for the left-over goods of each shop (None: of the chain), unworded.

    Shops where nobody lives, or for whose goods nobody is known, are left out.
    """
    for store_id in stores:
        try:
            goods, left = goods_to_clear(leftovers, store_id), left_over_in(leftovers, store_id)
            wanted = AudienceRequest(product_ids=tuple(goods), size=_PAGE_SIZE, holdout_share=settings.holdout_share)
            products = answers.products.find_many(goods).tolist()
            drawn = draw_audience(answers, products, wanted, settings, Among(store_id, left_over=left))
            rows = pl.DataFrame(drawn.rows(None), schema_overrides=_UNWORDED)
            if rows.height:
                yield store_id, rows.with_columns(pl.col("send_on").str.to_date())
        except (ImpossibleError, NotFoundError):
            continue


def terms_of(
    answers: Answers, settings: AudienceSettings, assumed_share: float, share: float | None = None
) -> LeftOverTerms:
    """The terms on which people are told of left-overs, as published; see `left_over_question`.

    Args:
        answers: published ones.
        settings: the share held out.
        assumed_share: of purchases that contacts cause, where none was published.
        share: what is being published; None: what was.
    """
    source = PublishedSource(answers)
    if share is None:
        # answers of older versions know what the lake's campaigns caused at most
        facts = facts_of(answers, [])
        published = facts.caused_share if facts.left_over_share is None else facts.left_over_share
        share = assumed_share if published is None else published
    today = data_day(source.as_of)
    return LeftOverTerms(today, contact_costs(source.channel_costs()), settings.holdout_share, share)


def line_value(answers: Answers, line: pl.DataFrame, settings: AudienceSettings, terms: LeftOverTerms) -> float | None:
    """Money that telling the people of a shop of one product left over there brings; None where nobody is known.

    Everybody who pays is told, as in the campaign that is proposed for the line, before other campaigns.

    Args:
        answers: with scored pairs.
        line: the row of `audience_request.LEFT_OVER`.
        settings: limits on contacts.
        terms: of `terms_of`.
    """
    store_id, product_id, last = line.select("store_id", "product_id", "sell_by").row(0)
    wanted = terms.request((product_id,), last)
    products = answers.products.find_many([product_id]).tolist()
    among = Among(store_id, left_over=line, caused_share=terms.caused_share)
    try:
        drawn = draw_audience(answers, products, wanted, settings, among)
    except (ImpossibleError, NotFoundError):
        return None
    told = drawn.drawn.found.expected[drawn.drawn.entries[~drawn.drawn.held]]
    return float(np.nansum(told)) if drawn.drawn.entries.size else None


def audience_values(
    answers: Answers, leftovers: pl.DataFrame, settings: AudienceSettings, terms: LeftOverTerms
) -> pl.DataFrame:
    """One row per store x product left over whose people are known: `audience_value`, money that telling them causes.

    Args:
        answers: with scored pairs.
        leftovers: `store_id`, `product_id`, `left_over_units`, `sell_by` and `value_at_risk`; of the shops with most
            money at risk, the dearest goods are looked at.
        settings: limits on contacts.
        terms: of `terms_of`.
    """
    schema = {"store_id": pl.String, "product_id": pl.String, "audience_value": pl.Float64}
    if answers.pairs is None or leftovers.is_empty():
        return pl.DataFrame(schema=schema)
    found = []
    for store_id in dearest_stores(leftovers):
        left = left_over_in(leftovers, store_id)
        goods = goods_to_clear(leftovers, store_id) if left.height else []
        for line in left.filter(pl.col("product_id").is_in(goods), pl.col("sell_by") >= terms.today).iter_slices(1):
            value = line_value(answers, line, settings, terms)
            if value is not None:
                found.append((store_id, line["product_id"][0], value))
    return pl.DataFrame(found, schema=schema, orient="row")


def dearest_stores(leftovers: pl.DataFrame) -> list[str]:
    """The shops with most money left over, dearest first, as many as are looked at one by one."""
    worst = leftovers.group_by("store_id").agg(pl.col("value_at_risk").sum())
    return worst.sort("value_at_risk", "store_id", descending=[True, False])["store_id"].head(_STORES).to_list()
