"""What-if: nothing changes without a change, demand falls with the price, and the past stays the past."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.demand.feature_matrix import FEATURES, DemandFeatures
from features.demand.history import read_history
from features.demand.panel import build_panel
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.outputs import SeriesFilter
from training.demand.elasticity import elasticities, price_response
from training.demand.model import DemandModel
from training.demand.what_if import WhatIf, ask, listed_series, sheets, what_if

HORIZON = 10


PROMOTION = list(FEATURES).index("promotion")


class Asked:
    """Asks about the products of a store; short to print."""

    def __init__(self, model: DemandModel, dataset: Dataset) -> None:
        history = read_history(dataset, model.config.settings, HORIZON)
        features = DemandFeatures(history, model.mean.vocabulary).for_panel(build_panel(history, 0, 12))
        series = listed_series(features.panel, HORIZON)
        found = sheets(model.mean, model.calibration.bias, features, series, HORIZON, {"P05": 6.0})
        self.sheets = dict(zip(features.panel.series["product_id"].gather(series), found, strict=True))
        self.mean = model.mean

    def __repr__(self) -> str:
        return "Asked()"

    def __call__(
        self,
        product: str,
        *,
        price: float | None = None,
        promotion: bool | None = None,
        elasticity: float | None = -2.0,
        price_change: float | None = None,
    ) -> WhatIf:
        return ask(
            self.mean,
            self.sheets[product],
            HORIZON,
            price=price,
            promotion=promotion,
            elasticity=elasticity,
            price_change=price_change,
        )

    def promoted(self) -> list[str]:
        """Products with a promotion planned."""
        return [product for product, sheet in self.sheets.items() if sheet.rows[:, PROMOTION].any()]


@pytest.fixture(scope="module")
def asked(model: DemandModel, chain: Dataset) -> Asked:
    """As known eighteen days before the last: a promotion is planned for one product."""
    assert chain.as_of is not None
    return Asked(model, chain.at(chain.as_of - timedelta(days=18)))


def test_no_change_changes_nothing_and_is_the_forecast(model: DemandModel, chain: Dataset) -> None:
    dates, found = what_if(model, chain, "S0", "P05", HORIZON)
    assert np.array_equal(found.base, found.changed)
    assert found.columns()["difference"].tolist() == [0.0] * HORIZON
    forecast = next(iter(model.forecast(chain, HORIZON, SeriesFilter(["S0"], ["P05"]))))
    assert found.base == pytest.approx(forecast.mean[0], rel=1e-6)
    assert dates.to_list() == forecast.paths.dates.to_list()


def test_asking_for_what_is_planned_changes_nothing(asked: Asked) -> None:
    quiet = set(asked.sheets) - set(asked.promoted())
    assert quiet
    for product in quiet:
        found = asked(product, price=float(asked.sheets[product].price[0]), promotion=False)
        assert np.array_equal(found.base, found.changed)
        assert not found.is_beyond


@given(
    low=st.floats(0.5, 40),
    factor=st.floats(1, 5),
    product=st.integers(0, 11),
    promotion=st.sampled_from([None, True, False]),
)
def test_demand_never_rises_with_the_price(
    asked: Asked, low: float, factor: float, product: int, promotion: bool | None
) -> None:
    name = list(asked.sheets)[product % len(asked.sheets)]
    cheap, dear = (asked(name, price=price, promotion=promotion) for price in (low, low * factor))
    assert (dear.changed <= cheap.changed).all()


@given(share=st.floats(0.6, 1.6), product=st.integers(0, 11), elasticity=st.floats(-8, 0))
def test_a_price_does_in_every_period_what_the_elasticity_says(
    asked: Asked, share: float, product: int, elasticity: float
) -> None:
    name = list(asked.sheets)[product % len(asked.sheets)]
    sheet = asked.sheets[name]
    price = float(np.clip(share * sheet.usual_price, sheet.seen_low / 2, sheet.seen_high * 2))
    found = asked(name, price=price, elasticity=elasticity)
    expected = found.base * (price / found.base_price) ** elasticity
    assert found.changed == pytest.approx(expected, rel=1e-4)
    assert found.elasticity == elasticity


def test_far_beyond_all_prices_the_effect_grows_no_further(asked: Asked) -> None:
    highest = asked.sheets["P05"].seen_high
    assert np.array_equal(asked("P05", price=5 * highest).changed, asked("P05", price=2 * highest).changed)


def test_without_an_elasticity_the_trees_are_asked_as_for_older_answers(asked: Asked) -> None:
    cheap, dear = (asked("P05", price=price, elasticity=None) for price in (7.0, 12.0))
    assert (dear.changed <= cheap.changed).all()
    assert cheap.elasticity is None


def test_the_elasticity_of_the_profile_answers_the_question(model: DemandModel, chain: Dataset) -> None:
    estimates = elasticities(read_history(chain, model.config.settings, HORIZON))
    known = price_response(estimates)["P05"]
    _, found = what_if(model, chain, "S0", "P05", HORIZON, price=9.0)
    assert known == estimates.filter(product_id="P05")["elasticity"].item()
    assert found.changed.sum() / found.base.sum() == pytest.approx(
        (found.base * (9.0 / found.base_price) ** known).sum() / found.base.sum(), rel=1e-4
    )
    none = estimates.with_columns(elasticity=pl.lit(None, dtype=pl.Float64))
    assert price_response(none)["P05"] == estimates.filter(product_id="P05")["category_elasticity"].item()


def test_a_price_within_a_planned_promotion_leaves_the_promotion(asked: Asked) -> None:
    (product, *_) = asked.promoted()
    found = asked(product, price=8.0)
    assert found.promoted.any()
    kept = found.promoted & (found.base_price == 8.0)
    assert np.array_equal(found.changed[kept], found.base[kept]), "the same price, and the promotion stays"


def test_a_lower_price_sells_more(asked: Asked) -> None:
    assert asked("P05", price=7.0).changed.sum() > asked("P05", price=12.0).changed.sum()


def test_a_promotion_adds_demand_and_revenue_uses_the_price_asked_about(asked: Asked) -> None:
    found = asked("P05", price=8.0, promotion=True)
    columns = found.columns()
    assert columns["expected_revenue"] == pytest.approx(found.changed * 8.0)
    assert columns["expected_margin"] == pytest.approx(found.changed * (8.0 - 6.0))
    assert columns["margin_difference"] == pytest.approx(found.changed * 2.0 - found.base * (found.base_price - 6.0))
    assert np.isnan(asked("P06", price=8.0, promotion=True).columns()["expected_margin"]).all()
    assert asked("P06", price=8.0, promotion=True).columns()["difference"].sum() > 0


def test_a_promotion_called_off_sells_at_the_usual_price(asked: Asked) -> None:
    assert asked.promoted()
    for product in asked.promoted():
        found = asked(product, promotion=False)
        assert found.changed_price == pytest.approx(np.full(HORIZON, 10.0))
        assert found.base_price.min() == pytest.approx(8.0)
        assert found.changed.sum() < found.base.sum()


def test_a_price_that_was_never_charged_is_said_to_be_one(asked: Asked) -> None:
    assert asked("P05", price=99.0).is_beyond
    assert not asked("P05", price=9.0).is_beyond


def test_impossible_questions_say_why(model: DemandModel, chain: Dataset) -> None:
    with pytest.raises(NotFoundError, match="NEW"):
        what_if(model, chain, "S0", "NEW", 5)
    with pytest.raises(ImpossibleError, match="more than 0"):
        what_if(model, chain, "S0", "P05", 5, price=0.0)
    frames: dict[str, Any] = {
        name: frame for name, frame in chain.frames.items() if name not in {"prices", "promotions"}
    }
    frames["daily_sales"] = chain.daily_sales().with_columns(pl.lit(None, pl.Float64).alias("unit_price"))
    frames.pop("transactions", None)
    with pytest.raises(ImpossibleError, match="table prices"):
        what_if(model, Dataset(frames, as_of=chain.as_of), "S0", "P05", 5, price=9.0)


def test_a_chain_without_planned_prices_is_asked_from_the_prices_paid(model: DemandModel, chain: Dataset) -> None:
    frames: dict[str, Any] = {
        name: frame for name, frame in chain.frames.items() if name not in {"prices", "promotions"}
    }
    # a cut on every eighth day
    price = pl.when(pl.col("date").dt.ordinal_day() % 8 == 0).then(8.0).otherwise(10.0)
    frames["daily_sales"] = chain.daily_sales().with_columns(price.alias("unit_price"))
    frames.pop("transactions", None)
    _, answer = what_if(model, Dataset(frames, as_of=chain.as_of), "S0", "P05", 5, price=9.0)
    assert answer.base_price.tolist() == [10.0] * 5
    assert not answer.is_beyond
    assert answer.elasticity is not None
    assert answer.elasticity <= 0
    ratio = answer.changed / answer.base
    np.testing.assert_allclose(ratio, (9.0 / answer.base_price) ** answer.elasticity, rtol=1e-4)


def test_no_change_of_the_prices_changes_nothing_where_a_promotion_is_planned(asked: Asked) -> None:
    (product, *_) = asked.promoted()
    for promotion in (None, True):
        found = asked(product, promotion=promotion, price_change=0.0)
        plan = asked(product, promotion=promotion)
        assert np.array_equal(found.changed, plan.changed)
        assert not found.is_beyond


@given(change=st.floats(-0.004, 0.004), product=st.integers(0, 11))
def test_a_small_change_of_the_prices_does_little(asked: Asked, change: float, product: int) -> None:
    name = list(asked.sheets)[product % len(asked.sheets)]
    found = asked(name, price_change=change)
    assert found.changed == pytest.approx(found.base * (1 + change) ** -2, rel=1e-4)
    assert found.changed_price == pytest.approx(found.base_price * (1 + change))
