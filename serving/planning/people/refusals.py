"""Writes refusals that came back from other systems to the lake's consents."""

from datetime import datetime

import polars as pl

from retail_brain.files import scratch_folder
from retail_brain.ingest import IngestReport, ingest
from retail_brain.progress import Progress
from retail_brain.settings import Settings


def close_channels(
    people: pl.DataFrame, channel: str, at: datetime, lake: str, settings: Settings, progress: Progress
) -> IngestReport:
    """Adds a refusal of a channel for each customer; the same again changes nothing.

    Args:
        people: `customer_id`, one row each.
        channel: that they refuse, `any` for all.
        at: moment of the refusals.
        lake: URI.
        settings: of the tenant.
        progress: reports the ingest.

    Raises:
        DataError: the lake cannot be written.
    """
    refusals = people.select("customer_id", channel=pl.lit(channel), granted=pl.lit(value=False), changed_at=pl.lit(at))
    with scratch_folder("refusals") as folder:
        refusals.write_parquet(folder / "consents.parquet")
        return ingest(str(folder), lake, settings, progress)
