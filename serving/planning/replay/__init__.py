"""Replays of order policies on recorded demand."""
