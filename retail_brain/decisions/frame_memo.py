"""Remembers what was worked out from frames, so that what many requests share is worked out once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast

import polars as pl

_MOST = 200
"""Results remembered, the longest unasked go first; one of 3,000 people takes about 100 kB. By judgement."""
_MOST_BYTES = 512 * 2**20
"""Bytes of the results remembered, but for the newest one: some dozens of a million people. By judgement."""
Result = TypeVar("Result")


class FrameMemo:
    """Results by what they were worked out from: frames and the like, told apart by identity, and plain values."""

    def __init__(self) -> None:
        """Starts empty."""
        # the inputs are kept beside the result: as long as they live, no other object has their identity
        self._kept: OrderedDict[Hashable, tuple[tuple[object, ...], Any]] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._bytes = 0
        self._lock = Lock()

    def get(self, inputs: tuple[object, ...], values: Hashable, work: Callable[[], Result]) -> Result:
        """The result of `work`, remembered from an earlier call with the same inputs and values.

        Args:
            inputs: objects, which must not change, that the result depends on.
            values: what it depends on besides, and what tells it from other results.
            work: makes the result.
        """
        key = (*map(id, inputs), values)
        with self._lock:
            if key in self._kept:
                return cast("Result", self._found(key))
            making = self._making.setdefault(key, Lock())
        # what takes seconds is worked out by one thread, and the others wait for it
        with making:
            with self._lock:
                if key in self._kept:
                    return cast("Result", self._found(key))
            try:
                made = work()
                with self._lock:
                    self._keep(key, inputs, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made

    def _found(self, key: Hashable) -> Any:
        self._kept.move_to_end(key)
        return self._kept[key][1]

    def _keep(self, key: Hashable, inputs: tuple[object, ...], made: object) -> None:
        self._bytes += _size(made) - _size(self._kept.get(key, ((), None))[1])
        self._kept[key] = (inputs, made)
        while len(self._kept) > 1 and (len(self._kept) > _MOST or self._bytes > _MOST_BYTES):
            self._bytes -= _size(self._kept.popitem(last=False)[1][1])


def _size(result: object) -> int:
    """Bytes of a result; 0 where it does not say."""
    if isinstance(result, pl.DataFrame):
        return int(result.estimated_size())
    return int(getattr(result, "nbytes", 0))
