"""Soak and chaos: the service under load for an hour while answers are swapped, workers killed and its ground shaken.

    python tests/benchmarks/bench_soak.py --home HOME [--minutes 60] [--database postgresql|sqlite] [--rate 5]

HOME holds published answers and is copied to a small file system of its own (tmpfs; needs root), which is filled up and
freed again. Every five minutes other answers become current, every two minutes a worker is killed (SIGKILL), and in
turn PostgreSQL is restarted, hung for half a minute (SIGSTOP), the disk filled, and the service's clock set back by an
hour and on again (by a library that a C compiler makes). Readers compare each answer with the right ones of the two
sets of answers; writers keep the ids of every acknowledged event. It exits with 1 when an acknowledged event was lost,
an answer was wrong, a request failed where no failure is promised, or the memory of the eldest worker grew.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bench_events import descendants, kill_all, serve
from fault_http import make_key
from soak_ground import Ground, PostgreSQL, small_disk

SWAP_SECONDS, KILL_SECONDS, SHAKE_SECONDS = 300.0, 120.0, 150.0
CUT_SECONDS = 6.0
"""After a kill, for as long may connections to the dead worker be cut."""
SETTLE_SECONDS = 8.0
"""After a swap, for as long may either set answer: a worker that starts opens its answers first."""
Q = tuple[str, str]


@dataclass
class Ledger:
    """What happened, shared by all threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: int = 0
    promised: Counter[str] = field(default_factory=Counter)
    unpromised: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    killed_at: float = 0.0
    swapped_at: float = 0.0
    current: int = 0
    shaken: str = ""

    def note(self, what: str, is_write: bool) -> None:
        """Counts a request that failed: whether that was promised depends on what is going on."""
        with self.lock:
            recent_kill = time.monotonic() - self.killed_at < CUT_SECONDS
            promised = (what.startswith("cut") and recent_kill) or (what.startswith(("429", "503 again")) and is_write)
            (self.promised if promised else self.unpromised)[f"{what} ({self.shaken or 'calm'})"] += 1


def questions(home: Path) -> list[Q]:
    """Path and body of the questions whose answers are known."""
    from serving.store.current_answers import open_current

    answers = open_current(home / "var" / "main" / "answers")
    stores = [answers.stores.ids[row] for row in answers.stores.order[:6].tolist()]
    products = [answers.products.ids[row] for row in answers.products.order[:20].tolist()]
    people = [answers.customers.ids[row] for row in answers.customers.order[:30].tolist()]
    asked: list[tuple[str, dict[str, Any]]] = []
    for place, product in enumerate(products):
        store = stores[place % len(stores)]
        asked.append(("/forecast", {"store_id": store, "product_ids": [product], "horizon": 14}))
        asked.append(("/history", {"store_id": store, "product_id": product, "days": 60}))
        asked.append(("/similar", {"product_id": product, "k": 5}))
        asked.append(("/audience", {"product_ids": [product], "size": 20}))
    asked += [("/recommend", {"customer_id": person, "k": 10}) for person in people]
    asked += [("/replenish", {"store_id": store, "limit": 20}) for store in stores]
    return [(path, json.dumps(body)) for path, body in asked]


def headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Accept-Language": "en"}


class Reader(threading.Thread):
    """Asks known questions and compares the answers."""

    def __init__(self, soak: "Soak", number: int) -> None:
        super().__init__(daemon=True)
        self.soak, self.number = soak, number

    def run(self) -> None:
        soak, place = self.soak, self.number
        while not soak.over.wait(1 / soak.rate):
            path, body = question = soak.questions[place % len(soak.questions)]
            place += 7
            began, allowed = time.monotonic(), soak.allowed()
            status, answer, again = ask_once(soak.port, path, body, soak.key)
            allowed |= soak.allowed()
            taken = time.monotonic() - began
            with soak.ledger.lock:
                soak.ledger.asked += 1
                soak.ledger.seconds.append(taken)
            if status == 200:
                right = [index for index, known in enumerate(soak.known) if known[question] == answer]
                if not allowed & set(right):
                    with soak.ledger.lock:
                        soak.ledger.wrong.append(f"{path} {body} {soak.ledger.shaken}: is of {right}, not {allowed}")
            else:
                soak.ledger.note(told(status, again), is_write=False)


class Writer(threading.Thread):
    """Sends events and keeps the ids of those that were acknowledged; a refused call is sent again, as promised."""

    def __init__(self, soak: "Soak", number: int) -> None:
        super().__init__(daemon=True)
        self.soak, self.number = soak, number

    def run(self) -> None:
        soak, call = self.soak, 0
        while not soak.over.wait(2 / soak.rate):
            call += 1
            ids = [f"soak-{self.number}-{call}-{place}" for place in range(20)]
            events = [
                {
                    "event_id": one,
                    "occurred_at": "2026-02-28T10:00:00",
                    "event_type": "view",
                    "id_type": "device",
                    "id_value": one[:12],
                    "product_id": soak.product,
                }
                for one in ids
            ]
            while not soak.over.is_set():
                status, _, again = ask_once(soak.port, "/events", json.dumps({"events": events}), soak.key)
                with soak.ledger.lock:
                    soak.ledger.asked += 1
                if status == 200:
                    soak.ledger.acknowledged += ids
                    break
                soak.ledger.note(told(status, again), is_write=True)
                soak.over.wait(again or 0.5)


