"""Anomalies: what lay outside a forecast made before, ranked by money, with the likely cause."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from training.demand.anomalies import ANOMALIES, find_anomalies
from training.demand.anomaly_causes import Days, of_series, of_totals, with_reasons
from training.demand.config import DemandConfig
from training.demand.model import DemandModel

FIRST = date(2024, 3, 4)
DAYS = 150
ODD = DAYS - 5
"""Number of the day on which things go wrong."""
STORES, PRODUCTS = 3, 8


def chain(dataset_of: Callable[..., Any]) -> Dataset:
    """Goods that sell 8 a day at 10, with one trouble in each of some in the last days; S2 is closed on one."""
    rng = np.random.default_rng(3)
    units = rng.poisson(8.0, (STORES, PRODUCTS, DAYS)).astype(float)
    price = np.full(units.shape, 10.0)
    units[0, 0, ODD] = 60  # nobody knows why
    units[0, 1, ODD], price[0, 1, ODD] = 45, 6.0
    units[0, 2, ODD:] = 0  # out of stock
    units[0, 3, ODD] = 40  # promoted
    units[1, 0, ODD] = 900  # one sale of a till
    units[2, :, ODD] = 0  # closed
    store, product, day = np.nonzero(units)
    dates = [FIRST + timedelta(days=number) for number in range(DAYS)]
    sales = pl.DataFrame(
        {
            "date": [dates[number] for number in day],
            "store_id": [f"S{number}" for number in store],
            "product_id": [f"P{number}" for number in product],
            "units": units[store, product, day],
            "unit_price": price[store, product, day],
        }
    )
    out = range(ODD, DAYS)
    empty = pl.DataFrame({"date": [dates[number] for number in out]}).with_columns(
        store_id=pl.lit("S0"), product_id=pl.lit("P2"), on_hand=pl.lit(0.0)
    )
    promotion = pl.DataFrame(
        {
            "promotion_id": ["A"],
            "store_id": ["S0"],
            "product_id": ["P3"],
            "valid_from": [dates[ODD]],
            "valid_to": [dates[ODD + 1]],
        }
    )
    return dataset_of({"daily_sales": sales, "inventory": empty, "promotions": promotion}, dates[-1])


@pytest.fixture(scope="module")
def data(dataset_of: Callable[..., Any]) -> Dataset:
    return chain(dataset_of)


@pytest.fixture(scope="module")
def model(data: Dataset, config: DemandConfig) -> DemandModel:
    return DemandModel.fit(data.at(FIRST + timedelta(days=DAYS - 15)), config)


@pytest.fixture(scope="module")
def found(data: Dataset, model: DemandModel) -> pl.DataFrame:
    return find_anomalies(data, model, 14)


def cause(found: pl.DataFrame, store: str, product: str, number: int = ODD) -> str:
    day = FIRST + timedelta(days=number)
    row = found.filter(
        pl.col("level") == "series",
        pl.col("store_id") == store,
        pl.col("product_id") == product,
        pl.col("date") == day,
        pl.col("until") == day,
    )
    return str(row["cause"].item())


def test_each_trouble_is_found_with_its_cause(found: pl.DataFrame) -> None:
    assert dict(found.schema) == ANOMALIES
    assert cause(found, "S0", "P0") == "unknown"
    assert cause(found, "S0", "P1") == "price"
    assert cause(found, "S0", "P3") == "promotion"
    assert cause(found, "S1", "P0") == "till"


def test_an_empty_shelf_is_the_cause_of_days_and_of_their_sum(found: pl.DataFrame) -> None:
    rows = found.filter(store_id="S0", product_id="P2")
    assert rows.height > 0
    assert set(rows["cause"]) == {"stock_out"}


def test_money_is_the_price_of_the_units_beyond_all_paths(found: pl.DataFrame) -> None:
    top = found.row(0, named=True)
    assert (top["level"], top["store_id"], top["product_id"]) == ("series", "S1", "P0")
    assert top["units"] == 900
    assert top["units_beyond"] == pytest.approx(900 - top["high"])
    assert top["money"] == pytest.approx(10 * top["units_beyond"])
    assert found["money"].is_sorted(descending=True)
    inside = (found["units"] >= found["low"]) & (found["units"] <= found["high"])
    assert not inside.any()


def test_a_closed_store_is_an_anomaly_of_the_store_and_of_the_chain(found: pl.DataFrame) -> None:
    day = FIRST + timedelta(days=ODD)
    store = found.filter(level="store", store_id="S2", date=day, until=day)
    assert store["cause"].item() == "closed"
    assert store["units"].item() == 0
    assert set(found["level"]) >= {"series", "store"}


def test_reasons_are_told_in_both_languages(found: pl.DataFrame) -> None:
    assert found.select("reason", "reason_zh").null_count().sum_horizontal().item() == 0
    sentence = found.filter(cause="price").row(0, named=True)
    assert "unusual price" in sentence["reason"]
    assert "成交价" in sentence["reason_zh"]
    assert not set(",;:()") & set(sentence["reason_zh"]), "Chinese has punctuation of its own"


def test_several_days_are_said_as_people_write_them() -> None:
    row = {"date": date(2025, 12, 30), "until": date(2026, 1, 2), "cause": "holiday"}
    row |= {"units": 9.0, "expected": 4.0, "low": 1.0, "high": 7.0}
    said = with_reasons(pl.DataFrame([row])).row(0, named=True)
    assert said["reason"].startswith("30 December to 2 January: 9 sold, 4 expected (1 to 7 possible)")
    assert said["reason_zh"].startswith("12月30日至1月2日：售出9件")


def test_a_holiday_is_the_cause_where_nothing_else_is() -> None:
    no, nothing = np.zeros((1, 2), dtype=bool), np.zeros((1, 2))
    week = Days(
        units=nothing,
        counted=nothing,
        accident=no,
        out=no,
        listed=~no,
        promoted=no,
        price_change=np.full((1, 2), np.nan),
        closed=no,
        holiday=no,
        price=np.ones(1),
    )
    holiday = replace(week, holiday=np.array([[True, False]]))
    rows, beyond = np.array([0, 0]), np.array([5.0, 5.0])
    assert of_series(holiday, rows, np.array([0, 1]), beyond) == ["holiday", "unknown"]
    promoted = replace(holiday, promoted=np.array([[True, False]]))
    assert of_series(promoted, rows, np.array([0, 1]), beyond) == ["promotion", "unknown"]
    large, none = np.full(2, 90.0), np.zeros(2)
    assert of_totals(none, large, np.array([True, False])) == ["closed", "closed"]
    assert of_totals(large, large / 2, np.array([True, False])) == ["holiday", "unknown"]


@pytest.mark.parametrize(
    ("changes", "above", "below"),
    [
        ({"promoted": True}, "promotion", "unknown"),
        ({"out": True}, "unknown", "stock_out"),
        ({"closed": True}, "unknown", "closed"),
        ({"price_change": -0.3}, "price", "unknown"),
        ({"price_change": 0.3}, "unknown", "price"),
        ({"accident": True, "units": 90.0}, "till", "unknown"),
        ({"accident": True, "counted": 90.0}, "unknown", "till"),
        ({"holiday": True}, "holiday", "holiday"),
    ],
)
@pytest.mark.parametrize("day", [np.array([0]), None])
def test_a_cause_that_pushes_the_other_way_is_not_given(
    changes: dict[str, float], above: str, below: str, day: np.ndarray | None
) -> None:
    flags = dict.fromkeys(("accident", "out", "promoted", "closed", "holiday"), False)
    numbers = {"units": 5.0, "counted": 5.0, "price_change": 0.0}
    given = {name: np.array([[value]]) for name, value in (flags | numbers | changes).items()}
    days = Days(**given, listed=np.array([[True]]), price=np.ones(1))
    causes = [of_series(days, np.array([0]), day, np.array([beyond])) for beyond in (3.0, -3.0)]
    assert causes == [[above], [below]]


def test_calm_goods_are_hardly_ever_named(found: pl.DataFrame) -> None:
    calm = found.filter(pl.col("level") == "series", pl.col("store_id") == "S1", pl.col("product_id") != "P0")
    assert calm.height <= 4  # of 98 days and 7 sums


def test_a_history_no_longer_than_the_days_is_refused(data: Dataset, model: DemandModel) -> None:
    with pytest.raises(ImpossibleError, match="Ask for fewer days"):
        find_anomalies(data, model, DAYS)
