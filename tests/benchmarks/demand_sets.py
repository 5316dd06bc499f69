"""The data sets of `bench_demand_table.py`: tables, settings, and which series are compared.

Chains that cannot be had here have look-alikes, drawn from a seed: `drugstores` sells one total per shop and day,
closed on Sundays, with chain-wide promotions every second week; `juice` is weekly, with deep price cuts, half of them
unrecorded.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import bench_demand
import bench_elasticity
import bench_m5
import bench_vn2_demand
import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.settings import DataSettings, DemandSettings, Settings
from retail_brain.tables import TABLES

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class DemandSet:
    """One set to forecast.

    Attributes:
        dataset: its tables.
        settings: of the tenant.
        windows: how many are scored.
        least_sale_days: days of sale that a compared series needs.
    """

    dataset: Dataset
    settings: Settings
    windows: int = 3
    least_sale_days: int = 1


def _settings(period: str, country: str, horizon: int, **more: object) -> Settings:
    demand = {"horizon_periods": horizon, "history_days": 1200, **more}
    return Settings(data=DataSettings(period=period, country=country), demand=DemandSettings(**demand))


def sample() -> DemandSet:
    """The project's sample chain."""
    files = (path for path in (ROOT / "data" / "sample").glob("*.parquet") if path.stem in TABLES)
    frames = {path.stem: pl.scan_parquet(path) for path in files}
    return DemandSet(Dataset.from_frames(frames), _settings("day", "CN", 28))


def complete_journey() -> DemandSet:
    """Complete Journey, series with at least 60 days of sale."""
    dataset = bench_demand.read(Path(tempfile.mkdtemp()))
    return DemandSet(dataset, _settings("day", "US", 28, min_sale_days=20), least_sale_days=60)


def m5() -> DemandSet:
    """Two stores of M5."""
    folder = Path(tempfile.mkdtemp())
    bench_m5.write_tables(folder, ["CA_3", "TX_2"])
    frames = {path.stem: pl.scan_parquet(path) for path in folder.glob("*.parquet")}
    return DemandSet(Dataset.from_frames(frames), _settings("day", "US", 28))


def vn2() -> DemandSet:
    """VN2, weeks."""
    return DemandSet(bench_vn2_demand.read(SHARED / "vn2"), _settings("week", "US", 3), windows=6)


def frat() -> DemandSet:
    """Breakfast at the Frat, weeks."""
    return DemandSet(bench_elasticity.read(SHARED / "breakfast_frat"), _settings("week", "US", 8))


def carparts() -> DemandSet:
    """Car parts, months."""
    sales = (
        pl.read_parquet(SHARED / "carparts" / "demand.parquet")
        .drop_nulls()
        .select(
            pl.col("month").alias("date"),
            pl.lit("S").alias("store_id"),
            pl.col("part").cast(pl.String).alias("product_id"),
            pl.col("demand").cast(pl.Float64).alias("units"),
        )
    )
    return DemandSet(Dataset.from_frames({"daily_sales": sales}), _settings("month", "US", 6, history_days=1600))


