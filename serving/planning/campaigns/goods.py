"""Finds the goods and the people that a campaign's definition means."""

from collections.abc import Sequence
from contextlib import suppress

import polars as pl

from retail_brain.decisions.campaigns.definition import CampaignDefinition
from retail_brain.decisions.triggers.definition import TriggerDefinition
from retail_brain.errors import ImpossibleError, NotFoundError
from serving.planning.campaigns.inputs import CampaignSource
from serving.planning.people.known_names import check_known, nearest
from serving.planning.stock.stock_network import goods_to_clear


def goods_of(definition: CampaignDefinition, source: CampaignSource) -> tuple[str, ...]:
    """Products on offer; none where the goods are chosen for each person.

    Raises:
        NotFoundError: a product is not known, or no product has the category or was launched since the day.
        ImpossibleError: nothing is left over in the shops.
    """
    if definition.any_goods:
        return ()
    if definition.left_over:
        return tuple(goods_to_clear(left_over_of(definition, source), None))
    goods = source.goods()
    if definition.product_ids:
        check_known("product", definition.product_ids, goods["product_id"].to_list())
        # a product named twice is one product: counted twice it would promise its stock twice
        return tuple(dict.fromkeys(definition.product_ids))
    if definition.category is not None:
        return of_category(definition.category, goods)
    chosen = goods.filter(pl.col("launched_on") >= definition.launched_since)
    return _some(chosen, f"a launch on {definition.launched_since} or later", [])


def check_named(definition: CampaignDefinition | TriggerDefinition, source: CampaignSource) -> None:
    """Refuses a definition that names a shop, a product, a category or a segment that is not known.

    Raises:
        NotFoundError: names them, with the nearest known ones.
    """
    check_known("store", definition.store_ids, source.stores())
    if definition.product_ids:
        check_known("product", definition.product_ids, source.goods()["product_id"].to_list())
    if definition.category is not None:
        of_category(definition.category, source.goods())
    if definition.segment is not None:
        # of a segment whose features are of another day the preview says so: it is known
        with suppress(ImpossibleError):
            segment_people(definition.segment, source)


def of_category(category: str, goods: pl.DataFrame) -> tuple[str, ...]:
    """Products of a category, by id.

    Raises:
        NotFoundError: no product has it; names the nearest categories.
    """
    near = nearest(category, goods["category"].drop_nulls().unique().sort().to_list())
    return _some(goods.filter(pl.col("category") == category), f"the category {category!r}", near)


def _some(chosen: pl.DataFrame, said: str, near: list[str]) -> tuple[str, ...]:
    if not chosen.height:
        hint = f"Is it {' or '.join(near)}?" if near else "Check it against the products, or name product_ids."
        raise NotFoundError(f"no product has {said}. {hint}", {"problem": "campaign_no_goods", "nearest": near})
    return tuple(chosen["product_id"].sort().to_list())


def left_over_of(definition: CampaignDefinition, source: CampaignSource) -> pl.DataFrame:
    """Excess stock of the campaign's shops and goods (all of them where it names none), most money at risk first."""
    excess = source.left_over()
    if definition.product_ids:
        excess = excess.filter(pl.col("product_id").is_in(definition.product_ids))
    return excess.filter(pl.col("store_id").is_in(definition.store_ids)) if definition.store_ids else excess


def people_of(definition: CampaignDefinition, source: CampaignSource) -> Sequence[str] | None:
    """Ids of the people that the campaign names; None: everybody.

    Raises:
        NotFoundError: the segment is not known.
        ImpossibleError: nobody is in both the segment and the list.
    """
    if definition.segment is None:
        return definition.customer_ids or None
    named = set(definition.customer_ids)
    people = [person for person in segment_people(definition.segment, source) if not named or person in named]
    if not people:
        raise ImpossibleError(
            f"nobody is in segment {definition.segment!r} and among customer_ids. Leave one of them out.",
            {"problem": "campaign_nobody_named", "segment": definition.segment},
        )
    return people


def segment_people(segment: str, source: CampaignSource) -> Sequence[str]:
    """Ids of the people of a segment.

    Raises:
        NotFoundError: the segment is not known.
    """
    found = source.people_of(segment)
    if found is None:
        known = sorted(f"stage:{stage}" for stage in source.segments()["segment"].drop_nulls().unique())
        raise NotFoundError(
            f"there is no segment {segment!r}; known are {', '.join(known) or 'none'}. Check its name.",
            {"problem": "campaign_no_segment", "segment": segment, "known": known},
        )
    return found
