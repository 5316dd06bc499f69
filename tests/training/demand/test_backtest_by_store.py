"""Measures of a backtest by store, worked by hand."""

from datetime import date

import polars as pl

from training.demand.backtest import Backtest

NOTHING = pl.DataFrame()


def test_measures_by_store_are_of_its_own_rows_and_null_where_nothing_sold() -> None:
    rows = pl.DataFrame(
        {
            "cutoff": [date(2026, 1, 31)] * 4,
            "store_id": ["S2", "S1", "S1", "S2"],
            "units": [0.0, 4.0, 6.0, 0.0],
            "forecast": [1.0, 5.0, 6.0, 0.0],
            "forecast_p05": [0.0, 4.5, 5.0, 0.0],
            "forecast_p95": [2.0, 8.0, 7.0, 1.0],
        }
    )
    backtest = Backtest([], NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, rows, [])
    found = backtest.by_store([0.05, 0.95]).to_dicts()
    assert found == [
        {"store_id": "S1", "wape": 0.1, "bias": 0.1, "coverage_90": 0.5, "rows": 2},
        {"store_id": "S2", "wape": None, "bias": None, "coverage_90": 1.0, "rows": 2},
    ]
