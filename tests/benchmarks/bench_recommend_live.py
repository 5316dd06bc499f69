"""`/recommend` over HTTP under rules, for strangers, after one event and in a shop with empty shelves.

    PYTHONPATH=. python tests/benchmarks/bench_recommend_live.py --home FOLDER

FOLDER is made on the first run: the sample chain with the shelves of shop S08 emptied and beverages flagged for adults,
a recommender fitted on it (no demand model), and its answers. Two workers serve it on this machine.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from bench_http import ROOT, free_port

from retail_brain.files import scratch_folder
from retail_brain.ingest import ingest
from retail_brain.lake import open_lake
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from retail_brain.sources.connectors import sample_folder
from retail_brain.workspace import Workspace
from serving.http.launch import environment, wait_until_ready
from serving.store.current_answers import current_id
from serving.store.publishing.run import publish
from training.bundle import point_champion, write_bundle
from training.recommender.model import RecommenderModel

EMPTY, STOCKED, ROUNDS = "S08", "S01", 100
Ask = Callable[[str, dict[str, Any]], Any]


def main() -> None:
    """Makes the home where it is missing, serves it, and prints one line per situation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=lambda text: Path(text).resolve(), required=True)
    options = parser.parse_args()
    workspace = Workspace(options.home)
    if current_id(workspace.answers) is None:
        prepare(workspace)
    database = Database(workspace.database_url)
    upgrade(database)
    key = create_key("main", database, role="admin", name="benchmark", now=datetime.now(UTC))
    port = free_port()
    command = [sys.executable, "-m", "bentoml", "serve", "serving.service:service", "--host", "127.0.0.1"]
    with subprocess.Popen(
        [*command, "--port", str(port)],
        env=environment(options.home, 2),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_until_ready(process, f"http://127.0.0.1:{port}/readyz", print)
            situations(asker(port, key), people(workspace), goods_in_stock(workspace))
        finally:
            process.terminate()
    database.close()


def prepare(workspace: Workspace) -> None:
    """The changed sample in a lake, a recommender and its answers."""
    progress = Progress()
    with scratch_folder("bench") as folder:
        for path in sorted(sample_folder().glob("*.parquet")):
            frame = pl.read_parquet(path)
            if path.stem == "inventory":
                on_hand = pl.when(pl.col("store_id") == EMPTY).then(0.0).otherwise(pl.col("on_hand"))
                frame = frame.with_columns(on_hand.alias("on_hand"))
            if path.stem == "products":
                frame = frame.with_columns(age_restricted=pl.col("category") == "饮料")
            frame.write_parquet(folder / path.name)
        ingest(str(folder), str(workspace.lake), Settings(), progress)
    dataset = open_lake(str(workspace.lake))
    day = dataset.last_day()
    began = time.perf_counter()
    model = RecommenderModel.fit(dataset, as_of=day, progress=progress)
    print(f"recommender fitted in {time.perf_counter() - began:.1f} s")
    write_bundle(workspace, "recommender", 1, {"as_of": day.isoformat()}, model.save)
    point_champion(workspace, "recommender", 1)
    publish(workspace, dataset.at(day), Settings(), progress)


def people(workspace: Workspace) -> list[str]:
    """Some customers who bought lately, in the order of their ids."""
    lines = open_lake(str(workspace.lake)).scan("transactions")
    known = lines.filter(pl.col("customer_id").is_not_null()).select("customer_id").unique().collect()
    return known["customer_id"].sort().to_list()[:ROUNDS]


def goods_in_stock(workspace: Workspace) -> list[str]:
    """Products that some shop has and that anybody may be offered, in the order of their ids."""
    lake = open_lake(str(workspace.lake))
    counts = lake.scan("inventory").filter(pl.col("date") == pl.col("date").max(), pl.col("on_hand") > 0)
    goods = lake.scan("products").filter(pl.col("category") != "饮料").join(counts, on="product_id", how="semi")
    return goods.select(pl.col("product_id").sort()).collect()["product_id"].to_list()


def asker(port: int, key: str) -> Ask:
    """Asks the service; a new connection each time, so that either worker may answer."""

    def ask(path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Accept-Language": "en"},
        )
        with urllib.request.urlopen(request) as response:
            return json.loads(response.read())

    return ask


def situations(ask: Ask, customers: list[str], items: list[str]) -> None:
    """Prints what each situation gives: rows, how they get to the person, and milliseconds."""
    print("| situation | answers | rows | basis, known by | fulfilment | what is said | p50 ms |")
    print("|---|---|---|---|---|---|---|")
    ask("/rules", {"rules": []})
    line("known people, no shop", [timed(ask, {"customer_id": one}) for one in customers])
    line("known people in S01", [timed(ask, {"customer_id": one, "store_id": STOCKED}) for one in customers])
    line(
        "known people in S08, shelves empty", [timed(ask, {"customer_id": one, "store_id": EMPTY}) for one in customers]
    )
    strangers = [{"id_type": "device", "id_value": uuid.uuid4().hex} for _ in customers]
    line("strangers in S01", [timed(ask, one | {"store_id": STOCKED}) for one in strangers])
    line("strangers in S08, shelves empty", [timed(ask, one | {"store_id": EMPTY}) for one in strangers])
    goods = [row["product_id"] for row in ask("/recommend", {"customer_id": customers[0], "k": 3})["recommendations"]]
    pinned = ask("/search", {"kind": "product", "query": "", "limit": 30})["items"][-1]["id"]
    ask("/rules", {"rules": rules(goods, pinned)})
    time.sleep(1)
    ruled = [timed(ask, {"customer_id": one, "store_id": STOCKED}) for one in customers]
    line("known people in S01 under 5 rules", ruled)
    check(ruled, goods, pinned)
    ask("/rules", {"rules": []})
    time.sleep(1)
    live(ask, strangers, items)


def rules(goods: list[str], pinned: str) -> list[dict[str, Any]]:
    """A pin, an exclusion, a boost, a cap and diversity."""
    return [
        {"action": "pin", "values": [pinned], "name": "festival"},
        {"action": "exclude", "values": goods[:1], "name": "recall"},
        {"action": "boost", "values": goods[1:2], "factor": 3},
        {"action": "cap", "attribute": "category", "limit": 2},
        {"action": "diversify", "attribute": "brand", "factor": 1.5},
    ]


def check(answers: list[tuple[float, Any]], goods: list[str], pinned: str) -> None:
    """How many answers keep the rules; a pinned good that a person is not to buy for weeks stays held back."""
    lists = [[row["product_id"] for row in answer["recommendations"]] for _, answer in answers]
    first = sum(found[0] == pinned for found in lists)
    absent = sum(pinned not in found for found in lists)
    kept = sum(goods[0] not in found for found in lists)
    print(f"\nof {len(lists)} answers: pin first in {first}, held back in {absent}, exclusion kept in {kept}\n")


def live(ask: Ask, strangers: list[dict[str, str]], items: list[str]) -> None:
    """Milliseconds from sending a stranger's first event, and a purchase, until the answers of both workers know it."""
    today = date.fromisoformat(ask("/overview", {})["as_of"]).isoformat()
    shown, gone, new = [], [], 0
    for number, one in enumerate(strangers[:50]):
        product = items[-1 - number % 40]
        event = one | {"occurred_at": f"{today}T12:00:00", "product_id": product}
        new += product not in listed(ask, one)
        shown.append(until(ask, one, event | {"event_type": "bag_add"}, lambda found, it=product: it in found))
        gone.append(until(ask, one, event | {"event_type": "purchase"}, lambda found, it=product: it not in found))
    for what, taken in (("a first event brings its good", shown), ("a purchase takes it away", gone)):
        print(f"{what}: median {np.median(taken) * 1e3:.0f} ms, worst of {len(taken)} {max(taken) * 1e3:.0f} ms")
    print(f"in {new} of {len(shown)} the good was not in the list before")


def until(ask: Ask, person: dict[str, str], event: dict[str, Any], holds: Callable[[list[str]], bool]) -> float:
    """Seconds from sending an event until four answers in a row, each on a new connection, are as they should be."""
    began = time.perf_counter()
    ask("/events", {"events": [event]})
    while time.perf_counter() - began < 10:
        asked = time.perf_counter()
        if all(holds(listed(ask, person)) for _ in range(4)):
            return asked - began
    return float("inf")


def listed(ask: Ask, person: dict[str, str]) -> list[str]:
    """The products of the person's next answer."""
    return [row["product_id"] for row in ask("/recommend", person | {"k": 10})["recommendations"]]


def timed(ask: Ask, body: dict[str, Any]) -> tuple[float, Any]:
    """Seconds and answer of one request for ten goods."""
    began = time.perf_counter()
    answer = ask("/recommend", body | {"k": 10})
    return time.perf_counter() - began, answer


def line(name: str, answers: list[tuple[float, Any]]) -> None:
    """One row of the table."""
    rows = [row for _, answer in answers for row in answer["recommendations"]]
    ways = {
        str(way): sum(str(row["fulfilment"]) == way for row in rows) for way in {str(row["fulfilment"]) for row in rows}
    }
    known = {f"{answer['basis']}, {answer['known_by']}" for _, answer in answers}
    notes = {note["text"] for _, answer in answers for note in answer["notes"]}
    taken: dict[str, int] = {}
    for _, answer in answers:
        for rule in answer["rules_applied"]:
            taken[rule["name"]] = taken.get(rule["name"], 0) + rule["goods"]
    said = "; ".join(sorted(notes) + [f"{goods} goods taken by “{rule}”" for rule, goods in sorted(taken.items())])
    share = ", ".join(f"{way} {count / len(rows):.0%}" for way, count in sorted(ways.items()))
    middle = np.median([seconds for seconds, _ in answers]) * 1e3
    print(
        f"| {name} | {len(answers)} | {len(rows) / len(answers):.1f} | {'; '.join(sorted(known))} | {share} | {said} | "
        f"{middle:.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
