"""Feature rows: no look ahead, no dependence on row order, and the same values as plain loops."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.demand.feature_matrix import DRIVERS, FEATURES, DemandFeatures, PanelFeatures, Vocabulary
from features.demand.history import read_history
from features.demand.panel import build_panel
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings

CUTOFF = date(2024, 3, 1) + timedelta(days=149)


@pytest.fixture(scope="module")
def tables(small_chain: Callable[..., Any]) -> dict[str, pl.DataFrame]:
    return small_chain()


def _features(dataset: Dataset, horizon: int = 14) -> PanelFeatures:
    history = read_history(dataset, Settings(), horizon)
    features = DemandFeatures(history, Vocabulary.from_history(history))
    return features.for_panel(build_panel(history, 0, history.series.height))


def _all_rows(features: PanelFeatures, origin: int, horizon: int = 14) -> np.ndarray:
    series, ahead = np.nonzero(np.ones((features.panel.size, horizon)))
    return features.rows(origin, series, ahead + 1)


def _column(rows: np.ndarray, name: str, size: int) -> np.ndarray:
    return rows[:, list(FEATURES).index(name)].reshape(size, -1)


def test_every_feature_belongs_to_a_driver() -> None:
    assert set(FEATURES.values()) <= set(DRIVERS)


def test_nothing_known_at_the_cutoff_changes_when_later_rows_change(
    tables: dict[str, pl.DataFrame], dataset_of: Callable[..., Dataset]
) -> None:
    later = pl.col("date") > CUTOFF
    changed = dict(tables)
    changed["daily_sales"] = tables["daily_sales"].with_columns(
        pl.when(later).then(pl.col("units") * 9).otherwise("units")
    )
    changed["inventory"] = tables["inventory"].filter(~later)
    before = _all_rows(_features(dataset_of(tables, CUTOFF)), 149)
    after = _all_rows(_features(dataset_of(changed, CUTOFF)), 149)
    assert np.array_equal(before, after, equal_nan=True)


def test_an_earlier_origin_of_a_longer_history_looks_the_same_but_for_what_came_later(
    tables: dict[str, pl.DataFrame], dataset_of: Callable[..., Dataset]
) -> None:
    longer, shorter = _features(dataset_of(tables)), _features(dataset_of(tables, CUTOFF))
    assert longer.panel.series["product_id"].equals(shorter.panel.series["product_id"])
    assert longer.level(149) == pytest.approx(shorter.level(149))
    assert np.allclose(_all_rows(longer, 149), _all_rows(shorter, 149), equal_nan=True, rtol=1e-5)


def test_the_order_of_rows_does_not_matter_and_inputs_stay_as_they_are(
    tables: dict[str, pl.DataFrame], dataset_of: Callable[..., Dataset]
) -> None:
    copies = {name: frame.clone() for name, frame in tables.items()}
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in tables.items()}
    one, other = _features(dataset_of(tables)), _features(dataset_of(shuffled))
    assert np.array_equal(_all_rows(one, 180), _all_rows(other, 180), equal_nan=True)
    for name, frame in tables.items():
        assert_frame_equal(frame, copies[name])


def test_values_are_those_of_plain_loops(tables: dict[str, pl.DataFrame], dataset_of: Callable[..., Dataset]) -> None:
    features = _features(dataset_of(tables))
    panel, origin = features.panel, 160
    rows = _all_rows(features, origin)
    level = features.level(origin)
    for series in (0, 5, panel.size - 1):
        known = [t for t in range(origin + 1) if panel.weight[series, t] > 0]
        week = [panel.demand[series, t] for t in known if t > origin - 7]
        assert _column(rows, "mean_1_to_level", panel.size)[series, 0] == pytest.approx(
            np.mean(week) / level[series], rel=1e-4
        )
        last = max(t for t in range(origin + 1) if panel.sold[series, t] > 0)
        assert _column(rows, "since_sale", panel.size)[series, 0] == origin - last
        for ahead in (1, 9):
            same = [t for t in known if (origin + ahead - t) % 7 == 0 and t > origin - 28]
            expected = min(np.mean([panel.demand[series, t] for t in same]) / level[series], 20)
            found = _column(rows, "phase_short_to_level", panel.size)[series, ahead - 1]
            assert found == pytest.approx(expected, rel=1e-4)
            assert _column(rows, "promotion", panel.size)[series, ahead - 1] == panel.promotion[series, origin + ahead]


def test_names_a_model_does_not_know_are_missing_values(
    tables: dict[str, pl.DataFrame], dataset_of: Callable[..., Dataset]
) -> None:
    history = read_history(dataset_of(tables), Settings(), 14)
    known = Vocabulary(("S0",), ("food",), ("分类0",), ())
    features = DemandFeatures(history, known).for_panel(build_panel(history, 0, history.series.height))
    rows = _all_rows(features, 150)
    stores = _column(rows, "store", features.panel.size)[:, 0]
    assert np.isnan(stores[features.panel.series["store_id"].to_numpy() == "S1"]).all()
    assert (stores[features.panel.series["store_id"].to_numpy() == "S0"] == 0).all()


def test_a_promotions_price_is_compared_with_earlier_promotions_where_no_shelf_price_is_known(
    tables: dict[str, pl.DataFrame], dataset_of: Callable[..., Dataset]
) -> None:
    days = [date(2024, 3, 1) + timedelta(days=number) for number in (20, 60, 155)]
    deals = pl.DataFrame(
        {
            "promotion_id": ["a", "b", "c"],
            "store_id": pl.Series([None] * 3, dtype=pl.String),
            "product_id": ["P00"] * 3,
            "valid_from": days,
            "valid_to": [day + timedelta(days=2) for day in days],
            "unit_price": [8.0, 4.0, 3.0],
        }
    )
    without = {name: frame for name, frame in tables.items() if name != "prices"}
    features = _features(dataset_of({**without, "promotions": deals}, CUTOFF))
    found = _column(_all_rows(features, 149), "price_to_promotions", features.panel.size)
    own = (features.panel.series["product_id"] == "P00").to_numpy()
    assert found[own, 5:7] == pytest.approx(0.5)  # 3 against the mean of two days at 8 and two at 4
    assert np.isnan(found[own, 7:]).all()
    assert np.isnan(found[~own]).all()
    assert np.isnan(_column(_all_rows(features, 10), "price_to_promotions", features.panel.size)).all()
