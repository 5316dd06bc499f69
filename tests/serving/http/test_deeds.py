"""What changes something: events, decisions, new answers; and that no tenant sees another."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from retail_brain.errors import ImpossibleError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.exports import make_export
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http.state import State
from serving.store.current_answers import current_id

DECISION = {"store_id": "S002", "product_id": "P0010", "as_of": "2025-02-28"}


def seen(event_type: str, product_id: str, customer_id: str) -> dict[str, Any]:
    at = "2025-03-01T10:00:00"
    return {"occurred_at": at, "event_type": event_type, "product_id": product_id, "customer_id": customer_id}


def ranked(client: Any, customer_id: str, **asker: str) -> list[str]:
    answer = client.ask("/recommend", {"customer_id": customer_id, "k": 60}, **asker)
    return [row["product_id"] for row in answer["recommendations"]]


def test_what_was_put_in_the_bag_rises_in_the_next_recommendation(client: Any) -> None:
    before = ranked(client, "C00020")
    wanted = before[-1]
    assert client.ask("/events", {"events": [seen("bag_add", wanted, "C00020")]}) == {
        "accepted": 1,
        "duplicates": 0,
        "refused": [],
    }
    after = ranked(client, "C00020")
    assert after.index(wanted) < before.index(wanted)
    reasons = client.ask("/recommend", {"customer_id": "C00020", "k": 60})["recommendations"]
    assert next(row["reason"] for row in reasons if row["product_id"] == wanted) != "alike"


def test_what_was_bought_leaves_the_recommendation(client: Any) -> None:
    first = ranked(client, "C00021")[0]
    client.ask("/events", [seen("purchase", first, "C00021")])
    assert first not in ranked(client, "C00021")


def test_an_event_of_a_stranger_counts_for_the_same_stranger(client: Any) -> None:
    device = {"id_type": "device", "id_value": uuid.uuid4().hex}
    event = {"occurred_at": "2025-03-01T10:00:00Z", "event_type": "try_on", "product_id": "P0055"} | device
    client.ask("/events", {"events": [event]})
    answer = client.ask("/recommend", device | {"k": 60})
    assert answer["basis"] == "cold"
    assert "P0055" in [row["product_id"] for row in answer["recommendations"]]


def test_an_event_by_card_counts_for_the_customer_behind_it(client: Any) -> None:
    event = {"occurred_at": "2025-03-01T10:00:00", "event_type": "bag_add", "product_id": "P0059"}
    client.ask("/events", {"events": [event | {"id_type": "card", "id_value": "62029"}]})
    assert "P0059" in ranked(client, "C00030")


def test_good_events_of_a_batch_are_kept_and_bad_ones_named(client: Any) -> None:
    good = seen("view", "P0001", "C00021") | {"event_id": "kept-1"}
    late = good | {"event_id": "late", "occurred_at": "2998-01-01T00:00:00"}
    nul = good | {"event_id": "nul", "session_id": "a\0b"}
    answer = client.ask("/events", [nul, good, {"event_type": "view"}, late, good | {"event_id": "kept-2"}])
    assert (answer["accepted"], answer["duplicates"]) == (2, 0)
    assert [(refusal["event"], refusal["where"]) for refusal in answer["refused"]] == [
        (0, "session_id"),
        (2, "occurred_at"),
        (3, "occurred_at"),
    ]
    assert "later than" in answer["refused"][2]["problem"]
    assert client.ask("/events", [good, late])["duplicates"] == 1


def test_half_a_character_costs_its_own_event_only(client: Any) -> None:
    body = json.dumps([seen("view", "P0001", "C00041"), seen("view", "P0001", "C00041") | {"session_id": "tea \ud83d"}])
    answer = client.post("/events", body.encode()).json()
    assert (answer["accepted"], answer["duplicates"]) == (1, 0)
    assert [(one["event"], one["where"]) for one in answer["refused"]] == [(1, "session_id")]
    assert "tea" not in str(answer)


def test_the_same_event_id_counts_once(client: Any) -> None:
    event = seen("view", "P0001", "C00040") | {"event_id": uuid.uuid4().hex}
    assert client.ask("/events", [event, event]) == {"accepted": 1, "duplicates": 1, "refused": []}
    assert client.ask("/events", [event]) == {"accepted": 0, "duplicates": 1, "refused": []}


@pytest.fixture
def second_worker(client: Any) -> Iterator[State]:
    worker = State(client.home, Settings())
    worker.start()
    yield worker
    worker.stop()


def test_another_worker_knows_of_an_event_within_a_second(client: Any, second_worker: State) -> None:
    client.ask("/events", [seen("view", "P0001", "C00050")])
    view = second_worker.view("main")
    assert view is not None
    give_up = time.monotonic() + 10
    while not view.recent.of("C00050", second_worker.now().replace(year=2000)) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert [event.product_id for event in view.recent.of("C00050", second_worker.now().replace(year=2000))] == ["P0001"]


def test_a_decision_is_kept_shown_and_audited(client: Any, database: Database) -> None:
    asked = DECISION | {"action": "change", "order_quantity": 24, "reason": "周末集市", "decision_id": uuid.uuid4().hex}
    asked |= {"confirm_exception": True, "seen_quantity": 9}
    stored = client.ask("/decisions", {"decisions": [asked]}, role="merchandiser")["stored"][0]
    assert {
        name: stored[name] for name in ("decision", "order_quantity", "suggested_quantity", "decided_by", "reason")
    } == {
        "decision": "changed",
        "order_quantity": 24.0,
        "suggested_quantity": 9.0,
        "decided_by": "merchandiser先生",
        "reason": "周末集市",
    }
    assert stored["is_exception"]
    line = client.ask("/replenish", {"store_id": "S002", "product_ids": ["P0010"]})["suggestions"][0]
    assert line["decision"]["order_quantity"] == 24.0
    assert list_audit("main", database)[0].action == "suggestion.changed"


def test_a_decision_sent_again_is_the_same_and_used_otherwise_is_refused(client: Any) -> None:
    asked = DECISION | {"product_id": "P0011", "action": "approve", "decision_id": uuid.uuid4().hex}
    first = client.ask("/decisions", {"decisions": [asked]})
    assert client.ask("/decisions", {"decisions": [asked]}) == first
    other = asked | {"action": "reject", "reason": "full"}
    assert client.refused("/decisions", {"decisions": [other]}) == (422, ImpossibleError.code)


def line_of(client: Any, product_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.ask("/replenish", {"store_id": "S002", "product_ids": [product_id]})["suggestions"][
        0
    ]
    return found


@pytest.mark.parametrize(
    ("quantity", "codes"),
    [
        (7, ["pack", "minimum"]),
        (6, ["minimum"]),
        (36, ["shelf", "large"]),
        (99_999_999, ["pack", "shelf", "large"]),
    ],
)
def test_a_quantity_beyond_the_limits_of_its_line_is_refused_until_it_is_confirmed(
    client: Any, quantity: float, codes: list[str]
) -> None:
    assert [line_of(client, "P0012")[name] for name in ("case_pack", "min_order_quantity", "shelf_room")] == [6, 12, 30]
    asked = DECISION | {"product_id": "P0012", "action": "change", "order_quantity": quantity}
    error = client.error("/decisions", {"decisions": [asked]})
    assert error["code"] == "unconfirmed"
    assert [problem["code"] for problem in error["details"]["problems"]] == codes
    assert error["details"]["order_quantity"] == quantity
    assert line_of(client, "P0012")["decision"] is None
    decision_id = uuid.uuid4().hex
    sure = asked | {"confirm_exception": True, "decision_id": decision_id}
    assert client.ask("/decisions", {"decisions": [sure]})["stored"][0]["is_exception"]
    client.ask("/decisions", {"withdraw": [decision_id]})


def test_whole_packs_within_the_limits_need_no_confirmation(client: Any) -> None:
    asked = DECISION | {
        "product_id": "P0012",
        "action": "change",
        "order_quantity": 12,
        "decision_id": uuid.uuid4().hex,
    }
    assert not client.ask("/decisions", {"decisions": [asked]})["stored"][0]["is_exception"]
    client.ask("/decisions", {"withdraw": [asked["decision_id"]]})


def test_a_suggestion_that_changed_since_it_was_seen_is_refused_with_both_numbers(client: Any) -> None:
    asked = DECISION | {"product_id": "P0013", "action": "approve", "seen_quantity": 40}
    error = client.error("/decisions", {"decisions": [asked]})
    assert (error["details"]["seen_quantity"], error["details"]["suggested_quantity"]) == (40, 12)
    assert "is 12 units now; 40 were seen" in error["message"]
    assert line_of(client, "P0013")["decision"] is None


def test_a_decision_is_taken_back_until_it_is_exported_and_its_history_is_kept(client: Any, database: Database) -> None:
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    line = DECISION | {"product_id": "P0014"}
    client.ask("/decisions", {"decisions": [line | {"action": "approve", "decision_id": first}]})
    client.ask("/decisions", {"decisions": [line | {"action": "reject", "reason": "full", "decision_id": second}]})
    withdrawn = client.ask("/decisions", {"withdraw": [second]}, role="merchandiser")["withdrawn"][0]
    assert (withdrawn["decision"], withdrawn["withdrawn_by"]) == ("rejected", "merchandiser先生")
    assert line_of(client, "P0014")["state"] == "approved", "the decision before counts again"
    assert list_audit("main", database)[0].action == "suggestion.withdrawn"
    export = make_export("main", database, target="orders.csv", made_by="erp", now=datetime.now(UTC))
    assert export is not None
    error = client.error("/decisions", {"withdraw": [first]})
    assert (error["code"], error["details"]) == ("impossible", {"problem": "decision_exported", "decision_id": first})
    assert client.refused("/decisions", {"withdraw": ["none"]}) == (404, "not_found")
    assert client.refused("/decisions", {}) == (400, "malformed")


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"as_of": "2025-02-27"}, (422, "impossible")),
        ({"product_id": "P0060"}, (404, "not_found")),
        ({"store_id": "S999"}, (404, "not_found")),
        ({"action": "change"}, (400, "malformed")),
        ({"action": "approve", "order_quantity": 3}, (400, "malformed")),
        ({"action": "change", "order_quantity": -3}, (400, "malformed")),
        ({"reason": None}, (400, "malformed")),
        ({"reason": "  "}, (400, "malformed")),
        ({"confirm_exception": True}, (400, "malformed")),
        ({"seen_quantity": 28}, (422, "impossible")),
    ],
)
def test_a_decision_about_nothing_is_refused_and_nothing_of_its_call_is_stored(
    client: Any, change: dict[str, Any], refused: tuple[int, str]
) -> None:
    good = DECISION | {"product_id": "P0030", "action": "reject", "reason": "fair is over", "seen_quantity": 29}
    bad = good | {"seen_quantity": None} | change
    assert client.refused("/decisions", {"decisions": [good, bad]}) == refused
    line = client.ask("/replenish", {"store_id": "S002", "product_ids": ["P0030"]})["suggestions"][0]
    assert line["decision"] is None


def test_nothing_crosses_between_tenants(client: Any) -> None:
    asked = {"store_id": "S001", "product_ids": ["P0026"], "horizon": 1}
    mine = client.ask("/forecast", asked)["forecasts"][0]["forecast"]
    assert client.ask("/forecast", asked, tenant="other")["forecasts"][0]["forecast"] == 10 * mine
    event_id = uuid.uuid4().hex
    before = ranked(client, "C00060", tenant="other")
    client.ask("/events", [seen("bag_add", before[-1], "C00060") | {"event_id": event_id}])
    assert ranked(client, "C00060", tenant="other") == before
    same = [seen("view", "P0001", "C00061") | {"event_id": event_id}]
    assert client.ask("/events", same, tenant="other") == {"accepted": 1, "duplicates": 0, "refused": []}
    decision = DECISION | {"product_id": "P0012", "action": "reject", "reason": "full"}
    client.ask("/decisions", {"decisions": [decision]})
    theirs = client.ask("/replenish", {"store_id": "S002", "product_ids": ["P0012"]}, tenant="other")
    assert theirs["suggestions"][0]["decision"] is None


def test_new_answers_are_taken_up_without_a_failed_request(client: Any, synthetic: ModuleType) -> None:
    workspace = Workspace(client.home, "other")
    asked = {"store_id": "S001", "product_ids": ["P0026"], "horizon": 1}
    statuses: list[int] = []
    values: list[float] = []
    stop = threading.Event()

    def hammer() -> None:
        while not stop.is_set():
            response = client.post("/forecast", asked, tenant="other")
            statuses.append(response.status_code)
            values.append(response.json()["forecasts"][0]["forecast"])

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn, factor in enumerate((2.0, 3.0, 10.0)):
        synthetic.publish_synthetic(workspace, f"turn-{turn}", factor=factor)
        give_up = time.monotonic() + 60
        while (not values or values[-1] != factor * 27) and time.monotonic() < give_up:
            time.sleep(0.02)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    assert set(values) == {270.0, 54.0, 81.0}
    assert current_id(workspace.answers) == "turn-2"
    assert sorted(path.name for path in workspace.answers.iterdir()) == ["CURRENT", "turn-1", "turn-2"]


def test_damaged_answers_are_left_alone_and_the_last_ones_stay(client: Any) -> None:
    workspace = Workspace(client.home, "main")
    pointer = workspace.answers / "CURRENT"
    name = pointer.read_text(encoding="utf-8")
    (workspace.answers / "broken").mkdir()
    (workspace.answers / "broken" / "manifest.json").write_text('{"format": 99}', encoding="utf-8")
    pointer.write_text("broken\n", encoding="utf-8")
    try:
        time.sleep(0.8)
        assert client.ask("/overview", {})["answers_id"] == name.strip()
    finally:
        pointer.write_text(name, encoding="utf-8")
