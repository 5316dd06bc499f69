"""The table of routes: what each takes and gives, what it needs, and where it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from serving.http.access import Scope
from serving.http.handlers import (
    audience,
    events,
    forecast,
    orders,
    overrides,
    overview,
    profile,
    recommend,
    related_goods,
    routing,
    rules,
    stock_network,
    suggestions,
    what_if,
)
from serving.http.handlers.call import Call
from serving.http.messages.demand_messages import (
    ForecastRequest,
    ForecastResponse,
    HistoryRequest,
    HistoryResponse,
    LedgerRequest,
    LedgerResponse,
    OverridesRequest,
    OverridesResponse,
    WhatIfRequest,
    WhatIfResponse,
)
from serving.http.messages.goods_messages import BasketRequest, BasketResponse, SimilarRequest, SimilarResponse
from serving.http.messages.lookup_messages import (
    OverviewRequest,
    OverviewResponse,
    ProfileRequest,
    ProfileResponse,
    SearchRequest,
    SearchResponse,
)
from serving.http.messages.network_messages import (
    AttentionRequest,
    AttentionResponse,
    CountsResponse,
    LeftoversResponse,
    NetworkRequest,
    RouteOrderRequest,
    RouteOrderResponse,
    TransfersResponse,
)
from serving.http.messages.people_messages import (
    AudienceRequest,
    AudienceResponse,
    EventsRequest,
    EventsResponse,
    RecommendRequest,
    RecommendResponse,
    RulesRequest,
    RulesResponse,
)
from serving.http.messages.stock_messages import (
    DecisionsRequest,
    DecisionsResponse,
    OrdersRequest,
    OrdersResponse,
    ReceiptsRequest,
    ReceiptsResponse,
    ReplenishRequest,
    ReplenishResponse,
)


@dataclass(frozen=True, slots=True)
class Route:
    """One POST route.

    Attributes:
        path: where it is.
        summary: one line for the documentation.
        request: what it takes.
        response: what it gives; documented and tested, not checked at every call.
        run: the use case.
        scopes: any one of these lets a role in; the use case may ask for more.
        threaded: whether it runs in a thread because it takes more than about a millisecond or waits for a disk.
    """

    path: str
    summary: str
    request: type[BaseModel]
    response: type[BaseModel]
    run: Callable[[Any, Call], dict[str, Any]]
    scopes: tuple[Scope, ...]
    threaded: bool = False


ROUTES: tuple[Route, ...] = (
    Route(
        "/forecast",
        "Demand of products in a store",
        ForecastRequest,
        ForecastResponse,
        forecast.forecast,
        (Scope.DEMAND,),
    ),
    Route(
        "/what_if",
        "Demand at another price or under a promotion",
        WhatIfRequest,
        WhatIfResponse,
        what_if.what_if,
        (Scope.DEMAND,),
        threaded=True,
    ),
    Route(
        "/overrides",
        "Put something in the place of forecasts, with a reason and an end",
        OverridesRequest,
        OverridesResponse,
        overrides.overrides,
        (Scope.DEMAND,),
        threaded=True,
    ),
    Route(
        "/ledger",
        "What engine and people added to the forecasts",
        LedgerRequest,
        LedgerResponse,
        overrides.ledger,
        (Scope.DEMAND,),
    ),
    Route(
        "/replenish",
        "What a store should order",
        ReplenishRequest,
        ReplenishResponse,
        suggestions.replenish,
        (Scope.STOCK,),
    ),
    Route(
        "/decisions",
        "Approve, change or reject suggestions",
        DecisionsRequest,
        DecisionsResponse,
        suggestions.decide,
        (Scope.DECIDE,),
        threaded=True,
    ),
    Route(
        "/attention",
        "The lines that matter, over all shops",
        AttentionRequest,
        AttentionResponse,
        stock_network.attention,
        (Scope.STOCK,),
        threaded=True,
    ),
    Route(
        "/transfers",
        "What to move between shops",
        NetworkRequest,
        TransfersResponse,
        stock_network.transfers,
        (Scope.STOCK,),
        threaded=True,
    ),
    Route(
        "/counts",
        "Shelves to count: stock on record that does not sell",
        NetworkRequest,
        CountsResponse,
        stock_network.counts,
        (Scope.STOCK,),
        threaded=True,
    ),
    Route(
        "/leftovers",
        "Goods that will not sell by their date or season",
        NetworkRequest,
        LeftoversResponse,
        stock_network.leftovers,
        (Scope.STOCK, Scope.PEOPLE),
        threaded=True,
    ),
    Route(
        "/route_order",
        "Which shops send an online order",
        RouteOrderRequest,
        RouteOrderResponse,
        routing.route,
        (Scope.STOCK,),
        threaded=True,
    ),
    Route(
        "/orders",
        "How far decided suggestions have come",
        OrdersRequest,
        OrdersResponse,
        orders.orders,
        (Scope.STOCK,),
        threaded=True,
    ),
    Route(
        "/receipts",
        "Note what arrived of the orders",
        ReceiptsRequest,
        ReceiptsResponse,
        orders.receive,
        (Scope.DECIDE,),
        threaded=True,
    ),
    Route(
        "/recommend",
        "Goods for a person",
        RecommendRequest,
        RecommendResponse,
        recommend.recommend,
        (Scope.PEOPLE,),
    ),
    Route(
        "/rules",
        "What operators decide about goods: read, check, set",
        RulesRequest,
        RulesResponse,
        rules.rules,
        (Scope.PEOPLE, Scope.RULES),
        threaded=True,
    ),
    Route(
        "/audience",
        "People for goods",
        AudienceRequest,
        AudienceResponse,
        audience.audience,
        (Scope.PEOPLE,),
        threaded=True,
    ),
    Route(
        "/similar",
        "What could stand in for a product",
        SimilarRequest,
        SimilarResponse,
        related_goods.similar,
        (Scope.GOODS,),
    ),
    Route(
        "/complete_basket",
        "What goes with the goods in a basket",
        BasketRequest,
        BasketResponse,
        related_goods.complete_basket,
        (Scope.GOODS,),
    ),
    Route(
        "/profile",
        "One person, product or store in words",
        ProfileRequest,
        ProfileResponse,
        profile.profile,
        (Scope.GOODS, Scope.PEOPLE),
    ),
    Route(
        "/events",
        "Take events in",
        EventsRequest,
        EventsResponse,
        events.take_events,
        (Scope.EVENTS,),
        threaded=True,
    ),
    Route(
        "/search",
        "Find stores, products and customers",
        SearchRequest,
        SearchResponse,
        overview.search,
        (Scope.GOODS, Scope.PEOPLE),
        threaded=True,
    ),
    Route(
        "/history",
        "Recent sales of a product in a store",
        HistoryRequest,
        HistoryResponse,
        forecast.history,
        (Scope.DEMAND, Scope.STOCK),
    ),
    Route(
        "/overview",
        "What there is",
        OverviewRequest,
        OverviewResponse,
        overview.overview,
        tuple(Scope),
    ),
)
