"""Draws an audience from published answers: scored pairs of the goods and what may be done with each person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isnan
from typing import Any, Literal

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import NO_DAY, day_numbers, iso_day
from retail_brain.decisions.attribution import list_id
from retail_brain.decisions.audience import Drawn, draw, reason_sentences
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.crowd import Crowd
from retail_brain.decisions.exclusions import EXCLUSION_TEXTS
from retail_brain.decisions.goods_on_offer import Goods, Purchases
from retail_brain.decisions.offers import KINDS, Pairs, Situation
from retail_brain.errors import ImpossibleError, ModelError, NotFoundError
from retail_brain.settings import AudienceSettings
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.people.audiences import EVERYBODY, Among, nobody_of, under_plans
from serving.planning.stock.stock_network import goods_to_clear, left_over_in
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.goods_ends import planned_ends_of_goods
from serving.store.scored_pairs import ScoredPairs
from serving.store.uplift import published_scores, read_uplift

_PAGE_SIZE = 200
"""People asked for where left-over goods are valued or checked: the page's own number."""
_STORES = 30
"""Shops whose audiences are drawn one by one, those with most money left over first: bounds the time of publishing a
large chain. Chosen by judgement, not measured."""
_EARLIER_DAYS = 28
"""Days of answers that do not say theirs: earlier versions measured the share by so many."""
_UNWORDED = {"send_on": pl.String, "expected_value": pl.Float64, "channel": pl.String, "campaign_id": pl.String}
"""Columns of rows without words that may be null throughout."""
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
            }
            for rank, (product, account, one, probability, expected, is_held, channel, sent_on, reason) in enumerate(
                columns, 1
            )
        ]

    def exclusions(self, language: Literal["en", "zh"]) -> list[dict[str, Any]]:
        """One row per reason that left somebody out, in the order of precedence."""
        of = 1 if language == "zh" else 0
        return [
            {"reason": texts[of], "customers": self.drawn.left_out[code], "code": code}
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
        parts = [(product, *_rows_of_like(answers, product, settings)) for product in products]
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


def pairs_in(answers: Answers) -> ScoredPairs:
    """The scored pairs of answers.

    Raises:
        ModelError: there are none, because the answers were published without a recommender.
    """
    if answers.pairs is None:
        raise ModelError(
            "the answers hold no scored pairs. Promote a recommender, then run `retail-brain publish`.",
            {"problem": "no_recommender_model"},
        )
    return answers.pairs


def likely_buyers(answers: Answers, product: int, settings: AudienceSettings) -> pl.DataFrame:
    """Everybody scored for a product, most probable first; of one that nobody was scored for, those for goods like it.

    Args:
        answers: with scored pairs.
        product: position of the product; a negative one is nobody's.
        settings: how many goods stand in for it, and at what discount.

    Raises:
        ModelError: there are no scored pairs.
    """
    pairs_in(answers)
    if product < 0:
        return NOBODY
    pairs = pairs_of(answers, product, is_worded=False)
    return pairs if pairs.height else _pairs_of_like(answers, product, settings)


def _pairs_of_like(answers: Answers, product: int, settings: AudienceSettings) -> pl.DataFrame:
    """People scored for goods like this one, at a discount, most probable first."""
    rows, chance = _rows_of_like(answers, product, settings)
    name = answers.products.ids[product]
    return pairs_at(answers, rows).with_columns(
        pl.Series("probability", chance),
        product_id=pl.lit(name),
        kind=pl.lit("explore"),
        due_on=pl.lit(None, dtype=pl.Date),
    )


def _rows_of_like(answers: Answers, product: int, settings: AudienceSettings) -> tuple[Array, Array]:
    """Rows of the pairs of goods like this one, one per customer, most probable first; and the discounted chances."""
    assert answers.pairs is not None
    if answers.similar is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    others, scores = answers.similar.get(product)
    parts, chances = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for other, score in zip(others[: settings.similar_products].tolist(), scores.tolist(), strict=False):
        parts.append(answers.pairs.of_product(other))
        share = settings.similar_share * min(score, 1.0)
        chances.append(answers.pairs.probability[parts[-1]].astype(np.float64) * share)
    rows, chance = np.concatenate(parts), np.concatenate(chances)
    order = np.lexsort((answers.pairs.customer[rows], -chance))
    first = np.unique(answers.pairs.customer[rows[order]], return_index=True)[1]
    kept = order[np.sort(first)]
    return rows[kept], chance[kept]


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


def _caused_share(effect: pl.DataFrame | None) -> float | None:
    """The published share of purchases that contacts cause; None where it was not measured or not published."""
    if effect is None:
        return None
    share = effect["caused_share"][0]
    return None if share is None else float(share)
