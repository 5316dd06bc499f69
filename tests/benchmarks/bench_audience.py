"""What an audience of one product takes, by the number of people: first and later requests, and the memory of it all.

    python tests/benchmarks/bench_audience.py [--people 1000000] [--goods 10] [--home HOME]

The answers are made up: a product scored for everybody and others for a part, consents of two channels, contacts of the
last weeks, purchases, stock and values. With --home the answers of a published home are asked instead. Processor time
is that of this process, all threads together; the first request works out who may be reached, and later ones share it.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from retail_brain.decisions.audience_request import AudienceRequest
from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.settings import AudienceSettings
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.people.audiences import Among
from serving.store.audiences import draw_audience
from serving.store.current_answers import open_current
from serving.store.rows import map_rows, write_rows
from serving.store.scored_pairs import ScoredPairs, write_pairs
from serving.store.texts import Texts, write_texts

AS_OF = date(2025, 2, 28)
SHOPS = [f"S{number:03}" for number in range(100)]


def made_up(folder: Path, people: int, goods: int) -> Any:
    """Answers of so many people, with what audiences ask for."""
    rng = np.random.default_rng(1)
    customers, products = [f"C{number:08}" for number in range(people)], [f"P{number:04}" for number in range(goods)]
    write_texts(folder, "customers.ids", customers)
    write_texts(folder, "products.ids", products)
    ids = pl.Series("customer_id", customers)
    scored = (
        pairs_of(ids if not at else ids.sample(fraction=0.1, seed=at), one, rng) for at, one in enumerate(products)
    )
    places = {one: at for at, one in enumerate(customers)}
    words = {language: (lambda code: f"{code}.") for language in ("en", "zh")}
    write_pairs(folder, scored, places, {one: at for at, one in enumerate(products)}, words)
    for name, frame in tables(ids, products, rng).items():
        write_rows(folder, name, frame)
    names = ("customers", "consents", "contacts", "purchases", "stock", "values")
    return SimpleNamespace(
        manifest=SimpleNamespace(as_of=AS_OF.isoformat()),
        customers=SimpleNamespace(ids=Texts.open(folder, "customers.ids")),
        products=SimpleNamespace(ids=Texts.open(folder, "products.ids"), names=Texts.open(folder, "products.ids")),
        attributes=None,
        pairs=ScoredPairs(folder),
        rows={f"facts_{name}": map_rows(folder, f"facts_{name}") for name in names},
        audience_memo=FrameMemo(),
    )


def pairs_of(people: pl.Series, product: str, rng: np.random.Generator) -> pl.DataFrame:
    """A chance of everybody given for a product."""
    none = {name: pl.lit(None, pl.Float64) for name in ("probability_7d", "probability_14d", "probability_28d")}
    return pl.DataFrame({"customer_id": people, "probability": rng.beta(1, 20, len(people))}).with_columns(
        product_id=pl.lit(product),
        kind=pl.lit("repeat"),
        due_on=pl.lit(AS_OF + timedelta(days=10)),
        reason=pl.lit("bought_before"),
        gap_days=pl.lit(0),
        **none,
    )


def tables(ids: pl.Series, products: list[str], rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """The facts behind audiences."""
    people = len(ids)

    def some(share: float) -> pl.DataFrame:
        return ids.gather(np.flatnonzero(rng.random(people) < share)).to_frame()

    def moments(rows: int) -> pl.Series:
        minutes = rng.integers(0, 60 * 24 * 60, rows)
        return pl.Series(np.datetime64(AS_OF.isoformat(), "us") - minutes.astype("timedelta64[m]"))

    consents = pl.concat([some(0.8).with_columns(channel=pl.lit(one)) for one in ("sms", "email")])
    contacts = some(0.5)
    bought = pl.concat(
        [
            some(0.2).with_columns(product=pl.lit(at, pl.Int64), product_id=pl.lit(one))
            for at, one in enumerate(products)
        ]
    )
    values = pl.DataFrame({"product_id": products, "value": 3.0}).with_row_index("product")
    stock = pl.DataFrame({"store_id": SHOPS}).join(values.select("product", "product_id"), how="cross")
    place = ids.to_frame().with_row_index("customer")
    return {
        "facts_customers": ids.to_frame().with_columns(home_store_id=pl.Series(rng.choice(SHOPS, people))),
        "facts_consents": consents.with_columns(
            granted=pl.Series(rng.random(consents.height) < 0.7), changed_at=moments(consents.height)
        ),
        "facts_contacts": contacts.with_columns(
            campaign_id=pl.lit("K1"), channel=pl.lit("sms"), contacted_at=moments(contacts.height),
            is_holdout=pl.lit(value=False),
        ),
        "facts_purchases": bought.with_columns(bought_on=moments(bought.height).cast(pl.Date))
        .join(place, on="customer_id")
        .sort("product", "bought_on"),
        "facts_stock": stock.with_columns(on_hand=pl.lit(5.0)).sort("product"),
        "facts_values": values,
    }  # fmt: skip


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds on the clock and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - processor) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--goods", type=int, default=10)
    parser.add_argument("--home", type=Path, help="ask the answers of this home's tenant main")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.home:
            answers: Any = open_current(options.home / "var" / "main" / "answers")
        else:
            answers = made_up(Path(folder), options.people, options.goods)
        goods = [answers.products.ids[at] for at in range(len(answers.products.ids))]
        plans, settings = OtherPlans.none(), AudienceSettings()

        def ask(product: int, **changes: Any) -> str:
            wanted = AudienceRequest((goods[product],), 100, **changes)
            drawn = draw_audience(answers, [product], wanted, settings, Among(plans=plans))
            return json.dumps([drawn.rows("en"), drawn.exclusions("en")])

        wall, processor = timed(lambda: ask(0))
        print(f"{len(answers.customers.ids):,} people; first request {wall:,.0f} ms, processor {processor:,.0f} ms")
        for name, product, changes in (
            ("one product", 0, {}),
            ("another", 1, {}),
            ("for a campaign", 0, {"campaign_id": "K1"}),
        ):
            ask(product, **changes)
            taken = [timed(lambda: ask(product, **changes)) for _ in range(options.rounds)]  # noqa: B023
            wall, processor = (min(of) for of in zip(*taken, strict=True))
            print(f"{name}: {wall:,.1f} ms, processor {processor:,.1f} ms (least of {options.rounds})")
        wall, processor = timed(lambda: ask(0, channel="email"))
        print(f"first of another channel: {wall:,.0f} ms, processor {processor:,.0f} ms")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        kept = answers.audience_memo._bytes / 2**20
        print(f"kept between requests {kept:,.0f} MB; peak of the process, making the answers too, {peak:,.0f} MB")


if __name__ == "__main__":
    main()
