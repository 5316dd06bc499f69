"""Keeps the tenants of one worker fresh: published answers, settings, events, decisions, rules and overrides.

One thread looks for news. A request takes one view of its tenant when it starts, so a move to new answers disturbs no
request that is under way.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from retail_brain.errors import RetailBrainError, UnavailableError
from retail_brain.operational.database import Database
from retail_brain.operational.revision import is_later, told_later
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http.errors import HttpError, at_fault, newer_answers, not_published
from serving.http.tenant import Tenant
from serving.http.tenant_view import TenantView
from serving.http.writability import Writability
from serving.store.answers_manifest import NewerAnswersError

_log = logging.getLogger("bentoml.retail_brain")
_STALE_SECONDS = 120.0
"""Seconds without a finished look after which a worker calls itself not ready: a look takes milliseconds, opening large
answers up to a minute. Chosen by judgement, not measured."""
_FORGET_SECONDS = 60.0
"""Seconds between two removals of old events: they cost memory only, since requests pass over them. By judgement, not
measured."""
_ALL = "*"
"""Stands for all tenants among the faults; no tenant can be called so."""
_LONGEST_WAIT_SECONDS = 3.0
"""Seconds that a write waits for another process that holds SQLite, or a third of what a request may take: it must be
told before the time of its request is over. By judgement, not measured."""


def _utc_now() -> datetime:
    """The instant now, in UTC."""
    return datetime.now(UTC)


class State:
    """All tenants of one worker.

    Attributes:
        home: folder of `var/`.
        settings: of the service, from the tenant `main`; a change needs a restart.
        now: the clock.
        database: the operational database of all tenants.
        on_refresh: called after every look for news.
        unshown: tenant and id of each stored campaign that the log told it cannot show.
    """

    def __init__(self, home: Path, settings: Settings, now: Callable[[], datetime] = _utc_now) -> None:
        """Opens nothing yet; `start` begins to look for news."""
        self.home = home
        self.settings = settings
        self.now = now
        wait_seconds = min(_LONGEST_WAIT_SECONDS, settings.serving.timeout_seconds / 3)
        self.database = Database(Workspace(home).database_url, wait_seconds=wait_seconds)
        self._writability = Writability(home, self.database)
        self._writes_fault = ""
        self.on_refresh: Callable[[State], None] | None = None
        self.unshown: set[tuple[str, str]] = set()
        self._tenants: dict[str, Tenant] = {}
        self._faults: dict[str, str] = {}
        self._newer: set[str] = set()
        self._is_upgraded = False
        self._marked: object = None
        self._tables_fault: RetailBrainError | None = None
        self._uncounted = ""
        self._refreshed = time.monotonic()
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
        is_watched = self._thread is None or self._thread.is_alive()
        return bool(self.tenants) and is_watched and time.monotonic() - self._refreshed < _STALE_SECONDS

    @property
    def tenants(self) -> tuple[str, ...]:
        """Tenants that have answers."""
        return tuple(name for name, tenant in list(self._tenants.items()) if tenant.view is not None)

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong now, by tenant (or `*` for all of them); empty when all is well."""
        return dict(self._faults)

    @property
    def writes_fault(self) -> str:
        """What takes no writes now: the home or the database, of every tenant; empty where both do."""
        return self._writes_fault

    @property
    def can_write(self) -> bool:
        """Whether the home and the database took a write at the last try."""
        return not self._writes_fault

    @property
    def newer(self) -> tuple[str, ...]:
        """Tenants whose newest answers a newer version published than this one can read."""
        return tuple(sorted(self._newer))

    def view(self, tenant: str) -> TenantView | None:
        """The tenant's present view, or None where it has no answers."""
        return self._tenants[tenant].view if tenant in self._tenants else None

    def refresh(self) -> None:
        """Looks once for news of every tenant; one tenant's fault stays with that tenant.

        Raises:
            RetailBrainError: the operational database does not answer, or was made by a newer version.
        """
        with self._refreshing:
            if not self._is_upgraded:
                upgrade(self.database)
                self._is_upgraded = True
            mark = self._change_mark()
            if mark != self._marked:
                self._look_at_tables(mark)
            for tenant in self._to_look_at():
                # whatever goes wrong, the other tenants must stay fresh
                with _surviving(partial(self._note_fault, tenant)):
                    self._note_faults(tenant, self._tenant(tenant).refresh(mark))
            self._refreshed = time.monotonic()

    def refresh_events(self, tenant: str) -> None:
        """Looks at once for a tenant's new events, so that whoever sent them sees their effect."""
        if tenant in self._tenants:
            self._tenants[tenant].refresh_events()

    def refresh_decisions(self, tenant: str) -> None:
        """Looks at once for a tenant's new decisions, exports and goods receipts."""
        if tenant in self._tenants:
            self._tenants[tenant].refresh_decisions()

    def refresh_rules(self, tenant: str) -> None:
        """Looks at once whether a tenant's rules changed."""
        if tenant in self._tenants:
            self._tenants[tenant].refresh_rules()

    def refresh_overrides(self, tenant: str) -> None:
        """Looks at once whether overrides were made or withdrawn."""
        if tenant in self._tenants:
            self._tenants[tenant].refresh_overrides()

    def refresh_campaigns(self, tenant: str) -> None:
        """Looks at once for a tenant's approved and stopped campaigns."""
        if tenant in self._tenants:
            self._tenants[tenant].refresh_campaigns()

    def refresh_opt_outs(self, tenant: str) -> None:
        """Looks at once for refusals that came back of a tenant's contacts."""
        if tenant in self._tenants:
            self._tenants[tenant].refresh_opt_outs()

    def refresh_model_test(self, tenant: str) -> None:
        """Looks at once for a test of two recommenders that was begun or ended."""
        if tenant in self._tenants:
            self._tenants[tenant].refresh_model_test()

    def refresh_guides(self, tenant: str) -> None:
        """Looks at once for people who were moved from one guide to another."""
        if tenant in self._tenants:
            self._tenants[tenant].refresh_guides()

    def refresh_comments(self, tenant: str) -> None:
        """Looks at once for new comments on lines of orders."""
        if tenant in self._tenants:
            self._tenants[tenant].refresh_comments()

    def no_answers(self, tenant: str) -> HttpError:
        """Why a tenant has no view: what it has cannot be read, or it has published nothing yet."""
        if tenant in self._newer:
            return newer_answers(tenant)
        return at_fault(tenant) if {tenant, _ALL} & self._faults.keys() else not_published(tenant)

    def _to_look_at(self) -> list[str]:
        """Tenants that have or had answers, a pointer without a set and sets without one among them."""
        found = {folder.parent.name for folder in (self.home / "var").glob("*/answers") if _has_something(folder)}
        return sorted(found | self._tenants.keys())

    def _look_at_tables(self, mark: object) -> None:
        """Notes whether a newer version changed the tables by `mark`; what can be read still is, refusals above all."""
        with suppress(UnavailableError):  # each tenant finds out by itself, and keeps looking at its files
            revision = self.database.revision()
            self._tables_fault = RetailBrainError(told_later(revision)) if is_later(revision) else None
            self._marked = mark

    def _change_mark(self) -> object:
        """State of the database before a look: what is committed meanwhile is found by the next one."""
        try:
            return self.database.change_mark()
        except UnavailableError:
            return object()  # each tenant finds out by itself, and keeps looking at its files

    def _tenant(self, name: str) -> Tenant:
        if name not in self._tenants:
            workspace = Workspace(self.home, name)
            self._tenants[name] = Tenant(workspace, self.database, self.settings.serving, self.now)
        return self._tenants[name]

    def _note_fault(self, tenant: str, fault: BaseException) -> None:
        self._note_faults(tenant, [fault])

    def _note_faults(self, tenant: str, faults: Sequence[BaseException]) -> None:
        """Remembers what is wrong with a tenant (`*`: with all) now; logs it when it is something else than before."""
        (self._newer.add if _are_newer(faults) else self._newer.discard)(tenant)
        who = "every tenant" if tenant == _ALL else f"tenant {tenant}"
        if not faults:
            if self._faults.pop(tenant, None) is not None:
                _log.info("%s is well again", who)
            return
        text = " ".join(_text(fault) for fault in faults)
        if self._faults.get(tenant) != text:
            serves = "keeps what it has" if tenant == _ALL or self.view(tenant) is not None else "has no answers"
            _log.warning("%s %s and is tried again: %s", who, serves, text)
        self._faults[tenant] = text

    def _note_writes(self, faults: Sequence[BaseException]) -> None:
        """Remembers what takes no writes; logs it when it is something else than before."""
        text = " ".join(_text(fault) for fault in faults)
        if text and text != self._writes_fault:
            _log.error("writes are refused: %s", text)
        elif self._writes_fault and not text:
            _log.info("writes are taken again")
        self._writes_fault = text

    def _keep_fresh(self) -> None:
        forget_at = time.monotonic()
        while not self._stop.wait(self.settings.serving.poll_seconds):
            is_due = time.monotonic() >= forget_at
            self._look(forgets=is_due)
            self._prepare()
            if is_due:
                forget_at = time.monotonic() + _FORGET_SECONDS

    def _prepare(self) -> None:
        """Works out what the first request for a list would wait for; one that fails finds out by itself."""
        for name, tenant in list(self._tenants.items()):
            with _surviving(partial(_note_unprepared, name)):
                tenant.prepare()

    def _look(self, *, forgets: bool = False) -> None:
        """One refresh that never raises: the thread must outlive every fault."""
        with _surviving(partial(self._note_fault, _ALL)):
            self.refresh()
            if forgets:
                self._forget_events()
            self._note_faults(_ALL, [] if self._tables_fault is None else [self._tables_fault])
        with _surviving(lambda error: self._note_writes([error])):
            self._note_writes(self._writability.faults())
        # as metrics on a full disk: answers are fresh all the same
        with _surviving(self._note_uncounted):
            if self.on_refresh is not None:
                self.on_refresh(self)

    def _note_uncounted(self, error: BaseException) -> None:
        if self._uncounted != _text(error):
            _log.warning("looks for news cannot be counted: %s", _text(error))
        self._uncounted = _text(error)

    def _forget_events(self) -> None:
        before = self.now() - timedelta(hours=self.settings.serving.recent_event_hours)
        for name, tenant in list(self._tenants.items()):
            with _surviving(partial(self._note_fault, name)):
                tenant.forget_events(before)


def _has_something(answers: Path) -> bool:
    # hidden folders are sets that are being written
    return answers.is_dir() and any(not path.name.startswith(".") for path in answers.iterdir())


@contextmanager
def _surviving(note: Callable[[BaseException], None]) -> Iterator[None]:
    """Context whose faults are noted and go no further: SystemExit and panics of Polars too, which are no Exception."""
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001
        note(error)


def _are_newer(faults: Sequence[BaseException]) -> bool:
    return any(isinstance(fault, NewerAnswersError) for fault in faults)


def _note_unprepared(tenant: str, fault: BaseException) -> None:
    _log.warning("tenant %s: lists are worked out when they are asked for", tenant, exc_info=fault)


def _text(fault: BaseException) -> str:
    return str(fault) if isinstance(fault, RetailBrainError) else f"{type(fault).__name__}: {fault}"
