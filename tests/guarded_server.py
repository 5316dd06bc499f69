"""A real server with guarded connections, for tests that open sockets."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from retail_brain.settings import ServingSettings
from serving.http.connections import guarded


class Server:
    """A server of one test: its address, and why it refused connections."""

    def __init__(self, port: int, refused: list[str]) -> None:
        self.port = port
        self.refused = refused

    def open(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def wait_refused(self, *reasons: str) -> None:
        while sorted(self.refused) != sorted(reasons):
            assert len(self.refused) <= len(reasons), self.refused
            time.sleep(0.01)


@contextmanager
def serving(app: Any, **limits: Any) -> Iterator[Server]:
    """A server of an application behind the guarded protocol, with limits of settings."""
    refused: list[str] = []
    guard = guarded(ServingSettings(**limits), refused.append)
    config = uvicorn.Config(app, http=guard, log_config=None, lifespan="off", loop="asyncio")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Server(listening.getsockname()[1], refused)
        finally:
            server.should_exit = server.force_exit = True
            thread.join()
