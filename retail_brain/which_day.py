"""The two todays, and which of them decides: nothing else works out a "today" of its own.

*The clock* (the machine's, in the zone of the machine) decides what is done to people: rules of offers, consents and
refusals, quiet hours, leases, caps of late messages, birthdays, and whether a campaign's contacts can go out still.

*The published day*, the first that the answers have not seen, decides what is known: goods that are left, forecasts,
effects, what causes a trigger, for which days a campaign is planned and how it stands, and whose list a guide has.

A contact is made on the later of the two: never on a day that is over, nor on one that the answers have seen.

Where answers are older than the clock the two lie apart, and whatever mixes them says so: `days_behind`.
"""

from datetime import date, datetime, timedelta


def data_day(as_of: date) -> date:
    """The published day: the first that data up to `as_of` have not seen.

    >>> data_day(date(2026, 2, 28))
    datetime.date(2026, 3, 1)
    """
    return as_of + timedelta(days=1)


def clock_day(now: datetime) -> date:
    """The day of an instant (with a zone) in the zone of the machine, which is that of the shops."""
    return now.astimezone().date()


def contact_day(as_of: date, now: datetime) -> date:
    """The day of a contact that is made at an instant by answers that know everything up to `as_of`."""
    return max(clock_day(now), data_day(as_of))


def days_behind(as_of: date, now: datetime) -> int:
    """Days by which the published day lies before the clock; 0 where answers are as new as can be."""
    return (contact_day(as_of, now) - data_day(as_of)).days


def behind_text(as_of: date, now: datetime) -> str | None:
    """What is said where a decision mixes both days, in English; None where they are one."""
    days = days_behind(as_of, now)
    if not days:
        return None
    return (
        f"the published answers know nothing after {as_of}: their day is {data_day(as_of)}, {days:,} days before "
        f"{clock_day(now)} by the clock. Contacts go by the clock, what is known by the answers."
    )
