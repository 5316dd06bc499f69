"""From M5's daily sales to a scored forecast of its validation window (days 1914 to 1941), or of an earlier one.

Needs the M5 files and the scorer beside the project (`../shared/data/m5`, `../shared/bench/score_m5.py`). Run from the
project's root; see docs/benchmarks.md, section Demand:

    POLARS_MAX_THREADS=2 OMP_WAIT_POLICY=PASSIVE python tests/benchmarks/bench_m5.py --out m5.parquet [--stores CA_1]

`--back N` stands N days earlier; such windows are scored with the weights and scales of the validation window.
"""

import argparse
import re
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import m5_origins
import numpy as np
import polars as pl
from m5_origins import M5, SHARED

from features.demand.history import read_history
from retail_brain.dataset import Dataset
from retail_brain.progress import Progress
from retail_brain.settings import DataSettings, DemandSettings, Settings
from training.demand.actuals import Actuals
from training.demand.config import Preset, preset_config
from training.demand.model import DemandModel

LAST_TRAINING_DAY, FIRST_DAY, HORIZON = 1913, 1495, 28


def main() -> None:
    """Builds the tables, trains, forecasts, writes and scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", choices=["fast", "full"], default="fast")
    parser.add_argument("--stores", nargs="*", help="only these stores (then there is no official score)")
    parser.add_argument("--back", type=int, default=0, help="days that the window lies earlier")
    parser.add_argument("--paths", type=int, help="sample paths: 20 by default, 200 with --origins")
    parser.add_argument("--long-history", action="store_true", help="with totals of categories since 2011")
    parser.add_argument("--origins", type=int, help="so many windows, the validation window last, with quantiles")
    options = parser.parse_args()
    if not M5.is_dir():
        sys.exit(f"{M5} is missing: this benchmark needs M5")
    started = time.perf_counter()
    progress = Progress()
    with tempfile.TemporaryDirectory() as scratch:
        with progress.step("M5 as canonical tables"):
            write_tables(Path(scratch), options.stores, long_history=options.long_history)
        frames = {path.stem: pl.scan_parquet(path) for path in Path(scratch).glob("*.parquet")}
        every = Dataset.from_frames(frames)
        if options.origins:
            origins(every, options.out, options.origins, options.preset, options.paths or 200)
            print(f"{time.perf_counter() - started:.0f} s, peak {peak_gigabytes():.2f} GB")
            return
        demand = DemandSettings(sample_paths=options.paths or 20, horizon_periods=HORIZON)
        settings = Settings(data=DataSettings(country="US"), demand=demand)
        dataset = every.at(day(LAST_TRAINING_DAY - options.back))
        model = DemandModel.fit(dataset, preset_config(settings, options.preset), progress=progress)
        print(f"bias factor {model.calibration.bias:.4f}, weight of totals {model.calibration.totals_weight:.2f}")
        forecast(model, dataset, progress).write_parquet(options.out)
    print(f"{time.perf_counter() - started:.0f} s, peak {peak_gigabytes():.2f} GB")
    if not options.stores:
        score(options.out, options.back)


def origins(dataset: Dataset, out: Path, count: int, preset: Preset, paths: int) -> None:
    """Forecasts windows one after the other, scores WRMSSE of each, and everything else of the last.

    What a window found is kept beside `out`: a run that was cut off goes on with the windows that are missing.
    """
    demand = DemandSettings(sample_paths=paths, horizon_periods=HORIZON, quantiles=m5_origins.QUANTILES)
    config = preset_config(Settings(data=DataSettings(country="US"), demand=demand), preset)
    progress = Progress()
    later = dataset.at(day(LAST_TRAINING_DAY + HORIZON))
    actuals = Actuals.from_history(read_history(later, config.settings, 0, in_own_units=config.in_own_units))
    residuals = []
    for back in reversed(range(0, HORIZON * count, HORIZON)):
        cutoff = day(LAST_TRAINING_DAY - back)
        path = out.with_stem(f"{out.stem}_{back}")
        if back == 0:
            with progress.step(f"window after {cutoff}"):
                found = m5_origins.last_window(dataset, config, cutoff, actuals, residuals)
            m5_origins.write_whole(found.forecasts, path)
            score(path, back)
            m5_origins.report(found, dataset, config, cutoff)
            return
        with progress.step(f"window after {cutoff}"):
            residuals.append(m5_origins.earlier_window(dataset, config, cutoff, actuals, residuals, path))
        score(path, back)


def day(number: int) -> date:
    """Calendar date of M5's day."""
    calendar = pl.read_parquet(M5 / "calendar.parquet", columns=["d", "date"])
    return calendar.filter(pl.col("d") == number)["date"].item()


