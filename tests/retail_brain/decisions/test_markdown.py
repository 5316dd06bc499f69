"""Markdown paths and returns: by hand, against a plain loop over every path, and what must always hold."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retail_brain.decisions.markdown import (
    FULL_PRICE,
    Clearance,
    MarkdownRule,
    PricePath,
    best_markdown,
    best_return,
    phases_of,
)
from retail_brain.decisions.price_response import PriceResponse, demand_factor

RULE = MarkdownRule((0.1, 0.3, 0.5), 2)


def goods(demand, held, price=10.0, salvage=0.0) -> Clearance:
    demand = np.array(demand, dtype=np.float32)
    series, _, phases = demand.shape
    begins = np.datetime64("2025-03-01") + np.tile(np.arange(phases), (series, 1)).astype("timedelta64[D]")
    one = np.ones(series)
    return Clearance(held * one, demand, begins, price * one, salvage * one)


def sure(*elasticity: float) -> PriceResponse:
    return PriceResponse(np.array(elasticity), np.zeros(len(elasticity)))


def test_of_an_elastic_product_the_step_that_sells_all_is_taken() -> None:
    # Two a phase in two phases; 8 are held, elasticity -2: 30 % off sells 2 / .49 = 4.08 a phase, all 8 at 7 each.
    found = best_markdown(goods([[[2, 2]]], 8.0), sure(-2.0), RULE)
    assert found.path == [PricePath((0,), (0.3,))]
    assert found.units[0] == pytest.approx(8 - 4)
    assert found.value[0] == pytest.approx(8 * 7 - 4 * 10)
    assert found.discount_now.tolist() == [0.3]


def test_an_inelastic_product_keeps_its_price_and_so_does_one_that_sells() -> None:
    found = best_markdown(goods([[[2, 2]], [[5, 5]]], 8.0), sure(-0.8, -2.0), RULE)
    assert found.path == [FULL_PRICE] * 2
    assert (found.value.tolist(), found.units.tolist(), found.discount_now.tolist()) == ([0, 0], [0, 0], [0, 0])


def test_what_is_unknown_is_left_and_said() -> None:
    unpriced = goods([[[1, 1]]] * 2, 8.0, price=np.array([np.nan, 10.0]))
    found = best_markdown(unpriced, sure(-3.0, np.nan), RULE)
    assert (found.path, found.known.tolist()) == ([FULL_PRICE] * 2, [False, False])


def test_a_change_that_does_not_earn_its_cost_is_not_made() -> None:
    dear = MarkdownRule(RULE.steps, 2, change_cost=17.0)
    assert best_markdown(goods([[[2, 2]]], 8.0), sure(-2.0), dear).path == [FULL_PRICE]


def test_a_price_in_force_never_rises() -> None:
    found = best_markdown(goods([[[2, 2]]], 8.0), sure(-2.0), RULE, in_force=np.array([0.3]))
    assert found.path == [FULL_PRICE], "30 % off is charged already, and sells all"
    deeper = best_markdown(goods([[[1, 1]]], 8.0), sure(-2.5), RULE, in_force=np.array([0.3]))
    assert deeper.path[0].discounts == (0.5,)


@pytest.mark.parametrize("seed", range(5))
def test_every_path_in_a_plain_loop_finds_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    demand, held = rng.poisson(1.5, (1, 30, 4)), float(rng.integers(4, 16))
    case = goods(demand, held, salvage=1.0)
    found = best_markdown(case, sure(-1.8), MarkdownRule(RULE.steps, 2, 0.5))
    best = (-np.inf, FULL_PRICE)
    for changes in range(3):
        for starts in combinations(range(4), changes):
            for discounts in combinations(RULE.steps, changes):
                total = 0.0
                for path in demand[0]:
                    left, off = held, 0.0
                    for phase, units in enumerate(path):
                        off = dict(zip(starts, discounts, strict=True)).get(phase, off)
                        sold = min(left, units * (1 - off) ** -1.8)
                        left, total = left - sold, total + sold * 10 * (1 - off)
                    total += left * 1.0
                best = max(best, (total / 30 - 0.5 * changes, PricePath(starts, discounts)), key=lambda one: one[0])
    full = best_markdown(case, sure(-1.8), MarkdownRule((), 0))
    assert found.path == [best[1]]
    assert full.value.tolist() == [0.0]


@given(
    held=st.floats(0, 40), elasticity=st.floats(-4, 0), deviation=st.floats(0, 1), salvage=st.floats(0, 9),
    steps=st.integers(0, 3),
)  # fmt: skip
@example(held=7.0, elasticity=-1.0, deviation=1.0, salvage=0.0, steps=1)  # on some paths the price means nothing
def test_a_markdown_never_earns_less_and_more_freedom_never_less(held, elasticity, deviation, salvage, steps) -> None:
    case = goods(np.random.default_rng(3).poisson(1.0, (1, 40, 3)), held, salvage=salvage)
    response = PriceResponse(np.array([elasticity]), np.array([deviation]))
    few = best_markdown(case, response, MarkdownRule(RULE.steps[:steps], 1))
    many = best_markdown(case, response, MarkdownRule(RULE.steps[:steps], 2))
    assert 0 <= few.value[0] <= many.value[0] + 1e-6
    assert 0 <= many.units_low[0] <= many.units_high[0] <= held + 1e-6
    assert many.units[0] <= case.left_over[0] + 1e-4, "no more is sold on top than would be left"


def test_an_uncertain_elasticity_promises_no_more_than_its_estimate() -> None:
    # One price, more goods than anybody wants: what is sold on top is the demand times what the estimate says, less 1.
    case = goods(np.full((1, 200, 1), 4.0), 1e6)
    rule = MarkdownRule((0.5,), 1)
    for deviation in (0.0, 0.4, 0.8):
        found = best_markdown(case, PriceResponse(np.array([-3.0]), np.array([deviation])), rule)
        assert found.units[0] == pytest.approx(4 * (0.5**-3.0 - 1), rel=1e-6)
    assert found.units_low[0] < found.units[0] < found.units_high[0]


def test_phases_are_whole_periods_and_go_on_beyond_the_forecast() -> None:
    units = np.full((2, 3, 4), 2.0, dtype=np.float32)
    starts = np.datetime64("2025-03-01") + np.arange(4)
    demand, begins = phases_of(units, starts, np.array(["2025-03-03", "2025-03-09"], dtype="datetime64[D]"), phases=3)
    assert demand[:, 0].tolist() == [[2, 2, 2], [6, 6, 6]]
    assert begins.astype(str).tolist() == [
        ["2025-03-01", "2025-03-02", "2025-03-03"],
        ["2025-03-01", "2025-03-04", "2025-03-07"],
    ]
    over, _ = phases_of(units[:1], starts, np.array(["2025-02-27"], dtype="datetime64[D]"), phases=2)
    assert over.tolist() == [[[0, 0]] * 3]


def test_what_goes_back_is_what_is_worth_more_there() -> None:
    # Demand 2 or 6, each as likely: a third unit sells with a chance of 1/2 and earns 5; the supplier pays 6 (or 4).
    case = goods([[[2.0], [6.0]]], 8.0)
    assert [part.tolist() for part in best_return(case, np.array([6.0]))] == [[6.0], [6 * 6 - 4 * 5.0]]
    assert [part.tolist() for part in best_return(case, np.array([4.0]))] == [[2.0], [8.0]]
    assert [part.tolist() for part in best_return(case, np.array([np.nan]))] == [[0.0], [0.0]]


def test_elasticities_are_drawn_around_the_estimate_and_never_above_zero() -> None:
    estimates = pl.DataFrame({"product_id": ["a", "b"], "elasticity": [-2.0, -0.1], "low": [-2.8224268134757362, -1.0]})
    response = PriceResponse.of(estimates, pl.Series(["b", "a", "new", "a"]))
    drawn = response.drawn(200, seed=1)
    assert drawn[1].mean() == pytest.approx(-2.0)
    assert drawn[1].std() == pytest.approx(0.5, rel=0.01)
    assert drawn[0].max() == 0.0
    assert np.isnan(drawn[2]).all()
    assert demand_factor(np.array([9.0]), np.array([9.0]), np.array([-3.0])).tolist() == [1.0]
