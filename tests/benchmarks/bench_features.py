"""Builds the features of Complete Journey and times the person's RFM and cadence columns against DuckDB and pandas.

Run from the project's root; see docs/benchmarks.md, section Features:

    POLARS_MAX_THREADS=2 python tests/benchmarks/bench_features.py
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
from polars.testing import assert_frame_equal

from features.jobs import build_features
from features.person.purchases import cadence, value
from retail_brain.dataset import Dataset, conform
from retail_brain.progress import Progress
from retail_brain.sources.complete_journey import complete_journey_source
from retail_brain.tables import TABLES

AS_OF = date(2017, 12, 31)
COLUMNS = [
    "person_id",
    "baskets",
    "spend",
    "spend_91d",
    "recency_days",
    "purchase_days",
    "gap_median_days",
    "regularity",
]
SQL = """
with lines as (select *, cast(sold_at as date) as day from read_parquet('{path}')
    where customer_id is not null and cast(sold_at as date) <= date '2017-12-31'),
days as (select distinct customer_id, day from lines where units > 0),
gaps as (select customer_id, day, day - lag(day) over (partition by customer_id order by day) as gap from days),
cadence as (select customer_id, count(*) as purchase_days, median(gap) as gap_median_days,
    1 / (1 + stddev_samp(gap) / avg(gap)) as regularity from gaps group by 1),
totals as (select customer_id, count(distinct transaction_id) filter (units > 0) as baskets,
    sum(units * unit_price) as spend,
    coalesce(sum(units * unit_price) filter (day > date '2017-12-31' - 91), 0) as spend_91d,
    date '2017-12-31' - max(day) filter (units > 0) as recency_days from lines group by 1)
select customer_id as person_id, baskets, spend, spend_91d, recency_days, purchase_days, gap_median_days, regularity
from totals left join cadence using (customer_id) order by 1
"""


def with_polars(path: Path) -> pl.DataFrame:
    """The project's own expressions; they compute 20 more columns than are compared."""
    lines = pl.scan_parquet(path).rename({"sold_at": "at", "customer_id": "person_id"})
    lines = lines.filter(pl.col("person_id").is_not_null() & (pl.col("at").dt.date() <= AS_OF))
    return value(lines, AS_OF).join(cadence(lines), on="person_id").select(COLUMNS).sort("person_id").collect()


def with_duckdb(path: Path) -> pl.DataFrame:
    with duckdb.connect(config={"threads": 2}) as connection:
        return connection.sql(SQL.format(path=path)).pl()


def with_pandas(path: Path) -> pl.DataFrame:
    columns = ["customer_id", "transaction_id", "sold_at", "units", "unit_price"]
    lines = pd.read_parquet(path, columns=columns).dropna(subset=["customer_id"])
    lines["day"] = lines["sold_at"].dt.normalize()
    end = pd.Timestamp(AS_OF)
    lines = lines[lines["day"] <= end]
    lines["value"] = lines["units"] * lines["unit_price"]
    lines["recent"] = lines["value"].where(lines["day"] > end - pd.Timedelta(days=91), 0.0)
    sold = lines[lines["units"] > 0]
    totals = lines.groupby("customer_id").agg(spend=("value", "sum"), spend_91d=("recent", "sum"))
    totals["baskets"] = sold.groupby("customer_id")["transaction_id"].nunique()
    totals["recency_days"] = (end - sold.groupby("customer_id")["day"].max()).dt.days
    days = sold[["customer_id", "day"]].drop_duplicates().sort_values(["customer_id", "day"])
    days["gap"] = days.groupby("customer_id")["day"].diff().dt.days
    grouped = days.groupby("customer_id")["gap"]
    totals["purchase_days"] = days.groupby("customer_id").size()
    totals["gap_median_days"] = grouped.median()
    totals["regularity"] = 1 / (1 + grouped.std() / grouped.mean())
    frame = pl.from_pandas(totals.reset_index().rename(columns={"customer_id": "person_id"}))
    return frame.select(COLUMNS).sort("person_id").with_columns(pl.col(pl.Float64).fill_nan(None))


def median_seconds(function: Callable[[Path], pl.DataFrame], path: Path, repeats: int) -> float:
    function(path)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        function(path)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def prepare(folder: Path) -> None:
    """Complete Journey as canonical Parquet files, as a lake would hold it."""
    for name, table in complete_journey_source().tables.items():
        conform(table.frame, TABLES[name]).sink_parquet(folder / f"{name}.parquet")


def peak_gigabytes() -> float:
    """Greatest resident memory of this program alone; getrusage would count the parent it was forked from."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found, "peak memory is read from /proc, as Linux has it"
    return int(found[1]) / 1e6


def build(folder: Path) -> None:
    """The whole feature job in a process of its own, so that its peak memory is its own."""
    frames = {path.stem: pl.scan_parquet(path) for path in folder.glob("*.parquet")}
    started = time.perf_counter()
    report = build_features(Dataset.from_frames(frames), folder / "features", AS_OF, Progress())
    seconds = time.perf_counter() - started
    peak = peak_gigabytes()
    sys.stdout.write(
        json.dumps({"rows": dict(report.rows), "seconds": round(seconds, 1), "peak_gb": round(peak, 2)}) + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, help="only build the features of the Parquet files in this folder")
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.build:
        build(chosen.build)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        prepare(folder)
        subprocess.run([sys.executable, __file__, "--build", str(folder)], check=True)
        lines = folder / "transactions.parquet"
        ours = with_polars(lines)
        seconds = {}
        for name, function in (("polars", with_polars), ("duckdb", with_duckdb), ("pandas", with_pandas)):
            assert_frame_equal(function(lines), ours, check_dtypes=False)
            seconds[name] = median_seconds(function, lines, chosen.repeats)
        ratios = {name: round(time_ / seconds["polars"], 2) for name, time_ in seconds.items()}
        sys.stdout.write(json.dumps({"seconds": {k: round(v, 3) for k, v in seconds.items()}, "ratio": ratios}) + "\n")


if __name__ == "__main__":
    main()
