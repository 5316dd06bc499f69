"""Ingest of many receipt lines from Parquet, twice, beside Polars' sink and DuckDB's COPY of the same columns.

    python tests/benchmarks/bench_ingest_lines.py [--lines 100000000]

200 shops, 20,000 goods, 1,000,000 people, two years in the order of time, four lines a receipt. Every step is a
process of its own; processor seconds and peak memory are those of the process.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

PART_LINES = 5_000_000
"""Lines drawn at once, a file each."""
INGEST = """
import sys
from retail_brain.ingest import ingest
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
report = ingest(sys.argv[1] + "/chain", sys.argv[1] + "/lake", Settings(), SILENT)
print({name: (table.read, table.new) for name, table in report.tables.items()}, "changed:", report.changed_anything)
"""
POLARS = """
import sys
import polars as pl
pl.scan_parquet(sys.argv[1] + "/chain/transactions/*.parquet").sink_parquet(sys.argv[1] + "/polars.parquet")
"""
DUCKDB = """
import sys
import duckdb
source = f"'{sys.argv[1]}/chain/transactions/*.parquet'"
duckdb.sql("SET threads=2; SET enable_progress_bar=false")
duckdb.sql(f"COPY (SELECT * FROM {source}) TO '{sys.argv[1]}/duckdb.parquet' (FORMAT parquet)")
"""


def draw(folder: Path, lines: int) -> None:
    """Writes the lines, a file per part."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    for number, first in enumerate(range(0, lines, PART_LINES)):
        size = min(PART_LINES, lines - first)
        line = pl.int_range(first, first + size, eager=True)
        seconds = (line // 4 * 4 * (730 * 86_400 / lines)).cast(pl.Int64)
        pl.DataFrame(
            {
                "transaction_id": pl.select(pl.format("R{}", line // 4)).to_series(),
                "sold_at": (seconds * 1_000_000 + 1_700_000_000_000_000).cast(pl.Datetime("us")),
                "store_id": (line // 4 * 31 % 200 + 100).cast(pl.String),
                "product_id": pl.Series(rng.integers(10_000, 30_000, size)).cast(pl.String),
                "customer_id": pl.Series((line // 4 * 7919) % 1_000_000).cast(pl.String),
                "units": rng.integers(1, 4, size).astype(float),
                "unit_price": rng.integers(100, 5_000, size) / 100,
            }
        ).write_parquet(folder / f"{number:03}.parquet")


def measure(name: str, code: str, folder: str) -> None:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(["/usr/bin/env", "time", "-f", "%M", sys.executable, "-c", code, folder],
                          capture_output=True, text=True, check=False)  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = done.stderr.strip().splitlines()[-1]
    said = done.stdout.strip() or ("" if done.returncode == 0 else done.stderr[-500:])
    print(f"{name:<28} {time.monotonic() - began:7.1f} s {processor:7.1f} s of processor, "
          f"{int(peak) / 2**20:5.2f} GB  {said}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rb-ingest-") as folder:
        draw(Path(folder) / "chain" / "transactions", options.lines)
        measure("Polars: sink_parquet", POLARS, folder)
        measure("DuckDB: COPY", DUCKDB, folder)
        measure("ingest, first run", INGEST, folder)
        measure("ingest, nothing new", INGEST, folder)


if __name__ == "__main__":
    main()
