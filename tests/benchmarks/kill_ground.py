"""What bench_kills.py kills verbs on: the smallest chain, a home with all sorts of rows, and the calls."""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from fault_tools import ready_home, run, small_chain

SETTINGS = """
[data]
country = "CN"
[demand]
sample_paths = 20
backtest_windows = 1
"""
"""Of the tenant: little to compute, since the files that are left are what counts."""
CAMPAIGN = {
    "name": "Spring",
    "kind": "mixed",
    "starts_on": "2025-03-11",
    "ends_on": "2025-03-25",
    "slots": [{"channel": "sms", "text": "Spring.", "text_zh": "春天。", "contact_cost": 0.01}],
}
TRIGGER = {
    "name": "Bag",
    "kind": "bag_add",
    "delay_minutes": 0,
    "holdout_share": 0.0,
    "slots": [{"channel": "sms", "text": "{product} waits.", "text_zh": "{product}还在。"}],
}
EARLIER = "2025-03-05"
"""A day of the history: features of the last day are there already."""
ERASED, MERGED = "C00030", ("C00031", "C00032")
"""Customers of the chain whom no refusal names."""
TESTED = """
insert into model_tests (tenant_id, name, version, share, begun_by, begun_at, served_at)
values ('main', 'a', 2, .5, 'Li', '2025-02-10 08:00:00.000000', '2025-02-10 09:00:00.000000')
"""
"""A test of two recommenders that has been served for a month."""


@dataclass(frozen=True)
class Verb:
    """A call to be killed, on a copy of the ready home (or on an empty one).

    Attributes:
        is_fresh: starts from an empty home.
        prepared: SQL that is run on the operational database of the copy first.
        outlives: it starts a process that may go on: the rerun waits until no job runs. What ends such a process ends
            the verb too.
        done: what the refusal says where the killed call had done all and only its last word is missing.
    """

    name: str
    arguments: tuple[str, ...]
    is_fresh: bool = False
    prepared: str = ""
    outlives: bool = False
    done: str = ""


def verbs(kept: Path) -> list[Verb]:
    """The verbs; HOME in an argument stands for the home of the call."""
    return [
        Verb("ingest", ("ingest", str(kept / "chain")), is_fresh=True),
        Verb("features", ("features", "--as-of", EARLIER)),
        Verb("train demand", ("train", "demand")),
        Verb("train recommender", ("train", "recommender")),
        Verb("promote", ("promote", "demand", "2", "--force")),
        Verb("publish", ("publish",)),
        Verb("orders export", ("orders", "export", "--to", "HOME/orders.csv")),
        Verb("orders receive", ("orders", "receive", str(kept / "came.csv"), "--on", "2025-03-12")),
        Verb("campaign push", ("campaign", "push", "spring", "--to", "HOME/due.csv", "--day", "2025-03-20")),
        Verb("events collect", ("events", "collect")),
        Verb("contacts optout", ("contacts", "optout", str(kept / "refused.csv"), "--on", "2025-03-12")),
        Verb("forecast", ("forecast", "--horizon", "7", "--out", "HOME/forecast.parquet")),
        Verb("backup", ("backup", "--to", "HOME/backup.tar.gz")),
        Verb("restore", ("restore", str(kept / "base.tar.gz")), is_fresh=True),
        Verb("privacy erase", ("privacy", "erase", ERASED, "--yes"), done="nobody is known as"),
        Verb(
            "quarantine retry",
            ("quarantine", "retry", "inventory", str(kept / "mended.csv")),
            done="set aside",
        ),
        Verb("identity merge", ("identity", "merge", *MERGED, "--reason", "same house")),
        Verb("trigger run", ("trigger", "run", "--to", "HOME/messages.csv", "--at", "2025-03-11T18:00")),
        Verb("guides make", ("guides", "make")),
        Verb("jobs start", ("jobs", "start", "collect_events", "--wait"), outlives=True),
        Verb(
            "model-tests begin", ("model-tests", "begin", "b", "--version", "2", "--no-publish"), done="one version is"
        ),
        Verb("model-tests effect", ("model-tests", "effect", "a"), prepared=TESTED),
        Verb("model-tests drop", ("model-tests", "drop", "a"), prepared=TESTED, done="no test of models"),
        Verb(
            "model-tests promote",
            ("model-tests", "promote", "a", "--force", "--no-publish"),
            prepared=TESTED,
            done="no test of models",
        ),
    ]


