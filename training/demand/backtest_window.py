"""Scores the model and its baselines on one window of a backtest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from features.demand.arrays import Bools, Doubles, Floats
from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory
from retail_brain.errors import ImpossibleError
from retail_brain.outputs import quantile_column
from training.demand.actuals import Actuals
from training.demand.baselines import BASELINES, ets
from training.demand.calibration import Calibration
from training.demand.demand_class import demand_class
from training.demand.dispersion import Residuals
from training.demand.paths import PathDraw
from training.demand.protocol import DemandMean, draw_paths, predictions
from training.demand.residuals import panel_residuals
from training.demand.total_scores import SUM_PERIODS, TotalScores
from training.metrics import randomised_pit, scores

CANDIDATE = "champion"
"""Method name of the model under test in the stored tables; the word was stored before it was called candidate here."""
_ETS_SERIES = 12
"""Series that ETS is fitted on in a window: each is slow. Chosen by judgement, not measured."""
_PIT_SERIES = 2000
"""Series whose probability integral transforms are drawn: enough for a histogram. Chosen by judgement, not measured."""
_KEY = ["store_id", "product_id"]


@dataclass(frozen=True)
class Scoring:
    """Choice of the methods and series that a backtest scores.

    Attributes:
        baselines: whether the baselines are scored beside the model.
        ets: whether ETS is, on few series, since it is slow.
        series: columns store_id and product_id: only these series; None for all of the panel.
    """

    baselines: bool = True
    ets: bool = True
    series: pl.DataFrame | None = None


ALL_METHODS = Scoring()
MODEL_ALONE = Scoring(baselines=False, ets=False)


@dataclass(frozen=True)
class WindowScores:
    """Results of one window; the attributes are those of `training.demand.backtest.Backtest`."""

    scores: pl.DataFrame
    sums: pl.DataFrame
    totals: pl.DataFrame
    ets: pl.DataFrame
    pits: pl.DataFrame
    forecasts: pl.DataFrame
    residuals: Residuals


@dataclass(frozen=True)
class _Target:
    """What is scored of one panel.

    Attributes:
        panel: all its series, as known at the cutoff.
        chosen: shape (n,), the series whose demand is known in some period of the window.
        units, known: of the chosen series, shape (chosen, H).
        dates: first day of each period.
    """

    panel: DemandPanel
    chosen: Bools
    units: Floats | Doubles
    known: Bools
    dates: pl.Series

    def frame(self, mean: Doubles, values: Doubles, quantiles: Sequence[float]) -> pl.DataFrame:
        """One row per chosen series x date: units, forecast and the quantiles in `values` (chosen, H, Q)."""
        series = self.panel.series.select(_KEY).filter(self.chosen)
        rows = series.join(self.dates.to_frame(), how="cross", maintain_order="left_right")
        columns = [pl.Series(quantile_column(q), values[:, :, number].ravel()) for number, q in enumerate(quantiles)]
        units = pl.Series("units", self.units.ravel(), dtype=pl.Float64)
        return rows.with_columns(units, pl.Series("forecast", mean.ravel()), *columns).filter(
            pl.Series(self.known.ravel())
        )

    def only(self, series: pl.DataFrame) -> "_Target":
        """The same for the chosen series that are also among `series` (columns store_id and product_id)."""
        keys = series.select(*_KEY, pl.lit(value=True).alias("wanted")).unique(_KEY)
        joined = self.panel.series.select(_KEY).join(keys, on=_KEY, how="left", maintain_order="left")
        selected = joined["wanted"].fill_null(value=False).to_numpy()
        both = selected[self.chosen]
        return _Target(self.panel, self.chosen & selected, self.units[both], self.known[both], self.dates)

    def in_sums(self, periods: int) -> "_Target":
        """The same for sums over whole stretches of so many periods."""
        whole = self.units.shape[1] // periods
        return _Target(
            self.panel,
            self.chosen,
            summed(self.units, periods),
            summed(self.known, periods) == periods,
            self.dates.gather(np.arange(whole) * periods),
        )


def score_window(
    model: DemandMean,
    calibration: Calibration,
    history: DemandHistory,
    actuals: Actuals,
    cutoff: date,
    scoring: Scoring = ALL_METHODS,
) -> WindowScores:
    """Forecasts a window and scores it against actual demand.

    Raises:
        ImpossibleError: no series of the panel was on sale after the cutoff.
    """
    quantiles, horizon, seed = model.config.demand.quantiles, history.horizon, model.config.seed
    rng = np.random.default_rng((seed, cutoff.toordinal()))
    frames: dict[str, list[pl.DataFrame]] = {CANDIDATE: []}
    parts: list[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]] = []
    first: _Target | None = None
    residuals: list[Residuals] = []
    totals = TotalScores()
    for prediction in predictions(model, history):
        panel = prediction.panel
        all_series = _target(panel, actuals, horizon)
        residuals.append(panel_residuals(prediction, all_series.chosen, all_series.units, all_series.known))
        target = all_series if scoring.series is None else all_series.only(scoring.series)
        if not target.chosen.any():
            continue
        mean = (prediction.mean * prediction.factor(calibration))[target.chosen]
        salt = int(panel.series["s"][0])
        draw = PathDraw(model.config.demand.sample_paths, cutoff.toordinal() + seed, salt)
        paths = draw_paths(model, panel, target.chosen, mean, calibration, draw)
        totals.add(panel.series.filter(target.chosen), mean, paths, target.units, target.known)
        frames[CANDIDATE].append(target.frame(mean, _quantiles(paths, quantiles), quantiles))
        first = first or target
        parts.append((_scale(target), _sum_frames(target, mean, paths, quantiles), _pits(target, paths, rng)))
        for name, baseline in BASELINES.items() if scoring.baselines else ():
            forecast = baseline(panel, horizon, quantiles)
            rows = target.frame(forecast.mean[target.chosen], forecast.quantiles[target.chosen], quantiles)
            frames.setdefault(name, []).append(rows)
    if first is None:
        raise ImpossibleError(
            f"no series with {model.config.demand.min_sale_days} days of sale was on sale after {cutoff}. Lower "
            "settings.demand.min_sale_days, choose fewer windows or ingest more history."
        )
    methods = {name: pl.concat(prediction) for name, prediction in frames.items()}
    scale = pl.concat([of_panel for of_panel, *_ in parts])
    sums_frame = pl.concat([frame for _, frame, *_ in parts]).with_columns(pl.lit(cutoff).alias("cutoff"))
    return WindowScores(
        scores=_measured(methods, scale, quantiles, cutoff),
        sums=scores(sums_frame, scale, quantiles, ["cutoff", "periods"]).drop("rmsse"),
        totals=totals.scores(cutoff, quantiles),
        ets=_beside_ets(first, methods, scale, quantiles, cutoff) if scoring.ets else pl.DataFrame(),
        pits=pl.concat([pits for *_, pits in parts]),
        forecasts=_in_table_units(methods[CANDIDATE], history).select(pl.lit(cutoff).alias("cutoff"), pl.all()),
        residuals=Residuals.joined(residuals, horizon),
    )


def _sum_frames(target: _Target, mean: Doubles, paths: Floats, quantiles: Sequence[float]) -> pl.DataFrame:
    """Sums over stretches of each length in `SUM_PERIODS` that the window holds, with the length in `periods`."""
    frames = []
    for periods in SUM_PERIODS:
        values = _quantiles(summed(paths, periods), quantiles)
        frame = target.in_sums(periods).frame(summed(mean, periods), values, quantiles)
        frames.append(frame.with_columns(pl.lit(periods, pl.Int64).alias("periods")))
    return pl.concat(frames)


def _in_table_units(rows: pl.DataFrame, history: DemandHistory) -> pl.DataFrame:
    """Rows of a window in the units of the tables: in the window series are scored in their own units."""
    if not history.in_own_units:
        return rows
    units = [name for name in rows.columns if name not in (*_KEY, "date")]
    joined = rows.join(history.series.select(*_KEY, "unit"), on=_KEY, how="left", maintain_order="left")
    return joined.with_columns(pl.col(units) * pl.col("unit")).drop("unit")


def summed(values: npt.NDArray[np.generic], periods: int) -> Doubles:
    """Sums over whole stretches of so many periods along the last axis."""
    whole = values.shape[-1] // periods
    stretches = values[..., : whole * periods].reshape(*values.shape[:-1], whole, periods)
    total: Doubles = stretches.sum(axis=-1, dtype=np.float64)
    return total


def _target(panel: DemandPanel, actuals: Actuals, horizon: int) -> _Target:
    units, weight = actuals.after(panel, horizon)
    chosen = np.asarray((weight > 0).any(axis=1), dtype=bool)
    count = panel.axis.count
    dates = pl.Series("date", panel.axis.starts(count, count + horizon), dtype=pl.Date)
    return _Target(panel, chosen, units[chosen], weight[chosen] > 0, dates)


def _quantiles(paths: Floats | Doubles, quantiles: Sequence[float]) -> Doubles:
    return np.moveaxis(np.quantile(paths, quantiles, axis=1), 0, -1).astype(np.float64)


def _pits(target: _Target, paths: Floats, rng: np.random.Generator) -> pl.DataFrame:
    """Randomised PIT of some series: one row per known period, and per sum over the horizon where all of it is known.

    Columns: span (`period`, `sum`), demand_class (number in `CLASSES`), rate (mean units per period), pit.
    """
    rows = np.sort(rng.permutation(len(paths))[:_PIT_SERIES])
    of_series = demand_class(target.panel)[target.chosen][rows]
    rate = paths[rows].mean(axis=(1, 2), dtype=np.float64)
    units, known, drawn = target.units[rows], target.known[rows], paths[rows]
    values = randomised_pit(np.moveaxis(drawn, 1, -1), units, rng)
    whole = known.all(axis=1)
    sums = randomised_pit(drawn[whole].sum(axis=2, dtype=np.float64), units[whole].sum(axis=1, dtype=np.float64), rng)
    series = np.nonzero(known)[0]
    frames = (("period", series, values[known]), ("sum", np.flatnonzero(whole), sums))
    return pl.concat(
        pl.DataFrame({"demand_class": of_series[of], "rate": rate[of], "pit": pit}).select(
            pl.lit(span).alias("span"), pl.all()
        )
        for span, of, pit in frames
    )


def _scale(target: _Target) -> pl.DataFrame:
    """Mean squared change from period to period before the cutoff, since each series' first sale."""
    sold = target.panel.demand[target.chosen].astype(np.float64)
    begun = np.arange(1, sold.shape[1]) > target.panel.series["begin"].to_numpy()[target.chosen][:, None]
    changes = np.where(begun, np.diff(sold, axis=1) ** 2, 0.0)
    scale = changes.sum(axis=1) / np.maximum(begun.sum(axis=1), 1)
    return target.panel.series.select(_KEY).filter(target.chosen).with_columns(pl.Series("scale", scale))


