"""Compresses answers for clients that ask for it."""

import gzip

from starlette.types import Scope

_SMALLEST = 1_000
"""Bytes from which an answer is compressed: a smaller one fits into one packet anyway."""
_LEVEL = 4
"""Level of gzip: on 20 kB of exceptions level 9 is 8 % smaller and takes 2.4 times as long."""
_VARY = (b"vary", b"Accept-Encoding")
_ENCODING = (b"content-encoding", b"gzip")


def compressed(body: bytes, scope: Scope) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The body as it is sent, and the headers that say so; small ones stay as they are."""
    if len(body) < _SMALLEST:
        return body, []
    accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
    if b"gzip" not in accepted.lower():
        return body, [_VARY]
    return gzip.compress(body, _LEVEL, mtime=0), [_ENCODING, _VARY]
