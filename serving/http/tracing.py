"""OpenTelemetry: a span per request, sent to a collector where the settings name one.

A span says what the log line says and no more: no body, no id of a person, no key.
"""

import logging
import time
from typing import Any, Protocol

from starlette.types import Scope

from retail_brain import __version__
from retail_brain.extras import check_installed
from serving.http.seldom import said_seldom

_log = logging.getLogger("bentoml.retail_brain")
TENANT = "retail_brain.tenant"
"""Key of the request's scope under which the API leaves the tenant for the layer around it."""


class Spans(Protocol):
    """What the middleware reports requests to."""

    def request(self, scope: Scope, route: str, status: int, seconds: float, identity: str) -> None:
        """A request was answered."""

    def close(self) -> None:
        """Sends what is left."""


class OpenTelemetrySpans:
    """Spans of answered requests, as children of the caller's span where it sent one (`traceparent`)."""

    def __init__(self, provider: Any) -> None:
        """Makes spans with a tracer provider of OpenTelemetry."""
        from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415  # only where asked for
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        self._provider = provider
        self._tracer = provider.get_tracer("retail_brain", __version__)
        self._propagator = TraceContextTextMapPropagator()
        self._kind = SpanKind.SERVER
        self._failed = Status(StatusCode.ERROR)

    def request(self, scope: Scope, route: str, status: int, seconds: float, identity: str) -> None:
        """A request was answered: one span with its route, status, tenant and id."""
        ended = time.time_ns()
        carrier = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"}
        span = self._tracer.start_span(
            f"{scope['method']} {route}",
            context=self._propagator.extract(carrier) if carrier else None,
            kind=self._kind,
            attributes={
                "http.request.method": scope["method"],
                "http.route": route,
                "http.response.status_code": status,
                "retail_brain.request_id": identity,
            },
            start_time=ended - int(seconds * 1e9),
        )
        if TENANT in scope:
            span.set_attribute(TENANT, scope[TENANT])
        if status >= 500:
            span.set_status(self._failed)
        span.end(ended)

    def close(self) -> None:
        """Sends what is left."""
        self._provider.shutdown()


def spans_to(endpoint: str) -> OpenTelemetrySpans:
    """Spans that are sent to a collector's OTLP address over HTTP, in the background.

    The names of OpenTelemetry's own variables (`OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`,
    `OTEL_EXPORTER_OTLP_HEADERS` and others) count too.

    Raises:
        UsageError: the exporter is not installed.
    """
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # only where asked for
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    check_installed("opentelemetry.exporter.otlp.proto.http", "tracing", "the setting serving.trace_endpoint")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    said_seldom("opentelemetry", _log)
    # the SDK lets OTEL_SERVICE_NAME win over the name given here
    provider = TracerProvider(resource=Resource.create({"service.name": "retail-brain"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return OpenTelemetrySpans(provider)
