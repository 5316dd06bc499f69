"""A campaign over HTTP, from the draft to the stop, as a marketer makes it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import delete, insert, select, update

from retail_brain.ingest import ingest
from retail_brain.operational.campaign_effects import StoredEffect, store_effect
from retail_brain.operational.keys import create_key
from retail_brain.operational.tables import CAMPAIGN_EFFECTS, CAMPAIGNS
from retail_brain.progress import SILENT
from retail_brain.settings import AudienceSettings, Settings
from retail_brain.workspace import Workspace
from serving.http.messages.campaign_messages import CampaignResponse, CampaignsResponse
from serving.http.messages.campaign_people_messages import CampaignAssignResponse, CampaignContactsResponse
from serving.http.messages.campaign_receipt_messages import CampaignReceiptsResponse
from serving.http.messages.effect_messages import CampaignEffectResponse

DRAFT = {
    "name": "牛奶",
    "product_ids": ["P0001", "P0008"],
    "slots": [{"channel": "sms", "text": "Milk", "text_zh": "牛奶", "contact_cost": 0.01}],
    "starts_on": "2025-03-01",
    "ends_on": "2025-03-15",
    "holdout_share": 0.25,
    "size": 20,
}


def ask(client: Any, path: str, body: dict[str, Any], model: Any = CampaignResponse, **asker: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.ask(path, body, **({"role": "marketer"} | asker))
    model.model_validate(answer)
    return answer


def test_a_campaign_from_draft_to_stop(client: Any) -> None:
    made = ask(client, "/campaign", {"campaign_id": "milk", "campaign": DRAFT})["campaign"]
    assert (made["state"], made["version"], made["created_by"]) == ("draft", 1, "marketer先生")
    assert made["by_clock"] == "replay", "its days were over before it was approved"
    seen = ask(client, "/campaign_act", {"campaign_id": "milk", "version": 1, "act": "preview"})
    numbers = seen["campaign"]["preview"]
    assert seen["campaign"]["state"] == "previewed"
    assert numbers["contacts"] + numbers["holdout"] == 20
    assert numbers["considered"] == 200
    assert numbers["steps"][-1] == {
        "code": "beyond_size",
        "reason": "Ranked below the size asked for",
        "customers": numbers["steps"][-1]["customers"],
        "left": 20,
    }
    assert seen["names"]["P0001"] == "面包1"
    done = ask(client, "/campaign_act", {"campaign_id": "milk", "version": 2, "act": "approve"})["campaign"]
    assert (done["state"], done["approved_by"]) == ("running", "marketer先生")
    people = ask(client, "/campaign_contacts", {"campaign_id": "milk"}, CampaignContactsResponse)
    assert people["total"] == 20
    held = ask(client, "/campaign_contacts", {"campaign_id": "milk", "group": "holdout"}, CampaignContactsResponse)
    assert held["total"] == numbers["holdout"]
    listed = ask(client, "/campaigns", {"states": ["running"]}, CampaignsResponse)
    assert [(row["campaign_id"], row["by_clock"]) for row in listed["campaigns"]] == [("milk", "replay")]
    assert listed["today"] == "2025-03-01" < listed["clock_day"]
    stopped = ask(client, "/campaign_act", {"campaign_id": "milk", "version": 3, "act": "stop", "reason": "empty"})
    passed = [(row["state"], row["by"]) for row in stopped["history"]]
    who = "marketer先生"
    assert passed == [("running", None), ("draft", who), ("previewed", who), ("approved", who), ("stopped", who)]
    assert (stopped["campaign"]["state"], stopped["campaign"]["stop_reason"]) == ("stopped", "empty")


def test_the_reasons_are_in_the_language_asked_for(client: Any) -> None:
    ask(client, "/campaign", {"campaign_id": "words", "campaign": DRAFT})
    seen = ask(client, "/campaign_act", {"campaign_id": "words", "version": 1, "act": "preview"}, language="zh")
    assert seen["campaign"]["preview"]["steps"][-1]["reason"] == "排名在所需人数之外"


def test_two_people_at_one_campaign_do_not_overwrite_each_other(client: Any) -> None:
    ask(client, "/campaign", {"campaign_id": "both", "campaign": DRAFT})
    ask(client, "/campaign", {"campaign_id": "both", "campaign": DRAFT | {"name": "theirs"}, "version": 1})
    body = {"campaign_id": "both", "campaign": DRAFT | {"name": "mine"}, "version": 1}
    assert client.refused("/campaign", body, role="marketer") == (409, "conflict")
    details = client.error("/campaign", body)["details"]
    assert (details["yours"]["campaign"]["name"], details["theirs"]["campaign"]["name"]) == ("mine", "theirs")
    assert (details["yours"]["version"], details["theirs"]["version"]) == (1, 2)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/campaign", {"campaign_id": "nothing"}, (404, "not_found")),
        ("/campaign_contacts", {"campaign_id": "nothing"}, (404, "not_found")),
        ("/campaign_act", {"campaign_id": "nothing", "version": 1, "act": "preview"}, (404, "not_found")),
        ("/campaign", {"campaign_id": "bad", "campaign": DRAFT | {"slots": []}}, (400, "malformed")),
        ("/campaign", {"campaign_id": "bad", "campaign": DRAFT | {"ends_on": "2025-03-01"}}, (422, "impossible")),
        ("/campaign_act", {"campaign_id": "bad", "version": 1, "act": "stop"}, (400, "malformed")),
        ("/campaign_act", {"campaign_id": "bad", "version": 1, "act": "approve", "reason": "x"}, (400, "malformed")),
        ("/campaign_act", {"campaign_id": "bad", "version": 0, "act": "approve"}, (400, "malformed")),
    ],
)
def test_what_cannot_be_done_is_refused(client: Any, path: str, body: dict[str, Any], status: tuple[int, str]) -> None:
    assert client.refused(path, body, role="marketer") == status


def test_who_may_only_look_makes_no_campaign(client: Any) -> None:
    body = {"campaign_id": "x", "campaign": DRAFT}
    assert client.refused("/campaign", body, role="data_scientist") == (403, "forbidden")
    assert client.ask("/campaigns", {}, role="data_scientist")["may_write"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"product_ids": ["P9999"]},
        {"store_ids": ["S999"]},
        {"product_ids": [], "category": "moon"},
        {"segment": "stage:moon"},
        {"customer_ids": ["C99999"]},
    ],
)
def test_a_draft_that_names_what_nobody_knows_is_refused_as_its_preview_would_be(
    client: Any, change: dict[str, Any]
) -> None:
    body = {"campaign_id": "gone", "campaign": DRAFT | change}
    assert client.refused("/campaign", body, role="marketer") == (404, "not_found")
    assert client.refused("/campaign", {"campaign_id": "gone"}, role="marketer") == (404, "not_found")


def test_a_preview_of_a_campaign_that_is_over_says_so(client: Any) -> None:
    over = {"starts_on": "2025-01-01", "ends_on": "2025-01-15"}
    ask(client, "/campaign", {"campaign_id": "over", "campaign": DRAFT | over})
    body = {"campaign_id": "over", "version": 1, "act": "preview"}
    assert client.refused("/campaign_act", body, role="marketer") == (422, "impossible")


def test_a_campaign_belongs_to_its_tenant(client: Any) -> None:
    ask(client, "/campaign", {"campaign_id": "ours", "campaign": DRAFT})
    assert client.refused("/campaign", {"campaign_id": "ours"}, tenant="other") == (404, "not_found")


def test_an_effect_is_the_newest_look_and_all_looks_are_listed(client: Any, database: Any) -> None:
    ask(client, "/campaign", {"campaign_id": "seen", "campaign": DRAFT})
    nothing = ask(client, "/campaign_effect", {"campaign_id": "seen"}, CampaignEffectResponse)
    assert (nothing["effect"], nothing["looks"]) == (None, [])
    for day, reading in ((20, None), (21, {"difference": 0.2, "low": 0.1, "high": 0.3, "is_clear": True})):
        effect = {"is_final": False, "reading": reading, "day": day}
        store_effect("main", database, StoredEffect("seen", date(2025, 3, day), effect, "Li", datetime.now(UTC)))
    found = ask(client, "/campaign_effect", {"campaign_id": "seen"}, CampaignEffectResponse)
    assert found["effect"]["day"] == 21
    assert [(look["as_of"], look["low"], look["is_clear"]) for look in found["looks"]] == [
        ("2025-03-20", None, False),
        ("2025-03-21", 0.1, True),
    ]
    assert client.refused("/campaign_effect", {"campaign_id": "nothing"}) == (404, "not_found")


def test_an_odd_row_breaks_no_list_and_is_counted(client: Any, database: Any, caplog: Any) -> None:
    ask(client, "/campaign", {"campaign_id": "odd", "campaign": DRAFT})
    client.ask("/guide_credit", {"measure": False})
    before = ask(client, "/campaigns", {}, CampaignsResponse)
    now = datetime.now(UTC)
    odd: list[tuple[str, Any]] = [
        ("guides:credit", {"since": None, "guides": []}),
        ("odd", {"is_final": True}),
        ("gone", {"is_final": False, "reading": {"difference": "much", "low": 0.1, "high": 0.2}}),
        ("trigger:gone", [1, 2]),
        ("models:gone", {"is_final": False, "reading": None, "net": {"value": 1}}),
    ]
    for name, effect in odd:
        row = {"tenant_id": "main", "campaign_id": name, "as_of": date(2025, 3, 22), "effect": effect}
        with database.writing() as connection:
            connection.execute(insert(CAMPAIGN_EFFECTS).values(**row, measured_by="Li", measured_at=now))
    with database.writing() as connection:
        own = (CAMPAIGNS.c.tenant_id == "main") & (CAMPAIGNS.c.campaign_id == "odd")
        definition = connection.execute(select(CAMPAIGNS.c.definition).where(own)).scalar_one()
        connection.execute(update(CAMPAIGNS).where(own).values(definition=[], state="approved"))
    try:
        for role in ("admin", "marketer"):
            listed = ask(client, "/campaigns", {}, CampaignsResponse, role=role)
            assert (listed["left_out"], listed["looks_left_out"]) == (1, 4)
            assert listed["total"] == before["total"] - 1
        assert "campaign odd cannot be shown: UsageError" in caplog.text
        assert client.ask("/calendar", {})["campaigns_left_out"] == 1
        assert caplog.text.count("campaign odd cannot be shown") == 1, "once in the log of a worker"
        assert client.refused("/campaign_effect", {"campaign_id": "guides:credit"}) == (404, "not_found")
        looked = ask(client, "/campaign_effect", {"campaign_id": "odd"}, CampaignEffectResponse)
        assert (looked["effect"], looked["looks"], looked["looks_left_out"]) == (None, [], 1)
        assert client.ask("/guide_credit", {})["guides"] == []
        worth = client.ask("/worth", {})["campaigns"]
        assert worth["reason"]
        assert worth["looks_left_out"] == 4
    finally:
        with database.writing() as connection:
            for name, _ in odd:
                connection.execute(delete(CAMPAIGN_EFFECTS).where(CAMPAIGN_EFFECTS.c.campaign_id == name))
            connection.execute(update(CAMPAIGNS).where(own).values(definition=definition, state="draft"))


def test_an_approved_campaign_is_a_driver_of_the_forecast_until_it_is_stopped(client: Any) -> None:
    asked = {"store_id": "S001", "product_ids": ["P0001"], "horizon": 7, "explain": True}

    def rows() -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = client.ask("/forecast", asked)["forecasts"]
        return listed

    before = rows()
    draft = DRAFT | {"product_ids": ["P0001"], "size": 200, "holdout_share": 0.0}
    ask(client, "/campaign", {"campaign_id": "driver", "campaign": draft})
    seen = ask(client, "/campaign_act", {"campaign_id": "driver", "version": 1, "act": "preview"})
    ask(client, "/campaign_act", {"campaign_id": "driver", "version": 2, "act": "approve"})
    after = rows()
    added = [row["forecast"] - old["forecast"] for row, old in zip(after, before, strict=True)]
    assert added == pytest.approx([row.get("campaign_units", 0.0) for row in after])
    assert [row["drivers"].get("campaigns") for row in after] == [row.get("campaign_units") for row in after]
    assert sum(row["drivers"].get("campaigns", 0) for row in after) == pytest.approx(sum(added))
    assert 0 < sum(added) <= seen["campaign"]["preview"]["caused_purchases"] + 1e-6
    assert all(
        row["forecast_p50"] - old["forecast_p50"] == pytest.approx(up)
        for row, old, up in zip(after, before, added, strict=True)
    )
    ask(client, "/campaign_act", {"campaign_id": "driver", "version": 3, "act": "stop", "reason": "test"})
    assert rows() == before


def test_what_is_left_over_becomes_a_draft_with_numbers(client: Any) -> None:
    made = ask(client, "/campaign_propose", {"campaign_id": "clear", "store_ids": ["S001"]})["campaign"]
    assert (made["state"], made["version"]) == ("previewed", 2)
    definition = made["definition"]
    assert (definition["left_over"], definition["store_ids"]) == (True, ["S001"])
    assert (definition["starts_on"], definition["ends_on"]) == ("2025-03-01", "2025-03-15")
    assert "苹果2" in definition["slots"][0]["text_zh"]
    # six units are left of P0002 in S001
    assert 0 < made["preview"]["expected_buyers"] <= 6
    assert client.refused("/campaign_propose", {"campaign_id": "clear"}, role="marketer") == (409, "conflict")
    gone = {"campaign_id": "clear2", "store_ids": ["S003"]}
    assert client.refused("/campaign_propose", gone, role="marketer") == (404, "not_found")


def test_a_merchandiser_proposes_what_a_marketer_decides(client: Any) -> None:
    body = {"campaign_id": "from-stock", "store_ids": ["S001"], "product_ids": ["P0002"]}
    seen = ask(client, "/campaign_propose", body, role="merchandiser")
    made = seen["campaign"]
    assert (made["state"], made["created_by"], seen["may_write"]) == ("previewed", "merchandiser先生", False)
    assert (seen["may_approve"], seen["needs_second_person"]) == (False, False)
    assert (made["definition"]["product_ids"], made["definition"]["left_over"]) == (["P0002"], True)
    assert {row["product_id"] for row in made["preview"]["products"]} == {"P0002"}
    assert ask(client, "/campaign", {"campaign_id": "from-stock"})["may_approve"] is True
    nothing = body | {"campaign_id": "nothing-left", "product_ids": ["P0001"]}
    assert client.error("/campaign_propose", nothing)["details"] == {
        "problem": "campaign_nothing_left_of",
        "product_id": ["P0001"],
    }


def test_a_campaign_is_measured_when_asked_for_and_listed_with_its_newest_look(
    client: Any, tmp_path: Path, database: Any, synthetic: Any
) -> None:
    workspace = Workspace(client.home, "measured")
    synthetic.publish_synthetic(workspace, "first")
    client.keys["measured", "marketer"] = create_key(
        "measured", database, role="marketer", name="Wang", now=datetime.now(UTC)
    )
    asker = {"tenant": "measured"}
    client.wait_for("measured")
    draft = DRAFT | {"size": 200, "product_ids": ["P0001"], "stock_limit": False, "holdout_share": 0.5}
    ask(client, "/campaign", {"campaign_id": "k", "campaign": draft}, **asker)
    ask(client, "/campaign_act", {"campaign_id": "k", "version": 1, "act": "preview"}, **asker)
    assert client.refused("/campaign_measure", {"campaign_id": "k"}, role="marketer", **asker) == (404, "not_found")
    _sell(workspace, tmp_path, [])
    refusal = client.error("/campaign_measure", {"campaign_id": "k"}, role="marketer", **asker)
    assert refusal["details"] == {"problem": "campaign_state", "state": "previewed"}
    ask(client, "/campaign_act", {"campaign_id": "k", "version": 2, "act": "approve"}, **asker)
    people = ask(client, "/campaign_contacts", {"campaign_id": "k"}, CampaignContactsResponse, **asker)["contacts"]
    told = [row["customer_id"] for row in people if row["group"] == "contact"]
    _sell(workspace, tmp_path, told[:10])
    found = ask(client, "/campaign_measure", {"campaign_id": "k"}, CampaignEffectResponse, **asker)
    assert found["effect"]["attributed"]["buyers"] == 10
    assert [look["measured_by"] for look in found["looks"]] == ["Wang"]
    assert ask(client, "/campaign_effect", {"campaign_id": "k"}, CampaignEffectResponse, **asker) == found
    listed = ask(client, "/campaigns", {}, CampaignsResponse, **asker)["campaigns"]
    assert [row["look"]["as_of"] for row in listed] == ["2025-04-30"]


def _sell(workspace: Workspace, folder: Path, customers: list[str]) -> None:
    """Brings a receipt with P0001 of each of these people into the lake, and another of the last day of April."""
    days = [datetime(2025, 3, 10, 9)] * len(customers) + [datetime(2025, 4, 30, 9)]
    receipts = {
        "transaction_id": [f"{len(days)}-{number}" for number in range(len(days))],
        "customer_id": [*customers, "C00199"],
    }
    receipts |= {"sold_at": days, "store_id": ["S001"] * len(days), "product_id": [*["P0001"] * len(customers), "P9"]}
    frame = pl.DataFrame(receipts).with_columns(units=pl.lit(1.0), unit_price=pl.lit(5.0))
    frame.write_parquet(folder / "transactions.parquet")
    ingest(str(folder), str(workspace.lake), Settings(), SILENT)


def test_an_opt_out_closes_the_channel_for_the_next_audience(client: Any) -> None:
    asked = {"product_ids": ["P0001"], "size": 200, "channel": "email", "holdout_share": 0}
    people = [row["customer_id"] for row in client.ask("/audience", asked)["audience"]]
    ask(client, "/campaign", {"campaign_id": "out", "campaign": DRAFT})
    receipt = {"receipt_id": "out-1", "campaign_id": "out", "customer_id": people[0], "channel": "email"}
    body = {"receipts": [receipt | {"kind": "opted_out", "at": "2025-03-02T10:00:00Z"}]}
    none = {"refused": []}
    assert ask(client, "/campaign_receipts", body, CampaignReceiptsResponse) == {"stored": 1, "duplicates": 0} | none
    assert ask(client, "/campaign_receipts", body, CampaignReceiptsResponse) == {"stored": 0, "duplicates": 1} | none
    assert [row["customer_id"] for row in client.ask("/audience", asked)["audience"]] == people[1:]
    assert client.ask("/campaign_effect", {"campaign_id": "out"})["receipts"]["opted_out"] == 1
    assert client.refused("/campaign_receipts", {"receipts": [receipt]}, role="marketer") == (400, "malformed")
    assert client.refused("/campaign_receipts", body, role="merchandiser") == (403, "forbidden")


def test_receipts_that_cannot_be_are_named_and_the_others_kept(client: Any) -> None:
    ask(client, "/campaign", {"campaign_id": "back", "campaign": DRAFT})
    ask(client, "/campaign_act", {"campaign_id": "back", "version": 1, "act": "preview"})
    ask(client, "/campaign_act", {"campaign_id": "back", "version": 2, "act": "approve"})
    people = ask(client, "/campaign_contacts", {"campaign_id": "back"}, CampaignContactsResponse)["contacts"]
    told = next(row for row in people if row["group"] == "contact")
    held = next(row for row in people if row["group"] == "holdout")
    good = {"campaign_id": "back", "customer_id": told["customer_id"], "channel": "sms", "kind": "delivered"}
    good |= {"at": f"{told['day']}T10:00:00Z"}
    wrong = [
        good | {"campaign_id": "bakc"},
        good | {"customer_id": "nobody"},
        good | {"customer_id": held["customer_id"]},
        good | {"at": "2199-01-01T00:00:00Z"},
        good | {"at": "2025-01-01T00:00:00Z"},
        good | {"kind": "burnt"},
        {"attribution_id": "0" * 41, "kind": "opened", "at": good["at"]},
        {"attribution_id": "nothing", "kind": "opened", "at": good["at"]},
    ]
    by_id = {"attribution_id": told["contact_id"], "kind": "opened", "at": good["at"]}
    rows = [*wrong, good, by_id]
    body = {"receipts": [row | {"receipt_id": f"back-{number}"} for number, row in enumerate(rows)]}
    answer = ask(client, "/campaign_receipts", body, CampaignReceiptsResponse)
    assert (answer["stored"], answer["duplicates"]) == (2, 0)
    said = [(row["receipt"], row["where"]) for row in answer["refused"]]
    assert said == [
        (0, "campaign_id"), (1, "customer_id"), (2, "customer_id"), (3, "at"), (4, "at"), (5, "kind"),
        (6, "attribution_id"), (7, "attribution_id"),
    ]  # fmt: skip
    assert "is it back" in answer["refused"][0]["problem"]
    assert answer["refused"][3]["receipt_id"] == "back-3"
    counts = client.ask("/campaign_effect", {"campaign_id": "back"})["receipts"]
    assert (counts["delivered"], counts["opened"]) == (1, 1)
    again = client.ask("/campaign_receipts", {"receipts": body["receipts"][:1]}, role="marketer", language="zh")
    assert again["refused"][0]["problem"].startswith("没有活动")
    ask(client, "/campaign_act", {"campaign_id": "back", "version": 3, "act": "stop", "reason": "test"})


def test_an_audience_leaves_out_whom_approved_campaigns_contact_as_often_as_allowed(client: Any) -> None:
    asked = {"product_ids": ["P0001"], "size": 500, "holdout_share": 0}

    def excluded() -> dict[str, int]:
        return {row["code"]: row["customers"] for row in client.ask("/audience", asked)["exclusions"]}

    before = excluded()
    # of the same goods nobody is told twice while an effect is counted: each campaign tells them of others
    named = [row["customer_id"] for row in client.ask("/audience", asked)["audience"]][:30]
    draft = {name: value for name, value in DRAFT.items() if name not in {"product_ids", "size"}}
    draft |= {"customer_ids": named, "holdout_share": 0.0, "stock_limit": False}
    draft |= {"slots": [DRAFT["slots"][0] | {"channel": way} for way in ("sms", "email")]}
    names = [f"full-{number}" for number in range(AudienceSettings().max_contacts)]
    for number, name in enumerate(names):
        days = {"starts_on": f"2025-03-0{number + 1}", "ends_on": f"2025-03-0{number + 2}"}
        ask(client, "/campaign", {"campaign_id": name, "campaign": draft | days})
        ask(client, "/campaign_act", {"campaign_id": name, "version": 1, "act": "preview"})
        ask(client, "/campaign_act", {"campaign_id": name, "version": 2, "act": "approve"})
    told_by = [ask(client, "/campaign_contacts", {"campaign_id": name}, CampaignContactsResponse) for name in names]
    people = told_by[0]["contacts"]
    assert {len(one["contacts"]) for one in told_by} == {len(people)}
    assert excluded()["planned_elsewhere"] == len(people) > 0
    told = {row["customer_id"] for row in client.ask("/audience", asked)["audience"]}
    assert not told & {row["customer_id"] for row in people}
    for name in names:
        ask(client, "/campaign_act", {"campaign_id": name, "version": 3, "act": "stop", "reason": "test"})
    assert excluded() == before


def test_contacts_are_pushed_to_addresses_of_the_settings_alone(client: Any) -> None:
    ask(client, "/campaign", {"campaign_id": "hand", "campaign": DRAFT})
    body = {"campaign_id": "hand", "target": "https://example.org/hook"}
    refused = client.error("/campaign_push", body, role="marketer")
    assert (refused["code"], refused["details"]["problem"]) == ("not_found", "push_target_unknown")
    assert client.refused("/campaign_push", body, role="data_scientist") == (403, "forbidden")


def test_drafts_share_people_out_and_keep_them_where_asked_for(client: Any) -> None:
    names = ["shared-a", "shared-b"]
    for name in names:
        ask(client, "/campaign", {"campaign_id": name, "campaign": DRAFT})
    body = {"campaign_ids": names, "per_customer": 1}
    found = ask(client, "/campaign_assign", body, CampaignAssignResponse)
    rows = {row["campaign_id"]: row for row in found["campaigns"]}
    assert {name: (rows[name]["cap"], rows[name]["assigned"]) for name in names} == dict.fromkeys(names, (20, 20))
    assert (found["left_out"], found["stored"]) == ([], 0)
    assert found["value"] <= found["bound"] + 1e-6
    assert ask(client, "/campaign_assign", body | {"apply": True}, CampaignAssignResponse)["stored"] == 2
    kept = [ask(client, "/campaign", {"campaign_id": name})["campaign"] for name in names]
    people = [set(one["definition"]["customer_ids"]) for one in kept]
    assert [len(one) for one in people] == [20, 20]
    assert people[0].isdisjoint(people[1])
    assert client.refused("/campaign_assign", {"campaign_ids": ["nothing"]}, role="marketer") == (404, "not_found")
    assert client.refused("/campaign_assign", body, role="data_scientist") == (403, "forbidden")
