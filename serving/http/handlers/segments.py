"""Customer segments: lists, counts, saves, shows the people of, and removes them."""

from dataclasses import replace
from functools import cache
from typing import Any

from features.dictionary.entries import dictionary
from features.segments.expression import HISTORY_KINDS
from features.segments.selection import SegmentCount, count_people
from features.segments.sources import SegmentSources
from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.segments import (
    StoredSegment,
    find_segment,
    list_segments,
    remove_segment,
    save_segment,
    segment_history,
)
from retail_brain.workspace import Workspace
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call
from serving.http.messages.segment_messages import SegmentsRequest
from serving.planning.people.reasons import Language
from serving.planning.people.segment_book import (
    consent_note,
    count_warnings,
    customers_of,
    draft_segment,
    open_sources,
    people_of_segment,
    plain_segment,
    read_expression,
)


def segments(request: SegmentsRequest, call: Call) -> dict[str, Any]:
    """Answers one action on segments; see `SegmentsRequest`.

    Raises:
        HttpError: the role may not save or remove.
        UsageError: the expression cannot be used.
        NotFoundError: there is no such segment, or there are no features.
        ConflictError: somebody else changed the segment since the version given.
        ImpossibleError: the features are of another day than the answers.
    """
    if request.action in ("save", "remove") and not call.principal.may(Scope.SEGMENTS):
        raise HttpError(
            403,
            "forbidden",
            f"role {call.principal.role} may not {request.action} segments; wanted {Scope.SEGMENTS}.",
            {"problem": "role_may_not"},
        )
    answer = _answer(call)
    database, tenant = call.state.database, call.principal.tenant
    match request.action:
        case "list":
            answer["segments"] = [_shown(one, call) for one in list_segments(tenant, database) if is_seen(one, call)]
        case "history":
            answer["segments"] = [_shown(one, call) for one in _versions(str(request.name), call)]
        case "remove":
            _check_own(request, call)
            by, seen = call.principal.name, request.version
            remove_segment(tenant, database, str(request.name), removed_by=by, now=call.now, version=seen)
        case "count":
            counted = count_people(read_expression(request.expression or {}), _segment_sources(call))
            answer |= _counted(counted, call)
        case "save":
            _check_own(request, call)
            stored, counted = _save(request, call)
            answer |= _counted(counted, call) | {"segments": [plain_segment(stored)]}
        case "members":
            segment = _seen_segment(str(request.name), call)
            sources = _segment_sources(call)
            people = people_of_segment(segment, database, sources)
            page = people.slice(request.offset, request.limit)
            answer |= {"segments": [_shown(segment, call)], "members": page.to_dicts(), "total": people.height}
            if sources.dataset.has("consents"):
                answer["warnings"] = [consent_note(sources.as_of, call.language)]
        case "columns":
            answer["columns"] = _columns(_segment_sources(call), call.language)
    return answer


def _segment_sources(call: Call) -> SegmentSources:
    """The tables that segments are selected from, of the same day as the published answers.

    Raises:
        NotFoundError: there are no features.
        ImpossibleError: they are of another day than the published answers.
    """
    sources = _of_place(open_sources(Workspace(call.state.home, call.principal.tenant), call.view.settings), call)
    published = call.answers.manifest.as_of
    if sources.as_of.isoformat() != published:
        raise ImpossibleError(
            f"the feature tables are of {sources.as_of}, the published answers of {published}: a segment would mix two "
            "days. Run `retail-brain publish`.",
            {"problem": "other_day", "features": sources.as_of.isoformat(), "answers": published},
        )
    return sources


def segment_customers(name: str, call: Call) -> list[str]:
    """Customer ids of the people of a saved segment.

    Raises:
        NotFoundError: there is no such segment, or there are no features.
        ImpossibleError: the features are of another day than the published answers.
    """
    database = call.state.database
    segment = _seen_segment(name, call)
    return customers_of(people_of_segment(segment, database, _segment_sources(call)))


def is_seen(segment: StoredSegment, call: Call) -> bool:
    """Whether the asker may use a segment: headquarters' are everybody's, others are their place's alone."""
    return call.place.is_headquarters or segment.place in (None, call.place.stored())


def _seen_segment(name: str, call: Call) -> StoredSegment:
    """The newest version of a segment that the asker may use.

    Raises:
        NotFoundError: there is no such segment.
    """
    tenant, database = call.principal.tenant, call.state.database
    if call.place.is_headquarters:
        return find_segment(tenant, database, name)
    try:
        segment = find_segment(tenant, database, name)
    except NotFoundError:
        # the usual error names segments that are like it, of whatever place
        raise _unseen(name) from None
    if not is_seen(segment, call):
        raise _unseen(name)
    return segment


