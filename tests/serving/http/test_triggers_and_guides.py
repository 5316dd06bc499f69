"""Triggers and guides over HTTP: stored, run, listed, answered from a phone that was offline, left; what places see."""

from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from retail_brain.operational.database import Database
from retail_brain.operational.guide_tasks import GuideTask, store_tasks, task_id
from retail_brain.operational.keys import create_key
from retail_brain.operational.places import Place
from retail_brain.operational.repeated_contacts import DAILY
from retail_brain.workspace import Workspace
from serving.http.messages.guide_messages import (
    GuideAnswersResponse,
    GuideCreditResponse,
    GuideListResponse,
    GuideMakeResponse,
    GuideResponse,
    GuidesResponse,
    ReferralsResponse,
)
from serving.http.messages.trigger_messages import (
    TriggerEffectResponse,
    TriggerFiringsResponse,
    TriggerResponse,
    TriggerRunResponse,
    TriggersResponse,
)
from serving.store.answers_manifest import read_manifest, write_manifest
from serving.store.rows import write_rows

BAG = {
    "name": "Bag",
    "kind": "bag_add",
    "holdout_share": 0.0,
    "slots": [{"channel": "sms", "text": "{product}", "text_zh": "{product}"}],
}
TENANT = "guided"


def ask(client: Any, path: str, body: dict[str, Any], model: Any, **asker: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.ask(path, body, **({"role": "marketer"} | asker))
    model.model_validate(answer)
    return answer


def test_a_trigger_from_its_definition_to_what_it_fired(client: Any) -> None:
    made = ask(client, "/trigger", {"trigger_id": "bag", "trigger": BAG, "owner": "Li"}, TriggerResponse)["trigger"]
    assert (made["state"], made["version"], made["owner"], made["campaign_id"]) == ("on", 1, "Li", "trigger:bag")
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    event = {
        "event_id": "b1",
        "occurred_at": now,
        "event_type": "bag_add",
        "customer_id": "C00187",
        "product_id": "P0060",
    }
    client.ask("/events", {"events": [event]}, role="marketer")
    run = ask(client, "/trigger_run", {"trigger_ids": ["bag"]}, TriggerRunResponse)
    noted = run["noted"]
    assert run["data_day"] == "2025-03-01" < run["clock_day"]
    assert [(row["trigger_id"], row["new"]) for row in noted] == [("bag", 1)]
    assert ask(client, "/trigger_run", {}, TriggerRunResponse)["noted"][0]["new"] == 0
    fired = ask(client, "/trigger_firings", {"trigger_id": "bag"}, TriggerFiringsResponse)
    assert [(row["customer_id"], row["product_id"], row["state"]) for row in fired["firings"]] == [
        ("C00187", "P0060", "waiting")
    ]
    off = ask(client, "/trigger_act", {"trigger_id": "bag", "version": 1, "act": "off"}, TriggerResponse, language="zh")
    assert off["trigger"]["dropped"] == [{"code": "switched_off", "reason": "触发器已关闭或删除", "people": 1}]
    assert ask(client, "/trigger_effect", {"trigger_id": "bag"}, TriggerEffectResponse)["effect"] is None
    listed = ask(client, "/triggers", {"states": ["off"]}, TriggersResponse)
    assert [row["trigger_id"] for row in listed["triggers"]] == ["bag"]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/trigger", {"trigger_id": "nope"}, (404, "not_found")),
        ("/trigger_act", {"trigger_id": "nope", "version": 1, "act": "remove"}, (404, "not_found")),
        ("/trigger_run", {"trigger_ids": ["nope"]}, (404, "not_found")),
        ("/trigger_firings", {"trigger_id": "nope"}, (404, "not_found")),
        ("/trigger_effect", {"trigger_id": "nope"}, (404, "not_found")),
        ("/trigger", {"trigger_id": "x", "trigger": BAG | {"kind": "moon"}}, (400, "malformed")),
        ("/trigger", {"trigger_id": "x", "trigger": BAG | {"kind": "birthday"}}, (422, "impossible")),
        ("/trigger", {"trigger_id": "x", "trigger": BAG | {"kind": "price_drop"}}, (422, "impossible")),
        ("/trigger", {"trigger_id": "x", "trigger": BAG | {"segment": "stage:moon"}}, (404, "not_found")),
        ("/guides", {"guide_id": "nope"}, (404, "not_found")),
        ("/trigger", {"trigger_id": "x", "trigger": BAG | {"store_ids": ["nope"]}}, (404, "not_found")),
        ("/guide_list", {"guide_id": "nope"}, (404, "not_found")),
        ("/guide_make", {"guide_ids": ["nope"]}, (404, "not_found")),
        ("/guide_make", {"day": "2024-01-01"}, (422, "impossible")),
        ("/guide_leave", {"guide_id": "nope"}, (404, "not_found")),
        ("/guide_save", {"guide_id": "x", "store_id": "S999"}, (404, "not_found")),
    ],
)
def test_what_cannot_be_done_is_an_error_of_its_kind(client: Any, path: str, body: Any, said: tuple[int, str]) -> None:
    assert client.refused(path, body, role="marketer") == said


