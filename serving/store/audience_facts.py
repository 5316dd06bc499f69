"""Facts about people and goods that an audience is drawn from, read from published answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.errors import ModelError
from serving.store.answer_set import Answers
from serving.store.goods_ends import planned_ends_of_goods
from serving.store.uplift import read_uplift

_EARLIER_DAYS = 28
"""Days of answers that do not say theirs: earlier versions measured the share by so many."""


def facts_of(answers: Answers, products: Sequence[int] | None) -> AudienceFacts:
    """Facts about everybody and the goods at some positions.

    None: all goods, without uplifts, which `uplift.published_scores` gives by place then.

    Raises:
        ModelError: the answers were published without a recommender, so they know nobody.
    """
    rows = answers.rows

    def of_products(name: str) -> pl.DataFrame | None:
        return of_some(rows.get(name))

    def of_some(frame: pl.DataFrame | None) -> pl.DataFrame | None:
        if frame is None or products is None:
            return frame
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
            {"problem": "no_recommender_model", "kind": "recommender"},
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
        **_left_over_terms(rows.get("left_over_terms")),
        uplift=None if products is None else read_uplift(rows, products),
        for_adults=_for_adults(answers),
        ends=of_some(_ends(answers)),
        campaigns=rows.get("campaigns"),
        effect_days=effect_days(answers),
        memo=answers.audience_memo,
    )


def _ends(answers: Answers) -> pl.DataFrame | None:
    """The last days of goods with `product`; None in sets of older versions, which know none."""
    ends, plan = answers.rows.get("facts_ends"), answers.rows.get("plan")
    if ends is None or plan is None:
        return ends
    return answers.audience_memo.get((ends, plan), "ends of goods", lambda: planned_ends_of_goods(ends, plan))


def _for_adults(answers: Answers) -> frozenset[str]:
    """Goods that only people known to be adults may be told of."""
    if answers.attributes is None:
        return frozenset()
    places = np.flatnonzero(answers.attributes.goods.codes["adult"] >= 0)
    return frozenset(answers.products.ids.take(places))


def effect_days(answers: Answers) -> int:
    """Days from a contact in which purchases counted for what contacts cause, as the answers measured it."""
    effect = answers.rows.get("facts_contact_effect")
    if effect is None or "effect_days" not in effect.columns:
        return _EARLIER_DAYS
    return int(effect["effect_days"][0])


def _left_over_terms(terms: pl.DataFrame | None) -> dict[str, Any]:
    """The share for left-overs and what is behind it; answers of older versions tell the share at most."""
    share = {"left_over_share": _caused_share(terms)}
    if terms is None or "is_measured" not in terms.columns:
        return share
    is_measured, campaigns = terms.select("is_measured", "campaigns").row(0)
    return share | {"left_over_is_measured": is_measured, "left_over_campaigns": campaigns}


def _caused_share(effect: pl.DataFrame | None) -> float | None:
    """The published share of purchases that contacts cause; None where it was not measured or not published."""
    if effect is None:
        return None
    share = effect["caused_share"][0]
    return None if share is None else float(share)
