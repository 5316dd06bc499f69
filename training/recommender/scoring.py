"""From a situation and a ranker to scored pairs, block by block."""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.progress import SILENT, Progress
from training.recommender.candidates.pool import Candidates
from training.recommender.candidates.trending import Trending
from training.recommender.due_model import PROBABILITIES, UNFITTED, DueModel, anchored
from training.recommender.fitted_sources import FittedSources
from training.recommender.ranker import Ranker
from training.recommender.reasons import reason_codes
from training.recommender.repeat_gap import due_days
from training.recommender.sparse import Floats, Ints, blocks, look_up, top_cells

SCORED = {
    "customer_id": pl.String,
    "product_id": pl.String,
    "probability": pl.Float64,
    "kind": pl.String,
    "due_on": pl.Date,
    "reason": pl.String,
    "gap_days": pl.Int32,
    **dict.fromkeys(PROBABILITIES, pl.Float64),
}


def score_pairs(
    fitted: FittedSources,
    ranker: Ranker,
    *,
    due: DueModel = UNFITTED,
    customers: Sequence[str] | None = None,
    products: Sequence[str] | None = None,
    per_product: int = 0,
    progress: Progress = SILENT,
) -> Iterator[pl.DataFrame]:
    """Scored pairs (columns SCORED); see `RecommenderModel.score`."""
    people = fitted.history.people(customers)
    extra = None
    if products is not None:
        goods = fitted.history.products["product_id"].is_in(list(products)).arg_true().to_numpy().astype(np.int64)
        extra = np.repeat(people, goods.size), np.tile(goods, people.size)
    elif per_product > 0:
        extra = top_people_per_product(fitted, people, per_product)
    blocks = fitted.candidates(people, extra, with_proposals=products is None)
    within = due.within(fitted.history)
    for block in progress.track(blocks, "scoring"):
        if block.people.size:
            yield scored_frame(fitted, ranker, block, within)


def scored_frame(fitted: FittedSources, ranker: Ranker, block: Candidates, within: Floats) -> pl.DataFrame:
    """One row per pair of the block, columns SCORED.

    Args:
        fitted: the situation.
        ranker: gives the level of the probabilities.
        block: the pairs.
        within: of `DueModel.within`: their shares of time, for pairs bought before.
    """
    features = fitted.features.table(block)
    names = fitted.feature_names
    probability = ranker.probability(features, names)
    strangers = np.isnan(fitted.features.person[block.people, 0]) & (features[:, 0] == 0)
    probability[strangers] = cold_start_probability(fitted, block)[strangers]
    repeat = features[:, 0] > 0
    due = due_days(features[:, names.index("since_last")].astype(float), features[:, names.index("gap")].astype(float))
    day = np.where(np.isnan(due), -1, due).astype(np.int32)
    at = fitted.history.find(block.people, block.products)
    usual = fitted.features.gaps.product[block.products]
    soon = anchored(within[at[repeat]], probability[repeat], fitted.config.label_days)
    frame = pl.DataFrame(
        {
            "customer_id": fitted.history.customers["customer_id"].gather(block.people),
            "product_id": fitted.history.products["product_id"].gather(block.products),
            "probability": probability,
            "day": day,
            "gap_days": np.rint(np.where(repeat, features[:, names.index("gap")], usual)).astype(np.int32),
            **{name: _only(repeat, soon[:, place]) for place, name in enumerate(PROBABILITIES)},
        }
    )
    last = pl.lit(fitted.history.as_of)
    return frame.with_columns(
        pl.Series("kind", np.where(repeat, "repeat", "explore")),
        pl.when(pl.col("day") > 0).then(last + pl.duration(days=pl.col("day"))).cast(pl.Date).alias("due_on"),
        reason_codes(fitted, block, features, names),
    ).select(list(SCORED))


def _only(rows: npt.NDArray[np.bool_], values: npt.NDArray[np.float64]) -> pl.Series:
    """The values where they belong, null elsewhere."""
    whole = np.full(rows.size, np.nan)
    whole[rows] = values
    return pl.Series(whole).fill_nan(None)


