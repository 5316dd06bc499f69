"""What-if: nothing changes without a change, demand falls with the price, and the past stays the past."""

import itertools

import numpy as np
import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, NotFoundError
from training.demand.model import DemandModel
from training.demand.what_if import what_if


def test_no_change_changes_nothing_and_is_the_forecast(model: DemandModel, chain: Dataset) -> None:
    found = what_if(model, chain, "S0", "P05", 10)
    assert np.array_equal(found.base, found.changed)
    assert found.table()["difference"].to_list() == [0.0] * 10
    forecast = next(iter(model.forecast(chain, 10, stores=["S0"], products=["P05"])))
    assert found.base == pytest.approx(forecast.mean[0])


def test_demand_never_rises_with_the_price(model: DemandModel, chain: Dataset) -> None:
    totals = [what_if(model, chain, "S0", "P05", 10, price=price).changed for price in (5.0, 7.0, 8.0, 10.0, 12.0)]
    assert all((later <= earlier + 1e-9).all() for earlier, later in itertools.pairwise(totals))
    assert totals[0].sum() > totals[-1].sum()


def test_a_promotion_adds_demand_and_revenue_uses_the_price_asked_about(model: DemandModel, chain: Dataset) -> None:
    found = what_if(model, chain, "S0", "P05", 10, price=8.0, promotion=True)
    table = found.table()
    assert table["difference"].sum() > 0
    assert table["expected_revenue"].to_list() == pytest.approx((found.changed * 8.0).tolist())
    assert table["expected_margin"].null_count() == 10, "the products table gives no cost"


def test_impossible_questions_say_why(model: DemandModel, chain: Dataset) -> None:
    with pytest.raises(NotFoundError, match="NEW"):
        what_if(model, chain, "S0", "NEW", 5)
    with pytest.raises(ImpossibleError, match="more than 0"):
        what_if(model, chain, "S0", "P05", 5, price=0.0)
    frames = {name: frame for name, frame in chain.frames.items() if name not in {"prices", "promotions"}}
    with pytest.raises(ImpossibleError, match="prices table"):
        what_if(model, Dataset(frames, as_of=chain.as_of), "S0", "P05", 5, price=9.0)
