"""Narrows what a key with a place asks and gets: the one place where it is enforced for every route.

A route cannot forget it. Its handler gets a view in which the shops and people of others are not found; ids of other
shops in a request are refused as unknown before it runs; and what it answers is looked through for ids of others.
"""

import logging
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from retail_brain.errors import ImpossibleError, NotFoundError, RetailBrainError
from retail_brain.operational.places import Place
from retail_brain.settings import Settings
from serving.http.access import Principal, ScopedBy
from serving.http.errors import HttpError
from serving.http.handlers.call import Call
from serving.http.tenant_view import TenantView
from serving.planning.demand.override_book import OverrideBook
from serving.planning.people.recent_events import RecentEvent, RecentEvents
from serving.store.answer_set import Answers
from serving.store.narrowed import narrowed

_Key = tuple[str, Place]
_Whole = TypeVar("_Whole", TenantView, Answers)

_log = logging.getLogger("bentoml.retail_brain")
_KEPT = 128
"""Narrowed views that a worker keeps, the longest unused go first: one per place in use. Chosen by judgement."""
STORE_FIELDS = frozenset({"store_id", "store_ids", "exclude_store_ids", "from_store_id", "to_store_id"})
"""Fields of requests that name shops."""
_STORES_OF_ROW = ("store_id", "from_store_id", "to_store_id", "other_store_id")
_PEOPLE_OF_ROW = ("customer_id", "customer_ids")
_DESCRIBED = frozenset({"profile", "preview", "definition"})
"""Parts of answers that describe one thing and list no rows: a person's other shop is a fact about the person."""
_SENT_BACK = frozenset({"problems"})
"""Parts of answers that list what the request itself named and that cannot be used, such as a file's rows about shops
that the key does not know; nothing that is known of those goes with them."""


def check_route(principal: Principal, path: str, scoped_by: ScopedBy | None) -> None:
    """Refuses routes that are headquarters' alone, and those that do not say how they are narrowed.

    Raises:
        HttpError: the key has a place, and the route does not answer for one.
    """
    if not principal.place.is_headquarters and scoped_by in {None, ScopedBy.HEADQUARTERS}:
        raise HttpError(
            403,
            "wrong_place",
            f"{path} answers headquarters only; this key is for {principal.place}. Ask headquarters, or use a key "
            "without a region, store or guide.",
            {"problem": "headquarters_only", "place": principal.place.kind},
        )


def check_request(request: BaseModel, call: Call) -> None:
    """Refuses a request that names a shop outside the place, in the words for one that does not exist.

    Raises:
        NotFoundError: it does.
    """
    if call.place.is_headquarters:
        return
    for store_id in _stores_of(request):
        if call.answers.stores.find(store_id) < 0:
            known = len(call.answers.stores.order)
            raise NotFoundError(
                f"store {store_id!r} is not known; {known:,} stores are. Look it up with /search.",
                {"problem": "store_unknown", "store_id": store_id},
            )


def check_answer(answer: Any, request: BaseModel, call: Call, path: str) -> None:
    """Looks through an answer for rows of other shops and people: a fault of a handler, which must not get out.

    Raises:
        HttpError: there is one (500); the log names the route.
    """
    if call.place.is_headquarters:
        return
    for row in _rows_of(answer):
        stores = [row[name] for name in _STORES_OF_ROW if isinstance(row.get(name), str)]
        people = [text for name in _PEOPLE_OF_ROW for text in _texts(row.get(name))]
        strangers = [person for person in people if call.answers.customers.find(person) < 0]
        # a row of two shops, such as a transfer, concerns both; the shop of an own person is a fact about the person
        is_elsewhere = bool(stores) and all(call.answers.stores.find(store) < 0 for store in stores)
        is_elsewhere &= not people or bool(strangers)
        if is_elsewhere or set(strangers) - _asked(request):
            _log.error("%s gave rows outside the place of a key (%s); nothing was sent", path, call.place.kind)
            raise HttpError(500, "failed", f"{path} cannot be answered for {call.place.kind} keys; the log says more.")


def refusal_for(error: RetailBrainError, place: Place) -> RetailBrainError:
    """A refusal as a key of a place may see it: of campaigns of others that cannot be read, their number alone."""
    if place.is_headquarters or error.details.get("problem") != "campaigns_unreadable":
        return error
    count = len(error.details["campaign_ids"])
    return ImpossibleError(
        f"{count:,} approved campaigns cannot be read, so it is not known until when they contact whom, and nobody new "
        "is planned to be contacted. Ask headquarters to stop them.",
        {"problem": "campaigns_unreadable_count", "campaigns": count},
    )


