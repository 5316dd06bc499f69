"""Reads what a body asks, as the request of its route."""

import json
import re
from typing import Any

from pydantic import ValidationError

from serving.http.errors import HttpError, malformed
from serving.http.routes import Route

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""Escape of half a character (a surrogate); two that follow each other are one."""
_GZIP = b"\x1f\x8b"
"""What every file of gzip begins with."""


def read_request(route: Route, body: bytes) -> Any:
    """The request of a body.

    Raises:
        HttpError: it cannot be read.
    """
    try:
        try:
            return route.request.model_validate_json(body)
        except ValidationError as error:
            parsed = _with_halves(body) if error.errors()[0]["type"] == "json_invalid" else None
            if parsed is None:
                raise
        return route.request.model_validate(parsed)
    except ValidationError as error:
        if body[:2] == _GZIP:
            raise HttpError(
                400,
                "malformed",
                "the body is compressed; wanted plain JSON. Send it uncompressed.",
                {"problem": "body_packed"},
            ) from None
        # not chained: the original holds the values of the request, which may be personal data
        raise malformed(error) from None


def _with_halves(body: bytes) -> Any:
    """What a body holds that escapes half a character, as a text cut within an emoji does; None where it does not.

    pydantic's parser stops there. With this one the field that holds it is refused, and not the whole body.
    """
    if _HALF.search(body) is None:
        return None
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
