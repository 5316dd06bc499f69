"""Triggers: list, look, store, switch, remove, look for causes, what they fired and what they brought."""

from typing import Any

from retail_brain.operational.campaign_effects import effect_looks
from retail_brain.operational.campaign_receipts import receipt_counts
from retail_brain.operational.firing_pages import IsSeen, firing_counts, firings_page
from retail_brain.operational.triggers import (
    StoredTrigger,
    TriggerChange,
    list_triggers,
    no_trigger,
    remove_trigger,
    trigger,
)
from retail_brain.which_day import clock_day
from retail_brain.workspace import Workspace
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call
from serving.http.handlers.segments import segment_customers
from serving.http.messages.trigger_messages import (
    TriggerActRequest,
    TriggerEffectRequest,
    TriggerFiringsRequest,
    TriggerRequest,
    TriggerRunRequest,
    TriggersRequest,
)
from serving.planning.campaigns.measuring import look_row
from serving.planning.people.segment_book import open_dataset
from serving.planning.triggers import desk as planning
from serving.planning.triggers.evaluate import evaluate
from serving.planning.triggers.measure import look_at_trigger
from serving.planning.triggers.settle import DROPPED_TEXTS
from serving.store.guides import present_guides
from serving.store.triggers import PublishedTriggerSource


def triggers(request: TriggersRequest, call: Call) -> dict[str, Any]:
    """Triggers in the order in which they were made; removed ones only where they are asked for."""
    tenant, database = call.principal.tenant, call.state.database
    counts = firing_counts(tenant, database, _is_own(call))
    wanted = request.states or ["on", "off"]
    rows = [one for one in list_triggers(tenant, database, removed=True) if one.state in wanted]
    rows = [one for one in rows if _is_seen(one, call)]
    return {
        "triggers": [_row(one, counts.get(one.trigger_id, {}), call) for one in rows],
        "total": len(rows),
        "may_write": _may_write(call),
    }


def one(request: TriggerRequest, call: Call) -> dict[str, Any]:
    """One trigger; with a definition it is stored first.

    Raises:
        HttpError: the role may only look.
        ConflictError: somebody else changed it since the version given.
        NotFoundError: there is no such trigger, or its segment is not known.
        ImpossibleError: nothing could ever cause it, or all of its hours are quiet.
    """
    if request.trigger is None:
        return _answer(_seen_trigger(request.trigger_id, call), call)
    if not call.place.is_headquarters:
        raise HttpError(
            403,
            "forbidden",
            f"triggers are made by headquarters; this key is for {call.place} and looks.",
            {"problem": "triggers_of_headquarters"},
        )
    if not call.principal.may(Scope.CAMPAIGNS):
        raise HttpError(
            403,
            "forbidden",
            f"role {call.principal.role} may look at triggers, not make them.",
            {"problem": "role_may_not"},
        )
    change = _change(request.trigger_id, request.version, call)
    stored = planning.save(trigger_desk(call), change, request.trigger, owner=request.owner, is_on=request.is_on)
    return _answer(stored, call)


def act(request: TriggerActRequest, call: Call) -> dict[str, Any]:
    """Switches a trigger on or off, or removes it.

    Raises:
        ConflictError: somebody else changed it since the version given.
        NotFoundError: there is no such trigger.
        ImpossibleError: it cannot be switched on.
    """
    change = _change(request.trigger_id, request.version, call)
    if request.act == "remove":
        return _answer(remove_trigger(call.state.database, change), call)
    return _answer(planning.switch(trigger_desk(call), change, is_on=request.act == "on"), call)


def run(request: TriggerRunRequest, call: Call) -> dict[str, Any]:
    """Looks for causes and notes them.

    Raises:
        NotFoundError: there is no such trigger.
    """
    for name in request.trigger_ids:
        trigger(call.principal.tenant, call.state.database, name)
    desk = trigger_desk(call)
    days = {"data_day": desk.first_day.isoformat(), "clock_day": clock_day(desk.now).isoformat()}
    return {"noted": [vars(noted) for noted in evaluate(desk, request.trigger_ids)]} | days


def firings(request: TriggerFiringsRequest, call: Call) -> dict[str, Any]:
    """What a trigger fired.

    Raises:
        NotFoundError: there is no such trigger.
    """
    tenant, database = call.principal.tenant, call.state.database
    _seen_trigger(request.trigger_id, call)
    page, total = firings_page(
        tenant,
        database,
        request.trigger_id,
        request.state,
        limit=request.limit,
        offset=request.offset,
        is_seen=_is_own(call),
    )
    shown = [planning.firing_row(row) | {"reason": _words(row.code, call)} for row in page]
    return {"firings": shown, "total": total}


