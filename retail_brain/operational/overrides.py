"""Stores forecast overrides: who replaced a forecast, why and until when; append-only, so they can be evaluated."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database, lock_tenant
from retail_brain.operational.plausibility import Beyond, check_usual
from retail_brain.operational.tables import OVERRIDES
from retail_brain.settings import DemandSettings

KINDS = ("factor", "units")
LEAST_FACTOR, MOST_FACTOR = 0.01, 100
"""Times a forecast that a person may state, besides 0: beyond them it is a slip. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Override:
    """One override of forecasts by a person.

    Attributes:
        override_id: idempotency key, given by the client; sending the same one again changes nothing.
        store_id, product_id: the series it applies to; None for all.
        begins_on: first day that it applies to.
        ends_on: first day that it no longer applies to; None while it is not withdrawn.
        kind: `factor` (times the engine's forecast) or `units` (per period, instead of it).
        value: the factor, or units per period.
        reason: why.
        made_by: who.
        as_of: last visible day when it was made: it applies to forecasts from this day on.
    """

    override_id: str
    store_id: str | None
    product_id: str | None
    begins_on: date
    ends_on: date | None
    kind: str
    value: float
    reason: str
    made_by: str
    as_of: date


def is_usable_factor(value: float) -> bool:
    """Whether a forecast may be multiplied by a factor: 0, or from LEAST_FACTOR to MOST_FACTOR."""
    return value == 0 or LEAST_FACTOR <= value <= MOST_FACTOR


def check_override(override: Override, settings: DemandSettings, peak: float | None) -> None:
    """Refuses an override that ends later, or changes more, than is usual.

    Args:
        override: not stored yet.
        settings: hold `override_most_days` and `override_most_times`.
        peak: highest forecast of a period of what it applies to, units; None where nothing is forecast yet, and only
            factors are compared then.

    Raises:
        UnconfirmedError: it does.
    """
    beyond = [*_too_late(override, settings.override_most_days)]
    beyond += _too_much(override, settings.override_most_times, peak)
    check_usual(
        beyond,
        what=f"the override of {override.store_id or 'all stores'}, {override.product_id or 'all products'}",
        confirm="confirm it as an exception (confirm_exception, --confirm-exception)",
        details={"override_id": override.override_id},
    )


def _too_late(override: Override, most_days: int) -> Iterator[Beyond]:
    last = override.begins_on + timedelta(days=most_days)
    # one without an end is meant to last until it is withdrawn, so it cannot be a slip of the date
    if override.ends_on is not None and override.ends_on > last:
        facts = {"ends_on": override.ends_on.isoformat(), "limit": last.isoformat(), "days": most_days}
        yield Beyond("duration", f"ends on {override.ends_on}, later than {last} ({most_days} days)", facts)


def _too_much(override: Override, most_times: float, peak: float | None) -> Iterator[Beyond]:
    if override.kind == "factor" and override.value > most_times:
        facts = {"value": override.value, "limit": most_times}
        yield Beyond("factor", f"multiplies the forecast by {override.value:,g}, more than {most_times:,g}", facts)
    # goods that sell one in months may well sell a few: below one unit a period a share says little
    limit = None if peak is None else round(most_times * max(peak, 1.0), 1)
    if override.kind == "units" and peak is not None and limit is not None and override.value > limit:
        facts = {"units": override.value, "limit": limit, "peak": round(peak, 1), "times": most_times}
        said = f"states {override.value:,g} units a period, more than {limit:,g}; the highest forecast is {peak:,.1f}"
        yield Beyond("override_units", said, facts)


@dataclass(frozen=True)
class StoredOverride:
    """An override with its row id (rising in order of storing), the time it was made and its withdrawal, if any.

    Attributes:
        withdrawn_as_of: last visible day when it was withdrawn: forecasts from this day on are without it.
    """

    id: int
    made_at: datetime
    override: Override
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_as_of: date | None = None

    def counts_on(self, origin: date) -> bool:
        """Whether it applies to forecasts of an origin: made by then, and not withdrawn by then."""
        withdrawn = self.withdrawn_as_of is not None and self.withdrawn_as_of <= origin
        return self.override.as_of <= origin and not withdrawn


