"""Loads a tenant's champion recommender, which keeps the sources that it fits between commands."""

from dataclasses import replace
from pathlib import Path

from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from training.bundle import champion
from training.recommender.model import RecommenderModel


def champion_recommender(workspace: Workspace, settings: Settings, bundle: Path | None = None) -> RecommenderModel:
    """The champion recommender of a tenant.

    Args:
        workspace: of the tenant.
        settings: say whether fitted sources are kept, and how much is worked on at once.
        bundle: folder of its bundle, where it was looked up before.

    Raises:
        ModelError: there is no champion, or this version cannot read it.
    """
    model = RecommenderModel.load(bundle or champion(workspace, "recommender"))
    # a question of this machine, not of the one that trained
    config = model.config.model_copy(update={"block_lines": settings.recommender.block_lines})
    model = replace(model, config=config)
    return model.keeping(workspace.fitted_sources if settings.recommender.keep_fitted else None)
