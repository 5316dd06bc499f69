"""Events at rate: how many a second are stored, whether `kill -9` loses an acknowledged one, and when others see one.

    python tests/benchmarks/bench_events.py --home HOME [--clients 8] [--per-call 20] [--seconds 20] [--workers 2]

HOME holds published answers and is copied. Each client sends calls over one connection as fast as they are answered.
Half way the whole service is killed with SIGKILL and started again; at the end every acknowledged event is looked for
in the database. A 429 or 503 is tried again after its `Retry-After` and counted.
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from fault_http import ask, make_key
from fault_tools import start

_SEEN_BY_ALL = 12
"""Answers in a row, each over a new connection, that must know an event before all workers are taken to know it."""


@dataclass
class Client:
    """One sender and what it was told.

    Attributes:
        acknowledged: ids of events in calls that were answered with 200.
        seconds: of each answered call.
        sent_away: calls answered with 429 or 503.
        broken: calls whose connection ended without an answer.
    """

    number: int
    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    sent_away: int = 0
    broken: int = 0

    def run(self, port: int, key: str, per_call: int, until: float) -> None:
        """Sends until a moment of the monotonic clock."""
        headers = {"Authorization": f"Bearer {key}"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        call = 0
        while time.monotonic() < until:
            call += 1
            ids = [f"{self.number}-{call}-{place}" for place in range(per_call)]
            body = json.dumps({"events": [_event(one, self.number, place) for place, one in enumerate(ids)]})
            began = time.monotonic()
            try:
                connection.request("POST", "/events", body, headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                self.broken += 1
                connection.close()
                time.sleep(0.05)
                continue
            if answer.status == 200:
                self.acknowledged += ids
                self.seconds.append(time.monotonic() - began)
            else:
                self.sent_away += 1
                time.sleep(float(answer.getheader("Retry-After") or 1))
        connection.close()


def _event(event_id: str, client: int, place: int) -> dict[str, str]:
    return {
        "event_id": event_id,
        "occurred_at": "2026-02-28T10:00:00",
        "event_type": "view",
        "id_type": "device",
        "id_value": f"bench-{client}-{place}",
        "product_id": "P001",
    }


def serve(home: Path, workers: int) -> tuple["subprocess.Popen[str]", int]:
    """Starts the service in a process group of its own; gives the process and its port once it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with (home / "service.log").open("ab") as log:
        process = start(home, "serve", "--port", port, "--workers", workers, log=log)
    while ask(port, "/readyz", None, {}, "GET")[0] != 200:
        assert process.poll() is None, (home / "service.log").read_text(errors="replace")[-2000:]
        time.sleep(0.2)
    return process, port


def kill_all(process: "subprocess.Popen[str]") -> None:
    """Kills a process and all that it started, none of which may clean up."""
    children = [int(text) for text in descendants(process.pid)]
    for pid in [process.pid, *children]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def descendants(pid: int) -> list[str]:
    found: list[str] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [child, *descendants(int(child))]
    return found


def stored_ids(home: Path) -> set[str]:
    """Ids of all events in the database."""
    with closing(sqlite3.connect(f"file:{home}/var/operational.db?mode=ro", uri=True)) as connection:
        return {row[0] for row in connection.execute("select event_id from events")}


def seconds_until_all_know(port: int, key: str, number: int) -> float:
    """Seconds from the acknowledgement of a person's first event until every worker's recommendations know it."""
    headers = {"Authorization": f"Bearer {key}"}
    person = {"id_type": "device", "id_value": f"late-{number}"}
    event = _event(f"late-{number}", 0, 0) | person
    status, _ = ask(port, "/events", json.dumps({"events": [event]}).encode(), headers)
    assert status == 200
    began, in_a_row, last_ignorant = time.monotonic(), 0, 0.0
    while in_a_row < _SEEN_BY_ALL:
        _, body = ask(port, "/recommend", json.dumps(person | {"k": 3}).encode(), headers)
        knows = json.loads(body).get("known_by") == "events"
        in_a_row = in_a_row + 1 if knows else 0
        last_ignorant = last_ignorant if knows else time.monotonic() - began
    return last_ignorant


def phase(port: int, key: str, options: argparse.Namespace, clients: list[Client]) -> float:
    """All clients at once for half of the time; gives the seconds it took."""
    until = time.monotonic() + options.seconds / 2
    threads = [threading.Thread(target=client.run, args=(port, key, options.per_call, until)) for client in clients]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--per-call", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(options.home, home)
        key = make_key(home, "admin")
        process, port = serve(home, options.workers)
        first = [Client(number) for number in range(options.clients)]
        killer = threading.Timer(options.seconds / 2 - 0.5, kill_all, [process])
        killer.start()
        phase(port, key, options, first)
        killer.join()
        process, port = serve(home, options.workers)
        second = [Client(number + options.clients) for number in range(options.clients)]
        taken = phase(port, key, options, second)
        delays = [seconds_until_all_know(port, key, number) for number in range(5)]
        kill_all(process)
        acknowledged = {one for client in first + second for one in client.acknowledged}
        rate = sum(len(client.acknowledged) for client in second) / taken
        calls = [seconds for client in second for seconds in client.seconds]
        print(f"{options.clients} clients, {options.per_call} events a call, {options.workers} workers, SQLite")
        print(
            f"{rate:,.0f} events/s; a call {statistics.median(calls) * 1000:.1f} ms (median), "
            f"{statistics.quantiles(calls, n=100)[98] * 1000:.1f} ms (99 of 100)"
        )
        print(
            f"sent away {sum(client.sent_away for client in second)}; cut by the kill "
            f"{sum(client.broken > 0 for client in first)} of {len(first)} connections"
        )
        print(f"acknowledged {len(acknowledged):,}, of them lost {len(acknowledged - stored_ids(home)):,}")
        print(f"known to every worker after {max(delays):.2f} s at most ({len(delays)} events)")


if __name__ == "__main__":
    main()
