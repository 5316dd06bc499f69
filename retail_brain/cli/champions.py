"""Loads the tenant's champion models for the verbs."""

from typing import TYPE_CHECKING

from retail_brain.cli.context import current

if TYPE_CHECKING:
    from retail_brain.dataset import Dataset
    from serving.planning.people.audiences import Scorer
    from serving.planning.stock.supply_side import Forecaster


def load_forecaster(dataset: "Dataset | None" = None) -> "Forecaster":
    """Loads the champion demand model, with the tenant's overrides applied to its forecasts.

    Args:
        dataset: where given, the units that approved campaigns are expected to cause after its day are added first.

    Raises:
        ModelError: there is no champion, or this version cannot read it.
    """
    from serving.planning.campaigns.demand import tenant_units
    from serving.planning.demand.overrides import tenant_overrides
    from training.bundle import champion
    from training.demand.applied_overrides import OverriddenModel
    from training.demand.model import DemandModel

    workspace = current().workspace
    extra = None if dataset is None else tenant_units(workspace, dataset, current().settings.campaigns)
    return OverriddenModel(DemandModel.load(champion(workspace, "demand")), tenant_overrides(workspace), extra)


def load_recommender() -> "Scorer":
    """Loads the champion recommender.

    Raises:
        ModelError: there is no champion, or this version cannot read it.
    """
    from training.recommender.champion import champion_recommender

    return champion_recommender(current().workspace, current().settings)
