"""Explains scored pairs by reason codes, `code` or `code:detail`, which every language has words for."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
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


_EVERY_DAYS, _BOUGHT_BEFORE, _LOOKED_AT, _GOES_WITH, _CATEGORY, _PLAIN = range(6)
"""Kinds of reason; the detail is a number: days, an event, a product, a category, or a place among the plain words."""
_DETAILS = 1 << 32
"""Distance of two kinds in a reason's number: more than there are details of one."""


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
    numbers, plain = _numbers(fitted, pairs, features, {name: place for place, name in enumerate(names)})
    # words only once for each reason: most pairs share theirs
    distinct_numbers, places = np.unique(numbers, return_inverse=True)
    ids = fitted.history.products["product_id"]
    categories = fitted.history.attribute_values("category")
    words: dict[int, Callable[[int], str]] = {
        _EVERY_DAYS: lambda detail: f"every_days:{detail}",
        _BOUGHT_BEFORE: lambda _: "bought_before",
        _LOOKED_AT: lambda detail: f"looked_at:{EVENT_TYPES[detail]}",
        _GOES_WITH: lambda detail: f"goes_with:{ids[detail]}",
        _CATEGORY: lambda detail: f"category:{categories[detail - 1]}",
        _PLAIN: lambda detail: plain[detail],
    }
    codes = [words[number // _DETAILS](number % _DETAILS) for number in distinct_numbers.tolist()]
    return pl.Series("reason", codes, dtype=pl.String).gather(places.ravel())


def _numbers(
    fitted: FittedSources, pairs: Candidates, features: Floats, column_of: Mapping[str, int]
) -> tuple[Ints, list[str]]:
    """Number of each pair's reason, kind x `_DETAILS` + detail, and the words of the plain ones."""
    by_source = [_BY_SOURCE.get(name, name) for name in fitted.source_names]
    plain = list(dict.fromkeys([*by_source, "people_like_you"]))
    like_you = _PLAIN * _DETAILS + plain.index("people_like_you")
    source = _strongest(pairs, fitted.source_names)
    numbers = (_PLAIN * _DETAILS + np.array([plain.index(code) for code in by_source]))[source]
    says = np.array(by_source)[source]
    category = fitted.features.codes["category"][pairs.products].astype(np.int64)
    is_favourite = (np.nan_to_num(features[:, column_of["category_days"]]) > 1) & (category > 0)
    numbers = np.where(says == "category", np.where(is_favourite, _CATEGORY * _DETAILS + category, like_you), numbers)
    goes_with = np.flatnonzero(says == "goes_with")
    partner = _partners(fitted, pairs.people[goes_with], pairs.products[goes_with])
    numbers[goes_with] = np.where(partner >= 0, _GOES_WITH * _DETAILS + partner, like_you)
    events = np.nan_to_num(features[:, [column_of[f"event_{kind}"] for kind in EVENT_TYPES]])
    # events decay: weaker ones are too long ago to be remembered
    numbers = np.where(events.max(axis=1) > 0.1, _LOOKED_AT * _DETAILS + events.argmax(axis=1), numbers)
    purchase_days = features[:, column_of["purchase_days"]]
    numbers = np.where(purchase_days == 1, _BOUGHT_BEFORE * _DETAILS, numbers)
    is_repeated = np.flatnonzero(purchase_days > 1)
    usual_gaps = _usual_gaps(fitted, pairs.people[is_repeated], pairs.products[is_repeated])
    numbers[is_repeated] = _EVERY_DAYS * _DETAILS + usual_gaps
    return numbers, plain


def _usual_gaps(fitted: FittedSources, people: Ints, products: Ints) -> Ints:
    """Median days between the purchases of each pair, at least 1: what profiles say, rather than the expected gap."""
    history = fitted.history
    median = history.pairs["median_gap_days"].gather(history.find(people, products)).cast(pl.Float64).fill_null(1)
    return np.maximum(np.round(median.to_numpy()), 1).astype(np.int64)


def _strongest(pairs: Candidates, sources: Sequence[str]) -> Ints:
    """Number of the source with the greatest relative score of each pair."""
    strength = pairs.relative.copy()
    # own purchases have reasons that say more; popularity is a reason where no other is half as strong
    strength[:, sources.index("own")] = -1
    strength[:, sources.index("trending")] *= 0.5
    return np.asarray(strength.argmax(axis=1))


def _partners(fitted: FittedSources, people: Ints, products: Ints) -> Ints:
    """Product of the person with the most joint baskets with each product; -1 where there is none."""
    source = next((s for s in fitted.sources if isinstance(s, ItemItem)), None)
    if source is None or people.size == 0:
        return np.full(people.size, -1, np.int64)
    return source.partners(people, products)
