"""An audience of one product among a million people, beside a bare matrix product with selection.

    python tests/benchmarks/bench_audience_scale.py [--people 1000000] [--products 20] [--size 10000] [--uplift]

Everybody is scored for every product and has been asked for consent (nine in ten gave it); nobody was contacted yet.
Bare is what a recommender alone would do: factors of 64 numbers times those of the product, and the best ones of all.
"""

import argparse
import resource
import time
from datetime import date, datetime

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import NO_DAY
from retail_brain.decisions.audience import draw
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.crowd import Crowd
from retail_brain.decisions.goods_on_offer import Goods
from retail_brain.decisions.offers import Pairs, Situation
from retail_brain.decisions.uplift import UpliftScores
from retail_brain.settings import AudienceSettings

AS_OF, FACTORS, SHOPS, GRANTED = date(2026, 2, 28), 64, 200, 0.9
"""Day, numbers of a factor, shops and share of consent: as the page says."""


def main() -> None:
    """Prints seconds of processor time for the first audience, for further ones, and for the bare product."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--products", type=int, default=20)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--uplift", action="store_true", help="people are ranked by what a contact changes")
    asked = parser.parse_args()
    people, rng = asked.people, np.random.default_rng(7)
    ids = pl.Series([f"C{number:07d}" for number in range(people)])
    goods = pl.Series([f"P{number:03d}" for number in range(asked.products)])
    facts = AudienceFacts(
        customers=pl.DataFrame({"customer_id": ids, "home_store_id": rng.integers(0, SHOPS, people).astype(str)}),
        consents=pl.DataFrame(
            {"customer_id": ids, "channel": "sms", "granted": rng.random(people) < GRANTED,
             "changed_at": datetime(2025, 1, 1)}
        ),
        values=pl.DataFrame({"product_id": goods, "value": rng.uniform(1, 9, len(goods))}),
        caused_share=0.3,
    )  # fmt: skip
    began = time.process_time()
    scores = UpliftScores(np.zeros(len(goods), dtype=np.int64), rng.normal(0.1, 0.1, (1, people)).astype(np.float32))
    uplift = scores if asked.uplift else None
    situation = Situation(Crowd.of(ids, facts), Goods.of(goods, facts), None, facts, uplift=uplift)
    print(f"people and goods as arrays: {time.process_time() - began:.2f} s of processor time", flush=True)
    users = rng.normal(0, 1, (people, FACTORS)).astype(np.float32)
    items = rng.normal(0, 1, (len(goods), FACTORS)).astype(np.float32)
    whole, bare, clock = [], [], []
    for number in range(len(goods)):
        began = time.process_time()
        score = users @ items[number]
        best = np.argpartition(-score, asked.size)[: asked.size]
        best[np.argsort(-score[best])]
        bare.append(time.process_time() - began)
        chance = (1 / (1 + np.exp(3 - score / 8))).astype(np.float64)
        every = np.arange(people)
        kinds, due = np.ones(people, dtype=np.int8), np.full(people, NO_DAY, dtype=np.int32)
        pairs = Pairs(every, np.full(people, number), chance, kinds, due, every)
        request = AudienceRequest(product_ids=(goods[number],), size=asked.size, channel="sms")
        began, started = time.process_time(), time.perf_counter()
        drawn = draw(pairs, situation, request, AS_OF, AudienceSettings())
        whole.append(time.process_time() - began)
        clock.append(time.perf_counter() - started)
        assert len(drawn.entries) == asked.size
    print(
        f"{people:,} people, {len(goods)} products, {asked.size:,} each: first audience {whole[0]:.2f} s, "
        f"others {np.median(whole[1:]):.3f} s (median; by the clock {np.median(clock[1:]):.3f} s); bare product with "
        f"selection {np.median(bare):.3f} s; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB"
    )


if __name__ == "__main__":
    main()
