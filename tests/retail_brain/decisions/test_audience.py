"""Audiences: who is in, who is out and why, holdouts, channels, budgets."""

from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.audience import ADDED, EXCLUSIONS_ADDED, build_audience
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.outputs import AUDIENCE, EXCLUSIONS
from retail_brain.settings import AudienceSettings

AS_OF = date(2025, 2, 28)
SETTINGS = AudienceSettings()
NOW = datetime(2025, 2, 27, 12)


def request(**changes: object) -> AudienceRequest:
    return AudienceRequest(**({"product_ids": ("牛奶",), "size": 100, "holdout_share": 0.0} | changes))


def make_pairs(**probabilities: float) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "customer_id": list(probabilities),
            "product_id": ["牛奶"] * len(probabilities),
            "probability": list(probabilities.values()),
            "kind": ["repeat"] * len(probabilities),
            "reason": ["bought 5 times"] * len(probabilities),
        }
    )


def make_facts(*customers: str, **changes: object) -> AudienceFacts:
    frame = pl.DataFrame({"customer_id": list(customers), "home_store_id": ["s1"] * len(customers)})
    return AudienceFacts(customers=frame, **changes)


def codes(exclusions: pl.DataFrame) -> dict[str, int]:
    return dict(exclusions.select("code", "customers").iter_rows())


