"""Goods of a moving festival before it: what their last season brought counts for what is left over."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.calendar import festival_days
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import days
from retail_brain.decisions.excess_stock import excess_need
from retail_brain.decisions.markdown import phases_of
from retail_brain.outputs import ALL_SERIES, DemandPaths
from retail_brain.settings import Settings
from serving.planning.stock.plan_request import PlanRequest
from serving.planning.stock.season import season_units
from serving.planning.stock.season_ahead import Seasons
from serving.planning.stock.stock_network import leftovers

TET = {2025: date(2025, 1, 29), 2026: date(2026, 2, 17), 2027: date(2027, 2, 6)}
AS_OF = date(2026, 11, 28)
SETTINGS = Settings.model_validate({"data": {"country": "VN"}})


def sales(first: date = date(2024, 12, 1)) -> Dataset:
    """Dresses sell two a day in the month before Tet, three quarters of them in shop A; rice sells all the year."""
    every = [first + timedelta(days=day) for day in range((AS_OF - first).days + 1)]
    season = [day for day in every if any(0 < (tet - day).days <= 30 for tet in TET.values())]
    rows = [(day, "A", "dress", 3.0) for day in season] + [(day, "B", "dress", 1.0) for day in season]
    rows += [(day, store, "rice", 1.0) for day in every for store in ("A", "B")]
    frame = pl.DataFrame(rows, schema=["date", "store_id", "product_id", "units"], orient="row")
    return Dataset.from_frames({"daily_sales": frame}).at(AS_OF)


def paths(*series: tuple[str, str], rate: float = 0.0, periods: int = 28) -> DemandPaths:
    ids = pl.DataFrame(list(series), schema=["store_id", "product_id"], orient="row")
    dates = pl.Series([AS_OF + timedelta(days=day + 1) for day in range(periods)])
    return DemandPaths(ids, dates, np.full((len(series), 2, periods), rate, dtype=np.float32))


def test_last_years_season_comes_as_far_from_its_festival() -> None:
    found = season_units(sales(), AS_OF, "VN")
    assert set(found["product_id"]) == {"dress"}, "rice has no season"
    ahead = [AS_OF + timedelta(days=day) for day in sorted(found["day"])]
    assert (ahead[0], ahead[-1]) == (TET[2027] - timedelta(days=30), TET[2027] - timedelta(days=1))
    assert found["units"].unique().to_list() == [4.0]


def test_goods_launched_within_the_year_have_no_season() -> None:
    assert season_units(sales(first=date(2026, 1, 5)), AS_OF, "VN").is_empty()


class Quiet:
    """Nothing is forecast, as for dresses in November."""

    def forecast(self, _dataset, horizon, _only=ALL_SERIES, **_):
        for store in ("A", "B"):
            yield type("Store", (), {"paths": paths((store, "dress"), (store, "rice"), periods=horizon)})()


def test_the_plan_calls_nothing_left_over_that_its_season_will_sell() -> None:
    stock = pl.DataFrame(
        {"store_id": ["A", "B"], "product_id": ["dress"] * 2, "date": [AS_OF] * 2, "on_hand": [80.0, 50.0]}
    ).with_columns(on_order=pl.lit(0.0))
    tables = {"daily_sales": sales().daily_sales().collect(), "inventory": stock}
    dataset = Dataset.from_frames(tables).at(AS_OF)
    in_vietnam = leftovers(PlanRequest(dataset, Quiet(), SETTINGS))
    told = dict(in_vietnam.select("store_id", "left_over_units").rows())
    assert told == {"B": pytest.approx(20.0)}, "A sold 90 a year ago and B 30"


def test_vietnam_has_one_new_year_a_year() -> None:
    """The list of 2025 and 2027 names a free day two days before it ("29 of Lunar New Year")."""
    assert festival_days("VN", 2025, 2027)["spring_festival"] == list(TET.values())


@pytest.mark.parametrize(("rate", "wanted"), [(0.0, 90.0), (1.0, 120.0)])
def test_what_the_season_brings_is_not_left_over(rate: float, wanted: float) -> None:
    """Shop A sold 90 of them a year ago; who sells one on each of the 92 days after the forecast sells more."""
    seasons = Seasons.read(sales(), AS_OF, SETTINGS)
    given = paths(("A", "dress"), ("B", "dress"), ("A", "rice"), ("C", "dress"), rate=rate)
    last = pl.Series([AS_OF + timedelta(days=120)] * 4)
    need = excess_need(given, pl.Series([100.0] * 4), last, seasons.of(given))
    usual = 120 * rate
    assert (need[:, 0] + 100).tolist() == pytest.approx([wanted, max(usual, 30.0), usual, usual])
    # markdowns are judged by the same demand
    demand, _ = phases_of(given.units, days(given.dates), days(last), 4, seasons.of(given))
    assert demand.sum(axis=2)[:, 0].tolist() == pytest.approx((need[:, 0] + 100).tolist())
    before = pl.Series([TET[2027] - timedelta(days=16)] * 4)
    half = excess_need(given, pl.Series([0.0] * 4), before, seasons.of(given))
    assert half[0, 0] == pytest.approx(28 * rate + 45), "half of it is over"
