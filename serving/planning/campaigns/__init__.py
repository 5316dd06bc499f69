"""Campaigns: goods that find people, from the draft to the measured effect."""
