"""What every verb starts from: the tenant's workspace, its settings, its lake and a progress reporter."""

import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError
from retail_brain.progress import Progress
from retail_brain.settings import Settings, Workspace, default_home, load_settings

LakeOption = Annotated[str | None, typer.Option("--lake", help="Lake folder or object-store URI.")]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="Last visible day, YYYY-MM-DD [default: last sale].")]


def writable_table(path: Path | None) -> Path | None:
    """A file that a table can be written to, found out before the work begins.

    Raises:
        UsageError: the ending says no format, it is a folder, or it lies where no file can be.
    """
    if path is None:
        return None
    if path.suffix not in {".parquet", ".csv"}:
        raise UsageError(f"--out {path} has no ending that says what to write; wanted .parquet or .csv.")
    if path.is_dir():
        raise UsageError(f"--out {path} is a folder; wanted a file. Name a file in it.")
    above = next(parent for parent in path.absolute().parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise UsageError(f"--out {path} cannot be written: {above} is no folder that you may write to. Choose another.")
    return path


OutOption = Annotated[
    Path, typer.Option("--out", callback=writable_table, help="File to write (Parquet, or CSV by its ending).")
]


@dataclass(frozen=True)
class Context:
    """A tenant's workspace, settings and reporter."""

    workspace: Workspace
    settings: Settings
    progress: Progress

    def lake_uri(self, override: str | None) -> str:
        """Where the lake is: the option, the settings, or the folder under home."""
        return override or self.settings.lake_uri or str(self.workspace.lake)

    def dataset(self, lake: str | None = None, as_of: str | None = None) -> Dataset:
        """The lake as known on a day; without a day, on the last one with a sale."""
        from retail_brain.lake import open_lake

        dataset = open_lake(self.lake_uri(lake), self.settings.storage_options)
        return dataset.at(parse_day(as_of, "--as-of") if as_of else dataset.last_day())


_chosen: dict[str, Context] = {}


def choose(tenant: str, home: Path | None, *, quiet: bool = False) -> None:
    """Remembers the tenant for the verb of this process."""
    workspace = Workspace((home or default_home()).resolve(), tenant)
    _chosen["context"] = Context(workspace, load_settings(workspace), Progress(quiet=quiet))


def current() -> Context:
    """The context chosen on the command line."""
    return _chosen["context"]


def parse_day(text: str, option: str) -> date:
    """A day as written on the command line.

    Raises:
        UsageError: not a date of the form YYYY-MM-DD.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # business days have no zone
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is not a day; wanted YYYY-MM-DD, for example 2025-02-28.") from error
