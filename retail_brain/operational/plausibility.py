"""What people state beyond the usual: named with its limit, and stored only when confirmed as an exception."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from retail_brain.errors import UnconfirmedError


@dataclass(frozen=True)
class Beyond:
    """One limit that a statement goes beyond.

    Attributes:
        code: name of the limit, for programs and for the page's own words.
        text: the same as a clause, with the number given and the limit.
        facts: the numbers of the clause by name.
    """

    code: str
    text: str
    facts: dict[str, Any]


def check_usual(beyond: Sequence[Beyond], *, what: str, confirm: str, details: dict[str, Any]) -> None:
    """Refuses what goes beyond its limits.

    Args:
        beyond: the limits it goes beyond; none is fine.
        what: the statement, as the sentence's beginning.
        confirm: how to confirm it all the same.
        details: which statement it is.

    Raises:
        UnconfirmedError: there is at least one.
    """
    if beyond:
        problems = [{"code": one.code} | one.facts for one in beyond]
        raise UnconfirmedError(
            f"{what} {', and '.join(one.text for one in beyond)}; nothing was stored. Correct it, or {confirm}.",
            {"problem": "beyond_usual"} | details | {"problems": problems},
        )
