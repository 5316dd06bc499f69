"""The verb `features`."""

from pathlib import Path
from typing import Annotated

import typer

from retail_brain.cli import context
from retail_brain.cli.app import app


@app.command()
def features(
    as_of: context.AsOfOption = None,
    lake: context.LakeOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the tables [default: var/TENANT/features].")
    ] = None,
) -> None:
    """Identity, person, goods, series and place feature tables as known on a day."""
    from features.jobs import build_features, feature_options

    chosen = context.current()
    dataset = chosen.dataset(lake, as_of)
    assert dataset.as_of is not None
    folder = out or chosen.workspace.features
    build_features(dataset, folder, dataset.as_of, chosen.progress, options=feature_options(chosen.settings))
    chosen.progress.say(f"Features as of {dataset.as_of} are in {folder}.")
