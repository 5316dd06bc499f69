"""Answers that did not reach their client whole: why, and how much of them was sent."""

from dataclasses import dataclass
from typing import Any, Literal

CutReason = Literal["client_gone", "answer_unread", "fault", "stopped"]
"""The client went away, did not read for too long, the answer failed after its status was sent, or the service ends."""
FAULT = "retail_brain.fault"
"""Key of the request's scope under which the API leaves the code of an error that came after the status was sent."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One cut answer.

    Attributes:
        reason: why.
        sent: bytes of the body that the system took; the last of them may not have arrived.
        size: bytes of the whole body; None where nobody knows.
        code: of the error that cut it; None where none did.
    """

    reason: CutReason
    sent: int
    size: int | None
    code: str | None = None

    def text(self) -> str:
        """For a log line of text.

        >>> Cut("client_gone", 65536, 400000).text()
        'cut: client_gone, 65536 of 400000 bytes'
        >>> Cut("fault", 12, None, "unavailable").text()
        'cut: fault (unavailable), 12 bytes of an unknown number'
        """
        why = self.reason if self.code is None else f"{self.reason} ({self.code})"
        of = f"{self.sent} bytes of an unknown number" if self.size is None else f"{self.sent} of {self.size} bytes"
        return f"cut: {why}, {of}"

    def values(self) -> dict[str, Any]:
        """For a log line of JSON."""
        code = {} if self.code is None else {"code": self.code}
        return {"cut": self.reason, "bytes_sent": self.sent, "bytes": self.size} | code


def size_in(headers: list[tuple[bytes, bytes]]) -> int | None:
    """Bytes that the headers of an answer promise; None where they promise nothing."""
    return next((int(value) for name, value in headers if name.lower() == b"content-length"), None)