class PlacedViews:
    """Views of tenants as keys of a place see them; asked from one event loop, so nothing is locked.

    What was narrowed goes with what it was made from: a place whose key never asks again must not keep the files of old
    answers open.
    """

    def __init__(self) -> None:
        """Keeps nothing yet."""
        self._answers: dict[_Key, tuple[weakref.ref[Answers], Mapping[str, str | None], Settings, Answers]] = {}
        self._views: OrderedDict[_Key, tuple[weakref.ref[TenantView], TenantView]] = OrderedDict()

    def of(self, view: TenantView, place: Place) -> TenantView:
        """The view narrowed to a place; the view itself for headquarters."""
        if place.is_headquarters:
            return view
        key = (view.tenant, place)
        kept = self._views.get(key)
        if kept is None or kept[0]() is not view:
            narrow = _narrowed_view(view, self._shown(key, view), place)
            kept = (_until_gone(view, self._views, key), narrow)
        # the newest stands last; it may be gone since it was found, see `_until_gone`
        self._views.pop(key, None)
        self._views[key] = kept
        while len(self._views) > _KEPT:
            self._answers.pop(self._views.popitem(last=False)[0], None)
        return kept[1]

    def _shown(self, key: _Key, view: TenantView) -> Answers:
        answers, moved, settings = view.answers, view.moved, view.settings
        kept = self._answers.get(key)
        if kept is None or kept[0]() is not answers or kept[1] is not moved or kept[2] is not settings:
            shown = narrowed(answers, key[1], moved, settings.privacy.hidden_from_guides)
            kept = self._answers[key] = (_until_gone(answers, self._answers, key), moved, settings, shown)
        return kept[3]


def _until_gone(whole: _Whole, kept: MutableMapping[_Key, Any], key: _Key) -> "weakref.ref[_Whole]":
    """A reference to what an entry was made from; when that is gone, so is the entry.

    It is forgotten in whichever thread lets go last, so entries may vanish between two steps of the event loop.
    """

    def forget(gone: "weakref.ref[_Whole]") -> None:
        entry = kept.get(key)
        if entry is not None and entry[0] is gone:
            kept.pop(key, None)

    return weakref.ref(whole, forget)


def _narrowed_view(view: TenantView, shown: Answers, place: Place) -> TenantView:
    decisions = {
        name: status
        for name, status in view.decisions.items()
        if shown.stores.find(status.stored.decision.store_id) >= 0
    }
    # an override of all shops changes the forecasts of this one too, so it is seen
    overrides = [
        entry
        for entry in view.overrides.stored
        if entry.override.store_id is None or shown.stores.find(entry.override.store_id) >= 0
    ]
    return replace(
        view,
        answers=shown,
        recent=_NarrowedEvents(view.recent, view.answers, shown),
        decisions=decisions,
        overrides=OverrideBook.of(overrides, view.overrides.mark),
        place=place,
        all_sources=view.sources,
    )


class _NarrowedEvents(RecentEvents):
    """The newest events of the people shown; of people who are not customers yet, those in the shops shown."""

    def __init__(self, whole: RecentEvents, answers: Answers, shown: Answers) -> None:
        self._whole, self._answers, self._shown = whole, answers, shown

    def __contains__(self, person: str) -> bool:
        return person in self._whole

    def of(self, person: str, since: datetime) -> list[RecentEvent]:
        """A person's events received at `since` or later, oldest first."""
        events = self._whole.of(person, since)
        if self._shown.customers.find(person) >= 0:
            return events
        if self._answers.customers.find(person) >= 0:
            return []
        return [event for event in events if event.store_id and self._shown.stores.find(event.store_id) >= 0]


def _stores_of(value: object) -> Iterator[str]:
    """Ids of shops that a request names, at any depth."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            part = getattr(value, name)
            if name in STORE_FIELDS:
                yield from _texts(part)
            else:
                yield from _stores_of(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _stores_of(part)


def _rows_of(value: object) -> Iterator[Mapping[str, Any]]:
    """Objects of an answer, at any depth."""
    if isinstance(value, Mapping):
        yield value
        for name, part in value.items():
            if name not in _DESCRIBED | _SENT_BACK:
                yield from _rows_of(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _rows_of(part)


def _asked(request: BaseModel) -> set[str]:
    """People whom the request itself names: their ids may come back, with nothing known about them."""
    return {text for name in _PEOPLE_OF_ROW for text in _texts(getattr(request, name, None))}


def _texts(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return [value]
    return [text for text in value if isinstance(text, str)] if isinstance(value, list | tuple) else []
