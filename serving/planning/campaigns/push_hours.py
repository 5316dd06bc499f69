"""On which day and at which hour due contacts are handed over, and which of them wait or can go out no more."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from retail_brain.decisions.campaigns.definition import CampaignDefinition
from retail_brain.errors import ImpossibleError
from retail_brain.operational.campaign_contacts import CampaignContact
from retail_brain.operational.campaigns import StoredCampaign
from retail_brain.settings import Settings
from retail_brain.which_day import clock_day, contact_day, data_day
from serving.planning.campaigns.hours import hour_left, open_hours
from serving.planning.campaigns.standing import is_replayed, readable


@dataclass
class HoursLeft:
    """When due contacts are handed over.

    Attributes:
        hours: customer -> hour of the contact that is handed over now.
        quiet: contacts that wait for a later day: no open hour of today is left, or today is none of the campaign's
            days of the week.
        over: the same, but no later day comes before the campaign, or the goods, end: they are never sent.
    """

    hours: dict[str, int] = field(default_factory=dict)
    quiet: int = 0
    over: int = 0


def push_day(stored: StoredCampaign, definition: CampaignDefinition, asked: date, now: datetime) -> date:
    """Day of late contacts: the machine's, or the day asked for where past days are replayed.

    Past days are replayed where a campaign was approved after its last day by the machine's clock.

    Args:
        stored: an approved campaign.
        definition: its own.
        asked: contacts due by this day are handed over.
        now: the instant of the push.

    Raises:
        ImpossibleError: the campaign is over.
    """
    today, ends_on = clock_day(now), definition.ends_on
    is_replay = is_replayed(stored, definition)
    if asked < ends_on and (today < ends_on or is_replay):
        return today if today < ends_on else asked
    told = f"campaign {stored.campaign_id!r} is over: its last day was before {ends_on}, and "
    if today < ends_on or is_replay:
        told += f"contacts due by {asked} were asked for. Name an earlier day with --day, or make a new campaign."
    else:
        told += f"today is {today}: nobody is contacted on a day that is over. Make a new campaign."
    raise ImpossibleError(
        told,
        {
            "problem": "campaign_over",
            "campaign_id": stored.campaign_id,
            "day": (asked if asked >= ends_on else today).isoformat(),
            "ends_on": ends_on.isoformat(),
        },
    )


def usual_day(stored: StoredCampaign, as_of: date, now: datetime) -> date:
    """Day by which contacts are due where nobody names one: that of contact, or the published one of a replay.

    Args:
        stored: the campaign; of one that cannot be read nothing is pushed in any case.
        as_of: last day that the published answers know.
        now: the instant of the push.
    """
    definition = readable(stored)
    if definition is None or is_replayed(stored, definition):
        return data_day(as_of)
    return contact_day(as_of, now)


def hours_left(
    definition: CampaignDefinition, due: Sequence[CampaignContact], settings: Settings, now: datetime, today: date
) -> HoursLeft:
    """The hours of due contacts.

    Args:
        definition: of their campaign.
        due: contacts.
        settings: the quiet hours.
        now: the instant of the push.
        today: result of `push_day`.

    Raises:
        ImpossibleError: all hours of the campaign became quiet ones.
    """
    open_ones, local, found = open_hours(definition, settings.campaigns), now.astimezone(), HoursLeft()
    for one in due:
        day, left = max(one.day, today), None
        if day.isoweekday() in definition.weekdays:
            left = hour_left(one.hour, open_ones, local.hour if day == local.date() else None)
        if left is not None:
            found.hours[one.customer_id] = left
        elif _has_later_day(definition, day, one.ends_on):
            found.quiet += 1
        else:
            found.over += 1
    return found


def _has_later_day(definition: CampaignDefinition, day: date, goods_end: date | None) -> bool:
    """Whether a day of the campaign's days of the week comes after a day, before the campaign and the goods end."""
    last = definition.ends_on - timedelta(days=1)
    last = last if goods_end is None else min(last, goods_end)
    days = min((last - day).days, 7)
    return any((day + timedelta(days=ahead)).isoweekday() in definition.weekdays for ahead in range(1, days + 1))
