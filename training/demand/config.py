"""Defines the parameters of a demand model: everything needed to fit it again."""

from typing import Literal

from pydantic import Field

from features.demand.histories import Histories
from retail_brain.dataset import Dataset
from retail_brain.settings import DataSettings, DemandSettings, Section, Settings

Preset = Literal["fast", "full"]


class DemandConfig(Section):
    """Frozen parameters of a demand model."""

    data: DataSettings = DataSettings()
    demand: DemandSettings = DemandSettings()
    horizon: int = Field(
        default=28,
        ge=1,
        description="periods ahead that the model is trained for; longer forecasts repeat the last one's distance",
    )
    rows_per_series: int = Field(default=120, ge=1, description="training rows drawn for each series")
    min_rows: int = Field(default=100_000, ge=1, description="training rows at least, where the history has them")
    max_rows: int = Field(default=1_000_000, ge=1, description="training rows at most")
    rounds: int = Field(default=80, ge=1, description="boosting rounds")
    learning_rate: float = Field(default=0.08, gt=0, description="weight of each tree")
    leaves: int = Field(default=63, ge=2, description="leaves of a tree at most; few rows get fewer")
    min_leaf_rows: int = Field(default=100, ge=1, description="training rows in a leaf at least")
    tweedie_power: float = Field(
        default=1.1, gt=1, lt=2, description="variance power of demand, 1 (Poisson) to 2 (gamma)"
    )
    threads: int = Field(default=2, ge=1, description="threads of LightGBM")
    # group_*: stored names (bundles, MLflow parameters) of what the code calls category totals
    group_rounds: int = Field(default=300, ge=1, description="boosting rounds of the trees of totals")
    group_learning_rate: float = Field(default=0.06, gt=0, description="weight of each of their trees")
    group_rows: int = Field(default=200_000, ge=1, description="training rows of them at most")
    seed: int = Field(default=0, ge=0, description="of every random choice in fitting")
    in_own_units: bool = Field(
        default=True, description="sales are counted in each product's own unit; false in models of format 4 and older"
    )

    blends: bool = Field(
        default=True, description="groups of series may follow a simple model; false in models of format 5 and older"
    )

    closes: bool = Field(
        default=True, description="stores sell nothing on their closed weekdays; false in models of format 5 and older"
    )

    heavy_tails: bool = Field(
        default=True, description="sums over the horizon have heavy tails; false in models of format 6 and older"
    )
    totals_level_days: tuple[int, ...] = Field(
        default=(7, 21),
        min_length=1,
        description="newest days whose means, each alike, are the level of totals; 14 in models of format 6 and older",
    )

    @property
    def settings(self) -> Settings:
        """The part of a tenant's settings that features read."""
        return Settings(data=self.data, demand=self.demand)

    @property
    def competitors(self) -> tuple[str, ...]:
        """Names of the simple models that compete with the trees on groups of series."""
        return self.demand.simple_models if self.blends and self.demand.model == "lightgbm" else ()

    def for_totals(self) -> "DemandConfig":
        """The configuration of the trees of totals."""
        rows = {"rows_per_series": self.group_rows, "min_rows": self.group_rows, "max_rows": self.group_rows}
        trees = {"rounds": self.group_rounds, "learning_rate": self.group_learning_rate}
        return self.model_copy(update=rows | trees)


def histories_of(dataset: Dataset, config: DemandConfig) -> Histories:
    """Histories of a dataset as a model of this configuration sees them."""
    return Histories(dataset, config.settings, config.horizon, in_own_units=config.in_own_units)


def preset_config(settings: Settings, preset: Preset) -> DemandConfig:
    """The configuration of a preset under a tenant's settings."""
    fast = DemandConfig(data=settings.data, demand=settings.demand, horizon=settings.demand.horizon_periods)
    if preset == "fast":
        return fast
    more = {"rows_per_series": 400, "max_rows": 4_000_000, "rounds": 220, "learning_rate": 0.03, "leaves": 95}
    return fast.model_copy(update=more)
