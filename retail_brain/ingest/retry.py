"""Looks at rows that were set aside, and brings mended ones in again."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from retail_brain.csv_cells import plain_cells
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.files import scratch_folder
from retail_brain.ingest.checking import REASONS
from retail_brain.ingest.consent_rows import CONSENTS, closing_rows
from retail_brain.ingest.quarantine import DATASET, SET_ASIDE_ON, read_quarantine, replace_quarantine
from retail_brain.ingest.report import IngestReport
from retail_brain.ingest.run import ingest
from retail_brain.lake import scan_if_there, write_table
from retail_brain.lake.difference import ROW
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from retail_brain.tables import TABLES

ID = "quarantine_id"
"""Column that names a row that was set aside, so that the mended one takes its place."""


def quarantined(uri: str, name: str, options: Mapping[str, str]) -> pl.DataFrame:
    """One row per row of a table that was set aside: `quarantine_id`, `dataset`, `reasons`, values as they were found.

    Raises:
        NotFoundError: there is no such table, or nothing of it was set aside.
    """
    if name not in TABLES:
        raise NotFoundError(
            f"{name!r} is no table; wanted one of {', '.join(TABLES)}.", {"problem": "table_unknown", "table": name}
        )
    rows = read_quarantine(uri, name, options)
    if rows is None or not rows.height:
        raise NotFoundError(f"no row of {name} is set aside.", {"problem": "nothing_set_aside", "table": name})
    # equal rows share an id: a correction of one is a correction of all
    ids = [hashlib.sha256(json.dumps(row).encode()).hexdigest()[:16] for row in rows.iter_rows()]
    return rows.select(pl.Series(ID, ids, dtype=pl.String), pl.all())


def quarantine_counts(
    uri: str, options: Mapping[str, str], keep: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows
) -> pl.DataFrame:
    """One row per table, dataset and reason: `rows` that were set aside.

    Args:
        uri: the lake.
        options: credentials of an object store.
        keep: gives those of a table's rows that are counted; by default all.
    """
    found = {name: keep(rows) for name in TABLES if (rows := read_quarantine(uri, name, options)) is not None}
    schema = {"table": pl.String, DATASET: pl.String, REASONS: pl.String}
    parts = [rows.select(pl.lit(name).alias("table"), DATASET, REASONS) for name, rows in found.items()]
    rows = pl.concat([pl.DataFrame(schema=schema), *parts])
    return rows.group_by(*schema, maintain_order=True).agg(rows=pl.len())


def retry_quarantine(name: str, mended: pl.DataFrame, uri: str, settings: Settings, progress: Progress) -> IngestReport:
    """Ingests mended rows; those that are good now leave quarantine, the others stay in it with their new reasons.

    Args:
        name: the table.
        mended: `quarantine_id` and the columns of the table as text, in the canonical forms.
        uri: the lake.
        settings: of the tenant.
        progress: reports the steps.

    Raises:
        NotFoundError: nothing of the table is set aside, or `mended` names no rows that are.
        DataError: too many of the rows are still bad; nothing was written.
    """
    options = settings.storage_options
    before = quarantined(uri, name, options)
    if ID not in mended.columns or not mended[ID].is_in(before[ID].implode()).all():
        raise NotFoundError(
            f"the rows name no rows of {name} that are set aside; wanted the column {ID} as `retail-brain quarantine "
            f"show {name} --out FILE` writes it. Write that file anew, mend it and leave the column as it is.",
            {"problem": "rows_not_set_aside", "table": name},
        )
    own = f"retry of {name}"
    with scratch_folder("retry") as folder:
        mended.drop(ID, DATASET, REASONS, SET_ASIDE_ON, "line", strict=False).write_csv(folder / "rows.csv")
        mapping = folder / "mapping.toml"
        mapping.write_text(f'name = "{own}"\n[tables.{name}]\nfiles = "rows.csv"\n', encoding="utf-8")
        report = ingest(str(mapping), uri, settings, progress)
    taken = pl.col(ID).is_in(mended[ID].implode())
    after = read_quarantine(uri, name, options)
    # the ingest put what is still bad under its own name, in the place of what an earlier retry left there
    still = before.clear().drop(ID) if after is None else after.filter(pl.col(DATASET) == own)
    remaining = pl.concat([before.filter(~taken).drop(ID), still], how="diagonal_relaxed")
    replace_quarantine(uri, name, remaining, options)
    if name == CONSENTS:
        _reopen(before.filter(taken), remaining, uri, options)
    return report


def _reopen(originals: pl.DataFrame, remaining: pl.DataFrame, uri: str, options: Mapping[str, str]) -> None:
    """Takes out the refusals of mended consents, but none that a row which is still bad stands for as well."""
    stored = scan_if_there(uri, CONSENTS, options)
    if stored is None:
        return
    same = ["customer_id", "channel", "problem"]
    refusals = closing_rows(originals).select(same).unique().join(closing_rows(remaining), on=same[:2], how="anti")
    rows = stored.filter(pl.col("problem").is_not_null()).collect()
    withdrawn = rows.join(refusals, on=same, how="semi")
    nothing = rows.clear().with_row_index(ROW).lazy()
    write_table(uri, CONSENTS, nothing, options, "retry of consents", withdrawn=withdrawn.lazy())


def read_mended(path: Path) -> pl.DataFrame:
    """The file of mended rows, every column as text.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return plain_cells(pl.read_csv(path, infer_schema=False))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"{path} cannot be read as CSV: {error}. Write it as UTF-8 CSV with a header.") from error
