"""Backtests the demand model on Complete Journey, on the store x product series with at least 60 days of sale.

Run from the project's root; see docs/benchmarks.md, section Demand:

    POLARS_MAX_THREADS=2 OMP_WAIT_POLICY=PASSIVE python tests/benchmarks/bench_demand.py [--skip 0] [--folder FOLDER]

Fuel, coupons and till keys are left out by the source, as at ingest. By default the series are those that sell often in
the whole year, the windows included, which favours those that grew; `--known-before` counts the days before the first
window only. `--skip N` moves all windows N horizons back: choices were made on earlier windows, figures are of the last
three.
"""

import argparse
import re
import tempfile
import time
import tomllib
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset, conform
from retail_brain.progress import Progress
from retail_brain.settings import parse_settings
from retail_brain.sources.complete_journey import complete_journey_source
from retail_brain.tables import TABLES
from training.demand.backtest import backtest, backtest_windows
from training.demand.backtest_window import Scoring
from training.demand.config import preset_config

LAST_DAY = date(2017, 12, 31)
SALE_DAYS = 60
WINDOWS = 3
SETTINGS = Path(__file__).parents[2] / "retail_brain" / "config" / "complete-journey.toml"


def main() -> None:
    """Prints the measures of every method, means over three windows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the canonical tables are kept between runs")
    parser.add_argument("--skip", type=int, default=0, help="horizons by which the windows lie earlier")
    parser.add_argument("--known-before", action="store_true", help="choose series by what the first window knew")
    parser.add_argument("--preset", choices=["fast", "full"], default="fast")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        report(read(options.folder or Path(scratch)), options.skip, options.preset, options.known_before)


def read(folder: Path) -> Dataset:
    """Complete Journey as canonical Parquet files, as a lake would hold it."""
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("*.parquet")):
        for name, table in complete_journey_source().tables.items():
            conform(table.frame, TABLES[name]).sink_parquet(folder / f"{name}.parquet")
    return Dataset.from_frames({path.stem: pl.scan_parquet(path) for path in folder.glob("*.parquet")})


def report(dataset: Dataset, skip: int, preset: str, known_before: bool) -> None:
    """Backtests and prints."""
    settings = parse_settings(tomllib.loads(SETTINGS.read_text(encoding="utf-8")), str(SETTINGS))
    config = preset_config(settings, "full" if preset == "full" else "fast")
    seen = dataset.at(LAST_DAY - timedelta(days=config.horizon * skip))
    windows = backtest_windows(seen, config, WINDOWS)
    often = (
        (dataset.at(windows[0]) if known_before else dataset)
        .daily_sales()
        .filter(pl.col("units") > 0)
        .group_by("store_id", "product_id")
        .len()
        .collect()
    ).filter(pl.col("len") >= SALE_DAYS)
    started = time.perf_counter()
    found = backtest(seen, config, windows, scoring=Scoring(series=often), progress=Progress())
    print(f"{often.height} series with {SALE_DAYS} days of sale; windows from {', '.join(map(str, windows))}")
    columns = ["wape", "bias", "rmsse", "pinball", "coverage_90", "coverage_80", "coverage_50"]
    with pl.Config(tbl_cols=20, tbl_width_chars=200, tbl_rows=50, float_precision=4):
        print(found.scores.group_by("method", maintain_order=True).agg(pl.col(columns).mean()))
        print(found.scores.select("cutoff", "method", "wape", "pinball", "rows"))
        print("sums", found.sums)
        print("totals", found.totals)
        print("series beside ETS", found.ets)
    pit = pl.Series(found.pit)
    inside = {band: float(pit.is_between((1 - band) / 2, (1 + band) / 2).mean() or 0) for band in (0.5, 0.8, 0.9)}
    print("share of PIT values inside:", {band: round(share, 4) for band, share in inside.items()})
    print(f"{time.perf_counter() - started:.0f} s, peak {peak_gigabytes():.2f} GB")


def peak_gigabytes() -> float:
    """Greatest resident memory of this program."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found, "peak memory is read from /proc, as Linux has it"
    return int(found[1]) / 1e6


if __name__ == "__main__":
    main()
