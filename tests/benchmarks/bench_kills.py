"""`kill -9` at random moments of every verb that writes: does the rerun end as the undisturbed run does?

    python tests/benchmarks/bench_kills.py [--kills 100] [--seed 1] [--ready FOLDER] [--verbs VERB ...] [--minutes M]

Each verb runs on the smallest sample chain, from a copy of the same home. First it runs twice without a kill: what
differs between these two (times, random ids) is compared by its presence only. Then, for every kill, a copy of the home
is taken, the verb is killed, run again to its end, and the home is compared with that of the undisturbed run: rows of
the lake, of features and of the operational database, files of bundles, models and answers, what was exported and
backed up. Left-overs of the killed run count as a difference too.

Every second kill comes at a random second, the others before a random change of a file (open, write, rename, unlink,
fsync: `kill_at_write.c`, which a C compiler makes), since the seconds of a verb are mostly reading and computing.
With --forks verbs run in forks of one process that has the libraries loaded, and are killed before changes alone: a
tenth of the time, for verbs that start no threads before they begin. With --ready the chain, the home and every kill so
far (kills.jsonl) are kept there, and a second call goes on.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fault_tools import print_table, run, start
from home_prints import Print, differences, fingerprint, same_by_nature
from kill_forks import fingerprint_forked, load, run_forked
from kill_ground import Verb, make_ready, verbs

from retail_brain.operational.jobs import OPEN

TRIES = 4
"""Moments that are drawn for one kill: a verb may be over before one, where the machine was faster."""


@dataclass(frozen=True)
class Kill:
    """One kill and what the rerun left.

    Attributes:
        at: `12.3 of 15.0 s` or `change 100 of 900`.
        problems: what a rerun left otherwise; empty when it ended as the undisturbed run does.
    """

    verb: str
    number: int
    at: str
    seconds: float
    problems: list[str]


@dataclass(frozen=True)
class Usual:
    """Two undisturbed runs: what they leave, how long the second took, and how many changes of files it made."""

    wanted: Print
    fixed: set[str]
    seconds: float
    changes: int


class Killer:
    """Kills verbs on copies of one home."""

    def __init__(self, base: Path, work: Path, library: Path | None, seed: int, *, forks: bool = False) -> None:
        self.base, self.work, self.library, self.seed, self.forks = base, work, library, seed, forks
        self.run = run_forked if forks else run
        self.fingerprint = fingerprint_forked if forks else fingerprint

    def home(self, verb: Verb) -> Path:
        home = self.work / "victim"
        shutil.rmtree(home, ignore_errors=True)
        if not verb.is_fresh:
            shutil.copytree(self.base, home)
        if verb.prepared:
            with closing(sqlite3.connect(home / "var" / "operational.db")) as connection:
                connection.execute(verb.prepared)
                connection.commit()
        return home

    def arguments(self, verb: Verb, home: Path) -> list[str]:
        return [text.replace("HOME", str(home)) for text in verb.arguments]

    def usual(self, verb: Verb) -> Usual:
        wanted, _, _ = self.undisturbed(verb)
        again, seconds, changes = self.undisturbed(verb)
        return Usual(wanted, same_by_nature(wanted, again), seconds, changes)

    def undisturbed(self, verb: Verb) -> tuple[Print, float, int]:
        home, count = self.home(verb), self.work / "changes"
        count.unlink(missing_ok=True)
        with self.watched({"KILL_AT": "0", "KILL_COUNT": str(count)}):
            done = self.run(home, *self.arguments(verb, home))
        assert done.code == 0, f"{verb.name}: {done.said[-2000:]}"
        changes = max(map(int, count.read_text().split())) if count.exists() else 0
        return self.fingerprint(home), done.seconds, changes

    def watched(self, variables: dict[str, str]) -> "_Environment":
        preload = {} if self.library is None or self.forks else {"LD_PRELOAD": str(self.library)}
        return _Environment({**preload, "KILL_UNDER": str(self.work), **variables})

    def kill(self, verb: Verb, number: int, usual: Usual) -> Kill:
        """Kills the verb once, runs it again and compares."""
        chance = random.Random(f"{self.seed} {verb.name} {number}")
        began = time.monotonic()
        for _ in range(TRIES):
            by_change = self.library is not None and usual.changes and (number % 2 or self.forks)
            home, at = (self.at_change if by_change else self.at_second)(verb, usual, chance)
            if at is not None:
                break
        else:
            return Kill(verb.name, number, "over before", time.monotonic() - began, [])
        if verb.outlives:
            self.until_no_job(home)
        done = self.run(home, *self.arguments(verb, home), timeout=900)
        had_ended = bool(verb.done) and verb.done in done.message
        if done.crashed or (done.code and not had_ended):
            problems = [f"the rerun ended with {done.code}: {done.message}"]
        else:
            problems = differences(usual.wanted, self.fingerprint(home), usual.fixed)
        return Kill(verb.name, number, at, round(time.monotonic() - began, 1), problems)

    def until_no_job(self, home: Path) -> None:
        """Waits for the process that a killed verb had started; the verb `jobs list` notes one that is gone."""
        while any(row["state"] in OPEN for row in json.loads(self.run(home, "jobs", "list", "--json").said)["rows"]):
            time.sleep(1)

    def at_second(self, verb: Verb, usual: Usual, chance: random.Random) -> tuple[Path, str | None]:
        home, second = self.home(verb), chance.uniform(0.3, usual.seconds)
        process = start(home, *self.arguments(verb, home))
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=second)
        is_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return home, f"{second:.1f} of {usual.seconds:.1f} s" if is_running else None

    def at_change(self, verb: Verb, usual: Usual, chance: random.Random) -> tuple[Path, str | None]:
        home, change = self.home(verb), chance.randint(1, usual.changes)
        with self.watched({"KILL_AT": str(change)}):
            done = self.run(home, *self.arguments(verb, home))
        is_killed = done.code == -signal.SIGKILL or (verb.outlives and done.code == 1)
        return home, f"change {change} of {usual.changes}" if is_killed else None


class _Environment:
    """Variables of this process, and so of those that it starts, while the block lasts."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._variables = variables

    def __enter__(self) -> None:
        os.environ |= self._variables

    def __exit__(self, *_: object) -> None:
        for name in self._variables:
            del os.environ[name]


