"""How a stored campaign stands on a day, the states that it went through, and its definition."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from retail_brain.decisions.campaigns.definition import CampaignDefinition, parse_definition
from retail_brain.errors import UsageError
from retail_brain.operational.audit import audit_of
from retail_brain.operational.campaigns import StoredCampaign
from retail_brain.operational.database import Database
from retail_brain.which_day import clock_day

ByClock = Literal["to_come", "running", "over", "replay"]
"""Where the clock is in the days of a campaign."""


def definition_of(stored: StoredCampaign) -> CampaignDefinition:
    """The definition of a stored campaign.

    Raises:
        UsageError: it was stored by another version and cannot be read.
    """
    return parse_definition(stored.definition, f"campaign {stored.campaign_id!r}")


def readable(stored: StoredCampaign) -> CampaignDefinition | None:
    """The same; None where it cannot be read."""
    try:
        return definition_of(stored)
    except UsageError:
        return None


def unreadable(campaigns: Iterable[StoredCampaign]) -> list[str]:
    """Ids of approved campaigns that cannot be read and are not known to be over: whom they contact is in doubt."""
    return [
        one.campaign_id
        for one in campaigns
        if one.state == "approved" and one.measured_at is None and readable(one) is None
    ]


def unreadable_text(campaign_ids: Sequence[str]) -> str:
    """What is wrong with these campaigns, and what to do about it."""
    return (
        f"approved campaigns that cannot be read: {', '.join(campaign_ids)}. Another version or program stored them, "
        "so it is not known until when they contact whom, and nobody new is planned to be contacted. Stop them "
        "(`retail-brain campaign stop ID`), or install the version that stored them."
    )


def watched(campaigns: Iterable[StoredCampaign], today: date) -> tuple[list[StoredCampaign], list[str]]:
    """Campaigns to look at as seen on a day, and ids of those that nobody can, as they cannot be read.

    They were approved, perhaps stopped since, and are not measured for good.
    """
    found: list[StoredCampaign] = []
    unread: list[str] = []
    for one in campaigns:
        if one.approved_at is None:
            continue
        if readable(one) is None:
            if one.measured_at is None:
                unread.append(one.campaign_id)
        elif state_on(one, today) != "measured":
            found.append(one)
    return found, unread


def unwatched_text(campaign_ids: Sequence[str]) -> str:
    """What is wrong with campaigns that cannot be looked at, and what to do about it."""
    return (
        f"{len(campaign_ids):,} campaigns are not measured and their stop rules not applied, as they cannot be read: "
        f"{', '.join(campaign_ids)}. Another version or program stored them. Install it to measure them."
    )


def state_on(stored: StoredCampaign, today: date) -> str:
    """How a campaign stands on a day.

    `draft`, `previewed`, `approved` (its first day is to come), `running`, `ended` or `stopped`, and at last
    `measured`, once its effect was measured after the days of all its people were over.

    Raises:
        UsageError: it is approved and not measured for good, and was stored by another version and cannot be read.
    """
    if stored.state not in {"approved", "stopped"}:
        return stored.state
    if stored.state == "stopped":
        return "stopped" if stored.measured_at is None else "measured"
    if stored.measured_at is not None and readable(stored) is None:  # its last days are over, whichever they were
        return "measured"
    definition = definition_of(stored)
    is_over = today >= definition.ends_on
    if is_over and stored.measured_at is not None:
        return "measured"
    if today < definition.starts_on:
        return "approved"
    return "ended" if is_over else "running"


def is_replayed(stored: StoredCampaign, definition: CampaignDefinition) -> bool:
    """Whether past days are replayed: a campaign was approved after its last day by the machine's clock."""
    return stored.approved_at is not None and clock_day(stored.approved_at) >= definition.ends_on


def days_by_clock(stored: StoredCampaign, now: datetime) -> ByClock | None:
    """Where the clock is in the days of a campaign; None where it cannot be read.

    Campaigns stand as of the published day (`state_on`), and contacts go out by the clock: where answers are older
    than it, a campaign may be running by the one and over by the other. `over`: nobody is contacted any more;
    `replay`: it was not approved before its days were over, so that approving and pushing it replays them.
    """
    definition = readable(stored)
    if definition is None:
        return None
    today = clock_day(now)
    if today < definition.starts_on:
        return "to_come"
    if today < definition.ends_on:
        return "running"
    return "replay" if stored.approved_at is None or is_replayed(stored, definition) else "over"


_BY_CLOCK: Mapping[str, str] = {
    "over": "its days are over: nobody is contacted any more",
    "replay": "its days are over: contacts that are handed over replay past days",
    "running": "it has begun: contacts of days that are over go out late",
}


def clock_text(state: str, by_clock: ByClock | None, now: datetime) -> str | None:
    """What is said, in English, of a campaign that is further by the clock than its state tells; None where it is not.

    Args:
        state: result of `state_on`.
        by_clock: result of `days_by_clock`.
        now: the instant.
    """
    behind = {"draft", "previewed", "approved"} | (set() if by_clock == "running" else {"running"})
    if by_clock is None or by_clock == "to_come" or state not in behind:
        return None
    return f"by the clock ({clock_day(now)}) {_BY_CLOCK[by_clock]}"


def history(stored: StoredCampaign, database: Database, tenant: str, today: date) -> list[dict[str, Any]]:
    """The states that a campaign went through, oldest first: `state`, `by` (None: the calendar), `at`.

    Raises:
        UnavailableError: the database does not answer.
    """
    rows: list[dict[str, Any]] = [
        {"state": _STATES[entry.action], "by": entry.actor, "at": entry.at.isoformat(timespec="seconds")}
        for entry in audit_of(tenant, database, "campaign.", stored.campaign_id)
        if entry.action in _STATES and entry.details.get("is_final", True)
    ]
    if stored.approved_at is not None and (definition := readable(stored)) is not None:
        stopped_on = None if stored.stopped_at is None else stored.stopped_at.date()
        by_calendar = [("running", definition.starts_on), ("ended", definition.ends_on)]
        rows += [
            {"state": state, "by": None, "at": day.isoformat()}
            for state, day in by_calendar
            if day <= today and (stopped_on is None or day <= stopped_on)
        ]
    # the approval of the first day stands before that day, which is text without an hour
    return sorted(rows, key=lambda row: (str(row["at"])[:10], row["by"] is None))


_STATES = {
    "campaign.made": "draft",
    "campaign.changed": "draft",
    "campaign.previewed": "previewed",
    "campaign.approved": "approved",
    "campaign.stopped": "stopped",
    "campaign.measured": "measured",
}
"""Action of the audit -> state that it led to."""
