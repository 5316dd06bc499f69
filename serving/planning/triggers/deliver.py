"""Hands decided messages over: to a file, an address, or the list of the guide who looks after the person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.addresses import address_parts
from retail_brain.decisions.consents import keep_open
from retail_brain.decisions.goods_ends import with_ends
from retail_brain.decisions.triggers.definition import KINDS, TriggerDefinition
from retail_brain.decisions.triggers.messages import fill
from retail_brain.errors import ConflictError, RetailBrainError
from retail_brain.operational.database import TRIES
from retail_brain.operational.firing_pages import firing_counts
from retail_brain.operational.guide_tasks import GuideTask, task_id
from retail_brain.operational.guides import read_guides_mark
from retail_brain.operational.leases import Lease
from retail_brain.operational.repeated_contacts import CAMPAIGN_PREFIX, read_contacts_mark
from retail_brain.operational.trigger_firings import (
    Dropped,
    Firing,
    Sent,
    close_firings,
    hand_to_guides,
    move_firings,
    release_firings,
    take_firings,
)
from retail_brain.operational.triggers import StoredTrigger, list_triggers, trigger
from serving.planning.campaigns.hours import open_hours
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.campaigns.push import AT_ONCE, post_rows, resolved_target, write_contacts
from serving.planning.stock.webhook import Delivery
from serving.planning.triggers.complements import open_complements
from serving.planning.triggers.desk import Desk, definition_of
from serving.planning.triggers.lateness import within_caps
from serving.planning.triggers.settle import is_open

Consents = Callable[[], tuple[pl.DataFrame | None, pl.DataFrame]]
"""Consents as they are now, and what opt-outs closed: result of `audience_facts.consents_now`."""


@dataclass
class HandedOver:
    """What one look handed over.

    Attributes:
        contacts: to the file or address.
        lines: to guides.
        refused: not handed over: since the decision the channel was closed, the trigger was switched off, the guide
            left, the person came on a list, or the message is so late that its end has come or the caps are full.
        files: written.
        unreadable: that wait because their trigger cannot be read, such as one that another version stored.
    """

    contacts: int = 0
    lines: int = 0
    refused: int = 0
    files: list[Path] = field(default_factory=list)
    unreadable: int = 0


@dataclass(frozen=True)
class Target:
    """Where messages go.

    Attributes:
        to: path of a CSV file, an http(s) address, or `env:NAME` of a variable that holds either.
        secret: key of the signature; None signs nothing.
        delivery: how an address is tried.
    """

    to: str
    secret: str | None
    delivery: Delivery


def deliver(desk: Desk, consents: Consents, target: Target, done: HandedOver, *, by: str) -> HandedOver:
    """Hands over what was decided, each message at least once to the target and never to two workers at a time.

    One that was cut off is repeated with the same `contact_id` once the lease of the worker that ended is over, and in
    the hours of its trigger. Consents are asked again. Messages of a trigger that cannot be read wait until it can be.

    Args:
        desk: where triggers are worked on.
        consents: gives the consents as they are now; asked only where something is handed over.
        target: where messages go; those by a guide go to the guide's list.
        done: what was handed over so far; added to, and given back.
        by: who does it.

    Raises:
        UsageError: the target is neither a file nor an http(s) address.
        RetailBrainError: the address did not take them; what it did not take goes out at the next look.
        UnavailableError: the database does not answer.
    """
    place = resolved_target(target.to)
    is_address = address_parts(place).scheme in {"http", "https"}
    settings = desk.settings.triggers
    lease = Lease(timedelta(seconds=settings.lease_seconds), desk.now)
    most = AT_ONCE if is_address else settings.at_once
    closed, unreadable = _waiting(desk)
    counts = firing_counts(desk.tenant, desk.database) if unreadable else {}
    done.unreadable = sum(counts.get(name, {}).get("taken", 0) for name in unreadable)
    waiting = closed + unreadable
    while taken := take_firings(desk.tenant, desk.database, lease, limit=most, waiting=waiting):
        try:
            kept = _still_open(desk, consents, taken, done, by)
            beside = _open_complements(desk, kept)
            _to_guides(desk, [one for one in kept if one.channel == "guide"], beside, done, by)
            _to_target(desk, [one for one in kept if one.channel != "guide"], beside, place, target, done, by)
        except BaseException:
            release_firings(desk.tenant, desk.database, lease, taken)
            raise
    return done


def _waiting(desk: Desk) -> tuple[list[str], list[str]]:
    """Triggers that are on and may contact nobody now: those outside of their hours, and those that cannot be read.

    What an evening left over waits for the next open hour; what cannot be read waits for the version that can.
    """
    closed, unreadable = [], []
    for stored in list_triggers(desk.tenant, desk.database):
        if stored.state != "on":
            continue
        try:
            definition = definition_of(stored)
        except RetailBrainError:
            unreadable.append(stored.trigger_id)
        else:
            closed += [] if is_open(desk, definition) else [stored.trigger_id]
    return closed, unreadable


def _message_rows(
    desk: Desk, stored: StoredTrigger, firings: Sequence[Firing], beside: set[int]
) -> list[dict[str, Any]]:
    """One row per message: the columns of `push.COLUMNS`, with the text of its channel."""
    definition = definition_of(stored)
    texts = _texts(desk, definition, firings, beside)
    return [
        {
            "contact_id": one.contact_id,
            "campaign_id": stored.campaign_id,
            "customer_id": one.customer_id,
            "channel": one.channel,
            "day": _day(desk, one).isoformat(),
            "hour": _hour(desk, definition, one),
            "store_id": one.store_id,
            "product_id": one.product_id,
            "text": text,
            "text_zh": text_zh,
        }
        for one, (text, text_zh) in zip(firings, texts, strict=True)
    ]


def _still_open(desk: Desk, consents: Consents, taken: Sequence[Firing], done: HandedOver, by: str) -> list[Firing]:
    """Those whose trigger is on and whose channel nobody closed since the decision; the others are dropped.

    Late ones are dropped too where their end or that of their goods has come, or where other contacts of the new day
    leave no room.
    """
    known, closed = consents()
    stored = {name: trigger(desk.tenant, desk.database, name) for name in {one.trigger_id for one in taken}}
    _drop(desk, [one for one in taken if stored[one.trigger_id].state != "on"], "switched_off", done, by)
    taken = [one for one in taken if stored[one.trigger_id].state == "on"]
    pairs = pl.DataFrame(
        [(one.customer_id, one.channel) for one in taken],
        schema={"customer_id": pl.String, "channel": pl.String},
        orient="row",
    )
    is_open = set(keep_open(pairs, known, closed).iter_rows())
    kept = [one for one in taken if (one.customer_id, one.channel) in is_open]
    _drop(desk, [one for one in taken if (one.customer_id, one.channel) not in is_open], "no_consent", done, by)
    late = [one for one in kept if one.day is not None and one.day < desk.today]
    if not late:
        return kept
    earliest = {name: desk.earliest_due(definition_of(stored[name])) for name in {one.trigger_id for one in late}}
    expired = {one.id for one in late if one.due_at < earliest[one.trigger_id]}
    ended = _ended(desk, late) - expired
    able = _moved(desk, [one for one in late if one.id not in expired | ended])
    full = {one.id for one in late} - expired - ended - able
    for code, ids in (("expired", expired), ("too_late", ended), ("contacted_too_often", full)):
        _drop(desk, [one for one in late if one.id in ids], code, done, by)
    return [one for one in kept if one.id not in expired | ended | full]


def _moved(desk: Desk, late: Sequence[Firing]) -> set[int]:
    """Ids of the late messages that keep every cap today, on which they count from now on.

    Raises:
        ConflictError: other plans changed again and again.
    """
    for _ in range(TRIES):
        mark = read_contacts_mark(desk.tenant, desk.database)
        able = within_caps(desk, late)
        if not able or move_firings(desk.tenant, desk.database, able, desk.today, mark):
            return able
    raise ConflictError(
        f"late messages were not handed over: other plans changed meanwhile, {TRIES} times. Run it again.",
        {"problem": "plans_changed"},
    )


def _ended(desk: Desk, late: Sequence[Firing]) -> set[int]:
    """Ids of the late messages about goods whose listing or season is over where the person gets them."""
    about = pl.DataFrame(
        [(one.id, one.store_id, one.product_id) for one in late if one.product_id is not None],
        schema={"id": pl.Int64, "store_id": pl.String, "product_id": pl.String},
        orient="row",
    )
    known = desk.source.facts(sorted(set(about["product_id"]))).ends if about.height else None
    return set(with_ends(about, known).filter(pl.col("ends_on") < desk.today)["id"])


def _drop(desk: Desk, firings: Sequence[Firing], code: str, done: HandedOver, by: str) -> None:
    if firings:
        close_firings(desk.tenant, desk.database, firings, Dropped(code), now=desk.now, by=by)
        done.refused += len(firings)


def _to_target(
    desk: Desk, firings: Sequence[Firing], beside: set[int], place: str, target: Target, done: HandedOver, by: str
) -> None:
    ordered = sorted(firings, key=lambda one: (one.trigger_id, one.id))
    parts = [
        (trigger(desk.tenant, desk.database, name), list(rows))
        for name, rows in groupby(ordered, lambda one: one.trigger_id)
    ]
    if address_parts(place).scheme not in {"http", "https"} and parts:
        rows = [row for stored, own in parts for row in _message_rows(desk, stored, own, beside)]
        done.files.append(write_contacts(Path(place), rows))
    for stored, own in parts:
        if address_parts(place).scheme in {"http", "https"}:
            rows = _message_rows(desk, stored, own, beside)
            post_rows(place, stored.campaign_id, rows, target.secret, target.delivery)
        for day, sent in groupby(sorted(own, key=partial(_day, desk)), partial(_day, desk)):
            close_firings(desk.tenant, desk.database, sent, Sent(day), now=desk.now, by=by)
        done.contacts += len(own)


def _day(desk: Desk, firing: Firing) -> date:
    """Day of the contact: that for which it was decided, or today where it is late."""
    assert firing.day is not None
    return max(firing.day, desk.today)


def _to_guides(desk: Desk, firings: Sequence[Firing], beside: set[int], done: HandedOver, by: str) -> None:
    if not firings:
        return
    named = {one.trigger_id: trigger(desk.tenant, desk.database, one.trigger_id) for one in firings}
    for _ in range(TRIES):
        mark, here = read_guides_mark(desk.tenant, desk.database), desk.with_present_guides()
        guides = {one.id: _guide_of(here, one) for one in firings}
        tasks = [
            (one, _task(here, named[one.trigger_id], one, guide, beside))
            for one in firings
            if (guide := guides[one.id]) is not None
        ]
        new = hand_to_guides(desk.tenant, desk.database, tasks, now=desk.now, by=by, mark=mark)
        if new is not None:
            break
    else:
        raise ConflictError(
            f"{len(firings)} lines wait: guides changed meanwhile, {TRIES} times. Run it again.",
            {"problem": "plans_changed"},
        )
    done.lines += new
    done.refused += len(tasks) - new
    # one whom nobody looks after any more must not keep the messages of all others
    _drop(desk, [one for one in firings if guides[one.id] is None], "no_guide", done, by)


def _task(desk: Desk, stored: StoredTrigger, firing: Firing, guide: str, beside: set[int]) -> GuideTask:
    definition = definition_of(stored)
    (text, text_zh), (reason, reason_zh) = _texts(desk, definition, [firing], beside)[0], KINDS[definition.kind]
    day = _day(desk, firing)
    return GuideTask(
        task_id=task_id(day, firing.person_id),
        guide_id=guide,
        day=day,
        person_id=firing.person_id,
        customer_id=firing.customer_id,
        held=False,
        rank=0,
        channel="guide",
        store_id=firing.store_id,
        product_id=firing.product_id,
        source=stored.campaign_id,
        reason=reason,
        reason_zh=reason_zh,
        text=text,
        text_zh=text_zh,
        probability=firing.probability,
        expected_value=None,
        segment=firing.segment,
    )


def _guide_of(desk: Desk, firing: Firing) -> str | None:
    """The guide who looks after the account that is contacted, or after another one of the person; None: nobody."""
    accounts = desk.source.facts(()).accounts.every_account(pl.Series([firing.customer_id], dtype=pl.String))
    return next((desk.guides[one] for one in (firing.customer_id, *accounts.to_list()) if one in desk.guides), None)


def _texts(
    desk: Desk, definition: TriggerDefinition, firings: Sequence[Firing], beside: set[int]
) -> list[tuple[str, str]]:
    """English and Chinese of each message; those whose ids are `beside` name the goods that go with theirs too."""
    goods = {one for firing in firings for one in (firing.product_id, firing.goes_with) if one is not None}
    names = desk.source.names(sorted(goods))

    def named(product: str | None) -> str | None:
        return None if product is None else names.get(product, product)

    slots = [definition.slot(one.channel or "") for one in firings]
    others = [named(one.goes_with) if one.id in beside else None for one in firings]
    return [
        (fill(slot.text, named(one.product_id), other), fill(slot.text_zh, named(one.product_id), other))
        for slot, one, other in zip(slots, firings, others, strict=True)
    ]


def _open_complements(desk: Desk, firings: Sequence[Firing]) -> set[int]:
    """Ids of the messages that may name the goods that go with theirs; asked once for all that were taken together."""
    named = [(one, one.goes_with) for one in firings if one.goes_with is not None]
    if not named:
        return set()
    others = other_plans(desk.tenant, desk.database, None, desk.today, desk.settings)
    able = set[int]()
    for campaign_id in {CAMPAIGN_PREFIX + one.trigger_id for one, _ in named}:
        own = [(one, other) for one, other in named if CAMPAIGN_PREFIX + one.trigger_id == campaign_id]
        about = {(one.customer_id, other) for one, other in own}
        found = open_complements(desk, about, campaign_id, desk.today, others)
        able |= {one.id for one, other in own if (one.customer_id, other) in found}
    return able


def _hour(desk: Desk, definition: TriggerDefinition, firing: Firing) -> int:
    """First open hour of the day of contact at which the message is due; the same whenever it is asked for."""
    due: datetime = firing.due_at.astimezone().replace(tzinfo=None)
    earliest = due.hour if due.date() == _day(desk, firing) else 0
    hours = open_hours(definition, desk.settings.campaigns)
    return next((hour for hour in hours if hour >= earliest), hours[-1])
