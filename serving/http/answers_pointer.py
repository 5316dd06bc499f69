"""Follows the pointer CURRENT of a tenant: which set of answers is served, and what stands in for a damaged one."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from retail_brain.errors import ModelError
from serving.store.answer_set import Answers, open_answers
from serving.store.current_answers import current_id, set_folders

_log = logging.getLogger("bentoml.retail_brain")
_RETRY_SECONDS = 30.0
"""Seconds after which a damaged set of answers is read again: it may have been mended. By judgement, not measured."""


@dataclass(frozen=True)
class _Damage:
    """A set of answers or a pointer that cannot be used, and when to try again (seconds of the monotonic clock).

    `wanted` is empty where it is the pointer. The fault is kept as text: an error holds the frames it passed, and with
    them the answers that were opened instead.
    """

    wanted: str
    fault: str
    retry_at: float

    def is_same(self, wanted: str, fault: str | None) -> bool:
        """Whether it is of this set, or of this fault where the pointer has one."""
        return self.wanted == wanted and fault in {None, self.fault}


class AnswersPointer:
    """The pointer of one tenant, and the damage that was last seen behind it."""

    def __init__(self, folder: Path) -> None:
        """Reads nothing yet; `folder` holds CURRENT and the sets of answers."""
        self._folder = folder
        self._damaged: _Damage | None = None

    def follow(self, served: str | None, serve: Callable[[Answers], None]) -> None:
        """Moves to the set of answers that CURRENT names; a new worker that cannot takes the newest whole set.

        Args:
            served: id of the set that is served now; None where there is none.
            serve: is called with the answers to serve from now on, if they are others.

        Raises:
            ModelError: the pointer or the set is damaged. The set is tried again every `_RETRY_SECONDS`.
        """
        wanted, fault = self._named(is_serving=served is not None)
        if wanted is None:
            if fault is not None:
                raise ModelError(fault)
            return
        if served == wanted:
            return
        damaged = self._damaged
        if damaged is not None and damaged.is_same(wanted, fault) and time.monotonic() < damaged.retry_at:
            raise ModelError(damaged.fault)
        if fault is None:
            try:
                serve(open_answers(self._folder / wanted))
            except ModelError as error:
                fault = str(error)
            else:
                return
        if served is None and (earlier := _newest_whole(self._folder, wanted)) is not None:
            serve(earlier)
        # after: where the database was away just now, the next look tries all of it again
        self._damaged = _Damage(wanted, fault, time.monotonic() + _RETRY_SECONDS)
        raise ModelError(fault)

    def _named(self, *, is_serving: bool) -> tuple[str | None, str | None]:
        """The set that CURRENT names, empty where it cannot be read, None where there is none; and what is wrong."""
        try:
            wanted = current_id(self._folder)
        except ModelError as error:
            # one that is missing may have been taken away, as by an erasure: then no set beside it is served
            return "" if (self._folder / "CURRENT").exists() else None, str(error)
        if wanted is None and is_serving:
            return None, f"{self._folder / 'CURRENT'} is gone, and so are its sets. Run `retail-brain publish`."
        return wanted, None


def _newest_whole(answers: Path, damaged: str) -> Answers | None:
    """The newest set of answers that is whole, besides one that is not."""
    for folder in reversed(set_folders(answers)):
        if folder.name != damaged:
            try:
                return open_answers(folder)
            except ModelError as error:
                _log.warning("%s", error)
    return None
