"""Audiences of published answers are those that the same facts and pairs give as tables."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.audience import build_audience
from retail_brain.decisions.audience_request import AudienceRequest
from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.errors import NotFoundError
from retail_brain.settings import AudienceSettings
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.people.audiences import Among, only_customers, people_of, under_plans
from serving.store.audience_facts import facts_of
from serving.store.audiences import draw_audience
from serving.store.catalog import Catalog, write_catalog
from serving.store.likely_buyers import pairs_of
from serving.store.scored_pairs import ScoredPairs, write_pairs

AS_OF = date(2025, 2, 28)
PEOPLE, GOODS, SHOPS = [f"C{number:02}" for number in range(30)], ["P1", "P2", "P3"], ["S1", "S2"]
SETTINGS = AudienceSettings(max_contacts=2, control_share=0.1)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Thirty cards, some of one person, with consents, contacts, purchases and stock by chance."""
    folder, chance = tmp_path_factory.mktemp("answers"), random.Random(3)
    places = {
        kind: write_catalog(folder, kind, pl.DataFrame({"id": ids, "name": ids, "detail": ids, "weight": 1.0}))
        for kind, ids in (("customers", PEOPLE), ("products", GOODS))
    }
    scored = [
        (who, what, chance.random(), chance.choice(["repeat", "explore"]), chance.choice([None, AS_OF + timedelta(20)]))
        for who in PEOPLE
        for what in GOODS[:2]
    ]
    pairs = pl.DataFrame(scored, ["customer_id", "product_id", "probability", "kind", "due_on"], orient="row")
    extra = {"reason": pl.lit("bought_before"), "gap_days": pl.lit(0)}
    extra |= {name: pl.lit(None, pl.Float64) for name in ("probability_7d", "probability_14d", "probability_28d")}
    words = {"en": lambda code: f"{code}.", "zh": lambda code: f"{code}。"}
    write_pairs(folder, [pairs.with_columns(**extra)], places["customers"], places["products"], words)
    held = ScoredPairs(folder)
    return SimpleNamespace(
        manifest=SimpleNamespace(as_of=AS_OF.isoformat()),
        customers=Catalog(folder, "customers"),
        products=Catalog(folder, "products"),
        pairs=held,
        # the second product is for adults
        attributes=SimpleNamespace(goods=SimpleNamespace(codes={"adult": np.array([-1, 0, -1])})),
        similar=SimpleNamespace(get=lambda _: (np.array([0, 1]), np.array([0.9, 0.5]))),
        rows=tables(chance),
        audience_memo=FrameMemo(),
    )


