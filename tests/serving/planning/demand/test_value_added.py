"""The ledger from publishing to measuring: what was kept, what people said, what came."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.forecast_value_added import OVERRIDES
from retail_brain.settings import DemandSettings, Settings
from serving.planning.demand.value_added import COLUMNS, ledger
from training.demand.stored_forecasts import write_origin

ORIGIN = date(2025, 3, 1)
LAST = ORIGIN + timedelta(days=4)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Two products that sell four units a day; after the origin B sells eight on the first day and nothing later."""
    rows = [(ORIGIN - timedelta(days=day), "S", product, 4.0) for day in range(60) for product in "AB"]
    rows += [(ORIGIN + timedelta(days=day), "S", "A", 4.0) for day in range(1, 5)]
    rows.append((ORIGIN + timedelta(days=1), "S", "B", 8.0))
    names = ["date", "store_id", "product_id", "units"]
    return Dataset.from_frames({"daily_sales": pl.DataFrame(rows, schema=names, orient="row")}).at(LAST)


def _keep(folder: Path, engine: float) -> None:
    days = [ORIGIN + timedelta(days=day) for day in range(1, 7)]
    rows = [("S", product, ORIGIN + timedelta(days=2), day, 2.0, 4.0, engine) for product in "AB" for day in days]
    names = ["store_id", "product_id", "risk_until", "date", "naive", "moving_average", "engine"]
    write_origin(folder, ORIGIN, [pl.DataFrame(rows, schema=names, orient="row")], DemandSettings())


def _said(**given: object) -> pl.DataFrame:
    usual = {"store_id": "S", "product_id": "B", "begins_on": ORIGIN, "ends_on": None, "kind": "units", "value": 8.0}
    usual |= {"user": "王芳", "reason": "团购", "made_on": ORIGIN}
    return pl.DataFrame([usual | given], schema=OVERRIDES)


def test_touches_are_measured_at_a_lag_and_over_the_risk_horizon(dataset: Dataset, tmp_path: Path) -> None:
    _keep(tmp_path, 4.0)
    table = ledger(tmp_path, dataset, _said(), Settings())
    assert table.schema == COLUMNS
    of = {row["touch"]: row for row in table.filter(scope="all").iter_rows(named=True)}
    assert of["engine"]["mae_lag"] == pytest.approx(4 / 12)
    assert of["engine"]["bias_lag"] == pytest.approx(-4 / 12)
    assert of["override"]["mae_lag"] == pytest.approx(0)
    assert of["naive"]["mae_sum"] == pytest.approx((4 + 4) / 16), "two days are at risk: 8 and 8 units came"
    assert of["engine"]["mae_sum"] == pytest.approx(0)
    assert of["override"]["mae_sum"] == pytest.approx(8 / 16)
    assert {row["rows"] for row in of.values()} == {8}, "days that have not passed do not count"


def test_a_person_is_compared_with_the_engine_on_what_they_changed(dataset: Dataset, tmp_path: Path) -> None:
    _keep(tmp_path, 4.0)
    table = ledger(tmp_path, dataset, _said(), Settings())
    by = {(row["user"], row["touch"]): row for row in table.filter(scope="user").iter_rows(named=True)}
    assert by["王芳", "override"]["mae_lag"] == pytest.approx(0)
    assert by["王芳", "engine"]["mae_lag"] == pytest.approx(4 / 8)
    assert table.filter(scope="origin")["origin"].unique().to_list() == [ORIGIN]


def test_every_touch_is_measured_on_the_same_rows(dataset: Dataset, tmp_path: Path) -> None:
    _keep(tmp_path, 4.0)
    (tmp_path / f"{ORIGIN - timedelta(days=7)}.parquet").write_bytes((tmp_path / f"{ORIGIN}.parquet").read_bytes())
    of = ledger(tmp_path, dataset, _said(), Settings()).filter(scope="all")
    assert of.height == 4
    assert of["rows"].unique().to_list() == [16]


@pytest.mark.parametrize("given", [{"made_on": LAST}, {"withdrawn_on": ORIGIN}, {"store_id": "elsewhere"}])
def test_what_was_not_valid_at_the_origin_is_not_measured(
    dataset: Dataset, tmp_path: Path, given: dict[str, object]
) -> None:
    _keep(tmp_path, 4.0)
    table = ledger(tmp_path, dataset, _said(**given), Settings())
    assert set(table["touch"]) == {"naive", "moving_average", "engine"}


def test_nothing_kept_or_nothing_passed_is_an_empty_ledger(dataset: Dataset, tmp_path: Path) -> None:
    nobody = pl.DataFrame(schema=OVERRIDES)
    assert ledger(tmp_path, dataset, nobody, Settings()).is_empty()
    _keep(tmp_path, 4.0)
    assert ledger(tmp_path, dataset.at(ORIGIN), nobody, Settings()).is_empty()
