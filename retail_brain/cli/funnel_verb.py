"""The verb `funnel`."""

from typing import Annotated

import typer

from retail_brain.cli.context import current
from retail_brain.cli.options import AsOfOption, LakeOption, OutOption
from retail_brain.cli.table_files import write_table


def funnel(
    out: OutOption,
    months: Annotated[int, typer.Option(min=1, max=60, help="Months to go back.")] = 6,
    as_of: AsOfOption = None,
    lake: LakeOption = None,
) -> None:
    """How people moved from stranger to old friend and away, by month and shop: from_stage, to_stage, people."""
    import polars as pl

    from features.person.funnel import funnel_of
    from serving.planning.people.funnel import tenant_moves

    chosen = current()
    dataset = chosen.dataset(lake, as_of)
    day = dataset.as_of
    assert day is not None
    with chosen.progress.step("funnel") as step:
        moves = funnel_of(tenant_moves(dataset, chosen.settings, months))
        write_table(moves, out)
        step.rows = moves.height
    newest = moves.filter(pl.col("month_end") == day)
    for stage, people in newest.group_by("to_stage").agg(pl.col("people").sum()).sort("people", descending=True).rows():
        typer.echo(f"{people:>9,} {stage} on {day}")
