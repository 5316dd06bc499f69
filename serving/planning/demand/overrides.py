"""Overrides on their way from the operational database to forecasts."""

from collections.abc import Sequence

import polars as pl

from retail_brain.decisions.forecast_value_added import OVERRIDES
from retail_brain.operational.database import Database
from retail_brain.operational.overrides import StoredOverride, list_overrides
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Workspace


def tenant_overrides(workspace: Workspace) -> pl.DataFrame:
    """Every override of the tenant as rows of `forecast_value_added.OVERRIDES`; none where there is no database yet.

    Raises:
        RetailBrainError: the operational database does not answer.
    """
    database = Database(workspace.database_url)
    try:
        if database.is_sqlite and not (workspace.home / "var" / "operational.db").exists() and _is_default(workspace):
            return _override_frame([])
        upgrade(database)
        return _override_frame(list_overrides(workspace.tenant, database))
    finally:
        database.close()


def _is_default(workspace: Workspace) -> bool:
    return workspace.database_url.endswith(str(workspace.home / "var" / "operational.db"))


def _override_frame(stored: Sequence[StoredOverride]) -> pl.DataFrame:
    """Rows of `forecast_value_added.OVERRIDES`, in the order in which they were made."""
    rows = [
        {
            "store_id": one.override.store_id,
            "product_id": one.override.product_id,
            "begins_on": one.override.begins_on,
            "ends_on": one.override.ends_on,
            "kind": one.override.kind,
            "value": one.override.value,
            "user": one.override.made_by,
            "reason": one.override.reason,
            "made_on": one.override.as_of,
            "withdrawn_on": one.withdrawn_as_of,
        }
        for one in stored
    ]
    return pl.DataFrame(rows, schema=OVERRIDES)
