"""The calendar over HTTP: days, stores, places, and what older answers do not know."""

from typing import Any

from serving.http.messages.calendar_messages import CalendarResponse


def test_promotions_of_the_days_come_with_their_stores_and_goods(client: Any) -> None:
    answer = client.ask("/calendar", {}, role="merchandiser")
    CalendarResponse.model_validate(answer)
    assert (answer["as_of"], answer["begins_on"], answer["ends_on"]) == ("2025-02-28", "2025-01-31", "2025-04-25")
    assert [(row["promotion_id"], row["stores"], row["products"]) for row in answer["promotions"]] == [
        ("spring", 2, 3),
        ("all", None, 1),
    ]
    assert answer["promotions"][0]["product_ids"] == ["P0001", "P0002", "P0003"]
    assert answer["names"]["P0001"]
    assert answer["campaigns"] == []


def test_a_store_and_days_narrow_it(client: Any) -> None:
    of_store = client.ask("/calendar", {"store_id": "S002"})
    assert [(row["promotion_id"], row["stores"]) for row in of_store["promotions"]] == [("spring", 1), ("all", None)]
    april = client.ask("/calendar", {"begins_on": "2025-04-01", "ends_on": "2025-04-02"})
    assert [row["promotion_id"] for row in april["promotions"]] == ["all"]
    page = client.ask("/calendar", {"limit": 1, "offset": 1})
    assert ([row["promotion_id"] for row in page["promotions"]], page["total"]) == (["all"], 2)


def test_what_cannot_be_asked_is_refused_and_older_answers_say_that_they_know_none(client: Any) -> None:
    assert client.refused("/calendar", {"begins_on": "2025-04-02", "ends_on": "2025-04-01"}) == (422, "impossible")
    assert client.refused("/calendar", {"store_id": "S999"}) == (404, "not_found")
    older = client.ask("/calendar", {}, tenant="bare")
    assert (older["published_from"], older["promotions"]) == (None, [])
