"""Posts JSON to an address of another system: only its own 2xx counts, faults that may pass are tried again."""

import base64
import hashlib
import hmac
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retail_brain.addresses import address_parts, shown_address
from retail_brain.errors import RetailBrainError

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same call may succeed: too early, too many, or a fault of the server."""
_SAID = 200
"""Characters that are told of an answer which is no answer: enough to know it by. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Delivery:
    """How an address is tried.

    Attributes:
        timeout_seconds: for one try.
        attempts: tries in all.
        retry_seconds: before the second try; twice as long before each further one.
    """

    timeout_seconds: float
    attempts: int = 1
    retry_seconds: float = 0.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Takes a redirect for what it is: an answer that is not 2xx."""

    def redirect_request(self, *_: Any) -> None:
        """None: the library then raises the answer as an error."""


def post_json(
    address: str,
    body: Any,
    *,
    headers: Mapping[str, str],
    what: str,
    delivery: Delivery,
    signed_with: str | None = None,
) -> None:
    """Posts a body until the address takes it.

    An expired login answers with a redirect to a page that says 200: nothing was taken, so a redirect is a failure.

    Args:
        address: http(s).
        body: what JSON can hold.
        headers: further ones.
        what: is sent, for the message.
        delivery: how long and how often it is tried.
        signed_with: key of the signature (HMAC-SHA256 of the body in `Retail-Brain-Signature`); None signs nothing.

    Raises:
        RetailBrainError: it did not answer 2xx to the call itself.
    """
    plain, secret = _apart(address)
    sent = {"Content-Type": "application/json; charset=utf-8", **secret, **headers}
    content = json.dumps(body, ensure_ascii=False).encode()
    if signed_with is not None:
        sent["Retail-Brain-Signature"] = hmac.new(signed_with.encode(), content, hashlib.sha256).hexdigest()
    request = urllib.request.Request(plain, content, sent, method="POST")  # noqa: S310  # http(s) was checked
    opener = urllib.request.build_opener(_NoRedirect)
    for attempt in range(delivery.attempts):
        if attempt:
            time.sleep(delivery.retry_seconds * 2 ** (attempt - 1))
        problem, may_pass = _try(opener, request, delivery.timeout_seconds)
        if problem is None:
            return
        if not may_pass:
            break
    raise RetailBrainError(
        f"{shown_address(address)} did not take {what}: {problem}, tried {attempt + 1} times. It is kept and goes out "
        "first when you export again.",
        {"problem": "hand_over_failed", "tries": attempt + 1},
    )


def _try(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, wait: float
) -> tuple[str | None, bool]:
    """What went wrong (None: it was taken), and whether another try may succeed."""
    try:
        with opener.open(request, timeout=wait) as answer:
            is_taken = 200 <= answer.status < 300  # the class of answers that means success
            return (None, False) if is_taken else (f"it answered {answer.status}", False)
    except urllib.error.HTTPError as error:
        with error:
            moved = " (a redirect: perhaps a login that has expired)" if 300 <= error.code < 400 else ""
            return f"it answered {error.code} {_plain(error.reason)}{moved}", error.code in _PASSING
    except (OSError, http.client.HTTPException) as error:
        return _plain(getattr(error, "reason", None) or error), True


def _plain(said: object) -> str:
    """What another system said, on one line without control characters: it is printed and written into the audit."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in str(said)).split())[:_SAID]


def _apart(address: str) -> tuple[str, dict[str, str]]:
    """The address without user and password, and these as a header."""
    parts = address_parts(address)
    if parts.username is None:
        return address, {}
    word = base64.b64encode(f"{parts.username}:{parts.password or ''}".encode()).decode()
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), {"Authorization": f"Basic {word}"}
