"""Ranks people and cuts the list to size and budget: one rule, for arrays of a crowd and for frames of campaigns."""

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.decisions.arrays import Floats, Places
from retail_brain.decisions.audience_request import AudienceRequest
from retail_brain.decisions.reach import contact_costs

_SPENT = 1 + 1e-12
"""A sum of costs that differs from the budget by arithmetic alone is within it."""


def best_first(expected: Floats, chance: Floats, order: npt.NDArray[np.integer], size: int) -> Places:
    """Places of the first people by expected value, then probability, both falling; ties by an order, rising.

    Complexity: people beyond the size are told apart in linear time and never sorted.

    Args:
        expected: money that a contact brings; NaN, of an unknown value, comes last.
        chance: probability of a purchase.
        order: of the accounts, such as their place among all ids.
        size: most people.
    """
    worth = np.where(np.isnan(expected), -np.inf, expected)
    kept, ties = np.zeros(0, dtype=np.int64), np.arange(len(worth))
    for key in (worth, chance):
        wanted = size - len(kept)
        if len(ties) <= wanted:
            break
        least = np.partition(key[ties], len(ties) - wanted)[len(ties) - wanted]
        kept, ties = np.r_[kept, ties[key[ties] > least]], ties[key[ties] == least]
    rows = np.r_[kept, ties]
    best: Places = rows[np.lexsort((order[rows], -chance[rows], -worth[rows]))][:size]
    return best


def covered(costs: Floats, budget: float) -> int:
    """How many of the people in rank order a budget covers: it ends at the first contact that it does not cover.

    Args:
        costs: of each contact; 0 of held-out people.
        budget: money.
    """
    return int(np.searchsorted(np.cumsum(costs), budget * _SPENT, side="right"))


def rank_people(people: pl.DataFrame) -> pl.DataFrame:
    """People by expected value, then probability, best first; ties by `customer_id`."""
    expected = people["expected_value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    order = np.empty(people.height, dtype=np.int64)
    order[people["customer_id"].arg_sort().to_numpy()] = np.arange(people.height)
    return people[best_first(expected, people["probability"].cast(pl.Float64).to_numpy(), order, people.height)]


def cut_to_size(ranked: pl.DataFrame, request: AudienceRequest) -> pl.DataFrame:
    """The ranked people with `code` of those beyond size or budget; held-out people are listed and cost nothing."""
    place = pl.int_range(pl.len())
    code: pl.Expr = pl.when(place >= request.size).then(pl.lit("beyond_size"))
    if request.budget is not None:
        costs = ranked.select(pl.when("held").then(0.0).otherwise(contact_costs(request)))
        within = covered(costs.to_series().to_numpy(), request.budget)
        code = pl.coalesce(code, pl.when(place >= within).then(pl.lit("over_budget")))
    return ranked.with_columns(code=code)
