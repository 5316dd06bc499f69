"""Remembers frames that were worked out from other frames, so that what many requests share is worked out once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

import polars as pl

_MOST = 200
"""Frames remembered, the longest unasked go first; one of 3,000 people takes about 100 kB. By judgement."""


class FrameMemo:
    """Frames by what they were worked out from: other frames, told apart by identity, and plain values."""

    def __init__(self) -> None:
        """Starts empty."""
        # the inputs are kept beside the result: as long as they live, no other object has their identity
        self._kept: OrderedDict[Hashable, tuple[tuple[object, ...], pl.DataFrame]] = OrderedDict()
        self._lock = Lock()

    def get(self, inputs: tuple[object, ...], values: Hashable, work: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """The result of `work`, remembered from an earlier call with the same inputs and values.

        Args:
            inputs: objects, which must not change, that the result depends on.
            values: what it depends on besides, and what tells it from other results.
            work: makes the result.
        """
        key = (*map(id, inputs), values)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found[1]
        made = work()
        with self._lock:
            self._kept[key] = (inputs, made)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return made
