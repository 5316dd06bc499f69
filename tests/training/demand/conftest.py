"""Fixtures of the demand tests."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from retail_brain.dataset import Dataset
from retail_brain.settings import DemandSettings, Settings
from training.demand.config import DemandConfig, preset_config
from training.demand.model import DemandModel

_CHAIN = runpy.run_path(str(Path(__file__).parents[2] / "features" / "demand_chain.py"))


@pytest.fixture(scope="session")
def small_chain() -> Callable[..., Any]:
    """Tables of a small chain with everything that the demand panel reads (`demand_chain.small_chain`)."""
    return _CHAIN["small_chain"]


@pytest.fixture(scope="session")
def dataset_of() -> Callable[..., Any]:
    """Tables -> dataset as known on a day (`demand_chain.dataset_of`)."""
    return _CHAIN["dataset_of"]


@pytest.fixture(scope="session")
def counted_in() -> Callable[..., Any]:
    """Tables, product, parts -> the same chain with the product in parts of a unit (`demand_chain.counted_in`)."""
    return _CHAIN["counted_in"]


@pytest.fixture(scope="session")
def chain(small_chain: Callable[..., Any], dataset_of: Callable[..., Any]) -> Dataset:
    """The small chain as known on its last day."""
    return dataset_of(small_chain())


@pytest.fixture(scope="session")
def config() -> DemandConfig:
    """A model that fits in a second."""
    settings = Settings(demand=DemandSettings(horizon_periods=14, sample_paths=60))
    quick = {"rounds": 25, "min_rows": 8_000, "rows_per_series": 300, "leaves": 15, "threads": 1, "group_rounds": 15}
    return preset_config(settings, "fast").model_copy(update=quick)


@pytest.fixture(scope="session")
def model(chain: Dataset, config: DemandConfig) -> DemandModel:
    """Fitted on the small chain."""
    return DemandModel.fit(chain, config)
