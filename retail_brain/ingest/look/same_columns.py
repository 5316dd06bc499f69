"""Files with the same columns say together in which order their dates have day and month."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from retail_brain.ingest.look.evidence import Evidence
from retail_brain.ingest.look.looked_at import LookedAt


def with_common_dates(looked: Sequence[LookedAt]) -> list[LookedAt]:
    """The files, the forms of their dates as those with the same columns have them; proposals stay as they are.

    A file of the first days of a month leaves open which number is the day, and another of the same export decides it.
    Where two are certain of different orders both readings stand, for one mapping reads all of these files.

    Args:
        looked: the files of a dataset.
    """
    groups: dict[tuple[str, ...], list[LookedAt]] = {}
    for one in looked:
        groups.setdefault(_columns(one), []).append(one)
    return [replace(one, columns=replace(one.columns, seen=_seen(one, groups[_columns(one)]))) for one in looked]


def _columns(one: LookedAt) -> tuple[str, ...]:
    return (one.keys.get("sheet", ""), *one.columns.seen)


def _seen(one: LookedAt, members: Sequence[LookedAt]) -> Mapping[str, Evidence]:
    own = one.columns.seen
    return {name: _agreed(seen, [member.columns.seen[name] for member in members]) for name, seen in own.items()}


def _agreed(own: Evidence, of_all: Sequence[Evidence]) -> Evidence:
    """What a column of one file is beside the same column of all."""
    dated = [seen for seen in of_all if seen.dates]
    if not own.dates or len({seen.dates for seen in dated}) < 2:
        return own
    shared = tuple(form for form in own.dates if all(form in seen.dates for seen in dated))
    if shared:
        return replace(own, dates=shared)
    forms = dict.fromkeys(form for seen in dated for form in seen.dates)
    if {form[:2] if isinstance(form, str) else "" for form in forms} != {"%d", "%m"}:
        return own
    examples = {seen.dates: seen.examples[0] for seen in dated}
    return replace(own, dates=tuple(forms), examples=tuple(examples.values()))
