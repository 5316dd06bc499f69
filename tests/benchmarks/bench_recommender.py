"""Measures the recommender against its rivals; see docs/benchmarks.md, section People and goods.

Run from the project's root:

    POLARS_MAX_THREADS=2 OMP_WAIT_POLICY=PASSIVE python tests/benchmarks/bench_recommender.py last-basket FOLDER
    ... bench_recommender.py period FOLDER
    ... bench_recommender.py gowalla FOLDER
    ... bench_recommender.py speed
    ... bench_recommender.py growth
    ... bench_recommender.py due
    ... bench_recommender.py basket
    ... bench_recommender.py chain FOLDER --people 1000000
"""

import argparse
import resource
import time
from pathlib import Path

from retail_brain.dataset import Dataset, conform
from retail_brain.sources.complete_journey import complete_journey_source
from retail_brain.tables import TABLES


def main() -> None:
    """Runs one measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "measure", choices=["last-basket", "period", "gowalla", "speed", "growth", "one-size", "due", "basket", "chain"]
    )
    parser.add_argument(
        "what",
        nargs="?",
        help="folder for rankings (last-basket, period), of train and test (gowalla) or of a chain; times (one-size)",
    )
    parser.add_argument("--views", type=int, default=12, help="earlier baskets (periods) that train the ranker")
    parser.add_argument("--test-back", type=int, default=1, help="2 tests on the one before the last: for choices")
    parser.add_argument("--model", help="folder of a model: speed takes it, one-size fits it there if it holds none")
    parser.add_argument("--methods", nargs="*", help="model and names of rivals; all if left out")
    parser.add_argument("--people", type=int, default=1_000_000, help="of the chain")
    parser.add_argument("--verbs", nargs="*", help="of the chain; all if left out")
    options = parser.parse_args()
    started = time.perf_counter()
    if options.measure in ("last-basket", "period"):
        from recommender_comparison import Protocol, compare
        from recommender_rivals import RIVALS

        methods, protocol = options.methods or ["model", *RIVALS], Protocol(options.measure == "last-basket")
        compare(protocol, complete_journey(), options.views, options.test_back, methods, Path(options.what))
    elif options.measure == "gowalla":
        from gowalla_candidates import gowalla

        gowalla(Path(options.what))
    elif options.measure == "chain":
        from recommender_chain import VERBS, chain

        chain(Path(options.what), options.people, options.verbs or list(VERBS))
    elif options.measure == "due":
        from recommender_due import due

        due(complete_journey())
    elif options.measure == "basket":
        from recommender_basket import basket

        basket(complete_journey())
    else:
        import recommender_speed

        if options.measure == "growth":
            recommender_speed.growth()
        elif options.measure == "one-size":
            recommender_speed.one_size(complete_journey(), int(options.what), Path(options.model))
        else:
            recommender_speed.speed(complete_journey(), Path(options.model) if options.model else None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{time.perf_counter() - started:.0f} s, peak {peak:.1f} GB")


def complete_journey() -> Dataset:
    """Receipts and products of Complete Journey as canonical tables in memory."""
    source = complete_journey_source()
    frames = {name: source.tables[name].frame for name in ("transactions", "products")}
    return Dataset.from_frames({name: conform(frame, TABLES[name]).collect() for name, frame in frames.items()})


if __name__ == "__main__":
    main()
