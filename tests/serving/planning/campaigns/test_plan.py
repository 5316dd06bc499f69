"""Whom a campaign reaches, by hand."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from retail_brain.decisions.goods_ends import GOODS_ENDS
from retail_brain.errors import ImpossibleError, NotFoundError, UsageError
from retail_brain.operational.campaign_effects import StoredEffect
from retail_brain.settings import AudienceSettings, CampaignSettings, Settings
from serving.planning.campaigns.hours import contact_hours, open_hours
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.campaigns.plan import plan_campaign
from serving.planning.campaigns.preview import preview_of

SETTINGS = Settings()
NONE = OtherPlans.none()


def listed(plan: Any) -> list[str]:
    found: list[str] = plan.listed["customer_id"].to_list()
    return found


def test_a_preview_counts_people_buyers_value_and_reach_by_hand(make_source: Any, define: Any) -> None:
    slots = [{"channel": "sms", "text": "a", "text_zh": "b", "contact_cost": 0.05}]
    source = make_source(people=4, changes={"caused_share": 0.25})
    found = preview_of(plan_campaign(define(slots=slots), "k", source, NONE, SETTINGS))
    caused = 0.4 * 0.25 * 0.6 / (1 - 0.4 * 0.25)
    assert (found["considered"], found["contacts"], found["holdout"], found["steps"]) == (4, 4, 0, [])
    assert found["expected_buyers"] == pytest.approx(4 * 0.4)
    assert found["caused_purchases"] == pytest.approx(4 * caused, abs=1e-4)
    assert found["cost"] == pytest.approx(0.2)
    assert found["expected_value"] == pytest.approx(4 * (caused * 10 - 0.05), abs=1e-4)
    assert (found["caused_share"], found["effect_basis"]) == (0.25, "measured")
    assert found["incremental_share"] == pytest.approx(found["caused_purchases"] / found["expected_buyers"], abs=1e-4)
    assert found["channels"] == [{"channel": "sms", "reachable": 4, "contacts": 4, "cost": 0.2}]
    assert [(row["store_id"], row["contacts"]) for row in found["stores"]] == [("S1", 2), ("S2", 2)]
    assert found["stock"][0] == {
        "store_id": "S1",
        "product_id": "P1",
        "stock": 100.0,
        "promised_before": 0.0,
        "promised": 0.8,
        "contacts": 2,
    }
    assert found["days"] == [{"day": "2025-03-01", "contacts": 4}]


def test_without_a_measured_effect_the_assumed_one_is_used_and_said(make_source: Any, define: Any) -> None:
    found = preview_of(plan_campaign(define(), "k", make_source(), NONE, SETTINGS))
    assert (found["caused_share"], found["effect_basis"]) == (0.1, "assumed")


def test_buyers_of_any_of_the_goods_are_told_apart_from_those_of_the_one_named(make_source: Any, define: Any) -> None:
    found = preview_of(plan_campaign(define(product_ids=["P1", "P2"]), "k", make_source(people=2), NONE, SETTINGS))
    assert found["expected_buyers"] == pytest.approx(2 * 0.4)
    assert found["expected_buyers_any"] == pytest.approx(2 * (1 - 0.6 * 0.8))


def test_a_product_named_twice_promises_its_stock_once(define: Any, make_source: Any) -> None:
    once = preview_of(plan_campaign(define(product_ids=["P1"]), "k", make_source(people=9), NONE, SETTINGS))
    twice = preview_of(plan_campaign(define(product_ids=["P1", "P1"]), "k", make_source(people=9), NONE, SETTINGS))
    assert twice == once


@pytest.mark.parametrize(
    ("changes", "goods"),
    [
        ({"category": "milk"}, {"P2"}),
        ({"launched_since": "2025-01-01"}, {"P2"}),
        ({"segment": "stage:friend"}, {"P1"}),
        ({"customer_ids": ["c1", "c2"]}, {"P1"}),
    ],
)
def test_goods_may_be_named_by_what_they_are_or_chosen_for_each_person(
    make_source: Any, define: Any, changes: dict[str, Any], goods: set[str]
) -> None:
    plan = plan_campaign(define(product_ids=None, **changes), "k", make_source(), NONE, SETTINGS)
    assert set(plan.listed["product_id"]) == goods


def test_a_segment_a_list_and_shops_limit_the_people(make_source: Any, define: Any) -> None:
    source = make_source()
    assert listed(plan_campaign(define(segment="stage:friend"), "k", source, NONE, SETTINGS)) == ["c1", "c3", "c5"]
    both = define(segment="stage:friend", customer_ids=["c0", "c3"])
    assert listed(plan_campaign(both, "k", source, NONE, SETTINGS)) == ["c3"]
    assert listed(plan_campaign(define(store_ids=["S1"]), "k", source, NONE, SETTINGS)) == ["c0", "c2", "c4"]
    with pytest.raises(NotFoundError, match="stage:friend, stage:stranger"):
        plan_campaign(define(segment="stage:nobody"), "k", source, NONE, SETTINGS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"store_ids": ["S1", "s2"]}, r"1 store id is not known: 's2' \(is it S2\?\)"),
        ({"customer_ids": ["c1", "c11", "x"]}, r"2 customer ids are not known: 'c11' \(is it c1.*\); 'x'\."),
        ({"product_ids": ["P1", "P3"]}, r"'P3' \(is it P\d or P\d\?\)"),
        ({"product_ids": None, "category": "teaa"}, "Is it tea"),
    ],
)
def test_names_that_nobody_has_are_refused_with_the_nearest(
    make_source: Any, define: Any, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(NotFoundError, match=said):
        plan_campaign(define(**changes), "k", make_source(), NONE, SETTINGS)


def test_people_named_by_one_card_are_told_by_whichever_can_be_reached(make_source: Any, define: Any) -> None:
    persons = pl.DataFrame({"customer_id": ["c1", "c3"], "person_id": ["c1", "c1"], "first_customer_id": ["c1", "c1"]})
    granted = pl.DataFrame(
        {"customer_id": ["c3"], "channel": ["sms"], "granted": [True], "changed_at": [datetime(2025, 1, 1)]}
    )
    source = make_source(changes={"persons": persons, "consents": granted})
    plan = plan_campaign(define(customer_ids=["c1"]), "k", source, NONE, SETTINGS)
    assert plan.listed.select("person_id", "customer_id", "home_store_id").rows() == [("c1", "c3", "S2")]
    assert preview_of(plan)["considered"] == 1


def test_left_over_stock_is_told_in_its_own_shop_until_it_is_promised(make_source: Any, define: Any) -> None:
    plan = plan_campaign(define(product_ids=None, left_over=True), "k", make_source(people=20), NONE, SETTINGS)
    # one unit is left in S1, and each person takes .2 of one
    assert listed(plan) == ["c0", "c10", "c12", "c14", "c16"]
    assert set(plan.people["code"].drop_nulls()) == {"no_stock", "others_told"}


ASSUMED = SETTINGS.campaigns.assumed_caused_share


@pytest.mark.parametrize(
    ("published", "told", "basis"),
    [
        (ASSUMED, {"left_over_is_measured": False}, ("assumed", 0)),
        (0.3, {"left_over_is_measured": True, "left_over_campaigns": 2}, ("measured", 2)),
        # answers of older versions do not say what was behind it
        (ASSUMED, {}, ("assumed", 0)),
        (0.3, {}, ("measured", 0)),
    ],
)
def test_the_share_of_left_overs_is_told_with_what_was_behind_it_when_it_was_published(
    make_source: Any, define: Any, published: float, told: dict[str, Any], basis: tuple[str, int]
) -> None:
    effect = {"is_final": True, "reading": None, "caused_share": {"value": 0.8, "error": 0.001}}
    looks = [StoredEffect("spring", date(2025, 2, 20), effect, "Li", datetime(2025, 2, 20, tzinfo=UTC))]
    left, goods = define(product_ids=None, left_over=True), define()
    source = make_source(changes={"left_over_share": published} | told)
    found = preview_of(plan_campaign(left, "k", source, NONE, SETTINGS, looks))
    assert (found["caused_share"], found["effect_basis"], found["measured_campaigns"]) == (published, *basis)
    found = preview_of(plan_campaign(goods, "k", source, NONE, SETTINGS, looks))
    assert (found["effect_basis"], found["measured_campaigns"]) == ("measured", 1)


def test_stock_that_others_promised_is_promised_once(make_source: Any, define: Any) -> None:
    promised = pl.DataFrame({"store_id": ["S1"], "product_id": ["P1"], "units": [0.3]})
    plan = plan_campaign(define(), "k", make_source(stock=1.0), OtherPlans(NONE.contacts, promised), SETTINGS)
    # .7 left in S1 is one person at .4; 1 in S2 is two
    assert plan.listed["home_store_id"].sort().to_list() == ["S1", "S2", "S2"]
    unlimited = plan_campaign(
        define(stock_limit=False), "k", make_source(stock=1.0), OtherPlans(NONE.contacts, promised), SETTINGS
    )
    assert unlimited.listed.height == 6


def test_contacts_of_other_campaigns_count_for_the_caps(make_source: Any, define: Any) -> None:
    settings = Settings(audience=AudienceSettings(max_contacts=1, contact_window_days=7))
    others = pl.DataFrame({"campaign_id": ["o"], "customer_id": ["c1"], "channel": ["app"], "day": [date(2025, 3, 4)]})
    plan = plan_campaign(define(), "k", make_source(people=2), OtherPlans(others, NONE.promises), settings)
    assert listed(plan) == ["c0"]
    assert plan.people["code"].drop_nulls().to_list() == ["planned_elsewhere"]


def test_hours_are_those_of_the_campaign_that_are_not_quiet(define: Any) -> None:
    usual = CampaignSettings()
    assert open_hours(define(first_hour=6, last_hour=11), usual) == [9, 10]
    night = CampaignSettings(quiet_from=0, quiet_until=6)
    assert open_hours(define(first_hour=4, last_hour=8), night) == [6, 7]
    with pytest.raises(ImpossibleError, match="quiet"):
        open_hours(define(first_hour=21, last_hour=24), usual)


def test_the_hour_is_the_open_one_nearest_to_when_the_person_answers() -> None:
    people = pl.DataFrame({"person_id": ["a", "b", "c"]})
    answers = [("a", 23), ("b", 12), ("b", 12), ("d", 11), ("d", 11), ("d", 11)]
    responses = pl.DataFrame(
        {
            "person_id": [who for who, _ in answers],
            "responded_at": [datetime(2025, 1, 1, hour) for _, hour in answers],
        }
    )
    assert contact_hours(people, responses, [9, 10, 11, 12, 20])["hour"].to_list() == [20, 12, 11]
    assert contact_hours(people, None, [9, 10])["hour"].to_list() == [9, 9, 9]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"category": "tea"}, "give one of"),
        ({"product_ids": None}, "give goods"),
        ({"ends_on": "2025-03-01"}, "ends_on is the day after"),
        ({"ends_on": "2027-03-01"}, "a year at most"),
        ({"slots": []}, "slots"),
        ({"first_hour": 12, "last_hour": 12}, "last_hour must"),
        ({"slots": [{"channel": "sms", "text": "a", "text_zh": "b"}] * 2}, "one slot"),
        ({"starts_on": 20250301}, "starts_on"),
        ({"sise": 3}, "sise"),
    ],
)
def test_a_definition_that_cannot_be_meant_is_refused_by_name(define: Any, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        define(**changes)


def test_unknown_goods_are_named(make_source: Any, define: Any) -> None:
    for changes, said in (({"product_ids": ["P9"]}, "P9"), ({"product_ids": None, "category": "x"}, "'x'")):
        with pytest.raises(NotFoundError, match=said):
            plan_campaign(define(**changes), "k", make_source(), NONE, SETTINGS)


def test_a_campaign_of_named_goods_contacts_nobody_after_their_season_or_listing(make_source: Any, define: Any) -> None:
    last = [("S1", "P1", date(2025, 3, 3)), (None, "P2", date(2025, 2, 28))]
    ends = pl.DataFrame(last, schema=GOODS_ENDS, orient="row")
    source = make_source(people=4, changes={"ends": ends})
    for limit in (True, False):
        later = define(starts_on="2025-03-04", stock_limit=limit)
        plan = plan_campaign(later, "k", source, NONE, SETTINGS)
        found = preview_of(plan)
        # with the limit the own shop counts: those of S1 are left out; without it the other shop will do
        assert found["contacts"] == (2 if limit else 4)
        assert [(step["code"], step["customers"]) for step in found["steps"]] == ([("too_late", 2)] if limit else [])
        assert all("season or listing" in step["reason"] and "过季" in step["reason_zh"] for step in found["steps"])
        over = preview_of(plan_campaign(define(product_ids=["P2"], stock_limit=limit), "k", source, NONE, SETTINGS))
        assert (over["contacts"], [step["code"] for step in over["steps"]]) == (0, ["too_late"])


@pytest.mark.parametrize("goods", [["P1"], ["P1", "P2"]])
def test_the_incremental_share_is_that_of_the_plans_own_numbers(
    make_source: Any, define: Any, goods: list[str]
) -> None:
    source = make_source(people=4, changes={"caused_share": 0.25})
    definition = define(product_ids=goods, stock_limit=False)  # with the limit each is told of one product alone
    found = preview_of(plan_campaign(definition, "k", source, NONE, SETTINGS))
    chances = [0.4, 0.2][: len(goods)]
    caused = sum(one * 0.25 * (1 - one) / (1 - one * 0.25) for one in chances)
    assert found["expected_purchases"] == pytest.approx(4 * sum(chances))
    assert found["incremental_share"] == pytest.approx(caused / sum(chances), abs=1e-4)
    assert found["incremental_share"] == pytest.approx(
        found["caused_purchases"] / found["expected_purchases"], abs=1e-3
    )
    assert found["incremental_share"] < found["caused_share"] == 0.25


def test_a_plan_that_contacts_nobody_has_no_share(make_source: Any, define: Any) -> None:
    found = preview_of(plan_campaign(define(), "k", make_source(stock=0.0), NONE, SETTINGS))
    assert (found["contacts"], found["expected_purchases"], found["incremental_share"]) == (0, 0.0, None)
