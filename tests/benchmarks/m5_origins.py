"""Windows of M5, forecast one after the other by `bench_m5.py --origins N`.

The windows do not overlap, the last one is the validation window; each is forecast by a model fitted on the days before
it. Of the earlier ones the means are scored; the last has sample paths too, calibrated on the two before it.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from features.demand.panel import panels
from retail_brain.dataset import Dataset
from retail_brain.outputs import quantile_column
from training.demand.actuals import Actuals
from training.demand.backtest_window import MODEL_ALONE, WindowScores, score_window
from training.demand.baselines import ets, seasonal_naive
from training.demand.calibration import calibrate
from training.demand.common_effects import GROUPINGS
from training.demand.config import DemandConfig, histories_of
from training.demand.demand_class import CLASSES
from training.demand.dispersion import Residuals
from training.demand.mean_model import MeanModel
from training.demand.model import CALIBRATION_WINDOWS
from training.demand.protocol import predictions
from training.demand.residuals import panel_residuals

SHARED = Path(__file__).resolve().parents[3] / "shared"
M5 = SHARED / "data" / "m5"
M5_QUANTILES = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)
QUANTILES = (0.005, 0.025, 0.1, 0.165, 0.25, 0.5, 0.75, 0.835, 0.9, 0.975, 0.995)
ETS_SERIES = 240
_KEY = ["store_id", "product_id"]


def write_whole(found: pl.DataFrame, path: Path) -> None:
    """Writes a forecast for every series of M5; those that are not listed any more sell nothing."""
    every = pl.read_parquet(M5 / "series.parquet").select(
        pl.col("store_id").cast(pl.String), pl.col("item_id").cast(pl.String).alias("product_id")
    )
    rows = found.select("store_id", "product_id", "date", "forecast")
    grid = every.join(rows.select("date").unique(), how="cross")
    grid.join(rows, on=grid.columns, how="left").with_columns(pl.col("forecast").fill_null(0.0)).write_parquet(path)


def earlier_window(
    dataset: Dataset, config: DemandConfig, cutoff: date, actuals: Actuals, before: Sequence[Residuals], path: Path
) -> Residuals:
    """Forecasts an earlier window's means, corrected by the windows before, writes them to `path`; with what came."""
    calibration = calibrate(before[-CALIBRATION_WINDOWS:], config.seed, config.competitors)
    kept = path.with_suffix(".npz")
    if kept.is_file() and path.is_file():
        with np.load(kept) as arrays:
            return Residuals(**{name: arrays[name] for name in arrays.files})
    history = histories_of(dataset, config).at(cutoff)
    model = MeanModel.fit(history, config)
    parts, frames = [], []
    for part in predictions(model, history):
        panel = part.panel
        units, weight = actuals.after(panel, config.horizon)
        listed = np.asarray(panel.listed[:, panel.axis.count :].any(axis=1), dtype=bool)
        parts.append(panel_residuals(part, listed, units[listed], weight[listed]))
        dates = panel.axis.starts(panel.axis.count, panel.axis.count + config.horizon)
        frames.append(_frame(panel.series, dates, {"forecast": part.mean * part.factor(calibration)}))
    found = Residuals.joined(parts, config.horizon)
    write_whole(pl.concat(frames), path)
    np.savez(kept, **{field.name: getattr(found, field.name) for field in fields(found)})
    return found


def last_window(
    dataset: Dataset, config: DemandConfig, cutoff: date, actuals: Actuals, residuals: Sequence[Residuals]
) -> WindowScores:
    """Forecasts the last window with sample paths, calibrated on the last two of the earlier ones, and scores it."""
    history = histories_of(dataset, config).at(cutoff)
    model = MeanModel.fit(history, config)
    calibration = calibrate(residuals[-CALIBRATION_WINDOWS:], config.seed, config.competitors)
    print(f"bias factor {calibration.bias:.4f}, weight of totals {calibration.totals_weight:.2f}")
    print(f"variances of common effects (rows: {', '.join(GROUPINGS)}; horizon, week, day)")
    print(np.round(calibration.common.variances, 5))
    return score_window(model, calibration, history, actuals, cutoff, MODEL_ALONE)


