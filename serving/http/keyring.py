"""Who a request comes from: the key in its header, remembered for a few seconds."""

import hashlib
import time
from collections.abc import Iterable

from anyio import to_thread

from retail_brain.errors import UnavailableError
from retail_brain.operational.keys import find_key, signature
from serving.http.access import Principal
from serving.http.errors import HttpError
from serving.http.state import State

_REMEMBERED = 10_000
"""Keys remembered, right and wrong ones, before all are forgotten; bounds the memory. Chosen by judgement, not
measured."""
_BEARER = b"bearer "


class Keyring:
    """Looks keys up in the operational database and remembers them, by their hash, as long as the settings say."""

    def __init__(self) -> None:
        """Remembers nothing yet."""
        self._known: dict[bytes, tuple[float, Principal | None]] = {}

    async def principal(self, headers: Iterable[tuple[bytes, bytes]], state: State) -> Principal:
        """Who is asking.

        Raises:
            HttpError: there is no key (401), or it does not open (401).
            UnavailableError: the key is not remembered, and the database does not answer.
        """
        given = next((value for name, value in headers if name == b"authorization"), b"")
        if given[: len(_BEARER)].lower() != _BEARER:
            raise HttpError(401, "no_key", "a key is needed: send the header `Authorization: Bearer KEY`.")
        mark = hashlib.sha256(given).digest()
        known = self._known.get(mark)
        if known is None or known[0] < time.monotonic():
            known = await self._renewed(mark, given, known, state)
        if known[1] is None:
            raise HttpError(
                401, "wrong_key", "the key is unknown, expired or revoked. Ask an administrator for a new one."
            )
        return known[1]

    async def _renewed(
        self, mark: bytes, given: bytes, known: tuple[float, Principal | None] | None, state: State
    ) -> tuple[float, Principal | None]:
        """Looks a key up again; while the database is away, one that opened a while ago still opens."""
        try:
            return await self._look_up(mark, given, state)
        except UnavailableError:
            grace = state.settings.serving.key_grace_seconds
            if known is None or known[1] is None or time.monotonic() > known[0] + grace:
                raise
            return known

    async def _look_up(self, mark: bytes, given: bytes, state: State) -> tuple[float, Principal | None]:
        key = given[len(_BEARER) :].strip().decode("utf-8", "replace")
        principal = await to_thread.run_sync(_principal, state, key)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        known = (time.monotonic() + state.settings.serving.key_cache_seconds, principal)
        self._known[mark] = known
        return known


def _principal(state: State, text: str) -> Principal | None:
    now = state.now()
    key = find_key(state.database, text, now=now)
    if key is None:
        return None
    return Principal(key.tenant, key.role, key.key_id, signature(state.database, key, now=now))
