"""Triggers and the guides' daily lists as randomised experiments that contact people again and again.

Each person counts once, from the first message that was decided for them, in the group for which they were drawn: as
their effect is measured (`triggers.measure`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from retail_brain.operational.campaign_effects import campaign_effects
from retail_brain.operational.database import Database
from retail_brain.operational.guide_tasks import GuideTask, list_tasks
from retail_brain.operational.repeated_contacts import DAILY
from retail_brain.operational.trigger_firings import Firing, firings
from retail_brain.operational.triggers import list_triggers

TRIGGER, GUIDES = "trigger", "guides"
"""Sources."""
_Message = Firing | GuideTask
_WAS_MADE = frozenset({"sent", "open", "done", "not_reached", "bought", "refused", "opted_out"})
"""States of messages, and of lines of guides, that reached the person or a guide."""


@dataclass(frozen=True)
class Repeated:
    """What a trigger, or the guides' lists, told people of until a day.

    Attributes:
        campaign_id: under which its effect is kept.
        source: TRIGGER or GUIDES.
        contacts: rows of `contacts` with `product_id`: the first message of each person, and, without a campaign, the
            later ones that were made. Empty where nothing is learned from it.
        first_day, last_day: of these messages.
        left_out: reason -> campaigns and people: `never_measured`.
    """

    campaign_id: str
    source: str
    contacts: list[dict[str, object]]
    first_day: date
    last_day: date
    left_out: dict[str, tuple[int, int]]


def repeated_experiments(tenant: str, database: Database, as_of: date) -> list[Repeated]:
    """The triggers, removed ones too, and the guides' lists that decided a message until a day.

    Raises:
        UnavailableError: the database does not answer.
    """
    measured = {look.campaign_id for look in campaign_effects(tenant, database) if look.as_of <= as_of}
    found: list[tuple[str, str, list[_Message]]] = []
    for stored in list_triggers(tenant, database, removed=True):
        fired = firings(tenant, database, stored.trigger_id, since=date.min)
        found.append((TRIGGER, stored.campaign_id, [one for one in fired if one.held is not None]))
    lines: list[_Message] = [
        one for one in list_tasks(tenant, database) if one.source == DAILY and one.state != "withdrawn"
    ]
    return [
        _experiment(source, name, past, is_measured=name in measured)
        for source, name, messages in [*found, (GUIDES, DAILY, lines)]
        if (past := [one for one in messages if one.day is not None and one.day <= as_of])
    ]


def _experiment(source: str, campaign_id: str, messages: Sequence[_Message], *, is_measured: bool) -> Repeated:
    ordered = sorted(messages, key=_day)
    days = _day(ordered[0]), _day(ordered[-1])
    first: dict[str, _Message] = {}
    for one in ordered:
        first.setdefault(one.person_id, one)
    if not is_measured:
        return Repeated(campaign_id, source, [], *days, {"never_measured": (1, len(first))})
    later = [one for one in ordered if first[one.person_id] is not one and not one.held and one.state in _WAS_MADE]
    rows = [_row(campaign_id, one) for one in first.values()] + [_row(None, one) for one in later]
    return Repeated(campaign_id, source, rows, *days, {})


def _day(one: _Message) -> date:
    assert one.day is not None
    return one.day


def _row(campaign_id: str | None, one: _Message) -> dict[str, object]:
    """A row of `contacts`, with the product that the person was told of."""
    return {
        "campaign_id": campaign_id,
        "customer_id": one.customer_id,
        "channel": one.channel,
        "contacted_at": datetime.combine(_day(one), time()),
        "is_holdout": bool(one.held),
        "attribution_id": None,
        "product_id": one.product_id,
    }
