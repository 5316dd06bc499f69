"""Answers worked out ahead: flat files that every worker maps into memory and only slices."""
