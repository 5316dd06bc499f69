"""A small chain with everything that the demand panel reads."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.settings import DataSettings, DemandSettings, Settings

FIRST = date(2024, 3, 1)
SETTINGS = Settings(data=DataSettings(country="CN"), demand=DemandSettings(horizon_periods=14, sample_paths=50))


def small_chain(days: int = 200, products: int = 12, seed: int = 0) -> dict[str, pl.DataFrame]:
    """Two stores whose goods sell by weekday, price and promotion; stock runs out now and then."""
    rng = np.random.default_rng(seed)
    dates = [FIRST + timedelta(days=day) for day in range(days)]
    rate = rng.gamma(1.0, 2.0, (2, products, 1)) * (1 + 0.5 * (np.arange(days) % 7 >= 5))
    promoted = np.zeros((2, products, days + 30), dtype=bool)
    for begin in range(10, days + 20, 35):
        promoted[:, begin // 35 % products, begin : begin + 7] = True
    units = rng.poisson(rate * np.where(promoted[:, :, :days], 2.0, 1.0)).astype(float)
    store, product, day = np.nonzero(units)
    begin = [np.flatnonzero(np.diff(promoted[0, number].astype(int), prepend=0) == 1) for number in range(products)]
    promotions = [
        {
            "promotion_id": f"A{number}-{start}",
            "store_id": None,
            "product_id": f"P{number:02d}",
            "valid_from": FIRST + timedelta(days=int(start)),
            "valid_to": FIRST + timedelta(days=int(start) + 7),
            "unit_price": 8.0,
            "display": "end",
        }
        for number in range(products)
        for start in begin[number]
    ]
    out_of_stock = rng.random((2, products, days)) < 0.02
    empty = np.nonzero(out_of_stock)
    return {
        "daily_sales": pl.DataFrame(
            {
                "date": [dates[number] for number in day],
                "store_id": [f"S{number}" for number in store],
                "product_id": [f"P{number:02d}" for number in product],
                "units": units[store, product, day],
            }
        ),
        "products": pl.DataFrame(
            {
                "product_id": [f"P{number:02d}" for number in range(products)],
                "department": ["food"] * products,
                "category": [f"分类{number % 3}" for number in range(products)],
            }
        ),
        "stores": pl.DataFrame({"store_id": ["S0", "S1"], "region": ["north", "south"]}),
        "prices": pl.DataFrame(
            {
                "store_id": [None] * products,
                "product_id": [f"P{number:02d}" for number in range(products)],
                "valid_from": [FIRST] * products,
                "valid_to": [None] * products,
                "unit_price": [10.0] * products,
            },
            schema_overrides={"store_id": pl.String, "valid_to": pl.Date},
        ),
        "promotions": pl.DataFrame(promotions, schema_overrides={"store_id": pl.String}),
        "inventory": pl.DataFrame(
            {
                "date": [dates[number] for number in empty[2]],
                "store_id": [f"S{number}" for number in empty[0]],
                "product_id": [f"P{number:02d}" for number in empty[1]],
                "on_hand": [0.0] * len(empty[0]),
            }
        ),
    }


def dataset_of(tables: dict[str, pl.DataFrame], as_of: date | None = None) -> Dataset:
    """A dataset as known on its last day of sale, or another."""
    dataset = Dataset.from_frames(tables)
    return dataset.at(as_of or dataset.last_day())


def counted_in(tables: dict[str, pl.DataFrame], product: str, parts: float) -> dict[str, pl.DataFrame]:
    """The same chain with one product counted and priced in so many parts of a unit."""
    times = pl.when(pl.col("product_id") == product).then(parts).otherwise(1.0)
    counted = {"daily_sales": "units", "inventory": "on_hand"}
    priced = dict.fromkeys(("prices", "promotions"), "unit_price")
    sold = {name: tables[name].with_columns(pl.col(column) * times) for name, column in counted.items()}
    return tables | sold | {name: tables[name].with_columns(pl.col(column) / times) for name, column in priced.items()}
