"""A small stand-in for the service: the page's tests need answers that never change.

Questions and answers are checked against the service's own models, so that neither the page nor this file can speak of
what the service does not know.
"""

import math
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import polars as pl
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from retail_brain.settings import ReplenishmentSettings
from serving.http.routes import ROUTES
from serving.page.app import create_app
from serving.planning.stock.line_flags import line_flags

KEY = "test-key"
AS_OF = date(2026, 2, 28)
EVIL = '<img src=x onerror="window.attacked=true"><script>window.attacked=true</script>'
STORES = {
    "S01": ("青石巷店", "杭州 · 社区店"),
    "S02": ("湖滨银泰店", "杭州 · 商场店"),
    "S03": ("观前街店", "苏州 · 街铺"),
    "S90": ("线上商城", "网店"),
}
PRODUCTS = {
    "P0001": "有机纯牛奶 250ml×12",
    "P0002": "手工黑芝麻汤圆 500g",
    "P0003": "阳澄湖大闸蟹礼盒",
    "P0004": "茉莉花茶 100g",
    "P0005": EVIL,
    "P0006": "شاي أخضر بالنعناع",
    "P0007": "🍊 砂糖橘 5斤装 🧧",
    "P0008": "Extra virgin olive oil from a very small mill, cold pressed, in a dark bottle 750 ml",
    "P0009": "精品鲜肉水饺 1kg",
    "P0010": "春节坚果大礼包",
    "P0011": "东北五常大米 10kg",
    "P0012": "低温鲜牛奶 950ml",
}
CUSTOMERS = [f"C{number:05d}" for number in range(1, 41)]
EVENTS = [{"date": "2026-01-01", "name": "元旦", "type": "holiday"}]
EVENTS += [{"date": f"2026-02-{day:02d}", "name": "春节", "type": "festival"} for day in range(15, 22)]
EVENTS += [
    {"date": "2026-03-03", "name": "元宵节", "type": "festival"},
    {"date": "2026-03-08", "name": "妇女节", "type": "festival"},
]


def error(status: int, code: str, message: str, **details: Any) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, "details": details}}, status)


def names(ids: Any) -> dict[str, str]:
    return {one: PRODUCTS[one] for one in ids if one in PRODUCTS}


def overview(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "as_of": AS_OF.isoformat(),
        "period": "day",
        "currency": "¥",
        "tenant": "main",
        "role": "admin",
        "published_at": "2026-03-01T01:20:00Z",
        "answers_id": "20260301T012000-0a1b2c",
        "horizon": 28,
        "quantiles": [0.05, 0.25, 0.5, 0.75, 0.95],
        "label_days": 28,
        "parts": ["demand", "recommender"],
        "open": 40,
        "stores": [{"id": key, "name": name, "open": 10} for key, (name, _) in STORES.items()],
        "counts": {
            "stores": len(STORES),
            "products": len(PRODUCTS),
            "customers": 3210,
            "series": 41,
            "suggestions": 48,
        },
        "bundles": {
            "demand": {
                "version": 4,
                "trained_at": "2026-03-01T00:58:12Z",
                "metrics": {"wape": 0.412, "moving_average_wape": 0.455, "coverage_90": 0.893},
            },
            "recommender": {"version": 2, "trained_at": "2026-03-01T01:06:40Z"},
        },
    }


def search(body: dict[str, Any]) -> dict[str, Any]:
    query = body["query"].casefold()
    items = {
        "store": [{"id": key, "name": name, "detail": detail} for key, (name, detail) in STORES.items()],
        "product": [{"id": key, "name": name, "detail": "食品"} for key, name in PRODUCTS.items()],
        "customer": [{"id": key, "name": "", "detail": "会员"} for key in CUSTOMERS],
    }[body["kind"]]
    found = [item for item in items if query in f"{item['id']} {item['name']} {item['detail']}".casefold()]
    return {"items": found[: body["limit"]]}


