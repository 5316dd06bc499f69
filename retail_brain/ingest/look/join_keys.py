"""Finds the columns by which lines of receipts know the row of their receipt in another file."""

from itertools import combinations

import polars as pl

from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.words import bare_name

Keys = tuple[tuple[str, str], ...]
"""Pairs of a column of the lines and the column of the orders that equals it."""
_OVERLAP = 0.5
"""Share of the lines whose order must be in the sample of orders. By judgement: both are first rows of long files."""
_EQUAL = 0.95
"""Share of the lines that a further column of a key must leave a partner. By judgement."""
_MOST_KEYS = 4
"""Columns of a key at most, such as company, branch, till and number."""
_NO_KEYS = ("price", "amount", "discount", "units", "product", "product_name", "customer", "category")
_LONG = 6
"""Letters from which ids of two files are not the same by chance, whatever their columns are called."""


def keys_of(line: LookedAt, order: LookedAt) -> Keys:
    """The columns that tell the order of every line: one, or as many as the orders need to be unique.

    Numbers of receipts that begin anew in every shop or till are unique with it alone. Columns with the same name in
    both files count, and so do two of receipts whatever they are called.

    Args:
        line: lines with goods.
        order: one row per receipt.

    Returns:
        The pairs; none where the files do not belong together.
    """
    pairs = _pairs(line, order)
    for width in range(1, min(len(pairs), _MOST_KEYS) + 1):
        for keys in combinations(pairs, width):
            if any(len(set(names)) < width for names in zip(*keys, strict=True)):
                continue  # a column twice
            theirs = order.sample.select(name for _, name in keys)
            if theirs.is_duplicated().any() or _matched(line, order, keys) < _OVERLAP:
                continue
            if keys != pairs[:1] and "moment" in line.columns.roles and not _is_of_heads(line, keys, pairs):
                continue
            return _with_places(line, order, keys, pairs)
    return ()


def _with_places(line: LookedAt, order: LookedAt, keys: Keys, pairs: Keys) -> Keys:
    """The key with the shop, where both files have it: numbers may begin anew beyond the first rows."""
    store = line.columns.roles.get("store")
    for pair in pairs:
        if pair not in keys and pair[0] == store and _matched(line, order, (*keys, pair)) >= _EQUAL:
            keys = (*keys, pair)
    return keys


def _pairs(line: LookedAt, order: LookedAt) -> Keys:
    """Columns that may be equal, the number of the receipt first."""
    named = {bare_name(name): name for name in order.sample.columns}
    found = [(name, named[bare_name(name)]) for name in line.sample.columns if bare_name(name) in named]
    receipts = (line.columns.roles.get("receipt"), order.columns.roles.get("receipt"))
    number = [(receipts[0], receipts[1])] if receipts[0] and receipts[1] else []
    if receipts[0]:
        number += [(receipts[0], theirs) for theirs in order.sample.columns if _is_long(order.sample[theirs])]
        number += [pair for pair in found if pair[0] == receipts[0] and order.sample[pair[1]].is_unique().all()]
    if "moment" in line.columns.roles:
        if not (receipts[0] and receipts[1]):
            return ()  # lines with a moment may stand alone
        # heads may have an id for machines beside the number that people see: the one that the lines name
        number = [max(number, key=lambda pair: _matched(line, order, (pair,)))]
    is_id = [pair for pair in found if not _is_other(line, pair[0])]
    is_id.sort(key=lambda pair: pair[0] != line.columns.roles.get("store"))
    return tuple(dict.fromkeys((*number, *is_id)))


def _is_of_heads(line: LookedAt, keys: Keys, pairs: Keys) -> bool:
    """Whether a key of lines with a moment has the number of the receipt, and several lines of one receipt.

    A file that has more to say of each line, such as its taxes, has no heads.
    """
    return keys[0] == pairs[0] and bool(line.sample.select(name for name, _ in keys).is_duplicated().any())


def _is_other(line: LookedAt, name: str) -> bool:
    """Whether a column is money, goods or a person, which number no receipts."""
    roles = line.columns.roles
    return name in {roles.get(role) for role in _NO_KEYS}


def _is_long(values: pl.Series) -> bool:
    text = values.cast(pl.String).drop_nulls()
    return bool(len(text)) and bool((text.str.len_chars() >= _LONG).all()) and not text.is_duplicated().any()


def _matched(line: LookedAt, order: LookedAt, keys: Keys) -> float:
    """Share of the lines whose key is in the orders."""
    ours = line.sample.select(pl.col(name).cast(pl.String).alias(f"{i}") for i, (name, _) in enumerate(keys))
    theirs = order.sample.select(pl.col(name).cast(pl.String).alias(f"{i}") for i, (_, name) in enumerate(keys))
    return ours.join(theirs, on=ours.columns, how="semi").height / max(ours.height, 1)