def write_tables(folder: Path, stores: list[str] | None, *, long_history: bool = False) -> None:
    """M5 as daily_sales (from each series' first sale on), prices, products, stores and calendar.

    With a long history also category_sales: daily totals of stores' categories since 2011.
    """
    series = pl.read_parquet(M5 / "series.parquet").with_columns(pl.col(pl.Categorical).cast(pl.String))
    if stores:
        series = series.filter(pl.col("store_id").is_in(stores))
    series = series.rename({"item_id": "product_id"})
    calendar = pl.read_parquet(M5 / "calendar.parquet").with_columns(pl.col(pl.Categorical).cast(pl.String))
    keys = series.select("series", "store_id", "product_id", "first_d")
    sales = pl.read_parquet(M5 / "sales.parquet").join(keys, on="series").filter(pl.col("d") >= pl.col("first_d"))
    sales = sales.join(calendar.select("d", "date"), on="d")
    sales.select("date", "store_id", "product_id", pl.col("units").cast(pl.Float64)).write_parquet(
        folder / "daily_sales.parquet"
    )
    weeks = calendar.group_by("wm_yr_wk").agg(pl.col("date").min().alias("valid_from"), pl.col("d").max().alias("last"))
    prices = pl.read_parquet(M5 / "prices.parquet").join(keys, on="series").join(weeks, on="wm_yr_wk")
    prices.filter(pl.col("last") >= FIRST_DAY).select(
        "store_id",
        "product_id",
        "valid_from",
        (pl.col("valid_from") + timedelta(days=7)).alias("valid_to"),
        (pl.col("cents") / 100).alias("unit_price"),
    ).write_parquet(folder / "prices.parquet")
    if long_history:
        category_totals(calendar, stores).write_parquet(folder / "category_sales.parquet")
    products = series.select("product_id", pl.col("cat_id").alias("department"), pl.col("dept_id").alias("category"))
    products.unique().write_parquet(folder / "products.parquet")
    series.select("store_id", pl.col("state_id").alias("region")).unique().write_parquet(folder / "stores.parquet")
    events(calendar).write_parquet(folder / "calendar.parquet")


def category_totals(calendar: pl.DataFrame, stores: list[str] | None) -> pl.DataFrame:
    """Units of every store and category since M5's first day, from its daily aggregates of level 9."""
    totals = pl.read_parquet(M5 / "agg_daily_levels1_9.parquet").with_columns(pl.col(pl.Categorical).cast(pl.String))
    totals = totals.filter(pl.col("level") == 9).join(calendar.select("d", "date"), on="d")
    if stores:
        totals = totals.filter(pl.col("key1").is_in(stores))
    named = {"store_id": pl.col("key1"), "category": pl.col("key2"), "units": pl.col("units").cast(pl.Float64)}
    return totals.select("date", **named)


def events(calendar: pl.DataFrame) -> pl.DataFrame:
    """M5's events everywhere, and food stamp days (SNAP) by state."""
    parts = [
        calendar.filter(pl.col(f"event_name_{number}").is_not_null()).select(
            "date",
            pl.lit(None, pl.String).alias("region"),
            pl.col(f"event_name_{number}").alias("event_name"),
            pl.col(f"event_type_{number}").alias("event_type"),
        )
        for number in (1, 2)
    ]
    for state in ("CA", "TX", "WI"):
        snap = calendar.filter(pl.col(f"snap_{state}"))
        words = {"region": state, "event_name": "SNAP", "event_type": "SNAP"}
        parts.append(snap.select("date", *(pl.lit(value).alias(name) for name, value in words.items())))
    return pl.concat(parts)


def forecast(model: DemandModel, dataset: Dataset, progress: Progress) -> pl.DataFrame:
    """Mean units of every store x product x date; series that are no longer listed sell nothing."""
    tables = []
    with progress.step("forecast") as step:
        for item in model.forecast(dataset, HORIZON):
            rows = item.paths.series.join(item.paths.dates.to_frame("date"), how="cross", maintain_order="left_right")
            tables.append(rows.with_columns(pl.Series("forecast", item.mean.ravel())))
        found = pl.concat(tables)
        step.rows = found.height
    pairs = dataset.scan("daily_sales").select("store_id", "product_id").unique().collect()
    grid = pairs.join(found.select("date").unique(), how="cross")
    whole = grid.join(found, on=["store_id", "product_id", "date"], how="left")
    return whole.with_columns(pl.col("forecast").fill_null(0.0))


def score(path: Path, back: int) -> None:
    """WRMSSE over the 12 levels, by the scorer's own functions."""
    sys.path.insert(0, str(SHARED / "bench"))
    import score_m5  # the scorer lies outside the project

    if not back:
        score_m5.main(str(path))
        return
    series = pl.read_parquet(M5 / "series.parquet").with_columns(pl.col(pl.Categorical).cast(pl.String))
    weights = pl.read_parquet(M5 / "wrmsse_validation.parquet").with_columns(pl.col("key1", "key2").cast(pl.String))
    units = pl.read_parquet(M5 / "sales.parquet")["units"].to_numpy().reshape(series.height, -1).astype(float)
    start = LAST_TRAINING_DAY - back + 1 - FIRST_DAY
    grid = series.select("store_id", pl.col("item_id").alias("product_id")).with_row_index("row")
    given = grid.join(pl.read_parquet(path), on=["store_id", "product_id"], how="left").sort("row", "date")
    values = given["forecast"].fill_null(0.0).to_numpy()
    first = given.group_by("row", maintain_order=True).len()["len"].to_numpy()
    wide = np.zeros((series.height, HORIZON))
    complete = np.repeat(first == HORIZON, first)
    wide[first == HORIZON] = values[complete].reshape(-1, HORIZON)
    rows = score_m5.rows_of_levels(series, weights)
    by_level = score_m5.wrmsse(units[:, start : start + HORIZON], wide, rows, weights)
    print(
        f"window {back} days earlier: WRMSSE {np.mean(by_level):.4f}  levels " + " ".join(f"{x:.3f}" for x in by_level)
    )


def peak_gigabytes() -> float:
    """Greatest resident memory of this program."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found, "peak memory is read from /proc, as Linux has it"
    return int(found[1]) / 1e6


if __name__ == "__main__":
    main()
