"""Knows a dataset that was ingested before into a lake that has not changed since: then nothing is read or written.

Reading the bytes of a file once takes a tenth of the time of reading, checking and comparing its rows.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

import polars as pl

from retail_brain.code_digest import code_digest
from retail_brain.ingest.report import IngestReport, TableReport
from retail_brain.lake.reading import table_versions
from retail_brain.lake.side_lists import read_list, write_list
from retail_brain.past_days import today
from retail_brain.settings import DataSettings
from retail_brain.sources.input_files import input_files

_LIST = "ingested"


def dataset_digest(dataset: str, data: DataSettings, *, replace: bool) -> str | None:
    """Digest of everything that an ingest depends on but the lake; None where that is more than files.

    Args:
        dataset: as `open_source` takes it.
        data: settings.
        replace: whether the dataset is all there is of its tables.
    """
    files = input_files(dataset)
    if files is None:
        return None
    whole = hashlib.sha256(
        json.dumps([dataset, replace, data.model_dump_json(), code_digest("retail_brain.ingest.run")]).encode()
    )
    for path in files:
        with path.open("rb") as file:
            whole.update(f"{path}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\0".encode())
    return whole.hexdigest()


def report_of_repeat(digest: str, uri: str, options: Mapping[str, str]) -> IngestReport | None:
    """The report of an ingest that would change nothing; None where it might change something."""
    rows = read_list(uri, _LIST, options)
    found = [] if rows is None else rows.filter(pl.col("digest") == digest).to_dicts()
    if not found or json.loads(found[0]["versions"]) != table_versions(uri, options):
        return None
    day = found[0].get("read_again_on")  # lists of earlier versions have no such column
    if day is not None and day <= today():
        return None
    told = json.loads(found[0]["report"])
    tables = {name: TableReport(**{**table, "notes": tuple(table["notes"])}) for name, table in told["tables"].items()}
    return IngestReport(told["source"], uri, tables, tuple(told["warnings"]), is_repeat=True)


def remember(digest: str, report: IngestReport, options: Mapping[str, str], read_again_on: date | None = None) -> None:
    """Stores what an ingest did, with the lake's versions after it; one entry per dataset.

    Args:
        digest: of the dataset and all else that the ingest depends on.
        report: of it.
        options: credentials of an object store.
        read_again_on: day (UTC) from which it would take rows that were set aside as of days to come; None: never.
    """
    known = {
        name: asdict(table) | {"new": 0, "changed": 0, "removed": 0, "clashes": 0, "corrected": 0, "seconds": 0.0}
        | {"unchanged": table.new + table.changed + table.unchanged}
        for name, table in report.tables.items()
    }  # fmt: skip
    told = json.dumps({"source": report.source, "tables": known, "warnings": report.warnings})
    versions = json.dumps(table_versions(report.lake, options))
    row = pl.DataFrame(
        {"dataset": [report.source], "digest": [digest], "versions": [versions], "report": [told]}
    ).with_columns(read_again_on=pl.lit(read_again_on, dtype=pl.Date))
    others = read_list(report.lake, _LIST, options)
    if others is not None:
        row = pl.concat([others.filter(pl.col("dataset") != report.source), row], how="diagonal")
    write_list(report.lake, _LIST, row, options)
