"""Our demand model beside mlforecast + LightGBM on the same M5 rows, each in a process of its own, one after the other.

mlforecast is no dependency of the project. Give it an environment of its own, then run from the project's root:

    python -m venv rival && rival/bin/pip install mlforecast lightgbm polars pyarrow
    PYTHONPATH=. python tests/benchmarks/m5_rival.py --rival-python rival/bin/python [--stores CA_3 TX_2] [--back 28]

Both get the same tables, the same trees (LightGBM, Tweedie 1.1) and features alike: lags, rolling means, weekday means,
price, events, attributes. Scores are WAPE and bias per day and of the stores' totals.

How features are counted. A value is a row times a feature that is not the same in every row: M5 has no promotions, no
counts of stock and no lunar festivals, so a good part of our 69 are constant there and do not count. Theirs are the
columns of the frame that `MLForecast.preprocess` makes from the tables joined beforehand, attributes, price and events
among them, which it only hands through; timed is `preprocess` alone. Ours are timed from the history that was read to
the matrix: sums over the chain, the calendar, the panels of stores with what they know, and every row (series x period
ahead) of every fourth training origin, which is how a forecast asks. A training draws few rows per origin instead, for
which as much of the past has to be summed up: that is timed too, over all origins, including the draw (`drawn`). Wall
time and processor time (user and system, all threads) are both given; ours runs in one thread, theirs in two. Peak
memory is the largest resident size of the process until forecasts are written, libraries included.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from bench_m5 import HORIZON, LAST_TRAINING_DAY, day, peak_gigabytes, write_tables

from features.demand.arrays import Floats
from features.demand.feature_matrix import FEATURES, DemandFeatures, Vocabulary
from features.demand.history import DemandHistory, read_history
from features.demand.panel import panels
from retail_brain.dataset import Dataset
from retail_brain.settings import DataSettings, DemandSettings, Settings
from training.demand.config import DemandConfig, preset_config
from training.demand.mean_model import MeanModel
from training.demand.protocol import predictions
from training.demand.training_rows import Plan, panel_draws, training_origins

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
        print(f"{name:11s}", {key: round(value, 2) for key, value in facts.items()})
        print(f"{'':11s}", {key: f"{value / 1e6:.1f} M" for key, value in values_per_second(facts).items()})
        print(f"{'':11s}", errors(tables, scratch / f"{name}.parquet", cutoff))
    if len(found) > 1:
        print_ratios(found["ours"], found["mlforecast"])


def values_per_second(facts: dict[str, Any]) -> dict[str, float]:
    """Feature values that vary, per second and per second of processor time."""
    out = {}
    for prefix in ("", "drawn_"):
        if f"{prefix}rows" in facts:
            values = facts[f"{prefix}rows"] * facts["varying"]
            out[f"{prefix}values/s"] = values / facts[f"{prefix}features_s"]
            out[f"{prefix}values/cpu s"] = values / facts[f"{prefix}features_cpu_s"]
    return out


def run(command: list[str]) -> dict[str, Any]:
    """Runs a program and reads the JSON of its last line."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    facts: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return facts


def print_ratios(ours_facts: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Ours to theirs: time per feature value, total time, peak memory."""
    mine, other = values_per_second(ours_facts), values_per_second(theirs)
    shares = {
        "time per row and feature": other["values/s"] / mine["values/s"],
        "processor time per row and feature": other["values/cpu s"] / mine["values/cpu s"],
        "time per drawn row and feature": other["values/s"] / mine["drawn_values/s"],
        "processor time per drawn row and feature": other["values/cpu s"] / mine["drawn_values/cpu s"],
        **{key: ours_facts[key] / theirs[key] for key in ("total_s", "total_cpu_s", "peak_gb")},
    }
    print("ours to mlforecast:", ", ".join(f"{name} {share:.2f}" for name, share in shares.items()))


def ours(folder: Path, cutoff: date, out: Path) -> dict[str, Any]:
    """Reads, fits and forecasts with the preset fast; afterwards every feature row of some origins, timed apart."""
    started, started_cpu = time.perf_counter(), time.process_time()
    frames = {path.stem: pl.scan_parquet(path) for path in folder.glob("*.parquet")}
    settings = Settings(data=DataSettings(country="US"), demand=DemandSettings(horizon_periods=HORIZON))
    config = preset_config(settings, "fast")
    history = read_history(Dataset.from_frames(frames).at(cutoff), settings, HORIZON)
    read = time.perf_counter()
    model = MeanModel.fit(history, config)
    fitted = time.perf_counter()
    tables = []
    for found in predictions(model, history):
        panel, mean = found.panel, found.mean * found.correction
        dates = pl.Series("date", panel.axis.starts(panel.axis.count, panel.axis.count + HORIZON), dtype=pl.Date)
        keys = panel.series.select("store_id", "product_id")
        rows = keys.join(dates.to_frame(), how="cross", maintain_order="left_right")
        tables.append(rows.with_columns(pl.Series("forecast", mean.ravel())))
    pl.concat(tables).write_parquet(out)
    done, spent, peak = time.perf_counter(), time.process_time(), peak_gigabytes()
    rows = feature_rows(history)
    built, built_cpu = time.perf_counter(), time.process_time()
    drawn = drawn_rows(history, config)
    drawn_s, drawn_cpu_s = time.perf_counter() - built, time.process_time() - built_cpu
    return {
        "rows": rows,
        "features": len(FEATURES),
        "varying": varying_features(history),
        "read_s": read - started,
        "features_s": built - done,
        "features_cpu_s": built_cpu - spent,
        "drawn_rows": drawn,
        "drawn_features_s": drawn_s,
        "drawn_features_cpu_s": drawn_cpu_s,
        "fit_s": fitted - read,
        "predict_s": done - fitted,
        "total_s": done - started,
        "total_cpu_s": spent - started_cpu,
        "peak_gb": peak,
    }


def feature_rows(history: DemandHistory) -> int:
    """Every row (series x period ahead) of every fourth training origin, built and dropped; returns their number."""
    return sum(len(rows) for rows in origin_rows(history, training_origins(history)[::4]))


def origin_rows(history: DemandHistory, origins: list[int], every: int = 1) -> Iterator[Floats]:
    """Feature rows of the origins, of all series or every so manieth."""
    features = DemandFeatures(history, Vocabulary.from_history(history))
    for panel in panels(history):
        of_panel = features.for_panel(panel)
        for origin in origins:
            most = min(HORIZON, panel.axis.count - 1 - origin)
            step = max(1, ROWS_AT_ONCE // most)
            for begin in range(0, panel.size, step):
                series = np.arange(begin, min(begin + step, panel.size), every)
                ahead = np.tile(np.arange(1, most + 1), series.size)
                yield of_panel.rows(origin, np.repeat(series, most), ahead)


def drawn_rows(history: DemandHistory, config: DemandConfig) -> int:
    """Rows drawn for a training with their features, built and dropped; returns their number."""
    features, plan = DemandFeatures(history, Vocabulary.from_history(history)), Plan.from_history(history, config)
    made = 0
    for number, panel in enumerate(panels(history)):
        of_panel = features.for_panel(panel)
        for draw in panel_draws(of_panel, plan.panel_origins(number), plan.share, config):
            made += len(draw.features(of_panel))
    return made


def varying_features(history: DemandHistory) -> int:
    """Number of features that are not the same in every row, among a tenth of the series."""
    rows = np.concatenate(list(origin_rows(history, training_origins(history)[::4], every=10)))
    same = (rows == rows[0]) | (np.isnan(rows) & np.isnan(rows[0]))
    return int((~same.all(axis=0)).sum())


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
