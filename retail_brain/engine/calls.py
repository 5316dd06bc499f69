"""Calls a function by its address, and turns what comes of it into plain values that cross between processes."""

import traceback
from importlib import import_module
from typing import Any

from retail_brain.errors import RetailBrainError


def load(address: str) -> Any:
    """What stands at `module:name`.

    Raises:
        ImportError, AttributeError: there is no such thing.
    """
    module, _, name = address.partition(":")
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def resolve(address: str) -> Any:
    """What stands at `module:name`; None where there is nothing."""
    try:
        return load(address)
    except (ImportError, AttributeError):
        return None


def outcome(address: str, path: str, options: str) -> dict[str, Any]:
    """Calls a job function: the path that it returned, or its error, as JSON values."""
    try:
        return {"path": load(address)(path, options)}
    except Exception as error:  # noqa: BLE001  # whatever it is, whoever asked must hear of it
        kind = type(error)
        return {
            "class": f"{kind.__module__}:{kind.__qualname__}",
            "message": str(error),
            "details": error.details if isinstance(error, RetailBrainError) else {},
            "traceback": "".join(traceback.format_exception(error)[-8:]),
        }
