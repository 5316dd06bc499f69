"""Requests are counted together, and exactly as one by one."""

import prometheus_client
import pytest

from serving.http.metrics import _BUCKETS, PrometheusMeter

SECONDS = [0.0005, 0.0004, 0.003, 0.0025, 0.3, 10.0, 99.0, 0.0]


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> PrometheusMeter:
    registry = prometheus_client.CollectorRegistry()
    monkeypatch.setattr(prometheus_client, "REGISTRY", registry)
    for name in ("Counter", "Gauge", "Histogram"):
        kind = getattr(prometheus_client, name)
        monkeypatch.setattr(prometheus_client, name, lambda *a, kind=kind, **k: kind(*a, registry=registry, **k))
    return PrometheusMeter("shop", 1_000.0)


def told(text: str, begins: str) -> dict[str, float]:
    """Value of each series of a name, by its labels."""
    lines = [line for line in text.splitlines() if line.startswith(begins)]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def test_times_fall_into_the_buckets_that_hold_them(meter: PrometheusMeter) -> None:
    for seconds in SECONDS:
        meter.begin()
        meter.end("/forecast", 200, seconds)
    found = told(meter.expose().decode(), "bentoml_service_request_duration_seconds_bucket")
    wanted = [sum(one <= bound for one in SECONDS) for bound in (*_BUCKETS, float("inf"))]
    assert list(found.values()) == wanted


def test_requests_are_counted_by_route_and_status(meter: PrometheusMeter) -> None:
    for status in (200, 200, 404):
        meter.begin()
        meter.end("/forecast", status, 0.5)
    meter.begin()
    text = meter.expose().decode()
    counts = told(text, "bentoml_service_request_total")
    assert sorted(counts.values()) == [1.0, 2.0]
    assert told(text, "bentoml_service_request_in_progress") == {"bentoml_service_request_in_progress": 1.0}
    [total] = told(text, "bentoml_service_request_duration_seconds_sum").values()
    assert total == pytest.approx(1.5)


def test_before_its_first_look_a_worker_looked_when_it_started(meter: PrometheusMeter) -> None:
    name = "retail_brain_refreshed_at_seconds"
    assert told(meter.expose().decode(), name) == {name: 1_000.0}
    meter.refreshed(1, 0, 1_060.0)
    assert told(meter.expose().decode(), name) == {name: 1_060.0}
