"""`kill -9` at random moments of every verb that writes: does the rerun end as the undisturbed run does?

    python tests/benchmarks/bench_kills.py [--kills 100] [--seed 1] [--ready HOME] [--verbs VERB ...]

Each verb runs on the smallest sample chain, from a copy of the same home. First it runs twice without a kill: what
differs between these two (times, random ids) is compared by its presence only. Then, for every kill, a copy of the home
is taken, the verb is killed at a random moment of its length, run again to its end, and the home is compared with that
of the undisturbed run: rows of the lake, of features and of the operational database, files of bundles, models and
answers, what was exported and backed up. Left-overs of the killed run count as a difference too.
"""

import argparse
import hashlib
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from fault_tools import print_table, ready_home, run, small_chain, start

Print = dict[str, str]
"""Name of a part of a home -> digest of what it holds."""
_TABLES = ("decisions", "exports", "export_lines", "receipts", "rules", "overrides", "events")
_VOLATILE = {"manifest.json", "MLmodel", "meta.yaml", "python_env.yaml", "conda.yaml", "requirements.txt"}
"""Files that name times, versions or random ids: their presence is compared."""


@dataclass(frozen=True)
class Verb:
    """A call to be killed, on a copy of the home `base` (or on an empty one)."""

    name: str
    arguments: tuple[str, ...]
    is_fresh: bool = False


def verbs(chain: Path, backup: Path) -> list[Verb]:
    """The verbs; HOME in an argument stands for the home of the call."""
    return [
        Verb("ingest", ("ingest", str(chain)), is_fresh=True),
        Verb("features", ("features",)),
        Verb("train demand", ("train", "demand")),
        Verb("train recommender", ("train", "recommender")),
        Verb("promote", ("promote", "demand", "2", "--force")),
        Verb("publish", ("publish",)),
        Verb("export", ("orders", "export", "--to", "HOME/orders.csv")),
        Verb("backup", ("backup", "--to", "HOME/backup.tar.gz")),
        Verb("restore", ("restore", str(backup)), is_fresh=True),
        Verb("events collect", ("events", "collect")),
    ]


def fingerprint(home: Path) -> Print:
    """Digests of all that a home holds, under names that do not change from run to run."""
    found: Print = {}
    main = home / "var" / "main"
    for table in sorted((main / "lake").glob("*/_delta_log")):
        found[f"lake/{table.parent.name}"] = rows_digest(pl.read_delta(str(table.parent)))
    for file in sorted((main / "features").rglob("*.parquet")):
        found[f"features/{file.parent.relative_to(main / 'features')}"] = ""
    for name, frame in feature_tables(main / "features"):
        found[f"features/{name}"] = rows_digest(frame)
    current = main / "answers" / "CURRENT"
    if current.exists():
        add_files(found, "answers", main / "answers" / current.read_text().strip())
    for pointer in sorted((main / "bundles").glob("*/CHAMPION")):
        found[f"champion/{pointer.parent.name}"] = pointer.read_text().strip()
        add_files(found, f"bundle/{pointer.parent.name}", pointer.parent / pointer.read_text().strip())
    add_models(found, home)
    add_database(found, home / "var" / "operational.db")
    for file in (home / "orders.csv",):
        if file.exists():
            frame = pl.read_csv(file, infer_schema=False)
            found["orders.csv"] = rows_digest(frame.drop("export_id", "decided_at", strict=False))
    if (home / "backup.tar.gz").exists():
        add_backup(found, home / "backup.tar.gz")
    left = [*home.rglob("*.tmp"), *home.rglob(".*.tmp*"), *home.rglob(".rb-*")]
    found |= {f"left over: {path.name}": "" for path in left}
    return found


