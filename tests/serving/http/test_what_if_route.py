"""What-if over HTTP: the numbers of each day, what does not change, and questions that cannot be answered."""

import json
import re
from typing import Any

import pytest

from serving.page.app import STATIC

ASKED = {"store_id": "S001", "product_id": "P0002", "horizon": 2}


def test_what_if_gives_both_forecasts_and_the_money(client: Any) -> None:
    answer = client.ask("/what_if", ASKED | {"price": 9.0})
    day = {
        "store_id": "S001",
        "product_id": "P0002",
        "forecast": 2.0,
        "forecast_changed": 2.0,
        "difference": 0.0,
        "price": 10.0,
        "price_changed": 9.0,
        "expected_revenue": 18.0,
        "revenue_difference": -2.0,
        "expected_margin": 6.0,
        "margin_difference": -2.0,
    }
    assert answer["what_if"] == [day | {"date": "2025-03-01"}, day | {"date": "2025-03-02"}]
    assert answer["totals"] == {
        "forecast": 4.0,
        "forecast_changed": 4.0,
        "difference": 0.0,
        "expected_revenue": 36.0,
        "revenue_difference": -4.0,
        "expected_margin": 12.0,
        "margin_difference": -4.0,
    }
    rest = {name: answer[name] for name in answer if name not in {"what_if", "totals"}}
    assert rest == {
        "usual_price": 10.0,
        "seen_prices": {"low": 8.0, "high": 10.0},
        "unit_cost": 6.0,
        "is_beyond_seen_prices": False,
        "elasticity": None,
        "elasticity_of": "model",
        "promoted_periods": 0,
        "promotion_note": None,
        "names": {"P0002": "苹果2"},
    }


def test_the_published_elasticity_says_what_a_price_does(client: Any) -> None:
    asked = ASKED | {"product_id": "P0003"}
    answer = client.ask("/what_if", asked | {"price": 8.0})
    assert (answer["elasticity"], answer["elasticity_of"]) == (-2.0, "product")
    assert [row["forecast_changed"] for row in answer["what_if"]] == [pytest.approx(3 * 0.8**-2, abs=1e-4)] * 2
    near = [client.ask("/what_if", asked | {"price": price})["totals"]["difference"] for price in (9.75, 9.76)]
    assert near[0] > near[1] > 0, "a little cheaper sells a little more"


@pytest.mark.parametrize(
    ("change", "language", "told"),
    [
        ({"price": 8.0}, "en", "A promotion is planned in 1 of 2 periods: it stays, at the price asked about"),
        ({"price": 8.0}, "zh", "2期中有1期计划了促销：促销保留"),
        ({"promotion": False}, "en", "it is called off, and the usual price is paid"),
        ({"promotion": False, "price": 8.0}, "zh", "按取消促销、所问价格计算"),
        ({"promotion": True}, "en", None),
        ({"price_change": 0.1}, "en", "it stays, its price changed by the same share"),
        ({"price_change": 0.1}, "zh", "促销保留，促销价同比例调整"),
        ({"price_change": 0.1, "promotion": False}, "en", "the usual price, changed by the same share, is paid"),
        ({"price_change": 0}, "en", None),
    ],
)
def test_what_happens_to_a_planned_promotion_is_said(
    client: Any, change: dict[str, Any], language: str, told: str | None
) -> None:
    answer = client.ask("/what_if", ASKED | {"product_id": "P0003"} | change, language=language)
    assert answer["promoted_periods"] == 1
    assert answer["promotion_note"] is None if told is None else told in answer["promotion_note"]


def test_no_change_changes_nothing(client: Any) -> None:
    for row in client.ask("/what_if", ASKED)["what_if"]:
        assert row["forecast"] == row["forecast_changed"]
        assert (row["difference"], row["revenue_difference"], row["margin_difference"]) == (0, 0, 0)


def test_a_price_that_was_never_charged_is_said_to_be_one(client: Any) -> None:
    assert client.ask("/what_if", ASKED | {"price": 3.0})["is_beyond_seen_prices"]


def test_a_product_without_prices_can_be_asked_about_promotions_only(client: Any) -> None:
    asked = {"store_id": "S001", "product_id": "P0001", "horizon": 1}
    answer = client.ask("/what_if", asked | {"promotion": True})
    assert answer["what_if"][0]["expected_revenue"] is None
    assert answer["seen_prices"] is None
    assert client.refused("/what_if", asked | {"price": 9.0}) == (422, "impossible")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"price": -1}, 400),
        ({"price": 0}, 400),
        ({"price": "cheap"}, 400),
        ({"promotion": "perhaps"}, 400),
        ({"horizon": 0}, 400),
        ({"horizon": 300}, 422),
        ({"store_id": "nowhere"}, 404),
        ({"product_id": "nothing"}, 404),
        ({"product_id": "P0060"}, 422),
    ],
)
def test_what_cannot_be_answered_is_refused(client: Any, change: dict[str, Any], status: int) -> None:
    assert client.refused("/what_if", ASKED | change)[0] == status


def test_a_marketer_may_not_ask_and_a_tenant_without_a_model_is_told(client: Any) -> None:
    assert client.refused("/what_if", ASKED, role="marketer")[0] == 403
    assert client.refused("/what_if", ASKED, tenant="bare") == (422, "model")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"product_id": "P0060"}, "what_if_not_sold"),
        ({"product_id": "P0001", "price": 9.0}, "what_if_no_prices"),
        ({"horizon": 300}, "horizon"),
    ],
)
def test_a_refusal_names_its_case_for_a_sentence_in_another_language(
    client: Any, change: dict[str, Any], problem: str
) -> None:
    details = client.error("/what_if", ASKED | change)["details"]
    assert details["problem"] == problem
    for language in ("en", "zh"):
        texts = json.loads((STATIC / "i18n" / f"{language}.json").read_text("utf-8"))
        gaps = set(re.findall(r"{(\w+)}", texts[f"problem.{problem}"]))
        assert gaps <= set(details)
