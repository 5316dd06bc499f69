"""Processor time of one request by layer, in one process: ours beside a bare Starlette route.

    PYTHONPATH=. python tests/benchmarks/bench_request.py --home HOME [--rounds 3000] [--profile /recommend] [--sockets]

HOME holds published answers and is copied. Each route is asked thousands of times: through the protocol class of the
server (uvicorn, httptools, uvloop) with a transport that only counts, and through the ASGI application alone. Other
programs on the machine change processor time less than answers per second. `--profile PATH` prints where the calls of
one route go (cProfile), for kept answers and for computed ones. `--sockets` asks for kept answers over 8 connections to
a process of its own instead, and takes that process's time (Linux).
"""

import argparse
import asyncio
import cProfile
import hashlib
import logging
import os
import pstats
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from bench_http import requests_of
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.server import ServerState

from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace

Ask = Callable[[str, bytes], Awaitable[bytes]]


class CountingTransport(asyncio.Transport):
    """Keeps the bytes of the last answer and says when it is whole."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)}.get(name, default)

    def write(self, data: Any) -> None:
        self.written.append(data)

    def writelines(self, list_of_data: Any) -> None:
        self.written.extend(list_of_data)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def through_server(app: Any, protocol: Any, head: bytes) -> Ask:
    """Asks through the protocol class of the server."""
    config = uvicorn.Config(app, log_config=None, server_header=False, lifespan="off", access_log=False)
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"Fri, 27 Nov 2026 18:00:00 GMT")]
    transport = CountingTransport()
    connection = protocol(config=config, server_state=state, app_state={})
    connection.connection_made(transport)

    async def ask(path: str, body: bytes) -> bytes:
        transport.written.clear()
        connection.data_received(head % (path.encode(), len(body)) + body)
        while not connection.cycle.response_complete:
            await asyncio.sleep(0)
        return b"".join(transport.written)

    return ask


class Served:
    """An application in a process of its own, asked over 8 connections."""

    def __init__(self, app: Any, protocol: Any) -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        self._child = os.fork()
        if not self._child:
            uvloop.run(serve(app, protocol, listening))
        self._clients = [socket.create_connection(listening.getsockname()) for _ in range(8)]
        listening.close()

    def microseconds(self, requests: list[bytes], rounds: int) -> float:
        """Processor time an answer takes the process."""
        begun = self._nanoseconds()
        for place in range(rounds // 8):
            for number, client in enumerate(self._clients):
                client.sendall(requests[(8 * place + number) % len(requests)])
            for client in self._clients:
                read_answer(client)
        return (self._nanoseconds() - begun) / (rounds // 8 * 8) / 1000

    def _nanoseconds(self) -> int:
        return int(Path(f"/proc/{self._child}/schedstat").read_text().split()[0])

    def stop(self) -> None:
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)


async def serve(app: Any, protocol: Any, listening: socket.socket) -> None:
    """Serves until the process ends."""
    # BentoML starts uvicorn with its lines wanted and gives the root logger a handler
    logging.basicConfig(level=logging.WARNING)
    is_bare = protocol is AutoHTTPProtocol
    config = uvicorn.Config(app, log_config=None, server_header=False, lifespan="off", access_log=not is_bare)
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"Fri, 27 Nov 2026 18:00:00 GMT")]
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: protocol(config=config, server_state=state, app_state={}), sock=listening)
    await asyncio.Event().wait()


def read_answer(client: socket.socket) -> None:
    """Reads one whole answer."""
    got = client.recv(1 << 18)
    assert got.startswith(b"HTTP/1.1 200"), got[:300]
    end = got.index(b"\r\n\r\n") + 4
    line = next(line for line in got[:end].lower().split(b"\r\n") if line.startswith(b"content-length:"))
    left = end + int(line[15:]) - len(got)
    while left > 0:
        left -= len(client.recv(left))


def through_asgi(app: Any, key: str) -> Ask:
    """Asks the application itself."""
    parts: list[bytes] = []
    authorization = f"Bearer {key}".encode()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            parts.append(message["body"])

    async def ask(path: str, body: bytes) -> bytes:
        parts.clear()
        message = {"type": "http.request", "body": body, "more_body": False}

        async def receive() -> Any:
            return message

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 1),
            "client": ("127.0.0.1", 2),
            "scheme": "http",
            "method": "POST",
            "root_path": "",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [
                (b"host", b"127.0.0.1"),
                (b"authorization", authorization),
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
            ],
            "state": {},
        }
        await app(scope, receive, send)
        return b"".join(parts)

    return ask


def bare_app(contents: dict[str, bytes], key: str) -> Starlette:
    """The bare route of `bench_http.py`: reads the body, checks the key and gives the same bytes."""
    keys = {hashlib.sha256(f"Bearer {key}".encode()).digest()}

    def route(path: str, content: bytes) -> StarletteRoute:
        async def answer(request: Request) -> Response:
            await request.body()
            if hashlib.sha256(request.headers["authorization"].encode()).digest() not in keys:
                return Response(status_code=401)
            return Response(content, media_type="application/json")

        return StarletteRoute(path, answer, methods=["POST"])

    return Starlette(routes=[route(path, content) for path, content in contents.items()])


async def measure(ask: Ask, path: str, bodies: list[bytes], rounds: int) -> float:
    """Microseconds of processor an answer: the least of three runs, after every body was asked once."""
    for body in bodies[:rounds]:
        await ask(path, body)
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        for place in range(rounds):
            await ask(path, bodies[place % len(bodies)])
        best = min(best, (time.process_time() - begun) / rounds * 1e6)
    return best


def keep_answers(state: Any, size: int) -> None:
    """Sets how many bytes of answers the worker keeps."""
    serving = state.settings.serving.model_copy(update={"answer_cache_bytes": size})
    state.settings = state.settings.model_copy(update={"serving": serving})


def head_of(key: str) -> bytes:
    """Head of a request, with room for the path and the length of the body."""
    head = f"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
    return (head + "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n").encode()


def our_application(home: Path) -> tuple[Any, Any]:
    """The service's ASGI application as a worker has it, and its state."""
    from serving import service
    from serving.http.metrics import PrometheusMeter
    from serving.http.middleware import Layer
    from serving.http.state import State

    state = State(home, Settings())
    state.refresh()
    service._runtime.state, service._runtime.meter = state, PrometheusMeter("retail_brain", time.time())
    return Layer(service._api, service._runtime, service._routes), state


