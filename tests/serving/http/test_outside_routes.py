"""Routes of other packages, and the conformance of our own."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from retail_brain.errors import ExtensionError
from retail_brain.settings import Settings
from serving.http.app import Api
from serving.http.conformance import RouteConformance
from serving.http.handlers.call import Call
from serving.http.launch import check_routes
from serving.http.metrics import Meter
from serving.http.middleware import Layer
from serving.http.outside_routes import all_routes
from serving.http.routes import ROUTES, Route
from serving.http.runtime import Runtime
from serving.http.state import State
from tests.outside_package import Install, installable

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette asks for httpx2, which BentoML does not use yet
    from starlette.testclient import TestClient

SIGNS = """
    from pydantic import BaseModel, ConfigDict
    from serving.http.access import Scope
    from serving.http.handlers.call import find_product
    from serving.http.routes import ROUTES, Route

    class SignRequest(BaseModel):
        model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"product_id": "P0001"}]})
        product_id: str

    class SignResponse(BaseModel):
        '''What stands on the shelf sign.'''
        text: str

    def sign(request, call):
        row = find_product(call.answers, request.product_id)
        return {"text": f"{call.answers.products.names[row]} / {call.principal.tenant}"}

    route = Route("/x/signs", "Text of a shelf sign", SignRequest, SignResponse, sign, (Scope.GOODS,))
    astray = Route("/forecast", "Another forecast", SignRequest, SignResponse, sign, (Scope.GOODS,))
    open_door = Route("/x/signs", "Text of a shelf sign", SignRequest, SignResponse, sign, ())
    twice = (route, route)
    wordless = Route("/x/signs", " ", SignRequest, SignResponse, sign, (Scope.GOODS,))
"""


HOSTILE = """
    from typing import Any
    from pydantic import BaseModel, field_validator
    from retail_brain.errors import RetailBrainError
    from serving.http.access import Scope
    from serving.http.routes import Route

    class Asked(BaseModel):
        product_id: str

        @field_validator("product_id")
        @classmethod
        def check(cls, value):
            return value if value else 1 / 0

    class Answer(BaseModel):
        '''Anything.'''
        text: Any

    def failing(request, call):
        raise LookupError(f"nobody has the phone {request.product_id}")

    def ending(request, call):
        raise SystemExit(request.product_id)

    def odd(request, call):
        return {"text": object()}

    def sorry(request, call):
        raise RetailBrainError("the till sleeps. Ask tomorrow.")

    async def waiting(request, call):
        return {}

    def route(run, **more):
        return Route(f"/x/hostile/{run.__name__}", "Fails", Asked, Answer, run, (Scope.GOODS,), **more)

    slow = Route("/x/hostile/slow", "Fails late", Asked, Answer, failing, (Scope.GOODS,), threaded=True)
    routes = (route(failing), route(ending), route(odd), route(sorry), slow)
    late = route(waiting)
"""
PHONE = "13800138000"


class Counted:
    """A meter that keeps what it is told."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, int]] = []

    def begin(self) -> None:
        pass

    def end(self, route: str, status: int, seconds: float) -> None:  # noqa: ARG002  # the protocol's
        self.ended.append((route, status))

    def expose(self) -> bytes:
        return b""


@pytest.fixture
def meter() -> Counted:
    return Counted()


@contextmanager
def service_with(
    client: Any, folder: Path, package: str, code: str, entries: dict[str, dict[str, str]]
) -> Iterator[tuple[TestClient, Runtime]]:
    """A service with the routes of a package beside ours, on the answers of the session's home; made ready once."""
    runtime = Runtime()
    with installable(folder) as put:
        put(package, code, entries)
        http = served(client, runtime)
    yield http, runtime
    runtime.ready_state().stop()


@pytest.fixture(scope="module")
def sign_service(client: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Runtime]]:
    entries = {"routes": {"signs": "sign_package:route"}}
    with service_with(client, tmp_path_factory.mktemp("signs"), "sign_package", SIGNS, entries) as made:
        yield made


@pytest.fixture
def signs(sign_service: tuple[TestClient, Runtime], install: Install, meter: Meter) -> TestClient:
    """That service, and its package installed."""
    install("sign_package", SIGNS, {"routes": {"signs": "sign_package:route"}})
    http, runtime = sign_service
    runtime.meter = meter
    return http


@pytest.fixture(scope="module")
def failing_routes(client: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Runtime]]:
    entries = {"routes": {"hostile": "bad_package:routes"}}
    with service_with(client, tmp_path_factory.mktemp("bad"), "bad_package", HOSTILE, entries) as made:
        yield made


@pytest.fixture
def hostile(failing_routes: tuple[TestClient, Runtime], meter: Meter) -> TestClient:
    http, runtime = failing_routes
    runtime.meter = meter
    return http


def served(client: Any, runtime: Runtime) -> TestClient:
    """A service with all routes that are installed now."""
    runtime.state = State(client.home, Settings())
    runtime.state.refresh()
    routes = all_routes()
    return TestClient(Layer(Api(runtime, routes), runtime, routes))


