"""The leave-last-basket protocol as an ordinary dataset: everybody's target basket is moved to one and the same day.

Each customer's receipts keep their distances in time, so ages and gaps are those at the moment of the target basket,
and whatever works on cutoffs (features, sources, ranker) works here with a label of one day.
"""

from datetime import date, timedelta

import polars as pl

from features.person.interactions import receipt_lines
from retail_brain.dataset import Dataset
from training.recommender.config import RecommenderConfig

LABEL_DAYS = 1


def basket_view(dataset: Dataset, as_of: date, back: int, *, min_baskets: int = 3) -> Dataset:
    """The dataset in which each customer's target basket lies on the day after `as_of`, and nothing later exists.

    Args:
        dataset: needs `transactions` with customer_id and receipts.
        as_of: the day that all histories end on; also the last day of the dataset that is used.
        back: 1 takes the last basket as target, 2 the one before it (for training), and so on.
        min_baskets: customers with fewer baskets than this (counting all of them) are left out, as are those whose
            target would have no basket before it.

    Returns:
        `transactions` and, where there is one, `products`.
    """
    lines = receipt_lines(dataset, as_of).filter(pl.col("customer_id").is_not_null())
    baskets = (
        lines.group_by("customer_id", "transaction_id")
        .agg(pl.col("sold_at").max().alias("basket_at"))
        .sort("customer_id", "basket_at", "transaction_id", descending=[False, True, True])
        .with_columns(
            pl.int_range(1, pl.len() + 1).over("customer_id").alias("from_end"),
            pl.len().over("customer_id").alias("baskets"),
        )
        .filter(pl.col("baskets") >= max(min_baskets, back + 1), pl.col("from_end") >= back)
    )
    target = baskets.filter(pl.col("from_end") == back).select(
        "customer_id", pl.col("basket_at").dt.date().alias("target_on")
    )
    moved = (
        pl.when(pl.col("from_end") == back)
        .then(pl.lit(as_of) + timedelta(days=1))
        .otherwise(
            pl.min_horizontal(
                pl.lit(as_of), pl.lit(as_of + timedelta(days=1)) - (pl.col("target_on") - pl.col("basket_at").dt.date())
            )
        )
    )
    shifted = (
        lines.join(baskets, on=["customer_id", "transaction_id"])
        .join(target, on="customer_id")
        .with_columns(moved.dt.combine(pl.col("sold_at").dt.time()).alias("sold_at"))
        .drop("date", "basket_at", "from_end", "baskets", "target_on")
    )
    frames: dict[str, pl.LazyFrame] = {"transactions": shifted.collect().lazy()}
    if dataset.has("products"):
        frames["products"] = dataset.scan("products")
    return Dataset.from_frames(frames)


def next_basket_config(config: RecommenderConfig) -> RecommenderConfig:
    """The configuration with the label that `basket_view` wants."""
    return config.model_copy(update={"label_days": LABEL_DAYS})
