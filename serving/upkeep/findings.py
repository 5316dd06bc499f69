"""Findings of a health check: what was checked, how it is, and the command that mends it."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from retail_brain.workspace import Workspace, default_home

_EXAMPLES = 3
"""Names listed in one sentence: enough to know the kind, and the count says how many there are."""

HOME = "home"
"""Subject of findings about what all tenants share."""
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


_VERB = re.compile(r"\bretail-brain (?=[a-z])")
_FOLDERS = re.compile(r"(?<= )(var|mlruns)\b")


def for_place(finding: Finding, home: Path) -> Finding:
    """The finding with a remedy that acts on its tenant and home where it is typed as it is told.

    Args:
        finding: whose commands name neither.
        home: the home that was looked at.
    """
    options = "" if home == default_home() else f"--home {shlex.quote(str(home))} "
    if finding.subject not in {HOME, Workspace(home).tenant}:
        options += f"--tenant {finding.subject} "
    remedy = _VERB.sub(lambda verb: verb[0] + options, finding.remedy)
    if remedy.startswith("chmod "):
        remedy = _FOLDERS.sub(lambda name: shlex.quote(str(home / name[1])), remedy)
    return replace(finding, remedy=remedy)


def listed(one: str, several: str, names: Sequence[str]) -> str:
    """A count with its noun and the first names.

    >>> listed("file", "files", ["a", "b", "c", "d"])
    '4 files (a, b, c and 1 more)'
    """
    rest = len(names) - _EXAMPLES
    shown = ", ".join(names[:_EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")
    return f"{len(names)} {one if len(names) == 1 else several} ({shown})"
