"""Audiences for left-over goods, shop by shop, and what telling those people is worth."""

from collections.abc import Iterator, Sequence

import polars as pl

from retail_brain.decisions.audience_request import AudienceRequest
from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.settings import AudienceSettings
from serving.planning.people.audiences import Among
from serving.planning.stock.stock_network import goods_to_clear, left_over_in
from serving.store.answer_set import Answers
from serving.store.audiences import draw_audience

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


def audience_values(answers: Answers, leftovers: pl.DataFrame, settings: AudienceSettings) -> pl.DataFrame:
    """One row per store x product left over whose people are known: `audience_value`, money that telling them causes.

    Args:
        answers: with scored pairs.
        leftovers: `store_id`, `product_id`, `left_over_units`, `sell_by` and `value_at_risk`; of the shops with most
            money at risk, people are looked for.
        settings: limits on contacts.
    """
    schema = {"store_id": pl.String, "product_id": pl.String, "audience_value": pl.Float64}
    if answers.pairs is None or leftovers.is_empty():
        return pl.DataFrame(schema=schema)
    parts = [
        people.filter(pl.col("group") == "contact")
        .group_by("product_id")
        .agg(audience_value=pl.col("expected_value").sum())
        .with_columns(store_id=pl.lit(store_id))
        for store_id, people in left_over_audiences(answers, leftovers, settings, dearest_stores(leftovers))
    ]
    return pl.concat([pl.DataFrame(schema=schema), *(part.select(*schema) for part in parts)])


def dearest_stores(leftovers: pl.DataFrame) -> list[str]:
    """The shops with most money left over, dearest first, as many as are looked at one by one."""
    worst = leftovers.group_by("store_id").agg(pl.col("value_at_risk").sum())
    return worst.sort("value_at_risk", "store_id", descending=[True, False])["store_id"].head(_STORES).to_list()
