"""Folders of a tenant's files under the home folder."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from retail_brain.errors import UsageError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Workspace:
    """Paths of a tenant's files. Tenants share nothing but the operational database.

    Attributes:
        home: folder of `var/` and `mlruns/`.
        tenant: name of the tenant, lower-case letters, digits, `-` and `_`.
    """

    home: Path
    tenant: str = "main"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.tenant):
            raise UsageError(
                f"tenant name {self.tenant!r} cannot be used: wanted 1 to 40 lower-case letters, digits, '-' or '_', "
                "starting with a letter or digit. Choose another name."
            )

    @property
    def root(self) -> Path:
        """Folder of the tenant's own files."""
        return self.home / "var" / self.tenant

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.toml"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def features(self) -> Path:
        return self.root / "features"

    @property
    def bundles(self) -> Path:
        """Exported champions: `bundles/KIND/VERSION/` and the pointer `bundles/KIND/CHAMPION`."""
        return self.root / "bundles"

    @property
    def answers(self) -> Path:
        """Published answer tables: `answers/ID/` and the pointer `answers/CURRENT`."""
        return self.root / "answers"

    @property
    def fitted_sources(self) -> Path:
        """Candidate sources fitted on everybody, kept between commands: `fitted_sources/DIGEST/`."""
        return self.root / "fitted_sources"

    @property
    def ledger(self) -> Path:
        """Stored forecasts per origin, to be evaluated later: `ledger/DAY.parquet`."""
        return self.root / "ledger"

    @property
    def measured_orders(self) -> Path:
        """What the job `measure_orders` found: one row per decided suggestion whose cycle is over."""
        return self.root / "measured" / "orders.parquet"

    @property
    def unmeasured_orders(self) -> Path:
        """Counts of the decided suggestions that the job `measure_orders` could not measure, by day and reason."""
        return self.measured_orders.with_stem(f"{self.measured_orders.stem}_left_out")

    def work(self, name: str) -> Path:
        """Folder of the checkpoints of long work, such as `train-demand`."""
        return self.root / "unfinished" / name

    @property
    def mlruns(self) -> Path:
        return self.home / "mlruns" / self.tenant

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the operational database: one for all tenants, every row with its tenant."""
        return os.environ.get("RETAIL_BRAIN_DATABASE_URL") or f"sqlite:///{self.home / 'var' / 'operational.db'}"


def default_home() -> Path:
    """The home folder: `RETAIL_BRAIN_HOME`, or the current folder."""
    return Path(os.environ.get("RETAIL_BRAIN_HOME") or Path.cwd()).resolve()


def tenants_of(home: Path) -> list[str]:
    """Tenants that have a folder under `var/`, by name; folders whose name no tenant can have are left out."""
    return sorted(path.name for path in (home / "var").glob("*") if path.is_dir() and _NAME.fullmatch(path.name))
