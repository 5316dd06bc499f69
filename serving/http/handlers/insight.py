"""Funnel, quarantine and model versions: what the data and the models are like."""

import threading
from typing import Any

import polars as pl

from retail_brain.ingest.retry import ID, quarantine_counts, quarantined, retry_quarantine
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call, find_store
from serving.http.messages.insight_messages import FunnelRequest, ModelsRequest, QuarantineRequest
from serving.planning.people.funnel import tenant_moves
from serving.planning.people.segment_book import open_dataset

_KEPT: dict[tuple[str, str, str, int], tuple[pl.DataFrame, str]] = {}
_WORKING = threading.Lock()
_AGAIN_SECONDS = 5
"""After which to ask again, as where an answer took too long."""
_MOST_KEPT = 32
"""Funnels kept by a worker, each some thousand rows. Chosen by judgement, not measured."""


def funnel(request: FunnelRequest, call: Call) -> dict[str, Any]:
    """People who moved from one lifecycle stage to another, by month.

    Raises:
        NotFoundError: the store is not known, or there is no lake.
        HttpError: it is being worked out; the next question finds it.
    """
    if request.store_id is not None:
        find_store(call.answers, request.store_id)
    moves, as_of = _moves(call, request.months)
    if request.store_id is not None:
        moves = moves.filter(pl.col("store_id") == request.store_id)
    keys = ["month_end", "from_stage", "to_stage"]
    rows = moves.with_columns(pl.col("month_end").cast(pl.String)).group_by(keys).agg(pl.col("people").sum()).sort(keys)
    months = rows["month_end"].unique().sort().to_list()
    return {"as_of": as_of, "months": months, "moves": rows.to_dicts()}


def quarantine(request: QuarantineRequest, call: Call) -> dict[str, Any]:
    """Rows that an ingest set aside: counted, shown, or mended and brought in.

    Raises:
        HttpError: the role may look only.
        UsageError: there is no such table, or the rows name none that are set aside.
        NotFoundError: nothing of the table is set aside.
        DataError: too many of the rows are still bad; nothing was written.
    """
    may_write = call.principal.may(Scope.DATA)
    settings, uri = call.view.settings, _lake(call)
    answer: dict[str, Any] = {"columns": [], "rows": [], "total": 0, "brought_in": None, "still_bad": None}
    if request.action == "retry":
        if not may_write:
            raise HttpError(403, "forbidden", f"role {call.principal.role} may look at set-aside rows, not mend them.")
        answer |= _retried(str(request.table), request.rows or [], uri, settings)
    elif request.action == "show":
        rows = quarantined(uri, str(request.table), settings.storage_options)
        page = rows.slice(request.offset, request.limit).select(pl.all().cast(pl.String))
        answer |= {"columns": page.columns, "rows": page.to_dicts(), "total": rows.height}
    counts = quarantine_counts(uri, settings.storage_options).to_dicts()
    return answer | {"counts": counts, "may_write": may_write}


def models(request: ModelsRequest, call: Call) -> dict[str, Any]:
    """Registered versions with their backtest by window, demand class and store.

    Raises:
        ModelError: the tracking store cannot be used.
    """
    # MLflow takes seconds to import and a hundred megabytes: only a worker that is asked for versions pays for it
    from training.tracking.version_tables import version_rows  # noqa: PLC0415 - see above

    versions, total = version_rows(_workspace(call), request.kind, request.limit)
    return {"versions": versions, "total": total}


def _moves(call: Call, months: int) -> tuple[pl.DataFrame, str]:
    """Moves of all stores and their last day, worked out once per publication.

    A large chain takes longer than a request may: the thread goes on after its 503, and the next question finds the
    result. Who asks meanwhile is told so, rather than working it out a second time.
    """
    key = (str(call.state.home), call.principal.tenant, call.answers.manifest.answers_id, months)
    # one look: another thread may drop the oldest meanwhile
    if (kept := _KEPT.get(key)) is not None:
        return kept
    if not _WORKING.acquire(blocking=False):
        message = "a funnel is being worked out. Ask again in a few seconds."
        raise HttpError(503, "overloaded", message, {"problem": "working"}, retry_after=_AGAIN_SECONDS)
    try:
        dataset = open_dataset(_workspace(call), call.view.settings)
        found = tenant_moves(dataset, call.view.settings, months), str(dataset.as_of)
        while len(_KEPT) >= _MOST_KEPT:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[key] = found
        return found
    finally:
        _WORKING.release()


def _retried(table: str, rows: list[dict[str, str | None]], uri: str, settings: Settings) -> dict[str, Any]:
    columns = list(quarantined(uri, table, settings.storage_options).columns)
    mended = pl.DataFrame(rows, schema=dict.fromkeys([ID, *(name for name in columns if name != ID)], pl.String))
    done = retry_quarantine(table, mended, uri, settings, SILENT).tables[table]
    return {"brought_in": done.read - done.quarantined, "still_bad": done.quarantined}


def _workspace(call: Call) -> Workspace:
    return Workspace(call.state.home, call.principal.tenant)


def _lake(call: Call) -> str:
    return call.view.settings.lake_uri or str(_workspace(call).lake)
