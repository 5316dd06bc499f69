"""Measures what looks at all shops together: phantom stock, transfers, routing, limits, and the plan of a large chain.

Run as `python tests/benchmarks/bench_network.py counts|transfers|routing|limits`, `... plan --series 1000000`,
or `... markdown --home HOME` on a home of the sample.
"""

import argparse
import resource
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from retail_brain.api import open_tenant
from retail_brain.dataset import Dataset
from retail_brain.decisions.joint_limits import CapacityLimit, share_out
from retail_brain.decisions.marginal_value import Steps
from retail_brain.decisions.markdown import FULL_PRICE, Clearance, PricePath, best_markdown
from retail_brain.decisions.price_response import PriceResponse
from retail_brain.decisions.replenishment import suggest_orders
from retail_brain.decisions.routing import Sources, route_order
from retail_brain.decisions.transfers import StockValues, suggest_transfers
from retail_brain.outputs import DemandPaths
from retail_brain.settings import Settings
from serving.planning.stock.chain_plan import ChainPlan
from serving.planning.stock.clearing import Clearings
from serving.planning.stock.stock_network import counts
from serving.planning.stock.supply_side import SupplySide

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


def measure_markdown(home: Path) -> None:
    """Money of the markdowns of a home of the sample, expected and under the elasticities that made the sample.

    The same sample paths are played with the true elasticities: the price paths chosen on the estimates, those that
    would have been chosen on the truth, and a rule of thumb, 30 % off everything from the first day.
    """
    tenant = open_tenant(home=home)
    settings, model = tenant.settings, tenant._champion("demand")
    dataset = tenant.dataset.at(tenant.dataset.as_of or tenant.dataset.last_day())
    chain = ChainPlan.read(dataset, settings)
    for forecast in model.forecast(dataset, chain.side.horizon(settings)):
        chain.prices.add(forecast)
        chain.add(forecast.paths)
    truth = pl.read_parquet(SAMPLE / "truth" / "elasticities.parquet").select(
        "product_id", "elasticity", low="elasticity"
    )
    found = Clearings.joined(chain._clearing, chain.prices.table(), settings.network, seed=0)
    goods, rule, rows = found.goods, found.rule, found.series["product_id"]
    true = PriceResponse.of(truth, rows)
    begun = time.process_time()
    chosen = best_markdown(goods, found.response, rule)
    took = time.process_time() - begun
    best = best_markdown(goods, true, rule)
    usable = chosen.known & best.known
    flat = [PricePath((0,), (0.3,)) if ok else FULL_PRICE for ok in usable]
    print(f"{usable.sum()} series left over, {took:.2f} s of processor; expected {chosen.value[usable].sum():,.1f}")
    for name, paths in (
        ("chosen on estimates", chosen.path),
        ("chosen on the truth", best.path),
        ("30 % off now", flat),
    ):
        value = _played(goods, true.elasticity, paths) - _played(goods, true.elasticity, [FULL_PRICE] * len(paths))
        changes = np.array([len(path.starts) for path in paths]) * rule.change_cost
        print(f"{name}: {np.sum((value - changes)[usable]):,.1f} over the full price under the true elasticities")


def _played(goods: Clearance, elasticity: np.ndarray, paths: list[PricePath]) -> np.ndarray:
    """Mean money of each series with its price path, in a plain loop."""
    out = np.zeros(len(paths))
    for row, path in enumerate(paths):
        left, money, off = np.full(goods.demand.shape[1], goods.held[row]), 0.0, 0.0
        steps = dict(zip(path.starts, path.discounts, strict=True))
        for phase in range(goods.demand.shape[2]):
            off = steps.get(phase, off)
            sold = np.minimum(left, goods.demand[row, :, phase] * (1 - off) ** np.nan_to_num(elasticity[row]))
            left, money = left - sold, money + sold * goods.price[row] * (1 - off)
        out[row] = np.mean(money + left * goods.salvage[row])
    return out


PRODUCTS, PATHS, PERIODS = 10_000, 200, 14
"""Goods of each shop of the large chain, sample paths, and days ahead."""
TODAY = date(2025, 2, 28)


class _Known:
    """The same elasticity for all goods."""

    def table(self) -> pl.DataFrame:
        """Estimates as `elasticities_of` gives them."""
        return pl.DataFrame({"product_id": np.arange(PRODUCTS).astype(str), "elasticity": -2.0, "low": -2.8})


