"""Addresses of other systems: which may be told, and where one may be kept that may not."""

import os
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from retail_brain.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_ENVIRONMENT = "env:"
FILE_OR_ADDRESS = "the path of a CSV file or an http(s) address"
"""What orders and contacts may be handed over to."""


def address_parts(address: str) -> SplitResult:
    """The parts of an address.

    Raises:
        UsageError: it cannot be taken apart, such as for a bracket that is not closed.
    """
    try:
        return urlsplit(address)
    except ValueError:
        # what stands behind the scheme may be secrets, which cannot be told from the rest; the cause repeats it
        scheme, has_scheme, _ = address.partition("://")
        raise UsageError(
            f"the address {scheme if has_scheme else ''}://... cannot be taken apart; wanted one such as "
            "https://example.com/orders, with square brackets around an IPv6 address alone. Correct it."
        ) from None


def shown_address(address: str) -> str:
    """The address for messages and the audit: without user, password, query and fragment, which may hold secrets.

    >>> shown_address("https://erp:secret@example.com/orders?token=abc")
    'https://example.com/orders'

    Raises:
        UsageError: it cannot be read.
    """
    parts = address_parts(address)
    if not parts.scheme:
        return address  # a path, in which these signs mean nothing
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def shown_database(url: "URL") -> str:
    """A database's address for messages: without password and without parameters, one of which may be a password.

    >>> from sqlalchemy.engine import make_url
    >>> shown_database(make_url("postgresql://brain:secret@db/main?password=abc"))
    'postgresql://brain:***@db/main'
    """
    return url.set(query={}).render_as_string(hide_password=True)


def may_hold_secret(address: str) -> bool:
    """Whether an address has a user, a password, a query or a fragment.

    >>> [may_hold_secret(one) for one in ("s3://bucket/main", "till://token@store-7", "/data/what?.csv")]
    [False, True, False]

    Raises:
        UsageError: it cannot be read.
    """
    parts = address_parts(address)
    return bool(parts.scheme) and bool("@" in parts.netloc or parts.query or parts.fragment)


def is_named(address: str) -> bool:
    """Whether an address is kept in an environment variable (`env:NAME`): then its name alone is told.

    >>> [is_named(one) for one in ("env:TILL", "till://store-7")]
    [True, False]
    """
    return address.startswith(_ENVIRONMENT)


def named_address(address: str, wanted: str = "an address") -> str:
    """The address itself, or what the environment variable holds that `env:NAME` names.

    Args:
        address: as it was given.
        wanted: what the variable shall hold, for the message.

    Raises:
        UsageError: there is no such variable.
    """
    if not is_named(address):
        return address
    name = address.removeprefix(_ENVIRONMENT)
    if not os.environ.get(name):
        raise UsageError(
            f"the environment variable {name} is not set here; wanted {wanted} in it. A verb reads it where it was "
            "typed; a job where `jobs start` or the service started it, or, under the setting jobs.runner = worker, "
            "where `jobs work` runs.",
            {"problem": "variable_not_set", "variable": name},
        )
    return os.environ[name]
