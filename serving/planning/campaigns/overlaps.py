"""Where a planned campaign meets others that are approved: the same people, in the same days, with which goods."""

from collections.abc import Collection
from datetime import date

import polars as pl

from retail_brain.decisions.audience_request import AudienceRequest
from retail_brain.decisions.offers import Situation
from retail_brain.decisions.told_elsewhere import HELD, TOLD, others_in
from retail_brain.operational.repeated_contacts import repeats

OVERLAPS: dict[str, pl.DataType | type[pl.DataType]] = {
    "campaign_id": pl.String,
    "people": pl.Int64,
    "left_out": pl.Int64,
    "products": pl.List(pl.String),
}
"""One row per other campaign made here whose days, and those of its effect, meet this campaign's, most people first.

`people` are those whom this campaign lists, or leaves out for it, and whom the other tells of something or holds out;
`left_out` those among them who are left out for it; `products` what both have on offer for them."""


def overlaps_with(
    approved: Collection[str], whole: pl.DataFrame, situation: Situation, request: AudienceRequest, as_of: date
) -> pl.DataFrame:
    """The overlaps of a planned campaign.

    Args:
        approved: ids of the sources of `AudienceFacts.told`; triggers and guides among them are passed over.
        whole: everybody considered, with `person_id` and `code`.
        situation: goods, and whose accounts are whose.
        request: of the campaign.
        as_of: last visible day.
    """
    campaigns = [one for one in approved if not repeats(one)]
    met_here = others_in(situation.facts, request, as_of).filter(pl.col("campaign_id").is_in(campaigns))
    theirs = situation.facts.accounts.with_person(met_here)
    own = whole.filter(pl.col("code").is_null() | pl.col("code").is_in([HELD, TOLD])).select("person_id", "code")
    both = theirs.join(own, on="person_id")
    is_same = pl.col("product_id").is_in(situation.goods.ids.to_list())
    met = both.group_by("campaign_id").agg(
        people=pl.col("person_id").n_unique(),
        left_out=pl.col("person_id").filter(is_same & pl.col("code").is_not_null()).n_unique(),
        products=pl.col("product_id").filter(is_same).unique().sort(),
    )
    ranked = met.sort("people", "campaign_id", descending=[True, False])
    return ranked.select(pl.col(name).cast(kind) for name, kind in OVERLAPS.items())