def wave(day: date, seed: int) -> float:
    weekend = 1.35 if day.weekday() >= 5 else 1.0
    festival = 1.9 if date(2026, 2, 8) <= day <= date(2026, 2, 21) else 1.0
    return (9 + seed) * weekend * festival * (1 + 0.12 * math.sin(day.toordinal() * 1.7 + seed))


def history(body: dict[str, Any]) -> dict[str, Any]:
    seed = int(body["product_id"][1:])
    rows = []
    for back in range(body["days"] - 1, -1, -1):
        day = AS_OF - timedelta(days=back)
        out, promotion = back in {9, 10, 40}, back % 37 < 6
        units = 0 if out else round(wave(day, seed) * (1.5 if promotion else 1))
        if back % 29 == 5:
            continue  # a day on which nothing was sold is left out
        rows.append(
            {
                "date": day.isoformat(),
                "units": units,
                "unit_price": 15.9 if promotion else 19.9,
                "promotion": promotion,
                "in_stock": 0.0 if out else 1.0,
            }
        )
    first = AS_OF - timedelta(days=body["days"] - 1)
    return {"rows": rows, "first_day": first.isoformat(), "last_day": AS_OF.isoformat(), "events": EVENTS}


def forecast(body: dict[str, Any]) -> Any:
    if body["store_id"] not in STORES:
        return error(
            404,
            "not_found",
            f"store {body['store_id']!r} is not known; wanted one of {', '.join(STORES)}. Choose a store of the list.",
        )
    rows = []
    for product_id in body["product_ids"]:
        seed = int(product_id[1:])
        for ahead in range(1, body["horizon"] + 1):
            day = AS_OF + timedelta(days=ahead)
            mean = wave(day, seed)
            level = 9.0 + seed
            weekday = (0.3 if day.weekday() >= 5 else -0.06) * level
            festival = 2.2 if day.isoformat() in {"2026-03-03", "2026-03-08"} else 0.0
            drivers = {
                "level": level,
                "weekday": weekday,
                "festival": festival,
                "price": -0.4,
                "promotion": 1.6 if 10 <= ahead < 16 else 0.0,
            }
            drivers["other"] = mean - sum(drivers.values())
            row = {
                "store_id": body["store_id"],
                "product_id": product_id,
                "date": day.isoformat(),
                "forecast": mean,
                "drivers": drivers,
            }
            spread = {"p05": 0.55, "p25": 0.82, "p50": 0.98, "p75": 1.17, "p95": 1.55}
            rows.append(row | {f"forecast_{name}": mean * share for name, share in spread.items()})
    return {"forecasts": rows, "basis": "warm", "cold_product_ids": [], "names": names(body["product_ids"])}


def suggestion(store_id: str, index: int, product_id: str) -> dict[str, Any]:
    demand, on_hand = 20.0 + 7 * index, [4.0, 60.0, None, 12.0, -2.0, 30.0][index % 6]
    quantity = [24.0, 0.0, 36.0, 48.0, 24.0, 12.0][index % 6]
    code = ["order", "enough", "unknown_stock", "order", "order", "budget"][index % 6]
    lost = [7.5, 0.1, None, 0.3, 0.4, 0.2][index % 6]
    known = on_hand is not None
    row = {
        "suggestion_id": f"{store_id}-{product_id}",
        "state": "proposed",
        "decision": None,
        "store_id": store_id,
        "product_id": product_id,
        "as_of": AS_OF.isoformat(),
        "order_quantity": quantity,
        "order_on": "2026-03-01",
        "arrives_on": "2026-03-03",
        "on_hand": on_hand,
        "on_order": 6.0 if known else None,
        "demand_until_next_arrival": demand,
        "order_up_to": demand + 8 if known else None,
        "safety_stock": 8.0 if known else None,
        "expected_lost_sales": lost,
        "expected_value": 12.5 * quantity if known else None,
        "source": "transfer:S02" if index == 3 else "supplier",
        "order_cost": 9.9 * quantity,
        "case_pack": 12.0,
        "min_order_quantity": 0.0,
        "shelf_room": None,
        "reason_code": code,
    }
    flags = line_flags(pl.DataFrame([row]), ReplenishmentSettings()).row(0, named=True)
    row["flags"] = [name for name, is_raised in flags.items() if is_raised]
    row["is_open"] = bool(row["flags"]) or quantity > 0
    row["reason"] = (
        f"{on_hand} on hand; {demand:.0f} are expected to be wanted. "
        "Ordered for a 95% chance of no stock-out. 2 packs of 12."
    )
    row["reason_zh"] = (
        f"现有{on_hand}件；预计共需{demand:.0f}件，才能撑到再下一次到货（2026-03-10）。订货后不缺货概率95%。共2箱，每箱12件。"
    )
    return row