def consents(*rows: tuple[str, str, bool, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [(c, channel, granted, datetime(2025, 1, day)) for c, channel, granted, day in rows],
        schema=["customer_id", "channel", "granted", "changed_at"],
        orient="row",
    )


def contacts(*rows: tuple[str, str, str], held: bool = False) -> pl.DataFrame:
    return pl.DataFrame(
        [(campaign, customer, channel, NOW, held) for campaign, customer, channel in rows],
        schema=["campaign_id", "customer_id", "channel", "contacted_at", "is_holdout"],
        orient="row",
    )


def test_goods_for_adults_are_told_to_people_known_to_be_adults_alone():
    people = pl.DataFrame({"customer_id": ["a", "b", "c"], "is_adult": [True, False, None]})
    facts = AudienceFacts(customers=people, for_adults=frozenset(["牛奶"]))
    audience, exclusions = build_audience(make_pairs(a=0.1, b=0.5, c=0.3), facts, request(), AS_OF, SETTINGS)
    assert audience["customer_id"].to_list() == ["a"]
    assert codes(exclusions) == {"adults_only": 2}
    # facts of older answers know no ages: nobody is told
    older = AudienceFacts(customers=people.drop("is_adult"), for_adults=frozenset(["牛奶"]))
    assert build_audience(make_pairs(a=0.1), older, request(), AS_OF, SETTINGS)[0].is_empty()
    others = AudienceFacts(customers=people, for_adults=frozenset(["酒"]))
    assert build_audience(make_pairs(a=0.1, b=0.5), others, request(), AS_OF, SETTINGS)[0].height == 2


def test_one_account_that_is_known_to_be_an_adults_speaks_for_the_person():
    people = pl.DataFrame({"customer_id": ["a", "b"], "is_adult": [False, True]})
    persons = pl.DataFrame({"person_id": ["a", "a"], "customer_id": ["a", "b"], "first_customer_id": ["a", "a"]})
    facts = AudienceFacts(customers=people, persons=persons, for_adults=frozenset(["牛奶"]))
    audience, _ = build_audience(make_pairs(a=0.1), facts, request(), AS_OF, SETTINGS)
    assert audience.height == 1


def test_people_are_ranked_by_value_and_the_rest_is_counted():
    values = pl.DataFrame({"product_id": ["牛奶"], "value": [4.0]})
    audience, exclusions = build_audience(
        make_pairs(a=0.1, b=0.5, c=0.3),
        make_facts("a", "b", "c", "d", values=values),
        request(size=2, contact_cost=0.5),
        AS_OF,
        SETTINGS,
    )
    assert audience["customer_id"].to_list() == ["b", "c"]
    assert audience["rank"].to_list() == [1, 2]
    assert audience["expected_value"].to_list() == pytest.approx([0.5 * 4 - 0.5, 0.3 * 4 - 0.5])
    assert codes(exclusions) == {"no_signal": 1, "not_worth_contact": 1}
    assert dict(audience.schema) == AUDIENCE | ADDED
    assert dict(exclusions.schema) == EXCLUSIONS | EXCLUSIONS_ADDED
    assert audience["reason"][0] == "50.0% likely to buy 牛奶: bought 5 times."
    assert audience["send_on"].to_list() == [date(2025, 3, 1)] * 2


def test_without_a_consent_table_nobody_has_refused():
    audience, exclusions = build_audience(make_pairs(a=0.1), make_facts("a"), request(), AS_OF, SETTINGS)
    assert (audience.height, exclusions.height) == (1, 0)


@pytest.mark.parametrize("is_asked", [True, False])
def test_who_opted_out_is_not_listed_by_any_card_whether_or_not_anybody_was_asked(is_asked):
    opt_outs = pl.DataFrame({"customer_id": ["a"], "channel": ["sms"], "changed_at": [NOW]})
    known = consents(*((one, "sms", True, 1) for one in "abc")) if is_asked else None
    persons = pl.DataFrame({"customer_id": ["a", "b", "c"], "person_id": ["a", "a", "c"]})
    facts = make_facts("a", "b", "c", consents=known, opt_outs=opt_outs, persons=persons)
    audience, exclusions = build_audience(make_pairs(a=0.5, b=0.5, c=0.5), facts, request(), AS_OF, SETTINGS)
    assert audience["customer_id"].to_list() == ["c"]
    assert codes(exclusions) == {"no_consent": 1}  # a and b are one person


def test_the_latest_change_of_consent_counts():
    given_then_taken = consents(
        ("a", "sms", True, 1), ("a", "sms", False, 2), ("b", "sms", False, 1), ("b", "sms", True, 2)
    )
    facts = make_facts("a", "b", "c", consents=given_then_taken)
    audience, exclusions = build_audience(make_pairs(a=0.2, b=0.2, c=0.2), facts, request(), AS_OF, SETTINGS)
    assert audience.select("customer_id", "channel").rows() == [("b", "sms")]
    assert codes(exclusions) == {"no_consent": 2}


def test_the_channel_is_the_one_that_was_answered():
    made = contacts(("old", "a", "sms"), ("old2", "a", "app"), ("old3", "a", "app"))
    answered = pl.DataFrame({"campaign_id": ["old"], "customer_id": ["a"]})
    allowed = consents(("a", "sms", True, 1), ("a", "app", True, 1), ("b", "email", True, 1), ("b", "app", True, 1))
    facts = make_facts("a", "b", consents=allowed, contacts=made, responses=answered)
    audience, _ = build_audience(make_pairs(a=0.2, b=0.1), facts, request(), AS_OF, SETTINGS)
    assert audience["channel"].to_list() == ["sms", "app"]
    only, _ = build_audience(make_pairs(a=0.2, b=0.1), facts, request(channel="email"), AS_OF, SETTINGS)
    assert only.select("customer_id", "channel").rows() == [("b", "email")]


def test_the_tired_and_those_already_told_are_left_alone():
    tired = [(f"x{i}", "a", "sms") for i in range(SETTINGS.max_contacts)]
    facts = make_facts("a", "b", "c", contacts=contacts(*tired, ("spring", "b", "sms")))
    audience, exclusions = build_audience(
        make_pairs(a=0.2, b=0.2, c=0.2), facts, request(campaign_id="spring"), AS_OF, SETTINGS
    )
    assert audience["customer_id"].to_list() == ["c"]
    assert codes(exclusions) == {"in_campaign": 1, "contacted_too_often": 1}


def test_withheld_contacts_tire_nobody():
    held = contacts(*[(f"x{i}", "a", "sms") for i in range(9)], held=True)
    audience, _ = build_audience(make_pairs(a=0.2), make_facts("a", contacts=held), request(), AS_OF, SETTINGS)
    assert audience.height == 1


def test_stock_counts_in_the_network_or_only_at_home():
    stock = pl.DataFrame({"store_id": ["s1", "s2"], "product_id": ["牛奶"] * 2, "on_hand": [0.0, 3.0]})
    anywhere = build_audience(make_pairs(a=0.2), make_facts("a", stock=stock), request(), AS_OF, SETTINGS)
    assert anywhere[0].height == 1
    facts = make_facts("a", stock=stock, at_home_only=True)
    assert codes(build_audience(make_pairs(a=0.2), facts, request(), AS_OF, SETTINGS)[1]) == {"no_stock": 1}


@pytest.mark.parametrize(
    ("at_home", "promised", "left"),
    [
        (False, {"s1": 3.0}, {}),  # s2 still has some
        (False, {"s1": 3.0, "s2": 1.0}, {"promised_elsewhere": 1}),
        (True, {"s1": 3.0}, {"promised_elsewhere": 1}),
        (True, {"s1": 2.5, "s2": 9.0}, {}),
    ],
)
def test_stock_that_campaigns_promised_is_offered_to_nobody_else(
    at_home: bool, promised: dict[str, float], left: dict[str, int]
) -> None:
    stock = pl.DataFrame({"store_id": ["s1", "s2"], "product_id": ["牛奶"] * 2, "on_hand": [3.0, 1.0]})
    promises = pl.DataFrame(
        {"store_id": list(promised), "product_id": ["牛奶"] * len(promised), "units": list(promised.values())}
    )
    facts = make_facts("a", stock=stock, at_home_only=at_home, promises=promises)
    assert codes(build_audience(make_pairs(a=0.2), facts, request(), AS_OF, SETTINGS)[1]) == left


def test_left_over_goods_that_campaigns_promised_are_left_for_nobody_else() -> None:
    left = pl.DataFrame(
        {"store_id": ["s1"], "product_id": ["牛奶"], "left_over_units": [1.0], "sell_by": [date(2025, 3, 9)]}
    )
    people = {"a": 0.4, "b": 0.4, "c": 0.4}
    for units, told, reason in ((0.0, 2, "others_told"), (0.5, 1, "others_told"), (1.0, 0, "promised_elsewhere")):
        promises = pl.DataFrame({"store_id": ["s1"], "product_id": ["牛奶"], "units": [units]})
        facts = make_facts("a", "b", "c", left_over=left, promises=promises)
        rows, left_out = build_audience(make_pairs(**people), facts, request(), AS_OF, SETTINGS)
        assert (rows.height, codes(left_out)) == (told, {reason: 3 - told})


def test_who_just_bought_waits_until_due():
    pairs = make_pairs(a=0.2, b=0.2, c=0.2).with_columns(due_on=pl.Series([None, date(2025, 3, 10), date(2025, 5, 1)]))
    bought = pl.DataFrame({"customer_id": ["a", "b"], "product_id": ["牛奶"] * 2, "bought_on": [date(2025, 2, 27)] * 2})
    audience, exclusions = build_audience(pairs, make_facts(purchases=bought), request(), AS_OF, SETTINGS)
    assert audience.select("customer_id", "send_on").rows() == [("b", date(2025, 3, 9))]
    assert codes(exclusions) == {"just_bought": 1, "not_due": 1}


def test_kinds_and_several_goods():
    pairs = pl.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "product_id": ["x", "y", "x"],
            "probability": [0.5, 0.2, 0.4],
            "kind": ["repeat", "repeat", "explore"],
        }
    )
    audience, exclusions = build_audience(
        pairs, make_facts(), request(product_ids=("x", "y"), kind="repeat"), AS_OF, SETTINGS
    )
    assert audience.select("customer_id", "product_id").rows() == [("a", "x")]
    assert audience["probability"].to_list() == pytest.approx([1 - 0.5 * 0.8])
    assert codes(exclusions) == {"other_kind": 1}


