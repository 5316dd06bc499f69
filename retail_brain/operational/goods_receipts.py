"""Stores goods receipts of orders: append-only; partial deliveries add up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from retail_brain.errors import ImpossibleError, NotFoundError, RetailBrainError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database, in_parts, lock_tenant
from retail_brain.operational.decisions import counting
from retail_brain.operational.plausibility import Beyond, check_usual
from retail_brain.operational.tables import DECISIONS, RECEIPTS
from retail_brain.settings import ReplenishmentSettings

_DEFAULTS = ReplenishmentSettings()


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


@dataclass(frozen=True)
class _Ordered:
    """The decision that goods arrive for, and the units that arrived before."""

    store_id: str
    product_id: str
    as_of: date
    quantity: float
    received: float


@dataclass(frozen=True)
class ReceiptTerms:
    """What receipts are judged by.

    Attributes:
        settings: how far receipts may go beyond their order and ahead of today.
        confirmed: receipt_ids that were confirmed as exceptions.
        own: suggestions that the sender may see; None: all. Others are as if nobody had decided on them.
    """

    settings: ReplenishmentSettings = _DEFAULTS
    confirmed: Collection[str] = ()
    own: Collection[str] | None = None

    def is_own(self, suggestion_id: str) -> bool:
        """Whether the sender may see a suggestion."""
        return self.own is None or suggestion_id in self.own


@dataclass(frozen=True)
class StoredReceipts:
    """What became of the receipts of a call.

    Attributes:
        new: how many are stored now.
        refused: place in the list -> why it was not stored.
    """

    new: int
    refused: Mapping[int, RetailBrainError]


def store_goods_receipts(
    tenant: str,
    database: Database,
    receipts: Sequence[GoodsReceipt],
    *,
    now: datetime,
    settings: ReplenishmentSettings = _DEFAULTS,
    confirmed: Collection[str] = (),
) -> int:
    """Stores new goods receipts, all or none, with the audit; returns their number.

    Args:
        tenant: whose receipts.
        database: where they are stored.
        receipts: what arrived.
        now: the instant.
        settings: how far receipts may go beyond their order and ahead of today.
        confirmed: receipt_ids that were confirmed as exceptions.

    Raises:
        NotFoundError: there is no decision about a suggestion.
        ImpossibleError: a receipt_id was used before for other units, another day or another suggestion.
        UnconfirmedError: more arrived than is usual for the order, less than nothing in all, or on a day that is not
            within the usual ones, and the receipt was not confirmed.
        UnavailableError: the database does not answer.
    """
    terms = ReceiptTerms(settings, confirmed)
    return store_good_receipts(tenant, database, receipts, terms, now=now, whole=True).new


def store_good_receipts(
    tenant: str,
    database: Database,
    receipts: Sequence[GoodsReceipt],
    terms: ReceiptTerms,
    *,
    now: datetime,
    whole: bool = False,
) -> StoredReceipts:
    """Stores the new goods receipts that can be, with the audit, and tells why the others cannot.

    Where none can, and with `whole` where one cannot, nothing is stored.

    Args:
        tenant: whose receipts.
        database: where they are stored.
        receipts: what arrived.
        terms: what they are judged by, in the order given.
        now: the instant.
        whole: stores all or none.

    Raises:
        NotFoundError: there is no decision about a suggestion.
        ImpossibleError: a receipt_id was used before for other units, another day or another suggestion.
        UnconfirmedError: more arrived than is usual for the order, less than nothing in all, or on a day that is not
            within the usual ones, and the receipt was not confirmed.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        # their numbers appear in order, so that whoever looks for a newer one misses none
        lock_tenant(tenant, connection)
        orders = _ordered(tenant, connection, receipts)
        present = _by_id(tenant, connection, [receipt.receipt_id for receipt in receipts])
        orders = {name: ordered for name, ordered in orders.items() if terms.is_own(name)}
        sorted_ = _sort(receipts, orders, present, terms, now.date(), whole=whole)
        new = sorted_.new
        rows: list[dict[str, Any]] = []
        for receipt in new.values():
            ordered = orders[receipt.suggestion_id]
            goods = {"store_id": ordered.store_id, "product_id": ordered.product_id}
            rows.append(asdict(receipt) | goods | {"tenant_id": tenant, "noted_at": now})
        if rows:
            database.insert_new(connection, RECEIPTS, rows, ["tenant_id", "receipt_id"])
        for receipt in new.values():
            details = {"receipt_id": receipt.receipt_id, "units": receipt.units, "on": receipt.received_on.isoformat()}
            if receipt.receipt_id in sorted_.exceptions:
                details["is_exception"] = True
            append_audit(
                tenant, connection, AuditEntry(now, receipt.noted_by, "orders.received", receipt.suggestion_id, details)
            )
    return StoredReceipts(len(new), sorted_.refused)


