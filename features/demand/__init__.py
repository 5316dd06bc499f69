"""Demand features: the dense panel of series x periods, and feature rows at a forecast origin."""
