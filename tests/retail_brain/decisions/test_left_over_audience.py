"""People told of left-over goods: no more than what is left is good for, in their own shop, before it ends."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.audience import build_audience
from retail_brain.decisions.audience_request import LEFT_OVER, AudienceFacts, AudienceRequest
from retail_brain.decisions.eligibility import situation_of
from retail_brain.decisions.offers import judged_offers, within_left_over
from retail_brain.settings import AudienceSettings

AS_OF = date(2025, 2, 28)


def audience(pairs, left, *, homes=None, size=100, **facts):
    """The audience for left-overs, and the number of people left out by code; a unit of milk earns 2, of tea 5."""
    columns = ["customer_id", "product_id", "probability", "due_on"]
    scored = pl.DataFrame(
        pairs, schema=dict(zip(columns, [pl.String, pl.String, pl.Float64, pl.Date], strict=True)), orient="row"
    )
    people = sorted(set(scored["customer_id"]))
    known = AudienceFacts(
        customers=pl.DataFrame(
            {"customer_id": people, "home_store_id": [(homes or {}).get(who, "S") for who in people]}
        ),
        values=pl.DataFrame({"product_id": ["milk", "tea"], "value": [2.0, 5.0]}),
        left_over=pl.DataFrame(left, schema=LEFT_OVER, orient="row"),
        **facts,
    )
    request = AudienceRequest(("milk", "tea"), size, holdout_share=0.0)
    rows, excluded = build_audience(scored, known, request, AS_OF, AudienceSettings())
    return rows, dict(excluded.select("code", "customers").rows())


def test_people_told_are_no_more_than_what_is_left_divided_by_their_chance():
    pairs = [(f"C{number}", "milk", 0.5, None) for number in range(9)]
    rows, excluded = audience(pairs, [("S", "milk", 2.0, date(2025, 3, 10))])
    assert (rows.height, excluded) == (4, {"others_told": 5})


def test_a_person_is_told_of_one_product_and_goes_on_to_the_next_best():
    pairs = [(who, product, 0.5, None) for who in ("A", "B", "C") for product in ("milk", "tea")]
    left = [("S", "milk", 0.5, date(2025, 3, 10)), ("S", "tea", 0.5, date(2025, 3, 10))]
    rows, excluded = audience(pairs, left)
    assert rows.select("customer_id", "product_id").rows() == [("A", "tea"), ("B", "milk")]
    assert rows["probability"].to_list() == [0.5, 0.5]
    assert rows["reason"].to_list() == ["50.0% likely to buy tea.", "50.0% likely to buy milk."]
    assert excluded == {"others_told": 1}


def test_what_is_left_in_another_shop_is_nothing_to_tell():
    left = [("S", "milk", 9.0, date(2025, 3, 10))]
    rows, excluded = audience([("A", "milk", 0.5, None), ("B", "milk", 0.5, None)], left, homes={"B": "T"})
    assert (rows["customer_id"].to_list(), excluded) == (["A"], {"no_stock": 1})


def test_nobody_is_told_after_the_goods_end_or_of_goods_wanted_later():
    left = [("S", "milk", 9.0, date(2025, 3, 4)), ("S", "tea", 9.0, AS_OF)]
    pairs = [
        ("A", "milk", 0.5, date(2025, 3, 4)),
        ("B", "milk", 0.5, date(2025, 3, 5)),
        ("C", "tea", 0.5, None),
        ("D", "milk", 0.5, date(2025, 3, 1)),
    ]
    rows, excluded = audience(pairs, left)
    assert dict(rows.select("customer_id", "send_on").rows()) == {"A": date(2025, 3, 3), "D": date(2025, 3, 1)}
    assert excluded == {"too_late": 2}


def test_people_held_out_take_nothing_of_what_is_left():
    scored = pl.DataFrame({"customer_id": ["A", "B", "C"], "product_id": "milk", "probability": [0.9, 0.6, 0.6]})
    homes = pl.DataFrame({"customer_id": ["A", "B", "C"], "home_store_id": "S"})

    def told(units: float, *, whole: bool = False) -> list[str]:
        left = pl.DataFrame([("S", "milk", units, date(2025, 3, 10))], LEFT_OVER, orient="row")
        facts = AudienceFacts(homes, left_over=left)
        request = AudienceRequest(("milk",), 9, holdout_share=0.0)
        situation, pairs = situation_of(scored, facts, request)
        offers = judged_offers(pairs, situation, request, AS_OF, AudienceSettings())
        every = np.ones(3, dtype=np.bool_)
        found = within_left_over(offers, situation.crowd, every, lambda person: person == 0, whole_units=whole)
        return ["ABC"[person] for person in found.person[found.code == 0]]

    # 0.9 is more than is left for anybody; B takes 0.6 of 0.7, and 0.6 more do not fit.
    assert told(0.7) == ["B"]
    assert told(1.0) == ["A", "B"]
    # whole units: A is told nothing and takes none, so that one is there for B and the next for C
    assert [told(units, whole=True) for units in (0.9, 1.0, 1.9, 2.0)] == [[], ["A", "B"], ["A", "B"], ["A", "B", "C"]]


@pytest.mark.parametrize(("share", "value"), [(None, 1.0), (0.25, 2 * 0.5 * 0.25 * 0.5 / (1 - 0.5 * 0.25))])
def test_what_would_have_been_bought_anyway_earns_nothing(share, value):
    rows, _ = audience([("A", "milk", 0.5, None)], [("S", "milk", 9.0, date(2025, 3, 10))], caused_share=share)
    assert rows["expected_value"].to_list() == pytest.approx([value])


def test_the_chance_of_any_of_several_goods_is_not_told_as_that_of_one():
    pairs = pl.DataFrame({"customer_id": ["A", "A"], "product_id": ["milk", "tea"], "probability": [0.5, 0.4]})
    facts = AudienceFacts(customers=pl.DataFrame({"customer_id": ["A"]}))
    request = AudienceRequest(("milk", "tea"), 10, holdout_share=0.0)
    row = build_audience(pairs, facts, request, AS_OF, AudienceSettings())[0].row(0, named=True)
    assert row["probability"] == pytest.approx(1 - 0.5 * 0.6)
    assert row["reason"] == "70.0% likely to buy one of the goods, 50.0% to buy milk."
    assert row["reason_zh"] == "购买其中任一商品的概率约70.0%，购买「milk」的概率约50.0%。"
