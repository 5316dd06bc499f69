"""Looks now and then whether the service could write: a disk that may only be read shows at no read."""

import time
from collections.abc import Sequence
from pathlib import Path

from retail_brain.operational.database import Database
from retail_brain.operational.write_faults import write_faults

_EVERY_SECONDS = 10.0
"""Seconds between two looks: one costs a small file and the lock of the database for a moment. By judgement."""


class Writability:
    """Whether the home and the operational database take writes, as of the last look."""

    def __init__(self, home: Path, database: Database) -> None:
        """Looks at nothing yet."""
        self._home = home
        self._database = database
        self._looked_at: float | None = None
        self._faults: Sequence[Exception] = []

    def faults(self) -> Sequence[Exception]:
        """What takes no writes; looked at anew every `_EVERY_SECONDS`."""
        now = time.monotonic()
        if self._looked_at is None or now - self._looked_at >= _EVERY_SECONDS:
            self._faults = write_faults(self._home, self._database)
            self._looked_at = now
        return self._faults
