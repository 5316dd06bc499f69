"""Why a pair is worth showing, as codes that any language can word: `code` or `code:detail`."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from features.person.interactions import EVENT_TYPES
from training.recommender.candidates.item_item import ItemItem
from training.recommender.candidates.pool import Candidates
from training.recommender.fitted_sources import FittedSources
from training.recommender.sparse import Floats, Ints

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
    """One code per pair.

    `every_days:12` bought again about every 12 days; `bought_before` once; `looked_at:scan` an event of late;
    `goes_with:PRODUCT` with a good the person buys; `people_like_you`; `category:NAME` a favourite category; `popular`
    in the person's store; `new` goods; else the name of a source of another package, which has words of its own.
    """
    at = {name: place for place, name in enumerate(names)}
    days = features[:, at["purchase_days"]]
    events = np.nan_to_num(features[:, [at[f"event_{kind}"] for kind in EVENT_TYPES]])
    source = _strongest(pairs, fitted.source_names)
    codes = np.array([_BY_SOURCE.get(name, name) for name in fitted.source_names], dtype=object)[source]
    codes = np.where((codes == "category") & ~_likes_category(features, at), "people_like_you", codes)
    codes = _with_details(fitted, pairs, codes)
    looked = events.max(axis=1) > 0.1
    codes[looked] = np.array([f"looked_at:{kind}" for kind in EVENT_TYPES], dtype=object)[events.argmax(axis=1)[looked]]
    codes[days == 1] = "bought_before"
    often = days > 1
    gaps = np.maximum(np.round(features[often, at["gap"]]), 1).astype(int)
    codes[often] = [f"every_days:{gap}" for gap in gaps]
    return pl.Series("reason", codes.tolist(), dtype=pl.String)


def _strongest(pairs: Candidates, sources: Sequence[str]) -> Ints:
    """The source that holds most of a pair, own goods apart; trends speak last."""
    voice = pairs.relative.copy()
    voice[:, sources.index("own")] = -1
    voice[:, sources.index("trending")] *= 0.5
    return np.asarray(voice.argmax(axis=1))


def _likes_category(features: Floats, at: dict[str, int]) -> npt.NDArray[np.bool_]:
    return np.nan_to_num(features[:, at["category_days"]]) > 1


def _with_details(fitted: FittedSources, pairs: Candidates, codes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    out = codes.copy()
    products = fitted.history.products
    goes_with = np.flatnonzero(codes == "goes_with")
    partner = _partners(fitted, pairs.people[goes_with], pairs.products[goes_with])
    ids = products["product_id"].gather(np.maximum(partner, 0)).to_list()
    out[goes_with] = [
        f"goes_with:{name}" if known else "people_like_you" for name, known in zip(ids, partner >= 0, strict=True)
    ]
    category = np.flatnonzero(codes == "category")
    words = products["category"].gather(pairs.products[category]).to_list()
    out[category] = [f"category:{word}" if word else "people_like_you" for word in words]
    return out


def _partners(fitted: FittedSources, people: Ints, products: Ints) -> Ints:
    """The good of the person that goes best with each product, -1 where there is none."""
    source = next((s for s in fitted.sources if isinstance(s, ItemItem)), None)
    if source is None or people.size == 0:
        return np.full(people.size, -1, np.int64)
    joint = source.recent[people].multiply(source.similar.T.tocsr()[products]).tocsr()
    partner = np.full(people.size, -1, np.int64)
    filled = np.diff(joint.indptr) > 0
    best = np.asarray(joint.argmax(axis=1)).ravel()
    partner[filled] = best[filled]
    return partner
