"""500 simulated campaigns with a known effect: coverage of the interval, power, false alarms when looked at every day.

    python tests/benchmarks/bench_campaigns.py [--campaigns 500]

People differ in how often they buy (gamma), some are contacted a day or two later, a contact brings some of them once
more to the shop within two weeks. The people are measured as `campaign measure` measures them.
"""

import argparse
from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_brain.decisions.campaigns.measure import PAST_DAYS, PEOPLE, PURCHASES, Measured

FIRST = date(2025, 3, 1)
DAYS = 14
"""Days from the contact in which purchases count: the setting's default."""


def simulate(
    people: int, held_share: float, effect: float, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People and their purchases; a contact causes one purchase more with probability `effect`."""
    rate = rng.gamma(0.5, 0.04 / 0.5, people)
    held, start = rng.random(people) < held_share, rng.integers(0, 3, people)
    span = PAST_DAYS + DAYS + 3
    who, day = np.nonzero(rng.random((people, span)) < 1 - np.exp(-rate[:, None]))
    caused = np.flatnonzero(~held & (rng.random(people) < effect))
    delay = np.minimum(rng.exponential(3.5, len(caused)).astype(int), DAYS - 1)
    who, day = np.r_[who, caused], np.r_[day, PAST_DAYS + start[caused] + delay]
    ids = np.array([f"c{number}" for number in range(people)])
    drawn = pl.DataFrame({"customer_id": ids, "held": held, "channel": "sms", "store_id": "S1", "cost": 0.05})
    days = pl.Series("day", [FIRST + timedelta(days=int(shift)) for shift in start])
    empty = [
        pl.lit(None, dtype=kind).alias(name) for name, kind in (("segment", pl.String), ("probability", pl.Float64))
    ]
    lines = pl.DataFrame({"customer_id": ids[who], "at": day}).with_columns(
        receipt=pl.int_range(pl.len()).cast(pl.String),
        day=pl.lit(FIRST) + pl.duration(days=pl.col("at") - PAST_DAYS),
        units=1.0,
        margin=pl.lit(4.0),
    )
    return drawn.with_columns(days, *empty).select(*PEOPLE), lines.select(*PURCHASES)


def main() -> None:
    """Prints one line per known effect."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--campaigns", type=int, default=500)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--holdout", type=float, default=0.2)
    asked = parser.parse_args()
    print(f"{asked.campaigns} campaigns each, {asked.people} people, {asked.holdout:.0%} held out")
    print("effect  coverage  power  alarms: read daily  power so  variance kept")
    for effect in (0.0, 0.05, 0.1, 0.2):
        rng = np.random.default_rng(7)
        covered = clear = alarms = alarms_up = 0
        kept = 0.0
        for _ in range(asked.campaigns):
            people, purchases = simulate(asked.people, asked.holdout, effect, rng)
            looks = [Measured(FIRST + timedelta(days=day), DAYS, people, purchases) for day in range(DAYS + 3)]
            final = looks[-1].effect()["outcomes"]["purchases"]
            covered += final["low"] <= effect <= final["high"]
            clear += final["low"] > 0
            kept += final["variance_kept"] / asked.campaigns
            readings = [look.reading() for look in looks]
            alarms += any(one is not None and one["is_clear"] for one in readings)
            alarms_up += any(one is not None and one["low"] > 0 for one in readings)
        share = [value / asked.campaigns for value in (covered, clear, alarms, alarms_up)]
        print(f"{effect:6.2f}  {share[0]:8.3f}  {share[1]:5.3f}  {share[2]:18.3f}  {share[3]:8.3f}  {kept:13.3f}")


if __name__ == "__main__":
    main()
