"""500 simulated campaigns with a known effect: coverage of the interval, power, false alarms when looked at every day.

    python tests/benchmarks/bench_campaigns.py [--campaigns 500] [--effects 0.05]

People differ in how often they buy (gamma), a third each is contacted on the first three days, and a contact
brings some of them once more to the shop within two weeks. The estimates are those of `campaign measure`: past
purchases are known.
"""

import argparse

import numpy as np

from retail_brain.decisions.arrays import Bools, Floats
from retail_brain.decisions.campaigns.effect import always_valid_reach, estimate
from retail_brain.decisions.campaigns.measure import PAST_DAYS

DAYS, STARTS = 14, 3
"""Days from the contact in which purchases count (the setting's default), and days on which people are contacted."""


def simulate(
    people: int, held_share: float, effect: float, rng: np.random.Generator
) -> tuple[Bools, Floats, Floats, Floats]:
    """Who is held out; past purchases; those of as many days before the first contact; counted purchases by day."""
    rate = rng.gamma(0.5, 0.04 / 0.5, people)
    held, start = rng.random(people) < held_share, rng.integers(0, STARTS, people)
    days = rng.poisson(rate[:, None], (people, DAYS + STARTS))
    caused = np.flatnonzero(~held & (rng.random(people) < effect))
    delay = np.minimum(rng.exponential(3.5, len(caused)).astype(int), DAYS - 1)
    days[caused, start[caused] + delay] += 1
    place = np.arange(DAYS + STARTS)
    counted = days * ((place >= start[:, None]) & (place < start[:, None] + DAYS))
    before = rng.poisson(rate * DAYS)
    past = before + rng.poisson(rate * (PAST_DAYS - DAYS))
    return held, past.astype(float), before.astype(float), counted.cumsum(axis=1).astype(float)


def main() -> None:
    """Prints one line per known effect."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--campaigns", type=int, default=500)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--holdout", type=float, default=0.2)
    parser.add_argument("--effects", type=float, nargs="+", default=[0.0, 0.025, 0.05, 0.1])
    asked = parser.parse_args()
    print(f"{asked.campaigns} campaigns each, {asked.people} people, {asked.holdout:.0%} held out")
    print("effect  coverage  power  daily: alarms  power  naive alarms  variance kept")
    for effect in asked.effects:
        rng = np.random.default_rng(7)
        counts = np.zeros(6)
        for _ in range(asked.campaigns):
            held, past, before, counted = simulate(asked.people, asked.holdout, effect, rng)
            known = past[:, None]
            final, earlier = estimate(counted[:, -1], held, known), estimate(before, held)
            assert final is not None
            assert earlier is not None
            looks = [estimate(counted[:, day], held, known) for day in range(counted.shape[1])]
            found = [
                (one.difference, always_valid_reach(one.error, earlier.error), one.is_clear) for one in looks if one
            ]
            counts += (
                final.low <= effect <= final.high,
                final.low > 0,
                any(abs(difference) > reach for difference, reach, _ in found),
                any(difference > reach for difference, reach, _ in found),
                any(clear for *_, clear in found),
                final.variance_kept,
            )
        share = counts / asked.campaigns
        print(
            f"{effect:6.3f}  {share[0]:8.3f}  {share[1]:5.3f}  {share[2]:13.3f}  {share[3]:5.3f}  {share[4]:12.3f}  "
            f"{share[5]:13.3f}"
        )


if __name__ == "__main__":
    main()
