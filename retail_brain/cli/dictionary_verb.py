"""The verb `dictionary`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from retail_brain.cli.json_result import reported
from retail_brain.cli.options import writable_table
from retail_brain.cli.table_files import write_table


def dictionary(
    table: Annotated[
        str | None, typer.Argument(help="Only this table, such as `events` or `features: person`.")
    ] = None,
    language: Annotated[Literal["en", "zh"], typer.Option(help="Language of the meanings.")] = "en",
    out: Annotated[
        Path | None, typer.Option(callback=writable_table, help="File to write instead (both languages).")
    ] = None,
) -> None:
    """Data dictionary 数据字典: every column with meaning, unit, grain and source."""
    from features.dictionary.entries import dictionary as entries
    from features.dictionary.entries import grains

    rows = entries(table)
    reported().rows.extend(rows.to_dicts())
    if out is not None:
        write_table(rows, out)
        typer.echo(f"{rows.height:,} columns in {out}")
        return
    meaning, headings = "meaning_zh" if language == "zh" else "meaning", grains()
    shown = None
    for row in rows.iter_rows(named=True):
        if row["table"] != shown:
            shown = row["table"]
            grain = headings[shown]
            typer.echo(f"\n{shown}: {grain[1] if language == 'zh' else 'one row per ' + grain[0]}")
        unit = f" [{row['unit']}]" if row["unit"] else ""
        typer.echo(f"  {row['column']:<28}{row[meaning]}{unit}")