def ask_once(port: int, path: str, body: str, key: str) -> tuple[int, bytes, float]:
    """Status (0: cut), body and seconds of Retry-After (0: none)."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    try:
        connection.request("POST", path, body, headers(key))
        answer = connection.getresponse()
        return answer.status, answer.read(), float(answer.getheader("Retry-After") or 0)
    except (OSError, http.client.HTTPException) as error:
        return 0, type(error).__name__.encode(), 0.0
    finally:
        connection.close()


def told(status: int, again: float) -> str:
    """A failure in words."""
    return f"cut {status}" if status == 0 else f"{status} again" if again else str(status)


@dataclass
class Soak:
    """The service under test and what is known of it."""

    home: Path
    port: int
    key: str
    rate: float
    process: "subprocess.Popen[str]"
    questions: list[Q]
    known: list[dict[Q, bytes]]
    product: str
    sets: list[str]
    ledger: Ledger = field(default_factory=Ledger)
    over: threading.Event = field(default_factory=threading.Event)
    memory: list[tuple[float, float, int]] = field(default_factory=list)

    def allowed(self) -> set[int]:
        """Sets of answers that are right at this moment: a worker follows no pointer while the database is away."""
        if self.ledger.shaken.startswith("PostgreSQL") or time.monotonic() - self.ledger.swapped_at < SETTLE_SECONDS:
            return {0, 1}
        return {self.ledger.current}

    def workers(self) -> list[int]:
        """Process ids of the workers, the eldest first."""
        found = []
        for pid in map(int, descendants(self.process.pid)):
            with suppress(OSError):
                if "_bentoml_impl.worker.service" in Path(f"/proc/{pid}/cmdline").read_text():
                    found.append(pid)
        return sorted(found, key=lambda pid: int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]))

    def swap(self) -> None:
        """Makes the other set of answers current, as `publish` does at its end."""
        from retail_brain.files import write_text

        nxt = 1 - self.ledger.current
        try:
            write_text(self.home / "var" / "main" / "answers" / "CURRENT", self.sets[nxt] + "\n")
        except OSError:
            self.ledger.promised["a swap on the full disk"] += 1
            return
        self.ledger.current, self.ledger.swapped_at = nxt, time.monotonic()

    def kill_youngest(self) -> None:
        workers = self.workers()
        if len(workers) > 1:
            self.ledger.killed_at = time.monotonic()
            with suppress(ProcessLookupError):
                os.kill(workers[-1], signal.SIGKILL)

    def sample(self, began: float) -> None:
        """Minutes since the start, own memory (MB) and open files of the eldest worker."""
        eldest = self.workers()[0]
        status = Path(f"/proc/{eldest}/status").read_text()
        anon = next(line for line in status.splitlines() if line.startswith("RssAnon"))
        files = len(list(Path(f"/proc/{eldest}/fd").iterdir()))
        self.memory.append(((time.monotonic() - began) / 60, int(anon.split()[1]) / 1024, files))


def prepared(source: Path, home: Path, minutes: float) -> list[str]:
    """Copies a home and gives it a second set of answers that tells other numbers; returns both ids."""
    shutil.copytree(source, home, ignore=shutil.ignore_patterns("lake", "features", "mlruns", "operational.db*"))
    answers = home / "var" / "main" / "answers"
    first = (answers / "CURRENT").read_text().strip()
    second = "soak-second"
    # remembered for a fifth of the soak at most, so that what workers remember fills and empties within it
    with (home / "var" / "main" / "settings.toml").open("a") as settings:
        settings.write(f"\n[serving]\nrecent_event_hours = {max(minutes, 1) / 300:.4f}\n")
    shutil.copytree(answers / first, answers / second)
    from retail_brain.files import sha256

    # other numbers in the same shape
    for name in ("history.units.npy", "similar.score.npy", "suggestions.product.npy"):
        numbers = np.load(answers / second / name)
        other = numbers[::-1] if name.startswith("suggestions") else numbers * 0.5 + (name[0] == "h")
        np.save(answers / second / name, other.astype(numbers.dtype))
    manifest = json.loads((answers / second / "manifest.json").read_text())
    manifest["answers_id"] = second
    for name in manifest["files"]:
        manifest["files"][name] = sha256(answers / second / name)
    (answers / second / "manifest.json").write_text(json.dumps(manifest))
    return [first, second]


def learn(soak: Soak) -> None:
    """Asks every question of both sets."""
    for index in (1, 0):
        if soak.ledger.current != index:
            soak.swap()
            time.sleep(SETTLE_SECONDS)
        known = {}
        for path, body in soak.questions:
            status, answer, _ = ask_once(soak.port, path, body, soak.key)
            assert status == 200, (path, body, status, answer)
            known[path, body] = answer
        soak.known[index] = known
    differ = sum(soak.known[0][question] != soak.known[1][question] for question in soak.questions)
    print(f"{len(soak.questions)} questions; {differ} of them have other answers in the second set", flush=True)


def shake(soak: Soak, ground: Ground) -> None:
    """Does the next thing of the round; each ends well within the time until the next."""
    turn = ground.next()
    if turn is None:
        return
    name, action = turn
    soak.ledger.shaken = name
    print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
    try:
        action()
    finally:
        time.sleep(15)  # what a fault leaves behind is still its own for a while
        soak.ledger.shaken = ""


def every(seconds: float, over: threading.Event, action: Any, *arguments: Any) -> threading.Thread:
    """Does something again and again in a thread of its own."""

    def loop() -> None:
        while not over.wait(seconds):
            action(*arguments)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    return thread


@contextmanager
def clock(folder: Path) -> Iterator[Path | None]:
    """Lets processes that start from now on read a wall clock that a file moves; gives the file, or None without cc."""
    compiler = shutil.which("cc")
    if compiler is None:
        print("no C compiler: the clock stays")
        yield None
        return
    library, file = folder / "soak_clock.so", folder / "clock"
    source = Path(__file__).with_name("soak_clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    file.write_text("0\n")
    os.environ |= {"LD_PRELOAD": str(library), "SOAK_CLOCK": str(file)}
    try:
        yield file
    finally:
        os.environ.pop("LD_PRELOAD")


def report(soak: Soak, stored: set[str], minutes: float) -> list[str]:
    """Prints what happened; returns what was wrong."""
    ledger = soak.ledger
    lost = set(ledger.acknowledged) - stored
    p50, p99 = np.percentile(np.array(ledger.seconds) * 1000, [50, 99])
    half = [sample for sample in soak.memory if sample[0] > minutes / 4]
    first, last = (np.median([mb for _, mb, _ in part]) for part in np.array_split(np.array(half), 2))
    print(f"{minutes:.0f} minutes, {ledger.asked:,} requests, reads {p50:.1f} ms median, {p99:.1f} ms 99 of 100")
    print(f"acknowledged events {len(ledger.acknowledged):,}, lost {len(lost)}; wrong answers {len(ledger.wrong)}")
    print(f"failures where promised: {dict(ledger.promised)}; elsewhere: {dict(ledger.unpromised)}")
    print("eldest worker, minute and MB:", ", ".join(f"{minute:.0f} {mb:.0f}" for minute, mb, _ in soak.memory))
    print(f"eldest worker, own memory: {first:.0f} MB, then {last:.0f} MB; files {soak.memory[0][2]} to {half[-1][2]}")
    problems = [f"lost {len(lost)}: {sorted(lost)[:3]}"] if lost else []
    problems += ledger.wrong[:5]
    problems += [f"not promised: {what} x {count}" for what, count in ledger.unpromised.items()]
    return problems + ([f"memory grew from {first:.0f} to {last:.0f} MB"] if last > first * 1.1 + 5 else [])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--rate", type=float, default=5, help="questions a second of each of four readers")
    parser.add_argument("--pace", type=float, default=1, help="divides the seconds between swaps, kills and faults")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rb-soak-")))
        server = None
        if options.database == "postgresql":
            server = stack.enter_context(PostgreSQL(folder / "pg"))
            os.environ["FAULT_DATABASE_URL"] = server.url
        disk = stack.enter_context(small_disk(folder / "disk"))
        sets = prepared(options.home, disk / "home", options.minutes)
        home = disk / "home"
        key = make_key(home, "admin")
        moved = stack.enter_context(clock(folder))
        process, port = serve(home, 2)
        stack.callback(kill_all, process)
        asked = questions(home)
        product = json.loads(asked[0][1])["product_ids"][0]
        soak = Soak(home, port, key, options.rate, process, asked, [{}, {}], product, sets)
        learn(soak)
        ground = Ground(disk, server, moved)
        began = time.monotonic()
        threads: list[threading.Thread] = [Reader(soak, number) for number in range(4)]
        threads += [Writer(soak, number) for number in range(2)]
        for thread in threads:
            thread.start()
        threads.append(every(SWAP_SECONDS / options.pace, soak.over, soak.swap))
        threads.append(every(KILL_SECONDS / options.pace, soak.over, soak.kill_youngest))
        threads.append(every(60 / options.pace, soak.over, soak.sample, began))
        threads.append(every(SHAKE_SECONDS / options.pace, soak.over, shake, soak, ground))
        while time.monotonic() - began < options.minutes * 60:
            time.sleep(1)
            assert process.poll() is None, "the service ended; see service.log"
        soak.over.set()
        for thread in threads:
            thread.join(120)
        problems = report(soak, ground.stored_events(home), options.minutes)
        shutil.copy(home / "service.log", tempfile.gettempdir() + "/rb-soak-service.log")
    for problem in problems:
        print(f"WRONG: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
