"""`serve` waits for the service as long as it lives, says what for, and says so when it ends."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from retail_brain.errors import RetailBrainError
from serving.http import launch


class Clock:
    """Seconds that pass only where somebody sleeps, much faster than they would."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += 100 * seconds


def process(code: int | None = None) -> Any:
    return SimpleNamespace(poll=lambda: code, returncode=code)


def test_a_service_that_takes_an_hour_is_waited_for_and_named_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, said, answers = Clock(), [], iter(range(360))

    def open_url(_url: str, timeout: float) -> Any:
        if next(answers) < 359:
            raise OSError
        return nullcontext()

    monkeypatch.setattr(launch, "time", clock)
    monkeypatch.setattr(launch.urllib.request, "urlopen", open_url)
    launch.wait_until_ready(process(), "http://127.0.0.1:1/readyz", said.append)
    assert clock.now > 3500
    assert len(said) > 100
    assert "waiting for the service's processes to answer http://127.0.0.1:1/readyz" in said[0]


def test_a_service_that_ended_is_waited_for_no_longer() -> None:
    with pytest.raises(RetailBrainError, match="ended with exit code 3 before it was ready"):
        launch.wait_until_ready(process(3), "http://127.0.0.1:1/readyz", print)
