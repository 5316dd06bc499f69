"""What a wrong request gets: never a traceback, never another shape than the one, never its own values in a log."""

import errno
import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retail_brain.errors import DataError, NotFoundError
from retail_brain.operational.database import Database
from retail_brain.operational.keys import list_keys, revoke_key
from serving.http.request_log import REQUEST_LOG
from serving.http.routes import ROUTES

FORECAST = {"store_id": "S001", "product_ids": ["P0001"], "horizon": 7}
CAMPAIGN = {
    "name": "Spring",
    "product_ids": ["P0001"],
    "slots": [{"channel": "sms", "text": "a", "text_zh": "b"}],
    "starts_on": "2026-03-02",
    "ends_on": "2026-03-09",
}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/forecast", b"{not json", 400, "malformed"),
        ("/forecast", b"", 400, "malformed"),
        ("/forecast", gzip.compress(b"{}", mtime=0), 400, "malformed"),
        ("/rules", b'{"rules":[{"action":"cap","name":"\\ud800"}],"check":true}', 400, "usage"),
        ("/forecast", b"\xff\xfe\x00", 400, "malformed"),
        ("/forecast", b"[" * 100_000, 400, "malformed"),
        ("/forecast", [], 400, "malformed"),
        ("/forecast", {}, 400, "malformed"),
        ("/forecast", FORECAST | {"horizon": "seven"}, 400, "malformed"),
        ("/forecast", FORECAST | {"horizon": 0}, 400, "malformed"),
        ("/forecast", FORECAST | {"surprise": 1}, 400, "malformed"),
        ("/forecast", FORECAST | {"product_ids": []}, 400, "malformed"),
        ("/forecast", FORECAST | {"quantiles": [1.5]}, 400, "malformed"),
        ("/forecast", b'{"store_id":"S001","product_ids":["P0001"],"quantiles":[NaN]}', 400, "malformed"),
        ("/replenish", b'{"store_id":"S001","budget":Infinity}', 400, "malformed"),
        ("/replenish", {"store_id": "S001", "budget": -1}, 400, "malformed"),
        ("/recommend", {"k": 5}, 400, "malformed"),
        ("/recommend", {"customer_id": "C00001", "id_type": "card", "id_value": "1"}, 400, "malformed"),
        ("/recommend", {"customer_id": "C00001", "k": 10**9}, 400, "malformed"),
        ("/recommend", {"customer_id": "x" * 5000}, 400, "malformed"),
        ("/audience", {"size": 5}, 400, "malformed"),
        ("/audience", {"product_ids": ["P0001"], "size": 5, "holdout_share": 1.0}, 400, "malformed"),
        ("/profile", {}, 400, "malformed"),
        ("/events", {"events": [{"event_type": "view"}]}, 400, "malformed"),
        ("/events", {"events": []}, 400, "malformed"),
        ("/search", {"kind": "planet"}, 400, "malformed"),
        ("/forecast", FORECAST | {"store_id": "S999"}, 404, "not_found"),
        ("/replenish", {"store_id": "S001", "product_ids": ["nothing"]}, 404, "not_found"),
        ("/recommend", {"customer_id": "C00001", "store_id": "S999"}, 404, "not_found"),
        ("/audience", {"campaign_id": "K99", "size": 5}, 404, "not_found"),
        ("/audience", {"product_ids": ["P0001", "nothing"], "size": 5}, 404, "not_found"),
        ("/profile", {"customer_id": "nobody"}, 404, "not_found"),
        ("/history", {"store_id": "S001", "product_id": "nothing"}, 404, "not_found"),
        ("/nowhere", {}, 404, "not_found"),
        ("/forecast/", FORECAST, 404, "not_found"),
        ("/../etc/passwd", {}, 404, "not_found"),
        ("/schema.json", {}, 404, "not_found"),
        ("/forecast", FORECAST | {"horizon": 29}, 422, "impossible"),
        ("/events", [{"occurred_at": "2998-01-01T00:00:00", "event_type": "view"}], 422, "impossible"),
        ("/events", [{"occurred_at": "9999-12-31T23:59:59-12:00", "event_type": "view"}], 400, "malformed"),
        ("/events", [{"occurred_at": "0001-01-01T00:00:00+12:00", "event_type": "view"}], 400, "malformed"),
        ("/events", [{"occurred_at": "2025-02-28T10:00:00", "event_type": "a\0b"}], 400, "malformed"),
        ("/replenish", {"store_id": "S001", "offset": 2**63}, 400, "malformed"),
        ("/orders", {"offset": 2**63}, 400, "malformed"),
        ("/orders", {"since": "9999-12-31"}, 400, "malformed"),
        ("/attention", {"offset": 10**30}, 400, "malformed"),
        ("/forecast", FORECAST | {"store_id": "S\0"}, 400, "malformed"),
        (
            "/overrides",
            {
                "overrides": [
                    {"store_id": "S001", "kind": "factor", "value": 1e-300, "ends_on": "2026-01-01", "reason": "r"}
                ]
            },
            400,
            "malformed",
        ),
        ("/forecast", FORECAST | {"quantiles": [0.01]}, 422, "impossible"),
        ("/forecast", FORECAST | {"horizon": True}, 400, "malformed"),
        ("/forecast", FORECAST | {"horizon": "7"}, 400, "malformed"),
        ("/forecast", FORECAST | {"horizon": 7.5}, 400, "malformed"),
        ("/forecast", FORECAST | {"explain": 1}, 400, "malformed"),
        ("/forecast", FORECAST | {"product_ids": ["P0001"] * 501}, 400, "malformed"),
        ("/orders", {"offset": False}, 400, "malformed"),
        ("/orders", {"since": 0}, 400, "malformed"),
        ("/orders", {"since": "1700000000"}, 400, "malformed"),
        ("/replenish", {"store_id": "S001", "budget": "5000"}, 400, "malformed"),
        ("/events", [{"occurred_at": 1_700_000_000, "event_type": "view"}], 400, "malformed"),
        ("/rules", {"rules": [{"action": "cap", "limit": 2.5}], "check": True}, 400, "usage"),
        ("/rules", {"check": 0}, 400, "malformed"),
        ("/rules", {"rules": [{"action": "cap", "name": "a\0"}], "check": True}, 400, "usage"),
        ("/forecast", b'{"store_id": "S\\ud83d", "product_ids": ["P0001"]}', 400, "malformed"),
        ("/forecast", b'{"store_id": "\\ud83d", "product_ids": [NaN]}', 400, "malformed"),
        ("/campaign", {"campaign_id": "c", "campaign": CAMPAIGN | {"ends_on": "2026-03-02"}}, 422, "impossible"),
        ("/campaign", {"campaign_id": "c", "campaign": CAMPAIGN | {"last_hour": 9}}, 422, "impossible"),
        ("/campaign", {"campaign_id": "c", "campaign": CAMPAIGN | {"category": "tea"}}, 400, "malformed"),
        ("/campaign_act", {"campaign_id": "c", "version": 1, "act": "stop", "reason": " "}, 400, "malformed"),
        ("/rules", {"rules": [{"action": "cap", "limit": "3"}], "check": True}, 400, "usage"),
        ("/rules", {"rules": [{"action": "cap", "ends_at": "0001-01-01T00:00:00+12:00"}], "check": True}, 400, "usage"),
        ("/rules", {"rules": [{"action": "cap", "ends_at": "9999-12-31T23:59:59-12:00"}], "check": True}, 400, "usage"),
    ],
)
def test_a_wrong_request_gets_its_status_in_the_one_shape(
    client: Any, path: str, body: Any, status: int, code: str
) -> None:
    assert client.refused(path, body) == (status, code)


