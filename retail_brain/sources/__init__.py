"""Sources of datasets: files, databases, object stores and connectors."""

from retail_brain.sources.base import ColumnFormat, RawTable, Source
from retail_brain.sources.opening import builtin_settings, open_source

__all__ = ["ColumnFormat", "RawTable", "Source", "builtin_settings", "open_source"]
