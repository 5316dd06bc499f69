"""One id ties a request's answer, its log line and its errors; lines are text or JSON; answers are compressed."""

import json
import logging
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.from_thread
import pytest

from serving.http.cut_answers import Cut
from serving.http.request_log import REQUEST_LOG, JsonFormatter, RequestLog, request_line

ORDERS = {"store_id": "S001", "limit": 60}


def test_the_id_of_a_proxy_comes_back_and_stands_in_the_log(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    response = client.http.get("/docs.json", headers={"X-Request-Id": "proxy-7"})
    assert response.headers["x-request-id"] == "proxy-7"
    REQUEST_LOG.flush()
    assert re.search(r"GET /docs.json 200 [\d.]+ ms proxy-7\n", capsys.readouterr().err)


@pytest.mark.parametrize("sent", ["two words", "a" * 65, '"}', ""])
def test_an_id_that_could_forge_a_line_is_replaced(client: Any, sent: str) -> None:
    got = client.http.get("/docs.json", headers={"X-Request-Id": sent}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", got)


def test_an_error_names_its_request(client: Any) -> None:
    response = client.http.post("/forecast", content=b"{", headers={"X-Request-Id": "bad-1"})
    assert response.status_code == 401
    assert response.headers.get_list("x-request-id") == ["bad-1"]


def in_loop(work: Callable[[], Awaitable[None]]) -> None:
    with anyio.from_thread.start_blocking_portal() as portal:  # a browser test may hold this thread's own loop
        portal.call(work)


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written to stderr, a call each; lines of other tests are out before."""
    REQUEST_LOG.flush()
    written: list[str] = []
    # not sys.stderr itself: pytest sets that anew when the test begins
    stderr = SimpleNamespace(write=written.append, flush=lambda: None)
    monkeypatch.setattr("serving.http.request_log.sys", SimpleNamespace(stderr=stderr))
    return written


def test_lines_of_a_moment_are_written_together_and_soon(pieces: list[str]) -> None:
    log = RequestLog()

    async def work() -> None:
        pieces.clear()
        log.add("first")
        log.add("second")
        assert pieces == []
        while not pieces:
            await anyio.sleep(0.01)
        assert pieces == ["first\nsecond\n"]
        log.add("after another loop has ended")

    in_loop(work)
    log.flush()
    in_loop(work)


KILLED = """
import asyncio, os, signal
from serving.http.request_log import RequestLog

async def work():
    log = RequestLog()
    log.add("answered")
    # timers of one loop come in their order, however busy the machine is
    asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), signal.SIGKILL)
    await asyncio.sleep(60)

asyncio.run(work())
"""


def test_a_worker_that_is_killed_has_written_what_it_answered_a_moment_before() -> None:
    run = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (-signal.SIGKILL, "answered\n")


def test_a_cut_answer_is_told_of_in_the_line() -> None:
    cut = Cut("fault", 7, None, "unavailable")
    line = json.loads(request_line("json", "POST", "/forecast", 200, 0.01234, "r1", cut))
    told = {key: line[key] for key in ("level", "status", "cut", "code", "bytes_sent", "bytes")}
    assert told == {"level": "warning", "status": 200, "cut": "fault", "code": "unavailable", "bytes_sent": 7} | {
        "bytes": None
    }
    text = request_line("text", "POST", "/forecast", 200, 0.01234, "r1", Cut("client_gone", 7, 9))
    assert text.endswith("200 12.3 ms r1 cut: client_gone, 7 of 9 bytes")


def test_a_piece_is_never_longer_than_a_pipe_takes_whole(pieces: list[str]) -> None:
    async def work() -> None:
        log = RequestLog()
        for number in range(200):
            log.add(f"{number:080}")
        log.flush()

    in_loop(work)
    assert "".join(pieces).split() == [f"{number:080}" for number in range(200)]
    assert max(map(len, pieces)) <= 4096


def test_a_full_disk_behind_the_log_fails_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: str) -> None:
        raise OSError(28, "No space left on device")

    stderr = SimpleNamespace(write=full, flush=lambda: None)
    monkeypatch.setattr("serving.http.request_log.sys", SimpleNamespace(stderr=stderr))

    async def work() -> None:
        log = RequestLog()
        log.add("lost")
        log.flush()

    in_loop(work)


def test_a_json_line_has_the_fields_of_a_text_line() -> None:
    line = json.loads(request_line("json", "POST", "/forecast", 200, 0.01234, "r1"))
    at = line.pop("at")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", at)
    expected = {"level": "info", "method": "POST", "route": "/forecast", "status": 200, "ms": 12.3, "request_id": "r1"}
    assert line == expected


def test_a_record_with_a_traceback_is_one_json_line() -> None:
    record = logging.LogRecord("bentoml", logging.ERROR, "", 1, "failed: %s", ("x\ny",), None)
    try:
        int("“引号”\nzwei")
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    values = json.loads(text)
    assert (values["level"], values["message"]) == ("error", "failed: x\ny")
    assert "ValueError" in values["traceback"]


def test_a_large_answer_is_compressed_where_the_client_asks_and_says_the_same(client: Any) -> None:
    headers = {"authorization": f"Bearer {client.keys['main', 'admin']}"}
    plain = client.http.post("/replenish", json=ORDERS, headers=headers | {"Accept-Encoding": "identity"})
    packed = client.http.post("/replenish", json=ORDERS, headers=headers | {"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3
    assert packed.json() == plain.json()
    assert "Accept-Encoding" in packed.headers["vary"]


def test_a_small_answer_stays_as_it_is(client: Any) -> None:
    assert "content-encoding" not in client.http.get("/livez", headers={"Accept-Encoding": "gzip"}).headers
