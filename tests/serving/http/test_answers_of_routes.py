"""What each route answers, to the letter."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from retail_brain.decisions.offer_rule_definition import Rule
from retail_brain.which_day import clock_day, data_day
from serving.http.messages.people_messages import RuleRow
from serving.http.routes import ROUTES
from tests.serving.synthetic_chain import AS_OF


def test_a_rule_is_described_with_all_its_fields() -> None:
    assert set(RuleRow.model_fields) == {*Rule.model_fields, "title", "state"}


def test_an_id_given_twice_counts_once(client: Any) -> None:
    for path, body in (
        ("/forecast", {"store_id": "S001", "horizon": 2}),
        ("/complete_basket", {}),
        ("/audience", {"size": 5}),
        ("/replenish", {"store_id": "S001"}),
    ):
        once = client.ask(path, body | {"product_ids": ["P0001", "P0002"]})
        assert client.ask(path, body | {"product_ids": ["P0001", "P0002", "P0001"]}) == once, path
    assert client.ask("/forecast", {"store_id": "S001", "product_ids": ["P0001"], "horizon": 2.0})


def test_forecast_gives_a_row_per_day_with_its_quantiles_and_drivers(client: Any) -> None:
    asked = {"store_id": "S001", "product_ids": ["P0002"], "horizon": 2, "quantiles": [0.05, 0.5], "explain": True}
    assert client.ask("/forecast", asked) == {
        "forecasts": [
            {
                "store_id": "S001",
                "product_id": "P0002",
                "date": "2025-03-01",
                "forecast": 4.0,
                "forecast_p05": 1.6,
                "forecast_p50": 4.0,
                "promotion": False,
                "drivers": {"level": 3.0, "weekday": 0.75, "price": 0.25},
            },
            {
                "store_id": "S001",
                "product_id": "P0002",
                "date": "2025-03-02",
                "forecast": 3.0,
                "forecast_p05": 1.2,
                "forecast_p50": 3.0,
                "promotion": True,
                "drivers": {"level": 2.0, "weekday": 0.75, "price": 0.25},
            },
        ],
        "basis": "warm",
        "planned_ends": [],
        "cold_product_ids": [],
        "left_out": [],
        "names": {"P0002": "苹果2"},
    }


def test_a_promotion_planned_for_every_store_is_marked_in_each(client: Any) -> None:
    for store_id in ("S001", "S002", "S003"):
        asked = {"store_id": store_id, "product_ids": ["P0003"], "horizon": 2, "explain": True}
        assert [row["promotion"] for row in client.ask("/forecast", asked)["forecasts"]] == [True, False]


def test_a_series_that_is_the_same_every_day_comes_back_with_every_day(client: Any) -> None:
    answer = client.ask("/forecast", {"store_id": "S002", "product_ids": ["P0050"], "horizon": 28, "explain": True})
    assert [row["forecast"] for row in answer["forecasts"]] == [52.0] * 28
    assert {row["forecast_p95"] for row in answer["forecasts"]} == {93.6}
    assert {row["drivers"] for row in answer["forecasts"]} == {None}


def test_quantiles_between_the_published_ones_are_interpolated(client: Any) -> None:
    asked = {"store_id": "S002", "product_ids": ["P0050"], "horizon": 1, "quantiles": [0.625]}
    row = client.ask("/forecast", asked)["forecasts"][0]
    assert row["forecast_p62_5"] == pytest.approx(52 * (1.0 + 1.3) / 2, abs=1e-3)


def test_a_product_without_forecast_gets_that_of_its_like_and_says_so(client: Any) -> None:
    answer = client.ask("/forecast", {"store_id": "S001", "product_ids": ["P0001", "新品"], "horizon": 1})
    assert answer["cold_product_ids"] == ["新品"]
    assert answer["basis"] == "warm"
    assert client.ask("/forecast", {"store_id": "S003", "product_ids": ["P0050"], "horizon": 1}) == {
        "forecasts": [
            {"store_id": "S003", "product_id": "P0050", "date": "2025-03-01"}
            | {"forecast": 51.5}
            | {
                f"forecast_p{percent}": round(51.5 * factor, 4)
                for percent, factor in zip(
                    ("05", "10", "25", "50", "75", "90", "95"), (0.4, 0.5, 0.7, 1.0, 1.3, 1.6, 1.8), strict=True
                )
            }
        ],
        "basis": "cold",
        "cold_product_ids": ["P0050"],
        "left_out": [],
        "names": {"P0050": "苹果50"},
    }


def test_goods_taken_off_the_assortment_are_no_new_ones(client: Any) -> None:
    answer = client.ask("/forecast", {"store_id": "S001", "product_ids": ["P0001", "老品"], "horizon": 2})
    assert "taken off the assortment" in answer["left_out"][0].pop("note")
    assert answer["left_out"] == [{"product_id": "老品", "reason": "delisted", "last_sale": "2024-08-31"}]
    assert (answer["basis"], answer["cold_product_ids"]) == ("warm", [])
    gone = [row for row in answer["forecasts"] if row["product_id"] == "老品"]
    assert [(row["forecast"], row["forecast_p95"]) for row in gone] == [(0.0, 0.0)] * 2
    elsewhere = client.ask("/forecast", {"store_id": "S002", "product_ids": ["老品"], "horizon": 1})
    assert (elsewhere["left_out"], elsewhere["cold_product_ids"]) == ([], ["老品"])


def test_replenish_lists_the_most_urgent_first_in_the_language_asked_for(client: Any) -> None:
    answer = client.ask("/replenish", {"store_id": "S002", "limit": 1, "offset": 2}, language="zh")
    assert answer["total"] == 40
    assert answer["names"] == {"P0003": "牛奶3"}
    assert len(answer["suggestions"][0].pop("suggestion_id")) == 24
    assert answer["suggestions"] == [
        {
            "store_id": "S002",
            "product_id": "P0003",
            "as_of": "2025-02-28",
            "order_quantity": 2.0,
            "on_hand": 1.0,
            "on_order": 1.0,
            "demand_until_next_arrival": 1.0,
            "order_up_to": 1.0,
            "safety_stock": 1.0,
            "expected_lost_sales": 1.0,
            "expected_value": 98.0,
            "order_cost": 4.0,
            "case_pack": 1.0,
            "min_order_quantity": 0.0,
            "shelf_room": None,
            "counted_on_hand": 1.0,
            "stock_age_days": 0.0,
            "sold_since_count": 0.0,
            "moved_units": 0.0,
            "shops_hold": 0.0,
            "order_on": "2025-03-01",
            "arrives_on": "2025-03-03",
            "source": "supplier",
            "reason": "满足到下次到货前的需求",
            "reason_code": "order",
            "flags": ["loss"],
            "is_open": True,
            "state": "proposed",
            "decision": None,
        }
    ]


def test_a_budget_buys_the_lines_worth_most_per_unit_of_money(client: Any) -> None:
    answer = client.ask("/replenish", {"store_id": "S002", "budget": 12.5})
    assert [line["product_id"] for line in answer["suggestions"]] == ["P0002", "P0003", "P0004"]
    assert sum(line["order_cost"] for line in answer["suggestions"]) == 2 + 4 + 6


def test_recommend_gives_the_most_probable_goods(client: Any) -> None:
    assert client.ask("/recommend", {"customer_id": "C00100", "k": 2}, language="zh") == {
        "recommendations": [
            {
                "customer_id": "C00100",
                "rank": 1,
                "product_id": "P0034",
                "score": 0.9,
                "probability": 0.9,
                "kind": "repeat",
                "due_on": "2025-03-05",
                "reason": "常买",
                "probability_7d": 0.225,
                "probability_14d": 0.45,
                "probability_28d": 0.9,
                "fulfilment": None,
                "from_store_id": None,
                "rule": None,
                "reason_code": "buys",
            },
            {
                "customer_id": "C00100",
                "rank": 2,
                "product_id": "P0037",
                "score": 0.45,
                "probability": 0.45,
                "kind": "explore",
                "due_on": None,
                "reason": "同好",
                "probability_7d": None,
                "probability_14d": None,
                "probability_28d": None,
                "fulfilment": None,
                "from_store_id": None,
                "rule": None,
                "reason_code": "alike",
            },
        ],
        "basis": "warm",
        "known_by": "purchases",
        "notes": [],
        "rules_applied": [],
        "attribution_id": "recommend-2025-02-28",
        "names": {"P0034": "面包34", "P0037": "面包37"},
    }


def test_recommend_honours_kind_exclusions_basket_and_stock(client: Any) -> None:
    base = {"customer_id": "C00100", "k": 20}
    explore = client.ask("/recommend", base | {"kind": "explore"})["recommendations"]
    assert {row["kind"] for row in explore} == {"explore"}
    without = client.ask("/recommend", base | {"exclude": ["P0034"], "basket": ["P0037"]})["recommendations"]
    assert not {"P0034", "P0037"} & {row["product_id"] for row in without}
    here = client.ask("/recommend", base | {"store_id": "S001"})["recommendations"]
    assert not {"P0010", "P0020", "P0030", "P0040", "P0050", "P0060"} & {row["product_id"] for row in here}
    assert [row["rank"] for row in here] == list(range(1, len(here) + 1))


def test_an_identifier_stands_for_its_customer(client: Any) -> None:
    by_card = client.ask("/recommend", {"id_type": "card", "id_value": "62099", "k": 5})
    assert by_card == client.ask("/recommend", {"customer_id": "C00100", "k": 5})


def test_somebody_unknown_gets_what_sells_and_is_told_so(client: Any) -> None:
    answer = client.ask("/recommend", {"id_type": "device", "id_value": "陌生人", "k": 2})
    assert answer["basis"] == "cold"
    assert [row["product_id"] for row in answer["recommendations"]] == ["P0001", "P0002"]
    assert answer["recommendations"][0]["customer_id"] is None


def test_audience_lists_people_and_counts_those_left_out(client: Any) -> None:
    answer = client.ask("/audience", {"product_ids": ["P0034"], "size": 5, "holdout_share": 0})
    assert [row["rank"] for row in answer["audience"]] == [1, 2, 3, 4, 5]
    assert answer["audience"][0]["customer_id"] in {"C00040", "C00100"}
    assert {row["group"] for row in answer["audience"]} == {"contact"}
    assert {row["reason_code"] for row in answer["audience"]} <= {"buys", "alike"}
    left_out = sum(row["customers"] for row in answer["exclusions"])
    assert left_out + 5 == 200
    assert (answer["basis"], answer["effect_days"]) == (
        "warm",
        28,
    )  # these answers do not say, as those of older versions


def test_an_audience_names_the_published_day_and_that_by_the_clock(client: Any) -> None:
    before = clock_day(datetime.now(UTC))
    answer = client.ask("/audience", {"product_ids": ["P0001"], "size": 3})
    assert answer["data_day"] == data_day(AS_OF).isoformat()
    assert before.isoformat() <= answer["clock_day"] <= clock_day(datetime.now(UTC)).isoformat()


def test_reasons_of_an_audience_name_the_product_as_the_command_does(client: Any) -> None:
    asked = {"product_ids": ["P0034"], "size": 1, "holdout_share": 0}
    assert "likely to buy 面包34" in client.ask("/audience", asked)["audience"][0]["reason"]
    assert "购买「面包34」的概率" in client.ask("/audience", asked, language="zh")["audience"][0]["reason"]


def test_similar_and_complete_basket_leave_out_what_was_named(client: Any) -> None:
    nowhere = {"fulfilment": None, "from_store_id": None}
    same = {"reason_code": "same_category"}
    assert client.ask("/similar", {"product_id": "P0001", "k": 2}) == {
        "similar": [
            {"rank": 1, "product_id": "P0002", "score": 1.0, "reason": "Same category: 类0"} | same | nowhere,
            {"rank": 2, "product_id": "P0003", "score": 0.5, "reason": "Same category: 类0"} | same | nowhere,
        ],
        "basis": "warm",
        "names": {"P0002": "苹果2", "P0003": "牛奶3"},
    }
    goods = client.ask("/complete_basket", {"product_ids": ["P0001", "P0002"], "k": 3})["goods"]
    assert [row["product_id"] for row in goods] == ["P0003", "P0004", "P0005"]
    best = {"rank": 1, "product_id": "P0003", "score": 1.5, "reason": "Often bought with 苹果2"}
    assert goods[0] == best | {"reason_code": "goes_with"} | nowhere
    assert client.ask("/similar", {"product_id": "全新", "k": 1})["basis"] == "cold"


def test_profile_speaks_of_the_person(client: Any) -> None:
    answer = client.ask("/profile", {"customer_id": "C00001"}, language="zh")
    assert (answer["kind"], answer["id"]) == ("customer", "C00001")
    assert answer["profile"]["stage"]["code"] == "friend"


def test_search_finds_every_word_in_any_order_and_lists_the_important_first(client: Any) -> None:
    milk = client.ask("/search", {"kind": "product", "query": "house 牛奶", "limit": 2})
    assert milk == {
        "items": [
            {"id": "P0003", "name": "牛奶3", "detail": "dairy · house brand"},
            {"id": "P0006", "name": "牛奶6", "detail": "dairy · house brand"},
        ]
    }
    assert client.ask("/search", {"kind": "store", "query": "GRAND"})["items"][0]["id"] == "S002"
    assert client.ask("/search", {"kind": "product", "query": "", "limit": 1})["items"][0]["id"] == "P0001"
    assert client.ask("/search", {"kind": "product", "query": "没有这个"}) == {"items": []}
    in_store = client.ask("/search", {"kind": "product", "query": "60", "store_id": "S001"})
    assert in_store == {"items": []}


def test_history_gives_the_days_asked_for_and_the_festivals(client: Any) -> None:
    assert client.ask("/history", {"store_id": "S001", "product_id": "P0001", "days": 2}) == {
        "rows": [
            {"date": "2025-02-27", "units": 1.0, "unit_price": 9.9, "promotion": True, "in_stock": 1.0},
            {"date": "2025-02-28", "units": 0.0, "unit_price": 9.9, "promotion": True, "in_stock": 0.5},
        ],
        "first_day": "2025-02-27",
        "last_day": "2025-02-28",
        "events": [],
    }
    longer = client.ask("/history", {"store_id": "S003", "product_id": "P0001", "days": 60})
    assert longer["rows"] == []
    assert longer["events"] == [{"date": "2025-01-29", "name": "春节", "type": "festival"}]


def test_overview_says_what_there_is(client: Any) -> None:
    answer = client.ask("/overview", {}, role="marketer")
    assert (answer["tenant"], answer["role"], answer["as_of"], answer["horizon"]) == (
        "main",
        "marketer",
        "2025-02-28",
        28,
    )
    assert answer["counts"]["products"] == 60
    assert [store["name"] for store in answer["stores"]] == ["西湖店", "Grand-Place", "网店"]


BODIES: dict[str, dict[str, Any]] = {
    "/overrides": {},
    "/ledger": {},
    "/what_if": {"store_id": "S001", "product_id": "P0002", "horizon": 3, "price": 9.5},
    "/forecast": {"store_id": "S001", "product_ids": ["P0001", "P0060"], "explain": True},
    "/replenish": {"store_id": "S001"},
    "/decisions": {
        "decisions": [{"store_id": "S001", "product_id": "P0005", "as_of": "2025-02-28", "action": "approve"}]
    },
    "/recommend": {"customer_id": "C00001"},
    "/audience": {"product_ids": ["P0001"], "size": 10},
    "/similar": {"product_id": "P0001"},
    "/complete_basket": {"product_ids": ["P0001"]},
    "/profile": {"customer_id": "C00001"},
    "/events": {"events": [{"occurred_at": "2025-03-01T10:00:00", "event_type": "visit"}]},
    "/search": {"kind": "product"},
    "/history": {"store_id": "S001", "product_id": "P0001"},
    "/rules": {},
    "/segments": {},
    "/overview": {},
    "/orders": {},
    "/attention": {},
    "/transfers": {},
    "/bulk_decisions": {
        "batch_id": "asdescribed",
        "as_of": "2025-02-28",
        "action": "approve",
        "check": True,
    },
    "/changes_file": {"file_name": "c.csv", "content": "c3RvcmVfaWQscHJvZHVjdF9pZCxxdWFudGl0eQo="},
    "/head_office": {},
    "/listing_file": {"table": "suggestions", "format": "csv"},
    "/line_history": {"store_id": "S001", "product_id": "P0008"},
    "/line_comment": {"store_id": "S001", "product_id": "P0008", "text": "集市"},
    "/listing": {"table": "suggestions", "group_by": "supplier_id", "limit": 5},
    "/anomalies": {"store_id": "S001"},
    "/counts": {"store_id": "S002"},
    "/leftovers": {},
    "/campaigns": {},
    "/model_test": {},
    "/line_plan": {"store_id": "S001", "product_id": "P0002"},
    "/worth": {},
    "/calendar": {},
    "/route_order": {"lines": [{"product_id": "P0001", "units": 2}], "store_id": "S001"},
}
ELSEWHERE = {
    "/receipts",
    "/campaign",
    "/campaign_act",
    "/campaign_assign",
    "/campaign_contacts",
    "/campaign_effect",
    "/campaign_measure",
    "/campaign_propose",
    "/campaign_receipts",
    "/recommend_batch",
    "/funnel",
    "/assets",
    "/models",
    "/promote",
    "/quarantine",
    "/drift",
    "/triggers",
    "/trigger",
    "/trigger_act",
    "/trigger_run",
    "/trigger_firings",
    "/trigger_effect",
    "/campaign_push",
    "/guides",
    "/guide_save",
    "/guide_leave",
    "/guide_make",
    "/guide_list",
    "/guide_answers",
    "/guide_referrals",
    "/guide_credit",
    "/jobs",
    "/job",
    "/job_start",
    "/job_cancel",
    "/job_upload",
}
"""Routes that need something to have happened before, or answer in lines: `test_orders_over_http.py`,
`test_campaigns_over_http.py`, `test_triggers_and_guides.py`, `test_insight_routes.py`, `test_jobs_over_http.py` and
`test_recommend_batch.py` ask them."""


@pytest.mark.parametrize("route", [one for one in ROUTES if one.path not in ELSEWHERE], ids=lambda route: route.path)
def test_every_route_answers_as_documented(client: Any, route: Any) -> None:
    body = BODIES[route.path]
    if route.path == "/bulk_decisions":  # what other tests decided counts
        totals = client.ask("/listing", {"table": "suggestions", "limit": 0})["totals"]
        body = body | {"view": {"seen_lines": totals["lines"], "seen_units": totals["quantity"]}}
    answer = client.ask(route.path, body)
    model: type[BaseModel] = route.response
    model.model_validate(answer)
    assert not _holds_nan(answer)


def _holds_nan(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nan(one) for one in value.values())
    if isinstance(value, list):
        return any(_holds_nan(one) for one in value)
    return isinstance(value, float) and not math.isfinite(value)
