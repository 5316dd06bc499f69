"""Recommendations for many people in lines."""

import json
from typing import Any

import pytest

from retail_brain.errors import ImpossibleError, RetailBrainError
from serving.http.errors import error_body
from serving.http.lines import Lines
from serving.http.messages.people_messages import RecommendBatchLine


def lines(client: Any, body: dict[str, Any], **asker: str) -> list[dict[str, Any]]:
    response = client.post("/recommend_batch", body, **asker)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/x-ndjson")
    assert response.headers["cache-control"] == "no-store"
    return [json.loads(line) for line in response.text.splitlines()]


def test_each_line_is_what_recommend_answers_for_the_person(client: Any) -> None:
    people = [f"C{number:05d}" for number in range(1, 151)] + ["nobody"]
    shared = {"k": 3, "store_id": "S001", "kind": "repeat"}
    found = lines(client, {"customer_ids": people, **shared}, role="marketer", language="zh")
    assert [line["customer_id"] for line in found] == people
    for line in (found[0], found[120], found[-1]):
        RecommendBatchLine.model_validate(line)
        alone = client.ask("/recommend", {"customer_id": line["customer_id"], **shared}, language="zh")
        assert line == {"customer_id": line["customer_id"]} | alone


def test_somebody_named_twice_gets_one_line(client: Any) -> None:
    assert len(lines(client, {"customer_ids": ["C00001", "C00002", "C00001"]})) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"customer_ids": []}, (400, "malformed")),
        ({"customer_ids": [f"C{number}" for number in range(10_001)]}, (400, "malformed")),
        ({"customer_ids": ["C00001"], "store_id": "S999"}, (404, "not_found")),
        ({"customer_ids": ["C00001"], "basket": ["P0001"]}, (400, "malformed")),
    ],
)
def test_what_cannot_be_answered_is_refused_before_the_first_line(
    client: Any, body: dict[str, Any], status: tuple[int, str]
) -> None:
    assert client.refused("/recommend_batch", body) == status


def test_without_a_recommender_it_says_so(client: Any) -> None:
    assert client.refused("/recommend_batch", {"customer_ids": ["C00001"]}, tenant="bare") == (422, "model")


def test_an_error_after_the_first_lines_is_a_line() -> None:
    def rows() -> Any:
        yield {"customer_id": "a"}
        raise ImpossibleError("gone")

    def told(error: RetailBrainError) -> bytes:
        return error_body(error.code, str(error))

    answer = Lines(rows(), "key")
    # lines of a piece that failed are not sent by halves
    assert json.loads(answer._piece(told))["error"]["code"] == "impossible"
    assert answer._piece(told) == b""
