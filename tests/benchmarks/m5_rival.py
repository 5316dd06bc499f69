"""Our demand model beside mlforecast + LightGBM on the same M5 rows, each in a process of its own, one after the other.

mlforecast is no dependency of the project. Give it an environment of its own, then run from the project's root:

    python -m venv rival && rival/bin/pip install mlforecast lightgbm polars pyarrow
    PYTHONPATH=. python tests/benchmarks/m5_rival.py --rival-python rival/bin/python [--stores CA_3 TX_2] [--back 28]

Both get the same tables, the same trees (LightGBM, Tweedie 1.1) and features alike: lags, rolling means, weekday means,
price, events, attributes. Scores are WAPE and bias per day and of the stores' totals.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from bench_m5 import HORIZON, LAST_TRAINING_DAY, day, peak_gigabytes, write_tables

from features.demand import FEATURES, DemandFeatures, Vocabulary
from features.demand_history import read_history
from features.demand_panel import panels
from retail_brain.dataset import Dataset
from retail_brain.settings import DataSettings, DemandSettings, Settings
from training.demand.booster import training_origins
from training.demand.config import preset_config
from training.demand.mean import MeanModel, predictions

ROWS_AT_ONCE = 400_000


def main() -> None:
    """Runs both and prints what they took and how far they were off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rival-python", type=Path, help="a Python that has mlforecast")
    parser.add_argument("--stores", nargs="*", default=["CA_3", "TX_2", "WI_2"])
    parser.add_argument("--back", type=int, default=0)
    parser.add_argument("--ours", nargs=3, metavar=("TABLES", "CUTOFF", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ours:
        print(json.dumps(ours(Path(options.ours[0]), date.fromisoformat(options.ours[1]), Path(options.ours[2]))))
        return
    with tempfile.TemporaryDirectory() as scratch:
        compare(Path(scratch), options.stores, day(LAST_TRAINING_DAY - options.back), options.rival_python)


def compare(scratch: Path, stores: list[str], cutoff: date, rival: Path | None) -> None:
    """Both methods in processes of their own, and a table."""
    tables = scratch / "tables"
    tables.mkdir()
    write_tables(tables, stores)
    rounds = preset_config(Settings(), "fast").rounds
    mine = [sys.executable, __file__, "--ours", str(tables), str(cutoff), str(scratch / "ours.parquet")]
    found = {"ours": run(mine)}
    if rival is None:
        print("no --rival-python: mlforecast is left out (see the top of this file)")
    else:
        script = Path(__file__).with_name("m5_mlforecast.py")
        theirs = [str(tables), str(cutoff), str(HORIZON), str(rounds), str(scratch / "mlforecast.parquet")]
        found["mlforecast"] = run([str(rival), str(script), *theirs])
    for name, facts in found.items():
        cells = facts["rows"] * facts["features"] / facts["features_s"]
        print(f"{name:11s}", {key: round(value, 2) for key, value in facts.items()}, f"{cells / 1e6:.1f} M values/s")
        print(f"{'':11s}", errors(tables, scratch / f"{name}.parquet", cutoff))
    if len(found) > 1:
        print_ratios(found["ours"], found["mlforecast"])


def run(command: list[str]) -> dict[str, Any]:
    """Runs a program and reads the JSON of its last line."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    facts: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return facts


def print_ratios(ours_facts: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Ours to theirs: seconds per feature value, total time, peak memory."""
    per_value = [facts["features_s"] / facts["rows"] / facts["features"] for facts in (ours_facts, theirs)]
    print(
        f"ours to mlforecast: seconds per row and feature {per_value[0] / per_value[1]:.2f}, "
        f"total time {ours_facts['total_s'] / theirs['total_s']:.2f}, "
        f"peak memory {ours_facts['peak_gb'] / theirs['peak_gb']:.2f}"
    )


def ours(folder: Path, cutoff: date, out: Path) -> dict[str, Any]:
    """Reads, fits and forecasts with the preset fast; afterwards every feature row of some origins, timed apart."""
    started = time.perf_counter()
    frames = {path.stem: pl.scan_parquet(path) for path in folder.glob("*.parquet")}
    settings = Settings(data=DataSettings(country="US"), demand=DemandSettings(horizon_periods=HORIZON))
    config = preset_config(settings, "fast")
    history = read_history(Dataset.from_frames(frames).at(cutoff), settings, HORIZON)
    read = time.perf_counter()
    model = MeanModel.fit(history, config)
    fitted = time.perf_counter()
    tables = []
    for panel, _, mean in predictions(model, history):
        dates = pl.Series("date", panel.axis.starts(panel.axis.count, panel.axis.count + HORIZON), dtype=pl.Date)
        keys = panel.series.select("store_id", "product_id")
        rows = keys.join(dates.to_frame(), how="cross", maintain_order="left_right")
        tables.append(rows.with_columns(pl.Series("forecast", mean.ravel())))
    pl.concat(tables).write_parquet(out)
    done, peak = time.perf_counter(), peak_gigabytes()
    rows_made = feature_rows(DemandFeatures(history, Vocabulary.of(history)), history)
    return {
        "rows": rows_made,
        "features": len(FEATURES),
        "read_s": read - started,
        "features_s": time.perf_counter() - done,
        "fit_s": fitted - read,
        "predict_s": done - fitted,
        "total_s": done - started,
        "peak_gb": peak,
    }


def feature_rows(features: DemandFeatures, history: Any) -> int:
    """Every row (series x period ahead) of every fourth training origin, built and dropped; returns their number."""
    made = 0
    for panel in panels(history):
        of_panel = features.of(panel)
        for origin in training_origins(history)[::4]:
            most = min(HORIZON, panel.axis.count - 1 - origin)
            step = max(1, ROWS_AT_ONCE // most)
            for begin in range(0, panel.size, step):
                series = np.arange(begin, min(begin + step, panel.size))
                ahead = np.tile(np.arange(1, most + 1), series.size)
                made += len(of_panel.rows(origin, np.repeat(series, most), ahead))
    return made


def errors(tables: Path, forecasts: Path, cutoff: date) -> dict[str, float]:
    """WAPE and bias per series and day, and WAPE of the stores' totals per day."""
    window = pl.col("date").is_between(cutoff + timedelta(days=1), cutoff + timedelta(days=HORIZON))
    keys = ["store_id", "product_id", "date"]
    came = pl.read_parquet(tables / "daily_sales.parquet").filter(window).select(*keys, "units")
    joined = came.join(pl.read_parquet(forecasts), on=keys, how="left").with_columns(pl.col("forecast").fill_null(0.0))
    totals = joined.group_by("store_id", "date").agg(pl.col("units", "forecast").sum())
    error, units = pl.col("forecast") - pl.col("units"), pl.col("units").sum()
    measures = joined.select(
        wape=error.abs().sum() / units, bias=error.sum() / units, rmse=(error**2).mean().sqrt()
    ).row(0, named=True)
    measures["wape_store_total"] = totals.select(error.abs().sum() / units).item()
    return {name: round(float(value), 4) for name, value in measures.items()}


if __name__ == "__main__":
    main()
