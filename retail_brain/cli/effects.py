"""Tells of a measured effect: of a campaign, a trigger or the guides' lists."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from retail_brain.cli.json_result import reported
from retail_brain.cli.table_files import write_table

if TYPE_CHECKING:
    from retail_brain.operational.campaign_effects import StoredEffect


def tell_effect(name: str, look: "StoredEffect", out: Path | None) -> None:
    """Says a look in sentences, gives its parts to `--json`, and writes them where a file is named."""
    from serving.planning.campaigns.measuring import effect_lines, part_rows

    parts = part_rows(look.effect)
    reported().ids["as_of"] = look.effect["as_of"]
    reported().rows += parts.to_dicts()
    for line in effect_lines(name, look.effect):
        typer.echo(line)
    if out is not None:
        write_table(parts, out)
