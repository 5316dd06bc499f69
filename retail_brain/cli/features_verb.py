"""The verb `features`."""

from pathlib import Path
from typing import Annotated

import typer

from retail_brain.cli.context import current
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import AsOfOption, LakeOption


def features(
    as_of: AsOfOption = None,
    lake: LakeOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the tables.", show_default="var/TENANT/features")
    ] = None,
) -> None:
    """Identity, person, goods, series and place feature tables as known on a day."""
    from features.jobs import build_features, feature_options
    from retail_brain.cli.drift_verb import notes
    from retail_brain.decisions.consents import channel_states, doubt_lines
    from retail_brain.engine import open_executor

    chosen = current()
    dataset = chosen.dataset(lake, as_of)
    assert dataset.as_of is not None
    folder = out or chosen.workspace.features
    options = feature_options(chosen.settings)
    with open_executor(chosen.settings.engine) as executor:
        report = build_features(dataset, folder, dataset.as_of, chosen.progress, options=options, executor=executor)
    reported().counts |= report.rows
    reported().ids |= {"as_of": str(dataset.as_of), "folder": str(folder)}
    if dataset.has("consents"):
        for line in doubt_lines(channel_states(dataset.scan("consents")).collect()):
            chosen.progress.say(f"  note: {line}")
    if report.drift is not None:
        reported().counts |= {"drifted_columns": report.drift.drifted(("large", "moderate")).height}
        for line in notes(report.drift):
            chosen.progress.say(f"  {line}")
    chosen.progress.say(f"Features as of {dataset.as_of} are in {folder}.")
