"""Recommendations for many people, by the route and by file: people a second by the processor, bytes and memory.

    PYTHONPATH=. python tests/benchmarks/bench_recommend_batch.py [--people 100000] [--goods 60] [--at-once 10000]
    PYTHONPATH=. python tests/benchmarks/bench_recommend_batch.py --home FOLDER --copies 33

The answers are made up: as many people as asked, each with that many scored goods of 60, in three shops, and rules as
they come. The service runs in this process, without a network, so that its processor time is all that is measured.

With `--home` (of the sample chain, with a recommender in use) everybody there is copied so many times, and what
`recommend` does is done for all of them: fitting the situation, scoring and writing the file.
"""

import argparse
import resource
import tempfile
import time
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.lake import open_lake
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.planning.people.recommendations import recommend, write_recommendations
from tests.serving import synthetic
from training.bundle import champion
from training.recommender.model import RecommenderModel

_CHANCE = 0.9
"""Of the best of a person's goods; the next have a half, a third ... of it."""


def main() -> None:
    """Publishes the answers, asks for everybody and prints what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--goods", type=int, default=60)
    parser.add_argument("--at-once", type=int, default=10_000)
    parser.add_argument("--home", type=lambda text: Path(text).resolve(), default=None)
    parser.add_argument("--copies", type=int, default=33)
    options = parser.parse_args()
    if options.home is not None:
        by_file(options.home, options.copies)
        return
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        home, larger = Path(folder), _larger(options.people, options.goods)
        larger.publish_synthetic(Workspace(home), "first")
        database = Database(Workspace(home).database_url)
        upgrade(database)
        key = create_key("main", database, role="admin", name="benchmark", now=datetime.now(UTC))
        database.close()
        patch.setenv("RETAIL_BRAIN_HOME", str(home))
        patch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
        patch.setenv("BENTOML_DO_NOT_TRACK", "True")
        _ask(larger.CUSTOMERS, key, options.at_once)


def by_file(home: Path, copies: int) -> None:
    """Prints what fitting the situation, and then scoring and writing, take for everybody copied so many times."""
    workspace = Workspace(home)
    lake = open_lake(str(workspace.lake))
    dataset = _copied(lake, copies).at(lake.last_day())
    model: Any = RecommenderModel.load(champion(workspace, "recommender"))
    began = time.process_time()
    fitted = model.fit_sources(dataset)
    print(f"situation fitted in {time.process_time() - began:.1f} s of processor time", flush=True)
    model = Fitted(model, fitted)
    with tempfile.TemporaryDirectory() as folder:
        began, clock, out = time.process_time(), time.perf_counter(), Path(folder) / "goods.parquet"
        rows, people = write_recommendations(recommend(dataset, model), out)
        spent, passed = time.process_time() - began, time.perf_counter() - clock
        size = out.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{people:,} people, {rows:,} rows: {spent:.1f} s of processor time ({people / spent:,.0f} a second), "
        f"{passed:.1f} s by the clock, {size / 1e6:.1f} MB, peak memory {peak:.2f} GB"
    )


class Fitted:
    """A model whose situation is at hand, as one that `recommend` reads from the kept ones."""

    def __init__(self, model: RecommenderModel, fitted: Any) -> None:
        """Takes the model and its situation."""
        self._model, self._fitted = model, fitted

    def fit_sources(self, _dataset: Dataset) -> Any:
        """The situation."""
        return self._fitted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def _copied(lake: Dataset, copies: int) -> Dataset:
    """The chain with everybody in it so many times; receipts of nobody stay as they are."""
    frames = dict(lake.frames)
    number = pl.lit(list(range(copies)))
    for name in ("transactions", "customers", "identities", "events"):
        if name not in frames:
            continue
        own = pl.when(pl.col("customer_id").is_not_null()).then(number).otherwise(pl.lit([0]))
        ids = [one for one in ("customer_id", "transaction_id", "id_value") if one in frames[name].collect_schema()]
        again = frames[name].with_columns(copy=own).explode("copy")
        named = [pl.concat_str(one, pl.lit("-"), "copy").alias(one) for one in ids]
        frames[name] = again.with_columns(named).drop("copy").collect().lazy()
    return replace(lake, frames=frames)


def _larger(people: int, goods: int) -> Any:
    """The script that publishes made-up answers, with more people and more goods each."""
    found: Any = synthetic
    found.CUSTOMERS = [f"C{number:06d}" for number in range(1, people + 1)]
    place = pl.int_range(goods)
    ids = pl.DataFrame({"customer_id": found.CUSTOMERS, "number": range(people)}).with_columns(place=place.implode())
    pairs = ids.explode("place").with_columns(
        product_id=pl.format(
            "P{}", ((pl.col("number") * 7 + pl.col("place") * 7) % 60 + 1).cast(pl.String).str.zfill(4)
        )
    )
    is_repeat = pl.col("place") % 2 == 0
    chance = _CHANCE / (1 + pl.col("place"))
    scored = pairs.select(
        "customer_id",
        "product_id",
        probability=chance,
        gap_days=pl.when(is_repeat).then(14).otherwise(0).cast(pl.Int32),
        probability_7d=pl.when(is_repeat).then(chance / 4),
        probability_14d=pl.when(is_repeat).then(chance / 2),
        probability_28d=pl.when(is_repeat).then(chance),
        kind=pl.when(is_repeat).then(pl.lit("repeat")).otherwise(pl.lit("explore")),
        due_on=pl.when(is_repeat).then(pl.lit(found.AS_OF)),
        reason=pl.when(is_repeat).then(pl.lit("buys")).otherwise(pl.lit("alike")),
    )
    found.scored_pairs = lambda: scored
    _widen(found, people)
    return found


def _widen(found: Any, people: int) -> None:
    """Tables of the script that hold a row per person, for as many people."""
    written = found.write_rows

    def write_rows(folder: Path, name: str, frame: pl.DataFrame) -> None:
        if name == "person":
            frame = pl.DataFrame({"stage": ["friend"] * people, "visits": list(range(people))})
        written(folder, name, frame)

    attributes = found.write_attributes
    found.write_rows = write_rows
    found.write_attributes = lambda folder, goods, adults, chance: attributes(
        folder, goods, adults.repeat(people // len(adults) + 1)[:people], chance
    )


def _ask(people: list[str], key: str, at_once: int) -> None:
    """Asks for everybody and prints processor seconds, people a second, bytes and memory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from starlette.testclient import TestClient

        from serving.service import service

        app: Any = service.to_asgi()
    headers = {"authorization": f"Bearer {key}"}
    with TestClient(app) as http:
        while http.post("/overview", json={}, headers=headers).status_code == 503:
            time.sleep(0.1)
        size = 0
        began, clock = time.process_time(), time.perf_counter()
        for start in range(0, len(people), at_once):
            body: dict[str, Any] = {"customer_ids": people[start : start + at_once], "k": 10}
            answer = http.post("/recommend_batch", json=body, headers=headers)
            lines = answer.content.count(b"\n")
            assert (answer.status_code, lines) == (200, len(body["customer_ids"])), answer.text[:300]
            size += len(answer.content)
        spent, passed = time.process_time() - began, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{len(people):,} people: {spent:.1f} s of processor time ({len(people) / spent:,.0f} a second), "
        f"{passed:.1f} s by the clock, {size / 1e6:.1f} MB, peak memory {peak:.2f} GB"
    )


if __name__ == "__main__":
    main()
