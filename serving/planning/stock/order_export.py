"""Exports approved orders as a CSV file or to a webhook, each at least once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.addresses import FILE_OR_ADDRESS, address_parts, named_address, shown_address
from retail_brain.errors import UsageError
from retail_brain.export_mapping import ExportColumn, ExportMapping, mapped
from retail_brain.operational.database import Database
from retail_brain.operational.exports import Export, make_export, mark_delivered, pending_exports
from serving.planning.stock.order_details import PURCHASE, short_orders
from serving.planning.stock.order_files import check_order_file, write_orders
from serving.planning.stock.webhook import Delivery, post_json

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "export_id": pl.String,
    "suggestion_id": pl.String,
    "store_id": pl.String,
    "product_id": pl.String,
    "as_of": pl.Date,
    "order_quantity": pl.Float64,
    "suggested_quantity": pl.Float64,
    "decision": pl.String,
    "reason": pl.String,
    "decided_by": pl.String,
    "decided_at": pl.String,
    "is_exception": pl.Boolean,
}
COLUMNS = tuple(_SCHEMA)
_SAME: dict[str, str | ExportColumn] = {name: name for name in COLUMNS}
_NO_DETAILS = {
    "supplier_id": pl.lit(None, dtype=pl.String),
    "supplier_name": pl.lit(None, dtype=pl.String),
    "currency": pl.lit(None, dtype=pl.String),
    "line_cost": pl.lit(None, dtype=pl.Float64),
}


@dataclass(frozen=True)
class OrderForm:
    """How orders leave.

    Attributes:
        details: adds what the receiver needs to the lines (see `order_details.with_details`); None adds nothing.
        mapping: names and forms of columns of files.
        by_supplier: of CSV, a file per supplier and one for transfers.
    """

    details: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    mapping: ExportMapping = field(default_factory=ExportMapping)
    by_supplier: bool = False


@dataclass(frozen=True)
class HandedOver:
    """What an export delivered.

    Attributes:
        exports: the exports, earlier undelivered ones first; none where nothing was open.
        files: the files that hold them; none where they went to an address.
        short: a sentence per purchase order that is below its supplier's minimum.
    """

    exports: list[Export]
    files: list[Path]
    short: list[str] = field(default_factory=list)


def export_orders(
    tenant: str,
    database: Database,
    *,
    target: str,
    made_by: str,
    now: datetime,
    delivery: Delivery,
    form: OrderForm | None = None,
) -> HandedOver:
    """Delivers the decided orders that were not exported yet, the undelivered exports first.

    Args:
        tenant: whose decisions.
        database: where they are.
        target: path of a CSV, XLSX or JSON file, an http(s) address that takes JSON, or `env:NAME` of a variable that
            holds either, so that a secret in an address is in no list of processes. The audit has the address without
            its secrets. A file gets a number where an earlier export is there (`files.hand_over`).
        made_by: who exports, for the audit.
        now: the instant.
        delivery: how long and how often an address is tried.
        form: what is added to the lines, and how files are written.

    Raises:
        RetailBrainError: the target did not take an export; it stays pending and goes out first the next time.
        UsageError: the target is neither a file nor an http(s) address, or the mapping does not fit.
    """
    form = form or OrderForm()
    target = named_address(target, FILE_OR_ADDRESS)
    _check_target(target)
    _lines([], form)  # a mapping that does not fit is refused before anything is stored
    # The export is stored before it is sent: a crash or a refusal leaves it pending, and the address can tell a
    # repeated delivery by its export_id.
    shown = shown_address(target) if _is_address(target) else target
    fresh = make_export(tenant, database, target=shown, made_by=made_by, now=now)
    exports = pending_exports(tenant, database)
    files: list[Path] = []
    if _is_address(target):
        for export in exports:
            _post(target, export, form, delivery)
            mark_delivered(tenant, database, export.export_id, now=now)
    elif exports:
        files = _write(exports, Path(target), form)
        for export in exports:
            mark_delivered(tenant, database, export.export_id, now=now)
    assert fresh is None or fresh.export_id in {export.export_id for export in exports}
    short = [] if form.details is None else short_orders(_lines(exports, form))
    return HandedOver(exports, files, short)


def _order_rows(export: Export) -> list[dict[str, Any]]:
    """One row per order, the columns of `COLUMNS`; a quantity of 0 takes an earlier one back."""
    rows = []
    for line in export.lines:
        decision = line.decision
        rows.append(
            {
                "export_id": export.export_id,
                "suggestion_id": decision.suggestion_id,
                "store_id": decision.store_id,
                "product_id": decision.product_id,
                "as_of": decision.as_of.isoformat(),
                "order_quantity": decision.quantity,
                "suggested_quantity": decision.suggested_quantity,
                "decision": decision.decision,
                "reason": decision.reason,
                "decided_by": decision.decided_by,
                "decided_at": line.decided_at.isoformat(),
                "is_exception": decision.is_exception,
            }
        )
    return rows


def _lines(exports: Sequence[Export], form: OrderForm) -> pl.DataFrame:
    """The lines of exports with their details, as the mapping must be able to name them.

    Raises:
        UsageError: the mapping names a column that is not there.
    """
    rows = [{**row, "as_of": date.fromisoformat(row["as_of"])} for export in exports for row in _order_rows(export)]
    lines = pl.DataFrame(rows, schema=_SCHEMA)
    lines = lines if form.details is None else form.details(lines)
    mapped(lines, form.mapping)
    return lines


def _write(exports: Sequence[Export], path: Path, form: OrderForm) -> list[Path]:
    lines = _lines(exports, form)
    if form.details is None:  # nothing says what is bought and what is moved
        lines = lines.with_columns(kind=pl.lit(PURCHASE), **_NO_DETAILS)
        form = replace(form, mapping=form.mapping.model_copy(update={"columns": form.mapping.columns or _SAME}))
    return write_orders(lines, path, form.mapping, by_supplier=form.by_supplier)


def _post(address: str, export: Export, form: OrderForm, delivery: Delivery) -> None:
    orders = [
        {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
        for row in _lines([export], form).to_dicts()
    ]
    post_json(
        address,
        {"export_id": export.export_id, "orders": orders},
        headers={"Idempotency-Key": export.export_id},
        what=f"export {export.export_id} ({len(export.lines)} orders)",
        delivery=delivery,
    )


def _is_address(target: str) -> bool:
    return address_parts(target).scheme in {"http", "https"}


def _check_target(target: str) -> None:
    scheme = address_parts(target).scheme
    if not target or (scheme and not _is_address(target)):
        raise UsageError(f"orders cannot go to {shown_address(target)!r}; wanted {FILE_OR_ADDRESS}.")
    if not _is_address(target):
        check_order_file(target)
