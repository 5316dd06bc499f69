"""Exports approved orders as a CSV file or to a webhook, each at least once."""

import csv
import json
import urllib.error
import urllib.request
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from retail_brain.errors import RetailBrainError, UsageError
from retail_brain.files import write_text
from retail_brain.operational.database import Database
from retail_brain.operational.exports import Export, make_export, mark_delivered, pending_exports

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
    tenant: str, database: Database, *, target: str, made_by: str, now: datetime, timeout_seconds: float
) -> list[Export]:
    """Delivers the decided orders that were not exported yet, the undelivered exports first.

    Args:
        tenant: whose decisions.
        database: where they are.
        target: path of a CSV file, or an http(s) address that takes JSON.
        made_by: who exports, for the audit.
        now: the instant.
        timeout_seconds: that an address has to take an export (setting `replenishment.export_timeout_seconds`).

    Returns:
        The exports delivered; none where nothing was open.

    Raises:
        RetailBrainError: the target did not take an export; it stays pending and goes out first the next time.
        UsageError: the target is neither a file nor an http(s) address.
    """
    _check_target(target)
    # The export is stored before it is sent: a crash or a refusal leaves it pending, and the address can tell a
    # repeated delivery by its export_id.
    fresh = make_export(tenant, database, target=target, made_by=made_by, now=now)
    exports = pending_exports(tenant, database)
    if _is_address(target):
        for export in exports:
            _post(target, export, timeout_seconds)
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
        writer.writerows(_order_rows(export))
    return text.getvalue()


def _post(address: str, export: Export, timeout_seconds: float) -> None:
    body = json.dumps({"export_id": export.export_id, "orders": _order_rows(export)}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": export.export_id}
    request = urllib.request.Request(address, body, headers, method="POST")  # noqa: S310  # http(s) was checked
    try:
        with urllib.request.urlopen(request, timeout=timeout_seconds):  # noqa: S310
            return
    except (urllib.error.URLError, OSError) as error:
        raise RetailBrainError(
            f"{urlsplit(address).netloc} did not take export {export.export_id} ({len(export.lines)} orders): {error}. "
            "It is kept and goes out first when you export again."
        ) from error


def _is_address(target: str) -> bool:
    return urlsplit(target).scheme in {"http", "https"}


def _check_target(target: str) -> None:
    scheme = urlsplit(target).scheme
    if not target or (scheme and not _is_address(target)):
        raise UsageError(f"orders cannot go to {target!r}; wanted the path of a CSV file or an http(s) address.")
