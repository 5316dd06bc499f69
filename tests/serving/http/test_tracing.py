"""Spans of requests, as an exporter in memory gets them."""

import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from retail_brain.errors import UsageError
from retail_brain.settings import ServingSettings
from serving.http.tracing import OpenTelemetrySpans, spans_to

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def exporter(client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    from serving import service

    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    spans = OpenTelemetrySpans(provider)
    monkeypatch.setattr(service._runtime, "spans", spans)
    yield kept
    spans.close()


def test_a_request_is_one_span_with_route_tenant_status_and_id(client: Any, exporter: InMemorySpanExporter) -> None:
    response = client.post("/profile", {"customer_id": "C00001"})
    (span,) = exporter.get_finished_spans()
    assert span.name == "POST /profile"
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/profile",
        "http.response.status_code": 200,
        "retail_brain.request_id": response.headers["x-request-id"],
        "retail_brain.tenant": "main",
    }
    assert span.parent is None
    assert span.start_time is not None
    assert span.end_time is not None
    assert 0 < span.end_time - span.start_time < 60e9


def test_the_span_of_the_caller_becomes_the_parent(client: Any, exporter: InMemorySpanExporter) -> None:
    client.http.get("/docs.json", headers={"traceparent": PARENT})
    client.http.get("/docs.json", headers={"traceparent": "nonsense"})
    first, second = exporter.get_finished_spans()
    assert first.parent is not None
    assert format(first.parent.span_id, "016x") == "b7ad6b7169203331"
    assert format(first.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert second.parent is None


def test_no_span_names_what_somebody_typed(client: Any, exporter: InMemorySpanExporter) -> None:
    client.http.post("/13800138000?phone=13800138000", content=b"13800138000")
    client.http.get("/livez")
    (span,) = exporter.get_finished_spans()
    assert span.name == "POST other"
    assert "13800138000" not in span.to_json()


def test_a_fault_of_the_service_marks_the_span(
    client: Any, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("serving.http.handlers.recommend.ranked", fail)
    client.post("/recommend", {"customer_id": "C00001"})
    (span,) = exporter.get_finished_spans()
    assert not span.status.is_ok


def test_off_unless_a_collector_is_named(client: Any) -> None:
    from serving import service

    assert ServingSettings().trace_endpoint is None
    assert service._runtime.spans is None


def test_without_the_exporter_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr("retail_brain.extras.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"retail-brain\[tracing\]"):
        spans_to("http://127.0.0.1:4318/v1/traces")
