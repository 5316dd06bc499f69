"""Many campaigns at once: each person's campaigns by value, beside what runs, within size, budget and caps."""

from collections import Counter
from typing import Any

import polars as pl
import pytest

from retail_brain.errors import ImpossibleError, NotFoundError, UsageError
from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.campaigns import campaign
from retail_brain.operational.database import Database
from retail_brain.settings import Settings
from serving.planning.campaigns import life
from serving.planning.campaigns.together import CAMPAIGNS, PEOPLE, assign_together, narrow_to

SLOT = {"channel": "sms", "text": "a", "text_zh": "b"}


@pytest.fixture
def desk(database: Database, make_source: Any) -> life.Desk:
    settings = Settings.model_validate({"audience": {"max_contacts": 9}})
    return life.Desk(database, make_source(people=20), settings)


@pytest.fixture
def draft(desk: life.Desk, define: Any, change: Any) -> Any:
    def made(name: str, **changes: Any) -> None:
        life.save(desk, change(name), define(**changes))

    return made


@pytest.fixture
def approve(desk: life.Desk, draft: Any, change: Any) -> Any:
    def made(name: str, **changes: Any) -> None:
        draft(name, **changes)
        life.preview(desk, change(name, 1))
        life.approve(desk, change(name, 2))

    return made


def rows(found: Any) -> dict[str, dict[str, Any]]:
    return {row["campaign_id"]: row for row in found.campaigns.to_dicts()}


def test_each_person_gets_the_campaign_that_is_worth_most_and_a_price_says_where_places_are_short(
    desk: life.Desk, draft: Any
) -> None:
    draft("likely", product_ids=["P1"], size=8)  # P1 is twice as likely as P2
    draft("other", product_ids=["P2"])
    found = assign_together(desk, "main", per_customer=1)
    assert (dict(found.people.schema), dict(found.campaigns.schema)) == (PEOPLE, CAMPAIGNS)
    assert Counter(found.people["campaign_id"]) == {"likely": 8, "other": 12}
    assert found.people["customer_id"].n_unique() == 20
    told = rows(found)
    assert (told["likely"]["cap"], told["likely"]["alone"], told["other"]["cap"], told["other"]["alone"]) == (
        8, 8, None, 20,
    )  # fmt: skip
    assert told["likely"]["price"] > 0 == told["other"]["price"]
    assert found.value == pytest.approx(found.bound)
    assert found.people.filter(campaign_id="likely")["rank"].to_list() == list(range(1, 9))


def test_who_is_told_by_a_running_campaign_has_their_offer(desk: life.Desk, draft: Any, approve: Any) -> None:
    approve("runs", size=5)
    draft("next", product_ids=["P2"])
    frozen = {one.contact.customer_id for one in campaign_contacts("main", desk.database, "runs")}
    found = assign_together(desk, "main", per_customer=1)
    assert set(found.people["customer_id"]).isdisjoint(frozen)
    assert found.people.height == 15
    told = rows(found)
    assert (told["runs"]["state"], told["runs"]["assigned"], told["runs"]["alone"]) == ("running", 5, None)
    assert found.value <= found.bound + 1e-9
    assert assign_together(desk, "main", per_customer=2).people.height == 20


