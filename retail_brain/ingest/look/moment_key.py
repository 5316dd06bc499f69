"""Writes the key of the moment of a sale, of one column or of a day and a time of day."""

import re
from collections.abc import Sequence

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, calendar_key, one_of, pattern_key, quoted
from retail_brain.ingest.look.evidence import Evidence
from retail_brain.ingest.moments import DATE_FORMATS
from retail_brain.sources.date_forms import ERA, EXCEL, IRANIAN, UNIX, UNIX_MS, WEEK

_MOST_DAYS = 20_000
"""Numbers of days are below it: 55 years of sales. Serial days of spreadsheets since 1982 are above."""
_CLOCK_OF_FORM = r"[ T](?:%p\s?)?%[HI].*$"
"""The time of day in a form of moments."""
_DAY_0 = "YYYY-MM-DD"


def write_moment(made: Proposal, found: Columns) -> None:
    """Writes the moment of sales, or the day of totals, with the form of its dates; asks where two fit."""
    ours = "sold_at" if made.table == "transactions" else "date"
    name = found.roles["moment"]
    seen, clock = found.seen[name], found.roles.get("time")
    joins = clock is not None and ours == "sold_at" and not seen.has_time and not seen.pattern
    origin = f"columns = [{quoted(name)}, {quoted(str(clock))}]" if joins else f"column = {quoted(name)}"
    made.remarks.extend([f"{name!r}: {seen.proof}"] if seen.proof else [])
    joined = _clock_form(found.seen[str(clock)]) if joins else ""
    if not seen.dates:
        _unread(made, ours, name, seen, origin, joined)
        return
    readings = []
    for form in seen.dates:
        forms = form if isinstance(form, tuple) else (form,)
        if forms == (None,) and joins:
            forms = (_day_form(seen.examples[0]),)
        # the midnight behind a day makes way for the time of day; one behind a day of another calendar is found out
        wholes = [
            f"{re.sub(_CLOCK_OF_FORM, '', one)} {joined}" if joins and one not in (ERA, IRANIAN) else one
            for one in forms
            if one
        ]
        keys = f", format = {_one_or_list(wholes)}" if wholes else ""
        keys += ', time_zone = "UTC"' if form in (UNIX, UNIX_MS) else ""
        keys = pattern_key(seen) + keys + calendar_key(seen)
        readings.append(f"{{ {origin}{keys} }}")
        if isinstance(form, tuple) and EXCEL in form and not form[0].startswith("%Y"):
            made.questions.append(
                f"{name!r} holds texts and serial days: a spreadsheet that reads days in the other order turns "
                "those up to 12 round and leaves the others as text. Is that so here? Then export the column as text"
            )
    if seen.dates[0] == WEEK:
        made.remarks.append(f'{name!r} is a week, dated by its Monday; set data.period to "week"')
    if seen.dates[0] in (UNIX, UNIX_MS):
        made.questions.append(f"{name!r} counts from 1970 in UTC: put the shops' zone in the place of UTC")
    if seen.offsets:
        made.remarks.append(
            f"{name!r} carries offsets: their wall clock is kept; time_zone converts to the shops' zone"
        )
    made.columns[ours] = one_of(made, readings, f"{name!r} has two readings, such as {', '.join(seen.examples)}")


def _one_or_list(forms: Sequence[str]) -> str:
    return quoted(forms[0]) if len(forms) == 1 else f"[{', '.join(map(quoted, forms))}]"


def _unread(made: Proposal, ours: str, name: str, seen: Evidence, origin: str, joined: str) -> None:
    """Asks for the form of a moment that no form fits: numbers of days need the day they count from."""
    behind = f" {joined}" if joined else ""
    if seen.whole is not None and seen.whole[0] >= 0 and seen.whole[1] < _MOST_DAYS:
        low, high = seen.whole
        made.questions.append(
            f"{name!r} counts days, {low} to {high}: write the day of number 0 in the place of {_DAY_0}"
        )
        made.columns[ours] = f'?{{ {origin}, format = "days since {_DAY_0}{behind}" }}'
        return
    made.questions.append(
        f"{name!r} names the moment, but no form of dates fits its values, such as {', '.join(seen.examples)}: write "
        "theirs in the place of FORM, such as %d/%m/%Y %H:%M"
    )
    made.columns[ours] = f'?{{ {origin}, format = "FORM{behind}" }}'


def _day_form(example: str) -> str | None:
    """The form of a day that begins with the year."""
    day = pl.Series([example.split(" ", maxsplit=1)[0].split("T", maxsplit=1)[0]])
    return next((form for form in DATE_FORMATS if not day.str.to_date(form, strict=False).null_count()), None)


def _clock_form(seen: Evidence) -> str:
    if seen.clock:
        return seen.clock
    example = max(seen.examples, key=len)
    if ":" not in example:
        # 14h32 and 14时32分08秒: the letters stand in the form as they are
        parts = iter(("%H", "%M", "%S"))
        return re.sub(r"\d+", lambda _: next(parts), example)
    halves = re.search(r"[AaPp]\.?\s?[Mm]|[上下]午|午[前後]|오[전후]|ص|م", example)
    seconds = ":%S" if example.count(":") == 2 else ""
    seconds += "%.f" if re.search(r":\d{2}\.\d", example) else ""
    if halves is None:
        return f"%H:%M{seconds}"
    return f"%p %I:%M{seconds}" if halves.start() == 0 else f"%I:%M{seconds} %p"
