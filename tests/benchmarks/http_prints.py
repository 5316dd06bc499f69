"""Prints of the service's answers: status, headers and a digest of the body of each, to compare two states of the code.

    PYTHONPATH=. python tests/benchmarks/http_prints.py --home HOME --out FILE
    diff FILE_BEFORE FILE_AFTER

HOME holds published answers and is copied. Every route that only reads is asked as the page asks it, in both languages,
plain and compressed, twice (the second answer may be a kept one), with keys of each role and of a region, a shop and a
guide, and with bad requests, all with the same ids in every run. Ids of requests are left out.
"""

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from bench_http import requests_of

from retail_brain.operational.database import Database
from retail_brain.operational.keys import ROLES, create_key
from retail_brain.operational.places import Place
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.store.current_answers import open_current

Question = tuple[str, bytes]


def questions(home: Path, tenant: str) -> Iterator[Question]:
    """Path and body of every question."""
    answers = open_current(Workspace(home, tenant).answers)
    stores = answers.stores.ids.take(answers.stores.order[:4])
    goods = answers.products.ids.take(answers.products.order[:12])
    people = answers.customers.ids.take(answers.customers.order[:12])

    for path, bodies in requests_of(home, tenant).items():
        yield from ((path, body) for body in bodies[:12])
    yield from of_stores(stores, goods, people)
    for one in goods:
        yield ask("/profile", product_id=one)
        yield ask("/similar", product_id=one, k=5, store_id=stores[0])
        yield ask("/complete_basket", product_ids=[one], k=5)
    for person in people:
        yield ask("/profile", customer_id=person)
        yield ask("/recommend", customer_id=person, k=60, due_within_days=7)
    for kind, query in product(("store", "product", "customer"), ("", "a")):
        yield ask("/search", kind=kind, query=query, limit=20)
    for table in ("suggestions", "attention", "leftovers", "transfers", "counts", "anomalies", "people"):
        yield ask("/listing", table=table, limit=50)
    yield ask("/recommend_batch", customer_ids=people, k=5)
    yield ask("/audience", product_ids=goods, size=200, holdout_share=0.1)
    yield ask("/audience", product_ids=["unknown"], size=20)
    for path in ("/overview", "/orders", "/attention", "/ledger", "/rules", "/segments", "/campaigns", "/triggers"):
        yield ask(path)
    bad = (b"", b"[]", b"{", b'{"k": "x"}', b'{"store_id": "unknown", "product_ids": ["unknown"]}')
    yield from product(("/forecast", "/recommend", "/profile", "/replenish", "/audience", "/nowhere", "/metrics"), bad)


def of_stores(stores: list[str], goods: list[str], people: list[str]) -> Iterator[Question]:
    """What is asked about each shop."""
    for store in stores:
        yield ask("/replenish", store_id=store, limit=200, offset=3)
        yield ask("/replenish", store_id=store, budget=500, product_ids=goods)
        yield ask("/forecast", store_id=store, product_ids=goods, horizon=28, explain=True)
        yield ask("/forecast", store_id=store, product_ids=[*goods[:2], "unknown"], quantiles=[0.3, 0.62])
        yield ask("/head_office", changes=20)
        yield ask("/profile", store_id=store)
        yield ask("/history", store_id=store, product_id=goods[0], days=60)
        yield ask("/line_history", store_id=store, product_id=goods[0])
        yield ask("/what_if", store_id=store, product_id=goods[0], horizon=14, price=4.5)
        yield ask("/audience", product_ids=goods[:2], size=20, store_id=store)
        yield ask("/audience", leftovers=True, size=20, store_id=store)
        for path in ("/transfers", "/counts", "/leftovers", "/anomalies", "/attention"):
            yield ask(path, store_id=store, limit=50)
        for kind in ("repeat", "explore", "mixed"):
            yield ask("/recommend", customer_id=people[0], store_id=store, k=20, kind=kind, explore_at_least=0)
        yield ask(
            "/recommend", id_type="device", id_value="nobody", store_id=store, basket=goods[:3], exclude=goods[3:5]
        )
        yield ask("/recommend", customer_id=people[1], store_id=store, k=20, explore_at_least=5)
        yield ask("/recommend", customer_id="nobody", k=60, fulfilment=["in_store"])
        yield ask("/route_order", lines=[{"product_id": one, "units": 1} for one in goods[:3]], store_id=store)


