"""The service: BentoML runs the workers and their health; the routes and the page are mounted on it."""

import gc
import logging
import os
import time

import bentoml

from retail_brain.errors import RetailBrainError
from retail_brain.settings import Settings, Workspace, default_home, load_settings
from serving.http.app import Api
from serving.http.metrics import PrometheusMeter
from serving.http.middleware import Layer
from serving.http.outside_routes import all_routes
from serving.http.runtime import Runtime
from serving.http.state import State
from serving.page.app import create_app

_log = logging.getLogger("bentoml.retail_brain")
_runtime = Runtime()
_routes = all_routes()


def _service_settings() -> Settings:
    """Settings of the service: those of tenant `main`, or the defaults while its file cannot be read."""
    try:
        return load_settings(Workspace(default_home()))
    except RetailBrainError as error:
        _log.warning("the service runs with default settings: %s", error)
        return Settings()


_settings = _service_settings().serving


def _count_tenants(state: State) -> None:
    if _runtime.meter is not None:
        _runtime.meter.refreshed(len(state.tenants), len(state.faults), time.time())


class RetailBrain:
    """Forecasts, orders, recommendations and audiences of a retailer, answered from published tables."""

    @bentoml.on_startup  # type: ignore[untyped-decorator]  # BentoML ships no types
    def begin(self) -> None:
        """Opens the answers; keeps what lives for good out of the garbage collector's way."""
        home = default_home()
        _runtime.state = State(home, _service_settings())
        _runtime.meter = PrometheusMeter("retail_brain")
        _runtime.state.on_refresh = _count_tenants
        _runtime.state.start()
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 50, 100)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def end(self) -> None:
        """Lets everything go."""
        if _runtime.state is not None:
            _runtime.state.stop()
        _runtime.state = None

    def __is_ready__(self) -> bool:
        """Whether at least one tenant has answers and they are kept fresh."""
        return _runtime.state is not None and _runtime.state.is_ready


service = bentoml.service(
    RetailBrain,
    name="retail_brain",
    workers=int(os.environ.get("RETAIL_BRAIN_WORKERS") or _settings.workers),
    threads=_settings.threads,
    traffic={"timeout": _settings.timeout_seconds + 5},
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": ".*"},
)
service.mount_asgi_app(create_app(), path="/ui", name="page")
service.mount_asgi_app(Api(_runtime, _routes), path="/", name="api")
service.add_asgi_middleware(Layer, runtime=_runtime, paths=[route.path for route in _routes] + ["/", "/docs.json"])
