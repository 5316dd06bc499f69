"""Fuzzes the service as /docs.json describes it, in doses of each route, until so many requests were made up.

    python -m venv FUZZ && FUZZ/bin/pip install schemathesis==4.32.5
    python tests/benchmarks/bench_fuzz.py --home HOME --tools FUZZ --record FILE [--requests 100000] [--minutes M]

HOME is a copy of a home with published answers of the sample chain: the fuzzer writes events, decisions and rules into
it. The tool is no dependency. A route's first dose runs all phases (examples, coverage, fuzzing); later ones go on with
other seeds in fuzzing alone. FILE has a line per dose, so that a second call goes on where the first one ended.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench_events import kill_all, serve

from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace

DOSE = 600
"""Requests made up for a route at a time: a minute for most routes."""
UNTARGETED = """
import hypothesis
hypothesis.target = lambda *_, **__: None
"""
"""Schemathesis steers towards requests that are taken, for which Hypothesis shrinks what it has for minutes without a
request: a dose took more than eight minutes, and takes half a minute without."""
RULES = """
[checks.positive_data_acceptance]
# 404: an id that is not known; 409: somebody was faster; 422: what the state of orders or the calendar forbids
expected-statuses = ["2xx", 404, 409, 422]
[checks.negative_data_rejection]
# 413: a list that is too long may make a body that is
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
[[operations]]
# keeps the good events of a batch and names the others
include-path = "/events"
[operations.checks.negative_data_rejection]
enabled = false
[[operations]]
# takes times without a zone, which are business time; the format of JSON schema wants one
include-path = "/campaign_receipts"
[operations.checks.negative_data_rejection]
enabled = false
[[operations]]
# ends_at before starts_at, which JSON schema cannot state
include-path = "/rules"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 409, 422]
"""


@contextmanager
def running(home: Path) -> Iterator[tuple[str, str]]:
    """A service on a copy of a home as long as the block lasts: its address and a key that may do everything."""
    database = Database(Workspace(home).database_url)
    upgrade(database)
    key = create_key("main", database, role="admin", name="fuzz", now=datetime.now(UTC))
    database.close()
    process, port = serve(home.resolve(), 1)
    try:
        yield f"http://127.0.0.1:{port}", key
    finally:
        kill_all(process)


def dose(options: argparse.Namespace, address: str, key: str, path: str, number: int) -> dict[str, Any]:
    """Runs schemathesis on one route; what it says is kept beside the record where it found something."""
    phases = "examples,coverage,fuzzing" if number == 0 else "fuzzing"
    program = [options.tools.resolve() / "bin" / "schemathesis", "run", f"{address}/docs.json", "--include-path", path]
    settings = ["-n", str(DOSE), "--seed", str(options.seed + number), "--phases", phases, "--request-timeout", "60"]
    quiet = ["--continue-on-failure", "--no-color", "--suppress-health-check", "all", "--warnings", "off"]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "schemathesis.toml").write_text(RULES)
        Path(folder, "untargeted.py").write_text(UNTARGETED)
        done = subprocess.run(
            [*program, *settings, *quiet, "-H", f"Authorization: Bearer {key}"],
            cwd=folder,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "untargeted", "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    told = re.search(r"([\d,]+) generated", done.stdout)
    if done.returncode or told is None:
        name = f"{options.record.stem}{path.replace('/', '-')}-{number}.txt"
        options.record.with_name(name).write_text(done.stdout + done.stderr)
    made = 0 if told is None else int(told.group(1).replace(",", ""))
    seconds = round(time.monotonic() - began, 1)
    return {"path": path, "number": number, "requests": made, "code": done.returncode, "seconds": seconds}


def told(record: Path) -> list[dict[str, Any]]:
    """The doses so far."""
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def next_path(paths: list[str], doses: list[dict[str, Any]]) -> tuple[str, int]:
    """The route with the fewest doses so far, and the number of its next one."""
    counts = {path: sum(one["path"] == path for one in doses) for path in paths}
    path = min(paths, key=lambda one: counts[one])
    return path, counts[path]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a copy: the fuzzer writes into it")
    parser.add_argument("--tools", type=Path, required=True, help="folder of the virtual environment with schemathesis")
    parser.add_argument("--record", type=lambda text: Path(text).resolve(), required=True, help="JSON lines")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=1e9, help="no further dose is begun after these")
    parser.add_argument("--paths", nargs="*", help="only these routes")
    parser.add_argument("--seed", type=int, default=14)
    options = parser.parse_args()
    with running(options.home) as (address, key):
        ends = time.monotonic() + 60 * options.minutes
        with urllib.request.urlopen(f"{address}/docs.json") as answer:
            described = sorted(json.load(answer)["paths"])
        paths = [path for path in described if not options.paths or path in options.paths]
        while sum(one["requests"] for one in told(options.record)) < options.requests and time.monotonic() < ends:
            done = dose(options, address, key, *next_path(paths, told(options.record)))
            with options.record.open("a") as file:
                file.write(json.dumps(done) + "\n")
            print(*done.values(), flush=True)
    doses = told(options.record)
    wrong = [one for one in doses if one["code"]]
    print(f"{sum(one['requests'] for one in doses):,} requests in {len(doses)} doses, {len(wrong)} with a failure")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