def _measured(
    methods: Mapping[str, pl.DataFrame], scale: pl.DataFrame, quantiles: Sequence[float], cutoff: date
) -> pl.DataFrame:
    marked = (
        frame.with_columns(pl.lit(cutoff).alias("cutoff"), pl.lit(name).alias("method"))
        for name, frame in methods.items()
    )
    return pl.concat([scores(frame, scale, quantiles, ["cutoff", "method"]) for frame in marked])


def _beside_ets(
    target: _Target, methods: Mapping[str, pl.DataFrame], scale: pl.DataFrame, quantiles: Sequence[float], cutoff: date
) -> pl.DataFrame:
    """All methods and ETS on a few series of the first panel, evenly spread over its chosen series."""
    candidates = np.flatnonzero(target.chosen)
    place = np.unique(np.linspace(0, candidates.size - 1, min(_ETS_SERIES, candidates.size)).astype(np.int64))
    forecast, seconds = ets(target.panel, candidates[place], target.units.shape[1], quantiles)
    selected = np.zeros(target.panel.size, dtype=bool)
    selected[candidates[place]] = True
    small = _Target(target.panel, selected, target.units[place], target.known[place], target.dates)
    rows = small.frame(forecast.mean, forecast.quantiles, quantiles)
    keys = rows.select(_KEY).unique()
    beside = {name: frame.join(keys, on=_KEY, how="semi") for name, frame in methods.items()}
    measured = _measured({**beside, "ets": rows}, scale, quantiles, cutoff)
    return measured.with_columns(
        pl.lit(place.size).alias("series"),
        pl.when(pl.col("method") == "ets").then(pl.lit(seconds)).alias("seconds_per_series"),
    )
