"""Demand models beside the boosted trees."""
