"""What a plan of a chain's stock is made from: one object for orders, transfers and left-overs alike."""

from dataclasses import dataclass

from retail_brain.dataset import Dataset
from retail_brain.outputs import ALL_SERIES, SeriesFilter
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from serving.planning.stock.supply_side import Forecaster


@dataclass(frozen=True)
class PlanRequest:
    """A question to the plan.

    Attributes:
        dataset: as known on the day after which orders are placed.
        model: gives the sample paths.
        settings: how to order, costs of moving, and defaults where `supply` has no value.
        only: stores and products to plan, as if they were all.
        seed: for the sample paths and uncertain lead times.
        progress: told per store.
    """

    dataset: Dataset
    model: Forecaster
    settings: Settings
    only: SeriesFilter = ALL_SERIES
    seed: int = 0
    progress: Progress = SILENT
