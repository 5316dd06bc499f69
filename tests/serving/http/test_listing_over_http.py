"""Lines of all stores over HTTP: names, groups, sums that move with decisions, roles and wrong questions."""

import base64
import io
from typing import Any

import polars as pl
import pytest

from serving.http.messages.listing_messages import ListingResponse

DECIDED = {"store_id": "S001", "product_id": "P0021", "as_of": "2025-02-28"}


@pytest.mark.parametrize("table", ["suggestions", "orders", "transfers", "counts", "leftovers", "attention"])
def test_every_list_answers_as_described(client: Any, table: str) -> None:
    client.ask("/decisions", {"decisions": [DECIDED | {"action": "approve", "decision_id": f"listed-{table}"}]})
    answer = client.ask("/listing", {"table": table, "limit": 3})
    ListingResponse.model_validate(answer)
    assert answer["total"] == answer["of"] == answer["totals"]["lines"] >= 1
    groups = [column["name"] for column in answer["columns"] if column["is_group"]]
    for name in groups:
        grouped = client.ask("/listing", {"table": table, "group_by": name, "limit": 0})
        assert sum(group["lines"] for group in grouped["groups"]) == answer["total"]
        key = grouped["groups"][0]["key"]
        inside = client.ask("/listing", {"table": table, "where": [{"column": name, "any_of": [key]}], "limit": 0})
        assert inside["total"] == grouped["groups"][0]["lines"]
    client.ask("/decisions", {"withdraw": [f"listed-{table}"]})


def test_lines_of_all_stores_have_names_supplier_and_cost(client: Any) -> None:
    where = [{"column": "product_id", "any_of": ["P0003"]}, {"column": "supplier_id", "any_of": ["V2"]}]
    (row,) = client.ask("/listing", {"table": "suggestions", "where": where})["rows"]
    told = ("store_name", "product_name", "region", "category", "supplier_id", "unit_cost", "quantity", "cost")
    assert [row[name] for name in told] == ["Grand-Place", "牛奶3", "苏州", "类0", "V2", 2.0, 2.0, 4.0]
    assert row["supplier_name"] == "V2", "a supplier without a name is called by the id"
    asked = client.ask("/replenish", {"store_id": "S002", "product_ids": ["P0003"]})["suggestions"][0]
    assert {name: row[name] for name in asked} == asked, "the same line as /replenish gives it"


def test_groups_by_supplier_add_up_to_the_whole(client: Any) -> None:
    answer = client.ask("/listing", {"table": "suggestions", "group_by": "supplier_id", "limit": 0})
    told = ("key", "name", "lines", "order_quantity")
    assert [tuple(group[name] for name in told) for group in answer["groups"]] == [
        ("V1", "江澜商贸", 40, 780.0),
        ("V2", "V2", 40, 780.0),
    ]
    found = client.ask("/listing", {"table": "suggestions", "search": "江澜", "limit": 0})
    assert found["total"] == 40, "the name of a supplier finds its lines"
    assert (answer["totals"]["order_quantity"], answer["groups_total"]) == (1560.0, 2)


def test_lines_from_a_warehouse_are_counted_under_their_own_name(client: Any) -> None:
    asked = {"table": "suggestions", "limit": 1, "show": "from_warehouse"}
    found = client.ask("/listing", asked, tenant="other")
    assert (found["total"], found["shows"]["from_warehouse"], found["shows"]["transfers"]) == (2, 2, 2)


def test_a_purchase_order_is_held_against_its_suppliers_minimum_whatever_the_view_shows(client: Any) -> None:
    asked = {"table": "suggestions", "group_by": "purchase_order", "limit": 1}
    told = ("purchase_order_cost", "purchase_order_minimum", "purchase_order_trucks")
    whole = {group["key"]: group for group in client.ask("/listing", asked)["groups"]}
    (first,) = [group for key, group in whole.items() if key.startswith("V1")]
    assert first["name"] == first["key"].replace("V1", "江澜商贸")
    assert [first[name] for name in told] == [pytest.approx(1560.0), 1e6, pytest.approx(780 / 60)]
    assert first["is_below_minimum"] == 39  # one line orders nothing
    part = client.ask("/listing", asked | {"where": [{"column": "product_id", "any_of": ["P0021"]}]})
    again = next(group for group in part["groups"] if group["key"] == first["key"])
    assert [again[name] for name in told] == [first[name] for name in told]
    assert part["shows"]["below_minimum"] == 1
    (other,) = [group for key, group in whole.items() if key.startswith("V2")]
    assert (other["purchase_order_minimum"], other["is_below_minimum"]) == (None, 0)
    assert client.ask("/listing", asked | {"show": "below_minimum"})["rows"][0]["is_below_minimum"]


def test_totals_move_with_a_decision_and_back(client: Any) -> None:
    asked = {"table": "suggestions", "where": [{"column": "product_id", "any_of": ["P0021"]}]}
    before = client.ask("/listing", asked)
    assert (before["totals"]["quantity"], before["totals"]["is_open"]) == (40.0, 2)
    change = DECIDED | {"action": "change", "order_quantity": 5, "decision_id": "moves"}
    client.ask("/decisions", {"decisions": [change]})
    after = client.ask("/listing", asked)
    assert (after["totals"]["quantity"], after["totals"]["cost"], after["totals"]["is_open"]) == (25.0, 50.0, 1)
    row = next(row for row in after["rows"] if row["store_id"] == "S001")
    assert (row["state"], row["quantity"], row["order_quantity"]) == ("changed", 5.0, 20.0)
    assert client.ask("/listing", asked | {"show": "decided"})["total"] == 1
    client.ask("/decisions", {"withdraw": ["moves"]})
    assert client.ask("/listing", asked)["totals"] == before["totals"]


