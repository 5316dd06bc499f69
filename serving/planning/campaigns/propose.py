"""Proposes a campaign for what the shops will not sell: goods, shops, days and messages, as a draft to look at."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from retail_brain.decisions.campaigns.definition import CampaignDefinition, parse_definition
from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.campaigns import Change, StoredCampaign
from serving.planning.campaigns import life
from serving.planning.campaigns.inputs import CampaignSource
from serving.planning.campaigns.left_over_question import contact_costs, contact_end
from serving.planning.campaigns.names import proposed_name
from serving.planning.people.known_names import check_known
from serving.planning.people.reasons import Language
from serving.planning.stock.stock_network import goods_to_clear

_NAMED = 3
"""Goods named in the proposed message: what fits in a short one."""


def propose(
    desk: life.Desk,
    change: Change,
    store_ids: Sequence[str] = (),
    product_ids: Sequence[str] = (),
    *,
    language: Language = "en",
) -> StoredCampaign:
    """Stores a draft for the excess stock of some shops and products (none named: of all) and previews it.

    Args:
        desk: what campaigns are planned with.
        change: who drafts which campaign, and when.
        store_ids: shops whose excess stock it is for.
        product_ids: goods that it is for.
        language: of its name; its messages are in both.

    Raises:
        ConflictError: a campaign of that id is there already.
        NotFoundError: a shop or product has no excess stock.
        ImpossibleError: nothing is left over that could still be sold.
    """
    drafted = life.save(desk, change, left_over_campaign(desk, store_ids, product_ids, language=language))
    seen = Change(change.tenant, change.campaign_id, drafted.version, change.by, change.now)
    return life.preview(desk, seen)


def left_over_campaign(
    desk: life.Desk,
    store_ids: Sequence[str] = (),
    product_ids: Sequence[str] = (),
    *,
    language: Language = "en",
) -> CampaignDefinition:
    """The definition of a campaign for excess stock that can still be sold.

    Raises:
        NotFoundError: a shop is not known, or a shop or product has no excess stock.
        ImpossibleError: nothing is left over that could still be sold.
    """
    return definition_for(desk.source, desk.today, store_ids, product_ids, language=language)


def definition_for(
    source: CampaignSource,
    today: date,
    store_ids: Sequence[str] = (),
    product_ids: Sequence[str] = (),
    *,
    language: Language = "en",
) -> CampaignDefinition:
    """The definition of `left_over_campaign`, from the facts of a day.

    Raises:
        NotFoundError: a shop is not known, or a shop or product has no excess stock.
        ImpossibleError: nothing is left over that could still be sold.
    """
    check_known("store", store_ids, source.stores())
    excess = source.left_over().filter(pl.col("sell_by") >= today)
    for column, wanted in (("store_id", store_ids), ("product_id", product_ids)):
        unknown = sorted(set(wanted) - set(excess[column]))
        if unknown:
            raise NotFoundError(
                f"nothing that could still be sold is left over of {column} {unknown}. Look at /leftovers.",
                {"problem": "campaign_nothing_left_of", column: unknown},
            )
        if wanted:
            excess = excess.filter(pl.col(column).is_in(list(wanted)))
    if not excess.height:
        raise ImpossibleError(
            "nothing is left over that could still be sold, so there is no campaign to propose. Look again after the "
            "next publication.",
            {"problem": "campaign_nothing_left"},
        )
    last = excess["sell_by"].max()
    assert isinstance(last, date)
    goods = goods_to_clear(excess, None, most=_NAMED)
    names = source.names(goods)
    listed = [names.get(one, one) for one in goods]
    slots = [
        {
            "channel": channel,
            "text": f"At your shop while they last: {', '.join(listed)}.",
            "text_zh": f"您的门店限量供应，售完为止：{'、'.join(listed)}。",
            "contact_cost": cost,
        }
        for channel, cost in contact_costs(source.channel_costs()).items()
    ]
    values = {
        "name": proposed_name(listed[0], excess["product_id"].n_unique() - 1, today, language),
        "left_over": True,
        "store_ids": sorted(store_ids),
        "product_ids": sorted(product_ids),
        "slots": slots,
        "starts_on": today.isoformat(),
        "ends_on": contact_end(last, today).isoformat(),
    }
    return parse_definition(values, "the proposal")
