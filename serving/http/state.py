"""What a worker holds: the current answers of each tenant, newest events and decisions, and the keys it has seen.

One thread keeps it fresh. A request takes one snapshot of its tenant at the start and works on that to its end, so that
moving to new answers disturbs nobody.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from retail_brain.errors import ModelError, RetailBrainError
from retail_brain.operational.database import Database
from retail_brain.operational.events import StoredEvent, events_after
from retail_brain.operational.overrides import list_overrides, overrides_mark
from retail_brain.operational.rules import current_rules, rules_version
from retail_brain.operational.suggestion_status import SuggestionStatus, statuses_mark, suggestion_statuses
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings, Workspace, load_settings
from serving.planning.demand.override_book import OverrideBook
from serving.planning.people.recent_events import RecentEvents
from serving.planning.people.rule_files import RuleBook
from serving.store.answer_set import Answers, current_id, open_answers
from serving.store.identities import identifier

_log = logging.getLogger("bentoml.retail_brain")
_SETTLE = timedelta(seconds=3)
"""Seconds in which writers of other processes may still commit events with smaller numbers. Chosen by judgement, not
measured."""
_BATCH = 5_000
"""Events read at once."""
_RETRY_SECONDS = 30.0
"""Seconds after which a damaged set of answers is read again: it may have been mended. By judgement, not measured."""
_STALE_SECONDS = 120.0
"""Seconds without a finished look after which a worker calls itself not ready: a look takes milliseconds, opening large
answers up to a minute. Chosen by judgement, not measured."""


def utc_now() -> datetime:
    """The instant now."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class TenantView:
    """One tenant as a request sees it from its start to its end."""

    tenant: str
    settings: Settings
    answers: Answers
    recent: RecentEvents
    decisions: dict[str, SuggestionStatus]
    statuses_mark: tuple[int, int, datetime | None]
    rules: RuleBook
    overrides: OverrideBook = field(default_factory=OverrideBook)


