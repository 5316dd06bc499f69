"""Logs what a library says again and again once, and then seldom, with how often it was said."""

import logging
import time
from collections.abc import Callable

_QUIET_SECONDS = 300.0
"""Seconds in which the same is not said again: a collector that is away would be told of each second. By judgement."""
_MOST_KINDS = 100
"""Sentences that are told apart; the oldest go first. By judgement."""


class Seldom(logging.Handler):
    """Hands records of a library to a logger of ours: each sentence once, and again after minutes with a count.

    Records are told apart by logger and sentence, whatever values it holds.
    """

    def __init__(self, target: logging.Logger, now: Callable[[], float] = time.monotonic) -> None:
        """Says nothing yet.

        Args:
            target: what logs the records that are said.
            now: a clock in seconds.
        """
        super().__init__(logging.WARNING)
        self._target = target
        self._now = now
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Says a record, or counts it."""
        kind, now = (record.name, str(record.msg)), self._now()
        before, held = self._said.pop(kind, (None, 0))
        if before is not None and now - before < _QUIET_SECONDS:
            self._said[kind] = before, held + 1
            return
        while len(self._said) >= _MOST_KINDS:
            del self._said[next(iter(self._said))]
        self._said[kind] = now, 0
        since = f" ({held} more like this in the {(now - before) / 60:.0f} min before)" if before and held else ""
        self._target.log(record.levelno, "%s: %s%s", record.name, record.getMessage(), since)


def said_seldom(library: str, target: logging.Logger) -> None:
    """From now on what the loggers of a library warn of is said seldom, by a logger of ours."""
    logger = logging.getLogger(library)
    if not any(isinstance(handler, Seldom) for handler in logger.handlers):
        logger.addHandler(Seldom(target))
        logger.propagate = False
