"""Health, metrics, documentation, the page's door and the headers on everything."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from serving.http.access import ROLE_SCOPES
from serving.http.middleware import Layer
from serving.http.routes import ROUTES
from serving.http.runtime import Runtime


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_health_is_open_to_all(client: Any, path: str) -> None:
    assert client.http.get(path).status_code == 200


@pytest.mark.parametrize(
    ("tenants", "faults", "code"),
    [
        (None, {}, "starting"),
        ((), {}, "not_published"),
        ((), {"main": "bad"}, "at_fault"),
        (("main",), {}, "failed"),
    ],
    ids=str,
)
def test_readyz_says_why_it_is_not_ready(
    client: Any, tenants: tuple[str, ...] | None, faults: dict[str, str], code: str
) -> None:
    state = SimpleNamespace(
        tenants=tenants, faults=faults, writes_fault="", newer=(), settings=SimpleNamespace(serving=None)
    )
    runtime: Any = Runtime(state=None if tenants is None else cast("Any", state))
    http = type(client.http)(Layer(PlainTextResponse("Service is not ready.", 503), runtime, ROUTES))
    answer = http.get("/readyz")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, code)


@pytest.mark.parametrize("path", ["/", "/ui"])
def test_the_root_leads_to_the_page(client: Any, path: str) -> None:
    response = client.http.get(path)
    assert (response.status_code, response.headers["location"]) == (307, "ui/")
    assert client.http.get(f"{path}?lang=zh").headers["location"] == "ui/?lang=zh"


def test_nothing_names_another_host(client: Any) -> None:
    page = client.http.get("/ui/").text
    assert "<html" in page
    assert "googletagmanager" not in page
    assert "https://" not in page.replace("https://www.w3.org", "")
    assert client.http.get("/static_content/main.js").status_code == 404


@pytest.mark.parametrize("path", ["/", "/ui/", "/docs.json", "/livez", "/nowhere", "/metrics"])
def test_security_headers_are_on_everything_once(client: Any, path: str) -> None:
    headers = client.http.get(path).headers
    wanted = "default-src 'self'" if path == "/ui/" else "default-src 'none'; frame-ancestors 'none'"
    assert headers["content-security-policy"].startswith(wanted)
    assert headers["x-content-type-options"] == "nosniff"
    assert len(headers.get_list("content-security-policy")) == 1


def test_every_server_of_the_process_guards_its_connections(client: Any) -> None:
    config = uvicorn.Config(client.http.app, log_config=None)  # as BentoML makes it: without a protocol
    config.load()
    assert config.http_protocol_class.__name__ == "GuardedProtocol"


def test_metrics_count_by_route_and_status(client: Any) -> None:
    def count() -> float:
        lines = client.http.get("/metrics").text.splitlines()
        found = [line for line in lines if 'endpoint="/overview",http_response_code="200"' in line]
        return float(found[0].rsplit(" ", 1)[1]) if found else 0.0

    before = count()
    client.ask("/overview", {})
    assert count() == before + 1


def test_the_documentation_covers_every_route_with_examples_that_are_understood(client: Any) -> None:
    docs = client.http.get("/docs.json").json()
    assert docs["openapi"].startswith("3.1")
    assert set(docs["paths"]) == {route.path for route in ROUTES} | {
        "/livez",
        "/readyz",
        "/metrics",
        "/docs.json",
        "/ui/",
    }
    for route in ROUTES:
        operation = docs["paths"][route.path]["post"]
        examples = operation["requestBody"]["content"]["application/json"]["examples"]
        assert examples, route.path
        for example in examples.values():
            route.request.model_validate(example["value"])
        assert set(operation["responses"]) >= {"200", "400", "401", "403", "404", "413", "422", "429", "503"}


def test_every_reference_of_the_documentation_leads_somewhere(client: Any) -> None:
    docs = client.http.get("/docs.json").json()
    known = {f"#/components/schemas/{name}" for name in docs["components"]["schemas"]}

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(one) for one in value.values()))
        return set().union(*(references(one) for one in value)) if isinstance(value, list) else set()

    assert references(docs) <= known


def test_an_admin_may_do_everything_and_nobody_else_may(client: Any) -> None:
    everything = ROLE_SCOPES["admin"]
    assert all(set(route.scopes) <= everything for route in ROUTES)
    assert all(scopes < everything for role, scopes in ROLE_SCOPES.items() if role != "admin")


@pytest.mark.parametrize(("language", "words"), [("en", "failed on this request"), ("zh", "处理这个请求时出错")])
def test_a_fault_is_told_in_the_language_asked_for(client: Any, language: str, words: str) -> None:
    async def broken(_scope: object, _receive: object, _send: object) -> None:
        raise KeyError("reading")

    http = type(client.http)(Layer(broken, Runtime(), ROUTES))
    answer = http.post("/campaigns", json={}, headers={"accept-language": language, "x-request-id": "proxy-7"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (500, "failed")
    assert words in error["message"]
    assert "proxy-7" in error["message"]


@pytest.mark.parametrize(("status", "words"), [(404, "没有这个地址"), (405, "不接受该请求方式"), (500, "处理时出错")])
def test_plain_errors_around_the_routes_are_told_in_chinese(client: Any, status: int, words: str) -> None:
    http = type(client.http)(Layer(PlainTextResponse("no", status), Runtime(), ROUTES))
    assert words in http.get("/x", headers={"accept-language": "zh"}).json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body", "problem", "words"),
    [
        ("/drift", {}, "features_missing", "还没有特征数据"),
        ("/segments", {"action": "columns"}, "lake_missing", "还没有导入数据"),
    ],
)
def test_what_is_not_there_yet_is_told_in_chinese(
    client: Any, path: str, body: dict[str, Any], problem: str, words: str
) -> None:
    error = client.error(path, body, tenant="other", language="zh")
    assert (error["code"], error["details"]) == ("not_found", {"problem": problem})
    assert words in error["message"]
