"""People for goods, drawn from the scored pairs of the goods and from what may be done with each person."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from retail_brain.decisions.audience import build_audience
from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.audience_request import AudienceRequest as Wanted
from retail_brain.errors import NotFoundError
from retail_brain.settings import AudienceSettings
from serving.http.handlers.call import Call, find_product, find_store, names_of, no_champion
from serving.http.handlers.stock_network import network_rows
from serving.http.messages.people_messages import AudienceRequest
from serving.planning.people.audiences import people_of
from serving.planning.people.campaigns import of_campaign
from serving.planning.stock.stock_network import goods_to_clear
from serving.store.answer_set import Answers
from serving.store.scored_pairs import KINDS, NO_DAY


def audience(request: AudienceRequest, call: Call) -> dict[str, Any]:
    """The most probable buyers among those who may be reached, and how many were left out for which reason.

    Goods that nobody was scored for yet, such as new ones, are offered to those scored for goods like them: `cold`.

    Raises:
        NotFoundError: the campaign, a product or the shop is not known.
        ImpossibleError: the campaign is over.
        DataError: the campaign has no goods.
        ModelError: there is no recommender.
    """
    answers = call.answers
    if answers.pairs is None:
        raise no_champion("recommender")
    wanted = _wanted(request, call)
    products = [find_product(answers, text) for text in wanted.product_ids]
    parts = [_pairs_of(answers, product) for product in products]
    warm = [pairs for pairs in parts if pairs.height]
    if not warm:
        parts = [_pairs_of_like(answers, product, call.view.settings.audience) for product in products]
    pairs = pl.concat([_NOBODY, *parts])
    facts = _facts(answers, products)
    if request.store_id is not None:
        find_store(answers, request.store_id)
        facts, pairs = people_of(request.store_id, facts, pairs)
    as_of = date.fromisoformat(answers.manifest.as_of)
    people, left_out = build_audience(pairs, facts, wanted, as_of, call.view.settings.audience)
    rows = np.array(products, dtype=np.int64)
    return {
        "audience": _dated(people, call.language),
        "exclusions": _worded(left_out, call.language).to_dicts(),
        "basis": "warm" if warm else "cold",
        "names": names_of(answers.products, rows, answers.products.ids.take(rows)),
    }


_NOBODY = pl.DataFrame(
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


def _wanted(request: AudienceRequest, call: Call) -> Wanted:
    share = request.holdout_share
    goods = request.product_ids
    if request.leftovers:
        goods = goods_to_clear(network_rows("leftovers", call), request.store_id)
    wanted = Wanted(
        product_ids=tuple(goods or ("",)),
        size=request.size,
        kind=request.kind,
        channel=request.channel,
        holdout_share=call.view.settings.audience.holdout_share if share is None else share,
    )
    if request.campaign_id is None:
        return wanted
    campaigns = call.answers.rows.get("campaigns")
    found = None if campaigns is None else campaigns.filter(pl.col("campaign_id") == request.campaign_id)
    if found is None or not found.height:
        raise NotFoundError(
            f"campaign {request.campaign_id!r} is not in campaigns. Check its id, or name product_ids instead.",
            {"campaign_id": request.campaign_id},
        )
    return of_campaign(wanted, found.row(0, named=True))


def _pairs_of(answers: Answers, product: int) -> pl.DataFrame:
    held = answers.pairs
    assert held is not None
    rows = held.of_product(product)
    codes = held.codes[rows]
    return pl.DataFrame(
        {
            "customer_id": pl.Series(answers.customers.ids.take(held.customer[rows]), dtype=pl.String),
            "product_id": pl.repeat(answers.products.ids[product], len(rows), dtype=pl.String, eager=True),
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
        return _NOBODY
    others, scores = answers.similar.get(product)
    name, most = answers.products.ids[product], settings.similar_products
    parts = [
        _pairs_of(answers, other).with_columns(pl.col("probability") * (settings.similar_share * min(score, 1.0)))
        for other, score in zip(others[:most].tolist(), scores[:most].tolist(), strict=True)
    ]
    return (
        pl.concat([_NOBODY, *parts])
        .sort("probability", "customer_id", descending=[True, False])
        .unique("customer_id", keep="first", maintain_order=True)
        .with_columns(product_id=pl.lit(name), kind=pl.lit("explore"), due_on=pl.lit(None, dtype=pl.Date))
    )


def _facts(answers: Answers, products: list[int]) -> AudienceFacts:
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
    )


def _dated(people: pl.DataFrame, language: str) -> list[dict[str, Any]]:
    shown = _worded(people, language).with_columns(
        pl.col("send_on").cast(pl.String), pl.col("probability", "expected_value").round(6)
    )
    return shown.to_dicts()


def _worded(frame: pl.DataFrame, language: str) -> pl.DataFrame:
    reason = pl.coalesce("reason_zh", "reason") if language == "zh" else pl.col("reason")
    return frame.with_columns(reason=reason).drop("reason_zh")
