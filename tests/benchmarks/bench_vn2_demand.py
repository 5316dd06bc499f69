"""VN2 history: rolling forecasts of the next three weeks by the product's own model, against a 13-week seasonal mean.

Run from the project's root; see docs/benchmarks.md, section Demand:

    POLARS_MAX_THREADS=2 OMP_WAIT_POLICY=PASSIVE python tests/benchmarks/bench_vn2_demand.py [--windows 8] [--skip 0]

Weeks in which a product was out of stock are masked: neither learnt from nor scored. `--skip N` moves the windows N
weeks back: choices were made on earlier weeks.
"""

import argparse
import time
import warnings
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.settings import DataSettings, DemandSettings, Settings
from training.demand.config import DemandConfig, preset_config
from training.demand.model import DemandModel

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "vn2"
WEEKS_AHEAD = 3
STEP = 3
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
ERROR_WINDOWS = 12
KEY = ["store_id", "product_id"]


@dataclass(frozen=True)
class Sales:
    """Weekly sales, NaN where out of stock: shape (series, weeks)."""

    units: np.ndarray
    weeks: list[date]
    series: pl.DataFrame

    @classmethod
    def of(cls, daily: pl.DataFrame) -> "Sales":
        shown = daily.with_columns(pl.when(pl.col("in_stock") > 0).then("units").otherwise(float("nan")))
        wide = shown.sort("date").pivot(on="date", index=KEY, values="units").sort(KEY)
        weeks = [date.fromisoformat(name) for name in wide.columns[2:]]
        return cls(wide.drop(KEY).fill_null(float("nan")).to_numpy(), weeks, wide.select(KEY))


def read(folder: Path) -> Dataset:
    """The history as canonical tables, one row of `daily_sales` per week."""
    weekly = pl.read_parquet(folder / "weekly.parquet").select(
        pl.col("week").cast(pl.Date).alias("date"),
        pl.col("store").cast(pl.String).alias("store_id"),
        pl.col("product").cast(pl.String).alias("product_id"),
        pl.col("sales").cast(pl.Float64).alias("units"),
        pl.col("in_stock").cast(pl.Float64).alias("in_stock"),
    )
    master = pl.read_parquet(folder / "master.parquet")
    products = master.select(
        pl.col("product").cast(pl.String).alias("product_id"),
        pl.col("division").cast(pl.String).alias("department"),
        pl.col("productgroup").cast(pl.String).alias("category"),
    ).unique("product_id", keep="first")
    return Dataset.from_frames({"daily_sales": weekly, "products": products})


def seasonal_mean(sales: Sales, known: int, horizon: int) -> np.ndarray:
    """13-week mean without season, times the season of the week of the year (all series together)."""
    units = sales.units[:, :known]
    weeks = [week.isocalendar().week for week in sales.weeks]
    weeks += [(sales.weeks[-1] + timedelta(days=7 * k)).isocalendar().week for k in range(1, horizon + 1)]
    numbers = np.array(weeks)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = np.nanmean(units, axis=0)
        factors = np.array(
            [np.nanmean(mean[numbers[:known] == k]) if (numbers[:known] == k).any() else np.nan for k in range(54)]
        )
        factors = np.where(np.isnan(factors), 1.0, factors / np.nanmean(factors[1:]))
        level = np.nan_to_num(np.nanmean((units / factors[numbers[:known]])[:, -13:], axis=1))
    return level[:, None] * factors[numbers[known : known + horizon]]


def rival(sales: Sales, known: int) -> tuple[np.ndarray, np.ndarray]:
    """The seasonal mean and quantiles from its own errors of the last windows, (n, H) and (n, H, Q)."""
    mean = seasonal_mean(sales, known, WEEKS_AHEAD)
    errors = np.stack(
        [
            sales.units[:, past : past + WEEKS_AHEAD] - seasonal_mean(sales, past, WEEKS_AHEAD)
            for past in range(known - WEEKS_AHEAD - ERROR_WINDOWS + 1, known - WEEKS_AHEAD + 1)
        ],
        axis=2,
    ).reshape(len(mean), -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        spread = np.nan_to_num(np.nanquantile(errors, QUANTILES, axis=1)).T
    return mean, np.maximum(mean[:, :, None] + spread[:, None, :], 0)


def ours(dataset: Dataset, model: DemandModel, sales: Sales, known: int) -> tuple[np.ndarray, np.ndarray]:
    """The model's mean and quantiles as known after the first `known` weeks; 0 where it lists no series."""
    seen = dataset.at(sales.weeks[known - 1] + timedelta(days=6))
    index = sales.series.with_row_index("row")
    mean = np.zeros((sales.series.height, WEEKS_AHEAD))
    quantiles = np.zeros((sales.series.height, WEEKS_AHEAD, len(QUANTILES)))
    for store in model.forecast(seen, WEEKS_AHEAD):
        rows = store.paths.series.join(index, on=KEY, maintain_order="left")["row"].to_numpy()
        mean[rows], quantiles[rows] = store.mean, store.paths.quantiles(QUANTILES)
    return mean, quantiles


def scores(units: np.ndarray, mean: np.ndarray, quantiles: np.ndarray) -> dict[str, float]:
    """WAPE and bias of the mean, pinball loss and coverage of the 80 % band, over the known weeks."""
    known = ~np.isnan(units)
    actual, of_mean, of_quantiles = units[known], mean[known], quantiles[known]
    error = actual[:, None] - of_quantiles
    levels = np.array(QUANTILES)
    return {
        "wape": np.abs(actual - of_mean).sum() / actual.sum(),
        "bias": (of_mean - actual).sum() / actual.sum(),
        "pinball": float(np.maximum(levels * error, (levels - 1) * error).mean()),
        "coverage_80": float(((actual >= of_quantiles[:, 1]) & (actual <= of_quantiles[:, 5])).mean()),
        "weeks": int(known.sum()),
    }


def main() -> None:
    """Prints the scores of every window and their means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--windows", type=int, default=8)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--preset", choices=["fast", "full"], default="fast")
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"skipped: {options.data} is not there")
        return
    started = time.perf_counter()
    dataset = read(options.data)
    sales = Sales.of(dataset.scan("daily_sales").collect())
    settings = Settings(
        data=DataSettings(period="week", country="FR"),
        demand=DemandSettings(horizon_periods=WEEKS_AHEAD, quantiles=QUANTILES, history_days=7 * 160),
    )
    config: DemandConfig = preset_config(settings, options.preset)
    rows = []
    for number in range(options.windows, 0, -1):
        known = len(sales.weeks) - options.skip - STEP * (number - 1) - WEEKS_AHEAD
        cutoff = sales.weeks[known - 1]
        model = DemandModel.fit(dataset.at(cutoff + timedelta(days=6)), config)
        units = sales.units[:, known : known + WEEKS_AHEAD]
        for name, found in (("model", ours(dataset, model, sales, known)), ("seasonal mean", rival(sales, known))):
            rows.append({"first_week": sales.weeks[known], "method": name} | scores(units, *found))
    table = pl.DataFrame(rows)
    with pl.Config(tbl_rows=60, float_precision=4, tbl_width_chars=140):
        print(table)
        print(
            table.group_by("method", maintain_order=True).agg(pl.col("wape", "bias", "pinball", "coverage_80").mean())
        )
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