def tables(chance: random.Random) -> dict[str, pl.DataFrame]:
    channels = ["sms", "email", "app"]

    def moment() -> datetime:
        return datetime(2025, 2, 28) - timedelta(days=chance.randint(0, 30))

    person = ["customer_id", "person_id", "first_customer_id"]
    consents = [(who, one, chance.random() < 0.7, moment()) for who in PEOPLE for one in channels]
    contacts = [("K1", who, chance.choice(channels), moment(), False) for who in PEOPLE if chance.random() < 0.5]
    bought = [
        (who, what, moment().date(), PEOPLE.index(who), at)
        for at, what in enumerate(GOODS)
        for who in PEOPLE
        if chance.random() < 0.4
    ]
    stock = [(shop, what, chance.choice([0.0, 5.0]), at) for at, what in enumerate(GOODS) for shop in SHOPS]
    purchases = pl.DataFrame(bought, ["customer_id", "product_id", "bought_on", "customer", "product"], orient="row")
    return {
        "facts_customers": pl.DataFrame(
            {
                "customer_id": PEOPLE,
                "home_store_id": chance.choices(SHOPS, k=len(PEOPLE)),
                "is_adult": chance.choices([True, False, None], [6, 1, 1], k=len(PEOPLE)),
            }
        ),
        "facts_persons": pl.DataFrame(
            [(PEOPLE[at], PEOPLE[at // 2 * 2], PEOPLE[at // 2 * 2 + 1]) for at in range(10)], person, orient="row"
        ),
        "facts_consents": pl.DataFrame(consents, ["customer_id", "channel", "granted", "changed_at"], orient="row"),
        "facts_contacts": pl.DataFrame(
            contacts, ["campaign_id", "customer_id", "channel", "contacted_at", "is_holdout"], orient="row"
        ),
        "facts_purchases": purchases.sort("product", "bought_on"),
        "facts_stock": pl.DataFrame(stock, ["store_id", "product_id", "on_hand", "product"], orient="row"),
        "facts_values": pl.DataFrame({"product_id": GOODS[:2], "value": [2.0, 3.0], "product": [0, 1]}),
    }


def plans() -> OtherPlans:
    none = OtherPlans.none()
    planned = [("K9", who, "sms", AS_OF + timedelta(5), False) for who in PEOPLE[::3]]
    return OtherPlans(
        pl.DataFrame(planned, none.contacts.schema, orient="row"),
        pl.DataFrame([("S1", "P1", 9.0)], none.promises.schema, orient="row"),
        pl.DataFrame({"customer_id": PEOPLE[:4], "channel": "email", "changed_at": datetime(2025, 2, 28)}),
    )


def as_tables(
    answers: Any, wanted: AudienceRequest, shop: str | None, named: list[str] | None, other: OtherPlans | None
):
    """The same audience from tables, as the command line draws it."""
    rows = [answers.products.find(one) for one in wanted.product_ids]
    facts = under_plans(replace(facts_of(answers, rows), memo=FrameMemo()), other)
    pairs = pl.concat([pairs_of(answers, row) for row in rows])
    if shop is not None:
        facts, pairs = people_of(shop, facts, pairs)
    if named is not None:
        facts, pairs = only_customers(named, facts, pairs)
    return build_audience(pairs, facts, wanted, AS_OF, SETTINGS)


@pytest.mark.parametrize("seed", range(12))
def test_the_served_audience_is_that_of_the_tables(answers: Any, seed: int) -> None:
    chance = random.Random(seed)
    wanted = AudienceRequest(
        tuple(chance.sample(GOODS[:2], chance.choice([1, 2]))), chance.choice([3, 99]),
        campaign_id=chance.choice([None, "K1"]), kind=chance.choice(["mixed", "repeat", "explore"]),
        channel=chance.choice([None, "sms"]), holdout_share=chance.choice([0.0, 0.3]),
        budget=chance.choice([None, 2.0]), contact_cost=chance.choice([0.0, 0.3]),
    )  # fmt: skip
    shop, named = chance.choice([None, "S1"]), chance.choice([None, PEOPLE[3:25:2]])
    other = chance.choice([None, plans()])
    products = [answers.products.find(one) for one in wanted.product_ids]
    drawn = draw_audience(answers, products, wanted, SETTINGS, Among(shop, named, plans=other))
    rows, left = as_tables(answers, wanted, shop, named, other)
    for language, column in (("en", "reason"), ("zh", "reason_zh")):
        served = drawn.rows(language)  # type: ignore[arg-type]
        columns = [name for name in rows.columns if name not in {"reason", "reason_zh"}]
        shown = rows.with_columns(
            pl.col("send_on").cast(pl.String), pl.col("probability", "expected_value").round(6), reason=column
        ).select(*columns, "reason")
        assert served == shown.select(*columns, "reason").to_dicts()
        texts = left.select(pl.col(column).alias("reason"), "customers", "code").to_dicts()
        assert drawn.exclusions(language) == texts  # type: ignore[arg-type]


def test_goods_that_nobody_was_scored_for_go_to_the_people_of_goods_like_them(answers: Any) -> None:
    drawn = draw_audience(answers, [2], AudienceRequest(("P3",), 99, holdout_share=0.0), SETTINGS)
    rows = drawn.rows("en")
    assert not drawn.is_warm
    assert {row["product_id"] for row in rows} == {"P3"}
    accounts = answers.pairs.customer[answers.pairs.of_product(0)]
    first = dict(zip(accounts.tolist(), answers.pairs.probability[answers.pairs.of_product(0)].tolist(), strict=True))
    single = next(row for row in rows if row["customer_id"] > "C10")
    place = answers.customers.find(single["customer_id"])
    assert single["probability"] >= round(first[place] * SETTINGS.similar_share * 0.9, 6) - 1e-6


def test_answers_of_older_versions_hold_no_places_of_buyers(answers: Any) -> None:
    older = {
        **answers.rows,
        "facts_purchases": answers.rows["facts_purchases"]
        .drop("customer")
        .sample(fraction=1, seed=1)
        .sort("product", maintain_order=True),
    }
    old = SimpleNamespace(**{**vars(answers), "rows": older, "audience_memo": FrameMemo()})
    wanted = AudienceRequest(("P1", "P2"), 99)
    one, other = (draw_audience(some, [0, 1], wanted, SETTINGS) for some in (answers, old))
    assert one.rows("en") == other.rows("en")
    assert one.drawn.left_out == other.drawn.left_out


def test_a_shop_where_nobody_lives_is_named(answers: Any) -> None:
    with pytest.raises(NotFoundError, match="nobody is known whose shop is 'S9'"):
        draw_audience(answers, [0], AudienceRequest(("P1",), 9), SETTINGS, Among("S9"))
