"""People for a product: who is worth scoring beyond those among whose candidates it is."""

import numpy as np

from training.recommender.fitted_sources import Situation
from training.recommender.sparse import Floats, Ints, blocks, look_up


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
    for name in ("neighbours", "als"):
        scores = by_name[name].scores(block)
        cells = look_up(scores, np.repeat(np.arange(block.size), goods.size), np.tile(goods, block.size))
        total += cells.reshape(total.shape)
    category = now.features.affinities["subcategory"][block].toarray()
    share = category / np.maximum(category.sum(axis=1, keepdims=True), 1e-9)
    total += 0.3 * share[:, now.features.codes["subcategory"][goods]]
    return total
