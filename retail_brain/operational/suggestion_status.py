"""Status of each decided suggestion: approved, changed, rejected, exported or received."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select, true

from retail_brain.operational.database import Database
from retail_brain.operational.decisions import StoredDecision, counting, stored_decision
from retail_brain.operational.tables import DECISIONS, EXPORT_LINES, EXPORTS, RECEIPTS

_ROUNDING_UNITS = 1e-6
"""Units; a smaller open quantity is a rounding error of sums."""


@dataclass(frozen=True)
class SuggestionStatus:
    """The decision about a suggestion that counts, its export and the goods received for it.

    Attributes:
        stored: the decision.
        exported_at: when it arrived at the system that carries it out; None until then.
        received_units: units that arrived so far; None where no goods receipt was stored.
        received_on: last day on which goods arrived.
    """

    stored: StoredDecision
    exported_at: datetime | None = None
    received_units: float | None = None
    received_on: date | None = None

    @property
    def state(self) -> str:
        """approved, changed, rejected, exported or received; `received` from the first units on."""
        if self.received_units is not None and self.received_units > 0:
            return "received"
        return self.stored.decision.decision if self.exported_at is None else "exported"

    @property
    def open_units(self) -> float:
        """Units ordered that have not arrived."""
        return max(self.stored.decision.quantity - (self.received_units or 0.0), 0.0)

    @property
    def is_short(self) -> bool:
        """Whether some arrived, but less than was ordered."""
        return self.received_units is not None and self.open_units > _ROUNDING_UNITS


def suggestion_statuses(
    tenant: str, database: Database, *, as_of: date | None = None, since: date | None = None
) -> list[SuggestionStatus]:
    """One entry per suggestion with a decision that was not taken back, oldest decision first.

    Args:
        tenant: whose suggestions.
        database: where the decisions are stored.
        as_of: only suggestions of this day; None for all.
        since: only suggestions of this day or later; None for all.

    Raises:
        UnavailableError: the database does not answer.
    """
    condition = counting(tenant)
    day: ColumnElement[bool] = true() if as_of is None else DECISIONS.c.as_of == as_of
    if since is not None:
        day = and_(day, DECISIONS.c.as_of >= since)
    # row ids rise in order of storing, unlike clocks of several hosts
    newest = select(func.max(DECISIONS.c.id)).where(condition, day).group_by(DECISIONS.c.suggestion_id)
    # summed before the join: several receipts would otherwise repeat the row of their decision
    arrived = (
        select(
            RECEIPTS.c.suggestion_id,
            func.sum(RECEIPTS.c.units).label("received_units"),
            func.max(RECEIPTS.c.received_on).label("received_on"),
        )
        .where(RECEIPTS.c.tenant_id == tenant)
        .group_by(RECEIPTS.c.suggestion_id)
        .subquery()
    )
    query = (
        select(DECISIONS, EXPORTS.c.delivered_at, arrived.c.received_units, arrived.c.received_on)
        .outerjoin(
            EXPORT_LINES, and_(EXPORT_LINES.c.decision_row == DECISIONS.c.id, EXPORT_LINES.c.tenant_id == tenant)
        )
        .outerjoin(EXPORTS, EXPORTS.c.export_id == EXPORT_LINES.c.export_id)
        .outerjoin(arrived, arrived.c.suggestion_id == DECISIONS.c.suggestion_id)
        .where(condition, day, DECISIONS.c.id.in_(newest))
        .order_by(DECISIONS.c.id)
    )
    with database.reading() as connection:
        return [
            SuggestionStatus(stored_decision(row), row.delivered_at, row.received_units, row.received_on)
            for row in connection.execute(query)
        ]


StatusesMark = tuple[int, int, int, datetime | None]
"""Newest decision, number of decisions taken back, newest goods receipt, newest delivery of an export."""


def statuses_mark(tenant: str, database: Database) -> StatusesMark:
    """A value that differs after every change of a status. Cheap to poll.

    Raises:
        UnavailableError: the database does not answer.
    """
    decided = select(func.max(DECISIONS.c.id)).where(DECISIONS.c.tenant_id == tenant)
    withdrawn = select(func.count(DECISIONS.c.withdrawn_at)).where(DECISIONS.c.tenant_id == tenant)
    received = select(func.max(RECEIPTS.c.id)).where(RECEIPTS.c.tenant_id == tenant)
    delivered = select(func.max(EXPORTS.c.delivered_at)).where(EXPORTS.c.tenant_id == tenant)
    with database.reading() as connection:
        return (
            connection.execute(decided).scalar_one_or_none() or 0,
            connection.execute(withdrawn).scalar_one(),
            connection.execute(received).scalar_one_or_none() or 0,
            connection.execute(delivered).scalar_one_or_none(),
        )
