"""Decisions: pure functions of model output and state; no I/O, no clock, no model."""
