"""Keys of a region, a shop or a guide over every route: what they may ask, and that no neighbour's row gets out.

The chain: shop S001 (region 杭州) and S002 (苏州); people with an even number are of S001, the others of S002; every
tenth person is looked after by guide G1, who therefore has people of S001 only.
"""

import base64
import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from pydantic import BaseModel
from sqlalchemy import insert, update

from features.jobs import build_features
from retail_brain.erased_ids import Subjects
from retail_brain.errors import ConflictError
from retail_brain.ingest import ingest
from retail_brain.ingest.quarantine import replace_quarantine
from retail_brain.lake import open_lake
from retail_brain.operational.database import Database
from retail_brain.operational.erasures import begin_erasure
from retail_brain.operational.events import events_after
from retail_brain.operational.guides import GuideChange, Move, let_go, save_guide
from retail_brain.operational.keys import create_key
from retail_brain.operational.places import HEADQUARTERS, Place
from retail_brain.operational.tables import CAMPAIGNS, TRIGGER_FIRINGS
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http.access import ScopedBy
from serving.http.places import STORE_FIELDS
from serving.http.routes import ROUTES, Route
from serving.store.answers_manifest import read_manifest, write_manifest
from serving.store.rows import write_rows
from training.tracking import version_tables

TENANT = "placed"
PLACES = {
    "headquarters": HEADQUARTERS,
    "region": Place(regions=("杭州",)),
    "shop": Place(stores=("S001",)),
    "guide": Place(guide="G1"),
    "guide in a shop": Place(stores=("S001",), guide="G1"),
    "nowhere": Place(stores=("S999",)),
}
OWN, OTHER, UNKNOWN = "S001", "S002", "S999"
OWN_PERSON, OTHER_PERSON, NOBODY = "C00010", "C00011", "C99999"
OF_GUIDE, NOT_OF_GUIDE = "C00020", "C00022"
SCOPED = [kind for kind in PLACES if kind != "headquarters"]

EVERYBODY = "not bought(last 1 days)"
EVENT: dict[str, Any] = {"occurred_at": "2025-03-01T10:00:00", "event_type": "visit"}

BODIES: dict[str, dict[str, Any]] = {
    "/overrides": {"store_id": OWN},
    "/what_if": {"store_id": OWN, "product_id": "P0002", "horizon": 3, "price": 9.5},
    "/forecast": {"store_id": OWN, "product_ids": ["P0001", "P0060"], "explain": True},
    "/replenish": {"store_id": OWN},
    "/decisions": {"decisions": [{"store_id": OWN, "product_id": "P0007", "as_of": "2025-02-28", "action": "approve"}]},
    "/bulk_decisions": {
        "batch_id": "placed0001",
        "as_of": "2025-02-28",
        "action": "approve",
        "check": True,
        "lines": [{"store_id": OWN, "product_id": "P0008", "seen_quantity": 7}],
    },
    "/changes_file": {"file_name": "c.csv", "content": "c3RvcmVfaWQscHJvZHVjdF9pZCxxdWFudGl0eQo="},
    "/head_office": {},
    "/listing_file": {"table": "suggestions", "format": "csv"},
    "/line_history": {"store_id": OWN, "product_id": "P0008"},
    "/line_comment": {"store_id": OWN, "product_id": "P0008", "text": "集市"},
    "/calendar": {"store_id": OWN},
    "/line_plan": {"store_id": OWN, "product_id": "P0008"},
    "/attention": {"store_id": OWN},
    "/transfers": {"store_id": OWN},
    "/counts": {"store_id": OWN},
    "/anomalies": {"store_id": OWN},
    "/leftovers": {"store_id": OWN},
    "/listing": {"table": "suggestions", "limit": 5},
    "/orders": {"store_id": OWN},
    "/receipts": {
        "receipts": [{"receipt_id": "none", "suggestion_id": "none", "units": 1, "received_on": "2025-03-01"}]
    },
    "/segments": {"action": "count", "expression": EVERYBODY},
    "/funnel": {"months": 1},
    "/assets": {"months": 1},
    "/campaigns": {},
    "/campaign": {"campaign_id": "none"},
    "/campaign_act": {"campaign_id": "none", "version": 1, "act": "preview"},
    "/campaign_propose": {"campaign_id": "proposed", "store_ids": [OWN]},
    "/campaign_contacts": {"campaign_id": "none"},
    "/campaign_effect": {"campaign_id": "none"},
    "/campaign_measure": {"campaign_id": "none"},
    "/events": {"events": [EVENT | {"store_id": OWN}]},
    "/recommend": {"customer_id": OWN_PERSON, "store_id": OWN},
    "/recommend_batch": {"customer_ids": [OWN_PERSON, OF_GUIDE], "store_id": OWN},
    "/audience": {"product_ids": ["P0001"], "size": 100, "store_id": OWN},
    "/similar": {"product_id": "P0001", "store_id": OWN},
    "/complete_basket": {"product_ids": ["P0001"], "store_id": OWN},
    "/profile": {"customer_id": OWN_PERSON},
    "/search": {"kind": "product", "store_id": OWN},
    "/history": {"store_id": OWN, "product_id": "P0001"},
    "/overview": {},
    "/guide_list": {},
    "/guide_answers": {
        "answers": [{"answer_id": "none", "task_id": "none", "outcome": "done", "at": "2025-03-01T10:00:00Z"}]
    },
    "/guide_referrals": {
        "referrals": [{"referral_id": "n", "guide_id": "none", "customer_id": "n", "at": "2025-03-01T10:00:00Z"}]
    },
    "/guide_credit": {},
    "/guides": {},
    "/guide_save": {"guide_id": "none", "store_id": OWN, "version": 7},
    "/guide_leave": {"guide_id": "none"},
    "/guide_make": {"guide_ids": ["none"]},
    "/rules": {},
    "/models": {"kind": "demand"},
    "/quarantine": {},
    "/triggers": {},
    "/trigger": {"trigger_id": "none"},
    "/trigger_firings": {"trigger_id": "none"},
}
"""A request of each route that answers keys with a place; a new route of that kind needs one."""
NOTHING_THERE = {path for path in BODIES if path.startswith("/campaign_")} | {
    "/campaign",
    "/receipts",
    "/guide_answers",
    "/guide_referrals",
    "/guide_save",
    "/guide_leave",
    "/guide_make",
    "/trigger",
    "/trigger_firings",
}
"""Routes whose request in BODIES names nothing that is there; tests below ask about something."""


NOT_FOR_GUIDES = {"/guide_save", "/guide_leave", "/guide_make"}
"""Routes that a guide's own key may not ask, though it has a place."""


