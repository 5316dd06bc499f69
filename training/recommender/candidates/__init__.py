"""Where candidates come from: one source per file, all with the same interface."""

from training.recommender.candidates.base import Source
from training.recommender.candidates.registry import fit_sources

__all__ = ["Source", "fit_sources"]
