"""Own units: what products are counted in, worked by hand, and levels that are told in purchases."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.demand.feature_matrix import DemandFeatures, PanelFeatures, Vocabulary
from features.demand.history import read_history
from features.demand.own_units import product_units
from features.demand.panel import build_panel
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings

GRAMS = [12016.0, 13999.0, 14501.0, 15013.0, 15507.0, 16003.0, 17971.0]


def _unit(units: Sequence[float], beside: Sequence[float] = (1.0, 3.0, 2.0)) -> float:
    rows = [("A", value) for value in units] + [("B", value) for value in beside]
    found = product_units(pl.DataFrame(rows, schema=["product_id", "units"], orient="row"))
    return float(found.filter(product_id="A")["unit"].item())


@pytest.mark.parametrize(
    ("units", "unit"),
    [
        ([1.0, 3.0, 2.0, 5.0], 1.0),
        ([12.0, 24.0, 12.0], 12.0),
        ([2.0, -2.0, 3.0], 1.0),
        ([0.5, 1.5, 2.0], 0.5),
        ([1000.0, 3000.0, 2000.0], 1000.0),
    ],
)
def test_counted_goods_have_the_amount_that_all_sales_are_multiples_of(units: list[float], unit: float) -> None:
    assert _unit(units) == unit


def test_measured_goods_have_what_a_purchase_takes() -> None:
    # quartiles 14250 and 15755: a variance of (1505 / 1.349)^2 over a median of 15013
    assert _unit(GRAMS) == pytest.approx(max((1505 / 1.349) ** 2 / 15013, 15013 / 100))


def test_grams_and_kilograms_of_one_good_have_the_same_purchase() -> None:
    assert _unit([value / 1000 for value in GRAMS]) == pytest.approx(_unit(GRAMS) / 1000)


def test_where_all_goods_sell_by_the_thousand_thousands_are_pieces() -> None:
    assert _unit(GRAMS, beside=[20_001.0, 30_000.0]) == 1.0


@given(st.lists(st.integers(1, 40), min_size=1), st.sampled_from([10, 1000]))
def test_a_multiple_of_all_sales_has_that_multiple_of_the_unit(units: list[int], factor: int) -> None:
    assert _unit([float(value * factor) for value in units]) == pytest.approx(factor * _unit([float(v) for v in units]))


def test_no_sales_have_no_units() -> None:
    assert product_units(pl.DataFrame(schema={"product_id": pl.String, "units": pl.Float64})).is_empty()


def _features(tables: dict[str, pl.DataFrame], dataset_of: Callable[..., Dataset]) -> PanelFeatures:
    history = read_history(dataset_of(tables), Settings(), 14, in_own_units=True)
    features = DemandFeatures(history, Vocabulary.from_history(history))
    return features.for_panel(build_panel(history, 0, history.series.height))


def test_features_and_levels_do_not_depend_on_the_unit_of_a_product(
    small_chain: Callable[..., Any], counted_in: Callable[..., Any], dataset_of: Callable[..., Dataset]
) -> None:
    tables = small_chain()
    other = counted_in(tables, "P03", 1000.0)
    one, two = _features(tables, dataset_of), _features(other, dataset_of)
    assert two.panel.series.filter(product_id="P03")["unit"].unique().to_list() == [1000.0]
    series, ahead = np.nonzero(np.ones((one.panel.size, 14)))
    rows = one.rows(199, series, ahead + 1)
    assert np.allclose(rows, two.rows(199, series, ahead + 1), equal_nan=True, rtol=1e-5)
    assert one.level(199) == pytest.approx(two.level(199))


def test_one_sale_in_two_hundred_days_is_a_low_level_beside_goods_that_sell(
    small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset]
) -> None:
    tables = small_chain()
    slow, days = pl.col("product_id") == "P05", tables["daily_sales"]["date"].unique().sort()
    kept = tables["daily_sales"].filter(~slow)
    sale = kept.head(1).with_columns(pl.lit("P05").alias("product_id"), pl.lit(days[60]).alias("date"), units=1.0)
    tables["daily_sales"] = pl.concat([kept, sale])
    tables["assortment"] = sale.select("store_id", "product_id", pl.lit(days[0]).alias("listed_from"))
    features = _features(tables, dataset_of)
    level = features.level(features.panel.axis.count - 1)
    assert level[features.panel.series["product_id"] == "P05"].item() < 0.02
    assert np.median(level) > 0.5
