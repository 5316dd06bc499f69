"""Two recommenders side by side in the service: who gets which, and how a test begins and ends."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.model_tests import begin_model_test
from retail_brain.workspace import Workspace
from serving.http.messages.model_test_messages import ModelTestResponse
from serving.planning.people.model_tests import gets_challenger
from serving.store.answer_set import CHALLENGER
from serving.store.answers_manifest import read_manifest, write_manifest
from serving.store.scored_pairs import write_pairs

TENANT = "versus"


def _publish(home: Path, aside: Path, synthetic: ModuleType) -> None:
    """Answers in which the version under test recommends P0058 to everybody, and nothing else."""
    folder = synthetic.publish_synthetic(Workspace(aside, TENANT), "versus-first")
    (folder / CHALLENGER).mkdir()
    whole = synthetic.scored_pairs()
    pairs = whole.unique("customer_id", keep="first", maintain_order=True).with_columns(product_id=pl.lit("P0058"))
    places = [{name: place for place, name in enumerate(names)} for names in (synthetic.CUSTOMERS, synthetic.PRODUCTS)]
    write_pairs(folder / CHALLENGER, [pairs], places[0], places[1], {"en": str, "zh": str})
    manifest = read_manifest(folder)
    (folder / "manifest.json").unlink()
    manifest.model_test.update(name="seasons", version=7)
    write_manifest(folder, manifest)
    (aside / "var" / TENANT).rename(home / "var" / TENANT)


@pytest.fixture(scope="module")
def shop(client: Any, synthetic: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    _publish(client.home, tmp_path_factory.mktemp("versus"), synthetic)
    database = Database(Workspace(client.home).database_url)
    for role in ("admin", "marketer", "data_scientist"):
        client.keys[TENANT, role] = create_key(TENANT, database, role=role, name=role, now=datetime.now(UTC))
    client.wait_for(TENANT)
    yield client
    database.close()


def ask(client: Any, body: dict[str, Any], **asker: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.ask("/model_test", body, **({"tenant": TENANT, "role": "data_scientist"} | asker))
    ModelTestResponse.model_validate(answer)
    return answer


def first_goods(client: Any, who: str) -> tuple[str, str]:
    answer = client.ask("/recommend", {"customer_id": who, "k": 3}, tenant=TENANT)
    return answer["recommendations"][0]["product_id"], answer["attribution_id"]


def test_each_person_gets_the_one_or_the_other_until_the_test_is_dropped(shop: Any, synthetic: ModuleType) -> None:
    people = synthetic.CUSTOMERS[:20]
    assert first_goods(shop, people[0])[1] == "recommend-2025-02-28"  # published, and no test runs
    database = Database(Workspace(shop.home).database_url)
    test = begin_model_test(TENANT, database, "seasons", 7, 0.5, by="Li", now=datetime.now(UTC))
    database.close()
    shop.wait_until(lambda: first_goods(shop, people[0])[1] != "recommend-2025-02-28")
    drawn = {who: gets_challenger(who, test) for who in people}
    assert set(drawn.values()) == {True, False}
    for who, is_in in drawn.items():
        product, named = first_goods(shop, who)
        assert (product == "P0058") is is_in
        assert named == f"recommend-2025-02-28{'+' if is_in else '-'}seasons"
    lines = shop.post("/recommend_batch", {"customer_ids": people, "k": 1}, tenant=TENANT).text
    assert lines.count("+seasons") == sum(drawn.values())
    # a stranger gets what there was before
    stranger = shop.ask("/recommend", {"id_type": "card", "id_value": "nobody", "k": 3}, tenant=TENANT)
    assert (stranger["basis"], stranger["attribution_id"]) == ("cold", "recommend-2025-02-28-seasons")
    dropped = ask(shop, {"act": "drop", "name": "seasons"}, language="zh")
    assert (dropped["tests"][0]["state"], dropped["note"]) == (
        "dropped",
        "测试已结束：所有人立即恢复为使用中版本的推荐。",
    )
    assert {first_goods(shop, who)[1] for who in people} == {"recommend-2025-02-28"}


def test_a_test_is_begun_and_listed(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.promotion.export_challenger", lambda _, version: version)
    begun = ask(shop, {"act": "begin", "name": "other", "version": 9, "share": 0.2})
    assert (begun["tests"][0]["state"], begun["tests"][0]["version"], begun["effect"]) == ("waiting", 9, None)
    assert begun["note"].startswith("Nobody gets it yet")
    assert ask(shop, {}, role="admin")["tests"][0]["name"] == "other"
    asked = {"tenant": TENANT, "role": "data_scientist"}
    body = {"act": "begin", "name": "third", "version": 9}
    assert shop.refused("/model_test", body, **asked) == (409, "conflict")
    assert shop.refused("/model_test", {"act": "promote", "name": "other"}, **asked) == (422, "impossible")
    assert shop.error("/model_test", {"act": "promote", "name": "other"}, **asked)["details"]["problem"]
    assert ask(shop, {"act": "drop", "name": "other"})["tests"][0]["state"] == "dropped"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"act": "begin"}, (400, "malformed")),
        ({"act": "begin", "name": "a b"}, (400, "malformed")),
        ({"act": "begin", "name": "a", "share": 1}, (400, "malformed")),
        ({"act": "drop", "name": "nothing"}, (404, "not_found")),
        ({"act": "measure", "name": "nothing"}, (404, "not_found")),
    ],
)
def test_what_cannot_be_done_is_refused(shop: Any, body: dict[str, Any], said: tuple[int, str]) -> None:
    assert shop.refused("/model_test", body, tenant=TENANT, role="data_scientist") == said


def test_a_marketer_sees_no_tests_of_models(shop: Any) -> None:
    assert shop.refused("/model_test", {}, tenant=TENANT, role="marketer")[0] == 403