def measure_plan(series: int) -> None:
    """Processor time and memory of the plan of a chain, shop by shop, against its orders alone in the same run.

    One warehouse supplies half of the goods and has stock for about two days of all shops; a tenth of the goods
    expires within ten days, and the listing of a thirtieth ends in nine.
    """
    shops = [f"S{shop:03}" for shop in range(max(series // PRODUCTS, 1))]
    rng = np.random.default_rng(0)
    goods = np.arange(PRODUCTS).astype(str)
    rate, price = rng.gamma(0.5, 2.0, PRODUCTS), rng.uniform(2, 40, PRODUCTS)
    side = _side(shops, goods, rate, price, rng)
    chain = ChainPlan(_dataset(shops), side, Settings(), prices=_Known())
    spent = {"orders alone": 0.0, "adding to the plan": 0.0}
    for shop in shops:
        units = rng.poisson(rate[:, None, None], (PRODUCTS, PATHS, PERIODS)).astype(np.float32)
        ids = pl.DataFrame({"store_id": np.full(PRODUCTS, shop), "product_id": goods})
        days = pl.date_range(TODAY + timedelta(days=1), TODAY + timedelta(days=PERIODS), eager=True)
        paths, here = DemandPaths(ids, days, units), pl.col("store_id") == shop
        for name, work in (
            ("orders alone", lambda: suggest_orders(paths, side.terms.filter(here), side.stock.filter(here), TODAY)),  # noqa: B023
            ("adding to the plan", lambda: chain.add(paths)),  # noqa: B023
        ):
            begun = time.process_time()
            work()
            spent[name] += time.process_time() - begun
    for name, seconds in spent.items():
        print(f"{len(shops) * PRODUCTS:,} series: {name} {seconds:.1f} s of processor, peak {_peak():.2f} GB")
    begun, clock = time.process_time(), time.perf_counter()
    plan = chain.settled()
    print(
        f"settling it {time.process_time() - begun:.1f} s of processor ({time.perf_counter() - clock:.1f} s), "
        f"peak {_peak():.2f} GB"
    )
    begun = time.process_time()
    orders = plan.suggestions()
    print(f"order lines {time.process_time() - begun:.1f} s of processor, peak {_peak():.2f} GB")
    cut, left = orders.filter(reason_code="source_stock").height, plan.leftovers
    print(
        f"{cut:,} lines cut by the warehouse, {plan.transfers.height:,} transfers, {left.height:,} left over, of which"
    )
    print(f"{left.filter(action='markdown').height:,} are marked down")


def _side(
    shops: list[str], goods: np.ndarray, rate: np.ndarray, price: np.ndarray, rng: np.random.Generator
) -> SupplySide:
    """Supply terms and stock of the chain and its warehouse D."""
    size = len(shops) * PRODUCTS
    ids = pl.DataFrame({"store_id": np.repeat(shops, PRODUCTS), "product_id": np.tile(goods, len(shops))})
    number = pl.int_range(pl.len()) % PRODUCTS
    terms = ids.with_columns(
        lead_time_days=pl.Series(rng.integers(1, 3, size).astype(float)),
        review_period_days=pl.Series(rng.choice([1.0, 3.0, 7.0], size)),
        case_pack=pl.lit(1.0),
        unit_price=pl.Series(np.tile(price, len(shops))),
        unit_cost=pl.Series(np.tile(price * 0.7, len(shops))),
        shelf_life_days=pl.when(number % 10 == 0).then(10.0),
        source_store_id=pl.when(number % 2 == 0).then(pl.lit("D")),
        known=pl.lit(value=True),
        **{name: pl.lit(None, pl.Float64) for name in ("return_price", "holding_cost_per_day")},
    )
    held = ids.with_columns(
        on_hand=pl.Series(rng.poisson(np.tile(rate, len(shops)) * rng.choice([1, 4, 12], size)) * 1.0)
    )
    central = pl.DataFrame({"store_id": "D", "product_id": goods, "on_hand": np.ceil(rate * len(shops) * 2)})
    stock = pl.concat([held, central]).with_columns(on_order=pl.lit(0.0))
    ends = ids.filter(number % 30 == 1).with_columns(
        ends_on=pl.lit(TODAY + timedelta(days=9)), end_kind=pl.lit("listing")
    )
    due = pl.DataFrame(schema={**ids.schema, "arrives_on": pl.Date, "units": pl.Float64})
    return SupplySide(terms, stock, ids.clear(), ends, due, due, TODAY)


def _dataset(shops: list[str]) -> Dataset:
    """The shops, and one sale, since a chain has sales."""
    sale = pl.DataFrame({"date": [TODAY], "store_id": shops[:1], "product_id": ["0"], "units": [1.0]})
    return Dataset.from_frames({"stores": pl.DataFrame({"store_id": shops}), "daily_sales": sale}).at(TODAY)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


PARTS = {
    "counts": measure_counts,
    "transfers": measure_transfers,
    "routing": measure_routing,
    "limits": measure_limits,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=[*PARTS, "plan", "markdown", "all"], nargs="?", default="all")
    parser.add_argument("--series", type=int, default=1_000_000, help="of the part plan, which `all` leaves out")
    parser.add_argument("--home", type=Path, help="of the part markdown: a home with the sample and a demand model")
    chosen = parser.parse_args().part
    if chosen == "markdown":
        measure_markdown(parser.parse_args().home)
    if chosen == "plan":
        measure_plan(parser.parse_args().series)
    for name, part in PARTS.items():
        if chosen in {name, "all"}:
            part()
