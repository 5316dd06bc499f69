"""Findings of a health check: what was checked, how it is, and the command that mends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_EXAMPLES = 3
"""Names listed in one sentence: enough to know the kind, and the count says how many there are."""

Level = Literal["ok", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        subject: the tenant, or `home` for what all tenants share.
        check: what was checked, such as `lake`.
        level: `fault` where something does not work or data are lost, `warning` where it soon may.
        text: what is the case, with numbers.
        remedy: the command or step that mends it; empty where all is well.
    """

    subject: str
    check: str
    level: Level
    text: str
    remedy: str = ""


def listed(one: str, several: str, names: Sequence[str]) -> str:
    """A count with its noun and the first names.

    >>> listed("file", "files", ["a", "b", "c", "d"])
    '4 files (a, b, c and 1 more)'
    """
    rest = len(names) - _EXAMPLES
    shown = ", ".join(names[:_EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")
    return f"{len(names)} {one if len(names) == 1 else several} ({shown})"
