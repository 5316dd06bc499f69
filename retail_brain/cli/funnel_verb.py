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

    from features.identity.resolve import resolve_identities
    from features.jobs import feature_options
    from features.person.funnel import stage_moves
    from features.records import buyer_lines
    from features.references import buyer_references

    chosen = current()
    dataset = chosen.dataset(lake, as_of)
    day = dataset.as_of
    assert day is not None
    with chosen.progress.step("funnel") as step:
        options = feature_options(chosen.settings)
        identities = resolve_identities(dataset, day, options.identity).collect().lazy()
        buyers = buyer_references(buyer_lines(dataset, day, identities), day)
        moves = stage_moves(dataset, identities, options.rules.of_chain(buyers.typical_gap_days), day, months)
        write_table(moves, out)
        step.rows = moves.height
    newest = moves.filter(pl.col("month_end") == day)
    for stage, people in newest.group_by("to_stage").agg(pl.col("people").sum()).sort("people", descending=True).rows():
        typer.echo(f"{people:>9,} {stage} on {day}")
