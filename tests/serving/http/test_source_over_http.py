"""What a warehouse cannot send is asked back, and earns nothing: P0040, of which the warehouse has six to spare."""

from collections.abc import Iterator
from typing import Any

import pytest

AS_OF = "2025-02-28"
SUGGESTED = 390.0
"""Units of P0040 that the plan gives each shop of the second tenant."""
SPARE = 6.0


@pytest.fixture
def client(client: Any) -> Iterator[Any]:
    yield client
    for batch in ("beyond01", "beyond02"):
        client.post("/bulk_decisions", {"withdraw_batch": batch}, tenant="other")
    client.post("/decisions", {"withdraw": ["own1"]}, tenant="other")


def line(store_id: str, quantity: float) -> dict[str, Any]:
    return {"store_id": store_id, "product_id": "P0040", "seen_quantity": SUGGESTED, "order_quantity": quantity}


def listed(client: Any, store_id: str) -> dict[str, Any]:
    where = [{"column": "store_id", "any_of": [store_id]}, {"column": "product_id", "any_of": ["P0040"]}]
    (row,) = client.ask("/listing", {"table": "suggestions", "where": where}, tenant="other")["rows"]
    return row


def bulk(batch_id: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"batch_id": batch_id, "as_of": AS_OF, "action": "change", "lines": list(lines)} | more


def test_what_the_warehouse_cannot_send_is_asked_back_and_not_sent(client: Any) -> None:
    decision = {"store_id": "S001", "product_id": "P0040", "as_of": AS_OF, "action": "change", "decision_id": "own1"}
    body = {"decisions": [decision | {"order_quantity": SUGGESTED + 10}]}
    refused = client.error("/decisions", body, tenant="other")
    problems = {one["code"]: one["limit"] for one in refused["details"]["problems"]}
    assert (refused["code"], problems["source"]) == ("unconfirmed", SUGGESTED + SPARE)
    confirmed = {"decisions": [body["decisions"][0] | {"confirm_exception": True}]}
    assert client.ask("/decisions", confirmed, tenant="other")["stored"][0]["is_exception"]
    row = listed(client, "S001")
    assert (row["quantity"], row["sent_quantity"]) == (SUGGESTED + 10, SUGGESTED + SPARE)
    assert (
        client.ask("/line_plan", {"store_id": "S002", "product_id": "P0040"}, tenant="other")["source_units"]
        == SUGGESTED
    )
    client.ask("/decisions", {"withdraw": ["own1"]}, tenant="other")
    assert listed(client, "S001")["sent_quantity"] == SUGGESTED


def test_lines_of_a_file_share_the_stock_of_their_warehouse(client: Any) -> None:
    """Each alone could have four of the six."""
    both = bulk("beyond01", line("S001", SUGGESTED + 4), line("S002", SUGGESTED + 4))
    looked = client.ask("/bulk_decisions", both | {"check": True}, tenant="other")
    beyond = {row["store_id"]: row["codes"] for row in looked["beyond"]}
    assert "source" in beyond["S002"]
    assert "source" not in beyond.get("S001", [])
    assert client.error("/bulk_decisions", both, tenant="other")["code"] == "unconfirmed"
    client.ask("/bulk_decisions", both | {"confirm_exception": True}, tenant="other")
    assert [listed(client, store)["sent_quantity"] for store in ("S001", "S002")] == [SUGGESTED + 4, SUGGESTED + 2]


def test_what_one_line_gives_back_another_may_have(client: Any) -> None:
    both = bulk("beyond02", line("S001", SUGGESTED - 4), line("S002", SUGGESTED + 10))
    looked = client.ask("/bulk_decisions", both | {"check": True}, tenant="other")
    assert not [row for row in looked["beyond"] if "source" in row["codes"]]