def rows_digest(frame: pl.DataFrame) -> str:
    """Digest of the rows, whatever their order; lists as text."""
    frame = frame.select(sorted(frame.columns))
    rows = sorted(repr(row) for row in frame.iter_rows())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def feature_tables(folder: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each feature table, its parts put together."""
    for name in sorted({path.relative_to(folder).parts[0] for path in folder.rglob("*.parquet")}):
        files = sorted((folder / name).rglob("*.parquet")) if (folder / name).is_dir() else [folder / name]
        yield name, pl.concat([pl.read_parquet(file) for file in files], how="diagonal")


def add_files(found: Print, name: str, folder: Path) -> None:
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = b"" if file.name in _VOLATILE else file.read_bytes()
        found[f"{name}/{file.relative_to(folder)}"] = hashlib.sha256(content).hexdigest()


def add_models(found: Print, home: Path) -> None:
    """Registered versions and the metrics of their runs; states of all runs."""
    database = home / "mlruns" / "main" / "mlflow.db"
    if not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection:
        versions = connection.execute("select name, version, run_id from model_versions order by 1, 2").fetchall()
        for name, version, run_id in versions:
            metrics = connection.execute(
                "select key, value, step from metrics where run_uuid = ? order by 1, 3", [run_id]
            )
            found[f"model/{name}/{version}"] = repr([row for row in metrics if "seconds" not in row[0]])
        states = {row[0] for row in connection.execute("select status from runs")}
        if "RUNNING" in states:
            found["left over: a run is open"] = ""


def add_database(found: Print, database: Path) -> None:
    """Rows of the operational database without times and random ids, in order."""
    if not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection:
        for table in _TABLES:
            cursor = connection.execute(f"select * from {table}")
            names = [column[0] for column in cursor.description]
            keep = [
                place for place, name in enumerate(names) if not name.endswith(("_at", "export_id")) and name != "id"
            ]
            rows = sorted(repr([row[place] for place in keep]) for row in cursor)
            found[f"database/{table}"] = f"{len(rows)} {hashlib.sha256(repr(rows).encode()).hexdigest()}"


def add_backup(found: Print, file: Path) -> None:
    with tarfile.open(file) as archive:
        for member in archive:
            data = archive.extractfile(member)
            content = b"" if data is None or Path(member.name).name in _VOLATILE else data.read()
            if member.name.endswith(".db"):
                content = b""
            found[f"backup/{member.name}"] = hashlib.sha256(content).hexdigest()


def same_by_nature(first: Print, second: Print) -> set[str]:
    """Names whose content is the same in two undisturbed runs, and so must be after a kill."""
    return {name for name, digest in first.items() if second.get(name) == digest}


def differences(wanted: Print, got: Print, fixed: set[str]) -> list[str]:
    """What a rerun left otherwise than the undisturbed run."""
    missing = [f"missing {name}" for name in wanted if name not in got and name in fixed]
    more = [name if name.startswith("left over") else f"more: {name}" for name in got if name not in wanted]
    return [*missing, *more, *(f"other {name}" for name in fixed if name in got and got[name] != wanted[name])]


class Killer:
    """Kills verbs on copies of one home."""

    def __init__(self, base: Path, work: Path, seed: int) -> None:
        self.base, self.work = base, work
        self.chance = random.Random(seed)

    def home(self, verb: Verb) -> Path:
        home = self.work / "victim"
        shutil.rmtree(home, ignore_errors=True)
        if not verb.is_fresh:
            shutil.copytree(self.base, home)
        return home

    def arguments(self, verb: Verb, home: Path) -> list[str]:
        return [text.replace("HOME", str(home)) for text in verb.arguments]

    def undisturbed(self, verb: Verb) -> tuple[Print, float]:
        home = self.home(verb)
        done = run(home, *self.arguments(verb, home))
        assert done.code == 0, f"{verb.name}: {done.said[-2000:]}"
        return fingerprint(home), done.seconds

    def kill(self, verb: Verb, second: float) -> tuple[Path, bool]:
        """Starts the verb and kills it after some seconds; whether it was still running."""
        home = self.home(verb)
        process = start(home, *self.arguments(verb, home))
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=second)
        was_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return home, was_running

    def report(self, verb: Verb, kills: int) -> tuple[tuple[object, ...], list[str]]:
        """A row of the table, and what was wrong."""
        wanted, _ = self.undisturbed(verb)
        again, length = self.undisturbed(verb)
        fixed = same_by_nature(wanted, again)
        problems, ran = [], 0
        for _ in range(kills):
            # the libraries are loaded in the first part, which writes nothing
            second = self.chance.uniform(0.3 * length if length < 6 else 1.5, length)
            home, was_running = self.kill(verb, second)
            ran += was_running
            done = run(home, *self.arguments(verb, home), timeout=900)
            where = f"{verb.name} killed at {second:.2f} of {length:.2f} s"
            if done.code or done.crashed:
                problems.append(f"{where}: the rerun ended with {done.code}: {done.message}")
                continue
            problems += [f"{where}: {text}" for text in differences(wanted, fingerprint(home), fixed)[:4]]
        row = (f"`{verb.name}`", f"{length:.1f}", kills, ran, f"{len(fixed)} of {len(wanted)}", len(problems))
        print(row, *problems, sep="\n", flush=True)
        return row, problems


def with_decisions(home: Path) -> None:
    """Approved orders to be exported, events to be collected, and a second version of the demand model to promote."""
    from datetime import UTC, date, datetime

    from retail_brain.operational.database import Database
    from retail_brain.operational.decisions import Decision, store_decisions
    from retail_brain.operational.events import Event, store_events
    from retail_brain.outputs import suggestion_id
    from retail_brain.workspace import Workspace
    from serving.store.answer_set import open_current

    answers = open_current(home / "var" / "main" / "answers")
    as_of = date.fromisoformat(answers.manifest.as_of)
    now = datetime(2026, 1, 5, 8, tzinfo=UTC)
    store, products = answers.stores.ids[0], [answers.products.ids[row] for row in range(12)]
    decisions = [
        Decision(
            decision_id=f"d-{product}",
            suggestion_id=suggestion_id(store, product, as_of.isoformat()),
            store_id=store,
            product_id=product,
            as_of=as_of,
            decision="changed",
            suggested_quantity=4.0,
            quantity=5.0,
            reason="fair",
            decided_by="n",
        )
        for product in products
    ]
    events = [
        Event(
            event_id=f"e-{place}",
            occurred_at=now.replace(tzinfo=None),
            event_type="view",
            customer_id="C1",
            product_id=products[0],
        )
        for place in range(50)
    ]
    with closing(Database(Workspace(home).database_url)) as database:
        store_decisions("main", database, decisions, now=now)
        store_events("main", database, events, now=now)
    done = run(home, "train", "demand")
    assert done.code == 0, done.said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="in all, shared out over the verbs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ready", type=Path, help="folder that an earlier run kept its chain, home and backup in")
    parser.add_argument("--verbs", nargs="*", help="only these")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rb-kills-") as folder:
        kept = options.ready or Path(folder)
        chain, base, backup = kept / "chain", kept / "base", kept / "base.tar.gz"
        if not backup.exists():
            small_chain(chain)
            ready_home(chain, base)
            with_decisions(base)
            assert run(base, "backup", "--to", backup).code == 0
        killer, rows, problems = Killer(base, Path(folder), options.seed), [], []
        chosen = [verb for verb in verbs(chain, backup) if not options.verbs or verb.name in options.verbs]
        for place, verb in enumerate(chosen):
            share = options.kills // len(chosen) + (place < options.kills % len(chosen))
            row, wrong = killer.report(verb, share)
            rows.append(row)
            problems += wrong
    head = ("verb", "seconds", "kills", "while it ran", "parts that must be the same", "differences after the rerun")
    print_table(f"Killed, in {(time.monotonic() - began) / 60:.0f} minutes", head, rows)
    print(json.dumps(problems, indent=1), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
