"""Looks up order policies by name: built-in ones, and those that other packages add through entry points.

An order policy says how many units each series should get; whole packs, minimum orders, shelves, budgets and the words
around it are this project's. docs/extending.md has an example; `retail_brain.decisions.conformance` has the tests that
every policy must pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np

from retail_brain.decisions.arrays import Bools, Floats
from retail_brain.decisions.order_calendar import Cycle
from retail_brain.decisions.required_orders import RequiredOrders
from retail_brain.decisions.supply_terms import Terms
from retail_brain.decisions.targets import OUTSIDE, Economics, Target
from retail_brain.errors import ExtensionError
from retail_brain.extensions import extension_names, load_extension, outside_code, unusable
from retail_brain.read_only import read_only
from retail_brain.settings import OrderPolicy as BuiltInPolicy
from retail_brain.settings import ReplenishmentSettings


@dataclass(frozen=True)
class PolicyInputs:
    """Inputs of an order policy: arrays with one element (or row) per series, none of which it may change.

    Attributes:
        required: required order per demand scenario: `required.need`, shape (series, paths), sorted within each row, is
            the order (units) with which the path sees no stock-out before the following order arrives, the stock on
            hand and on order taken into account; `required.quantile` and the expected losses are read off it.
        terms: lead times, packs, costs, asked service levels.
        cycle: days of this order and of the following one.
        money: underage, overage and waste cost of a unit.
        on_hand: units in stock at the end of the last visible day; 0 where unknown.
        on_order: units ordered and not yet received.
        stock_known: where it is False, the plan orders the mean demand of one cycle whatever the policy says.
        settings: of the tenant.
    """

    required: RequiredOrders
    terms: Terms
    cycle: Cycle
    money: Economics
    on_hand: Floats
    on_order: Floats
    stock_known: Bools
    settings: ReplenishmentSettings


@dataclass(frozen=True)
class OrderPolicy:
    """A policy of another package: what its entry point in the group `retail_brain.order_policies` stands for.

    Attributes:
        order: units to order of each series before rounding to packs; 0 or less orders nothing. The same inputs give
            the same units, and more stock never gives a greater order.
        reason_en: what it aims at, as a sentence that a merchandiser reads beside each order.
        reason_zh: the same in Chinese.
    """

    order: Callable[[PolicyInputs], Floats]
    reason_en: str
    reason_zh: str


def policy_names() -> tuple[str, ...]:
    """Names that `replenishment.policy` may have: the built-in ones, then those of other packages.

    Raises:
        ExtensionError: a package declares the name of a built-in policy.
    """
    built_in, outside = get_args(BuiltInPolicy), extension_names("order_policies")
    taken = sorted(set(built_in) & set(outside))
    if taken:
        raise ExtensionError(
            f"an installed package declares the order policies {taken}, which are built in; wanted names beside "
            f"{list(built_in)}. Rename its entry points or uninstall it."
        )
    return (*built_in, *outside)


def is_outside(name: str) -> bool:
    """Whether a policy comes from another package."""
    return name not in get_args(BuiltInPolicy)


def _outside_policy(name: str) -> OrderPolicy:
    """A policy of another package.

    Raises:
        NotFoundError: no installed package declares it.
        ExtensionError: it cannot be imported, is no `OrderPolicy`, or has no reason in one of the languages.
    """
    policy_names()
    policy = load_extension("order_policies", name)
    if not isinstance(policy, OrderPolicy) or not callable(policy.order):
        raise unusable(
            "order_policies",
            name,
            f"is a {type(policy).__name__}; wanted a retail_brain.decisions.order_policies.OrderPolicy with a function",
        )
    for language, text in (("reason_en", policy.reason_en), ("reason_zh", policy.reason_zh)):
        if not text.strip():
            raise unusable(
                "order_policies",
                name,
                f"has no {language}; wanted one sentence, because each of its orders is shown with it",
            )
    return policy


def outside_target(name: str, inputs: PolicyInputs) -> Target:
    """Target of each order by a policy of another package; it is not asked where there is no series.

    Args:
        name: of the policy.
        inputs: of all series.

    Raises:
        NotFoundError: no installed package declares it.
        ExtensionError: it is unusable, fails, changes its inputs, or gives something else than one number per series.
    """
    policy = _outside_policy(name)
    series = len(inputs.on_hand)
    other = "Or choose another policy (replenishment.policy)."
    if series:
        with outside_code("order_policies", name, f"{series:,} series were to be ordered", other):
            units = np.asarray(policy.order(read_only(inputs)), dtype=np.float64)
    else:
        units = np.zeros(0)
    if units.shape != (series,) or not np.isfinite(units).all():
        problem = (
            f"gave an array of the shape {units.shape} with {int((~np.isfinite(units)).sum())} values that are no "
            f"numbers; wanted {series} numbers of units, one per series"
        )
        raise unusable("order_policies", name, problem, other)
    level = inputs.required.in_stock_probability(np.maximum(units, 0))
    reason = (policy.reason_en.strip(), policy.reason_zh.strip())
    return Target(np.full(series, OUTSIDE), level, units + inputs.terms.presentation, np.zeros(series), reason)
