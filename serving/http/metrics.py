"""Prometheus metrics of requests and tenants.

Requests are labelled by route, never by raw path: a path may hold what a person typed.
"""

import os
from bisect import bisect_left
from collections import Counter, defaultdict
from typing import Any, Literal, Protocol, get_args

from serving.http.cut_answers import CutReason
from serving.http.metrics_folder import FOLDER_VARIABLE, forget_dead_workers
from serving.http.soon import Soon

_LATE_SECONDS = 0.2
"""Seconds after which a request is counted at the latest: nobody collects metrics as often. Chosen by judgement."""
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper ends of the buckets of the time to answer, seconds."""


Unavailable = Literal["disk_full", "database"]
"""Why a request could not be stored or answered: no room on a disk, or a database that does not answer."""


class Meter(Protocol):
    """What middleware and refresh thread report to."""

    def begin(self) -> None:
        """A request came in."""

    def end(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""

    def refused(self, reason: str) -> None:
        """A connection was refused or cut before a request was read from it, or its answer by it."""

    def unavailable(self, reason: Unavailable) -> None:
        """A request was refused, for the disk is full or the database away."""

    def cut(self, reason: CutReason) -> None:
        """An answer did not reach its client whole."""

    def room(self, free: int) -> None:
        """A worker looked how many bytes are free on the disk of the home."""

    def flush(self) -> None:
        """Counts what waits to be counted with others."""

    def refreshed(self, served: int, faulty: int, at: float) -> None:
        """A worker looked for news: tenants with answers, tenants (or all) with a fault, and when (Unix seconds)."""

    def newer(self, tenants: int) -> None:
        """A worker looked for news: tenants whose newest answers a newer version published than it can read."""

    def writable(self, can_write: bool) -> None:
        """A worker tried whether the home and the database take writes."""

    def expose(self) -> bytes:
        """All metrics in Prometheus' text format."""