def replenish(body: dict[str, Any]) -> dict[str, Any]:
    rows = [suggestion(body["store_id"], index, product_id) for index, product_id in enumerate(PRODUCTS)]
    return {"suggestions": rows, "total": len(rows), "names": PRODUCTS}


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
                "fulfilment": "pickup" if rank == 1 else "in_store",
                "from_store_id": "S02" if rank == 1 else None,
                "rule": "春节主推" if rank == 2 else None,
            }
        )
    notes = [{"code": "empty_shelves", "text": "3 goods are not on the shelf"}] if body.get("basket") else []
    return {
        "notes": notes,
        "known_by": "purchases",
        "rules_applied": [],
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
                "rank": rank,
                "probability": probability,
                "expected_value": 19.9 * probability,
                "group": "holdout" if rank % 10 == 0 else "contact",
                "channel": None if rank % 10 == 0 else body.get("channel", "wechat"),
                "send_on": "2026-03-02",
                "reason": "Buys milk every 9 days; due on 2026-03-04.",
                "reason_zh": "大约每9天买一次牛奶，下次预计3月4日。",
            }
        )
    exclusions = [
        {"code": "no_consent", "reason": "No consent", "customers": 812},
        {"code": "just_bought", "reason": "Bought just now", "customers": 240},
        {"code": "house_rule", "reason": "Asked for peace until May", "customers": 57},
    ]
    return {"audience": rows, "exclusions": exclusions, "basis": "warm", "names": names(goods)}


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


def decisions(body: dict[str, Any]) -> Any:
    past = {"approve": "approved", "change": "changed", "reject": "rejected"}
    usual = {"suggested_quantity": 24.0, "order_quantity": None, "reason": None}
    noted = {"decided_by": "test", "decided_at": "2026-03-01T05:00:00Z"}
    for made in body.get("decisions", []):
        if made.get("order_quantity", 0) % 12 and not made.get("confirm_exception"):
            problem = {"code": "pack", "case_pack": 12.0, "below": 0.0, "above": 12.0}
            return error(422, "unconfirmed", "is not a whole number of packs of 12", problems=[problem])
    only_asked = ("action", "seen_quantity", "confirm_exception")
    return {
        "stored": [
            usual
            | {name: value for name, value in made.items() if name not in only_asked}
            | {"decision": past[made["action"]], "suggestion_id": f"{made['store_id']}-{made['product_id']}"}
            | {"decision_id": made.get("decision_id", f"d{place}")}
            | noted
            for place, made in enumerate(body.get("decisions", []))
        ],
        "withdrawn": [],
    }


def with_reason(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"reason": "because it pays", "reason_zh": "因为划算"}


def attention(body: dict[str, Any]) -> dict[str, Any]:
    kinds = ["leftover", "phantom", "transfer", "stockout"]
    rows = [
        with_reason({"kind": kind, "money": 400.0 - 100 * place, "store_id": "S01", "product_id": f"P000{place + 1}"})
        | {"other_store_id": "S02" if kind == "transfer" else None, "units": 3.0}
        for place, kind in enumerate(kinds)
    ]
    sums = [{"kind": row["kind"], "lines": 1, "money": row["money"]} for row in rows]
    return {"attention": rows, "total": 31, "kinds": sums, "open": 40, "names": PRODUCTS}


