"""Measures the order decisions: a million series, budget lists against the optimum, the simulator's throughput.

Run as `python tests/benchmarks/bench_replenishment.py scale|budget|simulator|m5`.
"""

import argparse
import resource
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from m5_policies import BEFORE, compare
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import coo_array

from retail_brain.decisions.allocation import Limit, allocate
from retail_brain.decisions.marginal_value import Steps, order_steps, spend
from retail_brain.decisions.replenishment import plan_orders, suggest_orders
from retail_brain.decisions.solver import solve_milp
from retail_brain.outputs import DemandPaths
from retail_brain.simulation.engine import simulate
from retail_brain.simulation.policies import OrderUpTo, periodic_reviews
from retail_brain.simulation.scenario import NON_PERISHABLE, Environment, OpeningStock

AS_OF = date(2025, 2, 28)
M5 = Path(__file__).resolve().parents[3] / "shared" / "data" / "m5" / "sales.parquet"


def instance(
    rng: np.random.Generator, series: int, paths: int, days: int
) -> tuple[DemandPaths, pl.DataFrame, pl.DataFrame]:
    """Slow and fast movers with random terms and stock."""
    rate = rng.gamma(0.5, 2.0, series)
    units = rng.poisson(rate[:, None, None], (series, paths, days)).astype(np.float32)
    ids = pl.DataFrame({"store_id": np.full(series, "s"), "product_id": np.arange(series).astype(str)})
    dates = pl.date_range(date(2025, 3, 1), date.fromordinal(date(2025, 2, 28).toordinal() + days), eager=True)
    price = rng.uniform(2, 40, series)
    terms = ids.with_columns(
        lead_time_days=pl.Series(rng.integers(1, 5, series).astype(float)),
        review_period_days=pl.Series(rng.choice([1.0, 3.0, 7.0], series)),
        case_pack=pl.Series(rng.choice([1.0, 6.0, 12.0], series)),
        unit_price=pl.Series(price),
        unit_cost=pl.Series(price * rng.uniform(0.5, 0.85, series)),
    )
    stock = ids.with_columns(
        on_hand=pl.Series(rng.poisson(rate * 4).astype(float)), on_order=pl.Series(rng.poisson(rate).astype(float))
    )
    return DemandPaths(ids, dates, units), terms, stock


