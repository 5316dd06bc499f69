"""The lake: canonical tables stored as Delta tables in a folder or an object store, one version per ingest."""

from retail_brain.lake.orphan_files import remove_orphan_files
from retail_brain.lake.reading import TableInfo, describe_lake, has_table, open_lake, scan_if_there
from retail_brain.lake.upserts import write_table
from retail_brain.lake.writing import Incoming, WriteResult

__all__ = [
    "Incoming",
    "TableInfo",
    "WriteResult",
    "describe_lake",
    "has_table",
    "open_lake",
    "remove_orphan_files",
    "scan_if_there",
    "write_table",
]