def run_sockets(options: argparse.Namespace, home: Path, key: str) -> None:
    """Prints a line per route, for kept answers over sockets."""
    from serving.http.connections import guarded

    ours, state = our_application(home)
    load, asgi = requests_of(home, options.tenant), through_asgi(ours, key)

    async def fill() -> dict[str, bytes]:
        return {path: [await asgi(path, body) for body in reversed(bodies)].pop() for path, bodies in load.items()}

    # computed before the process forks: threads of Polars do not live on in the other
    bare = bare_app(uvloop.run(fill()), key)
    protocol = guarded(state.settings.serving, lambda _reason: None)
    print("| route, kept answers | bare Starlette | ours | ratio |")
    print("|---|---|---|---|", flush=True)
    servers = [Served(bare, AutoHTTPProtocol), Served(ours, protocol)]
    head = head_of(key)
    for path, bodies in load.items():
        requests = [head % (path.encode(), len(body)) + body for body in bodies]
        # by turns, so that what else runs meets both; the first runs warm up
        runs = [[one.microseconds(requests, options.rounds) for one in servers] for _ in range(7)][1:]
        taken = [min(of) for of in zip(*runs, strict=True)]
        print(f"| `{path}` | {taken[0]:.0f} | {taken[1]:.0f} | {taken[0] / taken[1]:.2f} |", flush=True)
    for one in servers:
        one.stop()
    state.stop()


async def run(options: argparse.Namespace, home: Path, key: str) -> None:
    from serving import service
    from serving.http.answer_cache import AnswerCache
    from serving.http.connections import guarded

    ours, state = our_application(home)
    head = head_of(key)
    load = requests_of(home, options.tenant)
    paths = [options.profile] if options.profile else list(load)
    asgi = through_asgi(ours, key)
    answers = {path: await asgi(path, load[path][0]) for path in paths}
    bare = bare_app(answers, key)
    protocol = guarded(state.settings.serving, lambda _reason: None)
    asks = {
        "bare, with server": through_server(bare, AutoHTTPProtocol, head),
        "ours, with server": through_server(ours, protocol, head),
        "bare, alone": through_asgi(bare, key),
        "ours, alone": asgi,
    }
    print("| route | answers | bare, with server | ours, with server | ratio | bare, alone | ours, alone |")
    print("|---|---|---|---|---|---|---|", flush=True)
    kept = Settings().serving.answer_cache_bytes
    for path in paths:
        for name, size, rounds in (("kept", kept, options.rounds), ("computed", 0, max(40, options.rounds // 30))):
            keep_answers(state, size)
            service._api._cache = AnswerCache()
            taken = {
                who: await measure(ask, path, load[path], rounds if who[:4] == "ours" else options.rounds)
                for who, ask in asks.items()
            }
            ratio = taken["bare, with server"] / taken["ours, with server"]
            cells = [f"{taken['bare, with server']:.1f}", f"{taken['ours, with server']:.1f}", f"{ratio:.3f}"]
            cells += [f"{taken['bare, alone']:.1f}", f"{taken['ours, alone']:.1f}"]
            print("|", " | ".join([f"`{path}`", name, *cells]), "|", flush=True)
            if options.profile:
                profiler = cProfile.Profile()
                profiler.enable()
                for place in range(rounds):
                    await asks["ours, with server"](path, load[path][place % len(load[path])])
                profiler.disable()
                pstats.Stats(profiler).sort_stats(options.sort).print_stats(options.lines)
    state.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--tenant", default="main")
    parser.add_argument("--rounds", type=int, default=3000)
    parser.add_argument("--profile", help="a route whose calls are printed")
    parser.add_argument("--sockets", action="store_true")
    parser.add_argument("--sort", default="tottime")
    parser.add_argument("--lines", type=int, default=45)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(options.home, home, ignore=shutil.ignore_patterns("lake", "features", "mlruns", "bundles"))
        os.environ["RETAIL_BRAIN_HOME"] = str(home)
        database = Database(Workspace(home).database_url)
        upgrade(database)
        key = create_key(options.tenant, database, role="admin", name="benchmark", now=datetime.now(UTC))
        database.close()
        if options.sockets:
            run_sockets(options, home, key)
        else:
            uvloop.run(run(options, home, key))


if __name__ == "__main__":
    main()
