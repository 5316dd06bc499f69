"""Latency and throughput of the service beside a bare uvicorn + FastAPI route that returns the same bytes.

    python tests/benchmarks/bench_http.py --home HOME [--tenant main] [--seconds 5] [--clients 8] [--with-bentoml-api]

HOME holds published answers (`retail-brain demo --no-serve` makes them). One worker of each server, on this machine,
asked over 8 kept-alive connections by one client process of raw sockets. `--with-bentoml-api` also measures the same
use cases behind `@bentoml.api` methods, which is how the choice between these and mounted routes was made.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.http.launch import environment, wait_until_ready
from serving.store.answer_set import current_id, open_answers

ROOT = Path(__file__).resolve().parent.parent.parent
BARE = """
import json, sys
from pathlib import Path
import uvicorn
from fastapi import FastAPI, Response
app = FastAPI()
for path, text in json.loads(Path(sys.argv[1]).read_text()).items():
    def route(content=text.encode()):
        async def answer() -> Response:
            return Response(content, media_type="application/json")
        return answer
    app.post(path)(route())
@app.get("/readyz")
async def readyz() -> str:
    return "ok"
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
"""
BENTO_API = """
import gc
import bentoml
from serving.http.access import Principal
from serving.http.messages.demand_messages import ForecastRequest
from serving.http.messages.people_messages import RecommendRequest
from serving.http.messages.stock_messages import ReplenishRequest
from serving.http.handlers import forecast, recommend, suggestions
from serving.http.handlers.call import Call
from serving.http.state import State, utc_now
from retail_brain.settings import load_settings
from retail_brain.workspace import Workspace, default_home

@bentoml.service(threads=4, workers=1)
class ByApi:
    @bentoml.on_startup
    def begin(self) -> None:
        home = default_home()
        self.state = State(home, load_settings(Workspace(home)))
        self.state.start()
        gc.collect(); gc.freeze(); gc.set_threshold(20_000, 50, 100)
    def call(self) -> Call:
        return Call(Principal("TENANT", "admin", "k", "n"), self.state.view("TENANT"), self.state, "en", utc_now())
    @bentoml.api(route="/forecast")
    async def forecast(self, body: ForecastRequest, /) -> dict:
        return forecast.forecast(body, self.call())
    @bentoml.api(route="/recommend")
    async def recommend(self, body: RecommendRequest, /) -> dict:
        return recommend.recommend(body, self.call())
    @bentoml.api(route="/replenish")
    async def replenish(self, body: ReplenishRequest, /) -> dict:
        return suggestions.replenish(body, self.call())
"""


def requests_of(home: Path, tenant: str) -> dict[str, list[bytes]]:
    """Bodies for each route, over many stores, products and customers."""
    folder = Workspace(home, tenant).answers
    name = current_id(folder)
    assert name is not None, "publish answers first"
    answers = open_answers(folder / name)
    stores = [answers.stores.ids[row] for row in answers.stores.order[:20].tolist()]
    products = [answers.products.ids[row] for row in answers.products.order[:100].tolist()]
    customers = [answers.customers.ids[row] for row in answers.customers.order[:500].tolist()]
    return {
        "/recommend": [_body(customer_id=one, k=10) for one in customers],
        "/forecast": [
            _body(store_id=stores[row % len(stores)], product_ids=[one], horizon=14) for row, one in enumerate(products)
        ],
        "/replenish": [_body(store_id=one, limit=20) for one in stores],
    }


def _body(**values: object) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode()


async def drive(port: int, path: str, key: str, bodies: list[bytes], seconds: float, clients: int) -> list[float]:
    """Asks over kept-alive connections for some seconds; returns the seconds of each answer."""
    taken: list[float] = []
    stop = time.perf_counter() + seconds

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        place = number
        while time.perf_counter() < stop:
            body = bodies[place % len(bodies)]
            place += clients
            started = time.perf_counter()
            writer.write(_request(path, key, body))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head[:200]
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length[15:]))
            taken.append(time.perf_counter() - started)
        writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return taken


def _request(path: str, key: str, body: bytes) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def one_answer(port: int, path: str, key: str, body: bytes) -> str:
    """The text of one answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body, {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        return response.read().decode()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measure(
    name: str, command: list[str], port: int, key: str, load: dict[str, list[bytes]], options: argparse.Namespace
) -> dict[str, float]:
    """Starts a server, asks it on every route, prints a line per route and returns answers per second by route."""
    process = subprocess.Popen(
        command, env=environment(options.home, 1), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    rates = {}
    try:
        wait_until_ready(process, f"http://127.0.0.1:{port}/readyz", print)
        for path, bodies in load.items():
            asyncio.run(drive(port, path, key, bodies, 1.0, options.clients))
            taken = np.array(asyncio.run(drive(port, path, key, bodies, options.seconds, options.clients))) * 1000
            rates[path] = len(taken) / options.seconds
            p50, p99 = np.percentile(taken, [50, 99])
            print(f"| {name} | `{path}` | {rates[path]:,.0f} | {p50:.2f} | {p99:.2f} |", flush=True)
    finally:
        process.terminate()
        process.wait()
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--tenant", default="main")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--with-bentoml-api", action="store_true")
    options = parser.parse_args()
    database = Database(Workspace(options.home).database_url)
    upgrade(database)
    key = create_key(options.tenant, database, role="admin", name="benchmark", now=datetime.now(UTC))
    load = requests_of(options.home, options.tenant)
    python, bento = sys.executable, [sys.executable, "-m", "bentoml", "serve"]
    print("| server | route | answers/s | p50 ms | p99 ms |\n|---|---|---|---|---|", flush=True)
    port = free_port()
    ours = measure(
        "service",
        [*bento, "serving.service:service", "--host", "127.0.0.1", "--port", str(port)],
        port,
        key,
        load,
        options,
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bare.py").write_text(BARE)
        Path(folder, "bodies.json").write_text(json.dumps(sample_answers(options, key, load)))
        port = free_port()
        bare = measure(
            "bare FastAPI", [python, f"{folder}/bare.py", f"{folder}/bodies.json", str(port)], port, key, load, options
        )
        if options.with_bentoml_api:
            Path(folder, "by_api.py").write_text(BENTO_API.replace("TENANT", options.tenant))
            os.environ["PYTHONPATH"] = folder
            port = free_port()
            by_api = measure(
                "@bentoml.api",
                [*bento, "by_api:ByApi", "--host", "127.0.0.1", "--port", str(port)],
                port,
                key,
                load,
                options,
            )
            print("@bentoml.api to bare:", {path: round(by_api[path] / bare[path], 3) for path in load})
    print("service to bare:", {path: round(ours[path] / bare[path], 3) for path in load})


def sample_answers(options: argparse.Namespace, key: str, load: dict[str, list[bytes]]) -> dict[str, str]:
    """One answer of the service per route, for the bare server to return."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "bentoml",
        "serve",
        "serving.service:service",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(
        command, env=environment(options.home, 1), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(process, f"http://127.0.0.1:{port}/readyz", print)
        return {path: one_answer(port, path, key, bodies[0]) for path, bodies in load.items()}
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
