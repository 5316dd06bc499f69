"""What is worked out on arrays, against plain loops."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.arrays import NO_DAY
from retail_brain.decisions.audience import build_audience
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.crowd import Crowd
from retail_brain.decisions.eligibility import any_chances, assess, assessed, channel_names, situation_of
from retail_brain.decisions.frame_memo import _MOST_BYTES, FrameMemo
from retail_brain.decisions.goods_on_offer import Goods, InShops, Purchases
from retail_brain.decisions.holdout import Holdout, is_holdout
from retail_brain.decisions.ranking import best_first, covered, cut_to_size, rank_people
from retail_brain.decisions.reached import Reached, reached_of
from retail_brain.settings import AudienceSettings
from retail_brain.text_column import TextColumn

AS_OF = date(2025, 2, 28)


@given(st.lists(st.tuples(st.sampled_from([1.0, 2.0, float("nan")]), st.sampled_from([0.1, 0.2]))), st.integers(1, 6))
def test_the_first_by_value_chance_and_account_are_those_of_a_whole_sort(
    people: list[tuple[float, float]], size: int
) -> None:
    account = np.arange(len(people))[::-1].copy()
    expected, chance = (np.array([one[of] for one in people]) for of in (0, 1))
    worth = [float("-inf") if np.isnan(value) else value for value in expected]
    wanted = sorted(range(len(people)), key=lambda one: (-worth[one], -chance[one], account[one]))[:size]
    assert best_first(expected, chance, account, size).tolist() == wanted
    # frames of campaigns go by the same rule
    named = {"customer_id": [f"c{place:03}" for place in account], "expected_value": expected, "probability": chance}
    frame = pl.DataFrame(named, schema_overrides={"customer_id": pl.String}).with_columns(
        pl.col("expected_value").fill_nan(None), place=pl.int_range(pl.len())
    )
    assert rank_people(frame)["place"].head(size).to_list() == wanted


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.3])), max_size=8), st.sampled_from([0.0, 0.3, 0.6])
)
def test_a_budget_ends_at_the_first_contact_that_it_does_not_cover(
    people: list[tuple[bool, float]], budget: float
) -> None:
    spent, wanted = 0.0, 0
    for held, cost in people:
        spent += 0.0 if held else cost
        if spent > budget * (1 + 1e-12):
            break
        wanted += 1
    assert covered(np.array([0.0 if held else cost for held, cost in people]), budget) == wanted
    frame = pl.DataFrame({"held": [held for held, _ in people], "channel": [f"by {cost}" for _, cost in people]},
                         schema={"held": pl.Boolean, "channel": pl.String})  # fmt: skip
    costs = {f"by {cost}": cost for _, cost in people}
    request = AudienceRequest(product_ids=("T",), size=5, budget=budget, channel_costs=costs, contact_cost=0.0)
    codes = cut_to_size(frame, request)["code"].to_list()
    assert codes == [
        "beyond_size" if place >= 5 else "over_budget" if place >= wanted else None for place in range(len(people))
    ]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(1, 9)), max_size=12))
def test_the_last_purchase_of_an_owner_is_that_of_any_account(bought: list[tuple[int, int, int]]) -> None:
    accounts, goods = pl.Series(["a", "b", "c", "d"]), pl.Series(["x", "y", "z"])
    rows = {(accounts[who], goods[what], AS_OF - timedelta(days=day)) for who, what, day in bought}
    schema = {"customer_id": pl.String, "product_id": pl.String, "bought_on": pl.Date}
    held = Purchases.of(pl.DataFrame(sorted(rows), schema, orient="row"), accounts, goods)
    owner_of = np.array([0, 1, 1, -1])  # b and c are of one person, d is withheld
    owner, product = np.array([0, 1, 0, 1]), np.array([0, 0, 2, 2])
    wanted = []
    for who, what in zip(owner, product, strict=True):
        days = [day for one, good, day in rows if good == goods[int(what)] and owner_of["abcd".index(one)] == who]
        wanted.append((max(days) - date(1970, 1, 1)).days if days else NO_DAY)
    assert held.newest(owner_of, 2, owner, product).tolist() == wanted


@pytest.mark.parametrize("is_left_over", [False, True])
def test_goods_of_the_own_shop_are_looked_up_by_shop_and_product(is_left_over: bool) -> None:
    yes = np.array([True, True])
    shops = InShops(
        np.array([1, 2]), np.array([True, False]), np.array([False, True]), np.ones(2), np.array([7, NO_DAY])
    )
    goods = Goods(pl.Series(["x", "y"]), np.ones(2), yes, yes, ~yes, shops, is_left_over)
    # shop 0 has y, shop 1 has x, nobody knows the shop of the last one
    available, free, units, ends = goods.at(np.array([1, 0, 0, 1]), np.array([0, 1, 0, -1]))
    assert available.tolist() == [True, False, False, not is_left_over]
    assert free.tolist() == [False, True, False, not is_left_over]
    assert (units.tolist(), ends.tolist()) == ([1, 1, 0, 0], [7, NO_DAY, NO_DAY, NO_DAY])


@given(
    st.lists(st.booleans(), min_size=4, max_size=4).filter(any),
    st.booleans(),
    st.sampled_from([NO_DAY, 9, 11, 12, 20]),
    st.sampled_from([NO_DAY, 8, 11, 30]),
)
def test_a_contact_is_sent_on_the_last_open_day_up_to_the_wanted_one_or_the_first_after_it(
    is_open: list[bool], every_day: bool, due: int, ends: int
) -> None:
    days = [10, 11, 13, 14]
    none = np.zeros(1, dtype=np.int8)
    row = np.array([-1 if every_day else 0])
    reached = Reached(none, none, none, [], np.array(days), row, np.array([is_open]))
    until = max(min(14, ends if ends != NO_DAY else 14), 10)
    wanted = 10 if due == NO_DAY else min(max(due - 1, 10), until)
    usable = [day for day, free in zip(days, is_open, strict=True) if free or every_day]
    before = [day for day in usable if day <= wanted]
    sent = reached.sent_on(np.zeros(1, dtype=np.int64), np.array([due]), np.array([ends]))
    assert sent.tolist() == [max(before) if before else min(usable)]


def test_the_holdout_of_a_few_is_that_of_all() -> None:
    ids = pl.Series([f"c{number}" for number in range(50)])
    wanted, held = is_holdout(ids, "K", 0.4).to_list(), Holdout(TextColumn.of(ids), "K", 0.4)
    assert [held.one(place) for place in range(50)] == wanted
    assert held.many(np.array([3, 7])).tolist() == [wanted[3], wanted[7]]
    assert not Holdout(TextColumn.of(ids), "K", 0.0).one(3)


def test_of_equal_chances_the_first_product_says_why_nothing_is_offered() -> None:
    pairs = pl.DataFrame(
        {"customer_id": "a", "product_id": ["x", "y"], "probability": 0.5, "kind": ["repeat", "explore"]}
    )
    stock = pl.DataFrame({"store_id": "S", "product_id": ["x", "y"], "on_hand": [0.0, 0.0]})
    for kind, code in (("repeat", "no_stock"), ("explore", "other_kind")):
        request = AudienceRequest(("y", "x"), 9, kind=kind)  # type: ignore[arg-type]
        facts = AudienceFacts(pl.DataFrame({"customer_id": ["a"]}), stock=stock)
        assert assess(pairs, facts, request, AS_OF, AudienceSettings())["code"].to_list() == [code]


def test_the_chance_of_any_good_counts_goods_that_are_not_offered_too() -> None:
    pairs = pl.DataFrame(
        {"customer_id": ["a", "a", "b"], "product_id": ["x", "y", "x"], "probability": [0.5, 0.5, 0.2]}
    )
    facts = AudienceFacts(
        pl.DataFrame({"customer_id": ["a", "b", "c"]}),
        stock=pl.DataFrame({"store_id": ["S"], "product_id": ["y"], "on_hand": [0.0]}),
    )
    request = AudienceRequest(("x", "y"), 9)
    situation, scored = situation_of(pairs, facts, request)
    found = assessed(scored, situation, request, AS_OF, AudienceSettings())
    assert dict(any_chances(found).iter_rows()) == pytest.approx({"a": 0.75, "b": 0.2})


def test_who_is_only_scored_is_considered_and_scored_once() -> None:
    pairs = pl.DataFrame(
        {"customer_id": ["b", "b", "b"], "product_id": ["x", "x", "y"], "probability": [0.2, 0.9, 0.4]}
    )
    facts = AudienceFacts(pl.DataFrame({"customer_id": ["a"]}))
    rows, left = build_audience(pairs, facts, AudienceRequest(("x",), 9, holdout_share=0.0), AS_OF, AudienceSettings())
    assert rows.select("customer_id", "probability").rows() == [("b", pytest.approx(0.2))]
    assert left.select("code", "customers").rows() == [("no_signal", 1)]


def test_results_that_are_large_are_forgotten_by_their_bytes() -> None:
    memo = FrameMemo()

    class Large:
        nbytes = _MOST_BYTES // 2 + 1

    inputs = [object(), object()]
    first = memo.get((inputs[0],), "x", Large)
    assert memo.get((inputs[0],), "x", Large) is first
    second = memo.get((inputs[1],), "x", Large)
    assert memo.get((inputs[1],), "x", Large) is second
    assert memo.get((inputs[0],), "x", Large) is not first


@pytest.mark.parametrize("has_consents", [True, False])
def test_plans_and_refusals_change_what_is_known_of_the_people_they_name_alone(has_consents: bool) -> None:
    """The whole crowd worked out at once says the same."""
    people = [f"c{number:02}" for number in range(40)]
    made = [("K", who, "sms", AS_OF - timedelta(days=2), False) for who in people[::2]]
    consents = [(who, channel, True, datetime(2025, 1, 1)) for who in people for channel in ("sms", "app")]
    planned = [("P", who, "app", AS_OF + timedelta(days=3)) for who in people[:6]]
    accounts = {"customer_id": ["c00", "c05"], "person_id": "c00", "first_customer_id": "c05"}
    facts = AudienceFacts(
        pl.DataFrame({"customer_id": people}),
        consents=pl.DataFrame(consents, ["customer_id", "channel", "granted", "changed_at"], orient="row")
        if has_consents
        else None,
        contacts=pl.DataFrame(
            made, ["campaign_id", "customer_id", "channel", "contacted_at", "is_holdout"], orient="row"
        ),
        planned=pl.DataFrame(planned, ["campaign_id", "customer_id", "channel", "day"], orient="row"),
        opt_outs=pl.DataFrame({"customer_id": ["c04", "c06"], "channel": "sms", "changed_at": datetime(2025, 2, 1)}),
        persons=pl.DataFrame(accounts),
    )
    crowd = Crowd.of(pl.Series(people), facts)
    request, settings = AudienceRequest(("x",), 9), AudienceSettings(max_contacts=2, contact_window_days=14)
    found = reached_of(crowd, facts, request, AS_OF, settings)
    whole = Reached.of(crowd.persons, crowd.accounts, facts, request, AS_OF, settings)
    every = np.arange(len(crowd.persons))
    none = np.full(len(every), NO_DAY)
    assert found.code.tolist() == whole.code.tolist()
    assert found.account.tolist() == whole.account.tolist()
    assert channel_names(found, every).to_list() == channel_names(whole, every).to_list()
    assert found.sent_on(every, none, none).tolist() == whole.sent_on(every, none, none).tolist()
    alone = reached_of(crowd, replace(facts, planned=None, opt_outs=None), request, AS_OF, settings)
    assert channel_names(alone, every).to_list() != channel_names(found, every).to_list()
