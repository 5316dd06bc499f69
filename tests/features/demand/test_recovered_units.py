"""Recovered demand: what was added where, and against the sample chain's truth."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from features.demand.history import read_history
from features.demand.recovered_units import recovered_days, recovery_audit
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings

KEYS = ["store_id", "product_id", "date"]


def test_the_audit_adds_up(small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset]) -> None:
    history = read_history(dataset_of(small_chain()), Settings(), 0)
    days, audit = recovered_days(history), recovery_audit(history)
    assert days.select(KEYS).is_unique().all()
    assert (days["demand"] >= days["sold"]).all()
    assert audit["added"].sum() == pytest.approx((days["demand"] - days["sold"]).sum())
    assert audit["days"].sum() == days.height
    assert 0 < audit["masked_days"].sum() < days.height
    assert audit["added"].is_sorted(descending=True)


def test_units_are_those_of_the_sales_whatever_the_history_counts_in(
    small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset]
) -> None:
    # everything is sold in cartons of six: a carton is the own unit
    tables = small_chain()
    sales = "transactions" if "transactions" in tables else "daily_sales"
    by_six = tables | {sales: tables[sales].with_columns(pl.col("units") * 6)}
    by_six["inventory"] = tables["inventory"].with_columns(pl.col("on_hand") * 6)
    histories = [read_history(dataset_of(by_six), Settings(), 0, in_own_units=own) for own in (False, True)]
    assert (histories[1].series["unit"] >= 6).all()
    days, days_own = map(recovered_days, histories)
    both = days.join(days_own, on=KEYS, suffix="_own")
    assert both.height > 0.9 * days.height > 0
    assert both["sold_own"].sum() == pytest.approx(both["sold"].sum(), rel=0.05)
    # recovery itself depends on what is counted, but not sixfold
    shares = [recovery_audit(history)["added_share"].sum() for history in histories]
    assert shares[0] / 2 < shares[1] < shares[0] * 2


def test_a_chain_that_never_ran_out_adds_nothing(
    small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset]
) -> None:
    tables = {name: frame for name, frame in small_chain().items() if name != "inventory"}
    assert recovery_audit(read_history(dataset_of(tables), Settings(), 0)).is_empty()


def test_on_the_sample_chain_recovered_demand_is_closer_to_the_truth_than_sales(
    sample: Dataset, truth: dict[str, pl.DataFrame]
) -> None:
    history = read_history(sample.at(date(2026, 2, 28)), Settings(), 0)
    days = recovered_days(history)
    true = truth["demand"].select(*KEYS, pl.col("demand").cast(pl.Float64).alias("wanted"))
    both = days.join(true, on=KEYS, how="left").with_columns(pl.col("wanted").fill_null(pl.col("sold")))
    assert both.height > 10_000
    wanted = both["wanted"].sum()
    bias_of_sales = (both["sold"].sum() - wanted) / wanted
    bias = (both["demand"].sum() - wanted) / wanted
    assert bias_of_sales < -0.3
    assert abs(bias) < 0.05
    squared = {name: float(((both[name] - both["wanted"]) ** 2).mean()) for name in ("demand", "sold")}
    absolute = {name: float((both[name] - both["wanted"]).abs().mean()) for name in ("demand", "sold")}
    assert squared["demand"] < 0.7 * squared["sold"]
    assert absolute["demand"] < 0.95 * absolute["sold"]
