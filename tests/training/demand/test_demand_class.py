"""Demand classes, worked by hand."""

from types import SimpleNamespace

import numpy as np

from training.demand.demand_class import CLASSES, demand_class


def test_classes_follow_interval_and_variation() -> None:
    demand = np.array(
        [
            [2, 2, 2, 3, 2, 2, 2, 2],  # sells daily, alike
            [1, 9, 1, 1, 9, 1, 1, 1],  # daily, uneven: mean 3, squares 21, variation 12 / 9
            [2, 0, 2, 0, 0, 2, 0, 2],  # every second day, alike
            [1, 0, 0, 0, 9, 0, 0, 1],  # seldom and uneven
            [0, 0, 0, 0, 0, 0, 0, 0],
        ],
        dtype=np.float32,
    )
    panel = SimpleNamespace(demand=demand, weight=np.ones_like(demand))
    found = [CLASSES[number] for number in demand_class(panel)]  # type: ignore[arg-type]
    assert found == ["smooth", "erratic", "intermittent", "lumpy", "intermittent"]


def test_periods_out_of_stock_do_not_lengthen_the_interval() -> None:
    demand = np.array([[2, 0, 2, 0, 2, 0]], dtype=np.float32)
    weight = np.array([[1, 0, 1, 0, 1, 0]], dtype=np.float32)
    panel = SimpleNamespace(demand=demand, weight=weight)
    assert demand_class(panel).tolist() == [0]  # type: ignore[arg-type]
