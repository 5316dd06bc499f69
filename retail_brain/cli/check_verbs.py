"""Verbs that check what is published: check consistency."""

from pathlib import Path
from typing import Annotated

import typer

from retail_brain.cli.context import current
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import LakeOption
from retail_brain.cli.table_files import write_table

check = typer.Typer(help="Checks of the published answers.", no_args_is_help=True)


@check.callback()
def _checks() -> None:
    """Checks of the published answers."""


@check.command()
def consistency(
    out: Annotated[
        Path | None, typer.Option("--out", help="CSV or Parquet: every contradiction by shop and product.")
    ] = None,
    lake: LakeOption = None,
) -> None:
    """Where the published answers contradict each other: orders, transfers, left-overs and the people told of them.

    Ends with 1 when a contradiction does not name its reason.
    """
    from serving.store.consistency.report import is_consistent, summarised
    from serving.store.consistency.run import contradictions
    from serving.store.current_answers import open_current

    chosen = current()
    answers = open_current(chosen.workspace.answers)
    with chosen.progress.step("consistency") as step:
        found = contradictions(answers, chosen.dataset(lake, answers.manifest.as_of), chosen.settings)
        step.rows = found.height
    summary = summarised(found)
    reported().rows += summary.to_dicts()
    typer.echo(f"{'check':<28}{'lines':>8}{'explained':>11}{'units':>12}{'money':>14}")
    for check_, lines, explained, units, money in summary.drop("reason", "reason_zh").rows():
        typer.echo(f"{check_:<28}{lines:>8,}{explained:>11,}{units:>12,.1f}{money:>14,.2f}")
    if out is not None:
        write_table(found, out)
    if not is_consistent(summary):
        raise typer.Exit(1)