def make_ready(kept: Path) -> None:
    """Makes chain, home and backup in a folder."""
    kept.mkdir(parents=True, exist_ok=True)
    chain, base = kept / "chain", kept / "base"
    small_chain(chain)
    settings = base / "var" / "main" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS)
    ready_home(chain, base)
    with_rows(base, kept)
    for arguments in (("train", "demand"), ("train", "recommender"), ("backup", "--to", kept / "base.tar.gz")):
        done = run(base, *arguments)
        assert done.code == 0, done.said


def with_rows(home: Path, kept: Path) -> None:
    """Orders to be exported and received, events to be collected, refusals to be taken, contacts to be handed over."""
    from datetime import UTC, date, datetime

    from retail_brain.operational.database import Database
    from retail_brain.operational.decisions import Decision, store_decisions
    from retail_brain.operational.events import Event, store_events
    from retail_brain.operational.upgrade import upgrade
    from retail_brain.outputs import suggestion_id
    from retail_brain.workspace import Workspace
    from serving.store.current_answers import open_current

    answers = open_current(home / "var" / "main" / "answers")
    as_of = date.fromisoformat(answers.manifest.as_of)
    now = datetime(2025, 3, 11, 8, tzinfo=UTC)
    store, products = answers.stores.ids[0], [answers.products.ids[row] for row in range(12)]
    ids = [suggestion_id(store, product, as_of.isoformat()) for product in products]
    decisions = [
        Decision(f"d-{product}", one, store, product, as_of, "changed", 4.0, 5.0, "fair", "n")
        for product, one in zip(products, ids, strict=True)
    ]
    times, people = now.replace(tzinfo=None), [answers.customers.ids[row] for row in range(20)]
    events = [
        Event(times, "view", event_id=f"e-{place}", customer_id="C1", product_id=products[0]) for place in range(50)
    ]
    events += [
        Event(times, "bag_add", event_id=f"b-{place}", customer_id=f"C{place + 1:05}", product_id=products[0])
        for place in range(60)
    ]
    with closing(Database(Workspace(home).database_url)) as database:
        upgrade(database)
        store_decisions("main", database, decisions, now=now)
        store_events("main", database, events, now=now)
    (kept / "came.csv").write_text("suggestion_id,units\n" + "".join(f"{one},5\n" for one in ids[:6]))
    (kept / "refused.csv").write_text("customer_id\n" + "\n".join(people) + "\n")
    (kept / "spring.json").write_text(json.dumps(CAMPAIGN | {"product_ids": products}))
    (kept / "bag.json").write_text(json.dumps(TRIGGER))
    for arguments in (
        ("campaign", "save", "spring", kept / "spring.json"),
        ("campaign", "preview", "spring"),
        ("campaign", "approve", "spring"),
        ("trigger", "save", "bag", kept / "bag.json"),
        ("ingest", counted_stock(kept)),
        ("quarantine", "show", "inventory", "--out", kept / "bad.csv"),
    ):
        done = run(home, *arguments)
        assert done.code == 0, done.said
    bad = pl.read_csv(kept / "bad.csv", infer_schema=False)
    bad.with_columns(on_hand=pl.lit("7")).write_csv(kept / "mended.csv")


def counted_stock(kept: Path) -> Path:
    """Counts that the lake has already, and two that cannot be read, to be set aside."""
    rows = pl.read_parquet(kept / "chain" / "inventory.parquet").head(200).cast(pl.String)
    bad = rows.head(2).with_columns(on_hand=pl.lit("seven"), date=pl.Series(["2025-03-08", "2025-03-09"]))
    folder = kept / "counts"
    folder.mkdir()
    pl.concat([rows, bad]).write_csv(folder / "inventory.csv")
    return folder