def cold_start_probability(fitted: FittedSources, block: Candidates) -> Floats:
    """For people who never bought: what an average active person buys, times the store's share of the product."""
    trending = [source.name for source in fitted.sources].index("trending")
    probability: Floats = -np.expm1(-block.scores[:, trending] * _purchases_per_person(fitted))
    return probability


def _purchases_per_person(fitted: FittedSources) -> float:
    """Product purchase days within the label's days of a customer who comes at all."""
    history = fitted.history
    recent = history.as_of - timedelta(days=fitted.config.label_days)
    active = max(int((history.customers["last_visit_on"] > recent).sum()), 1)
    faded = float(history.pairs[f"decayed_{fitted.features.slow_half_life}d"].sum())
    return faded * math.log(2) / fitted.features.slow_half_life * fitted.config.label_days / active


def cold_start_lists(fitted: FittedSources, k: int) -> pl.DataFrame:
    """One row per store x rank, and for the chain (store_id null): product_id, probability, rank."""
    trending = next(source for source in fitted.sources if isinstance(source, Trending))
    rows, columns = top_cells(trending.by_store, k)
    share = look_up(trending.by_store, rows, columns)
    stores = pl.Series([*fitted.history.stores, None], dtype=pl.String)
    frame = pl.DataFrame(
        {
            "store_id": stores.gather(rows),
            "product_id": fitted.history.products["product_id"].gather(columns),
            "probability": -np.expm1(-share.astype(np.float64) * _purchases_per_person(fitted)),
        }
    ).sort("store_id", "probability", "product_id", descending=[False, True, False])
    return frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("store_id").alias("rank"))


def cold_start_chances(fitted: FittedSources) -> pl.DataFrame:
    """One row per product: product_id, chance (of a purchase by somebody unknown within the label's days)."""
    trending = next(source for source in fitted.sources if isinstance(source, Trending))
    share = np.zeros(fitted.history.shape[1])
    chain = trending.by_store[[len(fitted.history.stores)]].tocsr()
    share[chain.indices] = chain.data
    chance = -np.expm1(-share * _purchases_per_person(fitted))
    return pl.DataFrame({"product_id": fitted.history.products["product_id"], "chance": chance})


def top_people_per_product(fitted: FittedSources, people: Ints, per_product: int) -> tuple[Ints, Ints]:
    """Pairs (people, products): for every product with at least 5 buyers, its `per_product` likeliest people.

    Likely by habit (own and neighbours'), latent taste and share of the category; kept as a running best over blocks
    of people, so memory is bounded by products x per_product.
    """
    history = fitted.history
    goods = fitted.sold_goods()
    best_score = np.empty((0, goods.size), np.float32)
    best_people = np.empty((0, goods.size), np.int32)
    for block in blocks(people, history.shape[1], fitted.config.block_pairs):
        score = np.vstack([best_score, _affinity(fitted, block, goods)])
        whose = np.vstack([best_people, np.repeat(block.astype(np.int32)[:, None], goods.size, axis=1)])
        kept = np.argpartition(-score, min(per_product, score.shape[0]) - 1, axis=0)[:per_product]
        best_score = np.take_along_axis(score, kept, axis=0)
        best_people = np.take_along_axis(whose, kept, axis=0)
    return best_people.ravel().astype(np.int64), np.tile(goods, best_people.shape[0])


def _affinity(fitted: FittedSources, block: Ints, goods: Ints) -> Floats:
    by_name = {source.name: source for source in fitted.sources}
    total: Floats = np.zeros((block.size, goods.size), np.float32)
    # the configuration may leave either out; own habits are always there
    names = tuple(name for name in by_name if name in {"neighbours", "als"}) or ("own",)
    for name in names:
        scores = by_name[name].scores(block)
        cells = look_up(scores, np.repeat(np.arange(block.size), goods.size), np.tile(goods, block.size))
        total += cells.reshape(total.shape)
    category = fitted.features.affinities["subcategory"][block].toarray()
    share = category / np.maximum(category.sum(axis=1, keepdims=True), 1e-9)
    total += 0.3 * share[:, fitted.features.codes["subcategory"][goods]]
    return total
