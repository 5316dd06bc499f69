"""Stores goods receipts of orders: append-only; partial deliveries add up."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database
from retail_brain.operational.tables import DECISIONS, RECEIPTS

_AT_ONCE = 500
"""Ids in one query: SQLite and PostgreSQL both limit the number of parameters."""


@dataclass(frozen=True)
class GoodsReceipt:
    """Goods that arrived for one suggestion, or a correction of that.

    Attributes:
        receipt_id: idempotency key, given by the sender; sending the same one again changes nothing.
        units: units that arrived; negative where an earlier receipt is corrected.
    """

    receipt_id: str
    suggestion_id: str
    units: float
    received_on: date
    note: str | None
    noted_by: str


def store_goods_receipts(tenant: str, database: Database, receipts: Sequence[GoodsReceipt], *, now: datetime) -> int:
    """Stores new goods receipts, all or none, with the audit; returns their number.

    Raises:
        NotFoundError: there is no decision about a suggestion.
        ImpossibleError: a receipt_id was used before for other units, another day or another suggestion.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        goods = _decided_goods(tenant, connection, receipts)
        present = _by_id(tenant, connection, [receipt.receipt_id for receipt in receipts])
        new: dict[str, GoodsReceipt] = {}
        for receipt in receipts:
            stored = present.get(receipt.receipt_id) or new.get(receipt.receipt_id)
            _check_same(receipt, stored)
            if stored is None:
                new[receipt.receipt_id] = receipt
        rows: list[dict[str, Any]] = [
            asdict(receipt) | goods[receipt.suggestion_id] | {"tenant_id": tenant, "noted_at": now}
            for receipt in new.values()
        ]
        if rows:
            database.insert_new(connection, RECEIPTS, rows, ["tenant_id", "receipt_id"])
        for receipt in new.values():
            details = {"receipt_id": receipt.receipt_id, "units": receipt.units, "on": receipt.received_on.isoformat()}
            append_audit(
                tenant, connection, AuditEntry(now, receipt.noted_by, "orders.received", receipt.suggestion_id, details)
            )
    return len(new)


def list_goods_receipts(tenant: str, database: Database, suggestion_id: str) -> list[GoodsReceipt]:
    """Goods receipts of a suggestion, oldest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    condition = (RECEIPTS.c.tenant_id == tenant) & (RECEIPTS.c.suggestion_id == suggestion_id)
    with database.reading() as connection:
        rows = connection.execute(select(RECEIPTS).where(condition).order_by(RECEIPTS.c.received_on, RECEIPTS.c.id))
        return [_receipt(row) for row in rows]


def _decided_goods(tenant: str, connection: Connection, receipts: Sequence[GoodsReceipt]) -> dict[str, dict[str, str]]:
    """Suggestion id -> store and product of its decision, for the suggestions of the receipts."""
    suggestion_ids = sorted({receipt.suggestion_id for receipt in receipts})
    goods: dict[str, dict[str, str]] = {}
    for start in range(0, len(suggestion_ids), _AT_ONCE):
        part = DECISIONS.c.suggestion_id.in_(suggestion_ids[start : start + _AT_ONCE])
        columns = (DECISIONS.c.suggestion_id, DECISIONS.c.store_id, DECISIONS.c.product_id)
        for row in connection.execute(select(*columns).where(DECISIONS.c.tenant_id == tenant, part).distinct()):
            goods[row.suggestion_id] = {"store_id": row.store_id, "product_id": row.product_id}
    unknown = [suggestion_id for suggestion_id in suggestion_ids if suggestion_id not in goods]
    if unknown:
        raise NotFoundError(
            f"{len(unknown)} of {len(suggestion_ids)} received orders were never decided here, the first is suggestion "
            f"{unknown[0]!r}; nothing was stored. Name the suggestion_id of the export, or store_id, product_id and "
            "the as_of of the suggestion.",
            {"suggestion_ids": unknown[:20]},
        )
    return goods


def _by_id(tenant: str, connection: Connection, ids: Sequence[str]) -> dict[str, GoodsReceipt]:
    stored: dict[str, GoodsReceipt] = {}
    for start in range(0, len(ids), _AT_ONCE):
        part = RECEIPTS.c.receipt_id.in_(ids[start : start + _AT_ONCE])
        rows = connection.execute(select(RECEIPTS).where(RECEIPTS.c.tenant_id == tenant, part))
        stored |= {row.receipt_id: _receipt(row) for row in rows}
    return stored


def _check_same(receipt: GoodsReceipt, stored: GoodsReceipt | None) -> None:
    # the note and the sender may differ: the same delivery, told twice, is still one
    if stored is not None and (receipt.suggestion_id, receipt.units, receipt.received_on) != (
        stored.suggestion_id,
        stored.units,
        stored.received_on,
    ):
        raise ImpossibleError(
            f"receipt_id {receipt.receipt_id!r} was used before for {stored.units:g} units on {stored.received_on}; "
            f"got it again for {receipt.units:g} units on {receipt.received_on}. To correct a receipt, send the "
            "difference (it may be negative) under a new receipt_id.",
            {"receipt_id": receipt.receipt_id},
        )


def _receipt(row: Row[tuple[object, ...]]) -> GoodsReceipt:
    return GoodsReceipt(**{name: getattr(row, name) for name in GoodsReceipt.__dataclass_fields__})
