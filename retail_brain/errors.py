"""Exception classes of the project.

A message says what happened, what was got, what was wanted and what to do.
"""

from collections.abc import Mapping
from typing import Any


class RetailBrainError(Exception):
    """Any failure that a user can act on.

    Attributes:
        code: short machine-readable name, used in the service's error shape.
        details: structured facts behind the message.
    """

    code = "failed"

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details: dict[str, Any] = dict(details or {})


class UsageError(RetailBrainError):
    """The call itself is wrong: an option, a name or a combination that cannot work (exit code 2)."""

    code = "usage"


class DayToComeError(UsageError):
    """A day was named that has not come: a wrong call, and an impossible request, since no schema knows today."""

    code = "impossible"


class ExpressionError(UsageError):
    """A segment's expression cannot be read or used on the tables: no schema knows its grammar or their columns."""

    code = "impossible"


class DataError(RetailBrainError):
    """The data cannot be used as it is: missing table or column, wrong types, too many bad rows."""

    code = "bad_data"


class UnreachableLakeError(DataError):
    """The object store of a lake does not answer, refuses the key, or has no such bucket: nothing is known of files."""


class MissingTableError(DataError):
    """A table that the work needs is not in the lake."""

    code = "missing_table"


class NotFoundError(RetailBrainError):
    """An id, version or file that was named does not exist."""

    code = "not_found"


class ImpossibleError(RetailBrainError):
    """The request is understood but cannot be met, for example a date outside the data."""

    code = "impossible"


class UnconfirmedError(ImpossibleError):
    """The request goes beyond a limit of what is usual; it is carried out when it is confirmed as an exception."""

    code = "unconfirmed"


class ConflictError(ImpossibleError):
    """Somebody else changed the thing since it was read; `details` hold both versions."""

    code = "conflict"


class ModelError(RetailBrainError):
    """A model or bundle is missing, damaged or made by an incompatible version."""

    code = "model"


class UnavailableError(RetailBrainError):
    """A service that the work needs, such as the operational database, does not answer; trying again may help."""

    code = "unavailable"


class NoRoomError(UnavailableError):
    """The operational database's disk is full: nothing can be written until there is room."""


class ExtensionError(RetailBrainError):
    """An extension of another package cannot be imported, clashes with another, fails or breaks its protocol."""

    code = "extension"