def store_overrides(
    tenant: str, database: Database, overrides: Sequence[Override], *, now: datetime
) -> list[StoredOverride]:
    """Stores new overrides, all or none, with the audit; returns all as stored, in the order of the argument.

    Raises:
        ImpossibleError: an override_id was used before for another override.
        UnavailableError: the database does not answer.
    """
    ids = [override.override_id for override in overrides]
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        # their numbers appear in order, so that whoever looks for a newer one misses none
        lock_tenant(tenant, connection)
        present = _by_id(tenant, connection, ids)
        new = {override.override_id: override for override in overrides if override.override_id not in present}
        rows: list[dict[str, Any]] = [asdict(one) | {"tenant_id": tenant, "made_at": now} for one in new.values()]
        if rows:
            database.insert_new(connection, OVERRIDES, rows, ["tenant_id", "override_id"])
        for override in new.values():
            details = {
                name: value for name, value in asdict(override).items() if name not in {"override_id", "made_by"}
            }
            # the audit is JSON, which has no dates
            details = {name: str(value) if isinstance(value, date) else value for name, value in details.items()}
            append_audit(
                tenant,
                connection,
                AuditEntry(now, override.made_by, "forecast.override", override.override_id, details),
            )
        stored = _by_id(tenant, connection, ids)
        for override in overrides:
            # checked after the insert: another writer may have stored the same id first, and its row is then the one
            # kept
            _check_same(override, stored[override.override_id].override)
        return [stored[override_id] for override_id in ids]


def withdraw_overrides(
    tenant: str, database: Database, override_ids: Sequence[str], *, by: str, as_of: date, now: datetime
) -> list[StoredOverride]:
    """Withdraws overrides, all or none; withdrawing one again changes nothing.

    Raises:
        NotFoundError: there is no such override.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        present = _by_id(tenant, connection, override_ids)
        missing = [override_id for override_id in override_ids if override_id not in present]
        if missing:
            raise no_override(missing[0])
        for override_id, stored in present.items():
            if stored.withdrawn_at is None:
                condition = (OVERRIDES.c.tenant_id == tenant) & (OVERRIDES.c.override_id == override_id)
                values = {"withdrawn_at": now, "withdrawn_by": by, "withdrawn_as_of": as_of}
                connection.execute(update(OVERRIDES).where(condition).values(**values))
                append_audit(tenant, connection, AuditEntry(now, by, "forecast.override.withdrawn", override_id, {}))
        stored_now = _by_id(tenant, connection, override_ids)
        return [stored_now[override_id] for override_id in override_ids]


def no_override(override_id: str) -> NotFoundError:
    """The error for an override that does not exist, or that the asker may not change."""
    return NotFoundError(
        f"there is no override {override_id!r}. `retail-brain overrides list` shows those there are.",
        {"problem": "override_unknown", "override_id": override_id},
    )


def list_overrides(tenant: str, database: Database) -> list[StoredOverride]:
    """Every override of a tenant, oldest first, withdrawn and expired ones included.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(OVERRIDES).where(OVERRIDES.c.tenant_id == tenant).order_by(OVERRIDES.c.id)
    with database.reading() as connection:
        return [_stored(row) for row in connection.execute(query)]


def overrides_mark(tenant: str, database: Database) -> tuple[int, int]:
    """A value that differs after every override made or withdrawn. Cheap to poll.

    Raises:
        UnavailableError: the database does not answer.
    """
    condition = OVERRIDES.c.tenant_id == tenant
    query = select(func.max(OVERRIDES.c.id), func.count(OVERRIDES.c.withdrawn_at)).where(condition)
    with database.reading() as connection:
        newest, withdrawn = connection.execute(query).one()
        return newest or 0, withdrawn or 0


def _by_id(tenant: str, connection: Connection, ids: Sequence[str]) -> dict[str, StoredOverride]:
    condition = (OVERRIDES.c.tenant_id == tenant) & OVERRIDES.c.override_id.in_(ids)
    return {row.override_id: _stored(row) for row in connection.execute(select(OVERRIDES).where(condition))}


def _check_same(override: Override, stored: Override) -> None:
    if stored != override:
        raise ImpossibleError(
            f"override_id {override.override_id!r} was used before for another override; got it again with other "
            "content. Make a new one under a new override_id.",
            {"problem": "override_id_taken", "override_id": override.override_id},
        )


def _stored(row: Row[tuple[object, ...]]) -> StoredOverride:
    fields = {name: getattr(row, name) for name in Override.__dataclass_fields__}
    return StoredOverride(
        row.id, row.made_at, Override(**fields), row.withdrawn_at, row.withdrawn_by, row.withdrawn_as_of
    )
