"""Scores customer x product pairs with the ranker, block by block, and ranks products for cold-start customers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from retail_brain.engine import IN_PROCESS, Executor, InProcess
from retail_brain.progress import SILENT, Progress
from training.recommender.candidates.pool import Block
from training.recommender.due_model import UNFITTED, DueModel
from training.recommender.fitted_sources import FittedSources
from training.recommender.parallel import in_order
from training.recommender.ranker import Ranker
from training.recommender.scored_pairs import SCORED, Choice
from training.recommender.scored_parts import BlockScorer, scored_in_parts
from training.recommender.sparse import Floats, Ints, chosen_columns, look_up, top_cells

_STRANGERS_AT_ONCE = 1_000
"""People without a purchase or event in a block: some 200 pairs each. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class PairsToScore:
    """Which customer x product pairs are scored, by codes.

    Attributes:
        people: whose pairs are scored one by one, ascending.
        strangers: people of whom no purchase or event is known, ascending; they are scored by group.
        further: (people, products) of pairs besides the candidates; None for none.
        with_candidates: whether each person's candidates are among them.
    """

    people: Ints
    strangers: Ints
    further: tuple[Ints, Ints] | None
    with_candidates: bool = True

    @classmethod
    def of_products(
        cls, fitted: FittedSources, customers: Sequence[str] | None, products: Sequence[str]
    ) -> "PairsToScore":
        """Every customer (None: all there are) with exactly these products."""
        people = fitted.history.people(customers)
        goods = fitted.history.products["product_id"].is_in(list(products)).arg_true().to_numpy().astype(np.int64)
        further = np.repeat(people, goods.size), np.tile(goods, people.size)
        return cls(people, np.empty(0, np.int64), further, with_candidates=False)

    @classmethod
    def of_candidates(
        cls, fitted: FittedSources, customers: Sequence[str] | None, per_product: int = 0
    ) -> "PairsToScore":
        """The candidates of customers (None: of all), and `per_product` of the likeliest people for every product."""
        people, strangers = fitted.without_strangers(fitted.history.people(customers))
        further = _top_people_per_product(fitted, people, per_product) if per_product > 0 else None
        return cls(people, strangers, further)


def score_pairs(
    fitted: FittedSources,
    ranker: Ranker,
    wanted: PairsToScore,
    *,
    due: DueModel = UNFITTED,
    choose: Choice | None = None,
    executor: Executor = IN_PROCESS,
    progress: Progress = SILENT,
) -> Iterator[pl.DataFrame]:
    """Yields scored pairs, columns SCORED, a block of customers at a time; see `RecommenderModel.score`."""
    scorer = BlockScorer(fitted, ranker, due, wanted.with_candidates, choose)
    # a source of another package is fitted here, and need not allow for more
    if isinstance(executor, InProcess) or fitted.has_outside_sources:
        blocks = fitted.blocks(wanted.people, wanted.further)
        frames = progress.track(in_order(scorer, blocks, fitted.threads), "scoring")
    else:
        frames = scored_in_parts(
            scorer, [*fitted.blocks(wanted.people, wanted.further, executor.workers)], executor, progress
        )
    yield from (frame for frame in frames if frame.height)
    if wanted.strangers.size:
        of_strangers = _frames_of_strangers(fitted, wanted.strangers, replace(scorer, choose=None))
        yield from of_strangers if choose is None else map(choose, of_strangers)


