"""Contradictions between the people told of goods and the goods, and among sentences about people."""

from collections.abc import Iterator

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.audience_request import AudienceRequest
from retail_brain.errors import RetailBrainError
from retail_brain.settings import AudienceSettings
from serving.planning.stock.stock_network import goods_to_clear, left_over_in
from serving.store.answer_set import Answers
from serving.store.audiences import draw_audience, pairs_of
from serving.store.consistency.report import CONTRADICTIONS, found

_SIZE = 200
"""People asked for: the page's own number."""
_STORES = 30
"""Shops whose audiences are drawn, those with most money left over first: bounds the time of a check of a large
chain. Chosen by judgement, not measured."""
_SAME_CHANCE = 1e-4
"""Difference of two chances that single precision and rounding explain."""
_GAP_TOLERANCE = 0.2
"""Share by which the days of a sentence may differ from the median: "about" in words."""
_GAP_DAYS = 1.0
"""Days by which they may differ in any case: sentences name whole days."""
_LEAST_GAPS = 2
"""Gaps that make a rhythm; from a single one nothing is said of habits."""
_GOODS_LOOKED_AT = 200
"""Products whose sentences are checked, the best-selling first; they are the same sentence for all goods. Chosen by
judgement, not measured."""


def audience_contradictions(answers: Answers, leftovers: pl.DataFrame, settings: AudienceSettings) -> pl.DataFrame:
    """Contradictions between left-over goods and the people told of them: columns CONTRADICTIONS."""
    parts = [pl.DataFrame(schema=CONTRADICTIONS)]
    if answers.pairs is not None and leftovers.height:
        for store_id, people in _audiences(answers, leftovers, settings):
            goods = leftovers if store_id is None else leftovers.filter(pl.col("store_id") == store_id)
            parts += _of_audience(answers, people, goods, store_id)
    return pl.concat(parts)


def _audiences(
    answers: Answers, leftovers: pl.DataFrame, settings: AudienceSettings
) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """The people whom the service would name for the left-over goods of each shop, and of the chain."""
    worst = leftovers.group_by("store_id").agg(pl.col("value_at_risk").sum())
    stores = worst.sort("value_at_risk", "store_id", descending=[True, False])["store_id"].head(_STORES).to_list()
    for store_id in [*stores, None]:
        goods = goods_to_clear(leftovers, store_id)
        wanted = AudienceRequest(product_ids=tuple(goods), size=_SIZE, holdout_share=settings.holdout_share)
        products = answers.products.find_many(goods).tolist()
        try:
            left = left_over_in(leftovers, store_id)
            yield store_id, draw_audience(answers, products, wanted, settings, store_id, left).people
        except RetailBrainError:
            continue  # nobody lives in a warehouse


def _of_audience(
    answers: Answers, people: pl.DataFrame, goods: pl.DataFrame, store_id: str | None
) -> list[pl.DataFrame]:
    told = people.filter(pl.col("group") == "contact").with_columns(store_id=pl.lit(store_id, dtype=pl.String))
    left = goods.group_by("product_id").agg(
        left=pl.col("left_over_units").sum(),
        money=pl.col("value_at_risk").sum(),
        last=pl.col("sell_by").max(),
    )
    products = answers.products.find_many(told["product_id"].unique(maintain_order=True).to_list()).tolist()
    named = [pairs_of(answers, row).select("customer_id", "product_id", own="probability") for row in products]
    rows = told.join(left, on="product_id", how="inner")
    if named:
        rows = rows.join(pl.concat(named), on=["customer_id", "product_id"], how="left")
    else:
        rows = rows.with_columns(own=pl.lit(None, dtype=pl.Float64))
    chance = pl.coalesce("own", "probability")
    buyers = rows.group_by("store_id", "product_id").agg(
        pl.len().alias("people"),
        chance.sum().alias("buyers"),
        chance.max().alias("one"),
        pl.col("left", "money").first(),
    )
    # One person more than fits is no contradiction: nobody can be told of half a good.
    over = buyers.filter(pl.col("buyers") > pl.col("left") + pl.col("one"))
    late = rows.filter(pl.col("send_on") > pl.col("last"))
    other = rows.filter((pl.col("probability") - pl.col("own")).abs() > _SAME_CHANCE)
    return [
        found(
            "people_beyond_left_over", over, lines=pl.col("people"), units=pl.col("buyers") - pl.col("left"),
            money=pl.col("money"),
        ),
        found("sent_after_end", late, units=pl.col("own")),
        found("chance_of_any_product", other, units=pl.col("probability") - pl.col("own")),
    ]  # fmt: skip


def rhythm_contradictions(answers: Answers, dataset: Dataset) -> pl.DataFrame:
    """Sentences "every N days" that differ from the median gap of the person's purchases: columns CONTRADICTIONS."""
    if answers.pairs is None:
        return pl.DataFrame(schema=CONTRADICTIONS)
    days = pl.col("reason").str.extract(r"every (\d+) days", 1).cast(pl.Float64)
    looked = answers.products.order[:_GOODS_LOOKED_AT].tolist()
    said = [pairs_of(answers, row).select("customer_id", "product_id", said=days).drop_nulls("said") for row in looked]
    medians = _median_gaps(dataset)
    joined = pl.concat(said).join(medians, on=["customer_id", "product_id"], how="inner") if said else medians.clear()
    apart = (pl.col("said") - pl.col("median")).abs() if said else pl.lit(0.0)
    most = pl.max_horizontal(pl.lit(_GAP_DAYS), _GAP_TOLERANCE * pl.col("median"))
    by_product = joined.filter(apart > most).group_by("product_id").agg(lines=pl.len())
    return found("mean_for_median", by_product, store_id=None, lines=pl.col("lines"))


def _median_gaps(dataset: Dataset) -> pl.DataFrame:
    """One row per customer x product bought on several days: `median`, days between them."""
    lines = dataset.scan_or_empty("transactions").filter(pl.col("customer_id").is_not_null())
    # What was brought back on the same day was not bought.
    of_day = lines.group_by("customer_id", "product_id", day=pl.col("sold_at").dt.date()).agg(pl.col("units").sum())
    bought = of_day.filter(pl.col("units") > 0)
    gap = pl.col("day").sort().diff().dt.total_days().drop_nulls()
    gaps = bought.group_by("customer_id", "product_id").agg(median=gap.median(), gaps=gap.len())
    return gaps.filter(pl.col("gaps") >= _LEAST_GAPS).select("customer_id", "product_id", "median").collect()
