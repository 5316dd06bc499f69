"""`/recommend` under rules, in shops with and without stock, for strangers and for people known by one event."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.rules import store_rules

BASE = {"customer_id": "C00100", "k": 60}


@pytest.fixture
def set_rules(client: Any) -> Iterator[Any]:
    """Sets the tenant's rules; they are gone after the test."""

    def put(*rules: dict[str, Any], **given: Any) -> Any:
        return client.ask("/rules", {"rules": list(rules)} | given)

    yield put
    client.ask("/rules", {"rules": []})


def rows(client: Any, **asked: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.ask("/recommend", BASE | asked)["recommendations"]
    return listed


def goods(client: Any, **asked: Any) -> list[str]:
    return [row["product_id"] for row in rows(client, **asked)]


def test_a_pin_shows_goods_first_even_to_those_who_never_looked_at_them(client: Any, set_rules: Any) -> None:
    before = goods(client)
    assert "P0033" not in before
    set_rules({"action": "pin", "values": ["P0033", before[3]], "name": "端午节"})
    after = rows(client, k=3)
    assert [row["product_id"] for row in after] == ["P0033", before[3], before[0]]
    assert [row["rule"] for row in after] == ["端午节", "端午节", None]
    assert (after[0]["reason"], after[0]["kind"], after[0]["probability"]) == ("Pinned by a rule", "explore", 0.01)
    assert "P0033" not in goods(client, exclude=["P0033"])
    assert "P0033" not in goods(client, kind="repeat")


def test_boost_bury_exclude_and_cap_move_and_say_so(client: Any, set_rules: Any) -> None:
    before = goods(client)
    set_rules(
        {"action": "boost", "values": [before[4]], "factor": 90, "name": "push"},
        {"action": "bury", "values": [before[0]], "factor": 100},
        {"action": "exclude", "values": [before[1]], "name": "recall"},
        {"action": "cap", "attribute": "category", "limit": 1},
    )
    answer = client.ask("/recommend", BASE)
    listed = answer["recommendations"]
    assert (listed[0]["product_id"], listed[0]["rule"]) == (before[4], "push")
    assert before[1] not in [row["product_id"] for row in listed]
    assert len(listed) <= 6
    assert {"name": "recall", "goods": 1} in answer["rules_applied"]


def test_rules_name_the_products_that_they_are_about(client: Any, set_rules: Any) -> None:
    told = set_rules(
        {"action": "pin", "values": ["P0033", "unknown"]}, {"action": "bury", "attribute": "brand", "values": ["P0034"]}
    )
    assert list(told["names"]) == ["P0033"]
    assert told["names"]["P0033"]


def test_rules_of_one_shop_do_not_hold_in_another(client: Any, set_rules: Any) -> None:
    first = goods(client, store_id="S001")[0]
    set_rules({"action": "exclude", "values": [first], "stores": ["S001"]})
    assert first not in goods(client, store_id="S001")
    assert first in goods(client, store_id="S002")
    assert first in goods(client)


def test_adult_goods_are_for_known_adults_or_where_a_rule_allows_them(client: Any, set_rules: Any) -> None:
    child = {"customer_id": "C00070", "k": 60}  # an even position would be an adult
    event = {"occurred_at": "2025-03-01T10:00:00", "event_type": "bag_add", "product_id": "P0057"}
    client.ask("/events", [event | {"customer_id": who} for who in ("C00070", "C00071")])
    assert "P0057" not in goods(client, **child)
    assert "P0057" in goods(client, **child | {"customer_id": "C00071"})
    set_rules({"action": "allow", "attribute": "adult"})
    assert "P0057" in goods(client, **child)


def test_another_event_under_a_used_id_is_named_and_one_sent_again_is_not(client: Any) -> None:
    one = {"event_id": uuid.uuid4().hex, "occurred_at": "2025-03-01T10:00:00", "event_type": "view"}
    about = {"customer_id": "C00070", "product_id": "P0057"}
    other = one | {"customer_id": "C00071", "product_id": "P0056"}
    new = one | {"event_id": uuid.uuid4().hex}
    assert client.ask("/events", [one | about, other]) == {
        "accepted": 1,
        "duplicates": 0,
        "refused": [{"event": 1, "where": "event_id", "problem": "used for another event"}],
    }
    answer = client.ask("/events", [other, one | about, one, new])
    assert (answer["accepted"], answer["duplicates"]) == (1, 2)
    assert [row["event"] for row in answer["refused"]] == [0]


def test_rules_are_read_set_and_checked_with_their_author(client: Any, set_rules: Any, database: Database) -> None:
    first = set_rules({"action": "pin", "values": ["P0001", "unheard of"], "stores": ["S009"], "name": "x"})
    assert first["set_by"] == "admin先生"
    assert first["warnings"] == [
        "rule 1 (x): no product has the id 'unheard of'",
        "rule 1 (x): unknown stores 'S009'",
    ]
    seen = client.ask("/rules", {}, role="data_scientist")
    assert (seen["version"], seen["may_write"], seen["rules"][0]["state"]) == (first["version"], False, "active")
    tried = client.ask("/rules", {"rules": [{"action": "cap"}], "check": True}, role="data_scientist")
    assert [rule["action"] for rule in tried["rules"]] == ["cap"]
    assert client.ask("/rules", {})["version"] == first["version"]
    deeds = list_audit("main", database)
    assert (deeds[0].action, deeds[0].actor) == ("rules.set", "admin先生")


def test_rules_that_were_read_can_be_sent_back_as_they_are(client: Any, set_rules: Any) -> None:
    first = set_rules(
        {"action": "pin", "values": ["P0001"]}, {"action": "cap", "limit": 5, "ends_at": "2030-01-01T00:00:00"}
    )
    rows = [{name: value for name, value in row.items() if name not in {"title", "state"}} for row in first["rules"]]
    again = client.ask("/rules", {"rules": rows, "version": first["version"]})
    assert again["rules"] == first["rules"]


def test_bad_rules_and_stale_lists_are_refused_and_change_nothing(client: Any, set_rules: Any) -> None:
    version = set_rules({"action": "cap"})["version"]
    bad = {"rules": [{"action": "cap"}, {"action": "exclude", "name": "oops"}, {"action": "fly"}]}
    response = client.post("/rules", bad)
    assert response.status_code == 400
    error = response.json()["error"]
    assert "rule 2 (oops)" in error["message"]
    assert [problem["rule"] for problem in error["details"]["problems"]] == [2, 3]
    assert client.refused("/rules", {"rules": [], "version": version - 1}) == (422, "impossible")
    assert client.refused("/rules", {"rules": []}, role="data_scientist") == (403, "forbidden")
    assert client.refused("/rules", {}, role="merchandiser") == (403, "forbidden")
    assert client.ask("/rules", {})["version"] == version


def test_rules_do_not_cross_between_tenants(client: Any, set_rules: Any) -> None:
    first = goods(client)[0]
    set_rules({"action": "exclude", "values": [first]})
    other = client.ask("/recommend", BASE, tenant="other")["recommendations"]
    assert other[0]["product_id"] == first


def test_a_rule_that_no_version_can_read_is_passed_over(client: Any, set_rules: Any, database: Database) -> None:
    kept = [{"action": "teleport"}, {"action": "exclude", "values": ["P0034"]}]
    store_rules("main", database, kept, set_by="x", now=datetime.now(UTC))
    client.ask("/rules", {"rules": kept[1:]})
    assert "P0034" not in goods(client)


def test_each_row_says_how_it_gets_to_the_person(client: Any) -> None:
    here = rows(client, store_id="S001")
    assert {(row["fulfilment"], row["from_store_id"]) for row in here} == {("in_store", "S001")}
    assert {row["fulfilment"] for row in rows(client)} == {None}
    assert rows(client, store_id="S001", fulfilment=["ship"]) == []
    assert client.ask("/recommend", BASE | {"store_id": "S001"})["notes"] == []


def test_a_shop_without_counts_says_so_and_a_list_of_nothing_too(client: Any) -> None:
    web = client.ask("/recommend", BASE | {"store_id": "S003"}, language="zh")
    assert [note["code"] for note in web["notes"]] == ["stock_unknown"]
    assert web["recommendations"]
    none = client.ask("/recommend", BASE | {"store_id": "S001", "fulfilment": ["pickup"]})
    assert [note["code"] for note in none["notes"]] == ["nothing_left"]


def test_somebody_unknown_is_answered_and_one_event_is_enough_to_answer_better(client: Any) -> None:
    device = {"id_type": "device", "id_value": uuid.uuid4().hex, "k": 40}
    before = client.ask("/recommend", device)
    assert (before["basis"], before["known_by"]) == ("cold", "nothing")
    event = {"occurred_at": "2025-03-01T10:00:00", "event_type": "scan", "product_id": "P0055"}
    client.ask("/events", [event | {key: device[key] for key in ("id_type", "id_value")}])
    after = client.ask("/recommend", device)
    assert (after["basis"], after["known_by"]) == ("cold", "events")
    listed = {row["product_id"]: row["reason"] for row in after["recommendations"]}
    assert listed["P0055"] == "Recently scanned"
    assert listed["P0056"] == "Often bought with 面包55"


def test_one_purchase_is_not_offered_again_but_brings_what_goes_with_it(client: Any) -> None:
    device = {"id_type": "device", "id_value": uuid.uuid4().hex}
    event = {"occurred_at": "2025-03-01T10:00:00", "event_type": "purchase", "product_id": "P0055"}
    client.ask("/events", [event | device])
    listed = client.ask("/recommend", device | {"k": 60})["recommendations"]
    assert "P0055" not in [row["product_id"] for row in listed]
    assert "P0056" in [row["product_id"] for row in listed]


def test_a_quota_of_new_goods(client: Any) -> None:
    listed = rows(client, k=4, explore_at_least=3)
    assert [row["kind"] for row in listed].count("explore") == 3
    assert [row["rank"] for row in listed] == [1, 2, 3, 4]


def test_a_rule_under_test_moves_the_goods_of_those_drawn_and_the_attribution_says_so(
    client: Any, set_rules: Any
) -> None:
    set_rules({"action": "pin", "values": ["P0033"], "test": "pin"}, {"action": "bury", "values": ["P0001"]})
    seen = set()
    for number in range(100, 112):
        for _ in range(2):  # the second answer is the kept one
            answer = client.ask("/recommend", BASE | {"customer_id": f"C00{number}"})
            arm = answer["attribution_id"].removeprefix("recommend-2025-02-28")
            seen.add(arm)
            assert (answer["recommendations"][0]["product_id"] == "P0033") == (arm == "+pin")
    assert seen == {"+pin", "-pin"}
    stranger = client.ask("/recommend", {"id_type": "device", "id_value": "nobody", "k": 3})
    assert stranger["attribution_id"].endswith("-pin")
