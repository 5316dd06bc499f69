"""Quarantine, drift and model versions: what the data and the models are like."""

from typing import Any

import polars as pl

from features.dictionary.entries import dictionary
from features.jobs import read_drift
from retail_brain.errors import NotFoundError
from retail_brain.ingest.quarantine import DATASET
from retail_brain.ingest.retry import ID, quarantine_counts, quarantined, retry_quarantine
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.file_places import place_name
from serving.http.handlers.call import Call, find_store
from serving.http.messages.insight_messages import DriftRequest, ModelsRequest, QuarantineRequest
from serving.store.refusals import tell_refusals


def quarantine(request: QuarantineRequest, call: Call) -> dict[str, Any]:
    """Rows that an ingest set aside: counted, shown, or mended and brought in.

    Raises:
        HttpError: the role may look only.
        NotFoundError: there is no such table, nothing of it is set aside, or the rows name none that are.
        DataError: too many of the rows are still bad; nothing was written.
    """
    may_write = call.principal.may(Scope.DATA)
    settings, uri = call.view.settings, _lake(call)
    answer: dict[str, Any] = {"columns": [], "rows": [], "total": 0, "brought_in": None, "still_bad": None}
    if request.action == "retry":
        if not may_write:
            raise HttpError(
                403,
                "forbidden",
                f"role {call.principal.role} may look at set-aside rows, not mend them.",
                {"problem": "role_may_not"},
            )
        _check_own_rows(request, call)
        answer |= _retried(str(request.table), request.rows or [], uri, settings)
        # a mended consent may refuse, and one that still cannot be read does
        tell_refusals(_workspace(call), uri, settings, by=call.principal.name, now=call.now)
        call.state.refresh_opt_outs(call.principal.tenant)
    elif request.action == "show":
        rows = _own_rows(str(request.table), call)
        page = _without_places(rows.slice(request.offset, request.limit).select(pl.all().cast(pl.String)))
        answer |= {"columns": page.columns, "rows": page.to_dicts(), "total": rows.height}
    return answer | {"counts": _counts(call), "may_write": may_write}


def _own_rows(table: str, call: Call) -> pl.DataFrame:
    """Rows of a table that were set aside and that the key may see.

    Raises:
        NotFoundError: there is no such table, or there are none.
    """
    rows = quarantined(_lake(call), table, call.view.settings.storage_options)
    own = _of_place(rows, call)
    if own.is_empty():
        raise NotFoundError(f"no row of {table} is set aside.", {"problem": "nothing_set_aside", "table": table})
    return own


def _of_place(rows: pl.DataFrame, call: Call) -> pl.DataFrame:
    """Rows as they were found: for a place those that name one of its shops, and nobody who is not of the place."""
    if call.place.is_headquarters:
        return rows
    if "store_id" not in rows.columns:
        return rows.clear()
    stores = call.answers.stores
    own = rows.filter(pl.col("store_id").is_in(stores.ids.take(stores.order)))
    if "customer_id" not in rows.columns:
        return own
    named = own["customer_id"].drop_nulls().unique()
    strangers = [name for name in named if call.answers.customers.find(name) < 0]
    return own.filter(~pl.col("customer_id").is_in(strangers).fill_null(value=False))


def _counts(call: Call) -> list[dict[str, Any]]:
    """Counts by table, dataset and reason of the rows that the key may see."""
    options = call.view.settings.storage_options
    return _without_places(quarantine_counts(_lake(call), options, lambda rows: _of_place(rows, call))).to_dicts()


def _without_places(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose dataset says what it is called, and not where it lies on the machine."""
    return rows.with_columns(pl.col(DATASET).map_elements(place_name, return_dtype=pl.String))


def _check_own_rows(request: QuarantineRequest, call: Call) -> None:
    """Refuses mended rows of a place that are not its own, or would be another shop's.

    Raises:
        NotFoundError: a row names another shop or somebody of another place, nothing is set aside that the key may
            see, or the rows name none of that.
    """
    if call.place.is_headquarters:
        return
    own, rows = set(_own_rows(str(request.table), call)[ID]), request.rows or []
    if any(row.get(ID) not in own for row in rows):
        raise NotFoundError(
            f"the rows name no rows of {request.table} that are set aside; wanted {ID} as `show` gives it.",
            {"problem": "rows_not_set_aside", "table": request.table},
        )
    for row in rows:
        find_store(call.answers, str(row.get("store_id")))
        # rows of others are not shown, so one who is not of the place was put in
        if (customer := row.get("customer_id")) and call.answers.customers.find(customer) < 0:
            raise NotFoundError(
                f"there is no customer {customer!r}.", {"problem": "customer_unknown", "customer_id": customer}
            )


def _is_own_store(store_id: str, call: Call) -> bool:
    return call.answers.stores.find(store_id) >= 0


def drift(request: DriftRequest, call: Call) -> dict[str, Any]:
    """How the tenant's features differ from those built before, column by column.

    Raises:
        NotFoundError: there are no features.
        ExtensionError: a feature of another package breaks the protocol.
    """
    found = read_drift(_workspace(call).features)
    if found is None:
        return {"as_of": None, "before": None, "counts": {}, "rows": []}
    rows = found.drifted() if request.levels is None else found.drifted(request.levels)
    rows = rows if request.table is None else rows.filter(pl.col("table") == request.table)
    counts = dict(found.columns.group_by("level").len().sort("level").iter_rows())
    rows = rows.join(_meanings(call), on=["table", "column"], how="left", maintain_order="left")
    return {"as_of": str(found.as_of), "before": str(found.before), "counts": counts, "rows": rows.to_dicts()}


def _meanings(call: Call) -> pl.DataFrame:
    """One row per column of a feature table: `table`, `column` and `meaning` in the asker's language."""
    name = pl.col("table").str.strip_prefix("features: ")
    meaning = pl.col("meaning_zh" if call.language == "zh" else "meaning")
    rows = dictionary().filter(pl.col("table").str.starts_with("features: "))
    return rows.select(name, "column", meaning.alias("meaning"))


def models(request: ModelsRequest, call: Call) -> dict[str, Any]:
    """Registered versions with their backtest by window, demand class and store; a place sees its own stores.

    Raises:
        ModelError: the tracking store cannot be used.
    """
    # MLflow takes seconds to import and a hundred megabytes: only a worker that is asked for versions pays for it
    from training.tracking.version_tables import version_rows  # noqa: PLC0415 - see above

    versions, total = version_rows(_workspace(call), request.kind, request.limit)
    if not call.place.is_headquarters:
        for version in versions:
            version["stores"] = [row for row in version["stores"] if _is_own_store(str(row.get("store_id")), call)]
    return {"versions": versions, "total": total}


def _retried(table: str, rows: list[dict[str, str | None]], uri: str, settings: Settings) -> dict[str, Any]:
    columns = list(quarantined(uri, table, settings.storage_options).columns)
    mended = pl.DataFrame(rows, schema=dict.fromkeys([ID, *(name for name in columns if name != ID)], pl.String))
    done = retry_quarantine(table, mended, uri, settings, SILENT).tables[table]
    return {"brought_in": done.read - done.quarantined, "still_bad": done.quarantined}


def _workspace(call: Call) -> Workspace:
    return Workspace(call.state.home, call.principal.tenant)


def _lake(call: Call) -> str:
    return call.view.settings.lake_uri or str(_workspace(call).lake)
