"""The published day and the clock: one place says which of them a decision goes by."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import serving
from retail_brain.which_day import behind_text, clock_day, contact_day, data_day, days_behind

AS_OF = date(2026, 2, 28)
ROOT = Path(serving.__file__).parents[1]
OWN_DAY = re.compile(
    r"as_of\)*( or [\w.()]+\)*)? \+ timedelta\((days=)?1\)|\.now\([^)]*\)(\.astimezone\(\))?\.date\(\)"
)
"""A today that is worked out on the spot, from the answers or the clock."""


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12).astimezone(UTC)


def test_a_contact_is_made_on_the_later_of_the_two_days() -> None:
    fresh, old, ahead = noon(date(2026, 3, 1)), noon(date(2026, 3, 11)), noon(date(2026, 2, 1))
    assert [clock_day(now) for now in (fresh, old)] == [date(2026, 3, 1), date(2026, 3, 11)]
    assert data_day(AS_OF) == date(2026, 3, 1)
    assert [contact_day(AS_OF, now).day for now in (fresh, old, ahead)] == [1, 11, 1]
    assert [days_behind(AS_OF, now) for now in (fresh, old, ahead)] == [0, 10, 0]


def test_how_old_the_answers_are_is_said_only_where_the_days_lie_apart() -> None:
    assert behind_text(AS_OF, noon(date(2026, 3, 1))) is None
    told = behind_text(AS_OF, noon(date(2026, 3, 11)))
    assert told is not None
    assert all(said in told for said in ("nothing after 2026-02-28", "2026-03-01, 10 days before 2026-03-11"))


def test_nothing_works_out_a_today_of_its_own() -> None:
    folders = ("serving/http", "serving/store", "serving/planning", "retail_brain/operational", "retail_brain/cli")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 300
    found = {
        path.relative_to(ROOT).as_posix(): own.group()
        for path in files
        if "serving/planning/replay" not in path.as_posix() and (own := OWN_DAY.search(path.read_text("utf-8")))
    }
    assert found == {}, "use retail_brain.which_day, which says which day decides what"
