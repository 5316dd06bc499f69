"""Clusters stores by category mix, hours, weekdays and revenue (Ward's hierarchical clustering)."""

import numpy as np
import polars as pl
from scipy.cluster.hierarchy import fcluster, linkage

_MIN_STORES = 4
"""Stores below which there are no clusters. Chosen by judgement, not measured."""
_MAX_CLUSTERS = 8
"""Clusters of stores at most, so that each can be read. Chosen by judgement, not measured."""
CATEGORIES = 30
"""Categories with most sales whose shares describe a store. Chosen by judgement, not measured."""


def assign_clusters(places: pl.DataFrame) -> pl.DataFrame:
    """Adds the column `cluster` to the place features: 1 is the cluster with most revenue; null for fewer than 4 shops.

    Shops are joined by Ward's method on their category mix, hours and weekdays (square roots of shares, so that
    distances are Hellinger's) and the logarithm of their revenue; there are about sqrt(shops / 2) clusters, at most
    8. Shops without sales in the last 91 days get none.
    """
    # sorted, because ties in Ward's method are settled by the order of the rows
    active = places.filter(pl.col("revenue_91d") > 0).sort("store_id")
    if active.height < _MIN_STORES:
        return places.with_columns(pl.lit(None, dtype=pl.Int32).alias("cluster"))
    scale = np.log(active["revenue_91d"].to_numpy())
    # stores of equal revenue have no spread to divide by
    spread = float(scale.std()) or 1.0
    blocks = [
        _categories(active),
        _lists(active, "hour_shares", 24),
        _lists(active, "weekday_shares", 7),
        # a quarter of a standard deviation: revenue separates clusters less than what is sold and when
        0.25 * (scale[:, None] - scale.mean()) / spread,
    ]
    n_clusters = min(_MAX_CLUSTERS, max(2, round(float(np.sqrt(active.height / 2)))))
    labels = fcluster(linkage(np.hstack(blocks), "ward"), n_clusters, criterion="maxclust")
    groups = active.select("store_id", "revenue_91d").with_columns(pl.Series("label", labels, dtype=pl.Int32))
    # labels of the library are arbitrary: numbered by revenue, cluster 1 means the same to every reader
    ranked = (
        groups.group_by("label")
        .agg(pl.col("revenue_91d").sum(), pl.col("store_id").min())
        .sort(["revenue_91d", "store_id"], descending=[True, False])
        .with_row_index("cluster", offset=1)
        .select("label", pl.col("cluster").cast(pl.Int32))
    )
    clusters = groups.join(ranked, on="label").select("store_id", "cluster")
    return places.join(clusters, on="store_id", how="left", maintain_order="left")


def _lists(places: pl.DataFrame, column: str, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    # without recorded times an even profile: it moves the store towards no group
    rows = [value if value is not None else [1 / width] * width for value in places[column].to_list()]
    return np.sqrt(np.asarray(rows, dtype=np.float64))


def _categories(places: pl.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Square roots of the shares of the chain's greatest categories, one row per shop."""
    long = places.select("store_id", "category_shares").explode("category_shares").unnest("category_shares")
    top = (
        long.drop_nulls("category")
        .group_by("category")
        .agg(pl.col("share").sum())
        .sort(["share", "category"], descending=[True, False])
        .head(CATEGORIES)["category"]
    )
    columns = [
        places.select("store_id")
        .join(long.filter(pl.col("category") == name), on="store_id", how="left", maintain_order="left")["share"]
        .fill_null(0.0)
        .to_numpy()
        for name in top
    ]
    return np.sqrt(np.column_stack(columns)) if columns else np.zeros((places.height, 0))
