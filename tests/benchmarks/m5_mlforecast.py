"""mlforecast + LightGBM on M5's tables, run by `m5_rival.py` with a Python that has mlforecast; prints JSON.

PYTHON m5_mlforecast.py TABLES CUTOFF HORIZON ROUNDS OUT
"""

import json
import re
import sys
import time
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

LAGS = (1, 2, 3, 7, 14, 28)
MEANS = (3, 7, 14, 28, 56, 112)
STATIC = ["store_id", "product_id", "department", "category"]


def main(folder: Path, cutoff: date, horizon: int, rounds: int, out: Path) -> None:
    """Builds features, fits and forecasts recursively; writes the forecasts."""
    lightgbm, mlforecast, transforms = (
        import_module(name) for name in ("lightgbm", "mlforecast", "mlforecast.lag_transforms")
    )
    started, started_cpu = time.perf_counter(), time.process_time()
    past, future = frames(folder, cutoff, horizon)
    rolling = [transforms.RollingMean(window_size=window) for window in MEANS]
    seasonal = [transforms.SeasonalRollingMean(season_length=7, window_size=weeks) for weeks in (4, 8)]
    model = lightgbm.LGBMRegressor(**tree_settings(rounds))
    engine = mlforecast.MLForecast(
        models={"forecast": model},
        freq="1d",
        lags=list(LAGS),
        lag_transforms={1: [*rolling, transforms.RollingStd(window_size=28), transforms.ExpandingMean()], 7: seasonal},
        date_features=["weekday", "day"],
        num_threads=2,
    )
    read, read_cpu = time.perf_counter(), time.process_time()
    rows = engine.preprocess(past, static_features=STATIC, dropna=False)
    built, built_cpu = time.perf_counter(), time.process_time()
    names = [name for name in rows.columns if name not in ("unique_id", "ds", "y")]
    size = rows.height
    engine.fit_models(rows.select(names).to_pandas(), rows["y"].to_numpy())
    fitted = time.perf_counter()
    found = engine.predict(horizon, X_df=future)
    found.join(pl.read_parquet(folder / "names.rival"), on="unique_id").select(
        pl.col("store").alias("store_id"), pl.col("product").alias("product_id"), pl.col("ds").alias("date"), "forecast"
    ).write_parquet(out)
    done, spent, peak = time.perf_counter(), time.process_time(), peak_gigabytes()
    facts: dict[str, Any] = {
        "rows": size,
        "features": len(names),
        "varying": sum(rows[name].n_unique() > 1 for name in names),
        "read_s": read - started,
        "features_s": built - read,
        "features_cpu_s": built_cpu - read_cpu,
        "fit_s": fitted - built,
        "predict_s": done - fitted,
        "total_s": done - started,
        "total_cpu_s": spent - started_cpu,
        "peak_gb": peak,
    }
    print(json.dumps(facts))


def tree_settings(rounds: int) -> dict[str, Any]:
    """Trees like ours."""
    return {
        "objective": "tweedie",
        "tweedie_variance_power": 1.1,
        "n_estimators": rounds,
        "learning_rate": 0.08,
        "num_leaves": 63,
        "min_child_samples": 100,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "max_bin": 127,
        "num_threads": 2,
        "force_col_wise": True,
        "verbosity": -1,
    }


def frames(folder: Path, cutoff: date, horizon: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sales up to the cutoff with price, events and attributes, and what is planned for the horizon."""
    sales = pl.read_parquet(folder / "daily_sales.parquet").filter(pl.col("date") <= cutoff)
    keys = sales.select("store_id", "product_id").unique()
    days = [cutoff + timedelta(days=ahead) for ahead in range(1, horizon + 1)]
    ahead = keys.join(pl.DataFrame({"date": days}), how="cross")
    both = pl.concat([sales, ahead.with_columns(pl.lit(None, pl.Float64).alias("units"))], how="diagonal")
    prices = pl.read_parquet(folder / "prices.parquet").select("store_id", "product_id", "valid_from", "unit_price")
    both = both.sort("date").join_asof(
        prices.sort("valid_from"),
        left_on="date",
        right_on="valid_from",
        by=["store_id", "product_id"],
        check_sortedness=False,
    )
    calendar = pl.read_parquet(folder / "calendar.parquet")
    regions = pl.read_parquet(folder / "stores.parquet")
    snap = calendar.filter(event_type="SNAP").select("region", "date", pl.lit(1.0).alias("snap")).unique()
    event = calendar.filter(pl.col("event_type") != "SNAP").select("date", pl.lit(1.0).alias("event")).unique()
    named = (
        both.join(regions, on="store_id")
        .join(snap, on=["region", "date"], how="left")
        .join(event, on="date", how="left")
        .join(pl.read_parquet(folder / "products.parquet"), on="product_id")
        .with_columns(pl.col("snap", "event").fill_null(0.0), store=pl.col("store_id"), product=pl.col("product_id"))
        .with_columns(pl.col(STATIC).rank("dense").cast(pl.Int32))
        .with_columns((pl.col("store_id") * 100_000 + pl.col("product_id")).alias("unique_id"))
    )
    named.select("unique_id", "store", "product").unique().write_parquet(folder / "names.rival")
    table = named.select(
        "unique_id",
        pl.col("date").alias("ds"),
        pl.col("units").cast(pl.Float32).alias("y"),
        *STATIC,
        pl.col("unit_price").cast(pl.Float32),
        pl.col("snap", "event").cast(pl.Float32),
    ).sort("unique_id", "ds")
    past = table.filter(pl.col("ds") <= cutoff)
    return past, table.filter(pl.col("ds") > cutoff).drop("y", *STATIC)


def peak_gigabytes() -> float:
    """Greatest resident memory of this program."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1e6 if found else float("nan")


if __name__ == "__main__":
    main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
