"""Draws an audience from published answers: scored pairs of the goods and what may be done with each person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isnan
from typing import Any, Literal

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import NO_DAY, day_numbers, iso_day
from retail_brain.decisions.attribution import list_id
from retail_brain.decisions.audience import Drawn, draw, reason_sentences
from retail_brain.decisions.audience_request import AudienceRequest
from retail_brain.decisions.crowd import Crowd
from retail_brain.decisions.exclusions import EXCLUSION_TEXTS
from retail_brain.decisions.goods_on_offer import Goods, Purchases
from retail_brain.decisions.offers import KINDS, Pairs, Situation
from retail_brain.settings import AudienceSettings
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.people.audiences import EVERYBODY, Among, nobody_of, under_plans
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.audience_facts import facts_of
from serving.store.likely_buyers import pairs_in, rows_of_like
from serving.store.scored_pairs import ScoredPairs
from serving.store.uplift import published_scores


@dataclass(frozen=True)
class DrawnAudience:
    """An audience drawn from published answers.

    Attributes:
        drawn: people listed, and how many were left out for which reason.
        wanted: the request.
        is_warm: whether anybody was scored for the goods themselves rather than for goods like them.
        answers: what it was drawn from.
        ranked_by: `uplift`, or `response` where past holdouts do not surely say whom a contact moves.
    """

    drawn: Drawn
    wanted: AudienceRequest
    is_warm: bool
    answers: Answers
    ranked_by: Literal["uplift", "response"]

    def rows(self, language: Literal["en", "zh"] | None) -> list[dict[str, Any]]:
        """One row per person in rank order, with the columns of an audience; None: without reasons."""
        answers, drawn, found = self.answers, self.drawn, self.drawn.found
        assert answers.pairs is not None
        person, best = found.who[drawn.entries], found.best[drawn.entries]
        offered, reached, crowd = found.offers.pairs, found.reached, found.crowd
        held = drawn.held.tolist()
        goods = answers.products.ids.take(offered.product[best])
        chance, own = found.probability[drawn.entries], offered.probability[best]
        reasons: list[str | None] = [None] * len(goods)
        if language is not None:
            why = answers.pairs.reasons(offered.source[best], language)
            names = answers.products.names.take(offered.product[best])
            named = [name or one for name, one in zip(names, goods, strict=True)]
            reasons = [*reason_sentences(chance, own, named, why, held, language)]
        attribution = list_id("audience", date.fromisoformat(answers.manifest.as_of), self.wanted.holdout_key)
        channels = [*reached.channels, None]
        columns = zip(
            goods,
            crowd.account_ids.take(reached.account[person]),
            crowd.person_ids.take(person),
            chance.round(6).tolist(),
            found.expected[drawn.entries].round(6).tolist(),
            held,
            [channels[at] for at in reached.channel[person].tolist()],
            [iso_day(day) for day in found.sent_on(drawn.entries).tolist()],
            reasons,
            answers.pairs.reason_codes(offered.source[best]),
            strict=True,
        )
        return [
            {
                "campaign_id": self.wanted.campaign_id,
                "product_id": product,
                "customer_id": account,
                "rank": rank,
                "probability": probability,
                "expected_value": None if isnan(expected) else expected,
                "group": "holdout" if is_held else "contact",
                "channel": None if is_held else channel,
                "send_on": None if is_held else sent_on,
                "reason": reason,
                "person_id": one,
                "attribution_id": attribution,
                "reason_code": code,
            }
            for rank, (product, account, one, probability, expected, is_held, channel, sent_on, reason, code) in (
                enumerate(columns, 1)
            )
        ]

    def exclusions(self, language: Literal["en", "zh"]) -> list[dict[str, Any]]:
        """One row per reason that left somebody out, in the order of precedence."""
        place = ("en", "zh").index(language)
        return [
            {"reason": texts[place], "customers": self.drawn.left_out[code], "code": code}
            for code, texts in EXCLUSION_TEXTS.items()
            if code in self.drawn.left_out
        ]


def draw_audience(
    answers: Answers,
    products: Sequence[int],
    wanted: AudienceRequest,
    settings: AudienceSettings,
    among: Among = EVERYBODY,
) -> DrawnAudience:
    """The audience for goods.

    Goods that nobody was scored for yet, such as new ones, are offered to those scored for goods like them.

    Complexity: what people and goods are is worked out once per set of answers, who may be reached once per channel
    and days; a request takes some passes over arrays of people, and words only for those listed.

    Args:
        answers: with scored pairs.
        products: positions of the goods of `wanted`.
        wanted: the request.
        settings: limits on contacts.
        among: whom it is drawn from.

    Raises:
        NotFoundError: nobody is known to be of that shop.
        ImpossibleError: the campaign is over.
        ModelError: there are no scored pairs.
    """
    scored = pairs_in(answers)
    situation = _situation(answers, among.left_over, among.plans)
    if among.caused_share is not None:
        situation = replace(situation, facts=replace(situation.facts, caused_share=among.caused_share))
    chosen: Array | None = None
    if among.store_id is not None:
        chosen = situation.crowd.of_stores([among.store_id])
        if not (chosen & situation.crowd.is_known).any():
            raise nobody_of(among.store_id)
    if among.customer_ids is not None:
        named = situation.crowd.named(list(among.customer_ids), situation.facts)
        chosen = named if chosen is None else chosen & named
    parts: list[tuple[int, Array, Array | None]] = [(product, scored.of_product(product), None) for product in products]
    is_warm = any(len(rows) for _, rows, _ in parts)
    if not is_warm:
        parts = [(product, *rows_of_like(answers, product, settings)) for product in products]
    pairs = _pairs_as_arrays(scored, parts)
    as_of = date.fromisoformat(answers.manifest.as_of)
    drawn = draw(pairs, replace(situation, chosen=chosen), wanted, as_of, settings)
    return DrawnAudience(drawn, wanted, is_warm, answers, "response" if situation.uplift is None else "uplift")


def _situation(answers: Answers, left_over: pl.DataFrame | None, plans: OtherPlans | None) -> Situation:
    """People and goods of the answers, worked out once per set of answers, plans and promises."""
    facts = under_plans(facts_of(answers, None), plans)
    memo, rows = answers.audience_memo, answers.rows
    people = (facts.customers, facts.persons)
    crowd = memo.get(people, "published crowd", lambda: Crowd.of(answers.customers.ids.series, facts))
    goods = memo.get(
        (facts.values, facts.stock, facts.promises, facts.ends),
        "goods",
        lambda: Goods.of(answers.products.ids.series, facts),
    )
    bought = rows.get("facts_purchases")
    purchases = None
    if bought is not None:
        purchases = memo.get((bought,), "purchases", lambda: _purchases(answers, bought))
    uplift = published_scores(rows, answers.customers.ids.series, memo)
    return Situation(crowd, goods, purchases, replace(facts, left_over=left_over), uplift=uplift)


def _purchases(answers: Answers, bought: pl.DataFrame) -> Purchases:
    """Who bought what last when; sets of older versions hold ids instead of places."""
    if "customer" not in bought.columns:
        return Purchases.of(bought.drop("product"), answers.customers.ids.series, answers.products.ids.series)
    starts = np.searchsorted(bought["product"].to_numpy(), np.arange(len(answers.products.ids) + 1))
    return Purchases(starts, bought["customer"].to_numpy(), day_numbers(bought["bought_on"]))


def _pairs_as_arrays(held: ScoredPairs, parts: Sequence[tuple[int, Array, Array | None]]) -> Pairs:
    """Scored pairs of some products; a chance of its own makes a pair of a product like it one of this product."""
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *(rows for _, rows, _ in parts)])
    product = np.concatenate(
        [np.zeros(0, dtype=np.int64), *(np.full(len(rows), product) for product, rows, _ in parts)]
    )
    codes = held.codes[rows]
    chance, kind, due = held.probability[rows].astype(np.float64), codes[:, 0], codes[:, 1]
    if any(own is not None for _, _, own in parts):
        chance = np.concatenate([np.zeros(0) if own is None else own for _, _, own in parts])
        kind, due = np.full_like(kind, KINDS.index("explore")), np.full_like(due, NO_DAY)
    pairs = Pairs(held.customer[rows], product, np.minimum(chance, 1.0), kind, due, rows)
    return pairs if (chance > 0).all() else pairs.take(chance > 0)