class State:
    """All tenants of one worker."""

    def __init__(self, home: Path, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        """Knows where things are; `start` begins to look."""
        self.home = home
        self.settings = settings
        self.now = now
        self.database = Database(Workspace(home).database_url)
        self._views: dict[str, TenantView] = {}
        self._faults: dict[str, str] = {}
        self._refused: dict[str, tuple[str, float]] = {}
        self._is_up = False
        self._refreshed = time.monotonic()
        self.on_refresh: Callable[[State], None] | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._refreshing = threading.Lock()

    def start(self) -> None:
        """Looks once and keeps looking in a thread; what fails is logged, counted and tried again."""
        self._look()
        self._thread = threading.Thread(target=self._keep_fresh, name="retail-brain-refresh", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and closes the database."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self.database.close()

    @property
    def is_ready(self) -> bool:
        """Whether at least one tenant has answers, and whether they are still kept fresh."""
        watched = self._thread is None or self._thread.is_alive()
        return bool(self._views) and watched and time.monotonic() - self._refreshed < _STALE_SECONDS

    @property
    def tenants(self) -> tuple[str, ...]:
        """Tenants that have answers."""
        return tuple(self._views)

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong now, by tenant (or `*` for all of them); empty when all is well."""
        return dict(self._faults)

    def view(self, tenant: str) -> TenantView | None:
        """The tenant's present view, or None where it has no answers."""
        return self._views.get(tenant)

    def refresh(self) -> None:
        """Looks once for new answers, events and decisions of every tenant; one tenant's fault stays with that tenant.

        Raises:
            RetailBrainError: the operational database does not answer, or was made by a newer version.
        """
        with self._refreshing:
            if not self._is_up:
                upgrade(self.database)
                self._is_up = True
            for pointer in sorted((self.home / "var").glob("*/answers/CURRENT")):
                tenant = pointer.parent.parent.name
                try:
                    self._refresh_tenant(tenant)
                except Exception as error:  # noqa: BLE001  # whatever it is, the other tenants must stay fresh
                    self._note_fault(tenant, error)
                else:
                    self._clear_fault(tenant)
            self._refreshed = time.monotonic()

    def _note_fault(self, tenant: str, error: Exception) -> None:
        text = str(error) if isinstance(error, RetailBrainError) else f"{type(error).__name__}: {error}"
        if self._faults.get(tenant) != text:
            kept = "keeps its last answers" if tenant in self._views else "has no answers"
            _log.warning("tenant %s %s and is tried again: %s", tenant, kept, text)
        self._faults[tenant] = text

    def _clear_fault(self, tenant: str) -> None:
        if self._faults.pop(tenant, None) is not None:
            _log.info("tenant %s is well again", tenant)

    def refresh_events(self, tenant: str) -> None:
        """Looks at once for a tenant's new events, so that whoever sent them sees their effect."""
        view = self._views.get(tenant)
        if view is not None:
            self._load_events(view)

    def refresh_decisions(self, tenant: str) -> None:
        """Looks at once for a tenant's new decisions, deliveries and receipts."""
        view = self._views.get(tenant)
        if view is not None:
            mark = statuses_mark(tenant, self.database)
            if mark != view.statuses_mark:
                decisions = self._decisions(tenant, view.answers)
                self._views[tenant] = replace(self._views[tenant], decisions=decisions, statuses_mark=mark)

    def _decisions(self, tenant: str, answers: Answers) -> dict[str, SuggestionStatus]:
        """What was decided about the present suggestions, by suggestion id."""
        found = suggestion_statuses(tenant, self.database, as_of=date.fromisoformat(answers.manifest.as_of))
        return {life.stored.decision.suggestion_id: life for life in found}

    def refresh_rules(self, tenant: str) -> None:
        """Looks at once whether a tenant's rules changed."""
        view = self._views.get(tenant)
        if view is not None and rules_version(tenant, self.database) != view.rules.version:
            rules = self._rules(tenant, view.answers)
            if self._views[tenant].answers is view.answers:
                self._views[tenant] = replace(self._views[tenant], rules=rules)

    def _rules(self, tenant: str, answers: Answers) -> RuleBook:
        if answers.attributes is None:
            return RuleBook()
        return RuleBook.of(current_rules(tenant, self.database), answers.attributes.goods)

    def refresh_overrides(self, tenant: str) -> None:
        """Looks at once whether overrides were made or withdrawn."""
        mark = overrides_mark(tenant, self.database)
        view = self._views.get(tenant)
        if view is not None and mark != view.overrides.mark:
            book = OverrideBook.of(list_overrides(tenant, self.database), mark)
            self._views[tenant] = replace(self._views[tenant], overrides=book)

    def _keep_fresh(self) -> None:
        forget_at = time.monotonic()
        while not self._stop.wait(self.settings.serving.poll_seconds):
            self._look()
            if time.monotonic() >= forget_at:
                forget_at = time.monotonic() + 60
                self._forget()

    def _look(self) -> None:
        """One refresh that never raises: the thread must outlive every fault."""
        try:
            self.refresh()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is noted and tried again
            self._note_fault("*", error)
        else:
            self._clear_fault("*")
        if self.on_refresh is not None:
            self.on_refresh(self)

    def _refresh_tenant(self, tenant: str) -> None:
        workspace = Workspace(self.home, tenant)
        wanted = current_id(workspace.answers)
        view = self._views.get(tenant)
        if wanted is not None and (view is None or view.answers.manifest.answers_id != wanted):
            fault = self._move_to(workspace, wanted, view)
            view = self._views.get(tenant)
            if fault is not None:
                if view is not None:
                    self._refresh_view(tenant, view)
                raise fault
        if view is not None:
            self._refresh_view(tenant, view)

    def _move_to(self, workspace: Workspace, wanted: str, view: TenantView | None) -> ModelError | None:
        """Moves a tenant to a set of answers; where that is damaged, to the set before it. Returns what is wrong."""
        refused, retry_at = self._refused.get(workspace.tenant, ("", 0.0))
        if refused == wanted and time.monotonic() < retry_at:
            return ModelError(self._faults.get(workspace.tenant, f"answers {wanted} are damaged."))
        fault: ModelError | None = None
        try:
            answers = open_answers(workspace.answers / wanted)
        except ModelError as error:
            self._refused[workspace.tenant] = (wanted, time.monotonic() + _RETRY_SECONDS)
            fault = error
            earlier = None if view is not None else _newest_readable(workspace.answers, wanted)
            if earlier is None:
                return fault
            answers = earlier
        self._open_view(workspace, answers, view)
        return fault

    def _open_view(self, workspace: Workspace, answers: Answers, view: TenantView | None) -> None:
        tenant = workspace.tenant
        settings = load_settings(workspace)
        recent = RecentEvents(settings.serving) if view is None else view.recent
        mark = statuses_mark(tenant, self.database)
        decisions = self._decisions(tenant, answers)
        rules = self._rules(tenant, answers)
        opened = TenantView(tenant, settings, answers, recent, decisions, mark, rules)
        self._load_events(opened)
        self._views[tenant] = opened
        self.refresh_overrides(tenant)
        _log.info("tenant %s answers from %s, as of %s", tenant, answers.manifest.answers_id, answers.manifest.as_of)

    def _refresh_view(self, tenant: str, view: TenantView) -> None:
        self._load_events(view)
        self.refresh_decisions(tenant)
        if view.answers.attributes is not None:
            self.refresh_rules(tenant)
        self.refresh_overrides(tenant)

    def _load_events(self, view: TenantView) -> None:
        now = self.now()
        since = now - timedelta(hours=self.settings.serving.recent_event_hours)
        after = view.recent.settled_id
        while True:
            stored = events_after(view.tenant, self.database, after_id=after, since=since, limit=_BATCH)
            view.recent.add((person_key(view.answers, event), event) for event in stored)
            view.recent.settle(now + _SETTLE if self.database.is_sqlite else now - _SETTLE, stored)
            if len(stored) < _BATCH:
                return
            after = stored[-1].id

    def _forget(self) -> None:
        before = self.now() - timedelta(hours=self.settings.serving.recent_event_hours)
        for view in self._views.values():
            view.recent.forget(before)


def _newest_readable(answers: Path, damaged: str) -> Answers | None:
    """The newest set of answers that is whole, besides one that is not; names of sets begin with their instant."""
    for folder in sorted(answers.iterdir(), reverse=True):
        if folder.is_dir() and not folder.name.startswith(".") and folder.name != damaged:
            try:
                return open_answers(folder)
            except ModelError as error:
                _log.warning("%s", error)
    return None


def person_key(answers: Answers, stored: StoredEvent) -> str:
    """Under which key a person's events are kept: the customer id, found by the identifier where need be."""
    event = stored.event
    if event.customer_id is not None:
        return event.customer_id
    if event.id_type is None or event.id_value is None:
        return ""
    found = answers.identities.find(event.id_type, event.id_value)
    return answers.customers.ids[found] if found >= 0 else identifier(event.id_type, event.id_value)
