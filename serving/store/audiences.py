"""Draws an audience from published answers: scored pairs of the goods and what may be done with each person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.audience import build_audience
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.errors import ModelError
from retail_brain.settings import AudienceSettings
from serving.planning.people.audiences import only_customers, people_of
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.scored_pairs import KINDS, NO_DAY

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

    Raises:
        NotFoundError: nobody is known to be of that shop.
        ImpossibleError: the campaign is over.
        ModelError: there are no scored pairs.
    """
    if answers.pairs is None:
        raise ModelError("the answers hold no scored pairs. Promote a recommender, then run `retail-brain publish`.")
    parts = [pairs_of(answers, product) for product in products]
    is_warm = any(pairs.height for pairs in parts)
    if not is_warm:
        parts = [_pairs_of_like(answers, product, settings) for product in products]
    pairs, facts = pl.concat([NOBODY, *parts]), facts_of(answers, products)
    facts = replace(facts, left_over=left_over)
    if store_id is not None:
        facts, pairs = people_of(store_id, facts, pairs)
    if customer_ids is not None:
        facts, pairs = only_customers(customer_ids, facts, pairs)
    people, left_out = build_audience(pairs, facts, wanted, date.fromisoformat(answers.manifest.as_of), settings)
    return DrawnAudience(people, left_out, is_warm)


def pairs_of(answers: Answers, product: int) -> pl.DataFrame:
    """Everybody scored for a product, most probable first: one row per customer."""
    assert answers.pairs is not None
    return pairs_at(answers, answers.pairs.of_product(product))


def pairs_at(answers: Answers, rows: Array) -> pl.DataFrame:
    """Scored pairs at some rows, in that order."""
    held = answers.pairs
    assert held is not None
    codes = held.codes[rows]
    return pl.DataFrame(
        {
            "customer_id": pl.Series(answers.customers.ids.take(held.customer[rows]), dtype=pl.String),
            "product_id": pl.Series(answers.products.ids.take(held.product[rows]), dtype=pl.String),
            "probability": held.probability[rows].astype(np.float64),
            "kind": pl.Series(np.array(KINDS)[codes[:, 0]].tolist(), dtype=pl.String),
            "due_on": pl.Series(codes[:, 1]).replace(NO_DAY, None).cast(pl.Date),
            "reason": pl.Series(held.reasons(rows, "en"), dtype=pl.String),
            "reason_zh": pl.Series(held.reasons(rows, "zh"), dtype=pl.String),
        }
    )


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
    """Facts about everybody and the goods at some positions."""
    rows = answers.rows

    def of_products(name: str) -> pl.DataFrame | None:
        frame = rows.get(name)
        if frame is None:
            return None
        places = [(frame["product"].search_sorted(row), frame["product"].search_sorted(row + 1)) for row in products]
        return pl.concat([frame.clear(), *(frame[start:stop] for start, stop in places)]).drop("product")

    values = of_products("facts_values")
    assert values is not None
    return AudienceFacts(
        customers=rows["facts_customers"],
        consents=rows.get("facts_consents"),
        contacts=rows.get("facts_contacts"),
        responses=rows.get("facts_responses"),
        purchases=of_products("facts_purchases"),
        stock=of_products("facts_stock"),
        values=values,
        caused_share=_caused_share(rows.get("facts_contact_effect")),
    )


def _caused_share(effect: pl.DataFrame | None) -> float | None:
    """The published share of purchases that contacts cause; None where it was not measured or not published."""
    if effect is None:
        return None
    share = effect["caused_share"][0]
    return None if share is None else float(share)
