"""What the fault tables are made with: the command in a process of its own, and Markdown."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl

COMMAND = [sys.executable, "-c", "from retail_brain.cli import main; main()"]
TABLES_IN_CSV = ("transactions", "products", "stores", "inventory")


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Attributes:
        code: exit code; negative: the signal that killed it.
        said: all it wrote to stderr and stdout.
    """

    code: int
    said: str
    seconds: float

    @property
    def crashed(self) -> bool:
        return "Traceback (most recent call last)" in self.said

    @property
    def message(self) -> str:
        """The error, or the last line."""
        flat = re.sub(r"[│╭╮╰╯─]+", " ", self.said)
        lines = [" ".join(line.split()) for line in flat.splitlines() if line.strip()]
        errors = [number for number, line in enumerate(lines) if line.startswith("Error")]
        if not errors:
            return lines[-1] if lines else ""
        return " ".join(lines[errors[-1] :]).removeprefix("Error: ").removeprefix("Error ")


def environment() -> dict[str, str]:
    given = {key: value for key, value in os.environ.items() if not key.startswith("RETAIL_BRAIN_")}
    if "FAULT_DATABASE_URL" in os.environ:
        given["RETAIL_BRAIN_DATABASE_URL"] = os.environ["FAULT_DATABASE_URL"]
    return given | {"OMP_WAIT_POLICY": "PASSIVE", "POLARS_MAX_THREADS": "2", "COLUMNS": "200", "NO_COLOR": "1"}


def start(home: Path, *arguments: object, log: IO[bytes] | None = None) -> "subprocess.Popen[str]":
    """Starts a verb without waiting for it; what it says goes to a pipe, or to a file."""
    return subprocess.Popen(
        [*COMMAND, "--home", str(home), *map(str, arguments)],
        stdout=log or subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )


def run(home: Path, *arguments: object, timeout: float = 300) -> Outcome:
    """Runs a verb to its end."""
    began = time.monotonic()
    process = start(home, *arguments)
    try:
        said, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        said += f"\nTraceback (most recent call last): still running after {timeout} s"
    return Outcome(process.returncode, said, time.monotonic() - began)


def small_chain(folder: Path) -> Path:
    """The sample chain's smallest size (27 products, 5 shops, 150 customers, 100 days) as Parquet."""
    from retail_brain.sample_chain.write import write

    write(folder, 1, "tiny")
    return folder


def as_csv(chain: Path, folder: Path) -> Path:
    """The tables that the bad inputs are made of, as CSV."""
    folder.mkdir(parents=True)
    for name in TABLES_IN_CSV:
        pl.read_parquet(chain / f"{name}.parquet").write_csv(folder / f"{name}.csv")
    return folder


def ready_home(chain: Path, home: Path) -> Path:
    """A tenant with everything: lake, both champions, published answers."""
    for arguments in (
        ("ingest", chain),
        ("train", "demand"),
        ("train", "recommender"),
        ("promote", "demand", "--no-publish"),
        ("promote", "recommender"),
    ):
        done = run(home, *arguments)
        if done.code:
            raise SystemExit(f"{arguments}: {done.said}")
    return home


def shown(text: str, hidden: Sequence[Path], width: int = 230) -> str:
    """A message for a table cell: without this machine's paths and not too long."""
    for path in hidden:
        text = text.replace(f"{path}/", "").replace(str(path), "...")
    text = text.replace(f"{Path(tempfile.gettempdir())}/", "").replace(f"{Path.cwd()}/", "").replace("|", "\\|")
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 3] + "..."


def print_table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    sys.stdout.flush()
