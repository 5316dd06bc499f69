"""Loads what one tenant's requests are answered from, and refreshes it part by part.

What a request sees is a `TenantView` (`serving.http.tenant_view`), which set of answers it holds says the pointer
(`serving.http.answers_pointer`).
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from retail_brain import __version__
from retail_brain.errors import ModelError, RetailBrainError
from retail_brain.operational.database import Database
from retail_brain.operational.events import StoredEvent, events_after
from retail_brain.operational.guides import moved_customers, moves_mark
from retail_brain.operational.line_comments import comment_counts, comments_mark
from retail_brain.operational.model_tests import running_test
from retail_brain.operational.overrides import list_overrides, overrides_mark
from retail_brain.operational.repeated_contacts import plans_seen_mark
from retail_brain.operational.rules import current_rules, rules_version
from retail_brain.operational.suggestion_status import SuggestionStatus, statuses_mark, suggestion_statuses
from retail_brain.settings import ServingSettings, Settings
from retail_brain.workspace import Workspace
from serving.http.answers_pointer import AnswersPointer
from serving.http.settings_file import SettingsFile
from serving.http.tenant_view import TenantView
from serving.planning.campaigns.demand import CampaignBook
from serving.planning.demand.override_book import OverrideBook
from serving.planning.people.opt_outs import OptOutBook, refusals_mark
from serving.planning.people.recent_events import RecentEvents
from serving.planning.people.rule_files import RuleBook
from serving.store.answer_set import Answers
from serving.store.answers_manifest import NewerAnswersError
from serving.store.campaigns import units_per_purchase_in
from serving.store.identities import identifier
from serving.store.mapped_files import MappedFiles

_log = logging.getLogger("bentoml.retail_brain")
_SETTLE = timedelta(seconds=3)
"""Seconds in which writers of other processes may still commit events with smaller numbers. Chosen by judgement, not
measured."""
_BATCH = 5_000
"""Events read at once. Chosen by judgement, not measured."""


class Tenant:
    """One tenant of a worker.

    Attributes:
        view: what requests are answered from; None while there are no answers.
    """

    def __init__(
        self, workspace: Workspace, database: Database, limits: ServingSettings, now: Callable[[], datetime]
    ) -> None:
        """Loads nothing yet; `limits` are those of the service and bound the recent events."""
        self._workspace = workspace
        self._database = database
        self._limits = limits
        self._now = now
        self._settings_file = SettingsFile(workspace)
        self._pointer = AnswersPointer(workspace.answers)
        self._mapped: MappedFiles | None = None
        self._looked_at: object = None
        self._prepared: str | None = None
        self._swapping = threading.Lock()
        self.view: TenantView | None = None

    def refresh(self, mark: object) -> list[RetailBrainError]:
        """Looks once for new settings, answers, events, decisions, rules and overrides.

        Args:
            mark: of `Database.change_mark`, taken before: the database is asked only if it is another than at the last
                look that ended well.

        Returns:
            What is wrong with the tenant's files; empty when all is well. What could be read before stays in use.

        Raises:
            UnavailableError: the operational database does not answer.
        """
        self._settings_file.refresh()
        settings, fault = self._settings_file.settings, self._settings_file.fault
        faults = [] if fault is None else [fault]
        # Without any readable settings there is no view: defaults would answer otherwise than the operator decided.
        if settings is None:
            return faults
        if self.view is not None and self._mapped is not None and (cut := self._mapped.cut()):
            _log.error("tenant %s: files of its answers were cut short: %s", self._workspace.tenant, ", ".join(cut[:3]))
            with self._swapping:
                self.view = None  # whoever reads what is missing ends the worker, and all tenants with it
        try:
            self._pointer.follow(self._served_id(), partial(self._open_view, settings=settings))
        except ModelError as error:
            # without its frames: they hold the list, and so each other and all answers, until garbage is collected
            faults.append(error.with_traceback(None))
        if self.view is not None:
            if self.view.settings is not settings:
                self._swap(self.view.answers, settings=settings)
            if mark != self._looked_at:
                self._ask_database()
                self._looked_at = mark
            if (unreadable := self.view.campaigns.plans.fault()) is not None:
                faults.append(unreadable)
        return faults

    def _ask_database(self) -> None:
        self.refresh_events()
        self.refresh_decisions()
        self.refresh_rules()
        self.refresh_overrides()
        self.refresh_campaigns()
        self.refresh_opt_outs()
        self.refresh_guides()
        self.refresh_model_test()
        self.refresh_comments()

    def refresh_events(self) -> None:
        """Looks for new events, so that whoever sent them sees their effect at once."""
        view = self.view  # another thread may take it away
        if view is not None:
            self._load_events(view)

    def refresh_decisions(self) -> None:
        """Looks for new decisions, exports and goods receipts."""
        view = self.view
        if view is None:
            return
        mark = statuses_mark(view.tenant, self._database)
        if mark != view.statuses_mark:
            self._swap(view.answers, decisions=self._decisions(view.answers), statuses_mark=mark)

    def refresh_rules(self) -> None:
        """Looks for a change of the operators' rules."""
        view = self.view
        if view is None or view.answers.attributes is None:
            return
        if rules_version(view.tenant, self._database) != view.rules.version:
            self._swap(view.answers, rules=self._rules(view.answers))

    def refresh_overrides(self) -> None:
        """Looks for overrides that were made or withdrawn."""
        view = self.view
        if view is None:
            return
        mark = overrides_mark(view.tenant, self._database)
        if mark != view.overrides.mark:
            book = OverrideBook.of(list_overrides(view.tenant, self._database), mark)
            self._swap(view.answers, overrides=book)

    def refresh_campaigns(self) -> None:
        """Looks for campaigns that were approved or stopped, and for what triggers and guides planned."""
        view = self.view
        if view is not None and plans_seen_mark(view.tenant, self._database) != view.campaigns.mark:
            self._swap(view.answers, campaigns=self._campaigns(view.answers, view.settings))

    def refresh_opt_outs(self) -> None:
        """Looks for refusals that came back of contacts."""
        view = self.view
        if view is not None and refusals_mark(view.tenant, self._database) != view.opt_outs.mark:
            book = view.opt_outs.read_on(view.tenant, self._database).after(view.opt_outs)
            parts: dict[str, Any] = {"opt_outs": book}
            if book.refused.height != view.opt_outs.refused.height:  # a refusal takes planned contacts back
                parts["campaigns"] = self._campaigns(view.answers, view.settings)
            self._swap(view.answers, **parts)

    def refresh_guides(self) -> None:
        """Looks for people who were moved from one guide to another: the old one's keys must not see them any more."""
        view = self.view
        if view is not None and (mark := moves_mark(view.tenant, self._database)) != view.moved_mark:
            self._swap(view.answers, moved=moved_customers(view.tenant, self._database), moved_mark=mark)

    def refresh_model_test(self) -> None:
        """Looks for a test of two recommenders that was begun or ended."""
        view = self.view
        if view is not None and (test := running_test(view.tenant, self._database)) != view.model_test:
            self._swap(view.answers, model_test=test)

    def refresh_comments(self) -> None:
        """Looks for new comments on lines of orders."""
        view = self.view
        if view is not None and (mark := comments_mark(view.tenant, self._database)) != view.comments_mark:
            self._swap(view.answers, comments=comment_counts(view.tenant, self._database), comments_mark=mark)

    def forget_events(self, before: datetime) -> None:
        """Drops people whose newest event was received before an instant."""
        view = self.view
        if view is not None:
            view.recent.forget(before)

    def prepare(self) -> None:
        """Works out, once per set of answers, what the first list of orders would else wait for."""
        view = self.view
        if view is not None and view.answers.manifest.answers_id != self._prepared:
            self._prepared = view.answers.manifest.answers_id
            _ = view.order_lines

    def _swap(self, answers: Answers, **parts: Any) -> None:
        """Replaces parts of the view, unless it has moved to other answers than the parts were made for."""
        with self._swapping:
            if self.view is not None and self.view.answers is answers:
                self.view = replace(self.view, **parts)

    def _served_id(self) -> str | None:
        return None if self.view is None else self.view.answers.manifest.answers_id

    def _open_view(self, answers: Answers, settings: Settings) -> None:
        """Moves to a set of answers.

        Raises:
            ModelError: it was published by another version, and this one cannot work with it.
            UnavailableError: the operational database does not answer.
        """
        view = self._view_of(answers, settings)
        manifest = answers.manifest
        self._mapped = MappedFiles(self._workspace.answers / manifest.answers_id, manifest.files)
        with self._swapping:
            self.view = view
        _log.info("tenant %s answers from %s, as of %s", view.tenant, manifest.answers_id, manifest.as_of)

    def _view_of(self, answers: Answers, settings: Settings) -> TenantView:
        try:
            view = self._read_view(answers, settings)
            if answers.manifest.software != __version__:
                # what it lacks or has otherwise would else be found by requests
                _ = view.order_lines, view.exceptions, view.open_by_store
        except RetailBrainError:
            raise
        except Exception as error:
            raise _unusable(answers, error) from error
        return view

    def _read_view(self, answers: Answers, settings: Settings) -> TenantView:
        tenant = self._workspace.tenant
        recent = RecentEvents(settings.serving) if self.view is None else self.view.recent
        mark = statuses_mark(tenant, self._database)
        view = TenantView(
            tenant,
            settings,
            answers,
            recent,
            self._decisions(answers),
            mark,
            self._rules(answers),
            self._overrides(),
            self._campaigns(answers, settings),
            OptOutBook.read(tenant, self._database),
            # the mark first: a move that comes meanwhile is read again at the next look
            moved_mark=moves_mark(tenant, self._database),
            moved=moved_customers(tenant, self._database),
            model_test=running_test(tenant, self._database),
            comments_mark=comments_mark(tenant, self._database),
            comments=comment_counts(tenant, self._database),
        )
        # Events are keyed by the customers of the answers, so they are read before anybody asks.
        self._load_events(view)
        return view

    def _decisions(self, answers: Answers) -> dict[str, SuggestionStatus]:
        """What was decided about the suggestions of some answers, by suggestion id."""
        as_of = date.fromisoformat(answers.manifest.as_of)
        statuses = suggestion_statuses(self._workspace.tenant, self._database, as_of=as_of)
        return {status.stored.decision.suggestion_id: status for status in statuses}

    def _rules(self, answers: Answers) -> RuleBook:
        if answers.attributes is None:
            return RuleBook()
        return RuleBook.of(current_rules(self._workspace.tenant, self._database), answers.attributes.goods)

    def _overrides(self) -> OverrideBook:
        mark = overrides_mark(self._workspace.tenant, self._database)
        return OverrideBook.of(list_overrides(self._workspace.tenant, self._database), mark)

    def _campaigns(self, answers: Answers, settings: Settings) -> CampaignBook:
        as_of = date.fromisoformat(answers.manifest.as_of)
        units = units_per_purchase_in(answers)
        return CampaignBook.read(self._workspace.tenant, self._database, as_of, units, settings)

    def _load_events(self, view: TenantView) -> None:
        now = self._now()
        since = now - timedelta(hours=self._limits.recent_event_hours)
        after = view.recent.settled_id
        while True:
            stored = events_after(view.tenant, self._database, after_id=after, since=since, limit=_BATCH)
            view.recent.add((_person_key(view.answers, event), event) for event in stored)
            # SQLite has one writer at a time, so ids appear in order and all of them are settled.
            view.recent.settle(now + _SETTLE if self._database.is_sqlite else now - _SETTLE, stored)
            if len(stored) < _BATCH:
                return
            after = stored[-1].id


def _unusable(answers: Answers, error: Exception) -> ModelError:
    """The error for a set that opened and cannot be worked with."""
    manifest = answers.manifest
    kind = NewerAnswersError if manifest.is_newer else ModelError
    by = f"retail-brain {manifest.software}" if manifest.software else "an earlier version"
    return kind(
        f"answers {manifest.answers_id}, published by {by}, cannot be used by this one, "
        f"{__version__} ({type(error).__name__}: {error}). Install that version here and start the service again, or "
        "publish with this one: `retail-brain publish`."
    )


def _person_key(answers: Answers, stored: StoredEvent) -> str:
    """Key of the person of an event: the customer id, looked up by the identifier where the event has none.

    Empty for an event without any identifier.
    """
    event = stored.event
    if event.customer_id is not None:
        return event.customer_id
    if event.id_type is None or event.id_value is None:
        return ""
    row = answers.identities.find(event.id_type, event.id_value)
    return answers.customers.ids[row] if row >= 0 else identifier(event.id_type, event.id_value)
