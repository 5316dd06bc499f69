"""Takes out of answers where files lie: on the machine, in an object store, behind a database's address.

That is the operator's business, and stands in the log. What is cut depends on the text alone, never on what the machine
holds: otherwise the way of cutting would tell which folders there are.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_END = r"\s'\"`<>|;,()（），；：。、"
_PLACE = re.compile(
    # s3://bucket/a, file:///a, postgresql+psycopg://user@host/a; https://a/b is an address that anybody may know
    rf"(?P<address>(?<![A-Za-z0-9+.-])(?!https?://)[A-Za-z][A-Za-z0-9+.-]*://[^{_END}]*)"
    # C:\a\b, C:/a/b and \\server\share\a, also with the doubled signs of a text in quotes
    rf"|(?P<windows>(?<![A-Za-z0-9])[A-Za-z]:[\\/][^{_END}]*|(?<![A-Za-z0-9\\])\\\\[^{_END}]+)"
    # not behind a letter, digit or sign of an address: 31/12/2025, units/day and https://a/b are no paths of a machine
    rf"|(?<![A-Za-z0-9_./:~#-])(?P<path>/[^{_END}]+)"
)
_WHOLE = re.compile(r"/|~|\.\.?[\\/]|\\\\|[A-Za-z]:[\\/]|[A-Za-z][A-Za-z0-9+.-]*://")
"""How a place of files begins; what is called by a name of its own does not."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^?#]*).*", re.DOTALL)
"""What an address has behind its path may be a secret."""
_HIDDEN = "…/"
_ours = {"ui", "docs.json", "livez", "readyz", "healthz", "metrics"}
"""First parts of paths that the service answers; those of routes come by `leave_paths`, for routes import this."""


def leave_paths(paths: Iterable[str]) -> None:
    """Leaves paths of the service as they are, which refusals send clients to."""
    _ours.update(path.strip("/") for path in paths)


def without_places(value: Any, home: Path | None) -> Any:
    """What clients may be told of a message, or of a value of JSON with some: absolute paths and addresses are cut.

    Those in the home folder are told from there on, of others the last part alone.

    Args:
        value: text, or a list or object with texts.
        home: folder of the service; None where it is not known yet.

    >>> without_places("the lake /srv/x/lake_bad cannot be opened. See /docs.json of 31/12/2025", None)
    'the lake …/lake_bad cannot be opened. See /docs.json of 31/12/2025'
    >>> without_places("nothing at s3://company/brand/lake", None)
    'nothing at …/lake'
    """
    if isinstance(value, str):
        text = value if home is None else value.replace(f"file://{home}/", "").replace(f"{home}/", "")
        return _PLACE.sub(_cut, text)
    if isinstance(value, Mapping):
        return {name: without_places(inner, home) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_places(inner, home) for inner in value)
    return value


def place_name(value: str) -> str:
    """What clients may be told of a text that is a place of files as a whole: its last part. A mere name is told.

    Unlike a sentence's paths, such a place may hold spaces.

    >>> place_name("/srv/our tills/shop 1.csv"), place_name("https://till.example/day?key=7"), place_name("till")
    ('…/shop 1.csv', '…/day', 'till')
    """
    if not _WHOLE.match(value):
        return value
    parts = [part for part in re.split(r"[\\/]+", _ADDRESS.sub(r"\1", value)) if part]
    return _HIDDEN + (parts[-1] if len(parts) > 1 or value.startswith("/") else "")


def _cut(found: re.Match[str]) -> str:
    text = found["address"] or found["windows"] or found["path"]
    # a full stop ends a sentence, not a name
    name = text.rstrip(".:")
    _, _, behind = name.rpartition("://")
    parts = [part for part in re.split(r"[\\/]+", behind) if part]
    if found["path"] is not None and (not parts or (len(parts) == 1 and parts[0] in _ours)):
        return text
    # the only part of an address is its bucket or host, of C:\ its drive
    is_named = len(parts) > 1 or found["path"] is not None
    return _HIDDEN + (parts[-1] if is_named else "") + text[len(name) :]