def test_a_budget_pays_for_contacts_but_not_for_the_holdout():
    pairs = make_pairs(**{f"c{i:03}": 0.5 for i in range(200)})
    audience, exclusions = build_audience(
        pairs, make_facts(), request(size=150, budget=100.0, contact_cost=1.0, holdout_share=0.2), AS_OF, SETTINGS
    )
    told = audience.filter(pl.col("group") == "contact").height
    assert told == 100
    assert audience.height > told
    assert codes(exclusions)["over_budget"] == 150 - audience.height


def test_the_holdout_is_stable_listed_and_not_contacted():
    pairs = make_pairs(**{f"c{i:05}": 0.5 for i in range(5000)})
    first, _ = build_audience(pairs, make_facts(), request(size=5000, holdout_share=0.1), AS_OF, SETTINGS)
    fewer, _ = build_audience(pairs.tail(2500), make_facts(), request(size=9, holdout_share=0.1), AS_OF, SETTINGS)
    held = first.filter(pl.col("group") == "holdout")
    assert held.height / 5000 == pytest.approx(0.1, abs=0.015)
    assert held["channel"].null_count() == held["send_on"].null_count() == held.height
    again = fewer.join(first, on="customer_id").select(same=pl.col("group") == pl.col("group_right"))
    assert again["same"].all()
    other, _ = build_audience(
        pairs, make_facts(), request(size=5000, holdout_share=0.1, campaign_id="autumn"), AS_OF, SETTINGS
    )
    both = set(held["customer_id"]) & set(other.filter(pl.col("group") == "holdout")["customer_id"])
    assert len(both) / 5000 == pytest.approx(0.01, abs=0.006)


