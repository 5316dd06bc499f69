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
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
from fault_tools import print_table, ready_home, run, small_chain, start
from home_prints import Print, differences, fingerprint, same_by_nature
from kill_forks import fingerprint_forked, load, run_forked

SETTINGS = """
[data]
country = "CN"
[demand]
sample_paths = 20
backtest_windows = 1
"""
"""Of the tenant: little to compute, since the files that are left are what counts."""
CAMPAIGN = {
    "name": "Spring",
    "kind": "mixed",
    "starts_on": "2025-03-11",
    "ends_on": "2025-03-25",
    "slots": [{"channel": "sms", "text": "Spring.", "text_zh": "春天。", "contact_cost": 0.01}],
}
TRIGGER = {
    "name": "Bag",
    "kind": "bag_add",
    "delay_minutes": 0,
    "holdout_share": 0.0,
    "slots": [{"channel": "sms", "text": "{product} waits.", "text_zh": "{product}还在。"}],
}
EARLIER = "2025-03-05"
"""A day of the history: features of the last day are there already."""
ERASED, MERGED = "C00030", ("C00031", "C00032")
"""Customers of the chain whom no refusal names."""
TRIES = 4
"""Moments that are drawn for one kill: a verb may be over before one, where the machine was faster."""


@dataclass(frozen=True)
class Verb:
    """A call to be killed, on a copy of the ready home (or on an empty one).

    Attributes:
        is_fresh: starts from an empty home.
        done: what the refusal says where the killed call had done all and only its last word is missing.
    """

    name: str
    arguments: tuple[str, ...]
    is_fresh: bool = False
    done: str = ""


def verbs(kept: Path) -> list[Verb]:
    """The verbs; HOME in an argument stands for the home of the call."""
    return [
        Verb("ingest", ("ingest", str(kept / "chain")), is_fresh=True),
        Verb("features", ("features", "--as-of", EARLIER)),
        Verb("train demand", ("train", "demand")),
        Verb("train recommender", ("train", "recommender")),
        Verb("promote", ("promote", "demand", "2", "--force")),
        Verb("publish", ("publish",)),
        Verb("orders export", ("orders", "export", "--to", "HOME/orders.csv")),
        Verb("orders receive", ("orders", "receive", str(kept / "came.csv"), "--on", "2025-03-12")),
        Verb("campaign push", ("campaign", "push", "spring", "--to", "HOME/due.csv", "--day", "2025-03-20")),
        Verb("events collect", ("events", "collect")),
        Verb("contacts optout", ("contacts", "optout", str(kept / "refused.csv"), "--on", "2025-03-12")),
        Verb("forecast", ("forecast", "--horizon", "7", "--out", "HOME/forecast.parquet")),
        Verb("backup", ("backup", "--to", "HOME/backup.tar.gz")),
        Verb("restore", ("restore", str(kept / "base.tar.gz")), is_fresh=True),
        Verb("privacy erase", ("privacy", "erase", ERASED, "--yes"), done="nobody is known as"),
        Verb(
            "quarantine retry",
            ("quarantine", "retry", "inventory", str(kept / "mended.csv")),
            done="set aside",
        ),
        Verb("identity merge", ("identity", "merge", *MERGED, "--reason", "same house")),
        Verb("trigger run", ("trigger", "run", "--to", "HOME/messages.csv", "--at", "2025-03-11T18:00")),
        Verb("guides make", ("guides", "make")),
    ]


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
        done = self.run(home, *self.arguments(verb, home), timeout=900)
        had_ended = bool(verb.done) and verb.done in done.message
        if done.crashed or (done.code and not had_ended):
            problems = [f"the rerun ended with {done.code}: {done.message}"]
        else:
            problems = differences(usual.wanted, self.fingerprint(home), usual.fixed)
        return Kill(verb.name, number, at, round(time.monotonic() - began, 1), problems)

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
        is_killed = done.code == -signal.SIGKILL
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


def make_ready(kept: Path) -> None:
    """Makes chain, home and backup in a folder."""
    kept.mkdir(parents=True, exist_ok=True)
    chain, base = kept / "chain", kept / "base"
    small_chain(chain)
    settings = base / "var" / "main" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS)
    ready_home(chain, base)
    with_rows(base, kept)
    for arguments in (("train", "demand"), ("backup", "--to", kept / "base.tar.gz")):
        done = run(base, *arguments)
        assert done.code == 0, done.said


def with_rows(home: Path, kept: Path) -> None:
    """Orders to be exported and received, events to be collected, refusals to be taken, contacts to be handed over."""
    from datetime import UTC, date, datetime

    from retail_brain.operational.database import Database
    from retail_brain.operational.decisions import Decision, store_decisions
    from retail_brain.operational.events import Event, store_events
    from retail_brain.operational.upgrade import upgrade
    from retail_brain.outputs import suggestion_id
    from retail_brain.workspace import Workspace
    from serving.store.answer_set import open_current

    answers = open_current(home / "var" / "main" / "answers")
    as_of = date.fromisoformat(answers.manifest.as_of)
    now = datetime(2025, 3, 11, 8, tzinfo=UTC)
    store, products = answers.stores.ids[0], [answers.products.ids[row] for row in range(12)]
    ids = [suggestion_id(store, product, as_of.isoformat()) for product in products]
    decisions = [
        Decision(f"d-{product}", one, store, product, as_of, "changed", 4.0, 5.0, "fair", "n")
        for product, one in zip(products, ids, strict=True)
    ]
    times, people = now.replace(tzinfo=None), [answers.customers.ids[row] for row in range(20)]
    events = [
        Event(times, "view", event_id=f"e-{place}", customer_id="C1", product_id=products[0]) for place in range(50)
    ]
    events += [
        Event(times, "bag_add", event_id=f"b-{place}", customer_id=f"C{place + 1:05}", product_id=products[0])
        for place in range(60)
    ]
    with closing(Database(Workspace(home).database_url)) as database:
        upgrade(database)
        store_decisions("main", database, decisions, now=now)
        store_events("main", database, events, now=now)
    (kept / "came.csv").write_text("suggestion_id,units\n" + "".join(f"{one},5\n" for one in ids[:6]))
    (kept / "refused.csv").write_text("customer_id\n" + "\n".join(people) + "\n")
    (kept / "spring.json").write_text(json.dumps(CAMPAIGN | {"product_ids": products}))
    (kept / "bag.json").write_text(json.dumps(TRIGGER))
    for arguments in (
        ("campaign", "save", "spring", kept / "spring.json"),
        ("campaign", "preview", "spring"),
        ("campaign", "approve", "spring"),
        ("trigger", "save", "bag", kept / "bag.json"),
        ("ingest", counted_stock(kept)),
        ("quarantine", "show", "inventory", "--out", kept / "bad.csv"),
    ):
        done = run(home, *arguments)
        assert done.code == 0, done.said
    bad = pl.read_csv(kept / "bad.csv", infer_schema=False)
    bad.with_columns(on_hand=pl.lit("7")).write_csv(kept / "mended.csv")


def counted_stock(kept: Path) -> Path:
    """Counts that the lake has already, and two that cannot be read, to be set aside."""
    rows = pl.read_parquet(kept / "chain" / "inventory.parquet").head(200).cast(pl.String)
    bad = rows.head(2).with_columns(on_hand=pl.lit("seven"), date=pl.Series(["2025-03-08", "2025-03-09"]))
    folder = kept / "counts"
    folder.mkdir()
    pl.concat([rows, bad]).write_csv(folder / "inventory.csv")
    return folder


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
