"""Prometheus metrics of requests and tenants.

Requests are labelled by route, never by raw path: a path may hold what a person typed.
"""

import os
from typing import Protocol

from serving.http.metrics_folder import FOLDER_VARIABLE, forget_dead_workers


class Meter(Protocol):
    """What middleware and refresh thread report to."""

    def begin(self) -> None:
        """A request came in."""

    def end(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""

    def refused(self, reason: str) -> None:
        """A connection was refused or cut before a request was read from it, or its answer by it."""

    def refreshed(self, served: int, faulty: int, at: float) -> None:
        """A worker looked for news: tenants with answers, tenants (or all) with a fault, and when (Unix seconds)."""

    def expose(self) -> bytes:
        """All metrics in Prometheus' text format."""


class PrometheusMeter:
    """Prometheus metrics under the names that BentoML gives its own, so dashboards made for BentoML work."""

    def __init__(self, service: str) -> None:
        """Registers the metrics; call it once per worker, after BentoML has chosen the folder they are shared in."""
        import prometheus_client  # noqa: PLC0415  # reads PROMETHEUS_MULTIPROC_DIR when imported

        names = ("endpoint", "http_response_code", "service_name")
        self._client = prometheus_client
        self._service = service
        self._total = prometheus_client.Counter("bentoml_service_request_total", "Requests answered", names)
        self._seconds = prometheus_client.Histogram(
            "bentoml_service_request_duration_seconds",
            "Time to answer",
            ("endpoint", "service_name"),
            buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self._refused = prometheus_client.Counter(
            "retail_brain_connections_refused_total", "Connections refused or cut, by reason", ("reason",)
        )
        # gauges of living workers only: one that died must not be counted for ever
        self._open = prometheus_client.Gauge(
            "bentoml_service_request_in_progress", "Requests being answered", multiprocess_mode="livesum"
        )
        self._served = prometheus_client.Gauge(
            "retail_brain_tenants_served", "Tenants with answers, fewest of all workers", multiprocess_mode="livemin"
        )
        self._faulty = prometheus_client.Gauge(
            "retail_brain_tenants_at_fault",
            "Tenants whose answers, settings or database cannot be read, most of all workers",
            multiprocess_mode="livemax",
        )
        self._looked = prometheus_client.Gauge(
            "retail_brain_refreshed_at_seconds",
            "Unix time of the last look for news, oldest of all workers",
            multiprocess_mode="livemin",
        )
        self._counters: dict[tuple[str, int], prometheus_client.Counter] = {}
        self._timers: dict[str, prometheus_client.Histogram] = {}

    def begin(self) -> None:
        """A request came in."""
        self._open.inc()

    def end(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._open.dec()
        counter = self._counters.get((route, status))
        if counter is None:
            counter = self._counters[route, status] = self._total.labels(route, status, self._service)
        timer = self._timers.get(route)
        if timer is None:
            timer = self._timers[route] = self._seconds.labels(route, self._service)
        counter.inc()
        timer.observe(seconds)

    def refused(self, reason: str) -> None:
        """A connection was refused or cut."""
        self._refused.labels(reason).inc()

    def refreshed(self, served: int, faulty: int, at: float) -> None:
        """A worker looked for news."""
        self._served.set(served)
        self._faulty.set(faulty)
        self._looked.set(at)

    def expose(self) -> bytes:
        """All metrics of all workers in Prometheus' text format."""
        # a request reaches one worker: with several, the numbers of all are read from their shared folder
        registry = self._client.REGISTRY
        if os.environ.get(FOLDER_VARIABLE):
            from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

            forget_dead_workers()
            registry = self._client.CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return self._client.generate_latest(registry)
