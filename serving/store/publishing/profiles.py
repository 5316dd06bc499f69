"""Publishes the feature rows behind profiles: one row per catalog entry, in catalog order."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from features.jobs import build_features, feature_options, scan_features
from retail_brain.dataset import Dataset
from retail_brain.engine import IN_PROCESS, Executor
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.store.publishing.catalogs import Positions
from serving.store.rows import write_rows


def publish_profiles(
    folder: Path,
    workspace: Workspace,
    dataset: Dataset,
    positions: Positions,
    settings: Settings,
    progress: Progress,
    executor: Executor = IN_PROCESS,
) -> pl.DataFrame:
    """Writes person, goods and place rows; returns `id_type`, `id_value`, `customer_id` per identifier.

    Features are built again: the tables on disk may be of another day or of older data.

    Raises:
        MissingTableError: the dataset has no sales table.
        ExtensionError: a feature of another package breaks its protocol or fails.
        NotFoundError: no sale is visible.
    """
    as_of = dataset.as_of or dataset.last_day()
    with progress.step("features of people, goods and places"):
        build_features(dataset, workspace.features, as_of, options=feature_options(settings), executor=executor)
    identity = scan_features(workspace.features, "identity").collect()
    _write(folder, "goods", "product_id", scan_features(workspace.features, "goods").collect(), positions.products)
    _write(folder, "place", "store_id", scan_features(workspace.features, "place").collect(), positions.stores)
    person = scan_features(workspace.features, "person").collect()
    accounts = identity.filter(pl.col("id_type") == "customer_id").select(customer_id="id_value", person_id="person_id")
    owners = pl.DataFrame({"customer_id": list(positions.customers)}, schema={"customer_id": pl.String})
    owners = owners.join(accounts.unique("customer_id"), on="customer_id", how="left", maintain_order="left")
    owners = owners.with_columns(pl.coalesce("person_id", "customer_id").alias("person_id"))
    rows = owners.select("person_id").join(person, on="person_id", how="left", maintain_order="left")
    write_rows(folder, "person", rows)
    return _identifiers(identity, owners)


def _write(folder: Path, name: str, key: str, frame: pl.DataFrame, catalog: Mapping[str, int]) -> None:
    ids = pl.DataFrame({key: list(catalog)}, schema={key: pl.String})
    write_rows(folder, name, ids.join(frame, on=key, how="left", maintain_order="left"))


def _identifiers(identity: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """One row per identifier: `id_type`, `id_value`, `customer_id` (first account); shared identifiers are left out."""
    first = owners.group_by("person_id").agg(pl.col("customer_id").min())
    named = identity.filter(pl.col("id_type") != "customer_id", pl.col("person_id").is_not_null())
    return named.join(first, on="person_id").select("id_type", "id_value", "customer_id")
