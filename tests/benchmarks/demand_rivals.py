"""AutoETS and mlforecast + LightGBM on the inputs of `bench_demand_table.py`; prints what they took as JSON.

PYTHON demand_rivals.py autoets|mlforecast FOLDER
"""

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
from m5_mlforecast import peak_gigabytes, tree_settings

KEY = ["store_id", "product_id"]
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
FREQ = {"day": "1d", "week": "1w", "month": "1mo"}
LAGS = {"day": (1, 2, 3, 7, 14, 28), "week": (1, 2, 3, 4, 8, 13), "month": (1, 2, 3, 6)}
MEANS = {"day": (3, 7, 14, 28, 56, 112), "week": (2, 4, 8, 13, 26), "month": (2, 3, 6, 12)}
STATIC = ["store", "product", "department", "category"]


def main(method: str, folder: Path) -> None:
    """Forecasts every cutoff and writes METHOD.parquet."""
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    run = {"autoets": autoets, "mlforecast": recursive_trees}[method]
    started, cpu = time.perf_counter(), time.process_time()
    parts = []
    for number in range(facts["windows"]):
        rows = pl.read_parquet(folder / f"input{number}.parquet")
        if method == "autoets":
            rows = rows.join(pl.read_parquet(folder / "few.keys"), on=KEY, how="semi")
        cutoff = rows["cutoff"][0]
        named = rows.with_columns((pl.col("store_id") + "\x1f" + pl.col("product_id")).alias("unique_id"))
        found = run(named.sort("unique_id", "date"), facts)
        ids = named.select("unique_id", *KEY).unique()
        parts.append(
            found.rename({"ds": "date"}).join(ids, on="unique_id").with_columns(pl.lit(cutoff).alias("cutoff"))
        )
    pl.concat(parts).drop("unique_id").with_columns(pl.col("date").cast(pl.Date)).write_parquet(
        folder / f"{method}.parquet"
    )
    spent = time.process_time() - cpu
    print(json.dumps({"seconds": time.perf_counter() - started, "cpu": spent, "gb": peak_gigabytes()}))


def autoets(rows: pl.DataFrame, facts: dict[str, Any]) -> pl.DataFrame:
    """statsforecast's AutoETS with its own intervals; season of a week (month: a year), none for weeks."""
    statsforecast, models = import_module("statsforecast"), import_module("statsforecast.models")
    past = rows.filter(~pl.col("ahead")).select("unique_id", pl.col("date").alias("ds"), pl.col("units").alias("y"))
    past = past.with_columns(pl.col("y").forward_fill().backward_fill().over("unique_id")).drop_nulls("y")
    season = 1 if facts["period"] == "week" else facts["season"]
    engine = statsforecast.StatsForecast(
        models=[models.AutoETS(season_length=season)],
        freq=FREQ[facts["period"]],
        n_jobs=1,
        fallback_model=models.SeasonalNaive(season_length=season),
    )
    found = engine.forecast(df=past, h=facts["horizon"], level=[50, 80, 90])
    named = {"q05": "lo-90", "q10": "lo-80", "q25": "lo-50", "q75": "hi-50", "q90": "hi-80", "q95": "hi-90"}
    columns = [pl.col(f"AutoETS-{ending}").clip(0).cast(pl.Float64).alias(name) for name, ending in named.items()]
    mean = pl.col("AutoETS").clip(0).cast(pl.Float64)
    return found.select(
        "unique_id", "ds", mean.alias("forecast"), mean.alias("q50"), *columns, pl.lit(value=True).alias("whole")
    )


def recursive_trees(rows: pl.DataFrame, facts: dict[str, Any]) -> pl.DataFrame:
    """mlforecast: lags, rolling and seasonal means, weekday, price, promotion, ids; trees like ours."""
    lightgbm, mlforecast, transforms = (
        import_module(name) for name in ("lightgbm", "mlforecast", "mlforecast.lag_transforms")
    )
    period = facts["period"]
    table = rows.select(
        "unique_id",
        pl.col("date").alias("ds"),
        pl.col("units").forward_fill().over("unique_id").fill_null(0.0).cast(pl.Float32).alias("y"),
        pl.col("price").cast(pl.Float32),
        pl.col("promotion").cast(pl.Float32),
        "ahead",
        *(
            pl.col(name).rank("dense").cast(pl.Int32).alias(short)
            for name, short in zip([*KEY, "department", "category"], STATIC, strict=True)
        ),
    )
    past, future = table.filter(~pl.col("ahead")).drop("ahead"), table.filter("ahead").drop("ahead", "y", *STATIC)
    first = [transforms.RollingMean(window_size=window) for window in MEANS[period]]
    seasonal = {7: [transforms.SeasonalRollingMean(season_length=7, window_size=weeks) for weeks in (4, 8)]}
    lags = {1: [*first, transforms.ExpandingMean()], **(seasonal if period == "day" else {})}
    engine = mlforecast.MLForecast(
        models={"forecast": lightgbm.LGBMRegressor(**tree_settings(80))},
        freq=FREQ[period],
        lags=list(LAGS[period]),
        lag_transforms=lags,
        date_features={"day": ["weekday", "day", "month"], "week": ["month"], "month": ["month"]}[period],
        num_threads=2,
    )
    size = engine.preprocess(past, static_features=STATIC, dropna=False)
    names = [name for name in size.columns if name not in ("unique_id", "ds", "y")]
    engine.fit_models(size.select(names).to_pandas(), size["y"].to_numpy())
    found = engine.predict(facts["horizon"], X_df=future)
    return found.select("unique_id", "ds", pl.col("forecast").cast(pl.Float64))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
