"""Explains scored pairs by reason codes, `code` or `code:detail`, which every language has words for."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from features.person.interactions import EVENT_TYPES
from training.recommender.candidates.item_item import ItemItem
from training.recommender.candidates.pool import Candidates
from training.recommender.fitted_sources import FittedSources
from training.recommender.sparse import Floats, Ints

# latent factors have no reason of their own: their favourite category is one, see `reason_codes`
_BY_SOURCE = {
    "own": "bought_before",
    "neighbours": "people_like_you",
    "user_cf": "people_like_you",
    "item_item": "goes_with",
    "als": "category",
    "spectral": "people_like_you",
    "trending": "popular",
    "new_goods": "new",
}


def reason_codes(fitted: FittedSources, pairs: Candidates, features: Floats, names: Sequence[str]) -> pl.Series:
    """Reason code of each pair: what the person did themselves before what a source says.

    `every_days:12` bought again, in the median after 12 days; `bought_before` once; `looked_at:scan` an event of late;
    `goes_with:PRODUCT` with a product the person buys; `people_like_you`; `category:NAME` a favourite category;
    `popular` in the person's store; `new` products; else the name of a source of another package, which has words of
    its own.

    Args:
        fitted: sources of the day.
        pairs: the pairs.
        features: pairs x features.
        names: names of the features.
    """
    column_of = {name: place for place, name in enumerate(names)}
    purchase_days = features[:, column_of["purchase_days"]]
    events = np.nan_to_num(features[:, [column_of[f"event_{kind}"] for kind in EVENT_TYPES]])
    source = _strongest(pairs, fitted.source_names)
    codes = np.array([_BY_SOURCE.get(name, name) for name in fitted.source_names], dtype=object)[source]
    codes = np.where((codes == "category") & ~_is_favourite_category(features, column_of), "people_like_you", codes)
    codes = _with_details(fitted, pairs, codes)
    has_event = events.max(axis=1) > 0.1  # events decay: weaker ones are too long ago to be remembered
    looked_at = np.array([f"looked_at:{kind}" for kind in EVENT_TYPES], dtype=object)
    codes[has_event] = looked_at[events.argmax(axis=1)[has_event]]
    codes[purchase_days == 1] = "bought_before"
    is_repeated = purchase_days > 1
    codes[is_repeated] = [f"every_days:{gap}" for gap in _usual_gaps(fitted, pairs)[is_repeated]]
    return pl.Series("reason", codes.tolist(), dtype=pl.String)


def _usual_gaps(fitted: FittedSources, pairs: Candidates) -> Ints:
    """Median days between the purchases of each pair, at least 1: what profiles say, rather than the expected gap."""
    history = fitted.history
    # The last element stands for pairs that never interacted: their row is -1.
    median = np.append(history.pairs["median_gap_days"].cast(pl.Float64).fill_null(1).to_numpy(), 1.0)
    return np.maximum(np.round(median[history.find(pairs.people, pairs.products)]), 1).astype(np.int64)


def _strongest(pairs: Candidates, sources: Sequence[str]) -> Ints:
    """Number of the source with the greatest relative score of each pair."""
    strength = pairs.relative.copy()
    # own purchases have reasons that say more; popularity is a reason where no other is half as strong
    strength[:, sources.index("own")] = -1
    strength[:, sources.index("trending")] *= 0.5
    return np.asarray(strength.argmax(axis=1))


def _is_favourite_category(features: Floats, column_of: dict[str, int]) -> npt.NDArray[np.bool_]:
    """Whether the person bought the category more than once of late (decayed purchase days above 1)."""
    return np.nan_to_num(features[:, column_of["category_days"]]) > 1


def _with_details(fitted: FittedSources, pairs: Candidates, codes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    detailed = codes.copy()
    products = fitted.history.products
    goes_with = np.flatnonzero(codes == "goes_with")
    partner = _partners(fitted, pairs.people[goes_with], pairs.products[goes_with])
    ids = products["product_id"].gather(np.maximum(partner, 0)).to_list()
    detailed[goes_with] = [
        f"goes_with:{name}" if has_partner else "people_like_you"
        for name, has_partner in zip(ids, partner >= 0, strict=True)
    ]
    category = np.flatnonzero(codes == "category")
    category_names = products["category"].gather(pairs.products[category]).to_list()
    detailed[category] = [f"category:{word}" if word else "people_like_you" for word in category_names]
    return detailed


def _partners(fitted: FittedSources, people: Ints, products: Ints) -> Ints:
    """Product of the person with the most joint baskets with each product; -1 where there is none."""
    source = next((s for s in fitted.sources if isinstance(s, ItemItem)), None)
    if source is None or people.size == 0:
        return np.full(people.size, -1, np.int64)
    joint = source.recent[people].multiply(source.similar.T.tocsr()[products]).tocsr()
    partner = np.full(people.size, -1, np.int64)
    filled = np.diff(joint.indptr) > 0
    strongest = np.asarray(joint.argmax(axis=1)).ravel()
    partner[filled] = strongest[filled]
    return partner
