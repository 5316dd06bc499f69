"""One service for the whole session, on synthetic answers of two tenants."""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from retail_brain.operational.database import Database
from retail_brain.operational.keys import ROLES, create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from tests.serving import synthetic as answers_by_arithmetic
from tests.serving.reading_requests import watched

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette asks for httpx2, which BentoML does not use yet
    from starlette.testclient import TestClient


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    """Makes answers; it remembers those that it has made."""
    return answers_by_arithmetic


@dataclass(frozen=True)
class Client:
    """Asks the service as somebody.

    Attributes:
        http: speaks ASGI to the service.
        keys: (tenant, role) -> key.
        home: where the answers and the database are.
        written: see `reading_requests.watched`.
    """

    http: TestClient
    keys: dict[tuple[str, str], str]
    home: Path
    written: list[str]

    def post(
        self, path: str, body: Any, *, role: str = "admin", tenant: str = "main", language: str = "en"
    ) -> httpx.Response:
        """One request with a key of a tenant and role; bytes are sent as they are."""
        headers = {"authorization": f"Bearer {self.keys[tenant, role]}", "accept-language": language}
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        response = self.http.post(path, headers=headers, **content)
        # whatever a test asks: answers are for one key, and no cache on the way may keep them
        assert response.status_code != 200 or response.headers["cache-control"] == "no-store"
        # and where the service lies on its machine is the operator's business; files that leave are no text
        assert str(self.home).encode() not in response.content
        # who is told that an answer is late is told whether anything may have been stored
        found = [*self.written]
        self.written.clear()
        assert not found, f"{found} write: give their routes `writes`"
        return response

    def ask(self, path: str, body: Any, **asker: str) -> Any:
        """The JSON of a good answer."""
        response = self.post(path, body, **asker)
        assert response.status_code == 200, response.text
        return response.json()

    def wait_for(self, tenant: str, role: str = "marketer") -> None:
        """Until the service has found the answers of a tenant: it looks every second."""
        until = time.monotonic() + 30
        while self.post("/overview", {}, tenant=tenant, role=role).status_code == 503:
            assert time.monotonic() < until, f"the service does not see the answers of {tenant}"
            time.sleep(0.05)

    def wait_until(self, is_so: Callable[[], bool], shown: Callable[[], Any] = lambda: "") -> None:
        """Until the service has found what somebody else wrote: it looks every second."""
        until = time.monotonic() + 30
        while not is_so():
            assert time.monotonic() < until, f"the service does not see it: {shown()}"
            time.sleep(0.05)

    def error(self, path: str, body: Any, **asker: str) -> dict[str, Any]:
        """The error of a refusal."""
        error: dict[str, Any] = self.post(path, body, **asker).json()["error"]
        return error

    def refused(self, path: str, body: Any, **asker: str) -> tuple[int, str]:
        """Status and code of an error, whose shape is checked."""
        response = self.post(path, body, **asker)
        error = response.json()["error"]
        assert set(response.json()) == {"error"}
        assert set(error) == {"code", "message", "details"}
        return response.status_code, error["code"]


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory, synthetic: ModuleType) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("service")
    database = Database(Workspace(home).database_url)
    upgrade(database)
    keys = {}
    for tenant, factor in (("main", 1.0), ("other", 10.0)):
        synthetic.publish_synthetic(Workspace(home, tenant), "first", factor=factor)
        for role in ROLES:
            keys[tenant, role] = create_key(tenant, database, role=role, name=f"{role}先生", now=datetime.now(UTC))
    synthetic.publish_synthetic(Workspace(home, "bare"), "first", has_models=False)
    keys["bare", "admin"] = create_key("bare", database, role="admin", name="b", now=datetime.now(UTC))
    keys["empty", "admin"] = create_key("empty", database, role="admin", name="e", now=datetime.now(UTC))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETAIL_BRAIN_HOME", str(home))
        patch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
        patch.setenv("BENTOML_DO_NOT_TRACK", "True")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of libraries that BentoML imports
            from serving.service import _api, service

            written = watched(_api, patch)
            app = service.to_asgi()
        with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as http:
            yield Client(http, keys, home, written)
    database.close()


@pytest.fixture
def database(client: Client) -> Iterator[Database]:
    made = Database(Workspace(client.home).database_url)
    yield made
    made.close()


@pytest.fixture
def make_key(database: Database) -> Callable[..., str]:
    def make(**given: Any) -> str:
        return create_key("main", database, **({"role": "admin", "name": "n", "now": datetime.now(UTC)} | given))

    return make
