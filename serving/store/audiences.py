"""Draws an audience from published answers: scored pairs of the goods and what may be done with each person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.audience import build_audience
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.errors import ImpossibleError, ModelError, NotFoundError
from retail_brain.settings import AudienceSettings
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.people.audiences import only_customers, people_of, under_plans
from serving.planning.stock.stock_network import goods_to_clear, left_over_in
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.scored_pairs import KINDS, NO_DAY

_PAGE_SIZE = 200
"""People asked for where left-over goods are valued or checked: the page's own number."""
_STORES = 30
"""Shops whose audiences are drawn one by one, those with most money left over first: bounds the time of publishing a
large chain. Chosen by judgement, not measured."""
NOBODY = pl.DataFrame(
    schema={
        "customer_id": pl.String,
        "product_id": pl.String,
        "probability": pl.Float64,
        "kind": pl.String,
        "due_on": pl.Date,
        "reason": pl.String,
        "reason_zh": pl.String,
    }
)


@dataclass(frozen=True)
class DrawnAudience:
    """An audience drawn from published answers.

    Attributes:
        people: one row per person in rank order: the columns of `audience`.
        exclusions: one row per reason that left somebody out.
        is_warm: whether anybody was scored for the goods themselves rather than for goods like them.
    """

    people: pl.DataFrame
    exclusions: pl.DataFrame
    is_warm: bool


def draw_audience(
    answers: Answers,
    products: Sequence[int],
    wanted: AudienceRequest,
    settings: AudienceSettings,
    store_id: str | None,
    left_over: pl.DataFrame | None = None,
    customer_ids: Sequence[str] | None = None,
    *,
    is_worded: bool = True,
    plans: OtherPlans | None = None,
) -> DrawnAudience:
    """The audience for goods.

    Goods that nobody was scored for yet, such as new ones, are offered to those scored for goods like them.

    Args:
        answers: with scored pairs.
        products: positions of the goods of `wanted`.
        wanted: the request.
        settings: limits on contacts.
        store_id: only people of this shop; None for everybody.
        left_over: columns of `left_over_offers.LEFT_OVER` where the goods are left-overs, which limits who is told.
        customer_ids: only these customers, such as those of a segment; None for everybody.
        is_worded: whether the reasons are wanted; they take most of the time.
        plans: contacts and stock that approved campaigns take, and refusals that came back; None: there are none.

    Raises:
        NotFoundError: nobody is known to be of that shop.
        ImpossibleError: the campaign is over.
        ModelError: there are no scored pairs.
    """
    if answers.pairs is None:
        raise ModelError("the answers hold no scored pairs. Promote a recommender, then run `retail-brain publish`.")
    parts = [pairs_of(answers, product, is_worded=is_worded) for product in products]
    is_warm = any(pairs.height for pairs in parts)
    if not is_warm:
        parts = [_pairs_of_like(answers, product, settings) for product in products]
    pairs, facts = pl.concat([NOBODY, *parts]), facts_of(answers, products)
    facts = under_plans(replace(facts, left_over=left_over), plans)
    if store_id is not None:
        facts, pairs = people_of(store_id, facts, pairs)
    if customer_ids is not None:
        facts, pairs = only_customers(customer_ids, facts, pairs)
    people, left_out = build_audience(pairs, facts, wanted, date.fromisoformat(answers.manifest.as_of), settings)
    return DrawnAudience(people, left_out, is_warm)


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
            yield store_id, draw_audience(answers, products, wanted, settings, store_id, left, is_worded=False).people
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


def pairs_of(answers: Answers, product: int, *, is_worded: bool = True) -> pl.DataFrame:
    """Everybody scored for a product, most probable first: one row per customer; reasons are empty if not wanted."""
    assert answers.pairs is not None
    return pairs_at(answers, answers.pairs.of_product(product), is_worded=is_worded)


