"""Guides: who they are, their lists, what came of them, credit, and what happens when one leaves."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.campaign_effects import credit_looks, effect_looks
from retail_brain.operational.guide_tasks import list_tasks
from retail_brain.operational.guides import GuideChange, GuideFacts, move_history, save_guide
from retail_brain.operational.repeated_contacts import DAILY
from retail_brain.past_days import check_past_day
from retail_brain.which_day import clock_day, contact_day, data_day
from retail_brain.workspace import Workspace
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call, find_store, product_names, seen_store
from serving.http.handlers.triggers import trigger_desk
from serving.http.messages.guide_messages import (
    GuideCreditRequest,
    GuideLeaveRequest,
    GuideListRequest,
    GuideMakeRequest,
    GuideSaveRequest,
    GuidesRequest,
)
from serving.planning.campaigns.measuring import look_row
from serving.planning.guides.credit import look_at_credit
from serving.planning.guides.left_out import left_out_rows
from serving.planning.guides.lists import MadeLists, lines_of_today, make_lists, shown_lines, task_row
from serving.planning.guides.people import Guide, all_guides, guide_row, move_row, no_guide, people_by_guide
from serving.planning.guides.people import guide as find_guide
from serving.planning.guides.people import leave as let_leave
from serving.planning.people.segment_book import open_dataset
from serving.planning.triggers.desk import Desk
from serving.planning.triggers.measure import look_at_guides


def guides(request: GuidesRequest, call: Call) -> dict[str, Any]:
    """The guides, or one with the moves of their people.

    Raises:
        NotFoundError: there is no such guide.
    """
    seen = _seen_guides(call)
    if request.guide_id is not None:
        seen = [one for one in seen if one.guide_id == request.guide_id]
        if not seen:
            raise no_guide(request.guide_id)
    history = [] if request.guide_id is None else move_history(call.principal.tenant, call.state.database)
    own = [
        move_row(one)
        for one in history
        if request.guide_id in {one.move.guide_id, one.move.before} and is_seen(one.move.customer_id, call)
    ]
    may_write = call.principal.may(Scope.CAMPAIGNS) and call.place.guide is None
    return {"guides": [guide_row(one) for one in seen], "moves": own, "may_write": may_write}


def save(request: GuideSaveRequest, call: Call) -> dict[str, Any]:
    """Stores those given of a guide's name, shop and capacity; what is left out stays, null takes it away.

    A shop's or region's key changes its own guides and keeps them there; new ones are headquarters'.

    Raises:
        HttpError: the key is a guide's.
        NotFoundError: there is no such shop, or the key's place has no such guide.
        ConflictError: somebody else changed them since the version given.
    """
    if request.store_id is not None:
        find_store(call.answers, request.store_id)
    _check_own(request.guide_id, call)
    if not call.place.is_headquarters and "store_id" in request.model_fields_set and request.store_id is None:
        raise HttpError(
            403,
            "forbidden",
            f"a {call.place.kind} key keeps a guide in its own shop. Name it in store_id.",
            {"problem": "guide_needs_store"},
        )
    desk = _whole_desk(call)
    facts: GuideFacts = {}
    if "name" in request.model_fields_set:
        facts["name"] = request.name
    if "store_id" in request.model_fields_set:
        facts["store_id"] = request.store_id
    if "capacity" in request.model_fields_set:
        facts["capacity"] = request.capacity
    save_guide(desk.database, _change(request.guide_id, request.version, call), **facts)
    return {"guide": guide_row(find_guide(desk, request.guide_id)), "moved": 0, "without_guide": 0}


def leave(request: GuideLeaveRequest, call: Call) -> dict[str, Any]:
    """Lets a guide go and gives their people to others.

    All people of the guide are shared out, also those at home in other shops: by the rule to guides of the same shop.

    Raises:
        HttpError: the key is a guide's.
        UsageError: the day has not come.
        NotFoundError: one of the guides is not known, or not of the key's place.
        ImpossibleError: the other one has left, or is the same.
        ConflictError: somebody else changed the guide since the version given.
    """
    for name in (request.guide_id, request.to):
        if name is not None:
            _check_own(name, call)
    desk = _whole_desk(call)
    change = _change(request.guide_id, request.version, call)
    _, moves = let_leave(desk, change, request.on or desk.first_day, request.to)
    call.state.refresh_guides(desk.tenant)
    nobody = sum(one.guide_id is None for one in moves)
    shown = guide_row(find_guide(_whole_desk(call), request.guide_id))
    return {"guide": shown, "moved": len(moves) - nobody, "without_guide": nobody}


def make(request: GuideMakeRequest, call: Call) -> dict[str, Any]:
    """Makes the lists of a day.

    A key with a place makes those of its own guides.

    Raises:
        HttpError: the key is a guide's.
        NotFoundError: a guide is not known, or not of the key's place.
        ImpossibleError: a guide has left, or the day is over.
        ModelError: there are no scored pairs.
    """
    for name in request.guide_ids:
        _check_own(name, call)
    desk, names = _whole_desk(call), request.guide_ids
    if not call.place.is_headquarters and not names:
        names = [one.guide_id for one in _own_guides(call) if one.is_here]
    day = request.day or desk.first_day
    # without names all guides of the chain would get lists
    is_nobody = not names and not call.place.is_headquarters
    made = MadeLists({}, {}) if is_nobody else make_lists(desk, day, names, by=call.principal.name)
    call.state.refresh_campaigns(desk.tenant)
    return {
        "day": day.isoformat(),
        "data_day": desk.first_day.isoformat(),
        "clock_day": clock_day(desk.now).isoformat(),
        "lines": made.lines,
        "left_out": left_out_rows(made.left_out, call.language),
    }


def listed(request: GuideListRequest, call: Call) -> dict[str, Any]:
    """The lines of a day; a key of a place gets those about the people of the place.

    Without a day they are those of the published day, and, where the clock is further, of the day by the clock and
    what triggers asked for since that is open: they give guides their lines by the clock.

    Raises:
        NotFoundError: a guide's key asks for the list of another, or there is no such guide.
    """
    name, day = _own(request.guide_id, call), request.day or _first_day(call)
    found = list_tasks(call.principal.tenant, call.state.database, guide_id=name, day=request.day, since=day)
    if request.day is None:
        today = contact_day(date.fromisoformat(call.answers.manifest.as_of), call.now)
        found = lines_of_today(found, day, today)
    if name is not None and not found and call.place.is_headquarters:
        find_guide(trigger_desk(call), name)
    rows = shown_lines(one for one in found if is_seen(one.customer_id, call))
    shown = [task_row(one, call.language) for one in rows]
    for row in shown:  # a guide's key knows no shop
        row["store_id"] = seen_store(call.answers, row["store_id"])
    goods = dict.fromkeys(one.product_id for one in rows if one.product_id is not None)
    return {"day": day.isoformat(), "tasks": shown, "names": product_names(call.answers, list(goods))}


def credit(request: GuideCreditRequest, call: Call) -> dict[str, Any]:
    """The newest credit of guides and effect of their lists; a guide's key sees its own row.

    Raises:
        HttpError: the role, or a key with a place, may not measure.
        UsageError: the day since which it is asked for has not come.
        NotFoundError: there is no lake.
    """
    if request.since is not None:
        check_past_day(request.since, "since")
    tenant, database, settings = call.principal.tenant, call.state.database, call.view.settings
    if request.measure:
        if not call.principal.may(Scope.CAMPAIGNS) or not call.place.is_headquarters:
            raise HttpError(
                403,
                "forbidden",
                "credit is worked out by headquarters' marketers and admins.",
                {"problem": "credit_of_headquarters"},
            )
        dataset = open_dataset(Workspace(call.state.home, tenant), settings)
        by = call.principal.name
        look_at_credit(tenant, database, dataset, settings, request.since, by=by, now=call.now)
        # where nobody of a list was reached by that day there is credit, and no effect yet
        with suppress(ImpossibleError):
            look_at_guides(tenant, database, dataset, settings, by, call.now)
    credits_seen, found = credit_looks(tenant, database), effect_looks(tenant, database, DAILY)
    looks = found.read
    newest = credits_seen.read[-1] if credits_seen.read else None
    rows = [] if newest is None else newest.effect["guides"]
    if not call.place.is_headquarters:
        rows = [row for row in rows if call.place.guide is not None and row["guide_id"] == call.place.guide]
        looks = []
    return {
        "as_of": None if newest is None else newest.as_of.isoformat(),
        "since": None if newest is None else newest.effect.get("since"),
        "guides": rows,
        "effect": looks[-1].effect if looks else None,
        "looks": [look_row(look) for look in looks],
        "looks_left_out": found.left_out + credits_seen.left_out,
    }


def _whole_desk(call: Call) -> Desk:
    """Where guides are worked on, with all people of the tenant: what a guide leaves behind is no matter of place."""
    whole = call.state.view(call.principal.tenant)
    return trigger_desk(call if whole is None else replace(call, published=whole))


def _own_guides(call: Call) -> list[Guide]:
    """The guides of the place's shops; of a guide's key none, which changes nobody.

    Raises:
        HttpError: the key is a guide's.
    """
    if call.place.guide is not None:
        raise HttpError(
            403,
            "forbidden",
            "a guide's key looks at guides; their shop or headquarters change them.",
            {"problem": "guides_read_only"},
        )
    guides = all_guides(_whole_desk(call))
    if call.place.is_headquarters:
        return guides
    return [one for one in guides if one.store_id is not None and call.answers.stores.find(one.store_id) >= 0]


def _check_own(guide_id: str, call: Call) -> None:
    """Refuses a guide of another place in the words for one that does not exist.

    Raises:
        HttpError: the key is a guide's.
        NotFoundError: the guide is not of the place.
    """
    if not call.place.is_headquarters and guide_id not in {one.guide_id for one in _own_guides(call)}:
        raise no_guide(guide_id)


def _seen_guides(call: Call) -> list[Guide]:
    """The guides whom the key may know: those of its shops, those who look after its people, or the guide itself.

    People are counted within the place, and the shop of a guide of elsewhere is not told.
    """
    if call.place.is_headquarters:
        return all_guides(trigger_desk(call))
    people = people_by_guide(trigger_desk(call))
    seen = []
    for one in all_guides(_whole_desk(call)):
        is_here = one.store_id is not None and call.answers.stores.find(one.store_id) >= 0
        is_own = one.guide_id == call.place.guide if call.place.guide is not None else is_here or people[one.guide_id]
        if is_own:
            shop = one.store_id if is_here else None
            seen.append(replace(one, store_id=shop, people=people[one.guide_id]))
    return seen


def _first_day(call: Call) -> date:
    return data_day(date.fromisoformat(call.answers.manifest.as_of))


def _own(guide_id: str | None, call: Call) -> str | None:
    """The guide asked for; that of the key where it is a guide's.

    Raises:
        NotFoundError: the key is another guide's.
    """
    if call.place.guide is None:
        return guide_id
    if guide_id not in {None, call.place.guide}:
        raise unknown_guide(str(guide_id))
    return call.place.guide


def is_seen(customer_id: str, call: Call) -> bool:
    """Whether the key sees a customer."""
    return call.place.is_headquarters or call.answers.customers.find(customer_id) >= 0


def unknown_guide(guide_id: str) -> NotFoundError:
    """The refusal of a guide whom the key does not know."""
    return NotFoundError(
        f"there is no guide {guide_id!r}. /guides shows them.", {"problem": "guide_unknown", "guide_id": guide_id}
    )


def utc_of(at: datetime) -> datetime:
    """A moment with its zone; one without is of UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _change(guide_id: str, version: int | None, call: Call) -> GuideChange:
    return GuideChange(call.principal.tenant, guide_id, version, call.principal.name, call.now)
