"""What operators decide about goods, as data: pin, boost, bury, exclude, cap and adult goods, per shop and time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from training.recommender.online import Ranked

Action = Literal["pin", "boost", "bury", "exclude", "cap"]
ATTRIBUTES = ("product_id", "department", "category", "subcategory", "brand")


class Rule(BaseModel):
    """One decision.

    Attributes:
        action: `pin` shows the goods first; `boost` and `bury` multiply and divide their probability by `factor`;
            `exclude` never shows them; `cap` shows at most `limit` of them.
        attribute: what `values` name: a product_id or an attribute of products.
        values: the goods meant; empty means all, for a `cap` each value of the attribute by itself.
        factor: of boost and bury.
        limit: of cap.
        stores: only in these; empty means everywhere.
        starts_at: from then on, UTC wall clock; None = always.
        ends_at: until then, exclusive.
        adults_only: applies unless the customer is known to be an adult (with exclude: age-restricted goods).
        name: shown where the rule is explained.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Action
    attribute: Literal["product_id", "department", "category", "subcategory", "brand"] = "product_id"
    values: tuple[str, ...] = ()
    factor: float = Field(default=2.0, gt=1, le=100)
    limit: int = Field(default=2, ge=1, le=1000)
    stores: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    adults_only: bool = False
    name: str = ""

    def applies(self, store_id: str | None, now: datetime, *, is_adult: bool) -> bool:
        """Whether the rule holds in a store at a time for a customer."""
        here = not self.stores or store_id in self.stores
        started = self.starts_at is None or now >= self.starts_at
        ended = self.ends_at is not None and now >= self.ends_at
        return here and started and not ended and not (self.adults_only and is_adult)


@dataclass(frozen=True)
class Goods:
    """What rules ask of the goods: per attribute the code of each position, and the code of each value.

    Attributes:
        codes: attribute -> code of each product position.
        values: attribute -> value -> code.
    """

    codes: Mapping[str, np.ndarray]
    values: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[str | None]]) -> "Goods":
        """From one list of values per attribute, by position; unknown values (None) are named by no rule."""
        values = {
            name: {value: code for code, value in enumerate(sorted({v for v in column if v is not None}))}
            for name, column in columns.items()
        }
        codes = {
            name: np.array([values[name].get(value, -1) if value is not None else -1 for value in column], np.int64)
            for name, column in columns.items()
        }
        return cls(codes, values)

    def meant(self, rule: Rule, products: np.ndarray) -> np.ndarray:
        """Which of the products a rule names."""
        codes = self.codes[rule.attribute][products]
        if not rule.values:
            return np.asarray(codes >= 0)
        known = [self.values[rule.attribute][value] for value in rule.values if value in self.values[rule.attribute]]
        return np.asarray(np.isin(codes, known))


def apply_rules(
    answer: Ranked,
    rules: Sequence[Rule],
    goods: Goods,
    *,
    store_id: str | None,
    now: datetime,
    is_adult: bool = False,
    k: int | None = None,
) -> Ranked:
    """A ranking under the operators' rules: excluded, weighted, pinned, then capped, in this order.

    Args:
        answer: one person's ranking, the best first; rank enough goods that k are left.
        rules: of the tenant; those that do not apply here and now are passed over.
        goods: attributes by position.
        store_id: where the answer is shown; None = nowhere in particular.
        now: when.
        is_adult: whether the customer is known to be an adult.
        k: how many to keep; None = all.
    """
    active = [rule for rule in rules if rule.applies(store_id, now, is_adult=is_adult)]
    shown = np.ones(answer.products.size, bool)
    pinned = np.zeros(answer.products.size, bool)
    weight = answer.probability.copy()
    for rule in active:
        meant = goods.meant(rule, answer.products)
        if rule.action == "exclude":
            shown &= ~meant
        elif rule.action == "pin":
            pinned |= meant
        elif rule.action == "boost":
            weight[meant] *= rule.factor
        elif rule.action == "bury":
            weight[meant] /= rule.factor
    order = np.lexsort((np.arange(weight.size), -weight, ~pinned))
    order = _capped(order[shown[order]], answer, [rule for rule in active if rule.action == "cap"], goods)[:k]
    return Ranked(
        answer.products[order],
        answer.probability[order],
        answer.is_repeat[order],
        answer.row[order],
        answer.why[order],
        [answer.event[at] for at in order],
    )


def _capped(order: np.ndarray, answer: Ranked, caps: Sequence[Rule], goods: Goods) -> np.ndarray:
    for rule in caps:
        products = answer.products[order]
        meant = goods.meant(rule, products)
        group = goods.codes[rule.attribute][products]
        seen: dict[int, int] = {}
        kept = np.ones(order.size, bool)
        for place in np.flatnonzero(meant):
            seen[int(group[place])] = seen.get(int(group[place]), 0) + 1
            kept[place] = seen[int(group[place])] <= rule.limit
        order = order[kept]
    return order
