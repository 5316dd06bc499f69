"""Measures what looks at all shops together: phantom stock against the truth, transfers at scale, routing, limits.

Run as `python tests/benchmarks/bench_network.py counts|transfers|routing|limits`.
"""

import argparse
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from retail_brain.dataset import Dataset
from retail_brain.decisions.joint_limits import CapacityLimit, share_out
from retail_brain.decisions.marginal_value import Steps
from retail_brain.decisions.routing import Sources, route_order
from retail_brain.decisions.transfers import StockValues, suggest_transfers
from retail_brain.settings import Settings
from serving.planning.stock.stock_network import counts

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
LOOKED_AT = (date(2025, 7, 20), date(2025, 10, 25), date(2025, 12, 20), date(2026, 2, 28))
"""Days on which the share of wrong records was chosen; they are not reported."""
DAYS = tuple(date(2025 + (month > 12), (month - 1) % 12 + 1, 10) for month in range(6, 15))


def measure_counts() -> None:
    """Requests, and how many are phantoms of which nothing can be sold, on nine days of the sample."""
    sample = Dataset.from_frames({path.stem: pl.scan_parquet(path) for path in SAMPLE.glob("*.parquet")})
    truth = pl.read_parquet(SAMPLE / "truth" / "phantom_stock.parquet")
    asked = hits = live = empty = found_empty = 0
    for day in DAYS:
        known, keys = sample.at(day), ["store_id", "product_id"]
        begun = time.perf_counter()
        table = counts(known, Settings())
        seconds = time.perf_counter() - begun
        here = truth.filter(pl.col("valid_from") <= day, pl.col("valid_to").is_null() | (pl.col("valid_to") > day))
        stock = known.scan("inventory").filter(date=day).select(*keys, "on_hand").collect()
        dead = here.join(stock, on=keys).filter(pl.col("on_hand") <= pl.col("units"))
        right = table.join(here, on=keys, how="semi").height
        found = dead.join(table, on=keys, how="semi").height
        print(f"{day}: {table.height} requests, {right} phantoms; {dead.height} empty, {found} found; {seconds:.2f} s")
        asked, hits, live = asked + table.height, hits + right, live + here.height
        empty, found_empty = empty + dead.height, found_empty + found
    print(f"of {asked} requests {hits} were phantoms; of {live} phantoms alive {empty} left nothing to sell, of which")
    print(f"{found_empty} were asked for")


def measure_transfers() -> None:
    """Seconds and gain for shops x products with random stock, 40 points each."""
    for shops, products in ((10, 1_000), (50, 2_000)):
        rng = np.random.default_rng(0)
        size = shops * products
        demand = rng.poisson(rng.gamma(0.5, 4.0, size)[:, None], (size, 40)).astype(float)
        on_hand = rng.poisson(demand.mean(axis=1) * rng.choice([0.2, 1.0, 3.0], size)).astype(float)
        worth, hold = rng.uniform(2, 20, size), rng.uniform(0.05, 0.4, size)
        giving = StockValues(np.sort(demand - on_hand[:, None], axis=1), worth, hold, on_hand, np.zeros(size))
        ids = {
            "store_id": np.repeat([f"S{shop}" for shop in range(shops)], products),
            "product_id": np.tile([f"P{product}" for product in range(products)], shops),
        }
        begun = time.perf_counter()
        table = suggest_transfers(pl.DataFrame(ids), giving, np.full(size, 0.5), line_cost=5.0)
        seconds = time.perf_counter() - begun
        print(f"{size:,} series: {table.height:,} lines, {table['units'].sum():,.0f} units, {seconds:.1f} s")


def measure_routing() -> None:
    """Milliseconds per order of five lines over many shops."""
    for shops in (10, 100, 500):
        rng = np.random.default_rng(0)
        took, split = [], 0
        for _ in range(100):
            cost = rng.normal(3, 4, (5, shops))
            sources = Sources(rng.random((5, shops)) < 0.3, cost, np.full(shops, 8.0), rng.uniform(0, 9, shops))
            begun = time.perf_counter()
            route = route_order(sources, np.full(5, 1e6))
            took.append(time.perf_counter() - begun)
            split += route.parcels > 1
        print(f"{shops} shops: median {1000 * np.median(took):.1f} ms, p99 {1000 * np.quantile(took, 0.99):.1f} ms, ")
        print(f"  {split} of 100 orders in several parcels")


def measure_limits() -> None:
    """Gap to the optimum of HiGHS with three limits that meet, 30 random instances of 40 series."""
    gaps = []
    for seed in range(30):
        steps, limits = _instance(np.random.default_rng(seed), 40, 5)
        best = _optimum(steps, limits)
        done = share_out(steps, limits, 40)
        ends = np.concatenate([np.cumsum(steps.units[steps.series == one]) for one in range(40)])
        got = steps.value[ends <= done.units[steps.series] + 1e-9].sum()
        gaps.append(max(best - got, 0) / best)
    print(f"gap median {np.median(gaps):.5%}, max {np.max(gaps):.3%}")
    for series in (2_000, 20_000):
        steps, limits = _instance(np.random.default_rng(0), series, 8)
        begun = time.perf_counter()
        share_out(steps, limits, series)
        print(f"{len(steps.series):,} steps of {series:,} series: {time.perf_counter() - begun:.1f} s")


def _instance(rng: np.random.Generator, series: int, most: int) -> tuple[Steps, list[CapacityLimit]]:
    count = rng.integers(1, most + 1, series)
    owner = np.repeat(np.arange(series), count)
    value = np.concatenate([np.sort(rng.uniform(0.5, 20, one))[::-1] for one in count])
    units = np.repeat(rng.integers(1, 12, series), count).astype(float)
    cost = rng.uniform(2, 40, series)
    steps = Steps(owner, units, value, units * cost[owner])
    wanted = np.bincount(owner, weights=units, minlength=series)
    every = np.arange(series)
    half = every[every % 2 == 0]
    return steps, [
        CapacityLimit("money", 0.4 * float(wanted @ cost), every, cost),
        CapacityLimit("truck", 0.5 * float(wanted[half].sum()), half, np.ones(len(half))),
        CapacityLimit("litres", 0.5 * float(wanted.sum()), every, rng.uniform(0.5, 1.5, series)),
    ]


def _optimum(steps: Steps, limits: list[CapacityLimit]) -> float:
    size = len(steps.series)
    usage = []
    for limit in limits:
        per_unit = np.zeros(int(steps.series.max()) + 1)
        per_unit[limit.series] = limit.per_unit
        usage.append(per_unit[steps.series] * steps.units)
    later = np.flatnonzero(steps.series[1:] == steps.series[:-1]) + 1
    rows, signs = np.repeat(np.arange(len(later)), 2), np.tile([1.0, -1.0], len(later))
    order = coo_array((signs, (rows, np.column_stack([later, later - 1]).ravel())), shape=(len(later), size)).tocsr()
    capacity = [limit.capacity for limit in limits]
    constraints = [LinearConstraint(np.stack(usage), ub=capacity), LinearConstraint(order, ub=0)]
    found = milp(
        -steps.value,
        integrality=np.ones(size),
        bounds=Bounds(0, 1),
        constraints=constraints,
        options={"mip_rel_gap": 1e-6, "time_limit": 10, "presolve": False},
    )
    return -float(found.fun)


PARTS = {
    "counts": measure_counts,
    "transfers": measure_transfers,
    "routing": measure_routing,
    "limits": measure_limits,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=[*PARTS, "all"], nargs="?", default="all")
    chosen = parser.parse_args().part
    for name, part in PARTS.items():
        if chosen in {name, "all"}:
            part()
