"""Stock of all shops together over HTTP: lists, the lines that matter, routing of an order, people for left-overs."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from retail_brain.workspace import Workspace
from serving.http.handlers import stock_network
from serving.store.answer_set import map_answers
from serving.store.answers_manifest import read_manifest
from serving.store.current_answers import current_id
from serving.store.rows import map_rows, write_rows

ROUTE = {"lines": [{"product_id": "P0001", "units": 2}]}


def test_each_list_is_cut_by_shop_and_told_in_the_language_asked_for(client: Any) -> None:
    assert client.ask("/transfers", {}, language="zh") == {
        "transfers": [
            {
                "product_id": "P0001",
                "from_store_id": "S001",
                "to_store_id": "S002",
                "units": 3.0,
                "expected_value": 12.5,
                "reason": "原因",
            }
        ],
        "total": 1,
        "names": {"P0001": "面包1"},
    }
    assert client.ask("/transfers", {"store_id": "S002"})["total"] == 1, "what a shop gets is its transfer too"
    assert client.ask("/transfers", {"store_id": "S003"})["transfers"] == []
    assert client.ask("/counts", {"store_id": "S002"})["counts"][0]["days_without_sale"] == 9
    assert client.ask("/counts", {"store_id": "S001"})["total"] == 0
    left = client.ask("/leftovers", {"limit": 1, "offset": 1}, role="marketer")
    assert (left["total"], [row["product_id"] for row in left["leftovers"]]) == (2, ["P0003"])
    assert client.ask("/leftovers", {"product_ids": ["P0002"]})["leftovers"][0]["sell_by"] == "2025-03-20"


def test_left_overs_say_which_price_earns_most_and_older_answers_that_nobody_knows(
    client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lowered, kept = client.ask("/leftovers", {})["leftovers"]
    assert lowered["price_path"] == [{"begins_on": "2025-03-02", "discount": 0.3, "price": 7.0}]
    told = [lowered[name] for name in ("action", "markdown_units", "markdown_units_low", "markdown_units_high")]
    assert told == ["markdown", 4.0, 1.0, 6.0]
    assert (kept["action"], kept["price_path"], kept["return_value"]) == ("keep", [], None)
    folder = tmp_path / "older"
    shutil.copytree(open_folder(client), folder)
    table = map_rows(folder, "leftovers").drop("action", "price_path", "audience_value")
    (folder / "leftovers.arrow").unlink()
    write_rows(folder, "leftovers", table)
    older = map_answers(folder, read_manifest(folder)).rows["leftovers"]
    monkeypatch.setattr(stock_network, "network_rows", lambda _name, _call: older)
    row = client.ask("/leftovers", {"limit": 1})["leftovers"][0]  # another question: the answer before is kept
    assert (row["action"], row["price_path"], row["markdown_value"]) == (None, None, 12.0)


def open_folder(client: Any) -> Path:
    """The folder of the answers that the service answers from."""
    answers = Workspace(client.home, "main").answers
    name = current_id(answers)
    assert name is not None
    return answers / name


def test_anomalies_are_listed_with_their_cause_and_those_of_totals_without_product(client: Any) -> None:
    answer = client.ask("/anomalies", {})
    assert answer["total"] == 2
    assert answer["anomalies"][0] == {
        "level": "series",
        "store_id": "S001",
        "department": "food",
        "product_id": "P0002",
        "date": "2025-02-28",
        "until": "2025-02-28",
        "units": 30.0,
        "expected": 3.0,
        "low": 0.0,
        "high": 9.0,
        "units_beyond": 21.0,
        "money": 210.0,
        "cause": "promotion",
        "reason": "why",
    }
    assert answer["names"] == {"P0002": answer["names"]["P0002"]}
    assert [row["level"] for row in client.ask("/anomalies", {"store_id": "S001"})["anomalies"]] == ["series"]
    assert client.ask("/anomalies", {"product_ids": ["P0003"]})["total"] == 0


def test_the_lines_that_matter_lose_those_that_were_decided(client: Any) -> None:
    answer = client.ask("/attention", {}, role="merchandiser")
    assert [row["kind"] for row in answer["attention"]] == ["leftover", "phantom", "transfer", "stockout"]
    assert answer["kinds"][0] == {"kind": "leftover", "lines": 1, "money": 60.0}
    assert [row["kind"] for row in client.ask("/attention", {"kinds": ["phantom"]})["attention"]] == ["phantom"]
    assert client.ask("/attention", {"store_id": "S002"})["total"] == 3
    decision = {"store_id": "S002", "product_id": "P0039", "as_of": "2025-02-28", "action": "approve"}
    client.ask("/decisions", {"decisions": [decision]})
    assert client.ask("/attention", {})["total"] == 3


def test_an_order_leaves_from_where_the_goods_lie_too_long(client: Any) -> None:
    answer = client.ask("/route_order", ROUTE | {"store_id": "S002", "orders_today": {"S002": 1}})
    assert answer["unserved"] == []
    assert answer["parcels"] == [
        {
            "store_id": "S001",
            "parcel_cost": 8.0,
            "free_orders": 40.0,
            "lines": [{"product_id": "P0001", "units": 2.0, "on_hand": 5.0, "expected_sales_lost": -1.0}],
        }
    ]
    assert answer["pickup"]["lines"][0]["expected_sales_lost"] == 4.0, "the second shop would have sold both"
    assert (answer["pickup"]["possible"], answer["pickup"]["free_orders"]) == (False, 0.5), "it cannot pick one more"


def test_picking_capacity_region_and_stock_are_kept(client: Any) -> None:
    full = client.ask("/route_order", ROUTE | {"orders_today": {"S001": 40, "S002": 1}})
    assert (full["parcels"], full["unserved"]) == ([], ["P0001"])
    far = client.ask("/route_order", ROUTE | {"region": "苏州"})
    assert (far["parcels"][0]["store_id"], far["parcels"][0]["parcel_cost"]) == ("S001", 12.0)
    much = client.ask("/route_order", {"lines": [{"product_id": "P0001", "units": 6}]})
    assert much["unserved"] == ["P0001"]
    second = client.ask("/route_order", ROUTE | {"exclude_store_ids": ["S001"]})
    assert (second["parcels"][0]["store_id"], second["parcels"][0]["free_orders"]) == ("S002", 1.5)
    shown = {"lines": [{"product_id": "P0001", "units": 5}], "exclude_store_ids": ["S001"]}
    assert client.ask("/route_order", shown)["unserved"] == ["P0001"], "one of the five is kept on show"
    assert client.ask("/route_order", {"lines": [{"product_id": "P0060", "units": 1}]})["unserved"] == ["P0060"]


def test_lines_of_the_same_product_count_together(client: Any) -> None:
    twice = client.ask("/route_order", {"lines": ROUTE["lines"] * 2})
    assert twice == client.ask("/route_order", {"lines": [{"product_id": "P0001", "units": 4}]})


def test_left_overs_find_their_people(client: Any) -> None:
    answer = client.ask("/audience", {"leftovers": True, "size": 20})
    assert {row["product_id"] for row in answer["audience"]} <= {"P0002", "P0003"}
    assert answer["audience"]
    here = client.ask("/audience", {"leftovers": True, "store_id": "S001", "size": 20})
    assert {row["product_id"] for row in here["audience"]} == {"P0002"}
    asked = {"leftovers": True, "left_over_product_ids": ["P0002"], "size": 20}
    assert {row["product_id"] for row in client.ask("/audience", asked)["audience"]} == {"P0002"}


@pytest.mark.parametrize(
    ("path", "body", "refused"),
    [
        ("/transfers", {"store_id": "S999"}, (404, "not_found")),
        ("/leftovers", {"product_ids": ["nothing"]}, (404, "not_found")),
        ("/counts", {"limit": 0}, (400, "malformed")),
        ("/attention", {"kinds": ["boredom"]}, (400, "malformed")),
        ("/attention", {"store_id": "S999"}, (404, "not_found")),
        ("/route_order", {"lines": []}, (400, "malformed")),
        ("/route_order", {"lines": [{"product_id": "P0001", "units": 0}]}, (400, "malformed")),
        ("/route_order", {"lines": [{"product_id": "nothing", "units": 1}]}, (404, "not_found")),
        ("/route_order", ROUTE | {"orders_today": {"S999": 3}}, (404, "not_found")),
        ("/audience", {"leftovers": True, "product_ids": ["P0001"]}, (400, "malformed")),
        ("/audience", {"product_ids": ["P0001"], "left_over_product_ids": ["P0001"]}, (400, "malformed")),
        ("/audience", {"leftovers": True, "store_id": "S003"}, (422, "impossible")),
        ("/audience", {"product_ids": ["P0001"], "store_id": "S002"}, (404, "not_found")),
    ],
)
def test_a_wrong_question_is_refused(client: Any, path: str, body: Any, refused: tuple[int, str]) -> None:
    assert client.refused(path, body) == refused


def test_answers_without_a_demand_model_say_so(client: Any) -> None:
    for path in ("/transfers", "/counts", "/anomalies", "/leftovers", "/attention"):
        assert client.refused(path, {}, tenant="bare") == (422, "model")
    assert client.refused("/transfers", {}, role="marketer") == (403, "forbidden")
