"""Memory is estimated before the work begins, and too much is refused in words."""

import polars as pl
import pytest

from retail_brain.errors import ImpossibleError
from training.demand.config import DemandConfig
from training.demand.memory import available_bytes, check_memory, forecast_bytes, training_bytes


def _series(stores: int, products: int) -> pl.DataFrame:
    names = [f"S{store}" for store in range(stores) for _ in range(products)]
    return pl.DataFrame({"store_id": names, "sale_days": [100] * len(names)}, schema_overrides={"sale_days": pl.Int32})


def test_more_series_want_more_and_m5_fits_in_eight_gigabytes() -> None:
    config = DemandConfig()
    small, m5 = (training_bytes(_series(10, products), 419, config) for products in (100, 3049))
    assert small < m5 < 8e9


def test_a_forecast_wants_what_its_largest_store_wants() -> None:
    many = forecast_bytes(_series(20, 1000), 400, 28, 200)
    few = forecast_bytes(_series(10, 1000), 400, 28, 200)
    large = forecast_bytes(_series(1, 20_000), 400, 28, 200)
    assert few < many < few + 1.5e8, "of more stores only the sales count"
    assert large > 2 * many


def test_nothing_to_forecast_wants_little() -> None:
    assert forecast_bytes(_series(0, 0), 400, 28, 200) < 1e9


def test_too_much_is_refused_with_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.demand.memory.available_bytes", lambda: 2_000_000_000)
    check_memory(1_900_000_000, "training")
    with pytest.raises(ImpossibleError, match=r"training would take about 9.5 GB of memory; 2.0 GB are free"):
        check_memory(9_500_000_000, "training")


def test_a_system_that_does_not_say_is_not_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.demand.memory.available_bytes", lambda: None)
    check_memory(10**15, "anything")


def test_free_memory_is_read_where_the_system_says() -> None:
    free = available_bytes()
    assert free is None or free > 0
