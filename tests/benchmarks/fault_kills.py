"""`kill -9` at many moments of ingest, train, promote and publish: what was left, and what a rerun did."""

import os
import random
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fault_http import ask, make_key, served
from fault_tools import print_table, run, start

MOMENTS = 2
"""Random moments per verb, besides those after a marker."""

FIRST_SECOND = 1.5
"""The command only loads its libraries before that."""


@dataclass(frozen=True)
class Victim:
    """A verb to be killed.

    Attributes:
        name: how it is shown.
        arguments: the call.
        markers: name -> whether what the moment waits for is there (home).
    """

    name: str
    arguments: tuple[str, ...]
    markers: dict[str, Callable[[Path], bool]]


def _found(pattern: str) -> Callable[[Path], bool]:
    return lambda home: any(home.glob(pattern))


def _scratch(pattern: str) -> Callable[[Path], bool]:
    return lambda _: any(Path(os.environ["TMPDIR"]).glob(pattern))


def victims(chain: Path) -> list[Victim]:
    ours = "var/main"
    return [
        Victim(
            "ingest",
            ("ingest", str(chain)),
            {
                "scratch folder made": _scratch("retail-brain-ingest.*"),
                "first data file": _found(f"{ours}/lake/*/*.parquet"),
                "transactions committed": _found(f"{ours}/lake/transactions/_delta_log/*0.json"),
            },
        ),
        Victim(
            "train demand",
            ("train", "demand"),
            {
                "run opened in MLflow": lambda home: "RUNNING" in mlflow_runs(home),
                "model being saved": _scratch("retail-brain-log.*/model/*"),
            },
        ),
        Victim(
            "train recommender",
            ("train", "recommender"),
            {
                "run opened in MLflow": lambda home: "RUNNING" in mlflow_runs(home),
                "model being saved": _scratch("retail-brain-log.*/model/*"),
            },
        ),
        Victim(
            "promote demand",
            ("promote", "demand", "2", "--force"),
            {
                "bundle begun": _found(f"{ours}/bundles/demand/.2.*"),
                "bundle whole": _found(f"{ours}/bundles/demand/2"),
                "pointer moved": lambda home: pointer(home) == "2",
                "publishing begun": _found(f"{ours}/answers/.*.tmp"),
            },
        ),
        Victim(
            "publish",
            ("publish",),
            {
                "answers begun": _found(f"{ours}/answers/.*.tmp"),
                "manifest written": _found(f"{ours}/answers/.*.tmp/manifest.json"),
            },
        ),
    ]


def pointer(home: Path, file: str = "bundles/demand/CHAMPION") -> str:
    path = home / "var" / "main" / file
    return path.read_text(encoding="utf-8").strip() if path.exists() else "none"


def mlflow_runs(home: Path) -> list[str]:
    """States of the runs."""
    database = home / "mlruns" / "main" / "mlflow.db"
    if not database.exists():
        return []
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10) as connection:
        return [row[0] for row in connection.execute("select status from runs")]


def lake(home: Path) -> tuple[int, int, int]:
    """Committed tables, data files, and data files that no commit names."""
    folder = home / "var" / "main" / "lake"
    logs = [path for path in folder.glob("*/_delta_log/*.json") if path.stem.isdigit()]
    named = " ".join(path.read_text(encoding="utf-8") for path in logs)
    files = [path.name for path in folder.glob("*/*.parquet") if path.parent.name != "quarantine"]
    return len({path.parent.parent for path in logs}), len(files), sum(name not in named for name in files)


def leftovers(home: Path, scratch: Path) -> list[str]:
    """Unfinished files and folders, without those of the service that is running."""
    kept = [path.relative_to(home).as_posix() for path in home.rglob("*.tmp")]
    return [*kept, *(path.name for path in scratch.iterdir() if not path.name.startswith("bentoml-"))]


def state(home: Path, scratch: Path) -> str:
    tables, files, orphans = lake(home)
    runs = mlflow_runs(home)
    left = leftovers(home, scratch)
    return (
        f"lake {tables} tables, {orphans} of {files} files unnamed; champion {pointer(home)}; "
        f"runs {runs.count('FINISHED')} finished, {runs.count('RUNNING')} running, {runs.count('KILLED')} killed; "
        f"{len(left)} temporary"
    )


class Watch(threading.Thread):
    """Asks the service for the same forecast until it is stopped; keeps what was not a whole answer."""

    def __init__(self, port: int, key: str, body: bytes) -> None:
        super().__init__(daemon=True)
        self._port, self._key, self._body = port, key, body
        self._stop_asking = threading.Event()
        self.asked = 0
        self.failed: list[str] = []

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        while not self._stop_asking.wait(0.05):
            status, answer = ask(self._port, "/forecast", self._body, headers)
            self.asked += 1
            if status != 200 or b'"forecasts":[{' not in answer:
                self.failed.append(f"{status} {answer[:100]!r}")

    def stop(self) -> None:
        self._stop_asking.set()
        self.join()