def own_ids(kind: str) -> tuple[list[str], list[str]]:
    """Shops and people that a kind of key may see."""
    people = [f"C{number:05d}" for number in range(1, 201)]
    even = [person for person in people if int(person[1:]) % 2 == 0]
    tenth = [person for person in people if int(person[1:]) % 10 == 0]
    return {
        "region": ([OWN], even),
        "shop": ([OWN], even),
        "guide": ([], tenth),
        "guide in a shop": ([OWN], tenth),
        "nowhere": ([], []),
    }[kind]


@pytest.fixture(scope="module")
def keys(client: Any, synthetic: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A key of each kind, for a tenant whose people live in two shops."""
    folder = synthetic.publish_synthetic(Workspace(client.home, TENANT), "placed-first")
    numbers = range(1, 201)
    homes = [OWN if number % 2 == 0 else OTHER for number in numbers]
    guides = ["G1" if number % 10 == 0 else None for number in numbers]
    person = {
        "stage": ["friend"] * 200,
        "spend": [77.25] * 200,
        "home_store_id": homes,
        "main_store_id": homes,
        "guide_id": guides,
    }
    write_rows(folder, "person", pl.DataFrame(person))
    customers = [f"C{number:05d}" for number in numbers]
    write_rows(folder, "facts_customers", pl.DataFrame({"customer_id": customers, "home_store_id": homes}))
    manifest = read_manifest(folder)
    (folder / "manifest.json").unlink()
    write_manifest(folder, manifest)
    data = tmp_path_factory.mktemp("placed")
    frame = pl.DataFrame({"customer_id": customers, "home_store_id": homes, "guide_id": guides})
    frame.write_parquet(data / "customers.parquet")
    receipts = {"transaction_id": ["a"], "customer_id": ["C00002"], "product_id": ["P0001"], "store_id": [OWN]}
    receipts |= {"sold_at": [datetime(2025, 2, 28, 9)], "units": [1.0], "unit_price": [5.0]}
    pl.DataFrame(receipts).write_parquet(data / "transactions.parquet")
    workspace = Workspace(client.home, TENANT)
    shops = {"store_id": [OWN, OTHER], "region": ["杭州", "苏州"]}
    pl.DataFrame(shops).write_parquet(data / "stores.parquet")
    ingest(str(data), str(workspace.lake), Settings(), SILENT)
    build_features(open_lake(str(workspace.lake)), workspace.features, date(2025, 2, 28))
    database = Database(Workspace(client.home).database_url)
    made = {
        kind: create_key(TENANT, database, role="admin", name=kind, now=datetime.now(UTC), place=place)
        for kind, place in PLACES.items()
    }
    client.keys.update({(TENANT, kind): key for kind, key in made.items()})
    while client.post("/overview", {}, tenant=TENANT, role="headquarters").status_code == 503:
        time.sleep(0.05)  # until the worker has opened the answers
    yield made
    database.close()


@pytest.fixture
def ask(client: Any, keys: dict[str, str]) -> Any:
    """Status and text of an answer for a kind of key."""

    def asked(kind: str, path: str, body: Any) -> tuple[int, str]:
        assert kind in keys
        response = client.post(path, body, tenant=TENANT, role=kind)
        return response.status_code, response.text

    return asked


def strangers_in(text: str, kind: str) -> list[str]:
    """Ids of shops and people in an answer that the kind of key must not see."""
    stores, people = own_ids(kind)
    hidden = {"S001", "S002", "S003", "西湖店", "Grand-Place", "网店"} - {*stores}
    # the shop of an own person is a fact about the person
    hidden -= {OWN, "西湖店"} if people else set()
    hidden |= {f"C{number:05d}" for number in range(1, 201)} - set(people)
    return sorted(name for name in hidden if name in text)


def test_every_route_says_how_it_is_narrowed() -> None:
    silent = [route.path for route in ROUTES if route.scoped_by is None]
    assert silent == [], "declare scoped_by=ScopedBy.... in serving/http/routes; until then keys with a place get 403"
    answering = {route.path for route in ROUTES if route.scoped_by is not ScopedBy.HEADQUARTERS}
    assert answering == set(BODIES), "a route that answers keys with a place needs a request in BODIES"


def test_the_guide_for_operators_names_the_routes_that_are_headquarters_alone() -> None:
    text = (Path(__file__).parents[3] / "docs" / "operator.md").read_text(encoding="utf-8")
    told = text.split("- Headquarters' alone (403 `wrong_place`)")[1].split("So is every route")[0]
    alone = {route.path for route in ROUTES if route.scoped_by is ScopedBy.HEADQUARTERS}
    assert set(re.findall(r"`(/\w+)`", told)) == alone


@pytest.mark.parametrize("kind", SCOPED)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_a_key_with_a_place_gets_its_own_rows_or_a_refusal(route: Route, kind: str, ask: Any) -> None:
    if route.scoped_by is ScopedBy.HEADQUARTERS:
        examples = route.request.model_config["json_schema_extra"]["examples"]  # type: ignore[index,call-overload]
        for body in examples:
            status, text = ask(kind, route.path, body)
            assert (status, json.loads(text)["error"]["code"]) == (403, "wrong_place")
        return
    status, text = ask(kind, route.path, BODIES[route.path])
    if kind.startswith("guide") and route.path in NOT_FOR_GUIDES:
        assert (status, json.loads(text)["error"]["code"]) in {(403, "forbidden"), (404, "not_found")}, text
        return
    assert status in {200, 404, 409}, text
    named = json.dumps(BODIES[route.path], ensure_ascii=False)
    # a transfer is between two shops: each may know the other one, and its name
    other = r'"(?:to_store_id|other_store_id)":"(S002)"'
    answers = [json.loads(line) for line in text.splitlines()]  # one, or a stream of them
    assert {store for one in answers for store in one.get("store_names") or ()} <= set(re.findall(other, text))
    text = re.sub(rf'{other}|"store_names":\{{[^}}]*\}}', "", text)
    assert [name for name in strangers_in(text, kind) if name not in named] == []
    if kind in {"region", "shop"} and route.path not in NOTHING_THERE:
        assert status == 200, text


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_headquarters_see_every_route(route: Route, ask: Any) -> None:
    examples = route.request.model_config["json_schema_extra"]["examples"]  # type: ignore[index,call-overload]
    status, text = ask("headquarters", route.path, BODIES.get(route.path, examples[0]))
    assert "wrong_place" not in text
    assert status in {200, 404, 409, 422}, text


def id_fields(model: type[BaseModel]) -> dict[str, str]:
    """Fields of a request that name ids of shops, people or identifiers, by their kind."""
    kinds = {"customer_id": "person", "customer_ids": "person", "id_value": "identifier"}
    return {name: "store" if name in STORE_FIELDS else kinds.get(name, "") for name in model.model_fields}


def attempts() -> list[Any]:
    """Route, body with a neighbour's id, and the same with an id that nobody has."""
    found = []
    for route in ROUTES:
        if route.scoped_by in {None, ScopedBy.HEADQUARTERS}:
            continue
        for name, kind in id_fields(route.request).items():
            is_list = name.endswith("ids")
            body = dict(BODIES[route.path])
            if kind == "store":
                values = (OTHER, UNKNOWN)
            elif kind == "person":
                values = (OTHER_PERSON, NOBODY)
            elif kind == "identifier":
                body = {key: value for key, value in body.items() if key != "customer_id"} | {"id_type": "card"}
                values = ("62010", "62099999")
            else:
                continue
            if route.path == "/profile":
                body = {}
            first, second = (body | {name: [value] if is_list else value} for value in values)
            found.append(pytest.param(route.path, first, second, values, id=f"{route.path}-{name}"))
    return found


@pytest.mark.parametrize("kind", SCOPED)
@pytest.mark.parametrize(("path", "body", "unknown", "ids"), attempts())
def test_a_neighbours_id_is_answered_as_one_that_nobody_has(
    path: str, body: Any, unknown: Any, ids: tuple[str, str], kind: str, ask: Any
) -> None:
    status, text = ask(kind, path, body)
    other_status, other_text = ask(kind, path, unknown)
    assert status == other_status
    assert text.replace(ids[0], ids[1]) == other_text


@pytest.mark.parametrize("kind", SCOPED)
@pytest.mark.parametrize("path", ["/attention", "/transfers", "/counts", "/anomalies", "/leftovers", "/orders"])
def test_lists_of_all_shops_hold_and_count_only_the_own_ones(path: str, kind: str, ask: Any, client: Any) -> None:
    status, text = ask(kind, path, {})
    assert status == 200
    answer = json.loads(text)
    name = path[1:]
    stores, _ = own_ids(kind)
    whole = json.loads(ask("headquarters", path, {"limit": 500})[1])[name]
    columns = ("store_id", "from_store_id", "to_store_id", "other_store_id")
    expected = [row for row in whole if {row.get(column) for column in columns} & set(stores)]
    assert (answer[name], answer["total"]) == (expected, len(expected))
    # page by page nothing more comes
    paged = [json.loads(ask(kind, path, {"limit": 1, "offset": place})[1])[name] for place in range(len(whole) + 1)]
    assert [row for page in paged for row in page] == expected


@pytest.mark.parametrize("kind", SCOPED)
def test_people_by_month_are_those_of_the_place(kind: str, ask: Any) -> None:
    _, people = own_ids(kind)
    status, text = ask(kind, "/assets", {"months": 1})
    assert status == 200
    rows = json.loads(text)["rows"]
    (whole,) = [row["known"] for row in rows if row["level"] == "all"] or [0]
    moves = json.loads(ask(kind, "/funnel", {"months": 1})[1])["moves"]
    assert whole == len(people) == sum(row["people"] for row in moves)
    named = {(row["level"], row["region"], row["store_id"], row["guide_id"]) for row in rows}
    expected = {
        "region": {("region", "杭州", None, None), ("store", None, OWN, None)},
        "shop": {("store", None, OWN, None)},
    }
    of_guides = {("guide", None, None, "G1")} if people else set()
    of_guides |= {("guide", None, None, None)} if kind in expected else set()
    assert named - {("all", None, None, None)} == expected.get(kind, set()) | of_guides


@pytest.mark.parametrize("kind", SCOPED)
@pytest.mark.parametrize("table", ["suggestions", "orders", "transfers", "counts", "leftovers", "attention"])
def test_listing_lists_counts_adds_and_finds_only_the_own_lines(table: str, kind: str, ask: Any) -> None:
    whole = json.loads(ask("headquarters", "/listing", {"table": table, "limit": 500})[1])["rows"]
    stores, _ = own_ids(kind)
    columns = ("store_id", "from_store_id", "to_store_id", "other_store_id")
    expected = [row for row in whole if {row.get(column) for column in columns} & set(stores)]
    status, text = ask(kind, "/listing", {"table": table, "limit": 500})
    assert status == 200, text
    answer = json.loads(text)
    assert (len(answer["rows"]), answer["total"], answer["of"]) == (len(expected),) * 3
    names = [name for name in (expected or [{}])[0] if name.endswith("_name")]
    assert [[row[name] for name in names] for row in answer["rows"]] == [
        [row[name] for name in names] for row in expected
    ]
    assert answer["totals"]["lines"] == len(expected)
    assert json.loads(ask(kind, "/listing", {"table": "counts", "search": "Grand-Place"})[1])["total"] == 0
    if table == "suggestions":
        groups = json.loads(ask(kind, "/listing", {"table": table, "group_by": "store_id"})[1])["groups"]
        assert len(groups) == len(stores)
        assert strangers_in(json.dumps(groups, ensure_ascii=False), kind) == []


def test_a_file_of_changes_about_another_shop_is_answered_as_one_about_a_shop_that_nobody_has(ask: Any) -> None:
    def problems(store: str) -> list[Any]:
        content = base64.b64encode(f"store_id,product_id,quantity\n{store},P0008,3\n".encode()).decode()
        status, text = ask("shop", "/changes_file", {"file_name": "c.csv", "content": content})
        assert status == 200, text
        return [problem | {"store_id": None} for problem in json.loads(text)["problems"]]

    assert problems(OTHER) == problems("nowhere")
    assert [problem["code"] for problem in problems(OTHER)] == ["unknown_line"]


def test_a_batch_about_another_shop_cannot_be_used_or_taken_back(ask: Any) -> None:
    line = {"store_id": OTHER, "product_id": "P0008", "seen_quantity": 7}
    body = {"batch_id": "placed0002", "as_of": "2025-02-28", "action": "approve", "lines": [line]}
    assert ask("headquarters", "/bulk_decisions", body)[0] == 200
    taken = json.loads(ask("shop", "/bulk_decisions", {"withdraw_batch": "placed0002"})[1])["error"]
    none = json.loads(ask("shop", "/bulk_decisions", {"withdraw_batch": "placed0009"})[1])["error"]
    assert (taken["code"], taken["message"]) == ("not_found", none["message"].replace("placed0009", "placed0002"))
    own = body | {"lines": [line | {"store_id": OWN}]}
    assert json.loads(ask("shop", "/bulk_decisions", own)[1])["error"]["code"] == "impossible"
    assert json.loads(ask("headquarters", "/bulk_decisions", {"withdraw_batch": "placed0002"})[1])["withdrawn"] == 1


@pytest.mark.parametrize("kind", SCOPED)
def test_audience_and_its_counts_are_of_the_own_people_alone(kind: str, ask: Any) -> None:
    _, people = own_ids(kind)
    status, text = ask(kind, "/audience", {"product_ids": ["P0034"], "size": 500, "holdout_share": 0})
    answer = json.loads(text)
    assert status == 200
    assert {row["customer_id"] for row in answer["audience"]} <= set(people)
    assert len(answer["audience"]) + sum(row["customers"] for row in answer["exclusions"]) == len(people)


@pytest.mark.parametrize("kind", SCOPED)
def test_search_and_overview_name_the_own_shops_and_people_alone(kind: str, ask: Any) -> None:
    stores, people = own_ids(kind)
    for name, listed in (("store", stores), ("customer", people)):
        items = json.loads(ask(kind, "/search", {"kind": name, "limit": 500})[1])["items"]
        assert sorted(item["id"] for item in items) == sorted(listed)
        for query in ("S00", "C0", "Grand", "店"):
            _, text = ask(kind, "/search", {"kind": name, "query": query, "limit": 500})
            assert strangers_in(text, kind) == []
    overview = json.loads(ask(kind, "/overview", {})[1])
    assert [store["id"] for store in overview["stores"]] == stores
    assert overview["counts"] == {"stores": len(stores), "products": 60, "customers": len(people)}
    assert overview["open"] == sum(store["open"] for store in overview["stores"])
    assert overview["place"]["kind"] == kind.split(maxsplit=1)[0].replace("nowhere", "shop")


def test_a_guide_sees_own_people_and_not_those_of_a_colleague_in_the_shop(ask: Any) -> None:
    assert ask("guide", "/profile", {"customer_id": OF_GUIDE})[0] == 200
    assert ask("guide", "/profile", {"customer_id": NOT_OF_GUIDE})[0] == 404
    assert ask("guide in a shop", "/profile", {"customer_id": NOT_OF_GUIDE})[0] == 404
    assert ask("shop", "/profile", {"customer_id": NOT_OF_GUIDE})[0] == 200


def decided(ask: Any, kind: str, store: str, product: str, decision_id: str) -> tuple[int, str]:
    line = {"store_id": store, "product_id": product, "as_of": "2025-02-28", "action": "approve"}
    status, text = ask(kind, "/decisions", {"decisions": [line | {"decision_id": decision_id}]})
    return status, text


def test_a_neighbours_decision_can_be_neither_seen_taken_back_nor_received(ask: Any) -> None:
    status, text = decided(ask, "headquarters", OTHER, "P0003", "neighbours-1")
    assert status == 200, text
    suggestion = json.loads(text)["stored"][0]["suggestion_id"]
    receipt = {"receipt_id": "neighbours-r", "units": 1, "received_on": "2025-03-01"}
    named = {"receipts": [receipt | {"suggestion_id": suggestion}]}
    status, text = ask("headquarters", "/receipts", named)
    assert status == 200, text
    for kind in SCOPED:
        status, text = ask(kind, "/decisions", {"withdraw": ["neighbours-1"]})
        unknown = ask(kind, "/decisions", {"withdraw": ["nobodys-1"]})
        assert (status, text.replace("neighbours-1", "nobodys-1")) == unknown
        assert status == 404
        other = {"receipts": [receipt | {"receipt_id": f"mine {kind}", "suggestion_id": suggestion}]}
        status, text = ask(kind, "/receipts", other)
        none = {"receipts": [receipt | {"receipt_id": f"mine {kind}", "suggestion_id": "0" * len(suggestion)}]}
        assert (status, text.replace(suggestion, "0" * len(suggestion))) == ask(kind, "/receipts", none)
        assert suggestion not in ask(kind, "/orders", {})[1]
    # an idempotency key that a neighbour used tells nothing of what it was used for
    status, text = decided(ask, "shop", OWN, "P0004", "neighbours-1")
    assert (status, OTHER in text, "P0003" in text) == (422, False, False)
    assert decided(ask, "shop", OWN, "P0004", "mine-1")[0] == 200
    mine = json.loads(ask("shop", "/orders", {})[1])["orders"][0]["suggestion_id"]
    again = {"receipts": [receipt | {"suggestion_id": mine}]}
    status, text = ask("shop", "/receipts", again)
    assert status == 422
    assert suggestion not in text
    assert "2025-03-01" not in text
    # nor in a list of which one receipt is kept
    kept = receipt | {"receipt_id": "mine-r", "suggestion_id": mine}
    both = {"receipts": [kept, receipt | {"receipt_id": "x", "suggestion_id": suggestion}, *again["receipts"]]}
    status, text = ask("shop", "/receipts", both)
    told = json.loads(text)
    assert (status, told["stored"], len(told["orders"]), suggestion in text) == (200, 1, 1, False)
    assert [(row["receipt"], row["code"]) for row in told["refused"]] == [(1, "not_found"), (2, "impossible")]


def test_a_neighbours_comments_can_be_neither_seen_nor_made(ask: Any) -> None:
    theirs = {"store_id": OTHER, "product_id": "P0003", "text": "他们的集市", "comment_id": "neighbours-c"}
    assert ask("headquarters", "/line_comment", theirs)[0] == 200
    for kind in SCOPED:
        for path, body in (("/line_comment", theirs | {"comment_id": f"c {kind}"}), ("/line_history", {})):
            status, text = ask(kind, path, {"store_id": OTHER, "product_id": "P0003"} | body)
            assert (status, "集市" in text) == (404, False)
    mine = {"store_id": OWN, "product_id": "P0003", "text": "mine", "comment_id": "neighbours-c"}
    status, text = ask("shop", "/line_comment", mine)
    assert (status, OTHER in text, "集市" in text) == (422, False, False)
    assert ask("shop", "/line_comment", mine | {"comment_id": "mine-c"})[0] == 200
    told = json.loads(ask("shop", "/line_history", {"store_id": OWN, "product_id": "P0003"})[1])["comments"]
    assert [one["text"] for one in told] == ["mine"]


def test_overrides_of_all_shops_are_seen_and_not_made_and_neighbours_ones_are_neither(ask: Any) -> None:
    base = {"kind": "factor", "value": 1.5, "ends_on": "2025-03-09", "reason": "fair"}
    made = [
        base | {"override_id": "of-all", "product_id": "P0001"},
        base | {"override_id": "of-other", "store_id": OTHER, "product_id": "P0001"},
    ]
    status, text = ask("headquarters", "/overrides", {"overrides": made})
    assert status == 200, text
    listed = json.loads(ask("shop", "/overrides", {})[1])["overrides"]
    assert [row["override_id"] for row in listed] == ["of-all"]
    for kind in SCOPED:
        assert ask(kind, "/overrides", {"overrides": [base | {"product_id": "P0002"}]})[0] == 403
        assert ask(kind, "/overrides", {"overrides": [base | {"store_id": OTHER}]})[0] == 404
        for override in ("of-all", "of-other", "of-nobody"):
            status, text = ask(kind, "/overrides", {"withdraw": [override]})
            assert status == 404
            assert OTHER not in text
    status, text = ask("shop", "/overrides", {"overrides": [base | {"override_id": "of-other", "store_id": OWN}]})
    assert (status, OTHER in text) == (422, False)
    status, text = ask("shop", "/overrides", {"overrides": [base | {"override_id": "own", "store_id": OWN}]})
    assert status == 200, text
    assert ask("shop", "/overrides", {"withdraw": ["own"]})[0] == 200


def test_an_answer_is_not_given_again_to_a_key_of_another_place(ask: Any) -> None:
    body = {"product_ids": ["P0031"], "size": 500}
    first = ask("headquarters", "/audience", body)
    assert ask("headquarters", "/audience", body) == first
    for kind in (*SCOPED, "headquarters", *SCOPED):
        people = {row["customer_id"] for row in json.loads(ask(kind, "/audience", body)[1])["audience"]}
        if kind != "headquarters":
            assert people <= set(own_ids(kind)[1])
    assert ask("headquarters", "/audience", body) == first


def test_events_of_a_neighbours_person_do_not_change_what_a_shop_is_told(ask: Any, client: Any) -> None:
    before = ask("shop", "/recommend", {"customer_id": OTHER_PERSON, "k": 50})
    event = {"occurred_at": "2025-03-01T10:00:00", "event_type": "bag_add", "product_id": "P0055"}
    status, text = ask("headquarters", "/events", {"events": [event | {"customer_id": OTHER_PERSON}]})
    assert status == 200, text
    assert ask("shop", "/recommend", {"customer_id": OTHER_PERSON, "k": 50}) == before
    assert json.loads(before[1])["known_by"] == "nothing"


def test_an_event_of_somebody_who_was_erased_is_stored_without_the_person(client: Any, database: Database) -> None:
    subjects = Subjects(frozenset({"ERASED-5512"}), frozenset({("phone", "13955120000")}))
    begin_erasure("other", database, subjects, by="test", now=datetime.now(UTC))
    while not erased_is_known():
        time.sleep(0.05)  # until the worker has looked
    event = {"occurred_at": "2025-03-01T10:00:00", "event_type": "visit", "store_id": "S001", "session_id": "s-5512"}
    sent = [event | {"customer_id": "ERASED-5512"}, event | {"id_type": "phone", "id_value": "13955120000"}]
    sent.append(event | {"customer_id": "C00007", "session_id": "s-7"})
    assert client.ask("/events", {"events": sent}, tenant="other")["accepted"] == 3
    stored = events_after("other", database, after_id=0, since=datetime(2020, 1, 1, tzinfo=UTC), limit=100)
    named = {(one.event.customer_id, one.event.id_value, one.event.session_id) for one in stored}
    assert (None, None, None) in named
    assert ("C00007", None, "s-7") in named
    assert "5512" not in str(named)


def erased_is_known() -> bool:
    """Whether the worker has read the list of erased people."""
    from serving.service import _runtime

    assert _runtime.state is not None
    view = _runtime.state.view("other")
    return view is not None and view.opt_outs.erased is not None


def segments(ask: Any, kind: str, **body: Any) -> tuple[int, Any]:
    """Status and answer of an action on segments."""
    status, text = ask(kind, "/segments", body)
    return status, json.loads(text)


@pytest.mark.parametrize("kind", SCOPED)
def test_segments_are_counted_and_listed_over_the_own_people(kind: str, ask: Any) -> None:
    _, people = own_ids(kind)
    bought = len({"C00002"} & set(people))
    status, answer = segments(ask, kind, action="count", expression=EVERYBODY)
    assert status == 200, answer
    count = answer["count"]
    assert (count["people"], count["of"], count["customers"]) == (
        len(people) - bought,
        len(people),
        len(people) - bought,
    )
    status, answer = segments(ask, kind, action="save", name=f"of {kind}", expression=EVERYBODY)
    assert status == 200, answer
    assert answer["segments"][0]["people"] == len(people) - bought
    _, answer = segments(ask, kind, action="members", name=f"of {kind}", limit=500)
    assert {one for row in answer["members"] for one in row["customer_ids"]} == set(people) - {"C00002"}


def test_headquarters_segments_are_used_by_all_and_changed_by_none_of_them(ask: Any) -> None:
    assert segments(ask, "headquarters", action="save", name="of all", expression=EVERYBODY, is_static=True)[0] == 200
    assert segments(ask, "headquarters", action="count", expression=EVERYBODY)[1]["count"]["people"] == 199
    for kind in SCOPED:
        _, people = own_ids(kind)
        listed = {row["name"]: row["people"] for row in segments(ask, kind)[1]["segments"]}
        assert listed["of all"] is None
        _, answer = segments(ask, kind, action="members", name="of all", limit=500)
        assert answer["total"] == len(set(people) - {"C00002"})
        assert strangers_in(json.dumps(answer, ensure_ascii=False), kind) == []
        for change in ({"action": "save", "expression": "stage = friend"}, {"action": "remove"}):
            status, answer = segments(ask, kind, name="of all", **change)
            assert (status, answer["error"]["code"]) == (403, "wrong_place")
        audience = {"product_ids": ["P0034"], "size": 500, "segment": "of all"}
        assert strangers_in(ask(kind, "/audience", audience)[1], kind) == []


def test_a_segment_of_a_shop_is_nothing_to_another_place(ask: Any) -> None:
    assert segments(ask, "shop", action="save", name="shops own", expression="stage = friend")[0] == 200
    for kind in set(SCOPED) - {"shop"}:
        assert "shops own" not in json.dumps(segments(ask, kind)[1])
        for action in ("members", "history"):
            status, text = ask(kind, "/segments", {"action": action, "name": "shops own"})
            # a name like it, so that an error that proposes near names would give it away
            unknown = ask(kind, "/segments", {"action": action, "name": "shops owm"})
            assert (status, text.replace("shops own", "shops owm")) == unknown
            assert status == 404
        assert segments(ask, kind, action="save", name="shops own", expression="stage = friend")[0] == 403
    assert "shops own" in json.dumps(segments(ask, "headquarters")[1])


CAMPAIGN = {"name": "c", "product_ids": ["P0034"], "starts_on": "2025-03-01", "ends_on": "2025-03-08"}
CAMPAIGN |= {"slots": [{"channel": "sms", "text": "t", "text_zh": "文"}], "holdout_share": 0.1}


def approved(ask: Any, kind: str, name: str) -> Any:
    """The people of a campaign that a key made, previewed and approved."""
    status, text = ask(kind, "/campaign", {"campaign_id": name, "campaign": CAMPAIGN})
    assert status == 200, text
    for version, act in ((1, "preview"), (2, "approve")):
        status, text = ask(kind, "/campaign_act", {"campaign_id": name, "version": version, "act": act})
        assert status == 200, text
    return json.loads(ask(kind, "/campaign_contacts", {"campaign_id": name})[1])


def test_a_campaign_of_a_shop_contacts_and_counts_its_own_people_and_is_seen_by_no_other_place(ask: Any) -> None:
    people = approved(ask, "shop", "shops campaign")
    assert people["contacts"]
    assert {row["customer_id"] for row in people["contacts"]} <= set(own_ids("shop")[1])
    shown = json.loads(ask("headquarters", "/campaign", {"campaign_id": "shops campaign"})[1])["campaign"]
    assert shown["place"] == {"regions": [], "stores": [OWN], "guide": None}
    assert shown["preview"]["considered"] == len(own_ids("shop")[1])
    for kind in set(SCOPED) - {"shop"}:
        assert "shops campaign" not in ask(kind, "/campaigns", {})[1]
        for path, more in (
            ("/campaign", {}),
            ("/campaign_act", {"version": 3, "act": "stop", "reason": "x"}),
            ("/campaign_contacts", {}),
            ("/campaign_effect", {}),
            ("/campaign_measure", {}),
        ):
            status, text = ask(kind, path, more | {"campaign_id": "shops campaign"})
            unknown = ask(kind, path, more | {"campaign_id": "nobodys campaign"})
            assert (status, text.replace("shops campaign", "nobodys campaign")) == unknown
        for path, more in (("/campaign", {"campaign": CAMPAIGN}), ("/campaign_propose", {})):
            status, text = ask(kind, path, more | {"campaign_id": "shops campaign"})
            assert (status, "P0034" in text) == (409, False)


@pytest.fixture
def unreadable(keys: dict[str, str], database: Database, client: Any) -> Iterator[str]:
    """Id of an approved campaign of headquarters that nobody can read, until it is stopped."""
    assert keys
    name, now = "of another version", datetime.now(UTC)
    row: dict[str, Any] = {"tenant_id": TENANT, "campaign_id": name, "version": 3, "state": "approved"}
    row |= {"definition": {}, "approved_by": "Li", "approved_at": now}
    row |= {f"{what}_{part}": of for what in ("created", "changed") for part, of in (("by", "Li"), ("at", now))}
    with database.writing() as connection:
        connection.execute(insert(CAMPAIGNS), row)
    audience = {"product_ids": ["P0034"], "size": 5}
    while client.post("/audience", audience, tenant=TENANT, role="headquarters").status_code == 200:
        time.sleep(0.05)  # until the worker has seen it
    yield name
    with database.writing() as connection:
        own = (CAMPAIGNS.c.tenant_id == TENANT) & (CAMPAIGNS.c.campaign_id == name)
        connection.execute(update(CAMPAIGNS).where(own).values(state="stopped", stopped_by="Li", stopped_at=now))
    while client.post("/audience", audience, tenant=TENANT, role="headquarters").status_code != 200:
        time.sleep(0.05)


def test_campaigns_that_cannot_be_read_are_named_to_headquarters_and_counted_to_a_place(
    unreadable: str, ask: Any
) -> None:
    audience = {"product_ids": ["P0034"], "size": 5}
    status, text = ask("headquarters", "/audience", audience)
    assert (status, json.loads(text)["error"]["details"]["campaign_ids"]) == (422, [unreadable])
    for kind in SCOPED:
        status, text = ask(kind, "/audience", audience)
        details = json.loads(text)["error"]["details"]
        assert (status, details) == (422, {"problem": "campaigns_unreadable_count", "campaigns": 1})
        assert unreadable not in text


def test_of_a_campaign_of_headquarters_a_place_sees_its_own_people_alone(ask: Any) -> None:
    whole = approved(ask, "headquarters", "of headquarters")
    for kind in SCOPED:
        _, people = own_ids(kind)
        expected = [row["customer_id"] for row in whole["contacts"] if row["customer_id"] in people]
        answer = json.loads(ask(kind, "/campaign_contacts", {"campaign_id": "of headquarters"})[1])
        assert ([row["customer_id"] for row in answer["contacts"]], answer["total"]) == (expected, len(expected))
        assert ask(kind, "/campaign", {"campaign_id": "of headquarters"})[0] == 404
        assert "of headquarters" not in ask(kind, "/campaigns", {})[1]


def test_events_are_taken_of_own_shops_and_people_alone(ask: Any) -> None:
    def sent(kind: str, **event: str) -> int:
        return int(ask(kind, "/events", {"events": [EVENT | event]})[0])

    assert sent("shop", store_id=OWN, customer_id=OTHER_PERSON) == 200  # anybody may walk into the shop
    assert sent("shop", customer_id=OWN_PERSON) == 200
    assert sent("shop", store_id=OTHER) == 404
    assert sent("shop", customer_id=OTHER_PERSON) == 422
    assert sent("guide", customer_id=OF_GUIDE) == 200
    assert sent("guide", customer_id=NOT_OF_GUIDE) == 422
    assert sent("guide in a shop", store_id=OWN, customer_id=NOT_OF_GUIDE) == 422
    assert sent("guide", store_id=OWN) == 404
    two = {"events": [EVENT | {"customer_id": OTHER_PERSON}, EVENT | {"store_id": OWN}]}
    answer = json.loads(ask("shop", "/events", two)[1])
    assert (answer["accepted"], answer["refused"]) == (
        1,
        [{"event": 0, "where": "store_id", "problem": "not of store S001"}],
    )


def test_a_person_who_was_moved_to_another_guide_is_seen_by_the_new_one_alone(ask: Any, database: Database) -> None:
    assert ask("guide", "/profile", {"customer_id": "C00040"})[0] == 200
    now = datetime.now(UTC)
    moves = [Move("C00040", "G2", "G1"), Move("C00041", "G1", None)]
    let_go(database, GuideChange(TENANT, "G8", None, "test", now), now.date(), moves, "by hand")
    while ask("guide", "/profile", {"customer_id": "C00040"})[0] == 200:
        time.sleep(0.05)  # until the worker has looked
    assert ask("guide", "/profile", {"customer_id": "C00041"})[0] == 200
    back = [Move("C00040", "G1", "G2"), Move("C00041", None, "G1")]
    let_go(database, GuideChange(TENANT, "G9", None, "test", now), now.date(), back, "back")
    while ask("guide", "/profile", {"customer_id": "C00040"})[0] != 200:
        time.sleep(0.05)


def test_a_guide_sees_no_money_of_a_person_and_selects_by_none(ask: Any) -> None:
    assert "77.25" in ask("shop", "/profile", {"customer_id": OF_GUIDE})[1]
    for kind in ("guide", "guide in a shop"):
        assert "77.25" not in ask(kind, "/profile", {"customer_id": OF_GUIDE})[1]
        status, answer = segments(ask, kind, action="count", expression="spend > 5")
        assert (status, answer["error"]["code"]) == (422, "impossible")
        columns = {row["column"] for row in segments(ask, kind, action="columns")[1]["columns"]}
        assert not columns & set(Settings().privacy.hidden_from_guides)
    assert segments(ask, "shop", action="count", expression="spend > 5")[0] == 200


def test_an_identifier_that_is_kept_hashed_is_found_by_its_clear_value(client: Any, database: Database) -> None:
    workspace = Workspace(client.home, "other")
    before = client.ask("/recommend", {"id_type": "phone", "id_value": "13812345678", "k": 5}, tenant="other")
    workspace.settings_file.write_text('[data]\nhashed_identifiers = ["phone"]\n')
    from serving.service import _runtime

    assert _runtime.state is not None
    while not _runtime.state.view("other").settings.data.hashed_identifiers:  # type: ignore[union-attr]
        time.sleep(0.05)  # until the worker has read the settings
    event = EVENT | {"event_type": "scan", "product_id": "P0055", "id_type": "phone", "id_value": "13812345678"}
    assert client.ask("/events", {"events": [event]}, tenant="other")["accepted"] == 1
    stored = events_after("other", database, after_id=0, since=datetime(2020, 1, 1, tzinfo=UTC), limit=1000)
    assert "13812345678" not in {one.event.id_value for one in stored}
    assert sha256(b"13812345678").hexdigest() in {one.event.id_value for one in stored}
    after = client.ask("/recommend", {"id_type": "phone", "id_value": "13812345678", "k": 5}, tenant="other")
    assert (before["known_by"], after["known_by"]) == ("nothing", "events")
    workspace.settings_file.unlink()


def answered(ask: Any, kind: str, path: str, body: Any) -> Any:
    status, text = ask(kind, path, body)
    assert status == 200, text
    assert strangers_in(text, kind) == []
    return json.loads(text)


def error(ask: Any, kind: str, path: str, body: Any) -> tuple[int, str, str]:
    status, text = ask(kind, path, body)
    found = json.loads(text)["error"]
    return status, found["code"], found["message"]


@pytest.fixture
def guide_of_the_other_shop(keys: dict[str, str], client: Any) -> Iterator[str]:
    """A guide who was stored for the other shop, without people."""
    assert keys
    database = Database(Workspace(client.home).database_url)
    change = GuideChange(TENANT, "G7", None, "test", datetime.now(UTC))
    with suppress(ConflictError):
        save_guide(database, change, name="Ms Qian", store_id=OTHER, capacity=5)
    yield "G7"
    database.close()


def test_a_place_sees_and_changes_its_own_guides_alone(guide_of_the_other_shop: str, ask: Any) -> None:
    whole = json.loads(ask("headquarters", "/guides", {})[1])["guides"]
    assert {"G1", guide_of_the_other_shop} <= {row["guide_id"] for row in whole}
    for kind, people in (("region", 20), ("shop", 20), ("guide", 20), ("guide in a shop", 20)):
        (row,) = answered(ask, kind, "/guides", {})["guides"]
        assert (row["guide_id"], row["people"]) == ("G1", people)
        assert answered(ask, kind, "/guides", {"guide_id": "G1"})["may_write"] is not kind.startswith("guide")
        theirs = error(ask, kind, "/guides", {"guide_id": guide_of_the_other_shop})
        assert theirs == (404, "not_found", error(ask, kind, "/guides", {"guide_id": "G9"})[2].replace("G9", "G7"))
    assert answered(ask, "nowhere", "/guides", {})["guides"] == []
    version = next(row["version"] for row in whole if row["guide_id"] == "G7")
    for path, body in (
        ("/guide_save", {"store_id": OWN, "version": version}),
        ("/guide_leave", {"version": version}),
        ("/guide_leave", {"guide_id": "G1", "to": "G7"}),
    ):
        asked = {"guide_id": "G7"} | body
        assert error(ask, "shop", path, asked)[:2] == (404, "not_found")
        assert error(ask, "guide", path, asked)[:2] in {(403, "forbidden"), (404, "not_found")}
    assert error(ask, "shop", "/guide_make", {"guide_ids": ["G7"]})[:2] == (404, "not_found")
    assert error(ask, "guide", "/guide_make", {})[:2] == (403, "forbidden")
    assert answered(ask, "nowhere", "/guide_make", {"day": "2025-03-09"})["lines"] == {}
    assert set(answered(ask, "shop", "/guide_make", {"day": "2025-03-09"})["lines"]) <= {"G1"}
    # it cannot be sent to no shop, or to another one
    own = json.loads(ask("headquarters", "/guides", {"guide_id": "G1"})[1])["guides"][0]["version"]
    assert error(ask, "shop", "/guide_save", {"guide_id": "G1", "store_id": None, "version": own})[:2] == (
        403,
        "forbidden",
    )
    assert error(ask, "shop", "/guide_save", {"guide_id": "G1", "store_id": OTHER, "version": own})[0] == 404
    saved = answered(ask, "shop", "/guide_save", {"guide_id": "G1", "store_id": OWN, "capacity": 9, "version": own})
    assert saved["guide"]["capacity"] == 9
    # what is left out stays
    own = saved["guide"]["version"]
    saved = answered(ask, "shop", "/guide_save", {"guide_id": "G1", "name": "Ms Li", "version": own})
    assert [saved["guide"][name] for name in ("name", "store_id", "capacity")] == ["Ms Li", OWN, 9]


def test_rows_set_aside_are_those_of_the_own_shops_and_people(keys: dict[str, str], client: Any, ask: Any) -> None:
    assert keys
    workspace = Workspace(client.home, TENANT)
    rows = [("a", OWN, OWN_PERSON), ("b", OWN, None), ("c", OWN, OTHER_PERSON), ("d", OTHER, None), ("e", None, None)]
    bad = pl.DataFrame(rows, schema=["transaction_id", "store_id", "customer_id"], orient="row")
    bad = bad.with_columns(product_id=pl.lit("P0001"), sold_at=pl.lit("2025-02-27"), unit_price=pl.lit("5"))
    bad = bad.select(pl.lit("till").alias("dataset"), pl.lit("units: not a number").alias("reasons"), pl.all())
    replace_quarantine(str(workspace.lake), "transactions", bad.with_columns(units=pl.lit("many")), {})
    replace_quarantine(str(workspace.lake), "customers", bad.select("dataset", "reasons", "customer_id"), {})
    try:
        found = answered(ask, "shop", "/quarantine", {"action": "show", "table": "transactions"})
        assert [row["transaction_id"] for row in found["rows"]] == ["a", "b"]
        assert [(row["table"], row["rows"]) for row in found["counts"]] == [("transactions", 2)]
        assert answered(ask, "guide", "/quarantine", {})["counts"] == []
        assert error(ask, "shop", "/quarantine", {"action": "show", "table": "customers"})[:2] == (404, "not_found")
        whole = json.loads(ask("headquarters", "/quarantine", {"action": "show", "table": "transactions"})[1])["rows"]
        theirs = next(row for row in whole if row["transaction_id"] == "d")

        def retry(row: dict[str, Any]) -> dict[str, Any]:
            return {"action": "retry", "table": "transactions", "rows": [row]}

        assert error(ask, "shop", "/quarantine", retry(theirs))[:2] == (404, "not_found")
        own = found["rows"][1]
        assert error(ask, "shop", "/quarantine", retry(own | {"store_id": OTHER}))[:2] == (404, "not_found")
        for stranger in (OTHER_PERSON, "nobody at all"):
            put_in = retry(own | {"units": "3", "customer_id": stranger})
            assert error(ask, "shop", "/quarantine", put_in)[:2] == (404, "not_found")
        assert answered(ask, "shop", "/quarantine", retry(own | {"units": "3"}))["brought_in"] == 1
    finally:
        for table in ("transactions", "customers"):
            replace_quarantine(str(workspace.lake), table, bad.clear(), {})


def test_a_place_reads_the_rules_of_its_shops_and_sets_none(keys: dict[str, str], ask: Any) -> None:
    assert keys
    rules = [
        {"action": "pin", "values": ["P0001"], "stores": [OWN, OTHER], "name": "both"},
        {"action": "pin", "values": ["P0002"], "stores": [OTHER], "name": "theirs"},
        {"action": "cap", "limit": 5, "name": "all"},
    ]
    assert ask("headquarters", "/rules", {"rules": rules})[0] == 200
    try:
        found = answered(ask, "shop", "/rules", {})
        assert [(rule["name"], rule["stores"]) for rule in found["rules"]] == [("both", [OWN]), ("all", [])]
        assert found["may_write"] is False
        assert found["warnings"] == []
        for body in ({"rules": []}, {"rules": rules, "check": True}):
            assert error(ask, "shop", "/rules", body)[:2] == (403, "forbidden")
    finally:
        assert ask("headquarters", "/rules", {"rules": []})[0] == 200


def test_a_place_sees_triggers_and_what_they_fired_for_its_people(keys: dict[str, str], client: Any, ask: Any) -> None:
    assert keys
    slots = [{"channel": "sms", "text": "{product}", "text_zh": "{product}"}]
    bag = {"name": "Bag", "kind": "bag_add", "holdout_share": 0.0, "slots": slots}
    for name, stores in (("everywhere", []), ("both", [OWN, OTHER]), ("theirs", [OTHER])):
        body = {"trigger_id": name, "trigger": bag | {"store_ids": stores}, "owner": "Li"}
        assert ask("headquarters", "/trigger", body)[0] == 200
    row = {"tenant_id": TENANT, "trigger_id": "both", "cause": "x", "caused_at": datetime(2025, 3, 1)}
    row |= {"noted_at": datetime.now(UTC), "due_at": datetime.now(UTC), "code": "no_consent"}
    database = Database(Workspace(client.home).database_url)
    with database.writing() as connection:
        for person in (OF_GUIDE, NOT_OF_GUIDE, OTHER_PERSON):
            values = row | {"person_id": person, "customer_id": person, "state": "dropped"}
            connection.execute(insert(TRIGGER_FIRINGS).values(**values))
    database.close()
    for kind, people in (("shop", 2), ("guide", 1), ("guide in a shop", 1), ("nowhere", 0)):
        found = answered(ask, kind, "/triggers", {})
        listed = {row["trigger_id"]: row for row in found["triggers"]}
        assert "theirs" in listed or kind != "guide"
        assert ("theirs" not in listed) == (kind != "guide")
        assert found["may_write"] is False
        if "both" in listed:
            assert listed["both"]["firings"] == ({"dropped": people} if people else {})
            fired = answered(ask, kind, "/trigger_firings", {"trigger_id": "both"})
            assert (fired["total"], len(fired["firings"])) == (people, people)
            assert answered(ask, kind, "/trigger", {"trigger_id": "both"})["trigger"]["trigger_id"] == "both"
    assert answered(ask, "shop", "/trigger", {"trigger_id": "both"})["trigger"]["definition"]["store_ids"] == [OWN]
    # no list of shops where the key knows none: an empty one would say all of them
    assert "store_ids" not in answered(ask, "guide", "/trigger", {"trigger_id": "both"})["trigger"]["definition"]
    for path in ("/trigger", "/trigger_firings"):
        none = error(ask, "shop", path, {"trigger_id": "none"})
        assert error(ask, "shop", path, {"trigger_id": "theirs"}) == (
            none[0],
            none[1],
            none[2].replace("none", "theirs"),
        )
    body = {"trigger_id": "mine", "trigger": bag, "owner": "Li"}
    assert error(ask, "shop", "/trigger", body)[:2] == (403, "forbidden")


def test_model_versions_are_told_with_the_own_stores_alone(
    keys: dict[str, str], ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys
    version = {"version": 1, "is_champion": True, "as_of": "2025-02-28", "trained_at": "2025-03-01T00:00:00+00:00"}
    version |= {"run_id": "r", "run_url": None, "metric": "wape", "better": "lower", "metrics": {"wape": 0.5}}
    stores = [{"store_id": OWN, "wape": 0.4}, {"store_id": OTHER, "wape": 0.6}]

    def rows(*_arguments: object) -> tuple[list[dict[str, Any]], int]:
        return [version | {"windows": [], "classes": [], "stores": list(stores)}], 1

    monkeypatch.setattr(version_tables, "version_rows", rows)
    assert answered(ask, "shop", "/models", {"kind": "demand"})["versions"][0]["stores"] == stores[:1]
    assert answered(ask, "nowhere", "/models", {"kind": "demand"})["versions"][0]["stores"] == []
    assert json.loads(ask("headquarters", "/models", {"kind": "demand"})[1])["versions"][0]["stores"] == stores
