"""Authenticates requests by API key, with a cache of a few seconds.

Without the cache every request would ask the operational database; with it a revoked key opens for
`serving.key_cache_seconds` more.
"""

import hashlib
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import anyio

from retail_brain.errors import UnavailableError
from retail_brain.operational.database import SPARED_CONNECTIONS
from retail_brain.operational.keys import find_key, signature
from serving.http.access import Principal
from serving.http.errors import HttpError
from serving.http.state import State
from serving.http.threads import StillRunsError, Threads

_REMEMBERED = 10_000
"""Keys remembered, right and wrong ones, before all are forgotten; bounds the memory. Chosen by judgement, not
measured."""
_MOST_GIVEN_UP: Mapping[Hashable, int] = {"keys": SPARED_CONNECTIONS}
"""Look-ups given up by a worker while the database hangs, with which no other is begun."""
_BEARER = b"bearer "


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is known of a header.

    Attributes:
        principal: whose the key is; None for one that opens nothing.
        until: until when that counts without asking again (seconds of the monotonic clock).
        trusted_until: until when it counts while the database does not answer.
    """

    principal: Principal | None
    until: float
    trusted_until: float


class Keyring:
    """Cache of API keys by hash: who each belongs to, or that it opens nothing."""

    def __init__(self) -> None:
        """Starts with an empty cache."""
        self._cache: dict[bytes, _Entry] = {}
        self._threads = Threads()

    async def principal(self, header: bytes, state: State) -> Principal:
        """The principal of the key in a request's header `Authorization`.

        Raises:
            HttpError: there is no key (401), or it does not open (401).
            UnavailableError: the key is not remembered, and the database does not answer.
        """
        if header[: len(_BEARER)].lower() != _BEARER:
            raise HttpError(401, "no_key", "a key is needed: send the header `Authorization: Bearer KEY`.")
        # wrong keys are remembered too: a client that repeats one must not reach the database each time
        digest = hashlib.sha256(header).digest()
        entry = self._cache.get(digest)
        if entry is None or entry.until < time.monotonic():
            entry = await self._renewed(digest, header, entry, state)
        if entry.principal is None:
            raise HttpError(
                401, "wrong_key", "the key is unknown, expired or revoked. Ask an administrator for a new one."
            )
        return entry.principal

    async def _renewed(self, digest: bytes, header: bytes, entry: _Entry | None, state: State) -> _Entry:
        """Looks a key up again; while the database is away, one that opened a while ago still opens."""
        limits, now = state.settings.serving, time.monotonic()
        is_trusted = entry is not None and entry.principal is not None and now <= entry.trusted_until
        if entry is not None and is_trusted:
            # one request asks, and the others go on: a database that hangs must not hold them all
            self._cache[digest] = replace(entry, until=now + limits.key_look_up_seconds)
        try:
            return await self._look_up(digest, header, state)
        except UnavailableError:
            if entry is None or not is_trusted:
                raise
            later = replace(entry, until=time.monotonic() + limits.key_cache_seconds)
            self._cache[digest] = later
            return later

    async def _look_up(self, digest: bytes, header: bytes, state: State) -> _Entry:
        limits = state.settings.serving
        key = header[len(_BEARER) :].strip().decode("utf-8", "replace")
        try:
            # the thread cannot be stopped: it ends when the database answers or its connection does
            with anyio.fail_after(limits.key_look_up_seconds):
                principal = await self._threads.run(_MOST_GIVEN_UP, partial(_principal, state, key))
        except StillRunsError:
            raise UnavailableError("the operational database has not said for long whose other keys are.") from None
        except TimeoutError:
            raise UnavailableError(
                f"the operational database did not say within {limits.key_look_up_seconds:g} s whose a key is."
            ) from None
        if len(self._cache) >= _REMEMBERED:
            self._cache.clear()
        until = time.monotonic() + limits.key_cache_seconds
        entry = _Entry(principal, until, until + limits.key_grace_seconds)
        self._cache[digest] = entry
        return entry


def _principal(state: State, text: str) -> Principal | None:
    now = state.now()
    key = find_key(state.database, text, now=now)
    if key is None:
        return None
    return Principal(key.tenant, key.role, key.key_id, signature(state.database, key, now=now), key.place)