def test_a_stale_change_of_a_trigger_is_a_conflict_with_both(client: Any) -> None:
    ask(client, "/trigger", {"trigger_id": "both", "trigger": BAG}, TriggerResponse)
    ask(client, "/trigger", {"trigger_id": "both", "trigger": BAG | {"name": "theirs"}, "version": 1}, TriggerResponse)
    body = {"trigger_id": "both", "trigger": BAG | {"name": "mine"}, "version": 1}
    assert client.refused("/trigger", body, role="marketer") == (409, "conflict")


def test_who_may_not_make_triggers_may_look(client: Any) -> None:
    body = {"trigger_id": "scientist", "trigger": BAG}
    assert client.refused("/trigger", body, role="data_scientist") == (403, "forbidden")
    assert client.ask("/triggers", {}, role="data_scientist")["may_write"] is False


@pytest.fixture(scope="module")
def keys(client: Any, synthetic: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Keys of headquarters and of two guides: G1 looks after C00001 to C00003, G2 after C00004."""
    # made aside: the service must not see it half finished
    aside = Workspace(tmp_path_factory.mktemp("aside"), TENANT)
    folder = synthetic.publish_synthetic(aside, "guided-first")
    guides = ["G1"] * 3 + ["G2"] + [None] * 196
    person = {"stage": ["friend"] * 200, "guide_id": guides, "home_store_id": ["S001"] * 200}
    write_rows(folder, "person", pl.DataFrame(person | {"main_store_id": ["S001"] * 200}))
    manifest = read_manifest(folder)
    (folder / "manifest.json").unlink()
    write_manifest(folder, manifest)
    aside.settings_file.write_text("[guides]\nholdout_share = 0.0\n", encoding="utf-8")
    aside.settings_file.parent.rename(Workspace(client.home, TENANT).settings_file.parent)
    database = Database(Workspace(client.home).database_url)
    made = {
        name: create_key(TENANT, database, role="marketer", name=name, now=datetime.now(UTC), place=place)
        for name, place in {"hq": Place(), "G1": Place(guide="G1"), "G2": Place(guide="G2")}.items()
    }
    database.close()
    client.keys[TENANT, "marketer"] = made["hq"]
    client.wait_for(TENANT)
    return made


def test_one_referral_that_cannot_be_stored_holds_back_no_other(client: Any, keys: dict[str, str]) -> None:
    def asked(*rows: Any, language: str = "en") -> Any:
        headers = {"authorization": f"Bearer {keys['G2']}", "accept-language": language}
        return client.http.post("/guide_referrals", json={"referrals": list(rows)}, headers=headers).json()

    good = {"referral_id": "kept", "guide_id": "G2", "customer_id": "newer", "at": "2025-03-01T12:00:00Z"}
    ahead = good | {"at": "2999-03-01T12:00:00Z"}
    edge = good | {"at": "9999-12-31T23:59:59-14:00"}
    assert asked(ahead)["error"]["code"] == "impossible"
    assert asked(edge)["error"]["code"] == "malformed"
    mixed = [edge, "no row", ahead, good | {"guide_id": "G1"}, good | {"referral_id": "\0"}, good]
    answer = asked(*mixed)
    ReferralsResponse.model_validate(answer)
    assert (answer["stored"], answer["duplicates"]) == (1, 0)
    assert [(row["referral"], row["referral_id"], row["where"]) for row in answer["refused"]] == [
        (0, None, "at"), (1, None, "referral"), (2, "kept", "at"), (3, "kept", "guide_id"), (4, None, "referral_id"),
    ]  # fmt: skip
    assert asked(*mixed, language="zh")["refused"][2]["problem"] == "时间在将来：请校正时钟"


def good_answers_are_kept(asked: Any, late: dict[str, Any], early: dict[str, Any], other: str) -> None:
    """Of a list of answers those that can be stored are, and the others are named."""
    mixed = [
        "no row", early | {"answer_id": "5", "at": "2999-03-01T12:00:00Z"}, early | {"answer_id": "6", "task_id": "x"},
        early | {"task_id": other}, early, early | {"answer_id": "7\0"},
        late | {"answer_id": "8", "task_id": other},
    ]  # fmt: skip
    kept = asked({"answers": mixed}, model=GuideAnswersResponse)
    assert (kept["stored"], kept["duplicates"]) == (1, 1)
    assert [(row["answer"], row["answer_id"], row["where"]) for row in kept["refused"]] == [
        (0, None, "answer"), (1, "5", "at"), (2, "6", "task_id"), (3, "1", "answer_id"), (5, None, "answer_id"),
    ]  # fmt: skip
    chinese = asked({"answers": mixed}, model=GuideAnswersResponse, language="zh")["refused"]
    assert [row["problem"] for row in chinese[1:4]] == [
        "时间在将来：请校正时钟", "名单中没有这一行：'x'。task_id 请取自 /guide_list",
        "已用于另一行的答复，请给每个答复单独编号",
    ]  # fmt: skip
    assert asked({"answers": [mixed[2], mixed[3]]})["error"]["code"] == "conflict"


def test_a_guides_day_from_the_list_to_the_leaving(client: Any, keys: dict[str, str]) -> None:
    def asked(who: str, path: str, body: Any, model: Any = None, language: str = "en") -> Any:
        headers = {"authorization": f"Bearer {keys[who]}", "accept-language": language}
        response = client.http.post(path, json=body, headers=headers)
        if model is not None:
            assert response.status_code == 200, response.text
            model.model_validate(response.json())
        return response.json()

    made = asked("hq", "/guide_make", {}, GuideMakeResponse)
    assert made["day"] == str(date(2025, 3, 1))
    assert set(made["lines"]) == {"G1", "G2"}
    own = asked("G1", "/guide_list", {}, GuideListResponse, "zh")["tasks"]
    assert {row["customer_id"] for row in own} <= {"C00001", "C00002", "C00003"}
    assert len(own) == made["lines"]["G1"] > 0
    assert asked("G1", "/guide_list", {"guide_id": "G2"})["error"]["code"] == "not_found"
    assert [row["guide_id"] for row in asked("G1", "/guides", {}, GuidesResponse)["guides"]] == ["G1"]
    assert asked("G1", "/guide_make", {})["error"]["code"] == "forbidden"
    whole = asked("hq", "/guide_list", {}, GuideListResponse)["tasks"]
    others = [row["task_id"] for row in whole if row["guide_id"] == "G2"]
    # from a phone that was offline: late, out of order, twice
    line = own[0]["task_id"]
    late = {"answer_id": "2", "task_id": line, "outcome": "refused", "at": "2025-03-01T12:00:00Z"}
    early = {"answer_id": "1", "task_id": line, "outcome": "not_reached", "at": "2025-03-01T10:00:00Z"}
    stored = asked("G1", "/guide_answers", {"answers": [late]}, GuideAnswersResponse)
    assert stored == {"stored": 1, "duplicates": 0, "refused": []}
    stored = asked("G1", "/guide_answers", {"answers": [late, early]}, GuideAnswersResponse)
    assert stored == {"stored": 1, "duplicates": 1, "refused": []}
    good_answers_are_kept(partial(asked, "G1", "/guide_answers"), late, early, own[1]["task_id"])
    assert asked("G1", "/guide_list", {}, GuideListResponse)["tasks"][1]["state"] == "refused"
    assert asked("G1", "/guide_list", {}, GuideListResponse)["tasks"][0]["state"] == "refused"
    for task in others:
        stolen = {"answers": [late | {"answer_id": "3", "task_id": task}]}
        assert asked("G1", "/guide_answers", stolen)["error"]["code"] == "not_found"
    ahead = {"answers": [late | {"answer_id": "4", "at": "2999-03-01T12:00:00Z"}]}
    assert asked("G1", "/guide_answers", ahead)["error"]["code"] == "impossible"
    brought = {"referral_id": "r", "guide_id": "G1", "customer_id": "new", "at": "2025-03-01T12:00:00Z"}
    of_another = brought | {"referral_id": "s", "customer_id": "C00004"}  # known, though this key does not see them
    assert asked("G1", "/guide_referrals", {"referrals": [of_another, brought]}, ReferralsResponse) == {
        "stored": 1,
        "duplicates": 0,
        "refused": [
            {
                "referral": 0,
                "referral_id": "s",
                "where": "customer_id",
                "problem": "customer 'C00004' was known before: a referral brings somebody new",
            }
        ],
    }
    foreign = {"referrals": [brought | {"guide_id": "G2"}]}
    assert asked("G1", "/guide_referrals", foreign)["error"]["code"] == "not_found"
    assert asked("G1", "/guide_credit", {}, GuideCreditResponse)["guides"] == []
    assert asked("G1", "/guide_credit", {"measure": True})["error"]["code"] == "forbidden"
    # who refused a guide is on no list of another day
    asked("hq", "/guide_make", {"day": "2025-03-02"}, GuideMakeResponse)
    later = asked("hq", "/guide_list", {"day": "2025-03-02"}, GuideListResponse)["tasks"]
    assert own[0]["customer_id"] not in {row["customer_id"] for row in later}
    saved = asked("hq", "/guide_save", {"guide_id": "G2", "name": "王", "capacity": 5}, GuideResponse)["guide"]
    assert (saved["name"], saved["capacity"], saved["version"]) == ("王", 5, 1)
    left = asked("hq", "/guide_leave", {"guide_id": "G1"}, GuideResponse)
    assert (left["moved"], left["without_guide"], left["guide"]["people"]) == (3, 0, 0)
    assert [row["guide_id"] for row in asked("hq", "/guides", {"guide_id": "G2"}, GuidesResponse)["moves"]] == [
        "G2"
    ] * 3
    # the new guide's key sees the people at once, the old one's no more
    assert asked("G2", "/profile", {"customer_id": "C00002"})["profile"] is not None
    assert asked("G1", "/profile", {"customer_id": "C00002"})["error"]["code"] == "not_found"


def test_the_list_of_a_guide_has_what_triggers_ask_for_by_the_clock(client: Any, keys: dict[str, str]) -> None:
    def line(who: str, day: date, source: str, state: str = "open") -> GuideTask:
        usual = {"held": False, "rank": 0, "channel": "guide", "store_id": "S001", "product_id": "P0001"}
        words = {"reason": "why", "reason_zh": "为何", "text": "Hello", "text_zh": "您好", "segment": "friend"}
        about = {"guide_id": "G2", "person_id": who, "customer_id": who, "source": source, "state": state}
        numbers = {"probability": 0.4, "expected_value": 2.0}
        return GuideTask(task_id=task_id(day, who), day=day, **usual, **words, **about, **numbers)  # type: ignore[arg-type]

    # the answers know 28 February, and the clock is far beyond it
    later = date(2025, 4, 2)
    lines = {
        "asked for": line("C00010", later, "trigger:bag"),
        "answered": line("C00012", later, "trigger:bag", "done"),
        "of a list": line("C00014", later, DAILY),
    }
    with closing(Database(Workspace(client.home).database_url)) as database:
        store_tasks(TENANT, database, list(lines.values()), by="Li", now=datetime(2025, 4, 2, tzinfo=UTC))

    def shown(body: dict[str, str]) -> set[str]:
        tasks = ask(client, "/guide_list", body, GuideListResponse, tenant=TENANT)["tasks"]
        return {name for name, one in lines.items() if one.task_id in {row["task_id"] for row in tasks}}

    assert shown({}) == {"asked for"}
    assert shown({"day": "2025-03-01"}) == set()
    assert shown({"day": "2025-04-02"}) == set(lines)