def test_outside_route_answers_from_the_askers_own_tenant(signs: Any, client: Any) -> None:
    key = client.keys["other", "admin"]
    answer = signs.post("/x/signs", json={"product_id": "P0001"}, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"].endswith(" / other")


def test_outside_route_refuses_no_key_and_the_wrong_role_and_counts_both(
    signs: Any, client: Any, meter: Counted, make_key: Any
) -> None:
    assert signs.post("/x/signs", json={"product_id": "P0001"}).status_code == 401
    assert signs.post("/x/signs", json={}, headers={"authorization": f"Bearer {make_key()}"}).status_code == 400
    assert meter.ended == [("/x/signs", 401), ("/x/signs", 400)]


def test_outside_route_is_documented(signs: Any) -> None:
    operation = signs.get("/docs.json").json()["paths"]["/x/signs"]["post"]
    assert operation["summary"] == "Text of a shelf sign"
    assert operation["operationId"] == "x_signs"


@pytest.mark.parametrize(
    ("entry", "got"),
    [
        ("astray", "got the path /forecast; wanted /x/signs"),
        ("open_door", r"got the scopes \(\); wanted at least one"),
        ("twice", r"got the paths \['/x/signs'\] twice"),
        ("wordless", "got an empty summary for /x/signs; wanted one line"),
        ("sign", "got a function; wanted a serving"),
    ],
)
def test_unusable_route_stops_the_start_and_is_named(install: Install, entry: str, got: str) -> None:
    install("sign_package", SIGNS, {"routes": {"signs": f"sign_package:{entry}"}})
    with pytest.raises(ExtensionError, match=f"the route 'signs' cannot be served: {got}.*sign_package 1.2"):
        check_routes()


def test_route_whose_package_cannot_be_imported_stops_the_start(install: Install) -> None:
    install("sign_package", SIGNS, {"routes": {"signs": "sign_package:missing"}})
    with pytest.raises(ExtensionError, match=r"'signs' failed while it was imported"):
        check_routes()


@pytest.mark.parametrize(
    ("route", "sent", "kind"),
    [
        ("failing", PHONE, "LookupError"),
        ("slow", PHONE, "LookupError"),
        ("ending", PHONE, "SystemExit"),
        ("odd", PHONE, "PydanticSerializationError"),
        ("failing", "", "ZeroDivisionError"),
    ],
)
def test_a_failing_route_is_named_with_its_package_and_nothing_that_was_sent(
    hostile: Any, meter: Counted, make_key: Any, caplog: pytest.LogCaptureFixture, route: str, sent: str, kind: str
) -> None:
    headers = {"authorization": f"Bearer {make_key()}", "X-Request-Id": "r-7"}
    with caplog.at_level("ERROR", "bentoml.retail_brain"):
        answer = hostile.post(f"/x/hostile/{route}", json={"product_id": sent}, headers=headers)
    named = "the route 'hostile' of bad_package 1.2 (bad_package:routes)"
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "r-7")
    assert answer.json() == {
        "error": {
            "code": "failed",
            "message": f"{named} failed on this request; the log of the service says where, beside the id r-7.",
            "details": {},
        }
    }
    assert caplog.messages[-1].startswith(f"{kind} of {named} on request r-7 at ")
    assert PHONE not in answer.text + caplog.text
    assert meter.ended == [(f"/x/hostile/{route}", 500)]


def test_an_error_that_an_outside_route_words_itself_is_answered_and_the_route_logged(
    hostile: Any, make_key: Any, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"authorization": f"Bearer {make_key()}", "X-Request-Id": "r-8"}
    with caplog.at_level("ERROR", "bentoml.retail_brain"):
        answer = hostile.post("/x/hostile/sorry", json={"product_id": "P"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["message"]) == (500, "the till sleeps. Ask tomorrow.")
    assert caplog.messages == [
        "status 500 of the route 'hostile' of bad_package 1.2 (bad_package:routes) on request r-8"
    ]


def test_an_async_handler_stops_the_start(install: Install) -> None:
    install("bad_package", HOSTILE, {"routes": {"hostile": "bad_package:late"}})
    with pytest.raises(ExtensionError, match=r"got an async handler; wanted a plain function.*bad_package 1\.2"):
        check_routes()


@pytest.mark.parametrize("built_in", ROUTES, ids=lambda route: route.path)
class TestBuiltIn(RouteConformance):
    """Every route of ours passes what an outside one must; its answers are checked in test_answers_of_routes."""

    @pytest.fixture(autouse=True)
    def _choose(self, built_in: Route) -> None:
        self._route = built_in

    def route(self) -> Route:
        return self._route

    test_answer_to_every_example_fits_the_response_model = None  # type: ignore[assignment]


class TestSigns(RouteConformance):
    name = "signs"

    @pytest.fixture(autouse=True)
    def _install(self, signs: Any) -> None:
        from serving.http.access import Principal

        state = signs.app._runtime.state
        view = state.view("main")
        self._call = Call(Principal("main", "admin", "k", "n"), view, state, "en", state.now())

    def route(self) -> Route:
        from importlib import import_module

        route: Route = import_module("sign_package").route
        return route

    def call(self) -> Call:
        return self._call
