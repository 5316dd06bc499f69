"""Forecasts, history, pairs and stock as they are written and read."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from serving.store.forecasts import ForecastBlock, Forecasts, write_calendar, write_forecasts
from serving.store.ranked_goods import RankedGoods, write_ranked
from serving.store.sales_history import SalesHistory, write_history
from serving.store.scored_pairs import ScoredPairs, write_pairs

STORES = {"s1": 0, "s2": 1}
PRODUCTS = {"p1": 0, "p2": 1, "p3": 2}


def test_series_with_and_without_a_day_axis_are_read_alike(tmp_path: Path) -> None:
    mean = np.array([[1.0, 2.0], [5.0, 5.0]])
    spread = np.stack([mean * 0.5, mean * 1.5], axis=2)
    blocks = [ForecastBlock("s2", ["p3", "p1"], mean, spread), ForecastBlock("s1", ["p1"], mean[:1], spread[:1])]
    assert write_forecasts(tmp_path, blocks, STORES, PRODUCTS, (2, 2, 1)) == 3
    write_calendar(tmp_path, [date(2025, 3, 1), date(2025, 3, 2)])
    held = Forecasts(tmp_path, 3)
    assert held.days == ["2025-03-01", "2025-03-02"]
    assert held.get(1, 2, 2) == [[1.0, 0.5, 1.5], [2.0, 1.0, 3.0]]
    assert held.get(1, 0, 2) == [[5.0, 2.5, 7.5]] * 2
    assert held.get(0, 0, 1) == [[1.0, 0.5, 1.5]]
    assert held.get(0, 1, 2) is None
    assert held.drivers(1, 2, 2) == []
    peaks = [held.peak(*of) for of in ((1, 2), (1, None), (None, 2), (None, 0), (0, None), (None, None), (0, 1))]
    assert peaks == [2.0, 5.0, 2.0, 5.0, 1.0 + 1.0, 5.0, None]


def test_drivers_are_given_as_far_as_they_are_known(tmp_path: Path) -> None:
    mean = np.array([[3.0, 3.0]])
    drivers = np.array([[[2.0, 1.0], [np.nan, np.nan]]])
    block = ForecastBlock("s1", ["p1"], mean, mean[:, :, None], drivers)
    write_forecasts(tmp_path, [block], STORES, PRODUCTS, (2, 1, 2))
    write_calendar(tmp_path, [date(2025, 3, 1), date(2025, 3, 2)])
    assert Forecasts(tmp_path, 3).drivers(0, 0, 2) == [[2.0, 1.0]]


def test_history_is_cut_at_the_first_day_asked_for(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "store": [1, 1, 0],
            "product": [2, 2, 0],
            "date": [date(1970, 1, 5), date(1970, 1, 3), date(1970, 1, 4)],
            "units": [2.0, 1.0, 7.0],
            "unit_price": [None, 3.0, 4.0],
            "promotion": [True, None, False],
            "in_stock": [1.0, 0.5, None],
        }
    )
    write_history(tmp_path, frame, 3)
    held = SalesHistory(tmp_path, 3)
    rows = held.get(1, 2, 0)
    assert rows is not None
    assert (rows["day"].tolist(), rows["units"].tolist(), rows["promotion"].tolist()) == (
        [2, 4],
        [1.0, 2.0],
        [False, True],
    )
    assert np.isnan(rows["unit_price"][1])
    late = held.get(1, 2, 3)
    assert late is not None
    assert late["units"].tolist() == [2.0]
    assert held.get(0, 1, 0) is None


def test_pairs_read_from_both_sides_are_the_same_pairs_most_probable_first(tmp_path: Path) -> None:
    customers = {"c1": 0, "c2": 1, "c3": 2}
    block = pl.DataFrame(
        {
            "customer_id": ["c2", "c1", "c2"],
            "product_id": ["p1", "p1", "p3"],
            "probability": [0.2, 0.7, 0.9],
            "kind": ["repeat", "explore", "explore"],
            "due_on": [date(1970, 1, 9), None, None],
            "reason": ["a", "b", "b"],
            "gap_days": pl.Series([14, 0, 0], dtype=pl.Int32),
            "probability_7d": [0.05, None, None],
            "probability_14d": [0.1, None, None],
            "probability_28d": [0.2, None, None],
        }
    )
    words = {"en": str.upper, "zh": lambda code: code + "！"}
    assert write_pairs(tmp_path, [block[:1], block[1:]], customers, PRODUCTS, words) == 3
    held = ScoredPairs(tmp_path)
    assert held.probability[held.of_customer(1)].tolist() == pytest.approx([0.9, 0.2])
    assert held.product[held.of_customer(1)].tolist() == [2, 0]
    assert held.customer[held.of_product(0)].tolist() == [0, 1]
    assert len(held.of_customer(2)) == len(held.of_product(1)) == 0
    assert held.codes[held.of_customer(1)[1]].tolist()[:2] == [0, 8]
    assert held.within[held.of_customer(1)[1]].tolist() == pytest.approx([0.05, 0.1, 0.2])
    assert np.isnan(held.within[held.of_customer(1)[0]]).all()
    assert held.reasons(held.of_customer(1), "en") == ["B", "A"]
    assert held.reasons(held.of_customer(1), "zh") == ["b！", "a！"]


def test_codes_of_reasons_are_published_beside_the_sentences(tmp_path: Path) -> None:
    reasons = ["every_days:12", "season", None, "popular"]
    block = pl.DataFrame(
        {
            "customer_id": "c1",
            "product_id": ["p1", "p2", "p3", "p1"],
            "probability": [0.9, 0.8, 0.7, 0.6],
            "kind": "repeat",
            "due_on": pl.Series([None] * 4, dtype=pl.Date),
            "reason": reasons,
            "gap_days": 0,
            **dict.fromkeys(("probability_7d", "probability_14d", "probability_28d"), 0.5),
        }
    )
    english = {
        "every_days:12": "Every twelve days",
        "season": "In season",
        "": "",
        "popular": "Sells well in the store",
    }
    words = {"en": english.__getitem__, "zh": str}
    write_pairs(tmp_path, [block], {"c1": 0}, PRODUCTS, words)
    rows = np.arange(4)
    held = ScoredPairs(tmp_path)
    assert held.every_reason_code == reasons
    assert held.reason_codes(rows) == ["every_days", "season", None, "popular"]
    assert held.reason_code_series(rows).to_list() == held.reason_codes(rows)
    # a set of an older version holds sentences alone: what they do not say is not known
    (tmp_path / "pairs.reasons.codes.arrow").unlink()
    assert ScoredPairs(tmp_path).reason_codes(rows) == [None, None, None, "popular"]


def test_lists_are_best_first_and_may_be_empty(tmp_path: Path) -> None:
    frame = pl.DataFrame({"owner": [2, 0, 2], "product": [0, 1, 1], "score": [0.1, 0.5, 0.3]})
    write_ranked(tmp_path, "similar", frame, 3)
    held = RankedGoods(tmp_path, "similar")
    assert held.get(2)[0].tolist() == [1, 0]
    assert held.get(1)[0].tolist() == []
