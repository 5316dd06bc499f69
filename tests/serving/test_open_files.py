"""A worker keeps the files of one set of answers open, whatever failed before; garbage is not collected meanwhile."""

import gc
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio.from_thread
import pytest

from retail_brain.errors import UnavailableError
from retail_brain.operational.keys import create_key
from retail_brain.operational.places import HEADQUARTERS, Place
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http import tenant as tenant_module
from serving.http.app import Api
from serving.http.routes import ROUTES
from serving.http.runtime import Runtime
from serving.http.state import State

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts open files and maps by /proc")
SHOP = Place(stores=("S001",))


class Worker:
    """A service's worker and the answers it is published."""

    def __init__(self, home: Path, synthetic: ModuleType) -> None:
        self._workspace, self._synthetic = Workspace(home, "main"), synthetic
        self.state = State(home, Settings())
        # lives as long as the worker, with all that it remembers
        self._api = Api(Runtime(state=self.state), ROUTES)

    def publish(self, name: str) -> Path:
        self._synthetic.publish_synthetic(self._workspace, name)
        return self._workspace.answers / name

    def held(self, name: str) -> int:
        """Open files and maps of a set of answers, also of one that was removed."""
        part = str(self._workspace.answers / name) + "/"
        maps = sum(part in line for line in Path("/proc/self/maps").read_text().splitlines())
        return maps + sum(part in opened(link) for link in Path("/proc/self/fd").iterdir())

    def ask(self, path: str, body: Any, place: Place = HEADQUARTERS) -> int:
        """The status that the service gives."""
        database, now = self.state.database, datetime.now(UTC)
        key = create_key("main", database, role="admin", name="a", now=now, place=place)
        headers = [(b"authorization", f"Bearer {key}".encode())]
        scope = {"type": "http", "path": path, "method": "POST", "client": ("127.0.0.1", 1), "headers": headers}
        said: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": json.dumps(body).encode()}

        async def send(message: Any) -> None:
            said.append(message)

        with anyio.from_thread.start_blocking_portal() as portal:
            portal.call(self._api, scope, receive, send)
        return int(said[0]["status"])


def opened(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # of the folder that is being listed
        return ""


@pytest.fixture
def worker(tmp_path: Path, synthetic: ModuleType) -> Iterator[Worker]:
    made = Worker(tmp_path, synthetic)
    gc.collect()
    gc.disable()
    yield made
    gc.enable()
    made.state.stop()


@pytest.mark.parametrize(
    ("path", "body", "place", "status"),
    [
        ("/what_if", {"store_id": "nobody", "product_id": "P0001"}, HEADQUARTERS, 404),
        ("/forecast", {"store_id": "nobody", "product_ids": ["P0001"]}, HEADQUARTERS, 404),
        ("/what_if", {"store_id": "S001", "product_id": "P0001"}, HEADQUARTERS, 200),
        ("/what_if", {"store_id": "S002", "product_id": "P0001"}, SHOP, 404),
        ("/forecast", {"store_id": "S001", "product_ids": ["P0001"]}, SHOP, 200),
        ("/replenish", {"store_id": "S001"}, SHOP, 200),
    ],
)
def test_after_an_answer_or_an_error_the_old_set_is_closed(
    worker: Worker, path: str, body: Any, place: Place, status: int
) -> None:
    worker.publish("first")
    worker.state.refresh()
    assert worker.held("first")
    assert worker.ask(path, body, place) == status
    worker.publish("second")
    worker.state.refresh()
    assert (worker.held("first"), bool(worker.held("second"))) == (0, True)


def test_after_a_database_that_was_away_one_set_is_open(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> Any:
        raise UnavailableError("the operational database does not answer.")

    worker.publish("first")
    worker.state.refresh()
    worker.publish("second")
    with monkeypatch.context() as patch:
        for name in ("statuses_mark", "suggestion_statuses", "plans_seen_mark", "moves_mark"):
            patch.setattr(tenant_module, name, away)
        patch.setattr("serving.http.handlers.suggestions.store_decisions", away)
        decision = {"store_id": "S001", "product_id": "P0001", "as_of": "2025-02-28", "action": "approve"}
        assert worker.ask("/decisions", {"decisions": [decision]}) == 503
        for _ in range(3):
            worker.state.refresh()
        assert list(worker.state.faults) == ["main"]
        assert (bool(worker.held("first")), worker.held("second")) == (True, 0)
    worker.state.refresh()
    assert worker.state.faults == {}
    assert (worker.held("first"), bool(worker.held("second"))) == (0, True)


def test_a_damaged_set_does_not_keep_the_one_that_stands_in_for_it(worker: Worker) -> None:
    worker.publish("first")
    damaged = worker.publish("second")
    (damaged / "manifest.json").write_text("{}")
    for _ in range(3):
        worker.state.refresh()
    assert worker.held("first")
    worker.publish("third")
    worker.state.refresh()
    assert (worker.held("first"), bool(worker.held("third"))) == (0, True)
