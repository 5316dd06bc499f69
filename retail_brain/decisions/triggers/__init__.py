"""Triggers: rules that contact a person when something happened."""
