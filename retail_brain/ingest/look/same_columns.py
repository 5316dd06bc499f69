"""Files with the same columns say together how their dates are written, for one mapping reads all of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

from retail_brain.ingest.look.date_readings import forms_of
from retail_brain.ingest.look.evidence import Evidence
from retail_brain.ingest.look.looked_at import LookedAt

_MOST_READINGS = 4
"""Readings beyond which files with the same columns are not read together: nobody chooses among more. By judgement."""
_ORDER = re.compile(r"%[dm](\W)%[dm]")
"""The order of day and month of a form with its mark, such as `%d/%m`."""


def with_common_dates(looked: Sequence[LookedAt]) -> list[LookedAt]:
    """The files, the forms of their dates as those with the same columns have them; proposals stay as they are.

    A file of the first days of a month leaves open which number is the day, and another of the same export decides it.
    Where two are certain of different orders both readings stand. Files that write dates in forms that exclude each
    other are read by a list of forms, and the doubt of one of them is asked about for all.

    Args:
        looked: the files of a dataset.
    """
    groups: dict[tuple[str, ...], list[LookedAt]] = {}
    for one in looked:
        groups.setdefault(_columns(one), []).append(one)
    return [replace(one, columns=replace(one.columns, seen=_seen(one, groups[_columns(one)]))) for one in looked]


def unlike_dates(first: LookedAt, members: Sequence[LookedAt]) -> list[str]:
    """Questions about columns of dates that another file of the table writes in a form that its mapping does not read.

    Args:
        first: the file whose proposal counts for all.
        members: files with the same columns, that feed one table.
    """
    asked = []
    for name, seen in first.columns.seen.items():
        others = [one for one in members if one.columns.seen[name].dates and one.columns.seen[name].dates != seen.dates]
        if seen.dates and others and any(f'"{name}"' in key for key in first.proposal.columns.values()):
            example = others[0].columns.seen[name].examples[0]
            asked.append(
                f"{name!r} is written in other forms in {others[0].path.name}, such as {example}, than in "
                f"{first.path.name}, such as {seen.examples[0]}: give both in a list, format = [...]"
            )
    return asked


def _columns(one: LookedAt) -> tuple[str, ...]:
    return (one.place[1], *one.columns.seen)


def _seen(one: LookedAt, members: Sequence[LookedAt]) -> Mapping[str, Evidence]:
    return {name: _agreed(name, seen, members) for name, seen in one.columns.seen.items()}


def _agreed(name: str, own: Evidence, members: Sequence[LookedAt]) -> Evidence:
    """What a column of one file is beside the same column of all."""
    dated = [one for one in members if one.columns.seen[name].dates]
    of_all = [one.columns.seen[name] for one in dated]
    if not own.dates or len({seen.dates for seen in of_all}) < 2:
        return own
    shared = tuple(form for form in own.dates if all(form in seen.dates for seen in of_all))
    if shared:
        return replace(own, dates=shared)
    forms = dict.fromkeys(form for seen in of_all for form in seen.dates)
    examples = tuple({seen.dates: seen.examples[0] for seen in of_all}.values())
    if {form[:2] if isinstance(form, str) else "" for form in forms} == {"%d", "%m"} and _is_one_form(of_all):
        return replace(own, dates=tuple(forms), examples=examples)
    together = _together(name, dated)
    # the proof of one file says nothing of the forms of the others
    return replace(own, dates=together, examples=examples, proof="") if together else own


def _is_one_form(of_all: Sequence[Evidence]) -> bool:
    """Whether forms differ in the order of day and month alone."""
    forms = {form for seen in of_all for form in seen.dates if isinstance(form, str)}
    return len({_ORDER.sub(r"\1", form) for form in forms}) == 1


def _together(name: str, dated: Sequence[LookedAt]) -> tuple[tuple[str, ...], ...]:
    """Readings of all files at once, each a list of forms; none where they are numbers, or too many to ask about.

    A form that is certain in one file leaves the doubt of another as it is, unless it has the same marks.
    """
    ways: dict[object, list[tuple[str, ...]]] = {}
    for one in dated:
        seen = one.columns.seen[name]
        if seen.pattern or seen.years_ahead:
            return ()
        if seen.dates == (None,):  # each has its own of the forms that begin with the year
            ways[None] = [tuple(dict.fromkeys([*ways.get(None, [()])[0], *forms_of(one.sample[name])]))]
        else:
            ways[seen.dates] = [form if isinstance(form, tuple) else (str(form),) for form in seen.dates]
    readings = [tuple(dict.fromkeys(form for forms in chosen for form in forms)) for chosen in product(*ways.values())]
    found = [forms for forms in readings if not _contradicts(forms)]
    is_counted = any(not form.startswith("%") for forms in found for form in forms)
    return () if is_counted or len(found) > _MOST_READINGS else tuple(dict.fromkeys(found))


def _contradicts(forms: Sequence[str]) -> bool:
    """Whether dates with the same marks would be read with the day first by one form and the month first by another."""
    orders = {found.group() for form in forms if (found := _ORDER.match(form))}
    return any(f"%d{mark}%m" in orders and f"%m{mark}%d" in orders for mark in {order[2] for order in orders})