def scale(series: int, block: int) -> None:
    """Suggestions for many series, a block (a few shops) at a time."""
    rng = np.random.default_rng(1)
    decided, worked, rows = 0.0, 0.0, 0
    for _ in range(series // block):
        paths, terms, stock = instance(rng, block, 200, 14)
        started, before = time.perf_counter(), time.process_time()
        rows += suggest_orders(paths, terms, stock, AS_OF).height
        decided += time.perf_counter() - started
        worked += time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{rows:,} series x 200 paths x 14 days in blocks of {block:,}: {decided:.1f} s deciding ", end="")
    print(f"({worked:.1f} s of processor), peak {peak:.2f} GB")


def optimum(steps: Steps, budget: float) -> float:
    """Best value any prefix of steps per series can have under the budget, by HiGHS."""
    count = len(steps.series)
    later = np.flatnonzero(steps.series[1:] == steps.series[:-1]) + 1
    rows = np.repeat(np.arange(len(later)), 2)
    columns = np.column_stack([later, later - 1]).ravel()
    order = coo_array((np.tile([1.0, -1.0], len(later)), (rows, columns)), shape=(len(later), count))
    limits = [LinearConstraint(steps.cost[None, :], ub=budget)]
    if len(later):
        limits.append(LinearConstraint(order.tocsr(), ub=0))
    found = solve_milp(
        -np.maximum(steps.value, -1e9),
        integrality=np.ones(count),
        bounds=Bounds(0, 1),
        constraints=limits,
        options={"mip_rel_gap": 1e-6, "time_limit": 20},
    )
    return -float(found.fun)


def budget(instances: int) -> None:
    """Budget lists against the optimum: greedy alone, and with its last steps finished by HiGHS."""
    gaps: dict[str, list[float]] = {"greedy": [], "finished": []}
    times: dict[str, list[float]] = {"greedy": [], "finished": []}
    for seed in range(instances):
        rng = np.random.default_rng(seed)
        paths, terms, stock = instance(rng, int(rng.integers(5, 60)), 100, 14)
        plan = plan_orders(paths, terms, stock, AS_OF)
        steps = order_steps(plan.quantity, plan.required, plan.terms, plan.money)
        limit = float(steps.cost.sum() * rng.uniform(0.05, 0.8))
        best = optimum(steps, limit)
        started = time.perf_counter()
        bought = spend(steps, limit, len(plan.quantity))
        times["greedy"].append(time.perf_counter() - started)
        value = steps.value[_reach(steps) <= bought[steps.series] + 1e-9].sum()
        gaps["greedy"].append(1 - value / best if best > 0 else 0.0)
        started = time.perf_counter()
        done = allocate(steps, [Limit("budget", limit, steps.cost)], len(plan.quantity))
        times["finished"].append(time.perf_counter() - started)
        gaps["finished"].append(1 - done.value / best if best > 0 else 0.0)
    for name, gap in gaps.items():
        print(
            f"{name}: {len(gap)} lists of 5 to 59 series, gap to the optimum median {np.median(gap):.3%}, "
            f"mean {np.mean(gap):.3%}, max {np.max(gap):.2%}; median {1000 * np.median(times[name]):.2f} ms"
        )


def _reach(steps: Steps) -> np.ndarray:
    """Units of its series up to and including each step."""
    opens = np.flatnonzero(np.diff(steps.series, prepend=-1))
    total = np.concatenate([[0.0], np.cumsum(steps.units)])
    return total[1:] - np.repeat(total[opens], np.diff([*opens, len(steps.series)]))


def simulator() -> None:
    """Throughput on made series, and on M5 x 365 days x 10 settings."""
    rng = np.random.default_rng(0)
    for series, life in ((100_000, NON_PERISHABLE), (100_000, 7)):
        demand = rng.poisson(1.5, (series, 60)).astype(float)
        world = made_world(demand, life)
        policy = OrderUpTo(np.full(series, 9.0), periodic_reviews(60))
        started, worked = time.perf_counter(), time.process_time()
        simulate(world, policy, OpeningStock(np.full(series, 5.0), np.zeros((series, 1))))
        spent, work = time.perf_counter() - started, time.process_time() - worked
        kept = "that keep" if life == NON_PERISHABLE else f"of {life} days' life"
        print(f"{series:,} series {kept} x 60 days: {spent:.2f} s ({work:.2f} s of processor), ", end="")
        print(f"{series * 60 / work / 1e6:.1f} M series-days per second of processor")
    if not M5.exists():
        print("M5 is not on this machine")
        return
    demand = m5_demand(365)
    started, worked = time.perf_counter(), time.process_time()
    mean, spread = demand[:, :28].mean(axis=1), demand[:, :28].std(axis=1)
    costs = []
    for z in np.linspace(0.25, 2.5, 10):
        policy = OrderUpTo(np.ceil(mean * 5 + z * spread * np.sqrt(5)), periodic_reviews(365, 3))
        world = made_world(demand, NON_PERISHABLE)
        outcome = simulate(world, policy, OpeningStock(np.ceil(mean * 5), np.zeros((len(demand), 1))))
        costs.append((round(float(z), 2), round(outcome.fill_rate, 4), round(float(outcome.held.sum() / 365))))
    spent, work = time.perf_counter() - started, time.process_time() - worked
    cells = demand.size * 10
    print(
        f"M5, {len(demand):,} series x 365 days x 10 settings: {spent:.1f} s ({work:.1f} s of processor), "
        f"{cells / work / 1e6:.1f} M series-days per second of processor"
    )
    print("  (z, fill rate, mean stock)", costs)


def m5_demand(days: int) -> np.ndarray:
    """Units per series and day of the last `days` of M5."""
    frame = pl.scan_parquet(M5).filter(pl.col("d") > 1941 - days).sort("series", "d").collect()
    return frame["units"].to_numpy().reshape(-1, days).astype(np.float64)


def m5(series: int, days: int, out: Path | None) -> None:
    """Cost and service of policies on M5; see `m5_policies`."""
    whole = m5_demand(days + BEFORE)
    sold = np.flatnonzero(whole[:, :BEFORE].sum(axis=1) > 12)
    started = time.perf_counter()
    compare(whole[np.sort(np.random.default_rng(5).choice(sold, series, replace=False))], out)
    print(f"{series:,} series x {days} days: {time.perf_counter() - started:.0f} s")


def made_world(demand: np.ndarray, life: int) -> Environment:
    """Two days of lead time and plain costs."""
    series = len(demand)
    ones = np.ones(series)
    return Environment(
        demand=demand,
        counted=np.ones(demand.shape, dtype=bool),
        lead=np.full(series, 2),
        life=np.full(series, life),
        holding=0.02 * ones,
        short=ones,
        unit_cost=ones,
        order_cost=0 * ones,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("what", choices=["scale", "budget", "simulator", "m5"])
    options.add_argument("--series", type=int, default=1_000_000)
    options.add_argument("--block", type=int, default=20_000)
    options.add_argument("--instances", type=int, default=200)
    options.add_argument("--out", type=Path, help="folder for the table and plot of m5")
    chosen = options.parse_args()
    if chosen.what == "scale":
        scale(chosen.series, chosen.block)
    elif chosen.what == "budget":
        budget(chosen.instances)
    elif chosen.what == "m5":
        m5(2_000, 90, chosen.out)
    else:
        simulator()


if __name__ == "__main__":
    main()
