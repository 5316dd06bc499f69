"""The life of a campaign: draft, preview, approval that freezes its people, stop; and how it stands on a day."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

import polars as pl

from retail_brain.decisions.campaigns.definition import CampaignDefinition
from retail_brain.decisions.campaigns.stop_rules import rule_text
from retail_brain.errors import ConflictError, ImpossibleError
from retail_brain.operational.campaign_contacts import (
    CampaignContact,
    PlannedContact,
    approve_campaign,
    contact_id,
    stop_campaign,
)
from retail_brain.operational.campaign_effects import effect_looks
from retail_brain.operational.campaigns import (
    OPEN,
    Change,
    StoredCampaign,
    campaign,
    note_preview,
    save_campaign,
)
from retail_brain.operational.database import TRIES, Database
from retail_brain.operational.repeated_contacts import read_contacts_mark, repeats
from retail_brain.settings import Settings
from retail_brain.which_day import data_day
from serving.planning.campaigns.goods import check_named
from serving.planning.campaigns.inputs import CampaignSource
from serving.planning.campaigns.names import shown_name
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.campaigns.plan import PlannedCampaign, plan_campaign
from serving.planning.campaigns.preview import differences, preview_of
from serving.planning.campaigns.standing import days_by_clock, definition_of, state_on
from serving.planning.people.known_names import check_known
from serving.planning.people.reasons import Language

CONTACT_COLUMNS = (
    *("contact_id", *(one.name for one in fields(CampaignContact) if one.name != "ends_on")),
    *("state", "sent_on", "ends_on"),
)
"""Columns of `contact_row`."""


@dataclass(frozen=True)
class Desk:
    """Where campaigns are worked on: the database, the facts of a day and the settings."""

    database: Database
    source: CampaignSource
    settings: Settings

    @property
    def today(self) -> date:
        """The published day: campaigns are planned from it on, and stand as of it; see `which_day`."""
        return data_day(self.source.as_of)


def save(desk: Desk, change: Change, definition: CampaignDefinition) -> StoredCampaign:
    """Stores a draft; see `operational.campaigns.save_campaign`.

    Raises:
        ConflictError: somebody else changed it since that version.
        NotFoundError: there is no such campaign, or the segment, a shop, a product, the category or a customer is not
            known.
        ImpossibleError: it is approved already, or a new one has the id of a campaign of the lake, or one that triggers
            and guides have.
    """
    check_named(definition, desk.source)
    if definition.customer_ids:
        check_known("customer", definition.customer_ids, desk.source.facts(()).customers["customer_id"].to_list())
    if change.version is None and change.campaign_id in set(desk.source.lake_campaigns()):
        raise ImpossibleError(
            f"the lake's table campaigns has a campaign {change.campaign_id!r} already: contacts and effects of the "
            "two could not be told apart. Choose another id.",
            {"problem": "campaign_of_lake", "campaign_id": change.campaign_id},
        )
    if repeats(change.campaign_id):
        raise ImpossibleError(
            f"a campaign cannot be called {change.campaign_id!r}: triggers and guides contact people under such ids. "
            "Choose another id.",
            {"problem": "campaign_reserved_id", "campaign_id": change.campaign_id},
        )
    return save_campaign(desk.database, change, definition.model_dump(mode="json", exclude_defaults=True))


def preview(desk: Desk, change: Change) -> StoredCampaign:
    """Works the campaign out under the plans of all others and stores its numbers; nothing is reserved yet.

    Raises:
        ConflictError: somebody else changed it since that version.
        NotFoundError: the campaign, a product or the segment is not known.
        ImpossibleError: it is approved already, is over, or has no open hour or no goods; or another approved campaign
            cannot be read.
    """
    planned = _worked_out(desk, change, OPEN)
    return note_preview(desk.database, change, _numbers(desk, planned))


def approve(desk: Desk, change: Change) -> StoredCampaign:
    """Approves a previewed campaign: its people, channels, days, hours and holdout are frozen.

    They are worked out again under the plans as they stand now, so that two approvals at once cannot promise the same
    stock or break a cap together. Where that gives another plan than the preview showed, nothing is approved: the new
    numbers are kept as the preview, to be looked at and approved. The preview of an approved campaign is what was
    frozen.

    Raises:
        ConflictError: somebody else changed it since that version, or the plan is another than was seen.
        NotFoundError: the campaign, a product or the segment is not known.
        ImpossibleError: it was not previewed, nobody is left to contact, or its author must not approve it.
    """
    present = campaign(change.tenant, desk.database, change.campaign_id)
    if desk.settings.campaigns.second_person and present.changed_by == change.by and present.version == change.version:
        raise ImpossibleError(
            f"{change.by} changed campaign {change.campaign_id!r} last; the setting "
            "campaigns.second_person wants somebody else to approve it. Ask a colleague.",
            {"problem": "campaign_second_person", "who": change.by},
        )
    for _ in range(TRIES):
        mark = read_contacts_mark(change.tenant, desk.database)
        planned = _worked_out(desk, change, ("previewed",))
        found = _numbers(desk, planned)
        changed = differences(present.preview or {}, found) if present.version == change.version else {}
        if changed:
            raise _changed(note_preview(desk.database, change, found), present.preview or {}, found, changed)
        if not planned.listed.height:
            raise ImpossibleError(
                f"nobody is left to contact in campaign {change.campaign_id!r}: the preview says why. Change it first.",
                {"problem": "campaign_nobody_left"},
            )
        approved = approve_campaign(desk.database, change, frozen(planned), mark, found)
        if approved is not None:
            return approved
    raise ConflictError(
        f"campaign {change.campaign_id!r} is not approved: others were approved meanwhile, {TRIES} times. Try again.",
        {"problem": "plans_changed", "version": present.version},
    )


def _numbers(desk: Desk, planned: PlannedCampaign) -> dict[str, Any]:
    """The preview as it is stored."""
    return preview_of(planned) | {"as_of": desk.source.as_of.isoformat()}


def _changed(
    noted: StoredCampaign, seen: Mapping[str, Any], now: Mapping[str, Any], changed: Mapping[str, tuple[Any, Any]]
) -> ConflictError:
    """The refusal of an approval whose plan is another than was seen, with both numbers."""
    numbers = {
        f"{when}_{name}": one[name] for when, one in (("seen", seen), ("now", now)) for name in ("contacts", "holdout")
    }
    return ConflictError(
        f"campaign {noted.campaign_id!r} is not approved: its plan changed since the preview. Seen were "
        f"{numbers['seen_contacts']} people to contact and {numbers['seen_holdout']} held out; now they are "
        f"{numbers['now_contacts']} and {numbers['now_holdout']}. Changed: {', '.join(changed)}. Look at the new "
        "preview, and approve that.",
        {
            "problem": "plan_changed",
            "version": noted.version,
            "changed": {name: list(both) for name, both in changed.items()},
            **numbers,
        },
    )


def stop(desk: Desk, change: Change, reason: str) -> StoredCampaign:
    """Stops a campaign from today on; see `operational.campaign_contacts.stop_campaign`.

    Raises:
        ConflictError: somebody else changed it since that version.
        NotFoundError: there is no such campaign.
        ImpossibleError: it is not approved, or no reason is given.
    """
    return stop_campaign(desk.database, change, reason, desk.today)


def frozen(planned: PlannedCampaign) -> list[CampaignContact]:
    """The people of a planned campaign as they are stored."""
    rows = planned.listed.select(
        "customer_id",
        "channel",
        "hour",
        "product_id",
        "caused",
        "expected_value",
        "segment",
        "ends_on",
        group=pl.when("held").then(pl.lit("holdout")).otherwise(pl.lit("contact")),
        day="send_on",
        store_id="home_store_id",
        probability="own_probability",
    )
    return [CampaignContact(**row) for row in rows.iter_rows(named=True)]


def _worked_out(desk: Desk, change: Change, states: Iterable[str]) -> PlannedCampaign:
    present = campaign(change.tenant, desk.database, change.campaign_id)
    if present.version == change.version and present.state not in set(states):
        raise ImpossibleError(
            f"campaign {change.campaign_id!r} is {present.state}; for this it must be {' or '.join(sorted(states))}.",
            {"problem": "campaign_state", "state": present.state, "version": present.version},
        )
    others = other_plans(change.tenant, desk.database, change.campaign_id, desk.today, desk.settings)
    others.check_readable()
    looks = [look for look in effect_looks(change.tenant, desk.database).read if not repeats(look.campaign_id)]
    return plan_campaign(definition_of(present), change.campaign_id, desk.source, others, desk.settings, looks)


def summary(stored: StoredCampaign, today: date, now: datetime, language: Language) -> dict[str, Any]:
    """A campaign as JSON, without its people; reasons, and a name that nobody wrote, in one language.

    Args:
        stored: the campaign.
        today: the published day, as of which it stands.
        now: the instant; contacts go by its day.
        language: of reasons and names.
    """
    values = {name: getattr(stored, name) for name in stored.__dataclass_fields__}
    moments = {
        name: value.isoformat(timespec="seconds") for name, value in values.items() if isinstance(value, datetime)
    }
    shown: dict[str, Any] = values | moments | {"state": state_on(stored, today)}
    shown["by_clock"] = days_by_clock(stored, now)
    shown["name"] = shown_name(stored.definition, language)
    if stored.stop_rule is not None:
        shown["stop_reason"] = rule_text(stored.stop_rule, language)
    if stored.preview is not None:
        steps = [
            {name: value for name, value in step.items() if name != "reason_zh"}
            | ({"reason": step["reason_zh"]} if language == "zh" else {})
            for step in stored.preview["steps"]
        ]
        shown["preview"] = stored.preview | {"steps": steps}
    return shown


def contact_row(planned: PlannedContact) -> dict[str, Any]:
    """A person of a campaign as JSON."""
    contact = planned.contact
    name = contact_id(planned.campaign_id, contact.customer_id)
    values = (
        {"contact_id": name}
        | asdict(contact)
        | {
            "state": planned.state,
            # a push that has it in hand moved it already, and may give it back
            "sent_on": None if planned.state == "planned" else planned.sent_on,
        }
    )
    return {one: _iso(values[one]) for one in CONTACT_COLUMNS}


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
