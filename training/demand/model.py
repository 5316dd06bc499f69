"""Fits the demand model and draws joint sample paths of every series, one store at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from features.demand.histories import Histories
from features.demand.history import DemandHistory, read_history
from retail_brain.dataset import Dataset
from retail_brain.engine import IN_PROCESS, Executor, InProcess
from retail_brain.errors import NotFoundError
from retail_brain.outputs import ALL_SERIES, SeriesFilter
from retail_brain.progress import SILENT, Progress
from training.demand.actuals import Actuals
from training.demand.calibration import Calibration, calibrate
from training.demand.config import DemandConfig, histories_of
from training.demand.dispersion import Residuals
from training.demand.forecast_parts import stores_in_parts
from training.demand.forecast_run import Explain, ForecastRun, StoreForecast
from training.demand.mean_model import MeanModel
from training.demand.memory import check_memory, forecast_bytes
from training.demand.model_files import read_model, write_model
from training.demand.model_registry import fit_mean
from training.demand.protocol import DemandMean
from training.demand.residuals import residuals_of
from training.splits import last_day_of, rolling_origins

CALIBRATION_WINDOWS = 2
"""Windows that a model is calibrated on where no backtest was run; each costs a forecast. Chosen by judgement, not
measured."""
_KEY = ["store_id", "product_id"]


@dataclass(frozen=True)
class DemandModel:
    """A fitted demand model.

    Attributes:
        config: how it was fitted.
        mean: the model of mean demand.
        calibration: its bias and spread.
        executor: forecasts stores.
    """

    config: DemandConfig
    mean: DemandMean
    calibration: Calibration
    executor: Executor = IN_PROCESS

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        config: DemandConfig,
        *,
        residuals: Sequence[Residuals] | None = None,
        histories: Histories | None = None,
        progress: Progress = SILENT,
    ) -> "DemandModel":
        """Fits on everything the dataset shows.

        Args:
            dataset: sales up to its `as_of`, plans beyond.
            config: how to fit.
            residuals: forecasts of earlier origins to calibrate on; without them some are made first.
            histories: of the same dataset, settings and horizon, with what was read of them already.
            progress: shows each step.

        Raises:
            MissingTableError: neither `transactions` nor `daily_sales` is there.
            NotFoundError: no sale is visible.
        """
        histories = histories or histories_of(dataset, config)
        history = histories.whole()
        if residuals is None:
            residuals = _earlier_residuals(histories, config)
        with progress.step("fit demand model") as step:
            mean = fit_mean(history, config, progress)
            step.rows = history.series.height
        return cls(config, mean, calibrate(residuals, config.seed, config.competitors))

    def forecast(
        self,
        dataset: Dataset,
        horizon: int,
        only: SeriesFilter = ALL_SERIES,
        *,
        explain: Explain = False,
        paths: int | None = None,
        seed: int = 0,
        progress: Progress = SILENT,
    ) -> Iterator[StoreForecast]:
        """Forecasts the periods after the dataset's last visible one, one item per store, in order of store_id.

        Args:
            dataset: sales up to its `as_of`, plans beyond.
            horizon: periods ahead.
            only: stores (one alone is forecast as among others) and products, where `unsold` says so also in stores
                that never sold them; by default all that are listed.
            explain: whether to work out the drivers: True by TreeSHAP (milliseconds per row), "quick" by path
                attribution (microseconds). A model that does not explain (`explains`) gives none.
            paths: number of sample paths; by default that of the settings.
            seed: the same seed gives the same paths.
            progress: shows each store.

        Raises:
            NotFoundError: a store that was named does not exist in the data.
            ImpossibleError: it would take more memory than there is.
        """
        history = self.history(dataset, horizon)
        known_stores = _known_stores(dataset, history)
        store_ids = list(known_stores) if only.stores is None else list(dict.fromkeys(only.stores))
        missing = [store for store in store_ids if store not in known_stores]
        if missing:
            raise NotFoundError(
                f"stores {missing[:5]} are not in the data; it has {len(known_stores)} stores such as "
                f"{sorted(known_stores)[:5]}. Name one of those."
            )
        store_ids = [store for store in store_ids if store not in only.skip_stores]
        drawn = paths or self.config.demand.sample_paths
        needed_bytes = forecast_bytes(history.series, history.axis.count, horizon, drawn)
        check_memory(needed_bytes, f"forecasting {history.series.height:,} series")
        run = ForecastRun(
            dataset=dataset,
            history=history,
            mean=self.mean,
            calibration=self.calibration,
            paths=drawn,
            explain=explain,
            seed=seed,
        )
        if not isinstance(self.executor, InProcess) and only.products is None and len(store_ids) > 1:
            yield from stores_in_parts(run, sorted(store_ids), self.executor, progress)
            return
        forecasts = run.stores(sorted(store_ids), only.products, unsold=only.unsold)
        yield from progress.track(forecasts, "forecast stores", total=len(store_ids))

    def history(self, dataset: Dataset, horizon: int) -> DemandHistory:
        """The history that the model forecasts from, in the units that it was fitted on."""
        return read_history(dataset, self.config.settings, horizon, in_own_units=self.config.in_own_units)

    def on(self, executor: Executor) -> "DemandModel":
        """The same model, which forecasts stores in an executor's workers."""
        return replace(self, executor=executor)

    def save(self, folder: Path) -> None:
        """Writes the model into an existing folder: LightGBM text, npz and JSON."""
        write_model(folder, self.config, self.mean, self.calibration)

    @classmethod
    def load(cls, folder: Path) -> "DemandModel":
        """Reads a model back.

        Raises:
            ModelError: a file is missing, damaged, or of another version.
        """
        return cls(*read_model(folder))

    @property
    def explains(self) -> bool:
        """Whether forecasts have drivers and what-if questions can be answered: by the boosted trees only."""
        return isinstance(self.mean, MeanModel)

    @property
    def importance(self) -> Mapping[str, float]:
        """Share of the trees' total gain per feature, largest first; empty without trees."""
        if not isinstance(self.mean, MeanModel) or self.mean.booster is None:
            return {}
        booster = self.mean.booster
        gain = np.asarray(booster.feature_importance("gain"), dtype=np.float64)
        pairs = zip(booster.feature_name(), gain / max(gain.sum(), 1e-12), strict=True)
        return dict(sorted(((name, float(share)) for name, share in pairs), key=lambda pair: -pair[1]))


def _earlier_residuals(histories: Histories, config: DemandConfig) -> list[Residuals]:
    """Forecasts of the last windows by models that had not seen them; fewer where history is short."""
    history = histories.whole()
    axis = history.axis
    origins = rolling_origins(
        axis.count, config.horizon, CALIBRATION_WINDOWS, min_history=config.horizon + 2 * min(axis.rhythm.season, 7)
    )
    if not origins or history.series.is_empty():
        return []
    actuals = Actuals.from_history(history)
    out = []
    for origin in origins:
        past = histories.at(last_day_of(axis, origin))
        out.append(residuals_of(fit_mean(past, config), past, actuals))
    return out


def _known_stores(dataset: Dataset, history: DemandHistory) -> set[str]:
    named = dataset.scan_or_empty("stores").select("store_id").collect()["store_id"]
    return {*history.series["store_id"], *history.rare["store_id"], *named}
