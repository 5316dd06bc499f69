"""Doors: where a dataset comes from."""
