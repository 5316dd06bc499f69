"""A demand model of another package that fails or answers nonsense: one error that names its entry point."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.demand.history import read_history
from features.demand.panel import panels
from retail_brain.checkpoints import resumable_work
from retail_brain.dataset import Dataset
from retail_brain.errors import ExtensionError, ModelError
from retail_brain.settings import DataSettings, DemandSettings, Settings
from tests.outside_package import Install
from training.demand import jobs
from training.demand.config import DemandConfig, preset_config
from training.demand.conformance import DemandModelConformance
from training.demand.model import DemandModel

HOSTILE = """
    import numpy as np
    from training.demand.models.weekday_level import WeekdayLevel

    class FailingFit(WeekdayLevel):
        @classmethod
        def fit(cls, history, config, progress=None):
            raise ZeroDivisionError("by nothing")

    class NoFit(WeekdayLevel):
        @classmethod
        def fit(cls, history, config, progress=None):
            return None

    class FailingMean(WeekdayLevel):
        def mean(self, history, panel):
            raise SystemExit("enough")

    class Negative(WeekdayLevel):
        def mean(self, history, panel):
            return -super().mean(history, panel) - 1

    class Words(WeekdayLevel):
        def mean(self, history, panel):
            return [["many"]]

    class Writing(WeekdayLevel):
        def mean(self, history, panel):
            panel.demand[:] = 0
            return super().mean(history, panel)

    class FewPaths(WeekdayLevel):
        def paths(self, panel, chosen, mean, calibration, draw):
            return super().paths(panel, chosen, mean, calibration, draw)[:, :-1]

    class NoNumbers(WeekdayLevel):
        def paths(self, panel, chosen, mean, calibration, draw):
            return super().paths(panel, chosen, mean, calibration, draw) * np.nan

    class FailingSave(WeekdayLevel):
        def save(self, folder):
            (folder / "mean.json").write_text("{}")
            raise PermissionError("not there")

    fits = []

    class Flaky(WeekdayLevel):
        # the third fit is that of everything, after one window and the one before it
        @classmethod
        def fit(cls, history, config, progress=None):
            fits.append(history.axis.count)
            if len(fits) == 3:
                raise TimeoutError("the licence server is away")
            return super().fit(history, config)

    class FailingLoad(WeekdayLevel):
        @classmethod
        def load(cls, folder, config):
            raise KeyError("level")
"""
NAMES = ("FailingFit", "NoFit", "FailingMean", "Negative", "Words", "Writing", "FewPaths", "NoNumbers", "FailingSave")


@pytest.fixture
def named(install: Install) -> Any:
    entries = {name.lower(): f"hostile:{name}" for name in (*NAMES, "FailingLoad", "Flaky")}
    install("hostile", HOSTILE, {"demand_models": entries})

    def config(name: str) -> DemandConfig:
        demand = DemandSettings(horizon_periods=14, sample_paths=20, backtest_windows=1, model=name.lower())
        return preset_config(Settings(data=DataSettings(country="CN"), demand=demand), "fast")

    return config


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("FailingFit", r"failed while it was fitted on \d+ series: ZeroDivisionError: by nothing"),
        ("NoFit", r"was fitted to a NoneType; wanted a NoFit"),
        ("FailingMean", r"failed while \d+ series were forecast: SystemExit: enough"),
        ("Negative", r"forecast an array of shape \(\d+, 14\) with 0 values that are no number and \d+ below 0"),
        ("Words", "failed while .*: ValueError"),
        ("Writing", "failed while .*: ValueError: .*read-only"),
        ("FewPaths", r"drew an array of shape \(\d+, 19, 14\).*wanted shape \(\d+, 20, 14\)"),
        ("NoNumbers", r"drew an array of shape .* with \d+ values that are no number"),
    ],
)
def test_a_fault_in_training_names_entry_point_class_and_package(
    named: Any, chain: Dataset, name: str, says: str
) -> None:
    with pytest.raises(ExtensionError, match=f"the demand model '{name.lower()}'.*{says}") as raised:
        jobs.train(chain, named(name).settings)
    assert f"hostile 1.2, which declares it as hostile:{name} in retail_brain.demand_models" in str(raised.value)


def test_a_model_that_cannot_be_written_or_read_is_named(named: Any, chain: Dataset, tmp_path: Path) -> None:
    fitted = DemandModel.fit(chain, named("FailingSave"), residuals=())
    with pytest.raises(ExtensionError, match="'failingsave' failed while it was written to files: PermissionError"):
        fitted.save(tmp_path)
    (tmp_path / "good").mkdir()
    DemandModel.fit(chain, named("FailingLoad"), residuals=()).save(tmp_path / "good")
    with pytest.raises(ModelError, match=r"'failingload' failed while it was read from .*: KeyError"):
        DemandModel.load(tmp_path / "good")


def test_windows_that_were_done_before_a_model_failed_are_not_done_again(
    named: Any, chain: Dataset, tmp_path: Path
) -> None:
    settings = named("Flaky").settings
    with pytest.raises(ExtensionError, match="TimeoutError"), resumable_work(tmp_path / "train") as work:
        jobs.train(chain, settings, work=work)
    with resumable_work(tmp_path / "train") as work:
        assert jobs.train(chain, settings, work=work).metrics["pinball"] > 0
    fits = import_module("hostile").fits
    assert len(fits) == 4, "only the fit that failed is done again"
    assert fits[3] == fits[2] == max(fits)


@pytest.mark.parametrize(
    ("name", "check", "error"),
    [
        ("FailingFit", "test_it_forecasts_every_series_with_numbers_from_zero_up", ZeroDivisionError),
        ("NoFit", "test_it_forecasts_every_series_with_numbers_from_zero_up", AttributeError),
        ("FailingMean", "test_it_forecasts_every_series_with_numbers_from_zero_up", SystemExit),
        ("Negative", "test_it_forecasts_every_series_with_numbers_from_zero_up", ExtensionError),
        ("Words", "test_it_forecasts_every_series_with_numbers_from_zero_up", ValueError),
        ("Writing", "test_it_forecasts_every_series_with_numbers_from_zero_up", ValueError),
        ("FewPaths", "test_quantiles_do_not_cross_and_paths_follow_the_seed", ExtensionError),
        ("NoNumbers", "test_quantiles_do_not_cross_and_paths_follow_the_seed", ExtensionError),
        ("FailingSave", "test_a_saved_model_forecasts_the_same_from_plain_files", PermissionError),
        ("FailingLoad", "test_a_saved_model_forecasts_the_same_from_plain_files", KeyError),
    ],
)
@pytest.mark.usefixtures("named")
def test_an_author_finds_each_fault_alone(name: str, check: str, error: type[BaseException]) -> None:
    suite = type("Suite", (DemandModelConformance,), {"model": getattr(import_module("hostile"), name)})()
    with pytest.raises(error):
        getattr(suite, check)()


def test_a_panel_is_the_same_after_a_model_tried_to_write_to_it(named: Any, chain: Dataset) -> None:
    history = read_history(chain, named("Writing").settings, 14)
    before = [panel.demand.copy() for panel in panels(history)]
    with pytest.raises(ExtensionError):
        jobs.train(chain, named("Writing").settings)
    assert all(np.array_equal(one, panel.demand) for one, panel in zip(before, panels(history), strict=True))
