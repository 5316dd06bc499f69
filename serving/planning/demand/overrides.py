"""Reads the forecast overrides of a tenant from the operational database."""

from collections.abc import Sequence

import polars as pl

from retail_brain.decisions.forecast_value_added import OVERRIDES
from retail_brain.operational.database import Database
from retail_brain.operational.overrides import StoredOverride, list_overrides
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace


def tenant_overrides(workspace: Workspace) -> pl.DataFrame:
    """Every override of the tenant as rows of `forecast_value_added.OVERRIDES`; none where there is no database yet.

    Raises:
        RetailBrainError: the operational database does not answer.
    """
    database = Database(workspace.database_url)
    try:
        if not has_database(workspace, database):
            return _override_frame([])
        upgrade(database)
        return _override_frame(list_overrides(workspace.tenant, database))
    finally:
        database.close()


def has_database(workspace: Workspace, database: Database) -> bool:
    """Whether there is a database to read: opening SQLite would create the file of a tenant that never wrote any.

    Raises:
        UnavailableError: there was one, and its file is gone.
    """
    database.check_file()
    is_made = (workspace.home / "var" / "operational.db").exists()
    return is_made or not (database.is_sqlite and _is_default(workspace))


def _is_default(workspace: Workspace) -> bool:
    return workspace.database_url.endswith(str(workspace.home / "var" / "operational.db"))


def _override_frame(stored: Sequence[StoredOverride]) -> pl.DataFrame:
    """Rows of `forecast_value_added.OVERRIDES`, in the order in which they were made."""
    rows = [
        {
            "store_id": entry.override.store_id,
            "product_id": entry.override.product_id,
            "begins_on": entry.override.begins_on,
            "ends_on": entry.override.ends_on,
            "kind": entry.override.kind,
            "value": entry.override.value,
            "user": entry.override.made_by,
            "reason": entry.override.reason,
            "made_on": entry.override.as_of,
            "withdrawn_on": entry.withdrawn_as_of,
        }
        for entry in stored
    ]
    return pl.DataFrame(rows, schema=OVERRIDES)