def report(home: Path, chain: Path, work: Path) -> list[str]:
    """Prints the tables; returns what was wrong."""
    import polars as pl

    row = pl.read_parquet(chain / "transactions.parquet").row(0, named=True)
    body = f'{{"store_id": "{row["store_id"]}", "product_ids": ["{row["product_id"]}"], "horizon": 7}}'.encode()
    scratch = work / "scratch"
    scratch.mkdir()
    os.environ["TMPDIR"] = str(scratch)
    base = work / "kills"
    shutil.copytree(home, base)
    for arguments in (("train", "demand"), ("publish",)):
        done = run(base, *arguments)
        if done.code:
            return [f"{arguments} failed before any kill: {done.message}"]
    key, rows, wrong = make_key(base, "admin"), [], []
    asked = lost = 0
    try:
        for victim in victims(chain):
            if victim.name == "ingest":
                rows += _kill_all(victim, None, chain, work, scratch, wrong)
                continue
            with served(base) as port:
                watch = Watch(port, key, body)
                watch.start()
                rows += _kill_all(victim, base, chain, work, scratch, wrong)
                watch.stop()
            asked, lost = asked + watch.asked, lost + len(watch.failed)
            wrong += [f"{victim.name}: an answer failed: {failed}" for failed in watch.failed[:3]]
    finally:
        os.environ.pop("TMPDIR")
        tempfile.tempdir = None
    head = ("killed verb", "moment", "left", "rerun: exit", "then")
    print_table("Killed", head, rows)
    print(f"\nAnswers asked for from the service meanwhile: {asked:,}; wrong or missing: {lost:,}")
    return wrong


def _kill_all(
    victim: Victim, base: Path | None, chain: Path, work: Path, scratch: Path, wrong: list[str]
) -> list[tuple[str, str, str, int, str]]:
    """Kills a verb at every moment; each time a rerun follows. Ingest starts from nothing, the others from `base`."""
    length = _length(victim, base, work)
    chance = random.Random(7)
    random_moments = sorted(chance.uniform(FIRST_SECOND, length) for _ in range(MOMENTS))
    moments: list[tuple[str, float | Callable[[Path], bool]]] = [
        *((f"{second:.1f} s of {length:.0f} s", second) for second in random_moments),
        *victim.markers.items(),
    ]
    rows = []
    for what, moment in moments:
        home = base or _fresh(work)
        _reset(home, victim)
        before = set(scratch.iterdir())
        killed = _kill(victim, home, moment)
        left = state(home, scratch)
        done = run(home, *victim.arguments, timeout=300)
        after = state(home, scratch)
        rows.append((f"`{victim.name}`", what if killed else f"{what} (it ended first)", left, done.code, after))
        wrong += [f"{victim.name} {what}: rerun ended with {done.code}: {done.message}"] if done.code else []
        wrong += [f"{victim.name} {what}: traceback {done.said[-800:]}"] if done.crashed else []
        stale = [name for name in leftovers(home, scratch) if "retail-brain-" in name or ".rb-" in name]
        wrong += [f"{victim.name} {what}: left after the rerun: {stale}"] if stale else []
        wrong += [f"{victim.name} {what}: a run is still open"] if "RUNNING" in mlflow_runs(home) else []
        for path in set(scratch.iterdir()) - before:
            shutil.rmtree(path, ignore_errors=True)
    return rows


def _length(victim: Victim, base: Path | None, work: Path) -> float:
    home = base or _fresh(work)
    _reset(home, victim)
    return run(home, *victim.arguments).seconds


def _fresh(work: Path) -> Path:
    home = work / "fresh"
    shutil.rmtree(home, ignore_errors=True)
    return home


def _reset(home: Path, victim: Victim) -> None:
    """Before a promotion: version 1 is champion and version 2 was never exported."""
    if victim.name == "promote demand":
        done = run(home, "promote", "demand", "1", "--force", "--no-publish")
        assert done.code == 0, done.said
        shutil.rmtree(home / "var" / "main" / "bundles" / "demand" / "2", ignore_errors=True)


def _kill(victim: Victim, home: Path, moment: float | Callable[[Path], bool]) -> bool:
    """Starts the verb and kills it; False when it ended before the moment came."""
    process = start(home, *victim.arguments)
    began = time.monotonic()
    while process.poll() is None:
        if time.monotonic() - began >= moment if isinstance(moment, float) else moment(home):
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return True
        time.sleep(0.002)
    process.communicate()
    return False
