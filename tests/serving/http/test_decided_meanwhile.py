"""Two people decide about the same order line: the second is told what the first did, and overwrites nothing unseen."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from serving.http.messages.bulk_messages import BulkDecisionsResponse
from serving.http.messages.listing_messages import ListingResponse

LINE = {"store_id": "S002", "product_id": "P0030"}
DAY = {"as_of": "2025-02-28"}
WHERE = [{"column": "store_id", "any_of": ["S002"]}, {"column": "product_id", "any_of": ["P0030"]}]


@pytest.fixture
def made(client: Any) -> Iterator[list[str]]:
    """Ids of decisions that a test stores, taken back after it."""
    ids: list[str] = []
    yield ids
    client.ask("/decisions", {"withdraw": ids})


def listed(client: Any, role: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.ask("/listing", {"table": "suggestions", "where": WHERE}, role=role)
    ListingResponse.model_validate(answer)
    return answer


def decide(made: list[str], action: str, **more: Any) -> dict[str, Any]:
    made.append(uuid.uuid4().hex)
    return {"decisions": [LINE | DAY | {"action": action, "decision_id": made[-1]} | more]}


def state(client: Any) -> str:
    found: str = listed(client, "admin")["rows"][0]["state"]
    return found


def test_a_line_decided_by_another_meanwhile_is_refused_with_both(client: Any, made: list[str]) -> None:
    first = client.ask("/decisions", decide(made, "approve", seen_decision_id=None), role="admin")["stored"][0]
    late = decide([], "reject", reason="full", seen_decision_id=None)
    error = client.error("/decisions", late, role="merchandiser")
    assert client.refused("/decisions", late, role="merchandiser") == (409, "conflict")
    about = error["details"]
    assert (error["code"], about["problem"], about["decided_lines"]) == ("conflict", "decided_meanwhile", 1)
    assert (about["theirs"]["decision_id"], about["theirs"]["decided_by"]) == (made[0], first["decided_by"])
    assert about["yours"] == {"decision": "rejected", "order_quantity": 0.0}
    assert f"approved with {first['order_quantity']:g} units by {first['decided_by']}" in error["message"]
    chinese = client.post("/decisions", late, role="merchandiser", language="zh").json()["error"]["message"]
    assert "已由他人决定" in chinese
    assert state(client) == "approved"
    # who saw it may decide otherwise, and a decision sent again is no conflict with itself
    knowing = decide(made, "reject", reason="full", seen_decision_id=made[0])
    for _ in range(2):
        assert client.ask("/decisions", knowing, role="merchandiser")["stored"][0]["decision"] == "rejected"
    assert state(client) == "rejected"


def test_who_does_not_say_what_was_seen_decides_as_before(client: Any, made: list[str]) -> None:
    client.ask("/decisions", decide(made, "approve"), role="admin")
    client.ask("/decisions", decide(made, "reject", reason="full"), role="merchandiser")
    assert state(client) == "rejected"


def test_a_decision_taken_back_meanwhile_is_refused_too(client: Any, made: list[str]) -> None:
    client.ask("/decisions", decide(made, "approve"), role="admin")
    client.ask("/decisions", {"withdraw": made}, role="merchandiser")
    late = decide([], "reject", reason="full", seen_decision_id=made[0])
    theirs = client.error("/decisions", late, role="admin")["details"]["theirs"]
    assert theirs["withdrawn_by"] == "merchandiser先生"
    unknown = decide([], "approve", seen_decision_id="nothing")
    assert client.refused("/decisions", unknown) == (404, "not_found")


@pytest.mark.parametrize("names", ["line", "view"])
def test_many_lines_are_refused_and_their_preview_names_who_decided(client: Any, made: list[str], names: str) -> None:
    seen = listed(client, "merchandiser")
    quantity = seen["rows"][0]["order_quantity"]
    view = {"where": WHERE, "seen_lines": 1, "seen_units": quantity}
    chosen: dict[str, Any] = (
        {"lines": [LINE | {"seen_quantity": quantity, "seen_decision_id": None}]}
        if names == "line"
        else {"view": view, "seen_newest_decision": seen["newest_decision"]}
    )
    client.ask("/decisions", decide(made, "approve"), role="admin")
    body = DAY | chosen | {"batch_id": f"meanwhile{names}", "action": "reject", "reason": "none left"}
    looked = client.ask("/bulk_decisions", body | {"check": True}, role="merchandiser")
    BulkDecisionsResponse.model_validate(looked)
    assert [one["decision_id"] for one in looked["decided"]] == made
    assert client.refused("/bulk_decisions", body, role="merchandiser") == (409, "conflict")
    assert state(client) == "approved"
    if names == "view":
        # decisions of one's own since are known to who made them
        assert client.ask("/bulk_decisions", body | {"check": True}, role="admin")["decided_lines"] == 0
