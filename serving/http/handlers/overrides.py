"""Forecast overrides of people, and forecast value added (FVA) of engine and people."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from retail_brain.errors import ImpossibleError
from retail_brain.operational.overrides import (
    Override,
    StoredOverride,
    check_override,
    no_override,
    store_overrides,
    withdraw_overrides,
)
from retail_brain.which_day import data_day
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call, find_product, find_store
from serving.http.messages.demand_messages import LedgerRequest, OverrideIn, OverridesRequest
from serving.planning.demand.override_book import state_of

_LISTED = 500
"""Overrides in one answer: the newest. Chosen by judgement, not measured."""


def overrides(request: OverridesRequest, call: Call) -> dict[str, Any]:
    """Stores and takes back overrides, all or none of each; then lists those there are, newest first.

    Raises:
        HttpError: the role may only look.
        NotFoundError: a store, a product or an override is not known.
        ImpossibleError: an override would have expired already or end before it begins, or its id was used for another.
        UnconfirmedError: an override lasts longer or changes more than is usual and was not confirmed.
    """
    tenant, database = call.principal.tenant, call.state.database
    if (request.overrides or request.withdraw) and not call.principal.may(Scope.DECIDE):
        raise HttpError(
            403,
            "forbidden",
            f"role {call.principal.role} may look at overrides, not make them.",
            {"problem": "role_may_not"},
        )
    _check_place(request, call)
    stored: list[StoredOverride] = []
    if request.overrides:
        made = [_override(given, call) for given in request.overrides]
        stored = store_overrides(tenant, database, made, now=call.now)
    if request.withdraw:
        withdraw_overrides(tenant, database, request.withdraw, by=call.principal.name, as_of=_as_of(call), now=call.now)
    call.state.refresh_overrides(tenant)
    # refreshed just now, so that the list holds what this request stored
    view = call.refreshed_view()
    matching = [entry for entry in view.overrides.stored if _is_asked_for(entry.override, request)]
    return {
        "overrides": [_shown(entry, _as_of(call)) for entry in reversed(matching)][:_LISTED],
        "total": len(matching),
        "stored": [entry.override.override_id for entry in stored],
        "may_write": call.principal.may(Scope.DECIDE),
    }


def ledger(request: LedgerRequest, call: Call) -> dict[str, Any]:
    """Error and bias of each forecast value added (FVA) step, as of the published day."""
    table = call.answers.rows.get("ledger")
    rows: Sequence[dict[str, Any]] = [] if table is None else table.to_dicts()
    shown = [row for row in rows if request.scope is None or row["scope"] == request.scope]
    return {"ledger": shown, "as_of": call.answers.manifest.as_of}


def _check_place(request: OverridesRequest, call: Call) -> None:
    """Refuses overrides of all shops, and the withdrawal of others', by a key of a region or shops."""
    if call.place.is_headquarters:
        return
    if any(given.store_id is None for given in request.overrides):
        raise HttpError(
            403,
            "wrong_place",
            f"an override of all shops is for headquarters; name one of {call.place}.",
            {"problem": "override_needs_store"},
        )
    own = {entry.override.override_id for entry in call.view.overrides.stored if entry.override.store_id is not None}
    for override_id in request.withdraw:
        if override_id not in own:
            raise no_override(override_id)
    everybody = call.state.view(call.principal.tenant)
    held = set() if everybody is None else {entry.override.override_id for entry in everybody.overrides.stored}
    taken = [given.override_id for given in request.overrides if given.override_id in held - own]
    if taken:
        raise ImpossibleError(
            f"override_id {taken[0]!r} cannot be used. Make a new one under a new override_id.",
            {"problem": "override_id_taken", "override_id": taken[0]},
        )


def _as_of(call: Call) -> date:
    return date.fromisoformat(call.answers.manifest.as_of)


def _is_asked_for(override: Override, request: OverridesRequest) -> bool:
    return all(
        asked is None or own is None or asked == own
        for asked, own in ((request.store_id, override.store_id), (request.product_id, override.product_id))
    )


def _override(given: OverrideIn, call: Call) -> Override:
    as_of = _as_of(call)
    if given.store_id is not None:
        find_store(call.answers, given.store_id)
    if given.product_id is not None:
        find_product(call.answers, given.product_id)
    first = data_day(as_of)
    if given.ends_on <= first:
        raise ImpossibleError(
            f"the override would end on {given.ends_on}, and forecasts begin on {first}. Choose a later day.",
            {"problem": "override_before_forecast", "ends_on": given.ends_on.isoformat(), "first": first.isoformat()},
        )
    begins_on = given.begins_on or first
    if given.ends_on <= begins_on:
        raise ImpossibleError(
            f"the override begins on {begins_on} and would end on {given.ends_on}. Choose a later end.",
            {
                "problem": "override_ends_early",
                "begins_on": begins_on.isoformat(),
                "ends_on": given.ends_on.isoformat(),
            },
        )
    override = Override(
        override_id=given.override_id or uuid.uuid4().hex,
        store_id=given.store_id,
        product_id=given.product_id,
        begins_on=begins_on,
        ends_on=given.ends_on,
        kind=given.kind,
        value=given.value + 0.0,  # never -0
        reason=given.reason,
        made_by=call.principal.name,
        as_of=as_of,
    )
    if not given.confirm_exception:
        peak = call.answers.highest_forecast(given.store_id, given.product_id) if given.kind == "units" else None
        check_override(override, call.view.settings.demand, peak)
    return override


def _shown(stored: StoredOverride, as_of: date) -> dict[str, Any]:
    override = stored.override
    return {
        "override_id": override.override_id,
        "store_id": override.store_id,
        "product_id": override.product_id,
        "begins_on": override.begins_on.isoformat(),
        "ends_on": None if override.ends_on is None else override.ends_on.isoformat(),
        "kind": override.kind,
        "value": override.value,
        "reason": override.reason,
        "made_by": override.made_by,
        "made_at": stored.made_at.isoformat(),
        "state": state_of(stored, as_of),
        "withdrawn_by": stored.withdrawn_by,
    }
