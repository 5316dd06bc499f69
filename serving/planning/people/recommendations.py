"""Recommends goods to customers in blocks, for `retail-brain recommend`; `/recommend` uses the same functions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from retail_brain.csv_cells import safe_cells
from retail_brain.dataset import Dataset
from retail_brain.decisions.attribution import list_id
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.files import atomic_path, scratch_folder
from retail_brain.outputs import RECOMMENDATIONS
from retail_brain.progress import SILENT, Progress
from serving.planning.people.offering import ANYTHING, OfferCatalogue, RecommendationRequest
from serving.planning.people.reasons import Language, with_reason_texts
from serving.planning.people.received_events import bought_by_event, without_just_bought
from training.recommender.model import RecommenderModel


def recommend(
    dataset: Dataset,
    model: RecommenderModel,
    request: RecommendationRequest = ANYTHING,
    *,
    customers: Sequence[str] | None = None,
    language: Language = "en",
    progress: Progress = SILENT,
) -> Iterator[pl.DataFrame]:
    """`recommendations`, a block of customers at a time: one row per customer x rank.

    Repeat goods that are due later than asked for (at most the days of the label) are held back, and so are goods that
    an event says were bought and that are not due, and those that no shop has; with a store also what it does not get.

    Args:
        dataset: what is known now.
        model: a fitted recommender.
        request: how many, of which kind, where, under which rules.
        customers: ids; None = everybody. Those the dataset does not know are left out.
        language: of `reason`; `reason_zh` is in Chinese in any case.
        progress: told of the blocks.

    Raises:
        UsageError: the request contradicts itself.
        NotFoundError: none of the customers, or not the store, is known.
        DataError: no purchase names a customer.
    """
    request.check()
    fitted = model.fit_sources(dataset)
    if customers is not None and fitted.history.people(customers).size == 0:
        raise NotFoundError(
            f"none of the {len(customers)} customers is known on {fitted.history.as_of}, for example "
            f"{list(customers)[:3]}. Check the ids; strangers are answered by the service from their store."
        )
    names = product_names(dataset)
    catalogue = OfferCatalogue.of(dataset, fitted, request)
    as_of = fitted.history.as_of
    bought = bought_by_event(dataset, as_of)
    choose = _Chosen(catalogue, request, bought, as_of, model.config.label_days)
    for chosen in model.score(dataset, customers, fitted=fitted, choose=choose, progress=progress):
        named = _as_recommendations(chosen).with_columns(attribution_id=pl.lit(list_id("recommend", as_of)))
        chinese = with_reason_texts(named.select("reason"), "zh", names)["reason"]
        yield with_reason_texts(named, language, names).with_columns(reason_zh=chinese)


@dataclass(frozen=True)
class _Chosen:
    """Picks what is recommended out of the scored pairs of some people; it may go to a worker."""

    catalogue: OfferCatalogue
    request: RecommendationRequest
    bought: pl.DataFrame
    as_of: date
    label_days: int

    def __call__(self, scored: pl.DataFrame) -> pl.DataFrame:
        request = self.request
        within = min(request.due_within_days or self.label_days, self.label_days)
        timely = pl.col("due_on").is_null() | (pl.col("due_on") <= self.as_of + timedelta(days=1 + within))
        is_kind = pl.lit(value=True) if request.kind == "mixed" else pl.col("kind") == request.kind
        pairs = without_just_bought(self.catalogue.with_pinned(scored, request.kind), self.bought, self.as_of)
        return self.catalogue.chosen(pairs.filter(timely, is_kind), request)


def _as_recommendations(chosen: pl.DataFrame) -> pl.DataFrame:
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
        blocks_on_disk = pl.scan_parquet(folder / "*.parquet")
        if path.suffix == ".csv":
            safe_cells(blocks_on_disk).sink_csv(aside)
        else:
            blocks_on_disk.sink_parquet(aside)
    return rows, people


def product_names(dataset: Dataset) -> dict[str, str]:
    """Product_id -> name, where there is one."""
    named = dataset.scan_or_empty("products").select("product_id", "name").drop_nulls().collect()
    return dict(zip(named["product_id"].to_list(), named["name"].to_list(), strict=True))
