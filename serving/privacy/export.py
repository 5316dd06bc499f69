"""Everything that is known of one person, as JSON: rows of the lake, features, and of the operational database."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import or_, select

from features.jobs import scan_features
from retail_brain.erased_ids import CUSTOMER, Subjects
from retail_brain.errors import NotFoundError
from retail_brain.ingest.quarantine import read_quarantine
from retail_brain.lake import scan_if_there
from retail_brain.lake.people import PEOPLE_TABLES, named_rows, rows_without
from retail_brain.operational.database import Database
from retail_brain.operational.tables import METADATA
from retail_brain.tables import TABLES
from serving.privacy.erase import Place, person_of


def export_person(name: str, place: Place, *, now: datetime) -> dict[str, Any]:
    """What is known of the person behind a name: ids, rows by table, features, rows set aside.

    Raises:
        NotFoundError: nobody is known by it.
        DataError: the lake cannot be read.
        UnavailableError: the database does not answer.
    """
    found, options = person_of(name, place), place.settings.storage_options
    lake = {
        table: rows
        for table in PEOPLE_TABLES
        if (scanned := scan_if_there(place.lake, table, options)) is not None
        and (rows := _plain(named_rows(table, scanned, found.subjects)))
    }
    return {
        "exported_at": now.isoformat(timespec="seconds"),
        "customer_ids": sorted(found.subjects.customers),
        "identifiers": [{"id_type": kind, "id_value": value} for kind, value in sorted(found.subjects.identifiers)],
        "shared_identifiers": [{"id_type": kind, "id_value": value} for kind, value in found.shared],
        "tables": lake,
        "features": _features(place, found.person_ids),
        "set_aside": _set_aside(place, found.subjects),
        "service": _database_rows(place.workspace.tenant, place.database, found.subjects, found.person_ids),
    }


def _plain(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return [{name: _value(value) for name, value in row.items()} for row in rows.iter_rows(named=True)]


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _features(place: Place, persons: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """Rows of the person and identity features; none where there are no features."""
    found = {}
    for table in ("person", "identity"):
        try:
            rows = scan_features(place.workspace.features, table)
        except NotFoundError:
            continue
        found[table] = _plain(rows.filter(pl.col("person_id").is_in(persons)).collect())
    return found


def _set_aside(place: Place, subjects: Subjects) -> dict[str, list[dict[str, Any]]]:
    """Quarantined rows in which an id of the person stands."""
    found = {}
    for table in TABLES:
        rows = read_quarantine(place.lake, table, place.settings.storage_options)
        if rows is None:
            continue
        numbered = rows.with_row_index("_place")
        theirs = numbered.join(rows_without(numbered, subjects).select("_place"), on="_place", how="anti")
        if theirs.height:
            found[table] = _plain(theirs.drop("_place"))
    return found


def _database_rows(
    tenant: str, database: Database, subjects: Subjects, persons: tuple[str, ...]
) -> dict[str, list[Mapping[str, Any]]]:
    """Rows of the operational database that are about the person, by table."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    values = {CUSTOMER: sorted(subjects.customers), "person_id": list(persons)}
    values["id_value"] = sorted(value for _, value in subjects.identifiers)
    with database.reading() as connection:
        for table in METADATA.sorted_tables:
            columns = [column for column in values if column in table.c]
            if not columns or "tenant_id" not in table.c:
                continue
            theirs = or_(*(table.c[column].in_(values[column]) for column in columns))
            rows = connection.execute(select(table).where(table.c.tenant_id == tenant, theirs))
            plain: list[Mapping[str, Any]] = [{key: _value(cell) for key, cell in row._mapping.items()} for row in rows]
            if plain:
                found[table.name] = plain
    return found
