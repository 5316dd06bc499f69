"""Campaigns: their definition, and the statistics of their effect."""
