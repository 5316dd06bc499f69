"""Takes out of answers where files lie on the machine: that is the operator's business, and stands in the log."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# not behind a letter, digit or sign of an address: 31/12/2025, units/day and https://a/b are no paths of a machine
_ABSOLUTE = re.compile(r"(?:\bfile://|(?<![A-Za-z0-9_./:~#-]))(?P<path>/[^\s'\"`<>|;,()（），；：。、]+)")
_HIDDEN = "…/"


def without_places(value: Any, home: Path | None) -> Any:
    """What clients may be told of a message, or of a value of JSON with some: absolute paths are cut.

    Those in the home folder are told from there on, of others the last part alone.

    Args:
        value: text, or a list or object with texts.
        home: folder of the service; None where it is not known yet.

    >>> without_places("the lake /srv/x/lake_bad cannot be opened. See /docs.json of 31/12/2025", None)
    'the lake …/lake_bad cannot be opened. See /docs.json of 31/12/2025'
    """
    if isinstance(value, str):
        text = value if home is None else value.replace(f"{home}/", "")
        return _ABSOLUTE.sub(_cut, text)
    if isinstance(value, Mapping):
        return {name: without_places(inner, home) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_places(inner, home) for inner in value)
    return value


def _cut(found: re.Match[str]) -> str:
    first, *further = found["path"].strip("/").split("/")
    if not first:
        return found[0]
    # a route of ours has one part, and no folder of the machine its name
    if not found[0].startswith("file:") and not further and not os.path.lexists(f"/{first}"):
        return found[0]
    return _HIDDEN + (further[-1] if further else first)