def test_caps_and_stock_that_running_campaigns_take_are_gone(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    tight = Settings.model_validate({"audience": {"max_contacts": 1}})
    desk = life.Desk(database, make_source(people=20, stock=2.0), tight)
    life.save(desk, change("runs"), define(size=4))
    life.preview(desk, change("runs", 1))
    life.approve(desk, change("runs", 2))
    life.save(desk, change("next"), define())
    frozen = [one.contact for one in campaign_contacts("main", database, "runs")]
    found = assign_together(desk, "main", per_customer=5)
    assert set(found.people["customer_id"]).isdisjoint({one.customer_id for one in frozen})
    # 2 units in each of two shops at a chance of .4: ten people in all, and four are told
    assert 0 < found.people["probability"].sum() + sum(one.probability for one in frozen) <= 4.0 + 1e-9


def test_a_budget_ends_where_it_is_spent_and_the_held_out_cost_nothing(desk: life.Desk, draft: Any) -> None:
    draft("paid", budget=0.5, slots=[SLOT | {"contact_cost": 0.1}], holdout_share=0.3)
    found = assign_together(desk, "main", per_customer=1)
    assert found.people.filter(group="contact").height == 5


def test_what_was_assigned_is_stored_previewed_and_approved_as_it_is(desk: life.Desk, draft: Any, change: Any) -> None:
    draft("likely", product_ids=["P1"], size=8)
    draft("other", product_ids=["P2"])
    found = assign_together(desk, "main", per_customer=1)
    assert narrow_to(desk, "main", found, by="Wang", now=change("x").now) == {"likely": 8, "other": 12}
    assert (campaign("main", desk.database, "other").version, campaign("main", desk.database, "other").state) == (
        2, "draft",
    )  # fmt: skip
    for name in ("likely", "other"):
        life.preview(desk, change(name, 2))
        life.approve(desk, change(name, 3))
        own = [one.contact.customer_id for one in campaign_contacts("main", desk.database, name)]
        assert sorted(own) == sorted(found.people.filter(campaign_id=name)["customer_id"])


def test_a_campaign_that_cannot_be_planned_is_named_and_the_others_go_on(desk: life.Desk, draft: Any) -> None:
    draft("over", starts_on="2025-01-01", ends_on="2025-01-08")
    with pytest.raises(ImpossibleError, match="no campaign can be planned: over: "):
        assign_together(desk, "main", per_customer=1)
    draft("next")
    found = assign_together(desk, "main", per_customer=1)
    assert (list(found.left_out), found.people["campaign_id"].unique().to_list()) == (["over"], ["next"])


def test_what_cannot_be_shared_out_is_refused(desk: life.Desk, draft: Any, approve: Any) -> None:
    with pytest.raises(ImpossibleError, match="every campaign is approved or over"):
        assign_together(desk, "main", per_customer=1)
    approve("runs")
    for names, count, error in ((["runs"], 1, ImpossibleError), (["none"], 1, NotFoundError), ([], 0, UsageError)):
        with pytest.raises(error):
            assign_together(desk, "main", names, per_customer=count)


def test_cards_of_a_person_have_one_offer_between_them(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    persons = pl.DataFrame({"customer_id": ["c0", "c2"], "person_id": ["c0", "c0"]})
    desk = life.Desk(database, make_source(people=4, changes={"persons": persons}), Settings())
    for name, product in (("a", "P1"), ("b", "P2")):
        life.save(desk, change(name), define(product_ids=[product]))
    found = assign_together(desk, "main", per_customer=1)
    assert found.people["person_id"].n_unique() == found.people.height == 3


def test_drafts_together_promise_no_more_than_the_stock_of_a_shop(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    settings = Settings.model_validate({"audience": {"max_contacts": 9}})
    desk = life.Desk(database, make_source(people=20, stock=2.0), settings)
    for name in ("first", "second", "endless"):
        life.save(desk, change(name), define(product_ids=["P1"], stock_limit=name != "endless", size=20))
    found = assign_together(desk, "main", ["first", "second"], per_customer=2)
    # each alone would tell five of the ten people of a shop, .4 units each: the same ones, who may have both offers
    assert {row["alone"] for row in rows(found).values()} == {10}
    assert found.people.height == 10
    assert found.beyond_stock == 10
    assert found.value <= found.bound
    told = found.people.with_columns(shop=pl.col("customer_id").str.slice(1).cast(pl.Int64) % 2)
    assert told.group_by("shop").agg(pl.col("probability").sum())["probability"].to_list() == pytest.approx([2.0, 2.0])
    # one whose orders follow it takes nothing of the stock
    both = assign_together(desk, "main", ["first", "endless"], per_customer=2)
    assert (both.beyond_stock, both.people.height) == (0, 30)
