"""Triggers: from what happened to a contact, and its measured effect."""