def effect(request: TriggerEffectRequest, call: Call) -> dict[str, Any]:
    """The newest measured effect of a trigger, and every look at it.

    Raises:
        HttpError: the role may not measure.
        NotFoundError: there is no such trigger, or no lake.
        ImpossibleError: nobody was reached yet.
    """
    tenant, database = call.principal.tenant, call.state.database
    stored = trigger(tenant, database, request.trigger_id)
    if request.measure:
        if not call.principal.may(Scope.CAMPAIGNS):
            raise HttpError(
                403,
                "forbidden",
                f"role {call.principal.role} may look at effects, not measure them.",
                {"problem": "role_may_not"},
            )
        dataset = open_dataset(Workspace(call.state.home, tenant), call.view.settings)
        look_at_trigger(tenant, database, dataset, stored, call.view.settings, call.principal.name, call.now)
    looks = effect_looks(tenant, database, stored.campaign_id)
    return {
        "trigger_id": request.trigger_id,
        "effect": looks.read[-1].effect if looks.read else None,
        "looks": [look_row(look) for look in looks.read],
        "looks_left_out": looks.left_out,
        "receipts": receipt_counts(tenant, database, stored.campaign_id),
    }


def trigger_desk(call: Call) -> planning.Desk:
    """Where triggers and guides are worked on."""
    tenant, database = call.principal.tenant, call.state.database
    source = PublishedTriggerSource(
        call.answers, lambda name: segment_customers(name, call), call.view.settings.audience
    )
    guides = present_guides(tenant, database, call.answers)
    return planning.Desk(tenant, database, source, call.view.settings, call.now, guides)


def _seen_trigger(trigger_id: str, call: Call) -> StoredTrigger:
    """A trigger that may concern the key's people.

    Raises:
        NotFoundError: there is no such trigger, or it is for other shops alone.
    """
    stored = trigger(call.principal.tenant, call.state.database, trigger_id)
    if not _is_seen(stored, call):
        raise no_trigger(trigger_id)
    return stored


def _is_seen(stored: StoredTrigger, call: Call) -> bool:
    """Whether a trigger may concern the key's people: a guide's people are at home in any shop."""
    stores = stored.definition.get("store_ids") or ()
    if call.place.is_headquarters or not stores or (call.place.guide is not None and not call.place.stores):
        return True
    return any(call.answers.stores.find(store) >= 0 for store in stores)


def _is_own(call: Call) -> IsSeen | None:
    """Whether a customer is of the key's place; None where all are."""
    return None if call.place.is_headquarters else lambda customer_id: call.answers.customers.find(customer_id) >= 0


def _may_write(call: Call) -> bool:
    return call.principal.may(Scope.CAMPAIGNS) and call.place.is_headquarters


def _change(trigger_id: str, version: int | None, call: Call) -> TriggerChange:
    return TriggerChange(call.principal.tenant, trigger_id, version, call.principal.name, call.now)


def _answer(stored: StoredTrigger, call: Call) -> dict[str, Any]:
    if call.place.is_headquarters:
        counts = planning.counts_of(call.principal.tenant, call.state.database, stored.trigger_id)
    else:
        counts = firing_counts(call.principal.tenant, call.state.database, _is_own(call)).get(stored.trigger_id, {})
    return {"trigger": _row(stored, counts, call), "may_write": _may_write(call)}


def _row(stored: StoredTrigger, counts: Any, call: Call) -> dict[str, Any]:
    shown = planning.summary(stored, counts)
    if shown["definition"].get("store_ids"):
        # ids of other shops are nobody's to see
        own = [store for store in shown["definition"]["store_ids"] if call.answers.stores.find(store) >= 0]
        # an empty list would say all shops: of shops that the key does not know nothing is told
        shown["definition"] = {name: value for name, value in shown["definition"].items() if name != "store_ids"}
        if own:
            shown["definition"]["store_ids"] = own
    dropped = [
        {"code": code, "reason": _words(code, call), "people": people} for code, people in shown["dropped"].items()
    ]
    return shown | {"dropped": dropped}


def _words(code: str | None, call: Call) -> str | None:
    return None if code is None else DROPPED_TEXTS.get(code, (code, code))[call.language == "zh"]