def drugstores(shops: int = 200, days: int = 900, seed: int = 5) -> DemandSet:
    """One total per shop and day: weekday profile, promotion uplift and season differ by shop."""
    rng = np.random.default_rng(seed)
    first = date(2013, 1, 1)
    day = np.arange(days + 60)
    weekday = (day + first.weekday()) % 7
    week = (day + first.weekday()) // 7
    promoted = ((week + week // 9) % 2 == 0) & (weekday < 5)
    level = rng.lognormal(8.6, 0.4, (shops, 1))
    profile = np.clip(rng.normal([1.18, 1.0, 0.95, 0.96, 1.02, 0.9, 0.0], 0.12, (shops, 7)), 0, None)
    profile[:, 6] = 0
    uplift = rng.normal(1.38, 0.12, (shops, 1)) * np.where(weekday == 0, 1.12, 1.0)
    yearly = 1 + rng.normal(0.05, 0.03, (shops, 1)) * np.cos(2 * np.pi * (day - 350) / 365.25)
    december = 1 + 0.25 * np.exp(-((((day % 365) - 350) / 9.0) ** 2))
    pay = 1 + 0.08 * np.cos(2 * np.pi * (day % 30) / 30)
    drift = np.exp(np.cumsum(rng.normal(0, 0.004, (shops, days + 60)), axis=1))
    school = np.repeat(rng.random((4, (days + 60) // 14 + 1)) < 0.15, 14, axis=1)[:, : days + 60]
    holiday = np.where(school[rng.integers(0, 4, shops)], 1.05, 1.0)
    rate = level * profile[:, weekday] * yearly * december * pay * drift * holiday
    rate = rate * np.where(promoted, uplift, 1.0) * rng.lognormal(0, 0.1, (shops, days + 60))
    closed = rng.choice(days, 22, replace=False)
    rate[:, closed] = 0
    shop, when = np.nonzero(rate[:, :days] >= 1)
    sales = pl.DataFrame(
        {
            "date": [first + timedelta(days=int(t)) for t in when],
            "store_id": [f"S{s:03d}" for s in shop],
            "product_id": ["all"] * len(shop),
            "units": np.round(rate[shop, when]),
        }
    )
    begins = np.flatnonzero(np.diff(promoted.astype(int), prepend=0) == 1)
    ends = np.flatnonzero(np.diff(promoted.astype(int), append=0) == -1) + 1
    promotions = pl.DataFrame(
        {
            "promotion_id": [f"A{n}" for n in range(len(begins))],
            "store_id": [None] * len(begins),
            "product_id": ["all"] * len(begins),
            "valid_from": [first + timedelta(days=int(t)) for t in begins],
            "valid_to": [first + timedelta(days=int(t)) for t in ends],
        },
        schema_overrides={"store_id": pl.String},
    )
    products = pl.DataFrame({"product_id": ["all"], "department": ["all"], "category": ["all"]})
    tables = {"daily_sales": sales, "promotions": promotions, "products": products}
    return DemandSet(Dataset.from_frames(tables), _settings("day", "DE", 42))


def juice(shops: int = 80, brands: int = 11, weeks: int = 120, seed: int = 6) -> DemandSet:
    """Weekly units of brands by shop: price cuts of a third, half of them without a promotion on record."""
    rng = np.random.default_rng(seed)
    first = date(1990, 1, 1)
    base = rng.lognormal(8.5, 0.6, (1, brands, 1)) * rng.lognormal(0, 0.5, (shops, 1, 1))
    base = base * rng.lognormal(0, 0.3, (shops, brands, 1))
    price = rng.uniform(1.5, 3.5, (1, brands, 1))
    deal = rng.random((1, brands, weeks + 10)) < 0.25
    recorded = deal & (rng.random((1, brands, weeks + 10)) < 0.5)
    cut = np.where(deal, rng.uniform(0.1, 0.45, (1, brands, weeks + 10)), 0.0)
    cross = 1 - 0.35 * (deal.sum(axis=1, keepdims=True) - deal) / brands
    wander = np.exp(np.cumsum(rng.normal(0, 0.04, (1, brands, weeks + 10)), axis=2))
    noise = rng.lognormal(0, 0.45, (shops, brands, weeks + 10))
    rate = base * (1 - cut) ** -rng.uniform(2, 5, (1, brands, 1)) * cross * wander * noise
    shop, brand, week = np.nonzero(rate[:, :, :weeks] >= 64)
    sales = pl.DataFrame(
        {
            "date": [first + timedelta(days=7 * int(t)) for t in week],
            "store_id": [f"S{s:02d}" for s in shop],
            "product_id": [f"B{b:02d}" for b in brand],
            "units": np.round(rate[shop, brand, week] / 64) * 64,
        }
    )
    brand, week = np.nonzero(recorded[0])
    begins = [first + timedelta(days=7 * int(t)) for t in week]
    promotions = pl.DataFrame(
        {
            "promotion_id": [f"A{n}" for n in range(len(brand))],
            "store_id": [None] * len(brand),
            "product_id": [f"B{b:02d}" for b in brand],
            "valid_from": begins,
            "valid_to": [begin + timedelta(days=7) for begin in begins],
            "unit_price": (price[0, :, 0][brand] * (1 - cut[0, brand, week])).round(2),
        },
        schema_overrides={"store_id": pl.String},
    )
    names = [f"B{b:02d}" for b in range(brands)]
    products = pl.DataFrame({"product_id": names, "department": ["juice"] * brands, "category": ["orange"] * brands})
    tables = {"daily_sales": sales, "promotions": promotions, "products": products}
    return DemandSet(Dataset.from_frames(tables), _settings("week", "US", 8))


SETS: dict[str, Callable[[], DemandSet]] = {
    "sample": sample,
    "complete_journey": complete_journey,
    "m5": m5,
    "vn2": vn2,
    "frat": frat,
    "carparts": carparts,
    "drugstores": drugstores,
    "juice": juice,
}
