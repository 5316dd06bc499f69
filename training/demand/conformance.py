"""Tests that a demand model keeps to the protocol; subclass it in the test suite of your package.

```python
from training.demand.conformance import DemandModelConformance

class TestMine(DemandModelConformance):
    model = MyForecaster
```

pytest then runs every `test_` method on a chain of two stores and ten products that comes with the class.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from features.demand.arrays import Doubles
from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory, read_history
from features.demand.panel import panels
from retail_brain.dataset import Dataset
from retail_brain.settings import DemandSettings
from training.bundle import SUFFIXES
from training.demand.calibration import Calibration
from training.demand.config import DemandConfig
from training.demand.dispersion import Dispersion
from training.demand.forecast_run import ForecastRun, StoreForecast
from training.demand.model_registry import protocol_class
from training.demand.protocol import SeriesForecaster, predictions

_HORIZON = 14
"""Periods that the checks forecast: two weeks and less, so that they stay quick. By judgement, not measured."""
_FIRST = date(2024, 1, 1)
DAYS = 150
"""Days of the chain that the checks forecast from. By judgement, not measured."""
_HIDDEN_DAYS = 20
"""Days after the cutoff whose rows must change nothing."""


class DemandModelConformance:
    """What every demand model must keep to.

    Attributes:
        model: the class under test.
        options: what `settings.demand.model_options` gives it.
    """

    model: ClassVar[type[SeriesForecaster]]
    options: ClassVar[Mapping[str, bool | float | str]] = {}

    def test_it_has_every_method_and_a_label_in_both_languages(self) -> None:
        """A forgotten method or label is an error."""
        assert protocol_class(self.model.__name__, self.model) is self.model

    def test_it_forecasts_every_series_with_numbers_from_zero_up(self) -> None:
        """Shape, finiteness and sign, as `SeriesForecaster.on` checks them."""
        history = self._history()
        assert history.series.height == 20
        assert self._means(history).shape == (20, _HORIZON)

    def test_rows_after_the_cutoff_change_nothing(self) -> None:
        """No leak."""
        sales = _sales()
        last = _FIRST + timedelta(days=DAYS - _HIDDEN_DAYS - 1)
        after = pl.col("date") > last
        changed = sales.with_columns(pl.when(after).then(pl.col("units") * 9 + 1).otherwise("units").alias("units"))
        means = [self._means(self._history(rows, last)) for rows in (sales, changed, sales.filter(~after))]
        assert np.array_equal(means[0], means[1])
        assert np.array_equal(means[0], means[2])

    def test_the_same_seed_gives_the_same_model(self) -> None:
        """Fitting is deterministic."""
        assert np.array_equal(self._means(self._history()), self._means(self._history()))

    def test_the_order_of_rows_does_not_matter(self) -> None:
        """Tables are sets of rows."""
        shuffled = self._history(_sales().sample(fraction=1.0, shuffle=True, seed=3))
        assert np.allclose(self._means(self._history()), self._means(shuffled), rtol=1e-9, atol=1e-9)

    def test_a_saved_model_forecasts_the_same_from_plain_files(self) -> None:
        """Equal to 1e-9, and every file is of a kind that a bundle may hold; pickles are not."""
        history = self._history()
        fitted = self._fit(history)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            fitted.save(folder)
            foreign = [path.name for path in folder.rglob("*") if path.is_file() and path.suffix not in SUFFIXES]
            assert not foreign, f"a bundle may not hold {foreign}"
            again = type(fitted).load(folder, fitted.config)
        assert np.allclose(_means_of(fitted, history), _means_of(again, history), rtol=1e-9, atol=1e-9)

    def test_what_it_is_given_stays_as_it_was(self) -> None:
        """Neither panels nor the history's tables are written to."""
        history = self._history()
        fitted = self._fit(history)
        (panel,) = panels(history)
        before, sales = _copies(panel), history.sales.clone()
        fitted.mean(history, panel)
        assert sales.equals(history.sales)
        for name, array in before.items():
            assert np.array_equal(array, getattr(panel, name), equal_nan=array.dtype.kind == "f"), name

    def test_stores_and_products_that_it_never_saw_are_forecast(self) -> None:
        """What is new since the training has a forecast too."""
        few = self._history(_sales().filter((pl.col("store_id") == "S0") & (pl.col("product_id") < "P05")))
        assert _means_of(self._fit(few), self._history()).shape == (20, _HORIZON)

    def test_a_history_of_ten_days_is_forecast(self) -> None:
        """Short series have no season to fit."""
        short = self._history(_sales().filter(pl.col("date") < _FIRST + timedelta(days=10)))
        assert self._means(short).shape[1] == _HORIZON

    def test_quantiles_do_not_cross_and_paths_follow_the_seed(self) -> None:
        """Paths: non-negative, right dates, same seed same paths, other seed other paths."""
        one, same, other = (self._forecast(seed) for seed in (0, 0, 1))
        quantiles = one.paths.quantiles((0.05, 0.5, 0.95))
        assert one.paths.units.shape == (10, 40, _HORIZON)
        assert (one.paths.units >= 0).all()
        assert (np.diff(quantiles, axis=2) >= 0).all()
        assert one.paths.dates.to_list() == [_FIRST + timedelta(days=DAYS + day) for day in range(_HORIZON)]
        assert np.array_equal(one.paths.units, same.paths.units)
        assert not np.array_equal(one.paths.units, other.paths.units)

    def _config(self) -> DemandConfig:
        demand = DemandSettings(horizon_periods=_HORIZON, sample_paths=40, model_options=dict(self.options))
        return DemandConfig(demand=demand, horizon=_HORIZON)

    def _history(self, sales: pl.DataFrame | None = None, last: date | None = None) -> DemandHistory:
        dataset = _dataset(_sales() if sales is None else sales)
        return read_history(dataset.at(last or dataset.last_day()), self._config().settings, _HORIZON)

    def _fit(self, history: DemandHistory) -> SeriesForecaster:
        return self.model.fit(history, self._config())

    def _means(self, history: DemandHistory) -> Doubles:
        return _means_of(self._fit(history), history)

    def _forecast(self, seed: int) -> StoreForecast:
        history, dataset = self._history(), _dataset(_sales())
        calibration = Calibration(1.0, Dispersion.default())
        run = ForecastRun(dataset, history, self._fit(history), calibration, paths=40, explain=False, seed=seed)
        return next(run.stores(["S0"], None))


def _means_of(model: SeriesForecaster, history: DemandHistory) -> Doubles:
    return np.concatenate([found.mean for found in predictions(model, history)])


def _copies(panel: DemandPanel) -> dict[str, Doubles]:
    values = {item.name: getattr(panel, item.name) for item in fields(panel)}
    return {name: value.copy() for name, value in values.items() if isinstance(value, np.ndarray)}


def _dataset(sales: pl.DataFrame) -> Dataset:
    return Dataset.from_frames({"daily_sales": sales})


def _sales() -> pl.DataFrame:
    """Sales of two stores by weekday, from brisk to rare."""
    rng = np.random.default_rng(0)
    rate = np.geomspace(0.3, 12.0, 10)[None, :, None] * (1 + 0.6 * (np.arange(DAYS) % 7 >= 5))
    units = rng.poisson(np.broadcast_to(rate, (2, 10, DAYS))).astype(float)
    store, product, day = np.nonzero(units)
    return pl.DataFrame(
        {
            "date": [_FIRST + timedelta(days=int(number)) for number in day],
            "store_id": [f"S{number}" for number in store],
            "product_id": [f"P{number:02d}" for number in product],
            "units": units[store, product, day],
        }
    )
