"""Routes of demand: forecasts, what-if, overrides, their ledger and the history of sales."""

from serving.http.access import Scope, ScopedBy
from serving.http.handlers import forecast, overrides, what_if
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
from serving.http.routes.route import Route, view_alone

ROUTES: tuple[Route, ...] = (
    Route(
        "/forecast",
        "Demand forecast of products in a store",
        ForecastRequest,
        ForecastResponse,
        forecast.forecast,
        (Scope.DEMAND,),
        tag="demand",
        depends_on=view_alone,
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
        depends_on=view_alone,
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
        writes=lambda request: bool(request.overrides or request.withdraw),
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
        "/history",
        "Sales history of a product in a store",
        HistoryRequest,
        HistoryResponse,
        forecast.history,
        (Scope.DEMAND, Scope.STOCK),
        tag="demand",
        depends_on=view_alone,
        scoped_by=ScopedBy.STORES,
    ),
)