def transfers(body: dict[str, Any]) -> dict[str, Any]:
    row = {"product_id": "P0005", "from_store_id": "S01", "to_store_id": "S02", "units": 4.0, "expected_value": 12.5}
    return {"transfers": [with_reason(row)], "total": 1, "names": PRODUCTS}


def counts(body: dict[str, Any]) -> dict[str, Any]:
    row = {"store_id": "S03", "product_id": "P0004", "as_of": AS_OF.isoformat(), "on_hand": 9.0, "expected_units": 8.1}
    row |= {"days_without_sale": 11, "probability": 0.995, "expected_value": 31.4}
    return {"counts": [with_reason(row)], "total": 1, "names": PRODUCTS}


def leftovers(body: dict[str, Any]) -> dict[str, Any]:
    row = {"store_id": "S02", "product_id": "P0010", "as_of": AS_OF.isoformat(), "on_hand": 8.0, "probability": 1.0}
    row |= {"sell_by": "2026-03-07", "left_over_units": 6.5, "value_at_risk": 310.0, "reason_code": "season"}
    rows = [] if body.get("store_id") == "S90" else [with_reason(row)]
    return {"leftovers": rows, "total": len(rows), "names": PRODUCTS}


def orders(body: dict[str, Any]) -> dict[str, Any]:
    row = {"suggestion_id": "s1", "store_id": "S01", "product_id": "P0001", "as_of": AS_OF.isoformat()}
    row |= {"state": "received", "decision": "changed", "suggested_quantity": 24.0, "order_quantity": 30.0}
    row |= {"received_units": 24.0, "open_units": 6.0, "received_on": "2026-03-03", "reason": "周末集市"}
    row |= {"exported_at": "2026-03-01T06:00:00Z", "decided_by": "李女士", "decided_at": "2026-03-01T05:00:00Z"}
    row |= {"decision_id": "d1", "is_exception": False}
    return {"orders": [row], "total": 1, "open": 40, "states": {"received": 1}, "names": PRODUCTS}


def what_if(body: dict[str, Any]) -> Any:
    if body["product_id"] == "P0004":
        return error(422, "impossible", "product 'P0004' sells too rarely here to ask about another price.")
    price = body.get("price", 19.9)
    rows = []
    for ahead in range(1, body["horizon"] + 1):
        changed = 10 * (price / 19.9) ** -2
        rows.append(
            {
                "store_id": body["store_id"],
                "product_id": body["product_id"],
                "date": (AS_OF + timedelta(days=ahead)).isoformat(),
                "forecast": 10.0,
                "forecast_changed": changed,
                "difference": changed - 10,
                "price": 19.9,
                "price_changed": price,
                "expected_revenue": changed * price,
                "revenue_difference": changed * price - 199,
                "expected_margin": changed * (price - 12),
                "margin_difference": changed * (price - 12) - 79,
            }
        )
    kept = {"store_id", "product_id", "date", "price", "price_changed"}
    sums = {name: sum(row[name] for row in rows) for name in rows[0] if name not in kept}
    return {
        "what_if": rows,
        "totals": sums,
        "usual_price": 19.9,
        "seen_prices": {"low": 14.9, "high": 21.9},
        "unit_cost": 12.0,
        "is_beyond_seen_prices": price < 14.9,
        "names": PRODUCTS,
    }


IN_STORE = {"fulfilment": "in_store", "from_store_id": None}


def similar(body: dict[str, Any]) -> dict[str, Any]:
    rows = [{"rank": 1, "product_id": "P0012", "score": 0.9, "reason": "Same category"} | IN_STORE]
    return {"similar": rows, "basis": "warm", "names": PRODUCTS}


def complete_basket(body: dict[str, Any]) -> dict[str, Any]:
    rows = [{"rank": 1, "product_id": "P0009", "score": 0.9, "reason": "Often bought together"} | IN_STORE]
    return {"goods": rows, "basis": "warm", "names": PRODUCTS}


RULES: list[dict[str, Any]] = []


