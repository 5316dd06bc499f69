"""A small stand-in for the service: the page's tests need answers that never change.

Questions and answers are checked against the service's own models, so that neither the page nor this file can speak of
what the service does not know.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from serving.http.access import ROLE_SCOPES
from serving.http.routes import ROUTES
from serving.page.app import create_app
from tests.serving.page import (
    fake_assets,
    fake_campaigns,
    fake_demand,
    fake_guides,
    fake_insight,
    fake_jobs,
    fake_office,
    fake_orders,
    fake_people,
    fake_segments,
    fake_stock,
)
from tests.serving.page.fake_chain import AS_OF, CUSTOMERS, KEY, PRODUCTS, STORES, error

RIGHTS: dict[str, Any] = {}
"""What a test changes about the key and its landing. A route of the browser would do it too, at twice the processor:
it keeps no file of the page, and asks the test about each."""
INSTEAD: dict[str, Callable[[Any, Any], Any]] = {}
"""The same for other routes: what was asked and what would be answered -> what is."""


def overview(body: dict[str, Any]) -> dict[str, Any]:
    return whole_overview() | RIGHTS


def whole_overview() -> dict[str, Any]:
    return {
        "as_of": AS_OF.isoformat(),
        "period": "day",
        "currency": "¥",
        "currency_sign": "¥",
        "currency_digits": 2,
        "tenant": "main",
        "role": "admin",
        "place": {"kind": "headquarters", "regions": [], "stores": [], "guide": None},
        "published_at": "2026-03-01T01:20:00Z",
        "answers_id": "20260301T012000-0a1b2c",
        "horizon": 28,
        "quantiles": [0.05, 0.25, 0.5, 0.75, 0.95],
        "label_days": 28,
        "parts": ["demand", "recommender"],
        "open": 40,
        "scopes": sorted(ROLE_SCOPES["admin"]),
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
        "consistency": [
            check("losing_order", 3, "Orders expected to lose money", "预计亏损的订货"),
            check("sent_after_end", 0, "People told too late", "通知过晚"),
        ],
    }


def check(name: str, lines: int, reason: str, reason_zh: str) -> dict[str, Any]:
    found = {"check": name, "lines": lines, "explained": lines, "units": 2.0 * lines, "money": 12.0 * lines}
    return found | {"reason": reason, "reason_zh": reason_zh}


def search(body: dict[str, Any]) -> dict[str, Any]:
    query = body["query"].casefold()
    items = {
        "store": [{"id": key, "name": name, "detail": detail} for key, (name, detail) in STORES.items()],
        "product": [{"id": key, "name": name, "detail": "食品"} for key, name in PRODUCTS.items()],
        "customer": [{"id": key, "name": "", "detail": "会员"} for key in CUSTOMERS],
    }[body["kind"]]
    found = [item for item in items if query in f"{item['id']} {item['name']} {item['detail']}".casefold()]
    return {"items": found[: body["limit"]]}


ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "overview": overview,
    "search": search,
    "history": fake_demand.history,
    "forecast": fake_demand.forecast,
    "replenish": fake_stock.replenish,
    "recommend": fake_people.recommend,
    "audience": fake_people.audience,
    "segments": fake_segments.segments,
    "anomalies": fake_insight.anomalies,
    "funnel": fake_insight.funnel,
    "assets": fake_assets.assets,
    "models": fake_insight.models,
    "drift": fake_insight.drift,
    "promote": fake_insight.promote,
    "quarantine": fake_insight.quarantine,
    "calendar": fake_insight.calendar,
    "jobs": fake_jobs.jobs,
    "job": fake_jobs.job,
    "job_start": fake_jobs.start,
    "job_cancel": fake_jobs.cancel,
    "job_upload": fake_jobs.upload,
    "campaigns": fake_campaigns.campaigns,
    "campaign": fake_campaigns.campaign,
    "campaign_act": fake_campaigns.act,
    "campaign_propose": fake_campaigns.propose,
    "campaign_contacts": fake_campaigns.contacts,
    "campaign_effect": fake_campaigns.effect,
    "campaign_measure": fake_campaigns.measure,
    "decisions": fake_orders.decisions,
    "head_office": fake_office.head_office,
    "worth": fake_office.worth,
    "listing": fake_orders.lines,
    "bulk_decisions": fake_orders.bulk,
    "changes_file": fake_orders.changes,
    "listing_file": fake_orders.file,
    "line_history": fake_orders.history,
    "line_comment": fake_orders.comment,
    "line_plan": fake_stock.line_plan,
    "attention": fake_stock.attention,
    "transfers": fake_stock.transfers,
    "counts": fake_stock.counts,
    "leftovers": fake_stock.leftovers,
    "orders": fake_stock.orders,
    "what_if": fake_demand.what_if,
    "similar": fake_people.similar,
    "complete_basket": fake_people.complete_basket,
    "rules": fake_people.rules,
    "guides": fake_guides.guides,
    "guide_list": fake_guides.listed,
    "guide_make": fake_guides.make,
    "guide_answers": fake_guides.answers,
    "overrides": fake_demand.overrides,
    "ledger": fake_demand.ledger,
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
    made = fake_people.profile(body, language) if name == "profile" else ANSWERS[name](body)
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
        if name in INSTEAD:
            made = INSTEAD[name](body, made)
        return made if isinstance(made, Response) else JSONResponse(made)

    return answer


async def ready(request: Request) -> Response:
    return PlainTextResponse("")


async def home(request: Request) -> Response:
    return RedirectResponse("ui/")


def create_fake() -> Starlette:
    """The page with its fake service behind it; `state.asked` lists the questions it was asked."""
    posts = [Route(f"/{name}", route(name), methods=["POST"]) for name in [*ANSWERS, "profile"]]
    app = Starlette(routes=[Route("/", home), Route("/readyz", ready), *posts, Mount("/ui", create_app())])
    app.state.asked = []
    return app


if __name__ == "__main__":
    import sys

    import uvicorn

    uvicorn.run(create_fake(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
