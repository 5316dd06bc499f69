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
from training.recommender.fitted_sources import Situation
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


def score_situation(
    now: Situation,
    ranker: Ranker,
    *,
    due: DueModel = UNFITTED,
    customers: Sequence[str] | None = None,
    products: Sequence[str] | None = None,
    per_product: int = 0,
    progress: Progress = SILENT,
) -> Iterator[pl.DataFrame]:
    """Scored pairs (columns SCORED); see `RecommenderModel.score`."""
    people = now.history.people(customers)
    extra = None
    if products is not None:
        goods = now.history.products["product_id"].is_in(list(products)).arg_true().to_numpy().astype(np.int64)
        extra = np.repeat(people, goods.size), np.tile(goods, people.size)
    elif per_product > 0:
        extra = likeliest_people(now, people, per_product)
    blocks = now.candidates(people, extra, own_pool=products is None)
    within = due.within(now.history)
    for block in progress.track(blocks, "scoring"):
        if block.people.size:
            yield scored_frame(now, ranker, block, within)


def scored_frame(now: Situation, ranker: Ranker, block: Candidates, within: Floats) -> pl.DataFrame:
    """One row per pair of the block, columns SCORED.

    Args:
        now: the situation.
        ranker: gives the level of the probabilities.
        block: the pairs.
        within: of `DueModel.within`: their shares of time, for pairs bought before.
    """
    features = now.features.table(block)
    names = now.feature_names
    probability = ranker.probability(features, names)
    strangers = np.isnan(now.features.person[block.people, 0]) & (features[:, 0] == 0)
    probability[strangers] = stranger_probability(now, block)[strangers]
    repeat = features[:, 0] > 0
    due = due_days(features[:, names.index("since_last")].astype(float), features[:, names.index("gap")].astype(float))
    day = np.where(np.isnan(due), -1, due).astype(np.int32)
    at = now.history.find(block.people, block.products)
    usual = now.features.gaps.product[block.products]
    soon = anchored(within[at[repeat]], probability[repeat], now.config.label_days)
    frame = pl.DataFrame(
        {
            "customer_id": now.history.customers["customer_id"].gather(block.people),
            "product_id": now.history.products["product_id"].gather(block.products),
            "probability": probability,
            "day": day,
            "gap_days": np.rint(np.where(repeat, features[:, names.index("gap")], usual)).astype(np.int32),
            **{name: _only(repeat, soon[:, place]) for place, name in enumerate(PROBABILITIES)},
        }
    )
    last = pl.lit(now.history.as_of)
    return frame.with_columns(
        pl.Series("kind", np.where(repeat, "repeat", "explore")),
        pl.when(pl.col("day") > 0).then(last + pl.duration(days=pl.col("day"))).cast(pl.Date).alias("due_on"),
        reason_codes(now, block, features, names),
    ).select(list(SCORED))


def _only(rows: npt.NDArray[np.bool_], values: npt.NDArray[np.float64]) -> pl.Series:
    """The values where they belong, null elsewhere."""
    whole = np.full(rows.size, np.nan)
    whole[rows] = values
    return pl.Series(whole).fill_nan(None)


def stranger_probability(now: Situation, block: Candidates) -> Floats:
    """For people who never bought: what an average active person buys, times the store's share of the product."""
    trending = [source.name for source in now.sources].index("trending")
    probability: Floats = -np.expm1(-block.scores[:, trending] * _purchases_per_person(now))
    return probability


def _purchases_per_person(now: Situation) -> float:
    """Product purchase days within the label's days of a customer who comes at all."""
    history = now.history
    recent = history.as_of - timedelta(days=now.config.label_days)
    active = max(int((history.customers["last_visit_on"] > recent).sum()), 1)
    faded = float(history.pairs[f"decayed_{now.features.slow_half_life}d"].sum())
    return faded * math.log(2) / now.features.slow_half_life * now.config.label_days / active


def stranger_lists(now: Situation, k: int) -> pl.DataFrame:
    """One row per store x rank, and for the chain (store_id null): product_id, probability, rank."""
    trending = next(source for source in now.sources if isinstance(source, Trending))
    rows, columns = top_cells(trending.by_store, k)
    share = look_up(trending.by_store, rows, columns)
    stores = pl.Series([*now.history.stores, None], dtype=pl.String)
    frame = pl.DataFrame(
        {
            "store_id": stores.gather(rows),
            "product_id": now.history.products["product_id"].gather(columns),
            "probability": -np.expm1(-share.astype(np.float64) * _purchases_per_person(now)),
        }
    ).sort("store_id", "probability", "product_id", descending=[False, True, False])
    return frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("store_id").alias("rank"))


def stranger_chances(now: Situation) -> pl.DataFrame:
    """One row per product: product_id, chance (of a purchase by somebody unknown within the label's days)."""
    trending = next(source for source in now.sources if isinstance(source, Trending))
    share = np.zeros(now.history.shape[1])
    chain = trending.by_store[[len(now.history.stores)]].tocsr()
    share[chain.indices] = chain.data
    chance = -np.expm1(-share * _purchases_per_person(now))
    return pl.DataFrame({"product_id": now.history.products["product_id"], "chance": chance})


def likeliest_people(now: Situation, people: Ints, per_product: int) -> tuple[Ints, Ints]:
    """Pairs (people, products): for every product with at least 5 buyers, its `per_product` likeliest people.

    Likely by habit (own and neighbours'), latent taste and share of the category; kept as a running best over blocks
    of people, so memory is bounded by products x per_product.
    """
    history = now.history
    goods = now.sold_goods()
    best_score = np.empty((0, goods.size), np.float32)
    best_people = np.empty((0, goods.size), np.int32)
    for block in blocks(people, history.shape[1], now.config.block_pairs):
        score = np.vstack([best_score, _affinity(now, block, goods)])
        whose = np.vstack([best_people, np.repeat(block.astype(np.int32)[:, None], goods.size, axis=1)])
        kept = np.argpartition(-score, min(per_product, score.shape[0]) - 1, axis=0)[:per_product]
        best_score = np.take_along_axis(score, kept, axis=0)
        best_people = np.take_along_axis(whose, kept, axis=0)
    return best_people.ravel().astype(np.int64), np.tile(goods, best_people.shape[0])


def _affinity(now: Situation, block: Ints, goods: Ints) -> Floats:
    by_name = {source.name: source for source in now.sources}
    total: Floats = np.zeros((block.size, goods.size), np.float32)
    # the configuration may leave either out; own habits are always there
    names = tuple(name for name in by_name if name in {"neighbours", "als"}) or ("own",)
    for name in names:
        scores = by_name[name].scores(block)
        cells = look_up(scores, np.repeat(np.arange(block.size), goods.size), np.tile(goods, block.size))
        total += cells.reshape(total.shape)
    category = now.features.affinities["subcategory"][block].toarray()
    share = category / np.maximum(category.sum(axis=1, keepdims=True), 1e-9)
    total += 0.3 * share[:, now.features.codes["subcategory"][goods]]
    return total
