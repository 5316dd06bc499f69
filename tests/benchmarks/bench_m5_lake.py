"""M5 as a tenant would run it: ingested into a fresh home, trained, promoted, forecast, and killed on the way.

Needs the M5 files beside the project (`../shared/data/m5`). Run from the project's root; see docs/benchmarks.md:

    POLARS_MAX_THREADS=2 OMP_WAIT_POLICY=PASSIVE python tests/benchmarks/bench_m5_lake.py --work FOLDER [--stores CA_1]

Every verb is a process of its own. `train demand` is killed (SIGKILL) in its second backtest window and `forecast`
after some stores; each is then asked for again. Memory is that of the process and its children together.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_m5 import write_tables
from m5_origins import M5

COMMAND = [sys.executable, "-c", "from retail_brain.cli import main; main()"]
LIMIT_GIGABYTES = 8.0
SECONDS_INTO_A_WINDOW = 15.0
STORES_BEFORE_THE_KILL = 3
SETTINGS = '[data]\ncountry = "US"\n'
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Measured:
    """How a verb ended, and what it took: seconds, seconds of processor, peak gigabytes resident, its last words."""

    verb: str
    code: int
    wall: float
    processor: float
    peak: float
    said: list[str]

    def row(self) -> str:
        """One line of a Markdown table."""
        end = "killed" if self.code == -signal.SIGKILL else f"exit {self.code}"
        within = "yes" if self.peak <= LIMIT_GIGABYTES else "**no**"
        return (
            f"| {self.verb} | {end} | {self.wall:,.0f} | {self.processor:,.0f} | {self.peak:.2f} | {within} | "
            f"{'; '.join(line for line in self.said if 'estimate' in line or 'cut off' in line)} |"
        )


class Watch(threading.Thread):
    """Looks at the memory of a process and its children until it is told to stop."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process, self._over = process, threading.Event()
        self.peak = 0

    def run(self) -> None:
        while not self._over.wait(0.2):
            self.peak = max(self.peak, sum(_resident(pid) for pid in _family(self._process)))

    def stop(self) -> float:
        """Peak gigabytes."""
        self._over.set()
        self.join()
        return self.peak / 1e9


def _family(process: int) -> list[int]:
    """A process and all that descends from it."""
    found = [process]
    for pid in found:
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                found += [int(child) for child in path.read_text(encoding="ascii").split()]
            except OSError:
                continue
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except OSError:
        return 0


def run(home: Path, arguments: Sequence[str], log: Path, *, until: Callable[[], bool] | None = None) -> Measured:
    """Runs a verb to its end, or kills it as soon as `until` says so."""
    began = time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen([*COMMAND, "--home", str(home), *arguments], stdout=file, stderr=file)
    watch = Watch(process.pid)
    watch.start()
    pid, status, used = os.wait4(process.pid, os.WNOHANG)
    while not pid:
        if until is not None and until():
            process.send_signal(signal.SIGKILL)
            until = None
        time.sleep(0.2)
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)
    said = [" ".join(line.split()) for line in log.read_text(encoding="utf-8").splitlines()]
    print("\n".join(f"    {line}" for line in said), flush=True)
    processor, wall = used.ru_utime + used.ru_stime, time.monotonic() - began
    return Measured(" ".join(arguments[:2]), process.returncode, wall, processor, watch.stop(), said)


def second_window(home: Path) -> Callable[[], bool]:
    """True some seconds after the first window of the backtest was finished."""
    place = home / "var" / "main" / "unfinished" / "train-demand"
    since: list[float] = []

    def is_time() -> bool:
        done = [path for path in place.glob("*/????-??-??.part") if path.is_dir()]
        if done and not since:
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] > SECONDS_INTO_A_WINDOW

    return is_time


def some_stores(out: Path, count: int) -> Callable[[], bool]:
    """True once the tables of so many stores are there."""
    return lambda: len(list(out.parent.glob(f".{out.name}.work/*/*.part"))) >= count


def main() -> None:
    """Runs every verb, kills two, and prints what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--work", type=Path, required=True, help="folder to work in; home and tables in it are replaced"
    )
    parser.add_argument("--stores", nargs="*", help="only these stores")
    options = parser.parse_args()
    if not M5.is_dir():
        sys.exit(f"{M5} is missing: this benchmark needs M5")
    tables, home, log = (options.work / name for name in ("tables", "home", "log.txt"))
    for folder in (tables, home):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    write_tables(tables, options.stores)
    settings = home / "var" / "main" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    out = options.work / "forecast.parquet"
    stores = len(options.stores) if options.stores else 10
    moments: list[tuple[list[str], Callable[[], bool] | None]] = [
        (["ingest", str(tables)], None),
        (["train", "demand"], second_window(home)),
        (["train", "demand"], None),
        (["promote", "demand"], None),
        (["forecast", "--out", str(out)], some_stores(out, min(STORES_BEFORE_THE_KILL, stores - 1))),
        (["forecast", "--out", str(out)], None),
    ]
    rows = []
    for arguments, until in moments:
        print(" ".join(arguments), flush=True)
        rows.append(run(home, arguments, log, until=until))
        if rows[-1].code > 0:
            break
    print("| verb | end | s | processor s | peak GB | within 8 GB | of its own words |\n|---|---|---|---|---|---|---|")
    print("\n".join(row.row() for row in rows))
    left = home / "var" / "main" / "unfinished" / "train-demand"
    print(f"unfinished work left behind: {'yes' if left.exists() else 'none'}")


if __name__ == "__main__":
    main()
