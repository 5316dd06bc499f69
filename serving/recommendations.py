"""Goods for people: the use case behind `retail-brain recommend` and `/recommend`."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.files import atomic_path, scratch_folder
from retail_brain.outputs import RECOMMENDATIONS
from retail_brain.progress import SILENT, Progress
from serving.reasons import Language, with_reason_texts
from training.recommender.model import RecommenderModel
from training.recommender.online import Kind


def recommend(
    dataset: Dataset,
    model: RecommenderModel,
    *,
    customers: Sequence[str] | None = None,
    k: int = 10,
    kind: Kind = "mixed",
    explore_at_least: int = 0,
    language: Language = "zh",
    progress: Progress = SILENT,
) -> Iterator[pl.DataFrame]:
    """`recommendations`, a block of customers at a time: one row per customer x rank.

    Repeat goods that are due only after the days of the label are held back, and so are goods that no shop has.

    Args:
        dataset: what is known now.
        model: a fitted recommender.
        customers: ids; None = everybody. Those the dataset does not know are left out.
        k: goods per customer.
        kind: repeat, explore, or mixed.
        explore_at_least: of the k, how many must be new to the customer (mixed only).
        language: of the reasons.
        progress: told of the blocks.

    Raises:
        UsageError: k below 1, or the quota beyond k.
        NotFoundError: none of the customers is known.
        DataError: no purchase names a customer.
    """
    if k < 1 or not 0 <= explore_at_least <= k:
        raise UsageError(f"k is {k} with {explore_at_least} to explore; wanted k of at least 1 and a quota of 0 to k.")
    now = model.situation(dataset)
    if customers is not None and now.history.people(customers).size == 0:
        raise NotFoundError(
            f"none of the {len(customers)} customers is known on {now.history.as_of}, for example "
            f"{list(customers)[:3]}. Check the ids; strangers are answered by the service from their store."
        )
    names = product_names(dataset)
    gone = sold_out(dataset)
    until = now.history.as_of + timedelta(days=model.config.label_days)
    for scored in model.score(dataset, customers, situation=now, progress=progress):
        timely = pl.col("due_on").is_null() | (pl.col("due_on") <= until)
        pairs = scored.filter(timely, ~pl.col("product_id").is_in(gone.implode()))
        chosen = _chosen(pairs, k, kind, explore_at_least)
        yield with_reason_texts(as_recommendations(chosen), language, names)


def _chosen(pairs: pl.DataFrame, k: int, kind: Kind, explore_at_least: int) -> pl.DataFrame:
    if kind != "mixed" or explore_at_least == 0:
        return choose(pairs, k, kind)
    explore = choose(pairs, explore_at_least, "explore")
    rest = pairs.join(explore.select("customer_id", "product_id"), on=["customer_id", "product_id"], how="anti")
    kept = explore.group_by("customer_id").agg(pl.len().alias("taken"))
    best = (
        choose(rest, k)
        .join(kept, on="customer_id", how="left")
        .filter(pl.col("rank") <= k - pl.col("taken").fill_null(0))
        .drop("taken")
    )
    return choose(pl.concat([explore, best]).drop("rank"), k)


def choose(pairs: pl.DataFrame, k: int, kind: Kind = "mixed") -> pl.DataFrame:
    """The `k` likeliest pairs of each customer with `rank` from 1; equals are ordered by product_id."""
    kept = pairs if kind == "mixed" else pairs.filter(pl.col("kind") == kind)
    return (
        kept.sort("customer_id", "probability", "product_id", descending=[False, True, False])
        .with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("customer_id").alias("rank"))
        .filter(pl.col("rank") <= k)
    )


def as_recommendations(chosen: pl.DataFrame) -> pl.DataFrame:
    """Ranked pairs in the contract's columns; the score is the probability."""
    scored = chosen.with_columns(pl.col("probability").alias("score"))
    columns = [
        (pl.col(name) if name in scored.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in RECOMMENDATIONS.items()
    ]
    return scored.select(columns)


def write_recommendations(blocks: Iterator[pl.DataFrame], path: Path) -> tuple[int, int]:
    """Writes the blocks to a Parquet or CSV file, one block in memory at a time; gives rows and customers.

    Raises:
        UsageError: the file's ending is another.
    """
    if path.suffix not in {".parquet", ".csv"}:
        raise UsageError(f"--out {path} has no ending that says what to write; wanted .parquet or .csv.")
    rows = people = 0
    with atomic_path(path) as aside, scratch_folder("recommend") as folder:
        for number, block in enumerate(blocks):
            block.write_parquet(folder / f"{number:06d}.parquet")
            rows, people = rows + block.height, people + block["customer_id"].n_unique()
        if rows == 0:
            pl.DataFrame(schema=RECOMMENDATIONS).write_parquet(folder / "none.parquet")
        whole = pl.scan_parquet(folder / "*.parquet")
        if path.suffix == ".csv":
            whole.sink_csv(aside)
        else:
            whole.sink_parquet(aside)
    return rows, people


def sold_out(dataset: Dataset) -> pl.Series:
    """Products of which no store had any on the last day of `inventory`; those it does not name may be there."""
    stock = dataset.scan_or_empty("inventory")
    last = (
        stock.filter(pl.col("date") == pl.col("date").max().over("store_id", "product_id"))
        .group_by("product_id")
        .agg(pl.col("on_hand").clip(0).sum())
        .filter(pl.col("on_hand") <= 0)
    )
    return last.select(pl.col("product_id").sort()).collect().to_series()


def product_names(dataset: Dataset) -> dict[str, str]:
    """Product_id -> name, where there is one."""
    named = dataset.scan_or_empty("products").select("product_id", "name").drop_nulls().collect()
    return dict(zip(named["product_id"].to_list(), named["name"].to_list(), strict=True))
