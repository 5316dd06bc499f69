"""Requests and responses about lines of all stores: filter, sort, search, group, totals, pages."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.messages.common import (
    GIVEN,
    WHOLE,
    Comment,
    CostBasis,
    Day,
    Flag,
    Names,
    Number,
    Offset,
    Strict,
    Text,
    any_of,
    config,
    every,
    required,
    when,
)
from serving.http.messages.network_messages import AttentionRow, CountRow, LeftoverRow, TransferRow
from serving.http.messages.stock_messages import OrderRow, SuggestionRow

TableName = Literal["suggestions", "orders", "transfers", "counts", "leftovers", "attention"]
Value = Annotated[str, Field(max_length=200)] | Number | Flag | None
_CONDITIONS = ("any_of", "none_of", "at_least", "at_most")
_SINCE_OF_ORDERS = every(when(required(since=GIVEN), {"properties": {"table": {"const": "orders"}}}))


class ConditionIn(BaseModel):
    """A condition on a column; what is given of it must all hold."""

    model_config = config(rule=any_of(*(required(**{name: GIVEN}) for name in _CONDITIONS)))

    column: Text
    any_of: Annotated[
        list[Value] | None, Field(min_length=1, max_length=2000, description="values, null for empty")
    ] = None
    none_of: Annotated[list[Value] | None, Field(min_length=1, max_length=2000)] = None
    at_least: Annotated[Value, Field(description="of numbers and days")] = None
    at_most: Value = None

    @model_validator(mode="after")
    def _something(self) -> "ConditionIn":
        if all(getattr(self, name) is None for name in _CONDITIONS):
            raise ValueError("give any_of, none_of, at_least or at_most")
        return self


class SortIn(BaseModel):
    """A column to sort by; what is empty comes last."""

    model_config = config()

    column: Text
    descending: Flag = False


class LinesAsked(BaseModel):
    """Which lines of a list: conditions, words of a search, a ready filter."""

    model_config = config()

    where: Annotated[list[ConditionIn], Field(max_length=20, description="all of them hold")] = []
    search: Annotated[Comment, Field(description="words, each part of a name or id of the line")] = ""
    show: Annotated[Text | None, Field(description="a ready filter of the list; /listing answers with those")] = None


class ListingRequest(LinesAsked):
    """Lines of all stores."""

    model_config = config(
        {
            "table": "suggestions",
            "show": "exceptions",
            "where": [{"column": "store_id", "any_of": ["S01", "S02"]}],
            "group_by": "supplier_id",
            "sort": [{"column": "cost", "descending": True}],
            "limit": 50,
        },
        {"table": "leftovers", "search": "milk", "limit": 20},
        rule=_SINCE_OF_ORDERS,
    )

    table: TableName
    sort: Annotated[list[SortIn], Field(max_length=3, description="else the most pressing first")] = []
    group_by: Annotated[Text | None, Field(description="adds up the lines by a column; at most 2,000 groups")] = None
    since: Annotated[Day | None, Field(description="of `orders` alone: day of the suggestion; five weeks back")] = None
    limit: Annotated[int, Field(strict=True, ge=0, le=5000), WHOLE] = 200
    offset: Offset = 0

    @model_validator(mode="after")
    def _of_the_table(self) -> "ListingRequest":
        if self.since is not None and self.table != "orders":
            raise ValueError("since belongs to the table orders, and only to it")
        return self


class ListingFileRequest(LinesAsked):
    """All lines of a list as a file."""

    model_config = config(
        {"table": "suggestions", "show": "orders", "format": "xlsx", "sort": [{"column": "cost", "descending": True}]},
        rule=_SINCE_OF_ORDERS,
    )

    table: TableName
    format: Literal["csv", "xlsx"]
    sort: Annotated[list[SortIn], Field(max_length=3)] = []
    since: Annotated[Day | None, Field(description="of `orders` alone: day of the suggestion; five weeks back")] = None

    @model_validator(mode="after")
    def _of_the_table(self) -> "ListingFileRequest":
        if self.since is not None and self.table != "orders":
            raise ValueError("since belongs to the table orders, and only to it")
        return self


class ListingFileResponse(Strict):
    """A file of all lines, as base64; a cell that a spreadsheet would run as a formula is text."""

    file_name: str
    media_type: str
    rows: int
    content: str


class _Goods(BaseModel):
    product_name: str
    department: str | None
    category: str | None


class _Place(_Goods):
    store_name: str
    region: str | None


class ListedSuggestion(SuggestionRow, _Place):
    """A suggestion with names; `quantity`, its `cost`, `value` and `lost_sales` are those that count now.

    `sent_quantity` are the units of it that arrive: less than `quantity` where the warehouse has no more for this line,
    after what the plan gave every line and in the order of decisions. `value` and `lost_sales` are `expected_value` and
    `expected_lost_sales` of what arrives, read from the published plan of the line; null where that does not reach so
    far.

    `warehouse_id` is the source store of a transfer; `supplier_id` is null there and where nobody is named.
    `unit_cost` is what the plan counts a unit in; null where neither cost nor price is known, and in answers of older
    versions where nothing is ordered. It is recorded, or the price less the assumed margin, as `cost_basis` says.
    `purchase_order_cost` and `purchase_order_trucks` are of all lines of the purchase order (supplier and day), null
    where a part is unknown or the key is of some shops; `purchase_order_minimum` is the supplier's least money of one.
    `supplier_name` is the id where the lake's `suppliers` have no name. `comments` counts those of `/line_comment`.
    """

    supplier_id: str | None
    supplier_name: str | None
    warehouse_id: str | None
    warehouse_name: str | None
    purchase_order: str | None
    purchase_order_name: str | None
    unit_cost: float | None
    cost_basis: CostBasis | None
    quantity: float
    sent_quantity: float
    cost: float | None
    value: float | None
    lost_sales: float | None
    purchase_order_cost: float | None
    purchase_order_minimum: float | None
    purchase_order_trucks: float | None
    is_below_minimum: bool
    comments: int


class ListedOrder(OrderRow, _Place):
    """A line of the order book with names."""


class ListedTransfer(TransferRow, _Goods):
    """A transfer with names."""

    from_store_name: str
    from_region: str | None
    to_store_name: str
    to_region: str | None


class ListedCount(CountRow, _Place):
    """A cycle count with names."""


class ListedLeftover(LeftoverRow, _Place):
    """Excess stock with names."""


class ListedAttention(AttentionRow, _Place):
    """An exception with names."""

    other_store_name: str | None
    other_region: str | None


class ListingColumn(Strict):
    """A column that may be asked for: `text`, `number`, `day`, `flag` or `labels`."""

    name: str
    kind: str
    is_group: bool
    is_sum: bool


class ListingResponse(Strict):
    """Lines as they are sorted; `total` counts those before `limit` and `offset`, `of` those before any condition.

    `totals` are `lines`, sums of columns (null where every value is unknown; of flags the number of lines), and
    `unknown`: lines without a value, by column. `groups` have `key`, `name` (null: the key says it) and the same
    sums, those of `purchase_order` also what the whole order comes to;
    `groups_total` counts them all. `shows` counts the lines of each ready filter before it is applied.
    `newest_decision`, of suggestions, goes back as `seen_newest_decision` when a view is decided on.
    """

    table: TableName
    rows: list[ListedSuggestion | ListedOrder | ListedTransfer | ListedCount | ListedLeftover | ListedAttention]
    total: int
    of: int
    totals: dict[str, Any]
    groups: list[dict[str, Any]] | None
    groups_total: int | None
    shows: dict[str, int]
    columns: list[ListingColumn]
    names: Names
    newest_decision: int | None = None
