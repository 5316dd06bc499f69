"""Data dictionary: every column of the canonical tables and of the feature tables, in Chinese and English."""
