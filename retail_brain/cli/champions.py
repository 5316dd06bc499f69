"""The models that verbs ask: the tenant's champions."""

from typing import TYPE_CHECKING

from retail_brain.cli.context import current

if TYPE_CHECKING:
    from serving.planning.people.audiences import Scorer
    from serving.planning.stock.order_suggestions import Forecaster


def load_forecaster() -> "Forecaster":
    """The champion demand model, with what people put in the place of its forecasts.

    Raises:
        ModelError: there is none yet.
    """
    from serving.planning.demand.overrides import tenant_overrides
    from training.bundle import champion
    from training.demand.applied_overrides import OverriddenModel
    from training.demand.model import DemandModel

    workspace = current().workspace
    return OverriddenModel(DemandModel.load(champion(workspace, "demand")), tenant_overrides(workspace))


def load_recommender() -> "Scorer":
    """The champion recommender.

    Raises:
        ModelError: there is none yet.
    """
    from training.bundle import champion
    from training.recommender.model import RecommenderModel

    return RecommenderModel.load(champion(current().workspace, "recommender"))
