"""Applies merchandising rules to rankings: pin, boost, bury, exclude, cap, diversify, adult goods, by shop and time.

Goods are positions in any catalogue the caller chooses. Rankings of one person (a request) and of a block of people
(`recommend` for all) go through the same function, flat, each row with its owner.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.decisions.offer_rule_definition import ADULTS_ONLY, Rule

NOT_RULED = -1
"""Place that stands for no rule."""
Positions = npt.NDArray[np.integer]
Reals = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Goods:
    """Attributes of the goods as codes, for the matching of rules.

    Attributes:
        codes: attribute -> code of each position, -1 = unknown; product_id needs none, its code is the position.
        values: attribute -> value -> code.
        find: position of a product_id, -1 = unknown.
    """

    codes: Mapping[str, Positions]
    values: Mapping[str, Mapping[str, int]]
    find: Callable[[str], int]

    @classmethod
    def of(cls, product_ids: Sequence[str], columns: Mapping[str, Sequence[str | None] | pl.Series]) -> "Goods":
        """From one list of values per attribute, by position; unknown values (None) are named by no rule."""
        texts = {name: pl.Series(column, dtype=pl.String) for name, column in columns.items()}
        distinct = {name: column.drop_nulls().unique().sort() for name, column in texts.items()}
        values = {name: {value: code for code, value in enumerate(distinct[name])} for name in columns}
        codes = {
            name: column.cast(pl.Enum(distinct[name])).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
            for name, column in texts.items()
        }
        return cls(codes, values, _Places(product_ids))

    def named(self, rule: Rule) -> Positions:
        """Codes of the rule's values, in their order; unknown ones are left out."""
        if rule.attribute == "product_id":
            codes = [self.find(value) for value in rule.values]
        else:
            codes = [self.values.get(rule.attribute, {}).get(value, -1) for value in rule.values]
        return np.array([code for code in codes if code >= 0], np.int64)

    def codes_of(self, attribute: str, products: Positions) -> Positions:
        """Code of each product's value of an attribute."""
        if attribute == "product_id":
            return products
        codes = self.codes.get(attribute)
        return np.full(products.size, -1) if codes is None else codes[products]


@dataclass(frozen=True)
class _Places:
    """Finds the position of a product_id; a class, and no closure, so that it can go to another process."""

    product_ids: Sequence[str]

    def __call__(self, product: str) -> int:
        return self._position_of.get(product, -1)

    @cached_property
    def _position_of(self) -> dict[str, int]:
        return {product: position for position, product in enumerate(self.product_ids)}


NO_GOODS = Goods({}, {}, lambda _: -1)


@dataclass(frozen=True)
class ResolvedRule:
    """A rule whose values are resolved to codes.

    Attributes:
        rule: as the operators wrote it.
        codes: of its values.
    """

    rule: Rule
    codes: Positions

    def meant(self, goods: Goods, products: Positions) -> Flags:
        """Which of the products the rule names."""
        codes = goods.codes_of(self.rule.attribute, products)
        return np.asarray(codes >= 0) if not self.rule.values else np.isin(codes, self.codes)


def resolve_rules(rules: Sequence[Rule], goods: Goods) -> list[ResolvedRule]:
    """The rules with the built-in one first, resolved to codes once for any number of rankings of these goods."""
    has_adult_goods = bool(goods.values.get("adult"))
    return [ResolvedRule(rule, goods.named(rule)) for rule in ([ADULTS_ONLY] if has_adult_goods else []) + list(rules)]


@dataclass(frozen=True)
class Slate:
    """Ranked goods of one or several people, flat, in any order.

    Attributes:
        owner: number of the person of each row.
        products: position of the product of each row.
        weight: what the rows of a person are ranked by, the greatest first.
        is_adult: whether the row's person is known to be an adult.
    """

    owner: Positions
    products: Positions
    weight: Reals
    is_adult: Flags


@dataclass(frozen=True)
class RuleResult:
    """A ranking after the rules.

    Attributes:
        order: rows of the slate that are shown, by owner, the first place first.
        rule: for each of them the place of the rule that moved it, or `NOT_RULED`.
        removed: place of a rule -> how many rows it took away.
    """

    order: Positions
    rule: Positions
    removed: Mapping[int, int]


def pinned_products(rules: Sequence[ResolvedRule]) -> Positions:
    """Products that rules pin by their id: they are shown to people whose ranking lacks them, too."""
    pins = [ready.codes for ready in rules if ready.rule.action == "pin" and ready.rule.attribute == "product_id"]
    return np.unique(np.concatenate(pins)) if pins else np.zeros(0, np.int64)


def apply_rules(
    slate: Slate, rules: Sequence[ResolvedRule], goods: Goods, *, k: int | None = None, is_sorted: bool = False
) -> RuleResult:
    """The slate under rules: excluded, weighted, diversified, pinned, then capped, in this order.

    Args:
        slate: rank enough goods that k are left.
        rules: those that apply here and now.
        goods: attributes by position.
        k: how many of each person to keep; None = all.
        is_sorted: whether the slate has each person's rows together, the best first.
    """
    shown, removed = _excluded(slate, rules, goods)
    # The common case, and the fast path of a request: nothing moves, so a sorted slate stays sorted.
    if all(ready.rule.action in {"exclude", "allow"} for ready in rules):
        plain = np.arange(slate.products.size) if is_sorted else _by_weight(slate)
        plain = _first(plain[shown[plain]] if removed else plain, slate, k)
        return RuleResult(plain, np.full(plain.size, NOT_RULED), _counted(removed))
    return _moved(slate, rules, goods, (shown, removed), k)


