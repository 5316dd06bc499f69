"""Tells of a measured effect: of a campaign, a trigger or the guides' lists."""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import writable_table
from retail_brain.cli.table_files import write_table

if TYPE_CHECKING:
    from retail_brain.dataset import Dataset
    from retail_brain.operational.campaign_effects import StoredEffect
    from retail_brain.operational.database import Database
    from retail_brain.settings import Settings

    Measure = Callable[[str, Database, Dataset, Settings, datetime], StoredEffect]

EffectOutOption = Annotated[
    Path | None, typer.Option("--out", callback=writable_table, help="Effects by channel, segment and shop.")
]


def measure_effect(
    name: str, ids: Mapping[str, str], measure: "Measure", out: Path | None, lake: str | None, as_of: str | None
) -> None:
    """Measures by the sales until a day, and tells of the look.

    Args:
        name: how sentences call what is measured.
        ids: of it, for `--json`.
        measure: takes tenant, database, sales, settings and now, and keeps its look.
        out: file for the parts.
        lake: option of the verb.
        as_of: option of the verb.
    """
    chosen = current()
    dataset = chosen.dataset(lake, as_of)
    with closing(open_database()) as database:
        look = measure(chosen.workspace.tenant, database, dataset, chosen.settings, datetime.now(UTC))
    reported().ids |= dict(ids)
    tell_effect(name, look, out, dataset)


def tell_effect(name: str, look: "StoredEffect", out: Path | None, dataset: "Dataset") -> None:
    """Says a look in sentences, gives its parts to `--json`, and writes them where a file is named."""
    from features.country import money_of
    from serving.planning.campaigns.measuring import effect_lines, part_rows

    parts = part_rows(look.effect)
    reported().ids["as_of"] = look.effect["as_of"]
    reported().rows += parts.to_dicts()
    for line in effect_lines(name, look.effect, money_of(dataset, current().settings)):
        typer.echo(line)
    if out is not None:
        write_table(parts, out)
