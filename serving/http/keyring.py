"""Authenticates requests by API key, with a cache of a few seconds.

Without the cache every request would ask the operational database; with it a revoked key opens for
`serving.key_cache_seconds` more.
"""

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
    """Cache of API keys by hash: who each belongs to, or that it opens nothing."""

    def __init__(self) -> None:
        """Starts with an empty cache."""
        self._cache: dict[bytes, tuple[float, Principal | None]] = {}

    async def principal(self, headers: Iterable[tuple[bytes, bytes]], state: State) -> Principal:
        """The principal of the key in a request's headers.

        Raises:
            HttpError: there is no key (401), or it does not open (401).
            UnavailableError: the key is not remembered, and the database does not answer.
        """
        header = next((value for name, value in headers if name == b"authorization"), b"")
        if header[: len(_BEARER)].lower() != _BEARER:
            raise HttpError(401, "no_key", "a key is needed: send the header `Authorization: Bearer KEY`.")
        # wrong keys are remembered too: a client that repeats one must not reach the database each time
        digest = hashlib.sha256(header).digest()
        entry = self._cache.get(digest)
        if entry is None or entry[0] < time.monotonic():
            entry = await self._renewed(digest, header, entry, state)
        if entry[1] is None:
            raise HttpError(
                401, "wrong_key", "the key is unknown, expired or revoked. Ask an administrator for a new one."
            )
        return entry[1]

    async def _renewed(
        self, digest: bytes, header: bytes, entry: tuple[float, Principal | None] | None, state: State
    ) -> tuple[float, Principal | None]:
        """Looks a key up again; while the database is away, one that opened a while ago still opens."""
        try:
            return await self._look_up(digest, header, state)
        except UnavailableError:
            grace = state.settings.serving.key_grace_seconds
            if entry is None or entry[1] is None or time.monotonic() > entry[0] + grace:
                raise
            return entry

    async def _look_up(self, digest: bytes, header: bytes, state: State) -> tuple[float, Principal | None]:
        key = header[len(_BEARER) :].strip().decode("utf-8", "replace")
        principal = await to_thread.run_sync(_principal, state, key)
        if len(self._cache) >= _REMEMBERED:
            self._cache.clear()
        entry = (time.monotonic() + state.settings.serving.key_cache_seconds, principal)
        self._cache[digest] = entry
        return entry


def _principal(state: State, text: str) -> Principal | None:
    now = state.now()
    key = find_key(state.database, text, now=now)
    if key is None:
        return None
    return Principal(key.tenant, key.role, key.key_id, signature(state.database, key, now=now))