def _moved(
    slate: Slate, rules: Sequence[ResolvedRule], goods: Goods, left: tuple[Flags, dict[int, int]], k: int | None
) -> RuleResult:
    shown, removed = left
    moved = np.full(slate.products.size, NOT_RULED)
    weight = np.asarray(slate.weight, np.float64).copy()
    pinned = np.full(slate.products.size, np.inf)
    for place, ready in enumerate(rules):
        if ready.rule.action in {"boost", "bury"}:
            meant = _meant(ready, slate, goods)
            weight[meant] *= ready.rule.factor if ready.rule.action == "boost" else 1 / ready.rule.factor
            moved[meant] = place
        elif ready.rule.action == "pin":
            meant = _meant(ready, slate, goods) & np.isinf(pinned)
            pinned[meant] = _pin_places(place, ready, goods, slate.products[meant])
            moved[meant] = place
    # Diversity counts positions, so it needs the order after every boost and pin; caps come last, on the final order.
    for place, ready in enumerate(rules):
        if ready.rule.action == "diversify":
            again = _seen_before(_sorted(slate, weight, pinned, shown), slate, ready, goods)
            weight /= ready.rule.factor**again
            moved[(again > 0) & np.isinf(pinned)] = place
    order = _sorted(slate, weight, pinned, shown)
    for place, ready in enumerate(rules):
        if ready.rule.action == "cap":
            kept = _seen_before(order, slate, ready, goods)[order] < ready.rule.limit
            removed[place] = int((~kept).sum())
            order = order[kept]
    order = _first(order, slate, k)
    return RuleResult(order, moved[order], _counted(removed))


def _first(order: Positions, slate: Slate, k: int | None) -> Positions:
    """The first k rows of each person."""
    return order if k is None else order[_running_count(slate.owner[order]) < k]


def _counted(removed: Mapping[int, int]) -> dict[int, int]:
    return {place: count for place, count in removed.items() if count}


def _by_weight(slate: Slate) -> Positions:
    # the position settles ties, so that equal weights give the same order in every run
    return np.lexsort((slate.products, -slate.weight, slate.owner))


def _meant(ready: ResolvedRule, slate: Slate, goods: Goods) -> Flags:
    meant = ready.meant(goods, slate.products)
    return meant & ~slate.is_adult if ready.rule.adults_only else meant


def _excluded(slate: Slate, rules: Sequence[ResolvedRule], goods: Goods) -> tuple[Flags, dict[int, int]]:
    shown, removed = np.ones(slate.products.size, bool), {}
    # allowances first: they lift the built-in exclusion wherever they stand in the list
    allowed = np.zeros(slate.products.size, bool)
    for ready in rules:
        if ready.rule.action == "allow":
            allowed |= _meant(ready, slate, goods)
    for place, ready in enumerate(rules):
        if ready.rule.action == "exclude":
            # a row counts under the first rule that takes it away
            gone = _meant(ready, slate, goods) & shown
            if ready.rule is ADULTS_ONLY:
                gone &= ~allowed
            removed[place] = int(gone.sum())
            shown &= ~gone
    return shown, removed


def _pin_places(place: int, ready: ResolvedRule, goods: Goods, products: Positions) -> Reals:
    """Earlier rules first, and within a rule the values in the order they are written."""
    codes = goods.codes_of(ready.rule.attribute, products)
    if not ready.codes.size:
        return np.full(products.size, float(place))
    sorter = np.argsort(ready.codes, kind="stable")
    position = sorter[np.searchsorted(ready.codes, codes, sorter=sorter)]
    return np.asarray(place + position / ready.codes.size, np.float64)


def _sorted(slate: Slate, weight: Reals, pinned: Reals, shown: Flags) -> Positions:
    rows = np.flatnonzero(shown)
    return rows[np.lexsort((slate.products[rows], -weight[rows], pinned[rows], slate.owner[rows]))]


def _seen_before(order: Positions, slate: Slate, ready: ResolvedRule, goods: Goods) -> Positions:
    """Per row of the slate: how many of its kind stand above it for the same person; 0 for what is not meant."""
    again = np.zeros(slate.products.size, np.int64)
    rows = order[_meant(ready, slate, goods)[order]]
    kind = goods.codes_of(ready.rule.attribute, slate.products[rows]).astype(np.int64)
    group = slate.owner[rows].astype(np.int64) * (kind.max(initial=0) + 1) + kind
    by_group = np.argsort(group, kind="stable")
    again[rows[by_group]] = _running_count(group[by_group])
    return again


def _running_count(ordered: Positions) -> Positions:
    """Within runs of equal values: 0, 1, 2, ..."""
    if ordered.size == 0 or ordered[0] == ordered[-1]:
        return np.arange(ordered.size)
    first = np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])
    return np.asarray(np.arange(ordered.size) - np.repeat(first, np.diff(first, append=ordered.size)))