def test_a_search_looks_into_names_and_ids_of_all_stores(client: Any) -> None:
    found = client.ask(
        "/listing", {"table": "suggestions", "search": "grand 牛奶3", "sort": [{"column": "product_id"}]}
    )
    assert [row["product_name"] for row in found["rows"]] == ["牛奶3", "牛奶30", "牛奶33", "牛奶36", "牛奶39"]
    assert {row["store_id"] for row in found["rows"]} == {"S002"}


def test_a_marketer_lists_excess_stock_and_nothing_else(client: Any) -> None:
    assert client.ask("/listing", {"table": "leftovers"}, role="marketer")["total"] == 2
    assert client.refused("/listing", {"table": "suggestions"}, role="marketer") == (403, "forbidden")
    assert client.ask("/listing", {"table": "suggestions", "limit": 0}, role="data_scientist")["total"] == 80


def saved(client: Any, **asked: Any) -> pl.DataFrame:
    """The lines of a file, as a spreadsheet reads them."""
    answer = client.ask("/listing_file", {"table": "suggestions", "format": "csv"} | asked)
    content = base64.b64decode(answer["content"])
    if asked.get("format") == "xlsx":
        return pl.read_excel(io.BytesIO(content), infer_schema_length=None)
    assert content.startswith(b"\xef\xbb\xbf")
    table = pl.read_csv(io.BytesIO(content), infer_schema_length=None)
    assert (answer["rows"], answer["file_name"]) == (
        table.height,
        f"{asked.get('table', 'suggestions')}-2025-02-28.csv",
    )
    return table


def test_a_file_holds_all_lines_of_a_view_in_their_order(client: Any) -> None:
    asked = {"search": "grand 牛奶3", "sort": [{"column": "product_id", "descending": True}]}
    table = saved(client, **asked)
    assert table["product_name"].to_list() == ["牛奶39", "牛奶36", "牛奶33", "牛奶30", "牛奶3"]
    assert (table["reason"][0], table["flags"][0]) == ("covers demand until the next arrival", "loss large")
    assert saved(client, **asked, format="xlsx")["product_id"].to_list() == table["product_id"].to_list()
    assert saved(client).height == 80


@pytest.mark.parametrize("table", ["transfers", "counts", "leftovers", "attention"])
def test_every_list_can_be_saved_with_its_reason(client: Any, table: str) -> None:
    lines = saved(client, table=table)
    assert lines.height == client.ask("/listing", {"table": table})["total"]
    assert lines["reason"].unique().to_list() == ["why"]


def test_a_saved_file_of_orders_is_read_back_without_a_difference(client: Any) -> None:
    content = client.ask("/listing_file", {"table": "suggestions", "format": "csv"})["content"]
    answer = client.ask("/changes_file", {"file_name": "saved.csv", "content": content})
    assert (answer["rows"], answer["same"], answer["lines"], answer["problems"]) == (80, 80, [], [])


def test_the_history_of_a_line_names_who_decided_what_and_took_it_back(client: Any) -> None:
    line = {"store_id": "S002", "product_id": "P0034"}
    made = line | {"as_of": "2025-02-28", "action": "reject", "reason": "none", "decision_id": "history-1"}
    client.ask("/decisions", {"decisions": [made]})
    client.ask("/decisions", {"withdraw": ["history-1"]})
    newest = client.ask("/line_history", line)["decisions"][0]
    told = ("decision", "reason", "decided_by", "withdrawn_by", "as_of")
    assert [newest[name] for name in told] == ["rejected", "none", "admin先生", "admin先生", "2025-02-28"]
    assert client.ask("/line_history", line | {"limit": 1})["decisions"] == [newest]
    assert client.refused("/line_history", line | {"store_id": "S999"}) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"table": "nothing"}, (400, "malformed")),
        ({"table": "transfers", "since": "2025-01-01"}, (400, "malformed")),
        ({"table": "suggestions", "where": [{"column": "store_id"}]}, (400, "malformed")),
        ({"table": "suggestions", "limit": -1}, (400, "malformed")),
        ({"table": "suggestions", "sort": [{"column": "color"}]}, (404, "not_found")),
        ({"table": "suggestions", "group_by": "quantity"}, (404, "not_found")),
        ({"table": "suggestions", "show": "everything"}, (404, "not_found")),
        ({"table": "suggestions", "where": [{"column": "cost", "any_of": ["much"]}]}, (422, "impossible")),
        ({"table": "suggestions", "where": [{"column": "order_on", "at_least": "2025-13-01"}]}, (422, "impossible")),
    ],
)
def test_a_wrong_question_is_refused(client: Any, body: Any, refused: tuple[int, str]) -> None:
    assert client.refused("/listing", body) == refused


def test_a_refusal_names_the_columns_that_exist(client: Any) -> None:
    error = client.error("/listing", {"table": "transfers", "sort": [{"column": "profit"}]})
    assert "from_store_name" in error["message"]
    assert error["details"]["wanted"][0] == "product_id"


def test_answers_without_a_demand_model_say_so(client: Any) -> None:
    for table in ("suggestions", "transfers", "attention"):
        assert client.refused("/listing", {"table": table}, tenant="bare") == (422, "model")
