"""Counts the connections of one worker: how many there may be, in all and of one address."""

from collections import Counter

from retail_brain.settings import ServingSettings

_LINGERING_SHARE = 8
"""Of as many connections as there may be, the part by which those beyond may be more at once, so that they get to read
why they were refused; the others are closed at once. By judgement."""


class Places:
    """Connections of one worker, by address; used from its event loop only, so nothing is locked."""

    def __init__(self, limits: ServingSettings) -> None:
        """Nothing is open yet."""
        self._limits = limits
        self._open: Counter[str] = Counter()
        self._lingering = 0

    def take(self, address: str) -> bool:
        """Whether one more connection of an address may stay; it is counted then."""
        if self._open.total() >= self._limits.max_connections:
            return False
        if self._open[address] >= self._limits.max_connections_per_address:
            return False
        self._open[address] += 1
        return True

    def free(self, address: str) -> None:
        """Counts a connection that was counted as one less."""
        self._open[address] -= 1
        # addresses come and go: zeros would fill the memory
        if not self._open[address]:
            del self._open[address]

    def take_lingering(self) -> bool:
        """Whether a connection beyond the limits may stay for a moment; it is counted then."""
        if self._lingering >= max(1, self._limits.max_connections // _LINGERING_SHARE):
            return False
        self._lingering += 1
        return True

    def free_lingering(self) -> None:
        """Counts a connection beyond the limits that is closed as one less."""
        self._lingering -= 1