class PrometheusMeter:
    """Prometheus metrics under the names that BentoML gives its own, so dashboards made for BentoML work.

    The requests of a moment are counted together: five numbers in a file that workers share cost each request a fifth
    of its time.
    """

    def __init__(self, service: str, started: float) -> None:
        """Registers the metrics; call it once per worker, after BentoML has chosen the folder they are shared in.

        Args:
            service: value of the label `service_name`.
            started: when the worker started, Unix seconds: until its first look the last one counts as then, for 0
                would be the oldest of all workers as long as it opens its answers.
        """
        import prometheus_client  # noqa: PLC0415  # reads PROMETHEUS_MULTIPROC_DIR when imported

        names = ("endpoint", "http_response_code", "service_name")
        self._client = prometheus_client
        self._service = service
        self._total = prometheus_client.Counter("bentoml_service_request_total", "Requests answered", names)
        self._seconds = prometheus_client.Histogram(
            "bentoml_service_request_duration_seconds",
            "Time to answer",
            ("endpoint", "service_name"),
            buckets=_BUCKETS,
        )
        self._refused = prometheus_client.Counter(
            "retail_brain_connections_refused_total", "Connections refused or cut, by reason", ("reason",)
        )
        self._unavailable = prometheus_client.Counter(
            "retail_brain_unavailable_total",
            "Requests refused since the disk is full (disk_full) or the database does not answer (database)",
            ("reason",),
        )
        self._cut = prometheus_client.Counter(
            "retail_brain_answers_cut_total",
            "Answers that did not reach their client whole: it went away (client_gone), did not read (answer_unread), "
            "the answer failed after its status was sent (fault), or the service ended (stopped)",
            ("reason",),
        )
        # counted from 0 on, so that the first one is a rise; and no new label needs room on a disk that is full
        for reason in get_args(Unavailable):
            self._unavailable.labels(reason)
        for cut in get_args(CutReason):
            self._cut.labels(cut)
        # gauges of living workers only: one that died must not be counted for ever
        self._open = prometheus_client.Gauge(
            "bentoml_service_request_in_progress", "Requests being answered", multiprocess_mode="livesum"
        )
        self._free = prometheus_client.Gauge(
            "retail_brain_disk_free_bytes",
            "Bytes free on the disk of the home",
            multiprocess_mode="livemin",
        )
        self._served = prometheus_client.Gauge(
            "retail_brain_tenants_served", "Tenants with answers, fewest of all workers", multiprocess_mode="livemin"
        )
        self._faulty = prometheus_client.Gauge(
            "retail_brain_tenants_at_fault",
            "Tenants whose answers, settings or database cannot be read, most of all workers",
            multiprocess_mode="livemax",
        )
        self._newer = prometheus_client.Gauge(
            "retail_brain_tenants_answers_newer",
            "Tenants whose newest answers a newer version published than this one can read, most of all workers",
            multiprocess_mode="livemax",
        )
        self._writable = prometheus_client.Gauge(
            "retail_brain_writable",
            "Whether the home and the database took a write at the last try (1), least of all workers",
            multiprocess_mode="livemin",
        )
        self._writable.set(1)
        self._looked = prometheus_client.Gauge(
            "retail_brain_refreshed_at_seconds",
            "Unix time of the last look for news (of the start before the first), oldest of all workers",
            multiprocess_mode="livemin",
        )
        self._looked.set(started)
        self._counters: dict[tuple[str, int], prometheus_client.Counter] = {}
        self._timers: dict[str, Any] = {}
        self._in_progress = 0
        self._answered: list[tuple[str, int, float]] = []
        self._soon = Soon(self.flush, _LATE_SECONDS)

    def begin(self) -> None:
        """A request came in."""
        self._in_progress += 1
        self._soon.ask()

    def end(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._in_progress -= 1
        self._answered.append((route, status, seconds))
        self._soon.ask()

    def flush(self) -> None:
        """Counts what waits."""
        self._soon.cancel()
        answered, self._answered = self._answered, []
        self._open.set(self._in_progress)
        for key, count in Counter((route, status) for route, status, _ in answered).items():
            counter = self._counters.get(key)
            if counter is None:
                counter = self._counters[key] = self._total.labels(*key, self._service)
            counter.inc(count)
        taken: defaultdict[str, list[float]] = defaultdict(list)
        for route, _, seconds in answered:
            taken[route].append(seconds)
        for route, of_route in taken.items():
            timer = self._timers.get(route)
            if timer is None:
                timer = self._timers[route] = self._seconds.labels(route, self._service)
            _observe(timer, of_route)

    def refused(self, reason: str) -> None:
        """A connection was refused or cut."""
        self._refused.labels(reason).inc()

    def unavailable(self, reason: Unavailable) -> None:
        """A request was refused, for the disk is full or the database away."""
        self._unavailable.labels(reason).inc()

    def cut(self, reason: CutReason) -> None:
        """An answer did not reach its client whole."""
        self._cut.labels(reason).inc()

    def room(self, free: int) -> None:
        """A worker looked at the disk."""
        self._free.set(free)

    def writable(self, can_write: bool) -> None:
        """A worker tried whether writes are taken."""
        self._writable.set(int(can_write))

    def refreshed(self, served: int, faulty: int, at: float) -> None:
        """A worker looked for news."""
        self._served.set(served)
        self._faulty.set(faulty)
        self._looked.set(at)

    def newer(self, tenants: int) -> None:
        """A worker looked for news."""
        self._newer.set(tenants)

    def expose(self) -> bytes:
        """All metrics of all workers in Prometheus' text format."""
        self.flush()
        # a request reaches one worker: with several, the numbers of all are read from their shared folder
        registry = self._client.REGISTRY
        if os.environ.get(FOLDER_VARIABLE):
            from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

            forget_dead_workers()
            registry = self._client.CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return self._client.generate_latest(registry)


def _observe(timer: Any, seconds: list[float]) -> None:
    """What `timer.observe` does, for many at once; the library has no public call for that."""
    timer._sum.inc(sum(seconds))
    for bucket, count in Counter(bisect_left(_BUCKETS, one) for one in seconds).items():
        timer._buckets[bucket].inc(count)
