"""The ranker's training pairs as a frame: what it learns from, with column names, for people to look at."""

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.progress import SILENT, Progress
from training.recommender.config import RecommenderConfig
from training.recommender.examples import label_pairs
from training.recommender.fitted_sources import fit_sources_at
from training.recommender.model import training_cutoffs


def training_frame(dataset: Dataset, config: RecommenderConfig, progress: Progress = SILENT) -> pl.DataFrame:
    """One row per cutoff x customer x product: the very pairs that a fit with this configuration learns from.

    Columns: `cutoff`, `customer_id`, `product_id`, `is_bought` (the label: bought within `config.label_days` after the
    cutoff), `weight` (how many pairs the row stands for), `is_candidate` (proposed by a candidate source), then one
    column per feature.

    Raises:
        DataError: no purchase names a customer.
    """
    day = dataset.as_of or dataset.last_day()
    frames = []
    for cutoff in training_cutoffs(dataset, day, config):
        with progress.step(f"pairs at {cutoff}"):
            fitted = fit_sources_at(dataset.at(cutoff), cutoff, config)
            examples = label_pairs(dataset, fitted, config).examples
        history = fitted.history
        names = {
            "cutoff": pl.repeat(cutoff, examples.label.size, eager=True),
            "customer_id": history.customers["customer_id"].gather(examples.people),
            "product_id": history.products["product_id"].gather(examples.products),
            "is_bought": examples.label,
            "weight": examples.weight,
            "is_candidate": examples.candidate,
        }
        features = pl.DataFrame(examples.features, schema=fitted.feature_names)
        frames.append(pl.concat([pl.DataFrame(names), features], how="horizontal"))
    return pl.concat(frames) if frames else pl.DataFrame()
