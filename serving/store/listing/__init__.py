"""Frames of the published lines of all stores, with the names of what they are about."""