def made_library(folder: Path) -> Path | None:
    """The library that kills at a change of a file; None without a C compiler."""
    compiler, library = shutil.which("cc"), folder / "kill_at_write.so"
    if compiler is None:
        print("no C compiler: all kills come at a random second")
        return None
    source = Path(__file__).with_name("kill_at_write.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return library


def preload(library: Path | None) -> None:
    """Starts this process again with the library that kills, unless it has it, and loads what verbs use."""
    assert library is not None, "--forks needs a C compiler"
    if os.environ.get("LD_PRELOAD") != str(library):
        variables = {**os.environ, "LD_PRELOAD": str(library)}
        os.execve(sys.executable, [sys.executable, *sys.argv], variables)  # our own command
    load()


def shares(chosen: list[Verb], kills: int) -> Iterator[tuple[Verb, int]]:
    """How often each verb is killed."""
    for place, verb in enumerate(chosen):
        yield verb, kills // len(chosen) + (place < kills % len(chosen))


def told(record: Path) -> list[dict[str, Any]]:
    """The kills so far."""
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def report(chosen: list[Verb], rows: list[dict[str, Any]]) -> int:
    """Prints a row per verb and what was wrong; returns the number of kills with a difference."""
    table = []
    for verb in chosen:
        own = [row for row in rows if row["verb"] == verb.name]
        killed = [row for row in own if row["at"] != "over before"]
        by_change = sum(row["at"].startswith("change") for row in killed)
        wrong = sum(bool(row["problems"]) for row in killed)
        table.append((f"`{verb.name}`", len(killed), by_change, len(own) - len(killed), wrong))
    head = (
        "verb",
        "killed",
        "of them before a change of a file",
        "over before the moment",
        "reruns that ended otherwise",
    )
    print_table(f"Killed {sum(row[1] for row in table)} times", head, table)
    for row in rows:
        for problem in row["problems"]:
            print(f"{row['verb']} {row['number']} at {row['at']}: {problem}", file=sys.stderr)
    return sum(row[4] for row in table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="in all, shared out over the verbs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ready", type=Path, help="folder of the chain, the home, the backup and the kills so far")
    parser.add_argument("--verbs", nargs="*", help="only these")
    parser.add_argument("--forks", action="store_true", help="in forks of one process; see above")
    parser.add_argument("--minutes", type=float, default=1e9, help="no further kill is begun after these")
    options = parser.parse_args()
    ends = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory(prefix="rb-kills-") as folder:
        kept = (options.ready or Path(folder) / "kept").resolve()
        if not (kept / "base.tar.gz").exists():
            shutil.rmtree(kept, ignore_errors=True)
            make_ready(kept)
        record, work = kept / "kills.jsonl", Path(folder)
        library = made_library(kept)
        if options.forks:
            preload(library)
        killer = Killer(kept / "base", work, library, options.seed, forks=options.forks)
        chosen = [verb for verb in verbs(kept) if not options.verbs or verb.name in options.verbs]
        for verb, count in shares(chosen, options.kills):
            done = {row["number"] for row in told(record) if row["verb"] == verb.name}
            left = [number for number in range(count) if number not in done]
            if not left or time.monotonic() > ends:
                continue
            usual = killer.usual(verb)
            print(
                f"{verb.name}: {usual.seconds:.1f} s, {usual.changes} changes, {len(usual.fixed)} fixed parts",
                flush=True,
            )
            for number in left:
                if time.monotonic() > ends:
                    break
                kill = killer.kill(verb, number, usual)
                with record.open("a") as file:
                    file.write(json.dumps(asdict(kill)) + "\n")
                print(kill.verb, kill.number, kill.at, f"{kill.seconds} s", *kill.problems, sep=" | ", flush=True)
        return 1 if report(chosen, told(record)) else 0


if __name__ == "__main__":
    sys.exit(main())
