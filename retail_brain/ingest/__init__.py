"""Ingest: reads a dataset, checks its rows, quarantines bad ones and writes the rest to the lake."""

from retail_brain.ingest.report import IngestReport, TableReport
from retail_brain.ingest.run import ingest

__all__ = ["IngestReport", "TableReport", "ingest"]
