"""Table of routes: request and response model, handler, scopes, and whether it runs in a thread.

One table serves requests, writes /docs.json and is the list that the conformance tests run over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from serving.http.access import Scope, ScopedBy
from serving.http.handlers import (
    audience,
    campaigns,
    events,
    forecast,
    listing,
    orders,
    overrides,
    overview,
    profile,
    recommend,
    related_goods,
    routing,
    rules,
    segments,
    stock_network,
    suggestions,
    what_if,
)
from serving.http.handlers.call import Call
from serving.http.messages.campaign_messages import (
    CampaignActRequest,
    CampaignContactsRequest,
    CampaignContactsResponse,
    CampaignEffectRequest,
    CampaignEffectResponse,
    CampaignMeasureRequest,
    CampaignProposeRequest,
    CampaignReceiptsRequest,
    CampaignReceiptsResponse,
    CampaignRequest,
    CampaignResponse,
    CampaignsRequest,
    CampaignsResponse,
)
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
from serving.http.messages.listing_messages import ListingRequest, ListingResponse
from serving.http.messages.lookup_messages import (
    OverviewRequest,
    OverviewResponse,
    ProfileRequest,
    ProfileResponse,
    SearchRequest,
    SearchResponse,
)
from serving.http.messages.network_messages import (
    AnomaliesResponse,
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
    RecommendBatchLine,
    RecommendBatchRequest,
    RecommendRequest,
    RecommendResponse,
    RulesRequest,
    RulesResponse,
)
from serving.http.messages.segment_messages import SegmentsRequest, SegmentsResponse
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
    """One route, asked by POST with a JSON body.

    Attributes:
        path: address below the service's root, such as `/forecast`.
        summary: one line for the documentation.
        request: model of the body.
        response: model of the answer; documented and tested, not checked at every call.
        run: the handler.
        scopes: any one of these lets a role in; the handler may ask for more.
        threaded: whether it runs in a thread because it takes more than about a millisecond or waits for a disk.
        tag: subject in the documentation, one of `serving.http.openapi.TAGS` or a word of your own.
        depends_on: gives what an answer depends on besides request, language, role and the tenant's view, to be
            compared by `==`; such answers are kept and given again. None, or a result of `ANEW`: they are computed.
        streams: whether the handler checks the request and then gives an iterator of answers, each sent as a line of
            NDJSON once it is computed; `response` is the model of a line.
        scoped_by: how it is narrowed for keys of a region, shops or a guide; None answers them with 403.
        owner: which entry point of which package declares it; the service sets it, and it is empty for a built-in one.
    """

    path: str
    summary: str
    request: type[BaseModel]
    response: type[BaseModel]
    run: Callable[[Any, Call], Any]
    scopes: tuple[Scope, ...]
    threaded: bool = False
    tag: str = "extensions"
    depends_on: Callable[[Any, Call], Any] | None = None
    streams: bool = False
    owner: str = ""
    scoped_by: ScopedBy | None = None


def _view_alone(_request: Any, _call: Call) -> None:
    """Nothing but the tenant's view."""


