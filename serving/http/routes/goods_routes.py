"""Routes of goods: substitutes and complements, and the calendar of their promotions."""

from serving.http.access import Scope, ScopedBy
from serving.http.handlers import calendar, related_goods
from serving.http.messages.calendar_messages import CalendarRequest, CalendarResponse
from serving.http.messages.goods_messages import BasketRequest, BasketResponse, SimilarRequest, SimilarResponse
from serving.http.routes.route import Route

ROUTES: tuple[Route, ...] = (
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
        "/calendar",
        "Promotions, campaigns and marked days of some weeks",
        CalendarRequest,
        CalendarResponse,
        calendar.calendar,
        (Scope.GOODS,),
        threaded=True,
        tag="goods",
        scoped_by=ScopedBy.STORES,
    ),
)
