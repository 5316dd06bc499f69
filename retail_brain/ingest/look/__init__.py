"""Looks at exports before they are loaded, and proposes a mapping."""

from retail_brain.ingest.look.report import Look, look, with_mapping

__all__ = ["Look", "look", "with_mapping"]
