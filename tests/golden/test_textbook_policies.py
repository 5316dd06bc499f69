"""Answers of examples and problems in Snyder and Shen, "Fundamentals of Supply Chain Theory" (2nd edition, 2019).

The instances are the book's; the answers are those that the tests of stockpyl 1.0.2 publish for them. Equations of the
book: economic order quantity (3.4) and (3.5), with backorders (3.27) to (3.29); newsvendor and base stock (4.24),
(4.30) and (4.37), with Poisson demand (4.6); (s, S) levels by the power approximation (4.77) to (4.80).
"""

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

policies = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("textbook_policies.py"))))

# Instances by their number in the book, in its units: costs per unit and period, demand per period.
INSTANCES: dict[str, dict[str, Any]] = {
    "example_3_1": {"fixed_cost": 8, "holding_cost": 0.225, "demand_rate": 1300},
    "example_3_8": {"fixed_cost": 8, "holding_cost": 0.225, "stockout_cost": 5, "demand_rate": 1300},
    "problem_3_2b": {"fixed_cost": 40, "holding_cost": 40.05, "stockout_cost": 60, "demand_rate": 2080},
    "example_4_1": {"holding_cost": 0.18, "stockout_cost": 0.7, "demand_mean": 50, "demand_sd": 8},
    "example_4_3": {"holding_cost": 0.18, "stockout_cost": 0.7, "demand_mean": 50, "demand_sd": 8},
    "example_4_4": {"holding_cost": 0.18, "stockout_cost": 0.7, "demand_mean": 50, "demand_sd": 8, "lead_time": 4},
    "example_4_7": {"holding_cost": 1, "stockout_cost": 4, "fixed_cost": 5, "demand_mean": 6},
    "problem_4_7b": {
        "holding_cost": 500_000,
        "stockout_cost": 1_000_000,
        "demand_pmf": {"1": 0.25, "2": 0.05, "3": 0.1, "4": 0.2, "5": 0.15, "6": 0.1, "7": 0.1, "8": 0.05},
    },
    "problem_4_8a": {"holding_cost": 200, "stockout_cost": 270, "demand_mean": 18},
    "example_4_8": {"holding_cost": 0.18, "stockout_cost": 0.7, "fixed_cost": 2.5, "demand_mean": 50, "demand_sd": 8},
    "problem_4_31": {"holding_cost": 40, "stockout_cost": 125, "fixed_cost": 150, "demand_mean": 4},
    "problem_4_32": {"holding_cost": 2, "stockout_cost": 36, "fixed_cost": 60, "demand_mean": 190, "demand_sd": 48},
}


@pytest.fixture(scope="module")
def instances() -> dict[str, dict[str, Any]]:
    return INSTANCES


def _arrays(instance: dict[str, Any]) -> dict[str, Any]:
    return {name: np.array([float(value)]) for name, value in instance.items()}


@pytest.mark.parametrize(
    ("name", "quantity", "cost"),
    [("example_3_1", 304.0467800264368, 68.41052550594829)],
)
def test_economic_order_quantity(instances, name, quantity, cost):
    got = policies.economic_order_quantity(**_arrays(instances[name]))
    assert (got[0][0], got[1][0]) == pytest.approx((quantity, cost), rel=1e-10)


@pytest.mark.parametrize(
    ("name", "quantity", "share", "cost"),
    [
        ("example_3_8", 310.8125551589646, 0.043062200956938, 66.921363550973254),
        ("problem_3_2b", 83.235448128898042, 0.400299850074962, 1999.148244415212),
    ],
)
def test_economic_order_quantity_with_backorders(instances, name, quantity, share, cost):
    got = policies.economic_order_quantity_backorders(**_arrays(instances[name]))
    assert [float(part[0]) for part in got] == pytest.approx([quantity, share, cost], rel=1e-10)


def test_newsvendor_with_normal_demand(instances):
    for name in ("example_4_1", "example_4_3"):
        level, cost = policies.base_stock_normal(**_arrays(instances[name]))
        assert (level[0], cost[0]) == pytest.approx((56.60395592743389, 1.9976051931766445), rel=1e-10)


def test_newsvendor_cost_of_another_level_is_read_off_the_loss_function():
    short = policies.normal_loss(np.array([53.0]), np.array([50.0]), np.array([8.0]))[0]
    left = 53 - 50 + short
    assert 0.18 * left + 0.70 * short == pytest.approx(2.223748044859164, rel=1e-10)


def test_base_stock_with_lead_time_is_the_newsvendor_over_five_periods(instances):
    terms = _arrays(instances["example_4_4"])
    lead_time = float(terms.pop("lead_time")[0])
    level, cost = policies.base_stock_normal(**terms, lead_time=lead_time)
    assert level[0] == pytest.approx(50 * 5 + (56.60395592743389 - 50) * np.sqrt(5), rel=1e-12)
    assert cost[0] == pytest.approx(1.9976051931766445 * np.sqrt(5), rel=1e-10)


@pytest.mark.parametrize(
    ("name", "level", "cost"), [("example_4_7", 8, 3.570106945770946), ("problem_4_8a", 19, 7.860884409351115e02)]
)
def test_newsvendor_with_poisson_demand(instances, name, level, cost):
    terms = {part: instances[name][part] for part in ("holding_cost", "stockout_cost", "demand_mean")}
    assert policies.newsvendor_poisson(**terms) == pytest.approx((level, cost), rel=1e-10)


def test_newsvendor_with_a_demand_table(instances):
    terms = instances["problem_4_7b"]
    table = terms["demand_pmf"]
    values, chances = np.array([float(value) for value in table]), np.array(list(table.values()))
    level, _ = policies.newsvendor_discrete(terms["holding_cost"], terms["stockout_cost"], values, chances)
    by_hand = next(value for value, upto in zip(values, np.cumsum(chances), strict=True) if upto >= 2 / 3 - 1e-12)
    assert level == by_hand == 5


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("example_4_8", 40.194616956474071, 74.290170109805786),
        ("problem_4_32", 2.266137928222839e02, 3.243797868133974e02),
    ],
)
def test_reorder_levels_by_the_power_approximation(instances, name, low, high):
    got = policies.reorder_power_approximation(**_arrays(instances[name]))
    assert (got[0][0], got[1][0]) == pytest.approx((low, high), rel=1e-10)


@pytest.mark.parametrize(
    ("name", "low", "high", "cost"),
    [("example_4_7", 4, 10, 8.034111561471642), ("problem_4_31", 2, 7, 2.235748295669688e02)],
)
def test_exact_reorder_levels_with_poisson_demand(instances, name, low, high, cost):
    assert policies.reorder_exact_poisson(**instances[name]) == pytest.approx((low, high, cost), rel=1e-8)