def test_impossible_requests_are_refused():
    with pytest.raises(UsageError, match="size"):
        request(size=0)
    with pytest.raises(UsageError, match="goods"):
        request(product_ids=())
    with pytest.raises(UsageError, match="channel"):
        request(channel="fax")
    with pytest.raises(ImpossibleError, match="ends before"):
        build_audience(make_pairs(a=0.1), make_facts("a"), request(ends_on=date(2025, 1, 1)), AS_OF, SETTINGS)


def test_nobody_known_gives_empty_tables():
    audience, exclusions = build_audience(make_pairs(), make_facts(), request(), AS_OF, SETTINGS)
    assert (audience.height, exclusions.height) == (0, 0)


@given(
    chances=st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=40),
    size=st.integers(1, 40),
    share=st.sampled_from([0.0, 0.3]),
    budget=st.one_of(st.none(), st.floats(0, 20)),
    refused=st.sets(st.integers(0, 40)),
)
def test_audience_and_exclusions_account_for_everybody(chances, size, share, budget, refused):
    names = [f"c{i}" for i in range(len(chances))]
    pairs = pl.DataFrame(
        {"customer_id": names, "product_id": ["牛奶"] * len(names), "probability": chances},
        schema_overrides={"probability": pl.Float64},
    )
    allowed = consents(*[(name, "app", i not in refused, 1) for i, name in enumerate(names)])
    facts = make_facts(*names, "extra", consents=allowed)
    audience, exclusions = build_audience(
        pairs, facts, request(size=size, holdout_share=share, budget=budget, contact_cost=1.0), AS_OF, SETTINGS
    )
    assert audience.height + exclusions["customers"].sum() == len(names) + 1
    assert audience["rank"].to_list() == list(range(1, audience.height + 1))
    assert audience["customer_id"].is_unique().all()
    assert audience["probability"].is_sorted(descending=True)


def test_the_global_control_group_is_the_same_in_every_campaign_and_nobody_contacts_it():
    people = [f"c{number}" for number in range(400)]
    pairs, facts = make_pairs(**dict.fromkeys(people, 0.5)), make_facts(*people)
    settings = AudienceSettings(control_share=0.2)
    reached = []
    for name in ("spring", "summer"):
        audience, exclusions = build_audience(pairs, facts, request(campaign_id=name, size=400), AS_OF, settings)
        assert 50 < codes(exclusions)["control_group"] < 110
        reached.append(set(audience["customer_id"]))
    assert reached[0] == reached[1]


def test_a_planned_contact_moves_the_day_and_one_already_made_is_counted_once():
    settings = AudienceSettings(max_contacts=1, contact_window_days=3)
    planned = pl.DataFrame(
        {"campaign_id": ["K"] * 2, "customer_id": ["a", "b"], "channel": ["sms"] * 2, "day": [date(2025, 3, 2)] * 2}
    )
    made = contacts(("K", "b", "sms"))
    facts = make_facts("a", "b", planned=planned, contacts=made)
    audience, _ = build_audience(make_pairs(a=0.5, b=0.4), facts, request(campaign_id="L"), AS_OF, settings)
    # a has one on 2 March, so 5 March is the first day with room; b's was made on 27 February
    assert audience.select("customer_id", "send_on").rows() == [("a", date(2025, 3, 5)), ("b", date(2025, 3, 2))]


def test_only_the_weekdays_asked_for_are_used():
    mondays = request(weekdays=(1,))
    audience, _ = build_audience(make_pairs(a=0.5), make_facts("a"), mondays, AS_OF, SETTINGS)
    assert audience["send_on"].to_list() == [date(2025, 3, 3)]
    with pytest.raises(ImpossibleError, match="weekdays"):
        build_audience(
            make_pairs(a=0.5), make_facts("a"), request(weekdays=(1,), ends_on=date(2025, 3, 3)), AS_OF, SETTINGS
        )


def test_a_contact_costs_what_its_channel_costs():
    values = pl.DataFrame({"product_id": ["牛奶"], "value": [4.0]})
    given_ = consents(("a", "sms", True, 1), ("b", "guide", True, 1))
    asked = request(channels=("sms", "guide"), channel_costs={"guide": 1.5, "sms": 0.1}, budget=1.55)
    facts = make_facts("a", "b", values=values, consents=given_)
    audience, exclusions = build_audience(make_pairs(a=0.5, b=0.6), facts, asked, AS_OF, SETTINGS)
    assert audience["expected_value"].to_list() == pytest.approx([1.9])
    assert codes(exclusions) == {"over_budget": 1}
