"""Customer assets and funnel: the people of a place by month, from one table that is worked out once."""

import threading
from typing import Any

import polars as pl

from features.person.assets import LEVELS, Shown
from features.person.funnel import funnel_of
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http.errors import HttpError
from serving.http.handlers.call import Call, find_store
from serving.http.messages.insight_messages import AssetsRequest, FunnelRequest
from serving.planning.people.assets import GuideBook, TenantAssets, asset_rows, tenant_assets
from serving.planning.people.segment_book import open_dataset

_KEPT: dict[tuple[str, str, str, int, int], tuple[Settings, TenantAssets]] = {}
"""Under home, tenant, publication, move and months; with the settings that it was worked out under."""
_WORKING = threading.Lock()
_AGAIN_SECONDS = 5
"""After which to ask again, as where an answer took too long."""
_MOST_KEPT = 32
"""Tables kept by a worker, each some thousand rows. Chosen by judgement, not measured."""


def funnel(request: FunnelRequest, call: Call) -> dict[str, Any]:
    """People who moved from one lifecycle stage to another, by month.

    Raises:
        NotFoundError: the store is not known, or there is no lake.
        HttpError: it is being worked out; the next question finds it.
    """
    if request.store_id is not None:
        find_store(call.answers, request.store_id)
    found, shown = _kept(call, request.months), _shown(call)
    rows = found.moves if shown is None else found.moves.filter(shown.holds())
    moves = funnel_of(rows)
    if request.store_id is not None:
        moves = moves.filter(pl.col("store_id") == request.store_id)
    keys = ["month_end", "from_stage", "to_stage"]
    rows = moves.with_columns(pl.col("month_end").cast(pl.String)).group_by(keys).agg(pl.col("people").sum()).sort(keys)
    return {"as_of": str(found.as_of), "months": _months(found), "moves": rows.to_dicts()}


def assets(request: AssetsRequest, call: Call) -> dict[str, Any]:
    """People known, reachable and active by month, gained and lost: in all, by region, shop and guide.

    A key with a place gets the people of its shops, or of its guide; of other regions, shops and guides nothing.

    Raises:
        NotFoundError: the store is not known, or there is no lake.
        HttpError: it is being worked out; the next question finds it.
    """
    found, shown = _kept(call, request.months), _shown(call)
    if request.store_id is not None:
        find_store(call.answers, request.store_id)
    rows = found.rows(shown).filter(pl.col("level").is_in(request.levels or list(LEVELS)))
    if not call.place.is_headquarters:
        rows = rows.filter(_is_own(call))
    departed = found.departed(shown)
    if request.store_id is not None:
        rows = rows.filter(pl.col("store_id") == request.store_id)
        # the people of a shop are not a guide's to count
        of_shop = Shown("store_id", [request.store_id])
        departed = found.departed(of_shop) if call.place.guide is None else departed.clear()
    return {
        "as_of": str(found.as_of),
        "months": _months(found),
        "rows": asset_rows(rows),
        "departures": asset_rows(departed),
    }


def _months(found: TenantAssets) -> list[str]:
    return [str(day) for day in found.moves["month_end"].unique().sort()]


def _shown(call: Call) -> Shown | None:
    """Whose people the key may count; None: all."""
    if call.place.is_headquarters:
        return None
    if call.place.guide is not None:
        return Shown("guide_id", [call.place.guide])
    return Shown("store_id", _shops(call))


def _shops(call: Call) -> list[str]:
    stores = call.answers.stores
    return stores.ids.take(stores.order)


def _is_own(call: Call) -> pl.Expr:
    """Rows of what the key may name: a shop's people are some of its region's, and a region's key names its regions."""
    if call.place.guide is not None:
        # in which shops a guide's people are is a fact about each of them, and no count of those shops
        return (pl.col("level") == "all") | (pl.col("guide_id") == call.place.guide)
    return (
        pl.col("level").is_in(["all", "guide"])
        | ((pl.col("level") == "region") & pl.col("region").is_in(list(call.place.regions)))
        | ((pl.col("level") == "store") & pl.col("store_id").is_in(_shops(call)))
    )


def _kept(call: Call, months: int) -> TenantAssets:
    """What the counts of all are made from, worked out once per publication, move of a guide's people and settings.

    A large chain takes longer than a request may: the thread goes on after its 503, and the next question finds the
    result. Who asks meanwhile is told so, rather than working it out a second time.
    """
    tenant = call.principal.tenant
    key = (str(call.state.home), tenant, call.answers.manifest.answers_id, call.view.moved_mark, months)
    # one look: another thread may drop the oldest meanwhile
    if (kept := _KEPT.get(key)) is not None and kept[0] is call.view.settings:
        return kept[1]
    if not _WORKING.acquire(blocking=False):
        message = "people are being counted by month. Ask again in a few seconds."
        raise HttpError(503, "overloaded", message, {"problem": "working"}, retry_after=_AGAIN_SECONDS)
    try:
        dataset = open_dataset(Workspace(call.state.home, tenant), call.view.settings)
        found = tenant_assets(dataset, call.view.settings, months, GuideBook.read(tenant, call.state.database))
        while len(_KEPT) >= _MOST_KEPT:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[key] = call.view.settings, found
        return found
    finally:
        _WORKING.release()
