"""The life of a suggestion over HTTP: decided, received, shown."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.exports import make_export, mark_delivered
from retail_brain.outputs import suggestion_id
from serving.http.messages.goods_receipt_messages import ReceiptsResponse
from serving.http.messages.stock_messages import OrdersResponse

LINE = {"store_id": "S002", "product_id": "P0020", "as_of": "2025-02-28"}


def receipt(**given: Any) -> dict[str, Any]:
    return {"receipt_id": uuid.uuid4().hex, "units": 8, "received_on": "2025-03-03"} | LINE | given


def line_of(client: Any, product_id: str) -> dict[str, Any]:
    asked = {"store_id": "S002", "product_ids": [product_id]}
    row: dict[str, Any] = client.ask("/replenish", asked)["suggestions"][0]
    return row


def test_a_line_says_how_far_it_has_come(client: Any, database: Database) -> None:
    assert line_of(client, "P0020")["state"] == "proposed"
    changed = LINE | {"action": "change", "order_quantity": 12, "seen_quantity": 19}
    client.ask("/decisions", {"decisions": [changed]}, role="merchandiser")
    assert line_of(client, "P0020")["state"] == "changed"
    export = make_export("main", database, target="orders.csv", made_by="erp", now=datetime.now(UTC))
    assert export is not None
    mark_delivered("main", database, export.export_id, now=datetime.now(UTC))
    told = receipt()
    answer = client.ask("/receipts", {"receipts": [told]}, role="merchandiser")
    ReceiptsResponse.model_validate(answer)
    assert (answer["stored"], answer["duplicates"]) == (1, 0)
    order = answer["orders"][0]
    assert {
        name: order[name] for name in ("state", "order_quantity", "received_units", "open_units", "received_on")
    } == {
        "state": "received",
        "order_quantity": 12.0,
        "received_units": 8.0,
        "open_units": 4.0,
        "received_on": "2025-03-03",
    }
    assert client.ask("/receipts", {"receipts": [told]})["stored"] == 0
    by_id = {
        "receipt_id": "r9",
        "suggestion_id": suggestion_id(*LINE.values()),
        "units": 4,
        "received_on": "2025-03-04",
    }
    assert client.ask("/receipts", {"receipts": [by_id]})["orders"][0]["open_units"] == 0
    shown = line_of(client, "P0020")
    assert (shown["state"], shown["decision"]["received_units"]) == ("received", 12.0)
    assert shown["decision"]["exported_at"] is not None
    assert list_audit("main", database)[0].action == "orders.received"
    book = client.ask("/orders", {"store_id": "S002", "state": "received"}, role="data_scientist")
    OrdersResponse.model_validate(book)
    assert [row["product_id"] for row in book["orders"]] == ["P0020"]
    assert book["states"]["received"] == 1
    assert book["names"] == {"P0020": "苹果20"}
    assert client.ask("/orders", {"since": "2025-03-01"})["orders"] == []
    assert client.ask("/orders", {}, tenant="other")["total"] == 0


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (receipt(product_id="P0021"), (404, "not_found")),
        (receipt(as_of=None), (400, "malformed")),
        (receipt(suggestion_id="abc"), (400, "malformed")),
        (receipt(units="many"), (400, "malformed")),
        ({"receipt_id": "r", "units": 1, "received_on": "2025-03-03"}, (400, "malformed")),
    ],
)
def test_a_receipt_of_nothing_is_refused(client: Any, given: dict[str, Any], refused: tuple[int, str]) -> None:
    assert client.refused("/receipts", {"receipts": [given]}) == refused


def test_a_receipt_of_a_billion_units_is_refused_until_it_is_confirmed(client: Any) -> None:
    line = LINE | {"product_id": "P0023"}
    client.ask("/decisions", {"decisions": [line | {"action": "approve"}]})
    odd = receipt(**line, units=1e7)
    error = client.error("/receipts", {"receipts": [odd]})
    assert error["code"] == "unconfirmed"
    limit = error["details"]["problems"][0]
    assert (limit["code"], limit["ordered"], limit["limit"]) == ("units", 22.0, 66.0)
    assert client.ask("/receipts", {"receipts": [odd | {"confirm_exception": True}]})["stored"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/receipts", {"receipts": [receipt(units=1e-300)]}),
        ("/receipts", {"receipts": [receipt(units=-1e-5)]}),
        ("/decisions", {"decisions": [LINE | {"action": "change", "order_quantity": 5e-324}]}),
        (
            "/overrides",
            {
                "overrides": [
                    {"store_id": "S002", "kind": "units", "value": 1e-9, "ends_on": "2025-03-05", "reason": "x"}
                ]
            },
        ),
        ("/route_order", {"lines": [{"product_id": "P0020", "units": 1e-300}]}),
        ("/what_if", {"store_id": "S002", "product_id": "P0020", "price": 1e-300}),
    ],
)
def test_an_amount_that_no_answer_could_show_is_refused_with_the_limit(client: Any, path: str, body: Any) -> None:
    for language in ("en", "zh"):
        error = client.post(path, body, language=language).json()["error"]
        assert (error["code"], "0.0001" in error["message"]) == ("malformed", True)


def test_one_receipt_that_cannot_be_stored_holds_back_no_other(client: Any) -> None:
    line = LINE | {"product_id": "P0024"}
    changed = {"action": "change", "order_quantity": 12, "confirm_exception": True}
    client.ask("/decisions", {"decisions": [line | changed]})
    good = receipt(**line)
    mixed = [
        "no row", receipt(product_id="P0030"), good, good | {"units": 9}, receipt(**line, units=1e7),
        receipt(**line, receipt_id="a\0"), receipt(**line, units=-99), receipt(**line, received_on="2025-02-27"),
        receipt(**line, units=4),
    ]  # fmt: skip
    answer = client.ask("/receipts", {"receipts": mixed})
    ReceiptsResponse.model_validate(answer)
    assert (answer["stored"], answer["duplicates"], answer["orders"][0]["received_units"]) == (2, 0, 12.0)
    assert [(row["receipt"], row["where"], row["code"]) for row in answer["refused"]] == [
        (0, "receipt", "malformed"), (1, "suggestion_id", "not_found"), (3, "receipt_id", "impossible"),
        (4, "units", "unconfirmed"), (5, "receipt_id", "malformed"), (6, "units", "unconfirmed"),
        (7, "received_on", "unconfirmed"),
    ]  # fmt: skip
    again = client.post("/receipts", {"receipts": mixed}, language="zh").json()
    assert (again["stored"], again["duplicates"]) == (0, 2)
    assert again["refused"][3]["problem"].startswith("累计收货 10,000,012，超过 36：")


def test_what_waits_for_a_decision_is_counted_alike_everywhere(client: Any) -> None:
    def counts(store_id: str) -> set[int]:
        lines = client.ask("/replenish", {"store_id": store_id, "limit": 5000})["suggestions"]
        overview = client.ask("/overview", {})
        of_store = next(store["open"] for store in overview["stores"] if store["id"] == store_id)
        everywhere = {client.ask(route, {})["open"] for route in ("/orders", "/attention", "/overview")}
        assert everywhere == {sum(store["open"] for store in overview["stores"])}
        asked = {"store_id": store_id}
        return {
            sum(line["is_open"] for line in lines),
            of_store,
            client.ask("/orders", asked)["open"],
            client.ask("/attention", asked)["open"],
        }

    (before,) = counts("S001")
    decision_id = uuid.uuid4().hex
    decided = {"store_id": "S001", "product_id": "P0039", "as_of": "2025-02-28", "action": "approve"}
    client.ask("/decisions", {"decisions": [decided | {"decision_id": decision_id}]})
    assert counts("S001") == {before - 1}
    client.ask("/decisions", {"withdraw": [decision_id]})
    assert counts("S001") == {before}


def test_marketers_neither_see_orders_nor_receive_goods(client: Any) -> None:
    assert client.refused("/orders", {}, role="marketer") == (403, "forbidden")
    assert client.refused("/receipts", {"receipts": [receipt()]}, role="data_scientist") == (403, "forbidden")


def test_two_keys_of_one_name_are_told_apart_in_orders_and_overrides(client: Any, make_key: Any) -> None:
    keys = [make_key(name="Li"), make_key(name="Li")]
    for key, product_id in zip(keys, ("P0035", "P0036"), strict=True):
        headers = {"authorization": f"Bearer {key}"}
        decided = {"decisions": [LINE | {"product_id": product_id, "action": "approve"}]}
        series = {"store_id": "S002", "product_id": product_id}
        override = series | {"kind": "factor", "value": 1.1, "ends_on": "2025-03-05", "reason": "market"}
        assert client.http.post("/decisions", headers=headers, json=decided).status_code == 200
        assert client.http.post("/overrides", headers=headers, json={"overrides": [override]}).status_code == 200
    wanted = {f"Li ({key[:9]})" for key in keys}
    orders = client.ask("/orders", {"store_id": "S002"})["orders"]
    assert {row["decided_by"] for row in orders if row["product_id"] in ("P0035", "P0036")} == wanted
    made = client.ask("/overrides", {"store_id": "S002"})["overrides"]
    assert {row["made_by"] for row in made if row["product_id"] in ("P0035", "P0036")} == wanted