def test_the_message_of_a_malformed_request_names_the_first_problem_without_what_was_sent(client: Any) -> None:
    error = client.post("/forecast", {"store_id": "S001", "product_ids": ["P0001"], "horizon": "秘密"}).json()["error"]
    assert "horizon must be a whole number" in error["message"]
    assert "秘密" not in str(error)


def test_a_body_over_the_limit_is_refused_whether_its_size_is_announced_or_not(client: Any) -> None:
    big = b'{"store_id": "' + b"x" * 10_000_000 + b'"}'
    assert client.refused("/forecast", big) == (413, "too_large")
    headers = {"authorization": f"Bearer {client.keys['main', 'admin']}"}
    pieces = (b"x" * 100_000 for _ in range(100))
    assert client.http.post("/forecast", content=pieces, headers=headers).status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_is_refused(client: Any, method: str) -> None:
    response = client.http.request(method, "/forecast")
    assert (response.status_code, response.json()["error"]["code"]) == (405, "wrong_method")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
@pytest.mark.parametrize(
    "header", [None, "", "Basic YTpi", "Bearer", "Bearer rb_0000000000000000_wrong", "Bearer ключ"]
)
def test_no_route_opens_without_a_key_or_with_a_wrong_one(client: Any, route: Any, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header.encode()}
    response = client.http.post(route.path, json={}, headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["code"] in {"no_key", "wrong_key"}


@pytest.mark.parametrize(
    ("role", "path", "body"),
    [
        ("merchandiser", "/recommend", {"customer_id": "C00001"}),
        ("merchandiser", "/audience", {"product_ids": ["P0001"], "size": 1}),
        ("merchandiser", "/profile", {"customer_id": "C00001"}),
        ("merchandiser", "/search", {"kind": "customer"}),
        ("merchandiser", "/events", {"events": []}),
        ("marketer", "/replenish", {"store_id": "S001"}),
        ("marketer", "/forecast", FORECAST),
        ("marketer", "/decisions", {"decisions": []}),
        ("data_scientist", "/decisions", {"decisions": []}),
        ("data_scientist", "/guide_answers", {"answers": []}),
        ("merchandiser", "/recommend_batch", {"customer_ids": ["C00001"]}),
        ("merchandiser", "/campaigns", {}),
        ("merchandiser", "/campaign", {"campaign_id": "spring"}),
        ("merchandiser", "/campaign_contacts", {"campaign_id": "spring"}),
        ("data_scientist", "/campaign_propose", {"campaign_id": "x"}),
        ("merchandiser", "/campaign_act", {"campaign_id": "x", "version": 1, "act": "approve"}),
        ("data_scientist", "/campaign_measure", {"campaign_id": "x"}),
        ("data_scientist", "/campaign_act", {"campaign_id": "spring", "version": 1, "act": "preview"}),
    ],
)
def test_a_role_may_only_do_its_own(client: Any, role: str, path: str, body: Any) -> None:
    assert client.refused(path, body, role=role) == (403, "forbidden")


def test_an_expired_key_does_not_open(client: Any, make_key: Callable[..., str]) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    key = make_key(now=long_ago, expires_at=long_ago + timedelta(days=1))
    assert client.http.post("/overview", json={}, headers={"authorization": f"Bearer {key}"}).status_code == 401


def test_a_revoked_key_does_not_open(client: Any, make_key: Callable[..., str], database: Database) -> None:
    key = make_key(name="gone")
    key_id = next(one.key_id for one in list_keys("main", database) if one.name == "gone")
    revoke_key("main", database, key_id, now=datetime.now(UTC))
    assert client.http.post("/overview", json={}, headers={"authorization": f"Bearer {key}"}).status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/forecast", FORECAST),
        ("/replenish", {"store_id": "S001"}),
        ("/recommend", {"customer_id": "C00001"}),
        ("/audience", {"product_ids": ["P0001"]}),
        ("/similar", {"product_id": "P0001"}),
        ("/complete_basket", {"product_ids": ["P0001"]}),
    ],
)
def test_a_route_whose_model_was_never_promoted_says_so(client: Any, path: str, body: Any) -> None:
    assert client.refused(path, body, tenant="bare") == (422, "model")
    assert client.ask("/history", {"store_id": "S001", "product_id": "P0001"}, tenant="bare")["rows"]


