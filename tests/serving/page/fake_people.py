"""Answers of the fake service about people: recommendations, audiences, profiles, rules."""

import math
from datetime import timedelta
from typing import Any

from tests.serving.page.fake_chain import AS_OF, CUSTOMERS, PRODUCTS, error, names


def recommend(body: dict[str, Any]) -> dict[str, Any]:
    rows = []
    for rank, product_id in enumerate(list(PRODUCTS)[: body["k"]], start=1):
        repeat = rank % 3 != 0
        rows.append(
            {
                "customer_id": body["customer_id"],
                "rank": rank,
                "product_id": product_id,
                "score": 1 / rank,
                "probability": 0.62 / rank,
                "kind": "repeat" if repeat else "explore",
                "due_on": (AS_OF + timedelta(days=3 * rank - 6)).isoformat() if repeat else None,
                "reason": f"Bought {9 - rank % 9} times, about every {rank + 6} days.",
                "reason_zh": f"买过{9 - rank % 9}次，大约每{rank + 6}天一次。",
                "probability_7d": 0.3 / rank if repeat else None,
                "probability_14d": 0.45 / rank if repeat else None,
                "probability_28d": 0.62 / rank if repeat else None,
                "fulfilment": {1: "pickup", 2: "ship"}.get(rank, "in_store"),
                "from_store_id": "S02" if rank == 1 else None,
                "rule": "春节主推" if rank == 2 else None,
                "reason_code": "every_days",
            }
        )
    notes = [{"code": "empty_shelves", "text": "3 goods are not on the shelf"}] if body.get("basket") else []
    return {
        "notes": notes,
        "known_by": "purchases",
        "rules_applied": [],
        "attribution_id": "recommend-2026-02-28",
        "recommendations": rows,
        "basis": "cold" if body["customer_id"] == "C00040" else "warm",
        "names": PRODUCTS,
    }


def audience(body: dict[str, Any]) -> dict[str, Any]:
    rows = []
    goods = body.get("product_ids") or ["P0010"]
    for rank in range(1, min(body["size"], len(CUSTOMERS)) + 1):
        probability = 0.7 * math.exp(-rank / 12)
        rows.append(
            {
                "campaign_id": None,
                "product_id": goods[rank % len(goods)],
                "customer_id": CUSTOMERS[rank - 1],
                "person_id": CUSTOMERS[rank - 1],
                "rank": rank,
                "probability": probability,
                "expected_value": 19.9 * probability,
                "group": "holdout" if rank % 10 == 0 else "contact",
                "channel": None if rank % 10 == 0 else body.get("channel", "wechat"),
                "send_on": "2026-03-02",
                "reason": "Buys milk every 9 days; due on 4 March.",
                "reason_zh": "大约每9天买一次牛奶，下次预计3月4日。",
                "attribution_id": "audience-2026-02-28-1a2b3c4d",
                "reason_code": "every_days",
            }
        )
    exclusions = [
        {"code": "no_consent", "reason": "No consent", "customers": 812},
        {"code": "just_bought", "reason": "Bought just now", "customers": 240},
        {"code": "house_rule", "reason": "Asked for peace until May", "customers": 57},
    ]
    answer = {"audience": rows, "exclusions": exclusions, "basis": "warm", "ranked_by": "response", "effect_days": 28}
    answer |= {"data_day": "2026-03-01", "clock_day": "2026-03-01"}
    return answer | {"names": names(goods)}


def profile(body: dict[str, Any], language: str) -> Any:
    chinese = language == "zh"
    if "customer_id" not in body:
        kind = "product" if "product_id" in body else "store"
        return {
            "kind": kind,
            "id": body[f"{kind}_id"],
            "profile": {
                "stage": {"code": "A", "label": "A 类" if chinese else "Class A"},
                "tags": ["常缺货" if chinese else "Often out of stock"],
                "sentences": [],
                "facts": [],
            },
        }
    if body["customer_id"] not in CUSTOMERS:
        return error(404, "not_found", f"customer {body['customer_id']!r} is not known.")
    return {
        "kind": "customer",
        "id": body["customer_id"],
        "profile": {
            "customer_id": body["customer_id"],
            "stage": {"code": "friend", "label": "朋友" if chinese else "Friend"},
            "tags": ["周末采购", "爱喝牛奶", "促销敏感"]
            if chinese
            else ["weekend shopper", "milk lover", "likes offers"],
            "sentences": ["通常每 9 天来一次青石巷店，多在周六上午。", "最近 56 天来得比以前勤。"]
            if chinese
            else ["Comes to 青石巷店 about every 9 days.", "Has come more often lately."],
            "facts": [
                {
                    "key": "next_due_on",
                    "label": "预计下次购买" if chinese else "Next purchase due",
                    "value": "2026-03-05",
                    "unit": "",
                },
                {
                    "key": "spend_365d",
                    "label": "近一年消费" if chinese else "Spend in the last year",
                    "value": 3482.4,
                    "unit": "¥",
                },
                {
                    "key": "churn_risk",
                    "label": "流失风险" if chinese else "Risk of having left",
                    "value": 7.5,
                    "unit": "%",
                },
            ],
            "features": {"spend_365d": 3482.4},
        },
    }


IN_STORE = {"fulfilment": "in_store", "from_store_id": None}


def similar(body: dict[str, Any]) -> dict[str, Any]:
    why = {"reason": "Same category", "reason_code": "same_category"}
    rows = [{"rank": 1, "product_id": "P0012", "score": 0.9} | why | IN_STORE]
    return {"similar": rows, "basis": "warm", "names": PRODUCTS}


def complete_basket(body: dict[str, Any]) -> dict[str, Any]:
    why = {"reason": "Often bought together", "reason_code": "goes_with"}
    rows = [{"rank": 1, "product_id": "P0009", "score": 0.9} | why | IN_STORE]
    return {"goods": rows, "basis": "warm", "names": PRODUCTS}


RULES: list[dict[str, Any]] = []


def rules(body: dict[str, Any]) -> dict[str, Any]:
    if "rules" in body:
        usual = {"attribute": "product_id", "values": [], "factor": 2.0, "limit": 2, "stores": [], "adults_only": False}
        usual |= {"test": "", "test_share": 0.5}
        usual |= {"starts_at": None, "ends_at": None, "name": ""}
        RULES[:] = [usual | rule | {"title": rule["action"], "state": "active"} for rule in body["rules"]]
    return {
        "version": len(RULES),
        "rules": RULES,
        "set_by": None,
        "set_at": None,
        "may_write": True,
        "adult_goods": 0,
        "now": "2026-11-28T12:00:00+00:00",
        "data_day": "2026-03-01",
        "names": PRODUCTS,
    } | {"warnings": ["P0099 is not known"] if any("P0099" in rule["values"] for rule in RULES) else []}
