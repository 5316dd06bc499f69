"""Selects the goods of a ranking that a person can get, under the rules: for one request or many people at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from retail_brain.decisions.availability import FULFILMENT, NO_STORE, NOWHERE, Array, Availability
from retail_brain.decisions.offer_rules import Goods, ResolvedRule, Slate, apply_rules


class Texts(Protocol):
    """A list of texts, or texts mapped from disk."""

    def __getitem__(self, position: int, /) -> str: ...


@dataclass(frozen=True)
class Offers:
    """The offered goods, by owner, the first place first.

    Attributes:
        row: row of the slate.
        rule: title of the rule that moved it, None where none did.
        way: code of `FULFILMENT`.
        origin: position of the store it comes from, `NO_STORE` where that is not known.
        removed: title of a rule -> how many goods it took away.
    """

    row: Array
    rule: list[str | None]
    way: Array
    origin: Array
    removed: Mapping[str, int]


@dataclass(frozen=True)
class Selection:
    """How many goods of a ranking are offered to each owner.

    Attributes:
        k: how many.
        explore_at_least: of the k, how many must be new to the owner, while there are so many.
        wanted: names of FULFILMENT; None = any.
        is_sorted: whether the slate has each owner's rows together, the best first.
    """

    k: int
    explore_at_least: int = 0
    wanted: Collection[str] | None = None
    is_sorted: bool = False


def offer(
    slate: Slate,
    stores: Array,
    availability: Availability,
    rules: Sequence[ResolvedRule],
    goods: Goods,
    selection: Selection,
    is_explore: Array | None = None,
) -> Offers:
    """The best k of each owner that can be had where they are, under the rules that hold there.

    Args:
        slate: rank enough goods that k are left.
        stores: position of the store of each row, `NO_STORE` where none is meant.
        availability: units on hand by product and store.
        rules: those that hold here and now.
        goods: attributes by position.
        selection: how many, and which of them.
        is_explore: per row whether the good is new to the owner; needed for a quota.
    """
    k, wanted = selection.k, selection.wanted
    ways = availability.ways(stores, slate.products)
    to_be_had = ways != NOWHERE
    if wanted is not None:
        to_be_had &= np.isin(ways, [code for code, name in enumerate(FULFILMENT) if name in wanted])
    rows = np.flatnonzero(to_be_had)
    available_slate = Slate(slate.owner[rows], slate.products[rows], slate.weight[rows], slate.is_adult[rows])
    quota = selection.explore_at_least if is_explore is not None else 0
    ruled = apply_rules(available_slate, rules, goods, k=None if quota else k, is_sorted=selection.is_sorted)
    order, rule = rows[ruled.order], ruled.rule
    if quota and is_explore is not None:
        kept = _with_quota(slate.owner[order], is_explore[order], k, quota)
        order, rule = order[kept], rule[kept]
    way = ways[order]
    origin = availability.origins(stores[order], slate.products[order], way)
    titles = [ready.rule.title for ready in rules]
    removed: dict[str, int] = {}
    for place, count in ruled.removed.items():
        removed[titles[place]] = removed.get(titles[place], 0) + count
    return Offers(order, [titles[at] if at >= 0 else None for at in rule.tolist()], way, origin, removed)


def _with_quota(owner: Array, is_explore: Array, k: int, quota: int) -> Array:
    """Which rows of rankings make the best k of each owner with at least `quota` new goods among them.

    Args:
        owner: of each row, equal ones together, each owner's best first.
        is_explore: whether the row's good is new to the owner.
        k: how many of each owner.
        quota: how many new goods, while there are so many.
    """
    new = _count_within(owner, is_explore)
    reserved = is_explore & (new < quota)
    taken = np.bincount(owner, reserved, int(owner.max(initial=0)) + 1)
    others = _count_within(owner, ~reserved)
    return np.asarray(reserved | (others < k - taken[owner]))


def _count_within(owner: Array, flags: Array) -> Array:
    """Per row: how many flagged rows of the same owner stand before it."""
    before = np.cumsum(flags) - flags
    first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]]) if owner.size else np.zeros(0, np.int64)
    start = np.repeat(before[first], np.diff(np.r_[first, owner.size])) if owner.size else before
    return np.asarray(before - start)


def fulfilment_names(ways: Array) -> list[str | None]:
    """Names of the ways, as the contract has them."""
    return [FULFILMENT[code] for code in ways.tolist()]


def origin_ids(origins: Array, store_ids: Texts) -> list[str | None]:
    """Ids of the stores that goods come from; None too for a store whose id is withheld from the asker."""
    return [None if store == NO_STORE else store_ids[store] or None for store in origins.tolist()]
