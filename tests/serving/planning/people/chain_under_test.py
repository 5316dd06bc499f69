"""A small chain in which people buy more or less during an A/B test."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset

PEOPLE = [f"c{number}" for number in range(600)]


def chain_under_test(moved: float, is_drawn: Callable[[str], bool]) -> Dataset:
    """Everybody bought before; within ten days of March those who are drawn buy `moved` times as often as the others.

    Args:
        moved: times three days of ten.
        is_drawn: whether a person gets what is new.
    """
    lines: list[dict[str, Any]] = []
    rng = np.random.default_rng(5)
    for who in PEOPLE:
        chance = 0.3 * (moved if is_drawn(who) else 1.0)
        days = [date(2025, 2, 1) + timedelta(days=day) for day in range(20) if day == 0 or rng.random() < 0.3]
        days += [date(2025, 3, 2 + day) for day in range(10) if rng.random() < chance]
        lines += [
            {"transaction_id": f"{who}{day}", "sold_at": datetime(day.year, day.month, day.day, 9), "store_id": "S",
             "product_id": "T", "customer_id": who, "units": 1.0, "unit_price": 2.0}
            for day in days
        ]  # fmt: skip
    return Dataset.from_frames({"transactions": pl.DataFrame(lines)}).at(date(2025, 3, 14))