def pairs_at(answers: Answers, rows: Array, *, is_worded: bool = True) -> pl.DataFrame:
    """Scored pairs at some rows, in that order; reasons are empty if not wanted."""
    held = answers.pairs
    assert held is not None
    codes = held.codes[rows]
    none = pl.Series([""], dtype=pl.String).new_from_index(0, len(rows))
    return pl.DataFrame(
        {
            "customer_id": answers.customers.ids.series.gather(held.customer[rows]),
            "product_id": answers.products.ids.series.gather(held.product[rows]),
            "probability": held.probability[rows].astype(np.float64),
            "kind": pl.Series(KINDS, dtype=pl.String).gather(codes[:, 0]),
            "due_on": pl.Series(codes[:, 1]).replace(NO_DAY, None).cast(pl.Date),
            "reason": held.reason_series(rows, "en") if is_worded else none,
            "reason_zh": held.reason_series(rows, "zh") if is_worded else none,
        }
    )


def likely_buyers(answers: Answers, product: int, settings: AudienceSettings) -> pl.DataFrame:
    """Everybody scored for a product, most probable first; of one that nobody was scored for, those for goods like it.

    Args:
        answers: with scored pairs.
        product: position of the product; a negative one is nobody's.
        settings: how many goods stand in for it, and at what discount.

    Raises:
        ModelError: there are no scored pairs.
    """
    if answers.pairs is None:
        raise ModelError("the answers hold no scored pairs. Promote a recommender, then run `retail-brain publish`.")
    if product < 0:
        return NOBODY
    pairs = pairs_of(answers, product, is_worded=False)
    return pairs if pairs.height else _pairs_of_like(answers, product, settings)


def _pairs_of_like(answers: Answers, product: int, settings: AudienceSettings) -> pl.DataFrame:
    """People scored for goods like this one, at a discount."""
    if answers.similar is None:
        return NOBODY
    others, scores = answers.similar.get(product)
    name, most = answers.products.ids[product], settings.similar_products
    parts = [
        pairs_of(answers, other).with_columns(pl.col("probability") * (settings.similar_share * min(score, 1.0)))
        for other, score in zip(others[:most].tolist(), scores[:most].tolist(), strict=True)
    ]
    return (
        pl.concat([NOBODY, *parts])
        .sort("probability", "customer_id", descending=[True, False])
        .unique("customer_id", keep="first", maintain_order=True)
        .with_columns(product_id=pl.lit(name), kind=pl.lit("explore"), due_on=pl.lit(None, dtype=pl.Date))
    )


def facts_of(answers: Answers, products: Sequence[int]) -> AudienceFacts:
    """Facts about everybody and the goods at some positions.

    Raises:
        ModelError: the answers were published without a recommender, so they know nobody.
    """
    rows = answers.rows

    def of_products(name: str) -> pl.DataFrame | None:
        frame = rows.get(name)
        if frame is None:
            return None
        wanted = pl.Series(products, dtype=frame["product"].dtype)
        starts = frame["product"].search_sorted(wanted, side="left").to_list()
        stops = frame["product"].search_sorted(wanted, side="right").to_list()
        parts = [frame[start:stop] for start, stop in zip(starts, stops, strict=True)]
        return (parts[0] if len(parts) == 1 else pl.concat([frame.clear(), *parts])).drop("product")

    values = of_products("facts_values")
    if values is None:
        raise ModelError(
            "the present answers know nobody: no recommender model has been promoted. Ingest receipts that name "
            "customers, then run `retail-brain train recommender`, `promote recommender` and `publish`.",
            {"kind": "recommender"},
        )
    return AudienceFacts(
        customers=rows["facts_customers"],
        consents=rows.get("facts_consents"),
        persons=rows.get("facts_persons"),
        contacts=rows.get("facts_contacts"),
        responses=rows.get("facts_responses"),
        purchases=of_products("facts_purchases"),
        stock=of_products("facts_stock"),
        values=values,
        caused_share=_caused_share(rows.get("facts_contact_effect")),
        memo=answers.audience_memo,
    )


def _caused_share(effect: pl.DataFrame | None) -> float | None:
    """The published share of purchases that contacts cause; None where it was not measured or not published."""
    if effect is None:
        return None
    share = effect["caused_share"][0]
    return None if share is None else float(share)
