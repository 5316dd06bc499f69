"""Small chains whose people have plain habits."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from training.recommender.config import ALSConfig, RankerConfig, RecommenderConfig
from training.recommender.model import RecommenderModel

START = date(2025, 1, 1)
Line = tuple[str, str, str, int, float]


def receipts(lines: Sequence[Line], start: date = START) -> pl.DataFrame:
    """Lines (transaction, customer, product, day number, units) as `transactions` of store S1 at price 2."""
    return pl.DataFrame(
        {
            "transaction_id": [line[0] for line in lines],
            "customer_id": [line[1] or None for line in lines],
            "product_id": [line[2] for line in lines],
            "sold_at": [datetime.combine(start + timedelta(days=line[3]), datetime.min.time()) for line in lines],
            "units": [float(line[4]) for line in lines],
            "store_id": ["S1"] * len(lines),
            "unit_price": [2.0] * len(lines),
        },
        schema_overrides={"customer_id": pl.String},
    )


def habits(people: int = 120, days: int = 200, seed: int = 1) -> Dataset:
    """People of three tastes over 30 products in 6 categories; each person has staples bought about weekly."""
    random = np.random.default_rng(seed)
    lines: list[Line] = []
    for person in range(people):
        taste = person % 3
        staples = random.choice(np.arange(taste * 10, taste * 10 + 10), 4, replace=False)
        for day in range(int(random.integers(0, 7)), days, 7):
            bought = [f"P{p:02d}" for p in staples if random.random() < 0.7]
            bought += [f"P{random.integers(taste * 10, taste * 10 + 10):02d}"] if random.random() < 0.4 else []
            lines += [(f"T{person}-{day}", f"C{person:03d}", product, day, 1.0) for product in dict.fromkeys(bought)]
    products = pl.DataFrame(
        {
            "product_id": [f"P{p:02d}" for p in range(30)],
            "name": [f"商品{p}" for p in range(30)],
            "category": [f"类{p // 6}" for p in range(30)],
            "subcategory": [f"小类{p // 2}" for p in range(30)],
        }
    )
    return Dataset.from_frames({"transactions": receipts(lines), "products": products})


SMALL = RecommenderConfig(
    als=ALSConfig(factors=8, iterations=3),
    ranker=RankerConfig(rounds=30, num_leaves=15, wide_pairs=2_000, num_threads=1),
    min_candidates=20,
    test_goods=20,
    test_min_buyers=5,
)


@pytest.fixture(scope="session")
def habits_chain() -> Dataset:
    return habits()


@pytest.fixture(scope="session")
def small_config() -> RecommenderConfig:
    return SMALL


@pytest.fixture(scope="session")
def habits_model(habits_chain: Dataset) -> RecommenderModel:
    return RecommenderModel.fit(habits_chain, SMALL)
