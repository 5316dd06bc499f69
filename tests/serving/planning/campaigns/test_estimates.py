"""What contacts cause, updated by measured campaigns."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from retail_brain.operational.campaign_effects import Looks, StoredEffect, credit_looks, store_effect
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import CREDIT
from retail_brain.operational.tables import CAMPAIGN_EFFECTS
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.campaigns import life
from serving.planning.campaigns.caused_share import tenant_caused_share
from serving.planning.campaigns.estimates import caused_share
from serving.planning.campaigns.names import shown_name
from serving.planning.campaigns.propose import propose
from serving.planning.campaigns.repeated_experiments import repeated_experiments

NOW = datetime(2025, 3, 1, tzinfo=UTC)


def look(name: str, share: float, error: float, day: int = 20, *, final: bool = True) -> StoredEffect:
    effect = {"is_final": final, "reading": None, "caused_share": {"value": share, "error": error}}
    return StoredEffect(name, date(2025, 3, day), effect, "Li", NOW)


def test_without_measurements_it_is_what_was_published_or_assumed() -> None:
    assert caused_share(None, 0.1, []) == caused_share(None, 0.1, [look("a", 0.5, 0.1, final=False)])
    assert (caused_share(None, 0.1, []).value, caused_share(None, 0.1, []).is_measured) == (pytest.approx(0.1), False)
    assert (caused_share(0.3, 0.1, []).value, caused_share(0.3, 0.1, []).is_measured) == (pytest.approx(0.3), True)


def test_each_final_measurement_moves_it_by_its_precision() -> None:
    found = caused_share(None, 0.1, [look("a", 0.5, 0.1), look("a", 0.4, 0.1, 25), look("b", 0.2, 0.2)])
    # weights 1/.01, 1/.01 and 1/.04: of campaign a the newest look counts
    assert found.value == pytest.approx((100 * 0.1 + 100 * 0.4 + 25 * 0.2) / 225)
    assert (found.is_measured, found.campaigns) == (True, 2)


def test_a_campaign_that_did_harm_leaves_a_little() -> None:
    assert caused_share(None, 0.1, [look("a", -0.8, 0.01)]).value == 0.01


@pytest.mark.parametrize("effect", [["a list"], {"is_final": True, "caused_share": {"value": 0.89, "error": 0.001}}])
def test_a_row_that_no_list_shows_moves_no_share(
    database: Database, tmp_path: Path, effect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path, "main")
    monkeypatch.setenv("RETAIL_BRAIN_DATABASE_URL", f"sqlite:///{tmp_path / 'operational.db'}")
    with database.writing() as connection:
        database.ensure_tenant("main", connection, now=NOW)
        odd = {"tenant_id": "main", "campaign_id": "spring", "as_of": date(2025, 3, 20), "effect": effect}
        connection.execute(insert(CAMPAIGN_EFFECTS).values(**odd, measured_by="Li", measured_at=NOW))
        connection.execute(
            insert(CAMPAIGN_EFFECTS).values(**odd | {"campaign_id": CREDIT}, measured_by="Li", measured_at=NOW)
        )
    assert tenant_caused_share(workspace, None, 0.1) == caused_share(None, 0.1, [])
    assert credit_looks("main", database) == Looks([], 1)
    repeated_experiments("main", database, date(2025, 4, 1))


def test_a_measured_effect_changes_the_next_preview(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    desk = life.Desk(database, make_source(), Settings())
    life.save(desk, change("next"), define())
    before = life.preview(desk, change("next", 1)).preview
    store_effect("main", database, look("spring", 0.4, 0.02))
    after = life.preview(desk, change("next", 2)).preview
    assert before is not None
    assert after is not None
    assert (before["effect_basis"], after["effect_basis"], after["measured_campaigns"]) == ("assumed", "measured", 1)
    assert after["caused_purchases"] > 3 * before["caused_purchases"]


def test_a_proposal_is_for_what_can_still_be_sold(database: Database, make_source: Any, change: Any) -> None:
    desk = life.Desk(database, make_source(people=20), Settings())
    stored = propose(desk, change("clear"))
    assert stored.definition["slots"] == [
        {"channel": "sms", "text": "At your shop while they last: P2茶.",
         "text_zh": "您的门店限量供应，售完为止：P2茶。", "contact_cost": 0.05}
    ]  # fmt: skip
    assert (stored.state, stored.definition["ends_on"]) == ("previewed", "2025-03-15")
    assert stored.definition["name"] == "Excess stock: P2茶, 1 March"
    assert stored.preview is not None
    assert stored.preview["expected_buyers"] <= 1


def test_a_proposal_is_named_in_the_language_of_who_asks(database: Database, make_source: Any, change: Any) -> None:
    desk = life.Desk(database, make_source(people=20), Settings())
    assert propose(desk, change("clear"), language="zh").definition["name"] == "清货：P2茶（3月1日）"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Excess stock: P2茶, 1 March", "清货：P2茶（3月1日）"),
        ("Excess stock: 饼, 礼 and 38 more, 1 March", "清货：饼, 礼等 39 种（3月1日）"),
    ],
)
def test_a_proposed_name_that_nobody_changed_is_in_the_language_of_the_reader(english: str, chinese: str) -> None:
    for written in (english, chinese):
        stored = {"name": written, "left_over": True, "starts_on": "2025-03-01"}
        assert (shown_name(stored, "en"), shown_name(stored, "zh")) == (english, chinese)
        for touched in ({"name": f"{written}!"}, {"left_over": False}, {"starts_on": "2025-03-02"}):
            assert shown_name(stored | touched, "zh") == (stored | touched)["name"]
