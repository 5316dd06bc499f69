"""Exports approved orders as a CSV file or to a webhook, each at least once."""

import csv
import os
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from retail_brain.csv_cells import safe_cell
from retail_brain.errors import UsageError
from retail_brain.files import write_text
from retail_brain.operational.database import Database
from retail_brain.operational.exports import Export, make_export, mark_delivered, pending_exports
from serving.planning.stock.webhook import Delivery, post_json, shown_address

COLUMNS = (
    "export_id",
    "suggestion_id",
    "store_id",
    "product_id",
    "as_of",
    "order_quantity",
    "suggested_quantity",
    "decision",
    "reason",
    "decided_by",
    "decided_at",
    "is_exception",
)


def export_orders(
    tenant: str, database: Database, *, target: str, made_by: str, now: datetime, delivery: Delivery
) -> list[Export]:
    """Delivers the decided orders that were not exported yet, the undelivered exports first.

    Args:
        tenant: whose decisions.
        database: where they are.
        target: path of a CSV file, an http(s) address that takes JSON, or `env:NAME` of a variable that holds either,
            so that a secret in an address is in no list of processes. The audit has the address without its secrets.
        made_by: who exports, for the audit.
        now: the instant.
        delivery: how long and how often an address is tried.

    Returns:
        The exports delivered; none where nothing was open.

    Raises:
        RetailBrainError: the target did not take an export; it stays pending and goes out first the next time.
        UsageError: the target is neither a file nor an http(s) address.
    """
    target = _resolved(target)
    _check_target(target)
    # The export is stored before it is sent: a crash or a refusal leaves it pending, and the address can tell a
    # repeated delivery by its export_id.
    shown = shown_address(target) if _is_address(target) else target
    fresh = make_export(tenant, database, target=shown, made_by=made_by, now=now)
    exports = pending_exports(tenant, database)
    if _is_address(target):
        for export in exports:
            _post(target, export, delivery)
            mark_delivered(tenant, database, export.export_id, now=now)
    elif exports:
        write_text(Path(target), _csv(exports))
        for export in exports:
            mark_delivered(tenant, database, export.export_id, now=now)
    assert fresh is None or fresh.export_id in {export.export_id for export in exports}
    return exports


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


def _csv(exports: list[Export]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for export in exports:
        for row in _order_rows(export):
            writer.writerow(
                {name: safe_cell(value) if isinstance(value, str) else value for name, value in row.items()}
            )
    return text.getvalue()


def _post(address: str, export: Export, delivery: Delivery) -> None:
    post_json(
        address,
        {"export_id": export.export_id, "orders": _order_rows(export)},
        headers={"Idempotency-Key": export.export_id},
        what=f"export {export.export_id} ({len(export.lines)} orders)",
        delivery=delivery,
    )


def _resolved(target: str) -> str:
    """The target itself, or what the environment variable holds that it names.

    Raises:
        UsageError: there is no such variable.
    """
    if not target.startswith("env:"):
        return target
    name = target.removeprefix("env:")
    if not os.environ.get(name):
        raise UsageError(f"the environment variable {name} that --to names is not set. Set it to a file or an address.")
    return os.environ[name]


def _is_address(target: str) -> bool:
    return urlsplit(target).scheme in {"http", "https"}


def _check_target(target: str) -> None:
    scheme = urlsplit(target).scheme
    if not target or (scheme and not _is_address(target)):
        raise UsageError(
            f"orders cannot go to {shown_address(target)!r}; wanted the path of a CSV file or an http(s) address."
        )