def test_a_tenant_without_answers_is_told_to_publish_and_to_come_back(client: Any) -> None:
    response = client.post("/overview", {}, tenant="empty")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "not_published")
    assert int(response.headers["retry-after"]) > 0


def test_nothing_personal_reaches_the_log(client: Any, capfd: pytest.CaptureFixture[str]) -> None:
    phone = "13800138000"
    client.post("/recommend", {"customer_id": phone, "k": "many"})
    client.post("/recommend", {"customer_id": phone})
    client.post(f"/customers/{phone}", {"name": phone})
    client.post("/events", [{"occurred_at": "x", "event_type": "view", "id_value": phone}])
    client.http.get(f"/search?q={phone}")
    REQUEST_LOG.flush()
    logged = capfd.readouterr()
    assert "POST /recommend 400" in logged.err
    assert phone not in logged.err + logged.out
    assert phone not in client.http.get("/metrics").text


def test_a_fault_of_the_service_is_a_500_that_tells_nothing(
    client: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("13800138000")

    monkeypatch.setattr("serving.http.handlers.recommend.ranked", fail)
    # a question that no other test asks: answers are kept, and a kept one needs no handler
    response = client.post("/recommend", {"customer_id": "C00001", "k": 491})
    assert (response.status_code, response.json()["error"]["code"]) == (500, "failed")
    REQUEST_LOG.flush()
    logged = capfd.readouterr()
    assert "13800138000" not in response.text + logged.err + logged.out


def test_no_refusal_says_where_files_lie(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise NotFoundError(f"there are no features in {client.home}/var/main/features.", {"at": f"{client.home}/var"})

    monkeypatch.setattr("serving.http.handlers.jobs.find_job", missing)
    error = client.error("/job", {"job_id": "job_a"})
    assert error["message"] == "there are no features in var/main/features."
    assert error["details"] == {"at": "var"}


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("table x of the lake /srv/mine/lake_bad cannot be opened", "table x of the lake …/lake_bad cannot be opened"),
        ("File not found: file:///mnt/my%20lake/x.json.", "File not found: …/x.json."),
        ("the file '/usr' is a folder", "the file '…/usr' is a folder"),
        ("the file '/nowhere-here' is missing.", "the file '…/nowhere-here' is missing."),
        ("see /forecast, /readyz and /ui.", ""),
        ("the lake s3://company/brand/lake holds no sales.", "the lake …/lake holds no sales."),
        ("no bucket s3://company: ask", "no bucket …/: ask"),
        ("abfss://a@b.net/x/y and gs://b/z/", "…/y and …/z"),
        ("could not connect to postgresql+psycopg://me:pw@db.local:5432/brain", "could not connect to …/brain"),
        (r"cannot open C:\Users\li\lake\x.json", "cannot open …/x.json"),
        (r"cannot open 'C:\\\\Users\\\\li\\\\x.json'", "cannot open '…/x.json'"),
        ("D:/data/lake, E:/", "…/lake, …/"),
        (r"\\\\server\share\lake is away", "…/lake is away"),
        ("at 12:30/13:00, ratio a:b, C: no, 3 \\ 4, a\\b", ""),
        ("ask /job of 31/12/2025 in units/day/shop, see https://a.org/b/c", ""),
    ],
)
def test_what_lies_outside_of_the_home_is_told_by_its_last_name(
    client: Any, monkeypatch: pytest.MonkeyPatch, message: str, told: str
) -> None:
    def damaged(*_: object, **__: object) -> None:
        raise DataError(message, {"places": [message]})

    monkeypatch.setattr("serving.http.handlers.jobs.find_job", damaged)
    error = client.error("/job", {"job_id": "job_a"})
    assert (error["message"], error["details"]) == (told or message, {"places": [told or message]})


@pytest.mark.parametrize(
    "fault",
    [OSError(errno.ENOSPC, "No space left on device"), OSError("cannot write: No space left on device (os error 28)")],
)
def test_a_full_disk_is_a_503_in_words(client: Any, monkeypatch: pytest.MonkeyPatch, fault: OSError) -> None:
    def full(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("serving.http.handlers.jobs.store_part", full)
    response = client.post("/job_upload", {"file_name": "a.csv", "content": ""}, language="zh")
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.json()["error"]["details"] == {"problem": "disk_full"}
    assert "磁盘已满" in response.json()["error"]["message"]


def test_too_many_requests_at_once_are_asked_to_come_back(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from serving import service

    state = service._runtime.state
    assert state is not None
    tight = state.settings.serving.model_copy(update={"max_in_flight": 0})
    monkeypatch.setattr(state, "settings", state.settings.model_copy(update={"serving": tight}))
    response = client.post("/overview", {})
    assert (response.status_code, response.json()["error"]["code"]) == (429, "overloaded")
    assert response.headers["retry-after"] == "1"
    assert client.http.get("/livez").status_code == 200
