"""Context of a verb: the tenant's workspace, settings, lake, database and progress reporter."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from retail_brain.cli.json_result import reported
from retail_brain.cli.options import parse_past_day

if TYPE_CHECKING:
    from retail_brain.dataset import Dataset
    from retail_brain.operational.database import Database
    from retail_brain.progress import Progress
    from retail_brain.settings import Settings
    from retail_brain.workspace import Workspace


@dataclass(frozen=True)
class Context:
    """A tenant's workspace, settings and progress reporter."""

    workspace: "Workspace"
    settings: "Settings"
    progress: "Progress"

    def lake_uri(self, override: str | None) -> str:
        """Lake address: from the option, else the settings, else the folder under home."""
        uri = override or self.settings.lake_uri
        if uri is None:
            return str(self.workspace.lake)
        _tidy_lake(uri)
        return uri

    def dataset(self, lake: str | None = None, as_of: str | None = None) -> "Dataset":
        """Opens the lake as of a day (default: the last day that the sales tell of, in the set period).

        A day after the last sale is taken, and said: the days between count as days without sales.

        Raises:
            UsageError: the day is no date, or has not come yet.
            DataError: there is no readable lake, it is damaged, or it holds no sales.
        """
        from features.demand.periods import last_visible_day
        from retail_brain.lake.whole import open_whole_lake

        asked = None if as_of is None else parse_past_day(as_of, "--as-of")
        dataset = open_whole_lake(self.lake_uri(lake), self.settings.storage_options)
        if asked is None:
            return dataset.at(last_visible_day(dataset, self.settings.data.period))
        last = last_visible_day(dataset.at(asked), self.settings.data.period)
        if asked > last:
            self.progress.say(
                f"warning: --as-of {asked} is {(asked - last).days:,} days after the last sale ({last}); the days "
                "between count as days without sales."
            )
        return dataset.at(asked)


_chosen: dict[str, Callable[[], Context]] = {}


_place: dict[str, tuple[str, Path | None]] = {}
_quiet: dict[str, bool] = {}
_named: dict[str, bool] = {}


def choose(tenant: str, home: Path | None, *, quiet: bool = False, is_named: bool = True) -> None:
    """Chooses the tenant of this process; its settings are read on first use, so that `--help` reads none.

    Args:
        tenant: whose data.
        home: folder of all tenants; None: the default.
        quiet: whether only errors are said.
        is_named: whether somebody named the tenant; otherwise a verb that serves all of them may.
    """
    _place["place"], _named["tenant"], _quiet["quiet"] = (tenant, home), is_named, quiet
    _chosen["context"] = cache(lambda: _open_context(tenant, home))


def current() -> Context:
    """The context chosen on the command line.

    Raises:
        UsageError: the tenant's name or its settings cannot be used.
    """
    return _chosen["context"]()


def chosen_place() -> tuple[str, Path]:
    """Tenant and home folder chosen on the command line; reads no settings, which may be broken or not there yet."""
    from retail_brain.workspace import default_home

    tenant, home = _place["place"]
    return tenant, (home or default_home()).resolve()


def chosen_progress() -> "Progress":
    """Reports as the command line asked for; reads no settings."""
    from retail_brain.progress import Progress, watching_descriptor

    return Progress(quiet=_quiet["quiet"], listener=reported(), events=watching_descriptor())


def is_tenant_named() -> bool:
    """Whether the tenant was named on the command line."""
    return _named["tenant"]


def _open_context(tenant: str, home: Path | None) -> Context:
    from retail_brain.settings import load_settings
    from retail_brain.workspace import Workspace, default_home

    workspace = Workspace((home or default_home()).resolve(), tenant)
    _tidy(workspace)
    return Context(workspace, load_settings(workspace), chosen_progress())


def _tidy(workspace: "Workspace") -> None:
    """Removes what killed writers left: not every verb writes again where one was killed."""
    from retail_brain.files import sweep, sweep_tree

    sweep_tree(workspace.root)
    for folder in (workspace.home, workspace.home / "var"):
        sweep(folder)


@cache
def _tidy_lake(uri: str) -> None:
    """The same for a lake that is elsewhere, once per process; nothing where it is in an object store."""
    from retail_brain.files import sweep_tree
    from retail_brain.lake.layout import is_remote

    if not is_remote(uri):
        sweep_tree(Path(uri.removeprefix("file://")))


def open_database() -> "Database":
    """The operational database of the command's home, with the tables of this version.

    Raises:
        UnavailableError: the database does not answer.
        RetailBrainError: it was made by a newer version.
    """
    return database_of(current().workspace)


def database_of(workspace: "Workspace") -> "Database":
    """Opens the operational database of a home and migrates its tables to this version.

    Raises:
        UnavailableError: the database does not answer.
        RetailBrainError: it was made by a newer version.
    """
    from retail_brain.operational.database import Database
    from retail_brain.operational.upgrade import upgrade

    database = Database(workspace.database_url)
    upgrade(database)
    return database
