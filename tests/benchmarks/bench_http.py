"""Latency and throughput of the service beside a bare Starlette route: the same bytes, server and check of the key.

    python tests/benchmarks/bench_http.py --home HOME [--tenant main] [--seconds 5] [--clients 8] [--with-bentoml-api]

HOME holds published answers (`retail-brain demo --no-serve` makes them) and is copied. One worker of each server, on
this machine, asked over 8 kept-alive connections by one client process of raw sockets. The service is measured twice:
as it is, where most questions were asked before and their answers are kept, and without keeping answers
(`answer_cache_bytes = 0`), where each is computed. `--with-bentoml-api` also measures the same
use cases behind `@bentoml.api` methods, which is how the choice between these and mounted routes was made.
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from bench_events import descendants

from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.http.launch import environment, wait_until_ready
from serving.store.answer_set import open_answers
from serving.store.current_answers import current_id

ROOT = Path(__file__).resolve().parent.parent.parent
BARE = """
import hashlib, json, sys
from pathlib import Path
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
keys = {hashlib.sha256(f"Bearer {sys.argv[3]}".encode()).digest()}
def route(path, content):
    async def answer(request: Request) -> Response:
        await request.body()
        if hashlib.sha256(request.headers["authorization"].encode()).digest() not in keys:
            return Response(status_code=401)
        return Response(content, media_type="application/json")
    return Route(path, answer, methods=["POST"])
async def ready(request: Request) -> Response:
    return Response("ok")
routes = [route(path, text.encode()) for path, text in json.loads(Path(sys.argv[1]).read_text()).items()]
app = Starlette(routes=[*routes, Route("/readyz", ready)])
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
        "/audience": [_body(product_ids=[one], size=100) for one in products],
        "/profile": [_body(customer_id=one) for one in customers],
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


@contextmanager
def running(command: list[str], home: Path, port: int) -> Iterator[int]:
    """A server as long as the block lasts; gives its process id."""
    process = subprocess.Popen(
        command, env=environment(home, 1), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(process, f"http://127.0.0.1:{port}/readyz", print)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def processor_seconds(pid: int) -> float:
    """Seconds of processor that a process and all that it started have taken."""
    ticks = 0
    for one in [pid, *map(int, descendants(pid))]:
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])  # of the user and of the system
    return ticks / os.sysconf("SC_CLK_TCK")


def service_command(service: str, port: int) -> list[str]:
    """The call that serves a BentoML service."""
    return [sys.executable, "-m", "bentoml", "serve", service, "--host", "127.0.0.1", "--port", str(port)]


class Run:
    """What every measurement shares."""

    def __init__(self, options: argparse.Namespace, home: Path) -> None:
        self.options = options
        self.home = home
        database = Database(Workspace(home).database_url)
        upgrade(database)
        self.key = create_key(options.tenant, database, role="admin", name="benchmark", now=datetime.now(UTC))
        database.close()
        self.load = requests_of(home, options.tenant)

    def measure(self, name: str, command: list[str], port: int) -> dict[str, tuple[float, float]]:
        """Asks a server on every route and prints a line per route.

        Returns:
            By route: answers a second, and answers per second of the server's processor, which other programs on the
            machine change less.
        """
        rates = {}
        with running(command, self.home, port) as pid:
            for path, bodies in self.load.items():
                clients, seconds = self.options.clients, self.options.seconds
                asyncio.run(drive(port, path, self.key, bodies, 1.0, clients))
                before = processor_seconds(pid)
                taken = np.array(asyncio.run(drive(port, path, self.key, bodies, seconds, clients))) * 1000
                processor = processor_seconds(pid) - before
                rates[path] = (len(taken) / seconds, len(taken) / processor)
                p50, p99 = np.percentile(taken, [50, 99])
                told = f"{rates[path][0]:,.0f} | {p50:.2f} | {p99:.2f} | {processor / len(taken) * 1e6:.0f}"
                print(f"| {name} | `{path}` | {told} |", flush=True)
        return rates

    def sample_answers(self) -> dict[str, str]:
        """One answer of the service per route, for the bare server to return."""
        port = free_port()
        with running(service_command("serving.service:service", port), self.home, port):
            return {path: one_answer(port, path, self.key, bodies[0]) for path, bodies in self.load.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--tenant", default="main")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--with-bentoml-api", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(options.home, home)
        run = Run(options, home)
        Path(folder, "bare.py").write_text(BARE)
        Path(folder, "bodies.json").write_text(json.dumps(run.sample_answers()))
        print("| server | route | answers/s | p50 ms | p99 ms | microseconds of processor an answer |", flush=True)
        print("|---|---|---|---|---|---|", flush=True)
        port = free_port()
        rates = {"service": run.measure("service", service_command("serving.service:service", port), port)}
        with (home / "var" / options.tenant / "settings.toml").open("a") as settings:
            settings.write("\n[serving]\nanswer_cache_bytes = 0\n")
        port = free_port()
        rates["computed"] = run.measure("computed", service_command("serving.service:service", port), port)
        port = free_port()
        command = [sys.executable, f"{folder}/bare.py", f"{folder}/bodies.json", str(port), run.key]
        bare = run.measure("bare Starlette", command, port)
        if options.with_bentoml_api:
            Path(folder, "by_api.py").write_text(BENTO_API.replace("TENANT", options.tenant))
            os.environ["PYTHONPATH"] = folder
            port = free_port()
            del run.load["/audience"], run.load["/profile"]
            rates["@bentoml.api"] = run.measure("@bentoml.api", service_command("by_api:ByApi", port), port)
        for name, of_routes in rates.items():
            for place, what in enumerate(("answers a second", "answers per second of processor")):
                print(
                    f"{name} to bare, {what}:",
                    {path: round(of[place] / bare[path][place], 3) for path, of in of_routes.items()},
                )


if __name__ == "__main__":
    main()