def rules(body: dict[str, Any]) -> dict[str, Any]:
    if "rules" in body:
        usual = {"attribute": "product_id", "values": [], "factor": 2.0, "limit": 2, "stores": [], "adults_only": False}
        usual |= {"starts_at": None, "ends_at": None, "name": ""}
        RULES[:] = [usual | rule | {"title": rule["action"], "state": "active"} for rule in body["rules"]]
    return {
        "version": len(RULES),
        "rules": RULES,
        "set_by": None,
        "set_at": None,
        "may_write": True,
        "adult_goods": 0,
    } | {"warnings": ["P0099 is not known"] if any("P0099" in rule["values"] for rule in RULES) else []}


OVERRIDES: list[dict[str, Any]] = []


def overrides(body: dict[str, Any]) -> dict[str, Any]:
    for made in body.get("overrides", []):
        row = made | {"begins_on": "2026-03-01", "made_by": "李女士", "made_at": "2026-03-01T05:00:00Z"}
        OVERRIDES.append(row | {"state": "active", "withdrawn_by": None})
    for row in OVERRIDES:
        row["state"] = "withdrawn" if row["override_id"] in body.get("withdraw", []) else row["state"]
    return {"overrides": OVERRIDES, "total": len(OVERRIDES), "stored": [], "may_write": True}


def ledger(body: dict[str, Any]) -> dict[str, Any]:
    numbers = {
        "mae_lag": 0.4,
        "bias_lag": -0.05,
        "score_lag": 0.45,
        "mae_sum": 0.2,
        "bias_sum": 0.01,
        "score_sum": 0.21,
    }
    row = {"scope": "all", "origin": None, "user": None, "touch": "engine", "rows": 31} | numbers
    return {"ledger": [row, row | {"scope": "user", "user": "李女士", "touch": "override"}], "as_of": "2026-02-28"}


ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "overview": overview,
    "search": search,
    "history": history,
    "forecast": forecast,
    "replenish": replenish,
    "recommend": recommend,
    "audience": audience,
    "decisions": decisions,
    "attention": attention,
    "transfers": transfers,
    "counts": counts,
    "leftovers": leftovers,
    "orders": orders,
    "what_if": what_if,
    "similar": similar,
    "complete_basket": complete_basket,
    "rules": rules,
    "overrides": overrides,
    "ledger": ledger,
}


MODELS = {route.path.strip("/"): route for route in ROUTES}


def in_language(rows: list[Any], language: str) -> list[Any]:
    """Rows with their reason in the language that was asked for."""
    return [
        {name: value for name, value in row.items() if name != "reason_zh"}
        | ({"reason": row["reason_zh"]} if language == "zh" else {})
        if isinstance(row, dict) and "reason_zh" in row
        else row
        for row in rows
    ]


def answer_to(name: str, body: dict[str, Any], language: str) -> Any:
    """What a route answers, checked against the service's model of it.

    Raises:
        ValidationError: the service would not answer like that.
    """
    made = profile(body, language) if name == "profile" else ANSWERS[name](body)
    if isinstance(made, Response):
        return made
    spoken = {key: in_language(value, language) if isinstance(value, list) else value for key, value in made.items()}
    MODELS[name].response.model_validate(spoken)
    return spoken


def route(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return error(
                401, "unauthorized", "The key is missing or not known. Send it as 'Authorization: Bearer KEY'."
            )
        body = await request.json()
        request.app.state.asked.append((name, body))
        try:
            MODELS[name].request.model_validate(body)
        except ValidationError as wrong:
            return error(400, "bad_request", str(wrong))
        made = answer_to(name, body, request.headers["accept-language"])
        return made if isinstance(made, Response) else JSONResponse(made)

    return answer


async def home(request: Request) -> Response:
    return RedirectResponse("ui/")


def create_fake() -> Starlette:
    """The page with its fake service behind it; `state.asked` lists the questions it was asked."""
    posts = [Route(f"/{name}", route(name), methods=["POST"]) for name in [*ANSWERS, "profile"]]
    app = Starlette(routes=[Route("/", home), *posts, Mount("/ui", create_app())])
    app.state.asked = []
    return app


if __name__ == "__main__":
    import sys

    import uvicorn

    uvicorn.run(create_fake(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
