"""Registered versions side by side: what the backtest of each measured, by window, demand class and store."""

import math
import threading
from typing import Any

import polars as pl

from retail_brain.workspace import Workspace
from training.bundle import Kind
from training.tracking.location import find_location
from training.tracking.store import ModelVersion, Tracking

_WINDOWS = {"demand": ("scores",), "recommender": ("recommender", "audience")}
"""Tables of a run with a row per cutoff and method."""


STORE_IN_USE = threading.Lock()
"""Held while a store is read or changed: MLflow's address is global to the process, and a service has threads."""


def version_rows(workspace: Workspace, kind: Kind, limit: int) -> tuple[list[dict[str, Any]], int]:
    """The newest versions as JSON rows, and how many there are in all; nothing is written.

    Raises:
        ModelError: the tracking store cannot be used.
    """
    database = find_location(workspace).database
    if database is not None and not database.exists():
        return [], 0  # opening would make one
    with STORE_IN_USE:
        tracking = Tracking(workspace)
        champion = tracking.champion(kind)
        numbers = tracking.numbers(kind)
        rows = [_row(tracking, kind, tracking.read(kind, number), champion) for number in numbers[:limit]]
    return rows, len(numbers)


def _row(tracking: Tracking, kind: Kind, version: ModelVersion, champion: int | None) -> dict[str, Any]:
    def table(name: str) -> list[dict[str, Any]]:
        text = tracking.table(version.run_id, name)
        return [] if text is None else _plain(text)

    classes = [row for row in table("calibration") if row.get("span") == "period"] if kind == "demand" else []
    return {
        "version": version.version,
        "is_champion": version.version == champion,
        "as_of": version.as_of.isoformat(),
        "trained_at": version.trained_at.isoformat(timespec="seconds"),
        "run_id": version.run_id,
        "run_url": tracking.run_url(version.run_id),
        "metric": version.primary[0],
        "better": version.primary[1],
        "metrics": {name: value for name, value in version.metrics.items() if not math.isnan(value)},  # NaN is no JSON
        "windows": [row for name in _WINDOWS[kind] for row in table(name)],
        "classes": classes,
        "stores": table("stores") if kind == "demand" else [],
    }


def _plain(text: str) -> list[dict[str, Any]]:
    # an id such as 007 is no number
    ids = {"store_id": pl.String}
    frame = pl.read_csv(text.encode(), infer_schema_length=None, schema_overrides=ids)
    floats = pl.selectors.float()
    return frame.with_columns(pl.when(floats.is_finite()).then(floats)).to_dicts()
