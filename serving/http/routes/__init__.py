"""Table of routes, one module for each subject: request and response model, handler, scopes, whether in a thread.

One table serves requests, writes /docs.json and is the list that the conformance tests run over.
"""

from serving.http.file_places import leave_paths
from serving.http.routes import (
    campaign_routes,
    demand_routes,
    goods_routes,
    guide_routes,
    job_routes,
    order_routes,
    people_routes,
    service_routes,
    stock_routes,
    trigger_routes,
)
from serving.http.routes.route import Route

__all__ = ["ROUTES", "Route"]

ROUTES: tuple[Route, ...] = (
    *demand_routes.ROUTES,
    *order_routes.ROUTES,
    *stock_routes.ROUTES,
    *goods_routes.ROUTES,
    *people_routes.ROUTES,
    *campaign_routes.ROUTES,
    *trigger_routes.ROUTES,
    *guide_routes.ROUTES,
    *job_routes.ROUTES,
    *service_routes.ROUTES,
)
leave_paths(route.path for route in ROUTES)