def report(found: WindowScores, dataset: Dataset, config: DemandConfig, cutoff: date) -> None:
    """Prints what is not WRMSSE."""
    columns = ["wape", "bias", "rmsse", "pinball", "coverage_50", "coverage_80", "coverage_95"]
    with pl.Config(tbl_cols=20, tbl_width_chars=220, tbl_rows=60, float_precision=4):
        print(found.scores.select("cutoff", "method", *columns, "rows"))
        print("sums", found.sums)
        print("totals", found.totals)
    print(f"pinball over the nine M5 quantiles {nine(found.forecasts):.4f}, crossing rows {crossing(found.forecasts)}")
    print_pit(found)
    beside_ets(found.forecasts, dataset, config, cutoff)


def nine(frame: pl.DataFrame) -> float:
    """Mean pinball loss over the nine quantiles, in units."""
    units = frame["units"].to_numpy()
    return float(np.mean([pinball(units, frame[quantile_column(q)].to_numpy(), q) for q in M5_QUANTILES]))


def pinball(units: npt.NDArray[np.float64], value: npt.NDArray[np.float64], quantile: float) -> float:
    """Mean quantile loss in units."""
    error = units - value
    return float(np.maximum(quantile * error, (quantile - 1) * error).mean())


def crossing(frame: pl.DataFrame) -> int:
    """Rows in which a higher quantile lies below a lower one."""
    values = frame.select(quantile_column(q) for q in QUANTILES).to_numpy()
    return int((np.diff(values, axis=1) < 0).any(axis=1).sum())


def print_pit(found: WindowScores) -> None:
    """Share of randomised PIT values in the middle of the distribution, by demand class."""
    for span in ("period", "sum"):
        for number, name in enumerate((*CLASSES, "all")):
            chosen = found.pits.filter(pl.col("span") == span, (pl.col("demand_class") == number) | (name == "all"))
            values = chosen["pit"].to_numpy()
            if values.size:
                inside = {band: round(float(np.mean(np.abs(values - 0.5) <= band / 2)), 3) for band in (0.5, 0.8, 0.95)}
                print(f"PIT {span} {name:13s} {values.size:9,} values, mean {values.mean():.3f}, inside {inside}")


def beside_ets(champion: pl.DataFrame, dataset: Dataset, config: DemandConfig, cutoff: date) -> None:
    """The window beside seasonal naive on every series and ETS on a random few, with quantiles of their errors."""
    history = histories_of(dataset, config).at(cutoff)
    rng = np.random.default_rng(1)
    chosen = np.sort(rng.choice(history.series.height, min(ETS_SERIES, history.series.height), replace=False))
    parts: dict[str, list[pl.DataFrame]] = {"ets": [], "seasonal naive": []}
    for panel in panels(history):
        rows = np.flatnonzero(np.isin(panel.series["s"].to_numpy(), chosen))
        dates = panel.axis.starts(panel.axis.count, panel.axis.count + config.horizon)
        if rows.size:
            forecast, _ = ets(panel, rows, config.horizon, QUANTILES)
            parts["ets"].append(_frame(panel.series[rows], dates, _quantiles(forecast.quantiles)))
        naive = seasonal_naive(panel, config.horizon, QUANTILES)
        parts["seasonal naive"].append(_frame(panel.series, dates, _quantiles(naive.quantiles)))
    for name, frames in parts.items():
        rows_of = pl.concat(frames)
        same = champion.select(*_KEY, "date", "units").join(rows_of, on=[*_KEY, "date"])
        ours = champion.join(rows_of.select(*_KEY, "date"), on=[*_KEY, "date"], how="semi")
        print(
            f"{cutoff}, {same.height:,} rows: pinball over nine quantiles {nine(ours):.4f}, {name} {nine(same):.4f}, "
            f"ratio {nine(ours) / nine(same):.3f}"
        )


def _quantiles(values: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    return {quantile_column(q): values[:, :, number] for number, q in enumerate(QUANTILES)}


def _frame(series: pl.DataFrame, dates: Sequence[date], values: dict[str, npt.NDArray[np.float64]]) -> pl.DataFrame:
    days = pl.Series("date", dates, dtype=pl.Date).to_frame()
    rows = series.select(_KEY).join(days, how="cross", maintain_order="left_right")
    return rows.with_columns(pl.Series(name, part.ravel()) for name, part in values.items())
