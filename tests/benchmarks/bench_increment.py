"""Processor seconds of one further day of the features against a build from nothing, by table, with peak memory.

    python tests/benchmarks/bench_increment.py complete-journey
    python tests/benchmarks/bench_increment.py 10000000

The lake has everything but the last day: features as of the day before it, then the day is ingested and taken in, then
the same is built from nothing at another place and compared. A number gives that many lines of `bench_ingest_lines.py`;
with `--of 100000000` as many people, goods and shops as make them a small picture of that many lines.
Every step is a process of its own; seconds are those of the feature job, without the start of Python.
"""

import argparse
import json
import re
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from features.jobs import FEATURE_TABLES, build_features, scan_features
from retail_brain.dataset import conform
from retail_brain.ingest import ingest
from retail_brain.lake.reading import open_lake
from retail_brain.progress import SILENT, Progress, Step
from retail_brain.settings import Settings
from retail_brain.sources.complete_journey import complete_journey_source
from retail_brain.tables import TABLES


class Timed(Progress):
    """Notes the processor seconds of each step."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.seconds: dict[str, float] = {}
        self.lines: list[str] = []

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        before = time.process_time()
        with super().step(name) as step:
            yield step
        self.seconds[name] = round(time.process_time() - before, 2)

    def say(self, text: str) -> None:
        self.lines.append(text.strip())


def shrunk(lines: pl.LazyFrame, share: float) -> pl.LazyFrame:
    """Lines of fewer people, goods and shops: with a hundredth of the lines a hundredth of people and of series."""
    fewer = {"customer_id": share, "product_id": share**0.5, "store_id": share**0.5}
    counts = {"customer_id": 1_000_000, "product_id": 20_000, "store_id": 200}
    return lines.with_columns(
        (pl.col(name).cast(pl.Int64) % max(1, round(counts[name] * part))).cast(pl.String)
        for name, part in fewer.items()
    )


def prepare(data: str, folder: Path, of: int | None) -> None:
    """Two data sets: everything but the last day with a sale, and that day."""
    if data == "complete-journey":
        frames = {name: conform(t.frame, TABLES[name]) for name, t in complete_journey_source().tables.items()}
    else:
        drawn = runpy.run_path(str(Path(__file__).with_name("bench_ingest_lines.py")))
        drawn["draw"](folder / "drawn", int(data))
        drawn_lines = pl.scan_parquet(folder / "drawn" / "*.parquet")
        frames = {"transactions": shrunk(drawn_lines, int(data) / of) if of else drawn_lines}
    day = pl.col("sold_at").dt.date()
    last = frames["transactions"].select(day.max()).collect().item()
    for part in ("chain", "day"):
        (folder / part).mkdir()
    for name, frame in frames.items():
        rows = frame.filter(day < last) if name == "transactions" else frame
        rows.sink_parquet(folder / "chain" / f"{name}.parquet")
    frames["transactions"].filter(day == last).sink_parquet(folder / "day" / "transactions.parquet")


def build(lake: str, out: Path) -> None:
    """One run of the feature job; prints its seconds."""
    dataset = open_lake(lake)
    as_of: date = dataset.last_day()
    progress = Timed()
    before, began = time.process_time(), time.perf_counter()
    build_features(dataset.at(as_of), out, as_of, progress)
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found, "peak memory is read from /proc, as Linux has it"
    facts = {
        "as_of": str(as_of),
        "processor": round(time.process_time() - before, 2),
        "seconds": round(time.perf_counter() - began, 1),
        "peak_gb": round(int(found[1]) / 1e6, 2),
        "steps": progress.seconds,
        "said": progress.lines,
    }
    sys.stdout.write(json.dumps(facts, indent=1) + "\n")
    sys.stdout.flush()


def compare(one: Path, other: Path) -> None:
    """Fails where two builds differ by more than one in a billion, or in the order of their rows."""
    for table in FEATURE_TABLES:
        found, expected = (scan_features(out, table).collect() for out in (one, other))
        assert_frame_equal(found, expected, rel_tol=1e-9, abs_tol=1e-9)
    sys.stdout.write("the increment and the build from nothing are equal\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="complete-journey, or a number of lines")
    parser.add_argument("--of", type=int, help="lines of which a number of them is a small picture")
    parser.add_argument("--folder", type=Path, help="where to work, kept; default: a temporary folder")
    parser.add_argument("--step", choices=["prepare", "chain", "day", "day_out", "fresh_out", "compare"])
    chosen = parser.parse_args()
    if chosen.step is None:
        with tempfile.TemporaryDirectory(prefix="rb-increment-") as scratch:
            folder = chosen.folder or Path(scratch)
            for step in ("prepare", "chain", "day_out", "day", "day_out", "fresh_out", "compare"):
                done = [sys.executable, __file__, chosen.data, "--folder", str(folder), "--step", step]
                done += ["--of", str(chosen.of)] if chosen.of else []
                subprocess.run(done, check=True)
        return
    folder = chosen.folder
    if chosen.step == "prepare":
        prepare(chosen.data, folder, chosen.of)
    elif chosen.step in ("chain", "day"):
        ingest(str(folder / chosen.step), str(folder / "lake"), Settings(), SILENT)
    elif chosen.step == "compare":
        compare(folder / "day_out", folder / "fresh_out")
    else:
        build(str(folder / "lake"), folder / chosen.step)


if __name__ == "__main__":
    main()