ROUTES: tuple[Route, ...] = (
    Route(
        "/forecast",
        "Demand forecast of products in a store",
        ForecastRequest,
        ForecastResponse,
        forecast.forecast,
        (Scope.DEMAND,),
        tag="demand",
        depends_on=_view_alone,
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/what_if",
        "What-if: demand at another price or under a promotion",
        WhatIfRequest,
        WhatIfResponse,
        what_if.what_if,
        (Scope.DEMAND,),
        threaded=True,
        tag="demand",
        depends_on=_view_alone,
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/overrides",
        "Override forecasts, with a reason and an end",
        OverridesRequest,
        OverridesResponse,
        overrides.overrides,
        (Scope.DEMAND,),
        threaded=True,
        tag="demand",
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/ledger",
        "Forecast value added (FVA): what engine and people added to the forecasts",
        LedgerRequest,
        LedgerResponse,
        overrides.ledger,
        (Scope.DEMAND,),
        tag="demand",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/replenish",
        "Order suggestions of a store",
        ReplenishRequest,
        ReplenishResponse,
        suggestions.replenish,
        (Scope.STOCK,),
        tag="stock",
        depends_on=_view_alone,
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/listing",
        "Lines of all stores: filter, sort, search, group, totals",
        ListingRequest,
        ListingResponse,
        listing.lines_of,
        (Scope.STOCK, Scope.PEOPLE),
        threaded=True,
        tag="stock",
        depends_on=listing.depends_on,
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/decisions",
        "Approve, change or reject suggestions",
        DecisionsRequest,
        DecisionsResponse,
        suggestions.decide,
        (Scope.DECIDE,),
        threaded=True,
        tag="stock",
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/attention",
        "Exceptions over all stores, most money at stake first",
        AttentionRequest,
        AttentionResponse,
        stock_network.attention,
        (Scope.STOCK,),
        threaded=True,
        tag="stock",
        depends_on=_view_alone,
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/transfers",
        "Stock transfers between stores",
        NetworkRequest,
        TransfersResponse,
        stock_network.transfers,
        (Scope.STOCK,),
        threaded=True,
        tag="stock",
        depends_on=_view_alone,
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/counts",
        "Cycle counts: stock on record that has stopped selling",
        NetworkRequest,
        CountsResponse,
        stock_network.counts,
        (Scope.STOCK,),
        threaded=True,
        tag="stock",
        depends_on=_view_alone,
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/anomalies",
        "Anomalies: days on which sales fell outside the forecast",
        NetworkRequest,
        AnomaliesResponse,
        stock_network.anomalies,
        (Scope.STOCK,),
        threaded=True,
        tag="stock",
        depends_on=_view_alone,
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/leftovers",
        "Excess or obsolete stock: what will not sell by its date, listing or season",
        NetworkRequest,
        LeftoversResponse,
        stock_network.leftovers,
        (Scope.STOCK, Scope.PEOPLE),
        threaded=True,
        tag="stock",
        depends_on=_view_alone,
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/route_order",
        "Order routing: which stores fulfil an online order",
        RouteOrderRequest,
        RouteOrderResponse,
        routing.route,
        (Scope.STOCK,),
        threaded=True,
        tag="stock",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/orders",
        "Order book: status of decided suggestions",
        OrdersRequest,
        OrdersResponse,
        orders.orders,
        (Scope.STOCK,),
        threaded=True,
        tag="stock",
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/receipts",
        "Goods receipts: what arrived of the orders",
        ReceiptsRequest,
        ReceiptsResponse,
        orders.receive,
        (Scope.DECIDE,),
        threaded=True,
        tag="stock",
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/recommend",
        "Recommendations for a person",
        RecommendRequest,
        RecommendResponse,
        recommend.recommend,
        (Scope.PEOPLE,),
        tag="people",
        depends_on=recommend.depends_on,
        scoped_by=ScopedBy.PEOPLE,
    ),
    Route(
        "/recommend_batch",
        "Recommendations for many people, one line each (NDJSON)",
        RecommendBatchRequest,
        RecommendBatchLine,
        recommend.recommend_batch,
        (Scope.PEOPLE,),
        tag="people",
        streams=True,
        scoped_by=ScopedBy.PEOPLE,
    ),
    Route(
        "/rules",
        "Merchandising rules: read, check, set",
        RulesRequest,
        RulesResponse,
        rules.rules,
        (Scope.PEOPLE, Scope.RULES),
        threaded=True,
        tag="people",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/segments",
        "Customer segments: list, count, save, people, remove",
        SegmentsRequest,
        SegmentsResponse,
        segments.segments,
        (Scope.PEOPLE,),
        threaded=True,
        tag="people",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/audience",
        "Audience: people for goods",
        AudienceRequest,
        AudienceResponse,
        audience.audience,
        (Scope.PEOPLE,),
        threaded=True,
        tag="people",
        depends_on=audience.depends_on,
        scoped_by=ScopedBy.PEOPLE,
    ),
    Route(
        "/campaigns",
        "Campaigns and how each stands",
        CampaignsRequest,
        CampaignsResponse,
        campaigns.campaigns,
        (Scope.PEOPLE,),
        threaded=True,
        tag="campaigns",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/campaign",
        "One campaign: look at it, or store a draft",
        CampaignRequest,
        CampaignResponse,
        campaigns.one,
        (Scope.PEOPLE,),
        threaded=True,
        tag="campaigns",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/campaign_act",
        "Preview, approve or stop a campaign",
        CampaignActRequest,
        CampaignResponse,
        campaigns.act,
        (Scope.CAMPAIGNS,),
        threaded=True,
        tag="campaigns",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/campaign_propose",
        "Propose a campaign for excess stock",
        CampaignProposeRequest,
        CampaignResponse,
        campaigns.propose,
        (Scope.CAMPAIGNS, Scope.PROPOSE),
        threaded=True,
        tag="campaigns",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/campaign_contacts",
        "People of an approved campaign: contacts and holdout",
        CampaignContactsRequest,
        CampaignContactsResponse,
        campaigns.contacts,
        (Scope.PEOPLE,),
        threaded=True,
        tag="campaigns",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/campaign_receipts",
        "Receipts of contacts: delivered, opened, clicked, failed, opted out",
        CampaignReceiptsRequest,
        CampaignReceiptsResponse,
        campaigns.receive,
        (Scope.EVENTS,),
        threaded=True,
        tag="campaigns",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/campaign_effect",
        "Measured effect of a campaign, and every look at it",
        CampaignEffectRequest,
        CampaignEffectResponse,
        campaigns.effect,
        (Scope.PEOPLE,),
        threaded=True,
        tag="campaigns",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/campaign_measure",
        "Measure a campaign as of the last day of the data",
        CampaignMeasureRequest,
        CampaignEffectResponse,
        campaigns.measure,
        (Scope.CAMPAIGNS,),
        threaded=True,
        tag="campaigns",
    ),
    Route(
        "/similar",
        "Substitutes of a product",
        SimilarRequest,
        SimilarResponse,
        related_goods.similar,
        (Scope.GOODS,),
        tag="goods",
        depends_on=related_goods.depends_on,
        scoped_by=ScopedBy.TENANT,
    ),
    Route(
        "/complete_basket",
        "Complements of the goods in a basket",
        BasketRequest,
        BasketResponse,
        related_goods.complete_basket,
        (Scope.GOODS,),
        tag="goods",
        depends_on=related_goods.depends_on,
        scoped_by=ScopedBy.TENANT,
    ),
    Route(
        "/profile",
        "Profile of a person, product or store, in words",
        ProfileRequest,
        ProfileResponse,
        profile.profile,
        (Scope.GOODS, Scope.PEOPLE),
        tag="service",
        scoped_by=ScopedBy.PEOPLE,
    ),
    Route(
        "/events",
        "Receive events",
        EventsRequest,
        EventsResponse,
        events.take_events,
        (Scope.EVENTS,),
        threaded=True,
        tag="people",
        scoped_by=ScopedBy.HEADQUARTERS,
    ),
    Route(
        "/search",
        "Find stores, products and customers",
        SearchRequest,
        SearchResponse,
        overview.search,
        (Scope.GOODS, Scope.PEOPLE),
        threaded=True,
        tag="service",
        scoped_by=ScopedBy.PEOPLE,
    ),
    Route(
        "/history",
        "Sales history of a product in a store",
        HistoryRequest,
        HistoryResponse,
        forecast.history,
        (Scope.DEMAND, Scope.STOCK),
        tag="demand",
        depends_on=_view_alone,
        scoped_by=ScopedBy.STORES,
    ),
    Route(
        "/overview",
        "Overview: dates, counts, models, stores",
        OverviewRequest,
        OverviewResponse,
        overview.overview,
        tuple(Scope),
        tag="service",
        scoped_by=ScopedBy.STORES,
    ),
)