@dataclass
class _Sorted:
    """Receipts to store by receipt_id, those of them that go beyond the usual, and why others are not stored."""

    refused: dict[int, RetailBrainError]
    new: dict[str, GoodsReceipt] = field(default_factory=dict)
    exceptions: set[str] = field(default_factory=set)


def _sort(
    receipts: Sequence[GoodsReceipt],
    orders: Mapping[str, _Ordered],
    present: Mapping[str, GoodsReceipt],
    terms: ReceiptTerms,
    today: date,
    *,
    whole: bool,
) -> _Sorted:
    """Sorts receipts; refuses them all where none can be stored or, with `whole`, one cannot."""
    found = _Sorted(_never_decided(receipts, orders, whole=whole))
    received = {name: ordered.received for name, ordered in orders.items()}
    for place, receipt in enumerate(receipts):
        if place in found.refused:
            continue
        # the same delivery may be in one call twice, too
        stored = present.get(receipt.receipt_id) or found.new.get(receipt.receipt_id)
        try:
            _check_same(receipt, stored, terms)
            if stored is None:
                # summed while checking: several of one call are judged together, not each against the old total
                units = received[receipt.suggestion_id] + receipt.units
                if _check_usual(receipt, orders[receipt.suggestion_id], units, terms, today):
                    found.exceptions.add(receipt.receipt_id)
                received[receipt.suggestion_id] = units
                found.new[receipt.receipt_id] = receipt
        except ImpossibleError as error:
            if whole:
                raise
            found.refused[place] = error
    if found.refused and len(found.refused) == len(receipts):
        raise found.refused[min(found.refused)]
    return found


def _check_usual(
    receipt: GoodsReceipt, ordered: _Ordered, received: float, terms: ReceiptTerms, today: date
) -> list[Beyond]:
    """The limits that a receipt goes beyond and that were confirmed; `received` units with it.

    Raises:
        UnconfirmedError: they were not.
    """
    beyond = _beyond(receipt, ordered, received, terms.settings, today)
    if receipt.receipt_id not in terms.confirmed:
        check_usual(
            beyond,
            what=f"receipt {receipt.receipt_id!r} of product {ordered.product_id!r} in store {ordered.store_id!r}",
            confirm="confirm it as an exception (confirm_exception, --confirm-exceptions)",
            details={"receipt_id": receipt.receipt_id, "suggestion_id": receipt.suggestion_id},
        )
    return beyond


def _never_decided(
    receipts: Sequence[GoodsReceipt], orders: Mapping[str, _Ordered], *, whole: bool
) -> dict[int, RetailBrainError]:
    """Refusal of each receipt of a suggestion that nobody decided on, by its place.

    Raises:
        NotFoundError: all are; with `whole`, one is.
    """
    named = sorted({receipt.suggestion_id for receipt in receipts})
    unknown = [name for name in named if name not in orders]
    if unknown and (whole or len(unknown) == len(named)):
        raise never_decided(unknown, len(named))
    places = [place for place, receipt in enumerate(receipts) if receipt.suggestion_id not in orders]
    return {place: never_decided([receipts[place].suggestion_id], 1) for place in places}