def _unseen(name: str) -> NotFoundError:
    return NotFoundError(
        f"there is no segment {name!r}. The action list shows those there are.",
        {"problem": "segment_unknown", "segment": name},
    )


def _versions(name: str, call: Call) -> list[StoredSegment]:
    """Versions of a segment that the asker may see, newest first.

    Raises:
        NotFoundError: there is no such segment.
    """
    tenant, database = call.principal.tenant, call.state.database
    if call.place.is_headquarters:
        return segment_history(tenant, database, name)
    try:
        seen = [one for one in segment_history(tenant, database, name) if is_seen(one, call)]
    except NotFoundError:
        seen = []
    if not seen:
        raise _unseen(name)
    return seen


def _check_own(request: SegmentsRequest, call: Call) -> None:
    """Refuses a change to the segment of another place, whose content the refusal does not tell.

    Raises:
        HttpError: it is another place's.
        NotFoundError: there is none to be removed.
    """
    if call.place.is_headquarters:
        return
    name = str(request.name)
    try:
        present = find_segment(call.principal.tenant, call.state.database, name)
    except NotFoundError:
        if request.action == "remove":
            raise _unseen(name) from None
        return
    if present.place != call.place.stored():
        raise HttpError(
            403,
            "wrong_place",
            f"the name {name!r} is another place's. Choose another name.",
            {"problem": "segment_name_of_others", "name": name},
        )


def _of_place(sources: SegmentSources, call: Call) -> SegmentSources:
    """The sources with the people of the asker's place alone: what is counted and listed is theirs."""
    if call.place.is_headquarters:
        return sources
    own = call.answers.customers.ids.series.drop_nulls().alias("customer_id").to_frame().lazy()
    accounts = sources.person.select("person_id", customer_id="customer_ids").explode("customer_id")
    people = accounts.join(own, on="customer_id", how="semi").select("person_id").unique()
    hidden = call.view.settings.privacy.hidden_from_guides if call.place.guide is not None else ()
    return replace(sources, person=sources.person.join(people, on="person_id", how="semi"), hidden=tuple(hidden))


def _shown(segment: StoredSegment, call: Call) -> dict[str, Any]:
    """A segment as JSON; how many people one of another place had is not told."""
    plain = plain_segment(segment)
    is_own = call.place.is_headquarters or segment.place == call.place.stored()
    return plain if is_own else plain | {"people": None}


def _save(request: SegmentsRequest, call: Call) -> tuple[StoredSegment, SegmentCount]:
    expression = read_expression(request.expression or {})
    draft, counted = draft_segment(
        str(request.name),
        expression,
        _segment_sources(call),
        owner=call.principal.name,
        note=request.note,
        is_static=request.is_static,
    )
    stored = save_segment(
        call.principal.tenant,
        call.state.database,
        replace(draft, place=call.place.stored()),
        saved_by=call.principal.name,
        now=call.now,
        version=request.version,
    )
    return stored, counted


def _answer(call: Call) -> dict[str, Any]:
    return {
        "segments": [],
        "count": None,
        "members": [],
        "total": 0,
        "columns": [],
        "warnings": [],
        "as_of": call.answers.manifest.as_of,
        "may_write": call.principal.may(Scope.SEGMENTS),
    }


def _counted(counted: SegmentCount, call: Call) -> dict[str, Any]:
    shown = ("people", "of", "customers", "contactable", "channels")
    return {
        "count": {name: getattr(counted, name) for name in shown},
        "warnings": count_warnings(counted, call.language),
    }


_DESCRIBED = {
    "people": ("features: person", "customers"),
    "stores": ("features: place", "stores"),
    "bought": ("transactions", "products", "stores"),
    "did": ("events", "products", "stores"),
    "contacted": ("contacts", "campaigns"),
    "responded": ("responses", "contacts", "campaigns"),
}
"""Tables of the dictionary that say what a column means, the first that knows it."""


@cache
def _meanings() -> dict[tuple[str, str], tuple[str, str]]:
    """What each column of a table means, in English and Chinese."""
    rows = dictionary().select("table", "column", "meaning", "meaning_zh").iter_rows()
    return {(table, column): (english, chinese) for table, column, english, chinese in rows}


def _meaning(table: str, column: str, language: Language) -> str | None:
    known = (_meanings().get((one, column)) for one in _DESCRIBED[table])
    found = next((both for both in known if both), None)
    return None if found is None else found[language == "zh"]


def _columns(sources: SegmentSources, language: Language) -> list[dict[str, str | None]]:
    tables = {"people": sources.people_columns, "stores": sources.store_columns}
    tables |= {kind: sources.fact_columns(kind) for kind in HISTORY_KINDS}
    return [
        {"table": table, "column": column, "kind": kind, "meaning": _meaning(table, column, language)}
        for table, listed in tables.items()
        for column, kind in listed.comparable().items()
    ]
