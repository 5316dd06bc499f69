"""`serve` waits for the service as long as it lives, says what for, and says so when it ends."""

import signal
from contextlib import nullcontext
from pathlib import Path
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


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_what_ends_the_verb_ends_its_processes(monkeypatch: pytest.MonkeyPatch, name: str, tmp_path: Path) -> None:
    number, deeds = getattr(signal, name), list[str]()

    def wait() -> int:
        if not deeds:
            signal.raise_signal(number)
        deeds.append("waited")
        return 0

    made = SimpleNamespace(wait=wait, poll=lambda: 0 if "waited" in deeds else None)
    made.terminate = lambda: deeds.append("terminated")
    monkeypatch.setattr(launch.subprocess, "Popen", lambda *_, **__: made)
    monkeypatch.setattr(launch, "wait_until_ready", lambda *_: None)
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
    try:
        assert launch.serve(tmp_path, host="127.0.0.1", port=0, workers=1) == 0
        assert deeds == ["terminated", "waited"]
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
        launch.serve(tmp_path, host="127.0.0.1", port=0, workers=1)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
