"""Refuses ids that nobody has, with the nearest that somebody has: a slip must not count as nobody or nothing."""

from bisect import bisect_left
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from retail_brain.errors import NotFoundError

_SHOWN = 5
"""Unknown ids named in a sentence; the details hold more. Chosen by judgement, not measured."""
_DETAILED = 50
"""Unknown ids in the details of an error: enough to mend a list by. Chosen by judgement, not measured."""
_COMPARED = 2_000
"""Ids on either side, in order, that an unknown one is compared with: all ids of a large chain would take seconds."""

_ALIKE = 0.5
"""Share of letters that two ids must share to be near (difflib's ratio): P1 and P3 are, X9 and P3 are not."""


def check_known(kind: str, wanted: Iterable[str], known: Collection[str]) -> None:
    """Refuses ids that are not known.

    Args:
        kind: of what: `product`, `customer` or `store`.
        wanted: ids that somebody named.
        known: ids that are known.

    Raises:
        NotFoundError: names the unknown ones, each with the nearest known ids.
    """
    ids = known if isinstance(known, set | frozenset | dict) else set(known)
    unknown = sorted(set(wanted) - set(ids))
    if not unknown:
        return
    ordered = sorted(ids)
    near = {one: nearest(one, ordered) for one in unknown[:_SHOWN]}
    said = "; ".join(f"{one!r}" + (f" (is it {' or '.join(near[one])}?)" if near[one] else "") for one in near)
    more = f" and {len(unknown) - _SHOWN:,} more" if len(unknown) > _SHOWN else ""
    raise NotFoundError(
        f"{len(unknown):,} {kind} id{'s are' if len(unknown) > 1 else ' is'} not known: {said}{more}. "
        f"{len(ids):,} are. Correct them, or look them up with /search.",
        {"problem": f"unknown_{kind}s", f"{kind}_ids": unknown[:_DETAILED], "nearest": near},
    )


def nearest(wanted: str, ordered: list[str], most: int = 3) -> list[str]:
    """The ids that look most like one that is not known, best first; `ordered` are all ids, rising.

    >>> nearest("p1", ["P1", "P2", "X9"]), nearest("S011", ["S01", "S02"])
    (['P1'], ['S01', 'S02'])
    """
    place = bisect_left(ordered, wanted)
    around = ordered[max(0, place - _COMPARED) : place + _COMPARED]
    plain = wanted.strip().casefold()
    same = [one for one in around if one.casefold() == plain]
    return same[:most] or get_close_matches(wanted, around, n=most, cutoff=_ALIKE)