def _beyond(
    receipt: GoodsReceipt, ordered: _Ordered, received: float, settings: ReplenishmentSettings, today: date
) -> list[Beyond]:
    """The limits that a receipt goes beyond; `received` units with it."""
    most = settings.receipt_most_times_order * ordered.quantity
    # sample data may end after today: the day of the suggestion then counts as today
    last = max(today, ordered.as_of) + timedelta(days=settings.receipt_days_ahead)
    found = []
    if receipt.units > 0 and received > most:
        text = f"brings the units received to {received:,.10g}, more than {most:,.10g} ("
        text += f"{settings.receipt_most_times_order:g} times the {ordered.quantity:,.10g} ordered)"
        found.append(Beyond("units", text, {"received": received, "ordered": ordered.quantity, "limit": most}))
    if received < 0:
        text = f"brings the units received to {received:,.10g}, less than nothing"
        found.append(Beyond("negative", text, {"received": received, "limit": 0}))
    if receipt.received_on > last:
        text = f"is dated {receipt.received_on}, later than {last}"
        facts = {"received_on": receipt.received_on.isoformat(), "limit": last.isoformat()}
        found.append(Beyond("late_day", text, facts))
    if receipt.received_on < ordered.as_of:
        text = f"is dated {receipt.received_on}, before its order was suggested ({ordered.as_of})"
        facts = {"received_on": receipt.received_on.isoformat(), "limit": ordered.as_of.isoformat()}
        found.append(Beyond("early_day", text, facts))
    return found


def _ordered(tenant: str, connection: Connection, receipts: Sequence[GoodsReceipt]) -> dict[str, _Ordered]:
    """The decision that counts for each suggestion of the receipts, and what arrived for it before."""
    suggestion_ids = sorted({receipt.suggestion_id for receipt in receipts})
    orders: dict[str, _Ordered] = {}
    for ids in in_parts(suggestion_ids):
        units = select(RECEIPTS.c.suggestion_id, func.sum(RECEIPTS.c.units).label("received")).group_by(
            RECEIPTS.c.suggestion_id
        )
        of_tenant = units.where(RECEIPTS.c.tenant_id == tenant, RECEIPTS.c.suggestion_id.in_(ids))
        received = {row.suggestion_id: row.received for row in connection.execute(of_tenant)}
        decided = select(DECISIONS).where(counting(tenant), DECISIONS.c.suggestion_id.in_(ids))
        for row in connection.execute(decided.order_by(DECISIONS.c.id)):  # the newest of a suggestion comes last
            place = (row.store_id, row.product_id, row.as_of)
            orders[row.suggestion_id] = _Ordered(*place, row.quantity or 0.0, received.get(row.suggestion_id, 0.0))
    return orders


def never_decided(unknown: Sequence[str], count: int) -> NotFoundError:
    """The error for receipts of suggestions that nobody decided on, or that the asker may not see.

    Args:
        unknown: their suggestion ids.
        count: suggestions of all receipts.
    """
    return NotFoundError(
        f"{len(unknown)} of {count} received orders were never decided here, the first is suggestion "
        f"{unknown[0]!r}; nothing was stored. Name the suggestion_id of the export, or store_id, product_id and "
        "the as_of of the suggestion.",
        {"problem": "orders_never_decided", "count": len(unknown), "suggestion_ids": list(unknown[:20])},
    )


def _by_id(tenant: str, connection: Connection, ids: Sequence[str]) -> dict[str, GoodsReceipt]:
    stored: dict[str, GoodsReceipt] = {}
    for part in in_parts(ids):
        own = (RECEIPTS.c.tenant_id == tenant) & RECEIPTS.c.receipt_id.in_(part)
        rows = connection.execute(select(RECEIPTS).where(own))
        stored |= {row.receipt_id: _receipt(row) for row in rows}
    return stored


def _check_same(receipt: GoodsReceipt, stored: GoodsReceipt | None, terms: ReceiptTerms) -> None:
    if stored is not None and not terms.is_own(stored.suggestion_id):
        raise ImpossibleError(
            f"receipt_id {receipt.receipt_id!r} cannot be used. Send the receipt under a new one.",
            {"problem": "receipt_id_taken", "receipt_id": receipt.receipt_id},
        )
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
            {"problem": "receipt_id_taken", "receipt_id": receipt.receipt_id},
        )


def _receipt(row: Row[tuple[object, ...]]) -> GoodsReceipt:
    return GoodsReceipt(**{name: getattr(row, name) for name in GoodsReceipt.__dataclass_fields__})
