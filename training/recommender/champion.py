"""Loads a tenant's champion recommender, which keeps the sources that it fits between commands."""

from pathlib import Path

from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from training.bundle import champion
from training.recommender.model import RecommenderModel


def champion_recommender(workspace: Workspace, settings: Settings, bundle: Path | None = None) -> RecommenderModel:
    """The champion recommender of a tenant.

    Args:
        workspace: of the tenant.
        settings: say whether fitted sources are kept.
        bundle: folder of its bundle, where it was looked up before.

    Raises:
        ModelError: there is no champion, or this version cannot read it.
    """
    model = RecommenderModel.load(bundle or champion(workspace, "recommender"))
    return model.keeping(workspace.fitted_sources if settings.recommender.keep_fitted else None)
