"""Ingest: from any dataset to the lake, with bad rows set aside."""

from retail_brain.ingest.report import IngestReport, TableReport
from retail_brain.ingest.run import ingest

__all__ = ["IngestReport", "TableReport", "ingest"]
