"""Generates candidates: sources that score products for customers, one algorithm per file, one interface."""

from training.recommender.candidates.base import Source
from training.recommender.candidates.registry import fit_sources

__all__ = ["Source", "fit_sources"]
