"""Processor, clock and memory of verbs on each engine, and whether what they write is equal.

    python tests/benchmarks/bench_engine.py HOME --kinds process pool ray --verbs features forecast recommend

HOME is a home folder with champions; it is copied. What a command starts is found by a mark in its environment, so that
workers of Ray count too; memory is the sum of the proportional shares of all of them at the worst moment.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

MARK = "RB_BENCH_ENGINE"
CALL = "from retail_brain.cli import main; main()"
TICKS = os.sysconf("SC_CLK_TCK")
VERBS = {
    "features": ["features", "--out", "{out}"],
    "forecast": ["forecast", "--out", "{out}.parquet"],
    "recommend": ["recommend", "--out", "{out}.parquet"],
}


def measured(command: list[str], log: Path) -> tuple[float, float, float]:
    """Seconds of processor, seconds by the clock and the peak of memory (MB) of a command and what it starts."""
    mark = uuid.uuid4().hex
    began, used, peak = time.perf_counter(), {}, 0.0
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | {MARK: mark})
        while process.poll() is None:
            together = 0.0
            for place in Path("/proc").glob("[0-9]*"):
                try:
                    if f"{MARK}={mark}".encode() not in (place / "environ").read_bytes():
                        continue
                    fields = (place / "stat").read_text().rsplit(")", 1)[1].split()
                    # its own and those of its ended children, which have no entry any more
                    used[place.name] = sum(map(int, fields[11:13]))
                    rollup = (place / "smaps_rollup").read_text()
                    together += int(rollup.split("Pss:")[1].split()[0]) / 1e3
                except (OSError, IndexError):
                    continue
            peak = max(peak, together)
            time.sleep(0.2)
    if process.returncode:
        sys.exit(log.read_text())
    return sum(used.values()) / TICKS, time.perf_counter() - began, peak


def read(out: Path) -> dict[str, pl.DataFrame]:
    """The tables of a verb, sorted by what tells their rows apart."""
    files = {"table": out.with_suffix(".parquet")} if out.with_suffix(".parquet").exists() else {}
    frames = {name: pl.read_parquet(file) for name, file in files.items()}
    for folder in sorted(out.iterdir()) if out.is_dir() else ():
        if folder.is_dir() and folder.name != "state":
            frames[folder.name] = pl.read_parquet(sorted(folder.glob("*.parquet")))
    keys = ("id_type", "id_value", "store_id", "customer_id", "person_id", "product_id", "date", "rank")
    return {name: frame.sort([key for key in keys if key in frame.columns]) for name, frame in frames.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--kinds", nargs="+", default=["process", "pool", "ray"])
    parser.add_argument("--verbs", nargs="+", default=list(VERBS))
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        first: dict[str, dict[str, pl.DataFrame]] = {}
        for kind in asked.kinds:
            home = Path(scratch) / kind
            shutil.copytree(asked.home, home, symlinks=True)
            settings = home / "var" / "main" / "settings.toml"
            text = settings.read_text() if settings.exists() else ""
            settings.write_text(f'{text}\n[engine]\nkind = "{kind}"\nworkers = {asked.workers}\n')
            for verb in asked.verbs:
                out = Path(scratch) / f"{kind}-{verb}"
                words = [word.format(out=out) for word in VERBS[verb]]
                command = [sys.executable, "-c", CALL, "--home", str(home), *words]
                processor, clock, peak = measured(command, Path(scratch) / "log")
                found = read(out)
                expected = first.setdefault(verb, found)
                for name, frame in found.items():
                    assert_frame_equal(frame, expected[name], rel_tol=1e-9, abs_tol=1e-9)
                rows = sum(frame.height for frame in found.values())
                print(
                    f"{verb:<10} {kind:<8} {processor:7.1f} s of processor {clock:7.1f} s {peak:7.0f} MB {rows:,} rows"
                )


if __name__ == "__main__":
    main()
