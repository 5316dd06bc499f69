"""Replay of policies on recorded demand."""
