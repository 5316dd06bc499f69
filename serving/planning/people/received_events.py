"""Moves events received by the service into the lake, and derives recent purchases from them."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.errors import NotFoundError
from retail_brain.files import scratch_folder
from retail_brain.ingest import IngestReport, ingest
from retail_brain.lake import open_lake
from retail_brain.operational.database import Database
from retail_brain.operational.events import FIELDS, events_after
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from retail_brain.tables import TABLES
from serving.planning.people.live_ranking import DEFAULT_GAP_DAYS, PURCHASES

_BATCH = 20_000
"""Events read at once."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""A time before every event."""
_BOUGHT_DAYS = 365
"""Days of received purchases that are looked at: a year. Chosen by judgement, not measured."""
_ATTRIBUTION = "attribution_id"
_COLUMNS = {name: kind for name, kind in TABLES["events"].types.items() if name in FIELDS}


def collect_events(
    tenant: str, database: Database, lake: str, settings: Settings, progress: Progress, *, since: date | None = None
) -> IngestReport | None:
    """Brings the received events into the lake's table `events`; None where none was received.

    Safe to run again: what the lake holds already is not added twice. Whole days are compared, so that two events that
    are alike in everything stay two.

    Args:
        tenant: whose events.
        database: that holds them.
        lake: URI of the lake.
        settings: of the tenant.
        progress: told of the tables.
        since: only events of this business day or later; None = all.

    Raises:
        DataError: too many of them are bad, or the lake holds no sales.
    """
    with scratch_folder("events") as folder:
        rows = _write_received(tenant, database, lake, settings, folder / "events.parquet", since=since)
        return ingest(str(folder), lake, settings, progress) if rows else None


def _write_received(
    tenant: str, database: Database, lake: str, settings: Settings, path: Path, *, since: date | None = None
) -> int:
    """Writes a tenant's received events as the canonical table; returns how many there are."""
    parts, after = [], 0
    while stored := events_after(tenant, database, after_id=after, since=_EVER, limit=_BATCH):
        after = stored[-1].id
        kept = [
            stored_event.event
            for stored_event in stored
            if since is None or stored_event.event.occurred_at.date() >= since
        ]
        values = {name: [getattr(event, name) for event in kept] for name in _COLUMNS}
        parts.append(pl.DataFrame(values, schema=_COLUMNS))
    rows = pl.concat(parts) if parts else pl.DataFrame(schema=_COLUMNS)
    if rows.height:
        _as_in_lake(rows, lake, settings).write_parquet(path)
    return rows.height


def _as_in_lake(rows: pl.DataFrame, lake: str, settings: Settings) -> pl.DataFrame:
    """The events, without the attribution id those that the lake holds without it: older versions left it out."""
    key = [name for name in _COLUMNS if name != _ATTRIBUTION]
    told = rows.filter(pl.col(_ATTRIBUTION).is_not_null())
    if told.is_empty():
        return rows
    try:
        dataset = open_lake(lake, settings.storage_options)
    except NotFoundError:  # the ingest says what is wrong
        return rows
    if not dataset.has("events"):
        return rows
    known = dataset.scan("events")
    if _ATTRIBUTION in known.collect_schema():
        known = known.filter(pl.col(_ATTRIBUTION).is_null())
    between = pl.col("occurred_at").is_between(told["occurred_at"].min(), told["occurred_at"].max())
    old = known.filter(between).select(key).unique().with_columns(is_old=pl.lit(value=True)).collect()
    joined = rows.join(old, on=key, how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(pl.when(pl.col("is_old").is_null()).then(_ATTRIBUTION)).drop("is_old")


def bought_by_event(dataset: Dataset, as_of: date) -> pl.DataFrame:
    """One row per customer x product that an event says was bought within a year: customer_id, product_id, bought_on.

    A person is named by `customer_id`, or by an identifier that the table `identities` gives to exactly one customer.
    """
    owner = (
        dataset.scan_or_empty("identities")
        .filter(pl.col("customer_id").is_not_null())
        .group_by("id_type", "id_value")
        .agg(pl.col("customer_id").unique().alias("owner"))
        .filter(pl.col("owner").list.len() == 1)
        .with_columns(pl.col("owner").list.first())
    )
    day = pl.col("occurred_at").dt.date()
    return (
        dataset.scan_or_empty("events")
        .filter(pl.col("event_type").is_in(list(PURCHASES)), pl.col("product_id").is_not_null())
        .filter(day <= as_of, day > as_of - pl.duration(days=_BOUGHT_DAYS))
        .join(owner, on=["id_type", "id_value"], how="left")
        .with_columns(pl.coalesce("customer_id", "owner").alias("customer_id"))
        .filter(pl.col("customer_id").is_not_null())
        .group_by("customer_id", "product_id")
        .agg(day.max().alias("bought_on"))
        .collect()
    )


def without_just_bought(pairs: pl.DataFrame, bought: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Scored pairs but for those that an event says were bought and that are not due again on the day after `as_of`."""
    if bought.is_empty():
        return pairs
    gap = pl.when(pl.col("gap_days") > 0).then(pl.col("gap_days")).otherwise(DEFAULT_GAP_DAYS)
    joined = pairs.join(bought, on=["customer_id", "product_id"], how="left", maintain_order="left")
    due = pl.col("bought_on") + pl.duration(days=gap)
    kept = joined.filter(pl.col("bought_on").is_null() | (due <= pl.lit(as_of) + pl.duration(days=1)))
    return kept.drop("bought_on")
