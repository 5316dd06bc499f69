"""Doors: where a dataset comes from."""

from retail_brain.sources.base import ColumnFormat, RawTable, Source
from retail_brain.sources.opening import builtin_settings, open_source

__all__ = ["ColumnFormat", "RawTable", "Source", "builtin_settings", "open_source"]
