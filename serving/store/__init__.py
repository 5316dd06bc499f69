"""Serving store: published answers as flat files that every worker maps into memory and slices."""
