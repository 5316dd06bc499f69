"""Requests and responses about what data and models are like: funnel, quarantine, model versions."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.messages.common import (
    GIVEN,
    NO_NUL,
    WHOLE,
    Comment,
    Flag,
    Id,
    Offset,
    Strict,
    Version,
    config,
    every,
    required,
    when,
)


class FunnelRequest(BaseModel):
    """How people moved between lifecycle stages in the last months, in all or by their home store."""

    model_config = config({}, {"months": 3, "store_id": "S03"})

    months: Annotated[int, Field(strict=True, ge=1, le=24), WHOLE] = 6
    store_id: Annotated[Id | None, Field(description="people of this store; null: all")] = None


class MoveRow(Strict):
    """People who were in one stage at a month's end and in another a month later."""

    month_end: str
    from_stage: str
    to_stage: str
    people: int


class FunnelResponse(Strict):
    """Moves by month, the earliest first; stages are those of the person table, `not_known` before."""

    as_of: str
    months: list[str]
    moves: list[MoveRow]


class AssetsRequest(BaseModel):
    """Customer assets by month: in all, by region, shop and guide."""

    model_config = config({}, {"months": 3, "levels": ["all", "guide"]}, {"store_id": "S03"})

    months: Annotated[int, Field(strict=True, ge=1, le=24), WHOLE] = 6
    levels: Annotated[
        list[Literal["all", "region", "store", "guide"]] | None, Field(description="only these; null: all of them")
    ] = None
    store_id: Annotated[Id | None, Field(description="only the rows of this store; null: all")] = None


class AssetRow(Strict):
    """People at a month's end; `newly_known`, `gained`, `lost`, `moved_in` and `moved_out` within the month.

    Active people before, and `gained` - `lost` + `moved_in` - `moved_out`, are the active ones at its end.
    """

    month_end: str
    level: Literal["all", "region", "store", "guide"]
    region: str | None
    store_id: str | None
    guide_id: str | None
    known: int
    newly_known: int
    reachable: int
    active: int
    gained: int
    lost: int
    moved_in: int
    moved_out: int


class DepartureRow(Strict):
    """A guide who left: their people, how many have another guide, and their sales (money) before and after."""

    guide_id: str
    left_on: str
    people: int
    reassigned: int
    active_before: int
    active_now: int
    reachable_now: int
    sales_before: float
    sales_after: float
    days_after: int


class AssetsResponse(Strict):
    """People by month, the earliest first; guides who left within these months."""

    as_of: str
    months: list[str]
    rows: list[AssetRow]
    departures: list[DepartureRow]


class QuarantineRequest(BaseModel):
    """Rows that an ingest set aside: counted, shown, or mended and brought in."""

    model_config = config(
        {},
        {"action": "show", "table": "transactions"},
        {
            "action": "retry",
            "table": "transactions",
            "rows": [{"quarantine_id": "3f2a", "transaction_id": "T1", "units": "1"}],
        },
        rule=every(
            when(required(action={"enum": ["show", "retry"]}), required(table=GIVEN)),
            when(required(action={"const": "retry"}), required(rows=GIVEN), {"properties": {"rows": {"type": "null"}}}),
        ),
    )

    action: Literal["list", "show", "retry"] = "list"
    table: Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)] | None = None
    rows: Annotated[
        list[dict[str, str | None]] | None,
        Field(min_length=1, max_length=1000, description="mended rows as `show` gives them, with their quarantine_id"),
    ] = None
    limit: Annotated[int, Field(strict=True, ge=1, le=1000), WHOLE] = 100
    offset: Offset = 0

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "QuarantineRequest":
        if self.action != "list" and self.table is None:
            raise ValueError(f"action {self.action} needs table")
        if (self.action == "retry") != (self.rows is not None):
            raise ValueError("give rows with retry, and only with it")
        return self


class QuarantineCount(Strict):
    """Rows of a table set aside for a reason."""

    table: str
    dataset: str
    reasons: str
    rows: int


class QuarantineResponse(Strict):
    """Counts by table and reason; with `show` the rows as they were found; with `retry` what became of them."""

    counts: list[QuarantineCount]
    columns: list[str]
    rows: list[dict[str, str | None]]
    total: int
    brought_in: int | None
    still_bad: int | None
    may_write: bool


class DriftRequest(BaseModel):
    """How the features differ from those built before."""

    model_config = config({}, {"table": "person", "levels": ["large"]})

    table: Annotated[Literal["person", "goods", "series", "place"] | None, Field(description="null: all")] = None
    levels: Annotated[
        list[Literal["large", "moderate", "new", "gone", "stable"]] | None,
        Field(description="null: all but the stable ones"),
    ] = None


class DriftRow(Strict):
    """A column of the features: `psi` (population stability index) with what it may be by `chance`, nulls and ranges.

    Numbers of days are counted back from the last visible day, lists by their length; of texts there is no range.
    """

    table: str
    column: str
    level: Literal["large", "moderate", "new", "gone", "stable"]
    psi: float | None
    chance: float | None
    rows_before: int | None
    rows: int | None
    nulls_before: float | None
    nulls: float | None
    low_before: float | None
    high_before: float | None
    low: float | None
    high: float | None
    outside: float | None
    meaning: Annotated[str | None, Field(description="in words, as of the data dictionary; null where it has none")]


class DriftResponse(Strict):
    """Columns that drifted, the largest first; `before` is null where the features were not compared with any."""

    as_of: str | None
    before: str | None
    counts: dict[str, int]
    rows: list[DriftRow]


class ModelsRequest(BaseModel):
    """Registered versions of a kind of model, the newest first."""

    model_config = config({"kind": "demand"}, {"kind": "recommender", "limit": 3})

    kind: Literal["demand", "recommender"]
    limit: Annotated[int, Field(strict=True, ge=1, le=20), WHOLE] = 5


class VersionRow(Strict):
    """A registered version with what its backtest measured.

    `windows` has a row per cutoff and method, `classes` one per demand class, `stores` one per store; a version
    whose training recorded no such table has none.
    """

    version: int
    is_champion: bool
    as_of: str
    trained_at: str
    run_id: str
    run_url: str | None
    metric: str
    better: Literal["lower", "higher"]
    metrics: dict[str, float]
    windows: list[dict[str, Any]]
    classes: list[dict[str, Any]]
    stores: list[dict[str, Any]]


class ModelsResponse(Strict):
    """Versions, the newest first; `total` counts all of them."""

    versions: list[VersionRow]
    total: int


class PromoteRequest(BaseModel):
    """Puts a version into use if it beats the one in use on the windows that both recorded; `force` asks for no proof.

    The answers stay as they are until the next publication, by `retail-brain publish` or the daily schedule.
    """

    model_config = config(
        {"kind": "demand", "version": 4, "reason": "better on fresh goods, see the meeting of 2 March"}
    )

    kind: Literal["demand", "recommender"]
    version: Version
    reason: Annotated[Comment, Field(min_length=1, description="kept in the registry behind the comparison")]
    force: Flag = False


class PromoteResponse(Strict):
    """Whether the version is in use now, which one was before, and the comparison in words."""

    version: int
    promoted: bool
    champion_before: int | None
    outcome: Literal["first", "same", "forced", "better", "not_better", "newer", "untested"]
    reason: str
