"""Answers are given again only as long as they would be computed the same."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from retail_brain.settings import Settings
from retail_brain.which_day import clock_day
from serving.http.access import Principal, Scope
from serving.http.answer_cache import AnswerCache
from serving.http.compression import Rendered
from serving.http.handlers.call import ANEW, Call
from serving.http.routes import ROUTES, Route

ANSWER = Rendered(b"x" * 2_000)


class Asked(BaseModel):
    """A question."""


@dataclass
class View:
    """Stands for a tenant's view: only its identity matters."""

    name: str


def call(view: Any, *, role: str = "admin", language: Any = "en", tenant: str = "main", kept: int = 10_000) -> Call:
    serving = Settings().serving.model_copy(update={"answer_cache_bytes": kept})
    state: Any = SimpleNamespace(settings=Settings().model_copy(update={"serving": serving}))
    return Call(Principal(tenant, role, "k", "n"), view, state, language, datetime.now(UTC))


def route(depends_on: Any = lambda *_: None) -> Route:
    return Route("/x", "X", Asked, Asked, lambda *_: {}, (Scope.GOODS,), depends_on=depends_on)


def test_the_same_question_gets_the_same_bytes_and_any_other_does_not() -> None:
    cache, view = AnswerCache(), View("first")
    cache.put(route(), b"{}", call(view), Asked(), None, ANSWER)
    assert cache.get(route(), b"{}", call(view)) is ANSWER
    others = [call(view, role="marketer"), call(view, language="zh"), call(view, tenant="other")]
    assert all(cache.get(route(), b"{}", other) is None for other in others)
    assert cache.get(route(), b'{"k": 1}', call(view)) is None
    assert cache.get(replace(route(), path="/y"), b"{}", call(view)) is None


def test_another_view_or_state_ends_an_answer() -> None:
    cache, view, state = AnswerCache(), View("first"), [1]
    now = route(lambda *_: list(state))
    cache.put(now, b"{}", call(view), Asked(), [1], ANSWER)
    assert cache.get(now, b"{}", call(view)) is ANSWER
    assert cache.get(now, b"{}", call(View("first"))) is None, "an equal view is another one"
    cache.put(now, b"{}", call(view), Asked(), [1], ANSWER)
    state.append(2)
    assert cache.get(now, b"{}", call(view)) is None


def test_an_answer_does_not_keep_its_view_alive() -> None:
    cache, view = AnswerCache(), View("first")
    cache.put(route(), b"{}", call(view), Asked(), None, ANSWER)
    del view
    assert cache.get(route(), b"{}", call(View("second"))) is None


def test_the_longest_unasked_goes_first_when_the_room_is_full() -> None:
    cache, view = AnswerCache(), View("first")
    for body in (b"1", b"2"):
        cache.put(route(), body, call(view), Asked(), None, ANSWER)
    assert cache.get(route(), b"1", call(view)) is ANSWER
    cache.put(route(), b"3", call(view), Asked(), None, ANSWER)
    assert cache.get(route(), b"2", call(view)) is None
    assert cache.get(route(), b"1", call(view)) is cache.get(route(), b"3", call(view)) is ANSWER


@pytest.mark.parametrize("kept", [0, 1_000])
def test_what_does_not_fit_is_not_kept(kept: int) -> None:
    cache, view = AnswerCache(), View("first")
    cache.put(route(), b"{}", call(view, kept=kept), Asked(), None, ANSWER)
    assert cache.get(route(), b"{}", call(view, kept=kept)) is None


def test_only_routes_that_write_nothing_are_kept() -> None:
    kept = {one.path for one in ROUTES if one.depends_on is not None}
    assert kept == {
        "/assets",
        "/attention",
        "/audience",
        "/complete_basket",
        "/anomalies",
        "/counts",
        "/forecast",
        "/funnel",
        "/head_office",
        "/history",
        "/leftovers",
        "/line_plan",
        "/listing",
        "/profile",
        "/recommend",
        "/replenish",
        "/similar",
        "/transfers",
        "/what_if",
    }


def test_an_audience_of_a_segment_is_computed_every_time() -> None:
    one = next(route for route in ROUTES if route.path == "/audience")
    assert one.depends_on is not None
    asked = {"product_ids": ["P1"], "size": 3}
    of_day = call(View("a"))
    assert one.depends_on(one.request.model_validate(asked), of_day) == clock_day(of_day.now)
    assert one.depends_on(one.request.model_validate(asked | {"segment": "loyal"}), call(View("a"))) is ANEW


def computed(client: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that are computed from now on."""
    from serving.http.app import Api

    paths: list[str] = []
    run = Api._run

    async def noted(self: Api, one: Route, request: Any, asked: Call) -> Any:
        paths.append(one.path)
        return await run(self, one, request, asked)

    monkeypatch.setattr(Api, "_run", noted)
    return paths


def test_the_service_computes_a_question_once_until_something_changes(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = computed(client, monkeypatch)
    question = {"store_id": "S003", "product_ids": ["P0031"], "horizon": 6}
    first, again = client.ask("/forecast", question), client.ask("/forecast", question)
    assert (first, paths) == (again, ["/forecast"])
    made = {"store_id": "S003", "product_id": "P0031", "kind": "factor", "value": 2, "reason": "fair"}
    stored = client.ask("/overrides", {"overrides": [made | {"ends_on": "2025-03-30"}]})["overrides"]
    changed = client.ask("/forecast", question)["forecasts"][0]
    assert changed["forecast"] == 2 * first["forecasts"][0]["forecast"]
    client.ask("/overrides", {"withdraw": [stored[0]["override_id"]]})
    assert client.ask("/forecast", question) == first


def test_a_rule_that_ends_ends_the_answers_under_it(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from serving import service

    paths = computed(client, monkeypatch)
    question = {"customer_id": "C00040", "k": 60}
    before = client.ask("/recommend", question)
    best = before["recommendations"][0]["product_id"]
    soon = datetime.now(UTC) + timedelta(hours=1)
    rule = {"action": "exclude", "attribute": "product_id", "values": [best], "ends_at": soon.isoformat()}
    version = client.ask("/rules", {})["version"]
    answer = client.ask("/rules", {"rules": [rule], "version": version})
    assert best not in [row["product_id"] for row in client.ask("/recommend", question)["recommendations"]]
    paths.clear()
    client.ask("/recommend", question)
    assert paths == []
    state = service._runtime.state
    assert state is not None
    monkeypatch.setattr(state, "now", lambda: datetime.now(UTC) + timedelta(hours=2))
    assert client.ask("/recommend", question)["recommendations"] == before["recommendations"]
    client.ask("/rules", {"rules": [], "version": answer["version"]})
