"""The verb `assets`."""

from pathlib import Path
from typing import Annotated

import typer

from retail_brain.cli.context import current
from retail_brain.cli.options import AsOfOption, LakeOption, OutOption
from retail_brain.cli.table_files import write_table


def assets(
    out: OutOption,
    months: Annotated[int, typer.Option(min=1, max=60, help="Months to go back.")] = 6,
    as_of: AsOfOption = None,
    lake: LakeOption = None,
) -> None:
    """Customer assets 数据银行 by month: known, reachable, active, gained and lost; in all, by region, shop and guide.

    STEM_departures says what became of the people of guides who left.
    """
    import polars as pl

    from serving.planning.people.assets import GuideBook, tenant_assets

    chosen = current()
    dataset = chosen.dataset(lake, as_of)
    with chosen.progress.step("assets") as step:
        found = tenant_assets(dataset, chosen.settings, months, GuideBook.of(chosen.workspace))
        rows, departed = found.rows(), found.departed()
        write_table(rows, out)
        write_table(departed, Path(out).with_stem(f"{out.stem}_departures"))
        step.rows = rows.height
    for row in rows.filter(pl.col("level") == "all").iter_rows(named=True):
        typer.echo(
            f"{row['month_end']}  {row['known']:>9,} known  {row['reachable']:>9,} reachable  "
            f"{row['active']:>9,} active  {row['gained']:>7,} gained  {row['lost']:>7,} lost"
        )
    for row in departed.iter_rows(named=True):
        typer.echo(
            f"guide {row['guide_id']} left on {row['left_on']}: {row['people']:,} people, {row['reassigned']:,} have "
            f"another guide; active {row['active_before']:,} before, {row['active_now']:,} now"
        )
