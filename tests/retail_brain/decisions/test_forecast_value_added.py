"""The ledger: overrides apply, expire and are measured against the engine that they changed."""

from datetime import date

import polars as pl
import pytest

from retail_brain.decisions.forecast_value_added import (
    FVA_STEPS,
    OVERRIDES,
    added_value,
    apply_overrides,
    as_fva_steps,
    shares,
    user_errors,
)
from retail_brain.errors import DataError

ORIGIN = date(2025, 3, 1)
DAYS = [date(2025, 3, day) for day in (2, 3, 4)]


def _forecasts(value: float) -> pl.DataFrame:
    rows = [("S", product, day, value) for product in ("A", "B") for day in DAYS]
    return pl.DataFrame(rows, schema=["store_id", "product_id", "date", "forecast"], orient="row")


def _override(**given: object) -> pl.DataFrame:
    usual = {
        "store_id": "S",
        "product_id": "A",
        "begins_on": DAYS[0],
        "ends_on": DAYS[2],
        "kind": "factor",
        "value": 2.0,
        "user": "王芳",
        "reason": "隔壁开业",
        "made_on": ORIGIN,
    }
    return pl.DataFrame([usual | given], schema=OVERRIDES)


ACTUALS = _forecasts(0).select("store_id", "product_id", "date", pl.Series("units", [8.0, 8.0, 4.0, 4.0, 4.0, 4.0]))


def test_an_override_applies_from_its_first_day_until_it_expires() -> None:
    found = apply_overrides(_forecasts(4.0), _override(), ORIGIN)
    assert found.columns == list(FVA_STEPS)
    assert found.select("product_id", "date", "forecast", "user").rows() == [
        ("A", DAYS[0], 8.0, "王芳"),
        ("A", DAYS[1], 8.0, "王芳"),
    ]


def test_an_override_for_everything_in_units_and_one_made_later() -> None:
    whole = _override(store_id=None, product_id=None, ends_on=None, kind="units", value=1.5)
    assert apply_overrides(_forecasts(4.0), whole, ORIGIN)["forecast"].to_list() == [1.5] * 6
    assert apply_overrides(_forecasts(4.0), _override(made_on=date(2025, 3, 2)), ORIGIN).is_empty()


def test_the_last_override_made_wins() -> None:
    both = pl.concat([_override(value=3.0), _override(value=0.5, made_on=date(2025, 2, 1))])
    assert apply_overrides(_forecasts(4.0), both, ORIGIN)["forecast"].to_list() == [12.0, 12.0]


@pytest.mark.parametrize("wrong", [{"kind": "magic"}, {"value": -1.0}, {"value": None}, {"kind": None}])
def test_an_override_that_cannot_be_applied_is_an_error(wrong: dict[str, object]) -> None:
    with pytest.raises(DataError, match="factor or units"):
        apply_overrides(_forecasts(4.0), _override(**wrong), ORIGIN)


def test_each_touch_is_measured_at_a_lag_and_over_the_horizon() -> None:
    engine = as_fva_steps(_forecasts(4.0), "engine", ORIGIN)
    naive = as_fva_steps(_forecasts(2.0), "naive", ORIGIN)
    override = apply_overrides(_forecasts(4.0), _override(), ORIGIN)
    found = {
        row["touch"]: row for row in added_value(pl.concat([engine, naive, override]), ACTUALS).iter_rows(named=True)
    }
    assert found["engine"]["mae_lag"] == pytest.approx(4 / 12)
    assert found["engine"]["bias_lag"] == pytest.approx(-4 / 12)
    assert found["engine"]["mae_sum"] == pytest.approx(8 / 32)
    assert found["naive"]["mae_sum"] == pytest.approx((20 - 6 + 12 - 6) / 32)
    assert found["override"]["score_sum"] == pytest.approx(0), "where nobody overrode, it is the engine's"
    assert {row["rows"] for row in found.values()} == {6}


def test_a_users_changes_are_compared_with_the_engine_on_the_same_rows() -> None:
    engine = as_fva_steps(_forecasts(4.0), "engine", ORIGIN)
    good, bad = _override(), _override(product_id="B", value=3.0, user="李强")
    override = apply_overrides(_forecasts(4.0), pl.concat([good, bad]), ORIGIN)
    found = shares(user_errors(pl.concat([engine, override]), ACTUALS), ["user", "touch"])
    by = {(row["user"], row["touch"]): row["mae_sum"] for row in found.iter_rows(named=True)}
    assert by["王芳", "override"] == pytest.approx(0)
    assert by["王芳", "engine"] == pytest.approx(8 / 16)
    assert by["李强", "override"] == pytest.approx(16 / 8)
    assert by["李强", "engine"] == pytest.approx(0)
    assert found["rows"].to_list() == [2] * 4
