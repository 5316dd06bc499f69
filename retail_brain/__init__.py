"""Retail brain (零售大脑): canonical tables, lake, ingest and decisions, shared by features, training and serving."""

__version__ = "0.2.0"
