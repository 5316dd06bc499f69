"""The lake: canonical tables as Delta tables under one folder or object-store URI, one version per ingest."""

from retail_brain.lake.reading import TableInfo, describe_lake, has_table, open_lake, scan_if_there
from retail_brain.lake.tidy import remove_unnamed_files
from retail_brain.lake.writing import Written, write_table

__all__ = [
    "TableInfo",
    "Written",
    "describe_lake",
    "has_table",
    "open_lake",
    "remove_unnamed_files",
    "scan_if_there",
    "write_table",
]
