"""Assignment of people to 30 offers: gap to the linear programme that HiGHS solves, gap to the bound, time and memory.

    python tests/benchmarks/bench_assignment.py [--people 5000 20000 200000 1000000] [--offers 30] [--highs-up-to 20000]

Values are gamma (shape .5, mean 1 money), less a contact cost of .1; each offer may be made to a person in two out of
three cases, has room for one person in fifty, and nobody gets more than one. Each size is a process of its own, so that
the peak of memory is that of the size.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
import polars as pl
from scipy.optimize import linprog
from scipy.sparse import coo_array

from retail_brain.decisions.assignment import assign_contacts

_POSSIBLE, _ROOM, _COST = 2 / 3, 0.02, 0.1
"""Share of pairs that are possible, of people that an offer has room for, and money per contact: as the page says."""


def pairs_of(people: int, offers: int) -> pl.DataFrame:
    """Possible pairs with their value."""
    rng = np.random.default_rng(7)
    grid = pl.DataFrame(
        {
            "campaign_id": np.tile(np.arange(offers), people),
            "person_id": np.repeat(np.arange(people), offers),
            "value": rng.gamma(0.5, 2.0, people * offers) - _COST,
        }
    ).filter(pl.Series(rng.random(people * offers) < _POSSIBLE))
    return grid.with_columns(pl.format("k{}", "campaign_id").alias("campaign_id"), pl.col("person_id").cast(pl.String))


def optimum(pairs: pl.DataFrame, caps: dict[str, int]) -> float:
    """Value of the linear programme, which is integral for a transport problem."""
    useful = pairs.filter(pl.col("value") > 0)
    people = useful["person_id"].rank("dense").to_numpy() - 1
    names = sorted(caps)
    places = useful["campaign_id"].replace_strict({name: at for at, name in enumerate(names)}).to_numpy()
    count = int(people.max()) + 1
    rows = np.concatenate([people, count + places]).astype(int)
    columns = np.tile(np.arange(useful.height), 2)
    matrix = coo_array((np.ones(len(rows)), (rows, columns)), shape=(count + len(names), useful.height)).tocsc()
    limits = np.concatenate([np.ones(count), [caps[name] for name in names]])
    return float(-linprog(-useful["value"].to_numpy(), A_ub=matrix, b_ub=limits, bounds=(0, 1), method="highs").fun)


def one_size(people: int, offers: int, with_highs: bool) -> None:
    """Prints one line."""
    pairs = pairs_of(people, offers)
    caps = {f"k{place}": max(1, int(people * _ROOM)) for place in range(offers)}
    made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, spent = time.perf_counter(), time.process_time()
    found = assign_contacts(pairs, caps, 1)
    took, used = time.perf_counter() - began, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    gap = "-"
    if with_highs:
        began = time.perf_counter()
        best = optimum(pairs, caps)
        gap = f"{1 - found.value / best:.5%} (HiGHS {time.perf_counter() - began:,.1f} s)"
    print(
        f"{people:>9,} people: {pairs.height:>11,} pairs, {found.pairs.height:,} assigned, {used:,.1f} s of processor "
        f"time ({took:,.1f} s), below the bound {1 - found.value / found.bound:.4%}, below HiGHS {gap}, "
        f"peak {peak / 2**20:.2f} GB (pairs {made / 2**20:.2f})",
        flush=True,
    )


def main() -> None:
    """Prints one line per size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, nargs="+", default=[5_000, 20_000, 200_000, 1_000_000])
    parser.add_argument("--offers", type=int, default=30)
    parser.add_argument("--highs-up-to", type=int, default=20_000)
    asked = parser.parse_args()
    if len(asked.people) == 1:
        one_size(asked.people[0], asked.offers, asked.people[0] <= asked.highs_up_to)
        return
    for people in asked.people:
        more = ["--people", str(people), "--offers", str(asked.offers), "--highs-up-to", str(asked.highs_up_to)]
        subprocess.run([sys.executable, __file__, *more], check=True)


if __name__ == "__main__":
    main()
