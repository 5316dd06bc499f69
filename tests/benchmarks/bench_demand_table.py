"""Every demand set, ours beside simple models, AutoETS and mlforecast + LightGBM on the same rows: one table.

statsforecast and mlforecast are no dependencies of the project. Give them an environment of their own, then run from
the project's root; see docs/benchmarks.md, section Demand:

    python -m venv rival && rival/bin/pip install statsforecast mlforecast lightgbm polars
    POLARS_MAX_THREADS=2 OMP_NUM_THREADS=2 PYTHONPATH=. python tests/benchmarks/bench_demand_table.py
    --rival-python rival/bin/python [--sets sample m5 ...] [--out FOLDER]

Every method runs in a process of its own. All forecast from the same demand; mlforecast gets lags, rolling and weekday
means, price, promotion and ids. Quantiles of the simple models are those of each series' own errors at the two origins
before; AutoETS has its intervals; mlforecast has none here. AutoETS runs on at most 100 random series, and `ours there`
is ours on those rows. WAPE, bias (of units), mean pinball loss over seven quantiles relative to the mean demand, and
coverage of the 80 % band of periods and of sums over the horizon. `promoted` is the WAPE of promoted rows.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from bench_demand import peak_gigabytes
from demand_sets import SETS, DemandSet

from features.demand.demand_panel import DemandPanel
from features.demand.histories import Histories
from features.demand.panel import panels
from training.demand.actuals import Actuals
from training.demand.backtest import backtest, backtest_windows
from training.demand.backtest_window import Scoring
from training.demand.config import histories_of, preset_config
from training.demand.simple_models import SIMPLE_MODELS
from training.splits import last_day_of

KEY = ["store_id", "product_id"]
ROW = ["cutoff", *KEY, "date"]
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
NAMES = [f"q{round(100 * q):02d}" for q in QUANTILES]
ETS_SERIES = 100
ERROR_ORIGINS = 2


def main() -> None:
    """Runs all methods on the chosen sets and prints one row per set x method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rival-python", type=Path, help="a Python that has statsforecast and mlforecast")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS))
    parser.add_argument("--out", type=Path, help="folder that the table is written into")
    parser.add_argument("--skip", type=int, default=0, help="horizons by which the windows lie earlier")
    parser.add_argument("--run", nargs=3, metavar=("METHOD", "SET", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        method, name, folder = options.run
        run = {"ours": ours, "simple": simple, "inputs": inputs}[method]
        print(json.dumps(run(SETS[name](), Path(folder), options.skip)))
        return
    tables = []
    for name in options.sets:
        with tempfile.TemporaryDirectory() as scratch:
            tables.append(of_set(name, Path(scratch), options.rival_python, options.skip))
        with pl.Config(
            tbl_cols=20, tbl_rows=100, tbl_width_chars=200, float_precision=4, tbl_hide_column_data_types=True
        ):
            print(tables[-1], flush=True)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        pl.concat(tables, how="diagonal_relaxed").write_csv(options.out / "table.csv")


def of_set(name: str, folder: Path, rival: Path | None, skip: int) -> pl.DataFrame:
    """One row per method."""
    costs = {"ours": _process([sys.executable, __file__, "--skip", str(skip), "--run", "ours", name, str(folder)])}
    costs["simple"] = _process([sys.executable, __file__, "--skip", str(skip), "--run", "simple", name, str(folder)])
    rows = pl.read_parquet(folder / "ours.parquet")
    tables = {"ours": rows}
    for simple_model in SIMPLE_MODELS:
        tables[simple_model] = _on_rows(rows, pl.read_parquet(folder / f"{simple_model}.parquet"))
    if rival:
        _process([sys.executable, __file__, "--skip", str(skip), "--run", "inputs", name, str(folder)])
        script = str(Path(__file__).with_name("demand_rivals.py"))
        for method in ("mlforecast", "autoets"):
            costs[method] = _process([str(rival), script, method, str(folder)])
            tables[method] = _on_rows(rows, pl.read_parquet(folder / f"{method}.parquet"))
        tables["ours there"] = _on_rows(
            tables["autoets"].select(*ROW, "units", "promoted"), rows.drop("units", "promoted")
        )
    out = []
    for method, table in tables.items():
        cost = costs.get(method, costs["simple"] if method in SIMPLE_MODELS else {})
        out.append({"set": name, "method": method, **measures(table), **cost})
    return pl.DataFrame(out)


def _process(command: list[str]) -> dict[str, float]:
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    cost: dict[str, float] = json.loads(found.stdout.splitlines()[-1])
    return cost


def _on_rows(rows: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    joined = rows.select(*ROW, "units", "promoted").join(forecasts, on=ROW, how="left")
    if "whole" in forecasts.columns:
        joined = joined.drop_nulls("forecast")
    return joined.with_columns(pl.col("forecast").fill_null(0.0).fill_nan(0.0))


def measures(rows: pl.DataFrame) -> dict[str, float | None]:
    """The measures of one method; sums are those of series whose whole horizon is known."""
    units, mean = rows["units"].to_numpy(), rows["forecast"].to_numpy()
    promoted = rows["promoted"].to_numpy()
    out: dict[str, float | None] = {
        "rows": float(len(units)),
        "wape": float(np.abs(units - mean).sum() / units.sum()),
        "bias": float((mean - units).sum() / units.sum()),
        "promoted": float(np.abs(units - mean)[promoted].sum() / units[promoted].sum()) if promoted.any() else None,
    }
    if NAMES[0] not in rows.columns or rows[NAMES[0]].null_count() == rows.height:
        return out
    known = rows.with_columns(pl.col(NAMES).fill_nan(None)).drop_nulls(NAMES)
    if known.height < 0.99 * rows.height:  # other rows than those of the others
        return out
    units, values = known["units"].to_numpy(), known.select(NAMES).to_numpy()
    error, levels = units[:, None] - values, np.array(QUANTILES)
    pinball = np.maximum(levels * error, (levels - 1) * error).mean()
    out |= {
        "pinball": float(pinball / units.mean()),
        "cover80": float(((units >= values[:, 1]) & (units <= values[:, 5])).mean()),
    }
    return out


def ours(chosen: DemandSet, folder: Path, skip: int) -> dict[str, float]:
    """Backtests as `train demand` does and writes its forecasts."""
    seen, config, windows, only = _windows(chosen, skip)
    started, cpu = time.perf_counter(), time.process_time()
    found = backtest(seen, config, windows, scoring=Scoring(baselines=False, ets=False, series=only))
    spent = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu, "gb": peak_gigabytes()}
    promoted = _promoted(chosen, skip)
    names = dict(zip([f"forecast_p{round(100 * q):02d}" for q in QUANTILES], NAMES, strict=True))
    rows = found.forecasts.rename(names).join(promoted, on=ROW, how="left")
    rows.with_columns(pl.col("promoted").fill_null(value=False)).write_parquet(folder / "ours.parquet")
    found.sums.write_parquet(folder / "sums.parquet")
    return spent


def simple(chosen: DemandSet, folder: Path, skip: int) -> dict[str, float]:
    """Simple models from the same panels, with quantiles of their errors at two earlier origins."""
    seen, config, windows, _ = _windows(chosen, skip)
    histories = histories_of(seen, config)
    actuals = Actuals.from_history(histories.whole())
    started, cpu = time.perf_counter(), time.process_time()
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in SIMPLE_MODELS}
    for cutoff in windows:
        axis = actuals.history.axis
        earlier = [axis.number(cutoff) - config.horizon * back for back in range(1, ERROR_ORIGINS + 1)]
        errors = pl.concat(
            [_simple_frame(histories, actuals, last_day_of(axis, n)) for n in earlier if n > config.horizon]
        )
        found = _simple_frame(histories, actuals, cutoff)
        for name in SIMPLE_MODELS:
            error = (pl.col("units") - pl.col(name)).filter(pl.col(name).is_not_nan())
            spread = errors.group_by(KEY).agg(
                error.quantile(q, "linear").alias(n) for q, n in zip(QUANTILES, NAMES, strict=True)
            )
            rows = found.select(pl.lit(cutoff).alias("cutoff"), *KEY, "date", pl.col(name).alias("forecast"))
            joined = rows.join(spread, on=KEY, how="left")
            frames[name].append(joined.with_columns((pl.col("forecast") + pl.col(n)).clip(0).alias(n) for n in NAMES))
    for name, parts in frames.items():
        pl.concat(parts).write_parquet(folder / f"{name}.parquet")
    return {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu, "gb": peak_gigabytes()}


def inputs(chosen: DemandSet, folder: Path, skip: int) -> dict[str, float]:
    """Writes what the rivals forecast from: one file per cutoff with history and plans."""
    seen, config, windows, _ = _windows(chosen, skip)
    histories = histories_of(seen, config)
    keys = pl.read_parquet(folder / "ours.parquet").select(KEY).unique().sort(KEY)
    few = keys.sample(min(ETS_SERIES, keys.height), seed=0)
    few.write_parquet(folder / "few.keys")
    for number, cutoff in enumerate(windows):
        frames = [_long(panel) for panel in panels(histories.at(cutoff))]
        rows = pl.concat(frames).with_columns(pl.lit(cutoff).alias("cutoff"))
        rows.write_parquet(folder / f"input{number}.parquet")
    rhythm = histories.whole().axis
    facts = {
        "horizon": config.horizon,
        "windows": len(windows),
        "period": rhythm.period,
        "season": rhythm.rhythm.season,
    }
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    return {}


def _windows(chosen: DemandSet, skip: int) -> tuple[Any, Any, list[Any], pl.DataFrame | None]:
    config = preset_config(chosen.settings, "fast")
    seen = chosen.dataset.at(chosen.dataset.last_day())
    windows = backtest_windows(seen, config, chosen.windows + skip)[: chosen.windows]
    only = None
    if chosen.least_sale_days > 1:
        sold = seen.daily_sales().filter(pl.col("units") > 0).group_by(KEY).len().collect()
        only = sold.filter(pl.col("len") >= chosen.least_sale_days)
    return seen, config, windows, only


def _simple_frame(histories: Histories, actuals: Actuals, cutoff: Any) -> pl.DataFrame:
    """One row per series and known date of the horizon: units and every simple forecast, in units of the tables."""
    history = histories.at(cutoff)
    parts = []
    for panel in panels(history):
        units, weight = actuals.after(panel, history.horizon)
        columns = {name: model(panel, history.horizon) for name, model in SIMPLE_MODELS.items()}
        unit = panel.series["unit"].to_numpy()[:, None]
        rows = _keys(panel).with_columns(
            pl.Series("units", (units * unit).ravel()), *(pl.Series(n, (v * unit).ravel()) for n, v in columns.items())
        )
        parts.append(rows.filter(pl.Series(weight.ravel() > 0)))
    return pl.concat(parts)


def _promoted(chosen: DemandSet, skip: int) -> pl.DataFrame:
    seen, config, windows, _ = _windows(chosen, skip)
    histories = histories_of(seen, config)
    parts = []
    for cutoff in windows:
        history = histories.at(cutoff)
        for panel in panels(history):
            promoted = pl.Series("promoted", panel.promotion[:, panel.axis.count :].ravel())
            parts.append(_keys(panel).with_columns(promoted, pl.lit(cutoff).alias("cutoff")).filter("promoted"))
    return pl.concat(parts)


def _keys(panel: DemandPanel) -> pl.DataFrame:
    count, width = panel.axis.count, panel.listed.shape[1]
    dates = pl.Series("date", panel.axis.starts(count, width), dtype=pl.Date)
    return panel.series.select(KEY).join(dates.to_frame(), how="cross", maintain_order="left_right")


def _long(panel: DemandPanel) -> pl.DataFrame:
    """All periods of a panel from each series' first on: demand (null where not known or ahead), price, promotion."""
    count, width = panel.axis.count, panel.listed.shape[1]
    begun = np.arange(width) >= np.minimum(panel.series["begin"].to_numpy(), count - 1)[:, None]
    demand = np.full(begun.shape, np.nan)
    demand[:, :count] = np.where(panel.weight > 0, panel.demand, np.nan) * panel.series["unit"].to_numpy()[:, None]
    row, period = np.nonzero(begun)
    dates = np.array(panel.axis.starts(0, width), dtype="datetime64[D]")
    keys = panel.series.select(*KEY, "department", "category")[row]
    return keys.with_columns(
        pl.Series("date", dates[period]),
        pl.Series("units", demand[row, period]).fill_nan(None),
        pl.Series("price", panel.price[row, period]),
        pl.Series("promotion", panel.promotion[row, period]),
        pl.Series("ahead", period >= count),
    )


if __name__ == "__main__":
    main()