def _frames_of_strangers(
    fitted: FittedSources, strangers: Ints, scored: Callable[[Block], pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Scored pairs of people of whom no purchase or event is known, scored once for each group that is answered alike.

    Args:
        fitted: sources and features of the day.
        strangers: customer codes, ascending.
        scored: scores a block of people.
    """
    groups, first, group_of = np.unique(fitted.trending.group_of(strangers), return_index=True, return_inverse=True)
    examples = np.sort(strangers[first])
    ids = fitted.history.customers["customer_id"]
    group_of_example = pl.DataFrame(
        {"customer_id": ids.gather(strangers[first]), "group": np.arange(groups.size, dtype=np.int64)}
    )
    answers = pl.concat([scored(block) for block in fitted.blocks(examples)]).join(group_of_example, on="customer_id")
    answers = answers.drop("customer_id").sort("group", "product_id")
    for start in range(0, strangers.size, _STRANGERS_AT_ONCE):
        rows = slice(start, start + _STRANGERS_AT_ONCE)
        asked = pl.DataFrame({"customer_id": ids.gather(strangers[rows]), "group": group_of.ravel()[rows]})
        yield asked.join(answers, on="group", maintain_order="left_right").select(list(SCORED))


def cold_start_lists(fitted: FittedSources, k: int) -> pl.DataFrame:
    """One row per store x rank, and per rank for the chain (store_id null): product_id, probability, rank from 1."""
    trending = fitted.trending
    rows, columns = top_cells(trending.by_store, k)
    share = look_up(trending.by_store, rows, columns)
    stores = pl.Series([*fitted.history.stores, None], dtype=pl.String)
    frame = pl.DataFrame(
        {
            "store_id": stores.gather(rows),
            "product_id": fitted.history.products["product_id"].gather(columns),
            "probability": -np.expm1(-share.astype(np.float64) * fitted.purchases_per_person),
        }
    ).sort("store_id", "probability", "product_id", descending=[False, True, False])
    return frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("store_id").alias("rank"))


def cold_start_chances(fitted: FittedSources) -> pl.DataFrame:
    """One row per product: product_id, chance: probability that somebody unknown buys it within the label's days."""
    trending = fitted.trending
    share = np.zeros(fitted.history.shape[1])
    chain = trending.by_store[[len(fitted.history.stores)]].tocsr()
    share[chain.indices] = chain.data
    chance = -np.expm1(-share * fitted.purchases_per_person)
    return pl.DataFrame({"product_id": fitted.history.products["product_id"], "chance": chance})


def _top_people_per_product(fitted: FittedSources, people: Ints, per_product: int) -> tuple[Ints, Ints]:
    """Codes (people, products) of pairs: for every product with at least 5 buyers, its `per_product` likeliest people.

    Candidates are chosen per customer, so products that are nobody's first choice would have no audience. Likely by
    neighbours, latent factors and share of the subcategory; a running best over blocks of people, so that memory is
    bounded by products x per_product.
    """
    from training.recommender.kernels import keep_best_rows  # noqa: PLC0415  # Numba takes a while to import

    products = fitted.sold_goods()
    count = min(per_product, people.size)
    best, best_people = np.empty((products.size, count), np.float32), np.zeros((products.size, count), np.int64)
    sizes = np.zeros(products.size, np.int64)

    def affinity(block: Block) -> tuple[Ints, Floats]:
        return block.people, _audience_affinity(fitted, block.people, products)

    for block_people, scores in in_order(affinity, fitted.blocks(people), fitted.threads):
        keep_best_rows(scores, block_people, best, best_people, sizes)
    return best_people.ravel(), np.repeat(products, count)


def _audience_affinity(fitted: FittedSources, block: Ints, products: Ints) -> Floats:
    by_name = {source.name: source for source in fitted.sources}
    total: Floats = np.zeros((block.size, products.size), np.float32)
    # the configuration may leave either out; own habits are always there
    names = tuple(name for name in by_name if name in {"neighbours", "als"}) or ("own",)
    for name in names:
        total += chosen_columns(by_name[name].scores(block), products)
    # the sources say little of rare products; the subcategory tells at least who buys the kind
    category = fitted.features.affinities["subcategory"][block].toarray()
    share = category / np.maximum(category.sum(axis=1, keepdims=True), 1e-9)
    total += 0.3 * share[:, fitted.features.codes["subcategory"][products]]
    return total
