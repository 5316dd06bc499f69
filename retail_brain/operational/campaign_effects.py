"""Stores the measured effects of campaigns: one per campaign and last visible day, so that every look is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select

from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.campaigns import note_measured
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import CREDIT
from retail_brain.operational.tables import CAMPAIGN_EFFECTS


@dataclass(frozen=True)
class StoredEffect:
    """One look at a campaign's effect.

    Attributes:
        as_of: last visible day of the look.
        effect: numbers as JSON.
    """

    campaign_id: str
    as_of: date
    effect: dict[str, Any]
    measured_by: str
    measured_at: datetime


@dataclass(frozen=True)
class Looks:
    """Looks at what contacts caused, the earliest day first.

    Attributes:
        read: those that can be shown.
        left_out: rows that hold something else, such as one that another version or program stored.
    """

    read: list[StoredEffect]
    left_out: int


def store_effect(tenant: str, database: Database, look: StoredEffect) -> None:
    """Stores a look; another one of the same campaign and day takes its place.

    A final look at a campaign made here notes that it is measured.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = CAMPAIGN_EFFECTS.c
    own = (table.tenant_id == tenant) & (table.campaign_id == look.campaign_id) & (table.as_of == look.as_of)
    row = {
        "tenant_id": tenant,
        "campaign_id": look.campaign_id,
        "as_of": look.as_of,
        "effect": look.effect,
        "measured_by": look.measured_by,
        "measured_at": look.measured_at,
    }
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=look.measured_at)
        connection.execute(delete(CAMPAIGN_EFFECTS).where(own))
        connection.execute(insert(CAMPAIGN_EFFECTS).values(**row))
        details: Mapping[str, Any] = {"as_of": look.as_of.isoformat(), "is_final": bool(look.effect.get("is_final"))}
        entry = AuditEntry(look.measured_at, look.measured_by, "campaign.measured", look.campaign_id, details)
        append_audit(tenant, connection, entry)
        if look.effect.get("is_final"):
            note_measured(tenant, connection, look.campaign_id, by=look.measured_by, at=look.measured_at)


def campaign_effects(tenant: str, database: Database, campaign_id: str | None = None) -> list[StoredEffect]:
    """The looks at a campaign (None: at every campaign), the earliest day first.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = CAMPAIGN_EFFECTS.c
    query = select(CAMPAIGN_EFFECTS).where(table.tenant_id == tenant)
    if campaign_id is not None:
        query = query.where(table.campaign_id == campaign_id)
    with database.reading() as connection:
        return [_stored(row) for row in connection.execute(query.order_by(table.as_of, table.id))]


def effect_looks(tenant: str, database: Database, campaign_id: str | None = None) -> Looks:
    """The looks at what contacts caused, of a campaign or of all; the credit of guides is kept beside them and is none.

    Raises:
        UnavailableError: the database does not answer.
    """
    found = [one for one in campaign_effects(tenant, database, campaign_id) if one.campaign_id != CREDIT]
    read = [one for one in found if _is_effect(one.effect)]
    return Looks(read, len(found) - len(read))


def credit_looks(tenant: str, database: Database) -> Looks:
    """The credit of guides, worked out again and again and kept beside the effects.

    Raises:
        UnavailableError: the database does not answer.
    """
    found = campaign_effects(tenant, database, CREDIT)
    read = [one for one in found if _is_credit(one.effect)]
    return Looks(read, len(found) - len(read))


def _is_credit(effect: object) -> bool:
    return isinstance(effect, dict) and isinstance(effect.get("guides"), list)


def _is_effect(effect: object) -> bool:
    """Whether a stored row holds what every look at an effect has, so that one odd row breaks no list."""
    return (
        isinstance(effect, dict)
        and isinstance(effect.get("is_final"), bool)
        and "reading" in effect
        and all(_are_numbers(effect.get(part), names) for part, names in _NUMBERS.items())
    )


def _are_numbers(part: object, names: tuple[str, ...]) -> bool:
    """Whether a part is missing, or holds these numbers."""
    return part is None or (
        isinstance(part, dict)
        and all(isinstance(part.get(name), int | float) and not isinstance(part[name], bool) for name in names)
    )


_NUMBERS = {
    "reading": ("difference", "low", "high"),
    "net": ("value", "low", "high"),
    "caused_share": ("value", "error"),
}
"""Part of an effect that may be null -> its numbers."""


def _stored(row: Row[tuple[object, ...]]) -> StoredEffect:
    return StoredEffect(**{name: getattr(row, name) for name in StoredEffect.__dataclass_fields__})
