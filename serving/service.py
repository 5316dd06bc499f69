"""Defines the BentoML service: worker processes, health checks, and the API and page mounted on them.

This module is imported once per worker process, so its names are made once per worker.
"""

import gc
import logging
import os
import shutil
import sys
import threading
import time

import bentoml

from retail_brain.settings import Settings, service_settings
from retail_brain.umask import use_umask
from retail_brain.workspace import Workspace, default_home
from serving.http.app import Api
from serving.http.connections import guard_connections
from serving.http.direct import answer_directly
from serving.http.metrics import PrometheusMeter
from serving.http.metrics_folder import use_own_folder
from serving.http.middleware import Layer
from serving.http.orphans import end_with_parent
from serving.http.outside_routes import all_routes
from serving.http.request_log import REQUEST_LOG, use_json_logs
from serving.http.runtime import Runtime
from serving.http.state import State
from serving.http.tracing import spans_to
from serving.page.app import create_app

_log = logging.getLogger("bentoml.retail_brain")
_runtime = Runtime()
_routes = all_routes()


def _service_settings() -> Settings:
    settings, warning = service_settings(Workspace(default_home()))
    if warning is not None:
        _log.warning("%s", warning)
    return settings


_settings = _service_settings().serving
if _settings.log_format == "json":
    use_json_logs()
use_own_folder()


_SWITCH_SECONDS = 0.001
"""Seconds after which a thread that computes lets another in: with Python's 5 ms the event loop waits longer for its
turn than most answers take. Measured on computed audiences (docs/benchmarks.md, HTTP: speed)."""


def _count_tenants(state: State) -> None:
    if _runtime.meter is not None:
        _runtime.meter.refreshed(len(state.tenants), len(state.faults), time.time())
        _runtime.meter.newer(len(state.newer))
        _runtime.meter.writable(state.can_write)
        _runtime.meter.room(shutil.disk_usage(state.home).free)


def _count_refused(reason: str) -> None:
    if _runtime.meter is not None:
        _runtime.meter.refused(reason)


guard_connections(_settings, _count_refused)


class RetailBrain:
    """Forecasts, orders, recommendations and audiences of a retailer, answered from published tables."""

    _orphaned = threading.Event()

    @bentoml.on_startup  # type: ignore[untyped-decorator]  # BentoML ships no types
    def begin(self) -> None:
        """Opens the published answers and starts the thread that refreshes them."""
        # `bentoml serve` starts workers that no verb of ours gave the mask to
        use_umask()
        self._orphaned = end_with_parent()
        home = default_home()
        _runtime.state = State(home, _service_settings())
        _runtime.meter = PrometheusMeter("retail_brain", time.time())
        # before the first look, which may take a minute: 0 would be a full disk
        _runtime.meter.room(shutil.disk_usage(home).free)
        _runtime.spans = None if _settings.trace_endpoint is None else spans_to(_settings.trace_endpoint)
        _runtime.state.on_refresh = _count_tenants
        _runtime.state.start()
        # Objects that live as long as the worker are frozen: collections scan fewer objects and pause requests less.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 50, 100)
        sys.setswitchinterval(_SWITCH_SECONDS)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def end(self) -> None:
        """Stops the refresh thread and closes the database."""
        if _runtime.state is not None:
            _runtime.state.stop()
        _runtime.state = None
        REQUEST_LOG.flush()
        if _runtime.meter is not None:
            _runtime.meter.flush()
        if _runtime.spans is not None:
            _runtime.spans.close()
        _runtime.spans = None
        self._orphaned.set()

    def __is_ready__(self) -> bool:
        """Whether at least one tenant has published answers and the refresh thread is alive."""
        return _runtime.state is not None and _runtime.state.is_ready


service = bentoml.service(
    RetailBrain,
    name="retail_brain",
    workers=int(os.environ.get("RETAIL_BRAIN_WORKERS") or _settings.workers),
    threads=_settings.threads,
    # later than our own limit, whose error has the shape of all others
    traffic={"timeout": _settings.timeout_seconds + 5},
    # Own metrics, log line and no tracing: BentoML's name the raw path, which may hold what a person typed.
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": ".*"},
)
# The page before the API: the latter answers every other path, with 404 at the least.
service.mount_asgi_app(create_app(), path="/ui", name="page")
_api = Api(_runtime, _routes)
service.mount_asgi_app(_api, path="/", name="api")
service.add_asgi_middleware(Layer, runtime=_runtime, routes=_routes)
answer_directly(service, lambda: Layer(_api, _runtime, _routes))
