"""Moves contacts that were made, and clicks on them, from the operational database into the lake."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.files import scratch_folder
from retail_brain.ingest import IngestReport, ingest
from retail_brain.operational.database import Database
from retail_brain.operational.made_contacts import deeds, made_clicks, made_contacts
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from retail_brain.tables import TABLES
from serving.planning.campaigns.receipts import earliest_receipt

_RESPONSES = TABLES["responses"].types


def collect_contacts(
    tenant: str, database: Database, lake: str, settings: Settings, progress: Progress, *, as_of: date
) -> IngestReport | None:
    """Brings contacts made into the lake's `contacts`, and clicks into `responses`; None where there are none.

    Contacts of campaigns, triggers and guides' lists up to a day, held-out people among them, each with the
    attribution id that its receiver knows. Planned ones and those taken back are not. Safe to run again: what the lake
    holds already is not added twice, and whoever counts contacts counts one that the lake holds once.

    Args:
        tenant: whose contacts.
        database: that holds them.
        lake: URI of the lake.
        settings: of the tenant.
        progress: told of the tables.
        as_of: last day of contacts; days to come may still change.

    Raises:
        DataError: too many of them are bad, or the lake holds no sales.
        UnavailableError: the database does not answer.
    """
    made = made_contacts(tenant, database).filter(pl.col("contacted_at").dt.date() <= as_of)
    with scratch_folder("contacts") as folder:
        clicks = _clicks(made_clicks(tenant, database), made, as_of)
        answers = pl.concat([clicks, _deeds(deeds(tenant, database), made, clicks, as_of)])
        rows = _write(made, "contacts", folder) + _write(answers, "responses", folder)
        return ingest(str(folder), lake, _of_own_campaigns(settings), progress) if rows else None


def _of_own_campaigns(settings: Settings) -> Settings:
    """The settings without the limit on unknown ids: what is made here is not in the lake's table of campaigns."""
    return settings.model_copy(update={"data": settings.data.model_copy(update={"min_matched_share": 0.0})})


def _clicks(clicked: pl.DataFrame, made: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """One row per click on a contact, columns _RESPONSES; of a person told again the contact before it."""
    clicked = clicked.filter(pl.col("clicked_at").dt.date() <= as_of)
    about = made.join(clicked, on=["campaign_id", "customer_id"], how="semi", maintain_order="left")
    about = about.sort("contacted_at", maintain_order=True)
    told: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in about.iter_rows(named=True):
        told.setdefault((row["campaign_id"], row["customer_id"]), []).append(row)
    rows = []
    for campaign, customer, moment in clicked.iter_rows():
        contact = _clicked(told.get((campaign, customer), []), moment) or {}
        rows.append((campaign, customer, contact.get("product_id"), moment, None, contact.get("attribution_id")))
    return pl.DataFrame(rows, dict(_RESPONSES), orient="row")


def _deeds(happened: pl.DataFrame, made: pl.DataFrame, clicks: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """One row per contact x day on which an event tells of it and no click does: the first such event, _RESPONSES."""
    contacts = made.filter(~pl.col("is_holdout")).unique("attribution_id", keep="last", maintain_order=True)
    day = pl.col("responded_at").dt.date()
    known = clicks.select("attribution_id", day=day).unique()
    return (
        happened.rename({"occurred_at": "responded_at"})
        .join(contacts, on="attribution_id", suffix="_told", maintain_order="left")
        .with_columns(day=day, product_id=pl.coalesce("product_id", "product_id_told"), value=pl.lit(None, pl.Float64))
        .filter(pl.col("day") <= as_of)
        .join(known, on=["attribution_id", "day"], how="anti", maintain_order="left")
        .sort("responded_at", maintain_order=True)
        .unique(["attribution_id", "day"], keep="first", maintain_order=True)
        .select(*_RESPONSES)
    )


def _clicked(told: Sequence[Mapping[str, Any]], moment: datetime) -> Mapping[str, Any] | None:
    """The contact, of one person by rising moment, that a click is on; None where it lies before them all.

    Clocks differ: a click on the day of the contact is a click on it. Where the receiver's zone is behind the shop's,
    the day before may be that day.
    """
    before = [row for row in told if row["contacted_at"].date() <= moment.date()]
    if before:
        return before[-1]
    return next((row for row in told if moment >= earliest_receipt(row["contacted_at"].date())), None)


def _write(rows: pl.DataFrame, name: str, folder: Path) -> int:
    """Writes rows as a canonical table; returns how many there are."""
    if rows.height:
        rows.select(*TABLES[name].types).write_parquet(folder / f"{name}.parquet")
    return rows.height
