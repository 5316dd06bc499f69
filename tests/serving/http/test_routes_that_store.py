"""Every request is declared as storing or as reading, and what is declared as reading writes nothing."""

from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from retail_brain.operational.keys import create_key
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http.access import Scope
from serving.http.app import Api
from serving.http.middleware import Layer
from serving.http.routes import ROUTES, Route
from serving.http.runtime import Runtime
from serving.http.state import State
from tests.serving.http.test_description import examples
from tests.serving.reading_requests import watched

BY_PATH = {route.path: route for route in ROUTES}
RULE = {"action": "exclude", "attribute": "category", "values": ["酒类"]}
TRIGGER: dict[str, Any] = next(one for one in examples(BY_PATH["/trigger"]) if one.get("trigger"))
CAMPAIGN: dict[str, Any] = next(one for one in examples(BY_PATH["/campaign"]) if one.get("campaign"))
OVERRIDE: dict[str, Any] = next(one for one in examples(BY_PATH["/overrides"]) if one.get("overrides"))
RETRY: dict[str, Any] = next(one for one in examples(BY_PATH["/quarantine"]) if one.get("action") == "retry")
CHECKED: dict[str, Any] = next(one for one in examples(BY_PATH["/bulk_decisions"]) if one.get("check"))
REQUESTS: list[tuple[str, dict[str, Any], bool]] = [
    ("/rules", {}, False),
    ("/rules", {"rules": [RULE], "check": True}, False),
    ("/rules", {"rules": [RULE]}, True),
    ("/rules", {"rules": []}, True),
    ("/segments", {}, False),
    ("/segments", {"action": "count", "expression": "spend > 1"}, False),
    ("/segments", {"action": "save", "name": "x", "expression": "spend > 1"}, True),
    ("/segments", {"action": "remove", "name": "x"}, True),
    ("/overrides", {"store_id": "S01"}, False),
    ("/overrides", OVERRIDE, True),
    ("/overrides", {"withdraw": ["o-1"]}, True),
    ("/campaign", {"campaign_id": "x"}, False),
    ("/campaign", CAMPAIGN, True),
    ("/campaign_assign", {}, False),
    ("/campaign_assign", {"apply": True}, True),
    ("/trigger", {"trigger_id": "x"}, False),
    ("/trigger", TRIGGER, True),
    ("/trigger_effect", {"trigger_id": "x"}, False),
    ("/trigger_effect", {"trigger_id": "x", "measure": True}, True),
    ("/guide_credit", {}, False),
    ("/guide_credit", {"measure": True}, True),
    ("/model_test", {}, False),
    ("/model_test", {"act": "begin", "name": "x"}, True),
    ("/quarantine", {}, False),
    ("/quarantine", RETRY, True),
    ("/bulk_decisions", CHECKED, False),
    ("/bulk_decisions", CHECKED | {"check": False}, True),
    ("/bulk_decisions", {"withdraw_batch": "b20260301a"}, True),
]


@pytest.mark.parametrize(("path", "body", "stores"), REQUESTS)
def test_a_route_that_does_both_tells_of_each_request_whether_it_stores(
    path: str, body: dict[str, Any], stores: bool
) -> None:
    route = BY_PATH[path]
    assert route.stores(route.request.model_validate(body)) is stores


def test_each_route_that_does_both_is_asked_here() -> None:
    both = {route.path for route in ROUTES if not isinstance(route.writes, bool)}
    assert both == {path for path, *_ in REQUESTS}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_what_is_declared_as_reading_writes_nothing(client: Any, route: Route) -> None:
    """Whatever comes of the examples: `client` refuses what writes undeclared, in every test that asks it."""
    for body in examples(route):
        if not route.stores(route.request.model_validate(body)):
            assert client.post(route.path, body).status_code < 500


class _Nothing(BaseModel):
    """A request and an answer without fields."""


def test_a_route_that_writes_undeclared_is_found(
    tmp_path: Path, synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def store(_request: Any, call: Any) -> dict[str, Any]:
        with call.state.database.writing() as connection:
            call.state.database.ensure_tenant("main", connection, now=call.now)
        return {}

    synthetic.publish_synthetic(Workspace(tmp_path), "first")
    state = State(tmp_path, Settings())
    state.refresh()
    declared = {"/x/none": False, "/x/all": True, "/x/some": lambda _request: True}
    routes = [
        Route(path, "Stores", _Nothing, _Nothing, store, (Scope.PEOPLE,), threaded=True, writes=writes)
        for path, writes in declared.items()
    ]
    api, runtime = Api(Runtime(state=state), routes), Runtime(state=state)
    written = watched(api, monkeypatch)
    key = create_key("main", state.database, role="admin", name="Li", now=datetime.now(UTC))
    asking = TestClient(Layer(api, runtime, routes))
    for path in declared:
        assert asking.post(path, json={}, headers={"authorization": f"Bearer {key}"}).status_code == 200
    state.stop()
    assert written == ["/x/none"]
