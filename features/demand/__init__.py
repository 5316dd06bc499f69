"""Demand features: the panel of series x periods, and what a model is asked with at an origin."""
