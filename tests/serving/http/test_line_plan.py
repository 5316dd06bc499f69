"""How a line goes on, over HTTP: the plan's numbers, and why there are none."""

from typing import Any

from serving.http.messages.stock_messages import LinePlanResponse


def test_a_line_tells_how_its_stock_goes_on(client: Any) -> None:
    answer = client.ask("/line_plan", {"store_id": "S001", "product_id": "P0001"}, role="merchandiser")
    LinePlanResponse.model_validate(answer)
    assert (answer["reason"], answer["as_of"], answer["on_hand"], answer["moved_out"]) == (
        None,
        "2025-02-28",
        20.0,
        3.0,
    )
    assert (answer["arrives_on"], answer["stock_before"]) == ("2025-03-05", 6.5)
    assert (answer["next_arrives_on"], answer["least_low"], answer["least_high"]) == ("2025-03-12", 1.0, 19.0)
    assert answer["arrivals"] == [{"arrives_on": "2025-03-02", "units": 12.0}]
    assert [choice["quantity"] for choice in answer["choices"]] == [0.0, 12.0, 24.0]
    assert answer["choices"][2] == {
        "quantity": 24.0,
        "chance": 0.97,
        "lost_units": 0.1,
        "stock_cost": 3.0,
        "value": 11.0,
    }


def test_units_on_order_without_a_day_are_those_of_the_order_line_less_those_with_one(client: Any) -> None:
    rows = {row["product_id"]: row for row in client.ask("/replenish", {"store_id": "S002"})["suggestions"]}
    for product, row in list(rows.items())[:3]:
        plan = client.ask("/line_plan", {"store_id": "S002", "product_id": product})
        due = sum(one["units"] for one in plan["arrivals"])
        assert plan["undated_units"] == (None if row["on_order"] is None else max(row["on_order"] - due, 0.0))
    assert any(row["on_order"] for row in list(rows.values())[:3])


def test_why_there_are_no_numbers_is_said(client: Any) -> None:
    unplanned = client.ask("/line_plan", {"store_id": "S003", "product_id": "P0002"})
    assert (unplanned["reason"], unplanned["stock_before"], unplanned["choices"]) == ("not_planned", None, [])
    older = client.ask("/line_plan", {"store_id": "S001", "product_id": "P0001"}, tenant="bare")
    assert older["reason"] == "not_published"
    assert client.refused("/line_plan", {"store_id": "S009", "product_id": "P0001"}) == (404, "not_found")
    assert client.refused("/line_plan", {"store_id": "S001", "product_id": "P0001"}, role="marketer")[0] == 403