def ask(path: str, **values: Any) -> Question:
    """A question whose body is JSON."""
    return path, json.dumps(values, ensure_ascii=False).encode()


class Asker:
    """Asks the service's ASGI application in this process."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def ask(self, path: str, body: bytes, headers: dict[str, str], method: str = "POST") -> tuple[Any, ...]:
        """Status, headers without the request's id, and the body's digest and length."""
        said: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "http_version": "1.1",
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        await self._app(scope, receive, send)
        content = b"".join(one.get("body", b"") for one in said[1:])
        names = [(name.decode(), value.decode()) for name, value in said[0]["headers"] if name != b"x-request-id"]
        return said[0]["status"], names, hashlib.sha256(content).hexdigest()[:16], len(content)


async def prints(home: Path, tenant: str, keys: dict[str, str]) -> list[str]:
    """A line per question, asker and language."""
    from serving import service
    from serving.http.middleware import Layer
    from serving.http.state import State

    state = State(home, Settings())
    state.refresh()
    service._runtime.state = state
    asker = Asker(Layer(service._api, service._runtime, service._routes))
    found = []
    for who, key in keys.items():
        for path, body in questions(home, tenant):
            for language in ("en", "zh") if who == "admin" else ("en",):
                for encoding in ("", "gzip", ""):
                    headers = {"authorization": f"Bearer {key}", "accept-language": language}
                    if encoding:
                        headers["accept-encoding"] = encoding
                    told = await asker.ask(path, body, headers)
                    shown = body.decode()[:160]
                    found.append(f"{who} {language} {encoding} {path} {shown}: {told}")
    methods, paths = ("GET", "PUT", "HEAD", "OPTIONS"), ("/", "/docs.json", "/forecast", "/nowhere", "/livez", "/ui")
    found += [f"{method} {path}: {await asker.ask(path, b'', {}, method)}" for method, path in product(methods, paths)]
    bad = ("", "Basic x", "Bearer ", "Bearer wrong")
    found += [f"{key}: {await asker.ask('/forecast', b'{}', {'authorization': key})}" for key in bad]
    state.stop()
    return found


def keys_of(home: Path, tenant: str) -> dict[str, str]:
    """A key of each role, and of an admin for a region, a shop and a guide."""
    answers = open_current(Workspace(home, tenant).answers)
    shop = answers.stores.ids[int(answers.stores.order[0])]
    shops = answers.rows.get("shops")
    region = None if shops is None else shops["region"].drop_nulls().unique().sort()[0]
    places = {role: Place() for role in ROLES}
    places |= {"shop": Place(stores=(shop,)), "guide": Place(guide="g1")}
    if region is not None:
        places["region"] = Place(regions=(region,))
    database = Database(Workspace(home).database_url)
    upgrade(database)
    now = datetime.now(UTC)
    made = {
        who: create_key(tenant, database, role=who if who in ROLES else "admin", name=who, now=now, place=place)
        for who, place in places.items()
    }
    database.close()
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--tenant", default="main")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(options.home, home, ignore=shutil.ignore_patterns("mlruns"))
        os.environ["RETAIL_BRAIN_HOME"] = str(home)
        lines = asyncio.run(prints(home, options.tenant, keys_of(home, options.tenant)))
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{len(lines):,} answers, {len(set(lines)):,} of them distinct, in {options.out}")


if __name__ == "__main__":
    main()
