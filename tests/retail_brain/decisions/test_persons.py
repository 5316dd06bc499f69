"""One person, several cards: one decision, one row, one group."""

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.audience import build_audience
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.eligibility import situation_of
from retail_brain.decisions.offers import best_of_accounts
from retail_brain.decisions.persons import Accounts, homes
from retail_brain.settings import AudienceSettings

AS_OF = date(2025, 2, 28)
SETTINGS = AudienceSettings()
CONTACTS = {"campaign_id": pl.String, "customer_id": pl.String, "channel": pl.String, "contacted_at": pl.Datetime,
            "is_holdout": pl.Boolean}  # fmt: skip


def persons(**cards: list[str]) -> pl.DataFrame:
    """Persons by the card by which they were known first."""
    rows = [(card, min(owned), first) for first, owned in cards.items() for card in owned]
    return pl.DataFrame(rows, schema=["customer_id", "person_id", "first_customer_id"], orient="row")


def pairs(**chances: float) -> pl.DataFrame:
    return pl.DataFrame(
        {"customer_id": list(chances), "product_id": "tea", "probability": list(chances.values())},
        schema={"customer_id": pl.String, "product_id": pl.String, "probability": pl.Float64},
    )


def asked(scored: pl.DataFrame, people: pl.DataFrame | None, **changes: Any) -> tuple[list[Any], dict[str, int]]:
    """Rows (person, card, channel, group) and exclusions by code."""
    wanted = {name: changes.pop(name) for name in ("holdout_share", "campaign_id", "size") if name in changes}
    settings = changes.pop("settings", SETTINGS)
    customers = pl.DataFrame({"customer_id": changes.pop("cards", scored["customer_id"])})
    request = AudienceRequest(("tea",), **({"size": 99, "holdout_share": 0.0} | wanted))
    facts = AudienceFacts(customers, persons=people, **changes)
    rows, left = build_audience(scored, facts, request, AS_OF, settings)
    shown = rows.select("person_id", "customer_id", "channel", "group").rows()
    return shown, dict(left.select("code", "customers").iter_rows())


def contacts(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    told = [(name, who, way, datetime(2025, 2, 28) - timedelta(days=days), False) for name, who, way, days in rows]
    return pl.DataFrame(told, schema=CONTACTS, orient="row")


def consents(*rows: tuple[str, str]) -> pl.DataFrame:
    given_ = [(who, way, True, datetime(2025, 1, 1)) for who, way in rows]
    return pl.DataFrame(given_, schema=["customer_id", "channel", "granted", "changed_at"], orient="row")


def test_a_person_with_two_cards_is_one_row_and_is_reached_by_the_card_that_can_be() -> None:
    people = persons(a=["a", "b"])
    rows, left = asked(pairs(a=0.2, b=0.6, c=0.3), people, consents=consents(("b", "sms"), ("c", "sms")))
    assert rows == [("a", "b", "sms", "contact"), ("c", "c", "sms", "contact")]
    assert left == {}


def test_the_card_and_channel_that_the_person_answered_most_are_used() -> None:
    known = consents(("a", "sms"), ("a", "app"), ("b", "sms"))
    made = contacts(("k1", "b", "sms", 40), ("k2", "b", "sms", 50), ("k3", "a", "app", 60))
    answered = pl.DataFrame({"campaign_id": ["k1"], "customer_id": ["b"]})
    rows, _ = asked(pairs(a=0.5), persons(a=["a", "b"]), consents=known, contacts=made, responses=answered)
    assert rows == [("a", "b", "sms", "contact")]


def test_contacts_of_all_cards_count_for_the_caps_and_for_the_campaign() -> None:
    people, two = persons(a=["a", "b"]), AudienceSettings(max_contacts=2, contact_window_days=60)
    made = contacts(("k1", "a", "sms", 1), ("k2", "b", "sms", 2))
    assert asked(pairs(a=0.5, b=0.5), people, contacts=made, settings=two)[1] == {"contacted_too_often": 1}
    again = asked(pairs(a=0.5, b=0.5), people, contacts=made, campaign_id="k2")
    assert again == ([], {"in_campaign": 1})


def test_a_plan_under_one_card_fills_the_caps_of_the_other_and_is_counted_apart() -> None:
    one = AudienceSettings(max_contacts=1, contact_window_days=60)
    planned = pl.DataFrame({"campaign_id": ["K"], "customer_id": ["b"], "channel": ["sms"], "day": [date(2025, 3, 5)]})
    found = asked(pairs(a=0.5), persons(a=["a", "b"]), planned=planned, settings=one)
    assert found == ([], {"planned_elsewhere": 1})


def test_what_one_card_bought_just_now_the_other_is_not_told_of() -> None:
    bought = pl.DataFrame({"customer_id": ["b"], "product_id": ["tea"], "bought_on": [date(2025, 2, 27)]})
    assert asked(pairs(a=0.9), persons(a=["a", "b"]), purchases=bought) == ([], {"just_bought": 1})


def test_of_several_scores_that_of_the_card_that_bought_last_counts_then_the_highest() -> None:
    scored = pairs(a=0.9, b=0.2, c=0.3, d=0.4)
    bought = pl.DataFrame(
        {"customer_id": ["a", "b"], "product_id": "tea", "bought_on": [date(2024, 1, 1), date(2025, 2, 1)]}
    )
    facts = AudienceFacts(scored.select("customer_id"), persons=persons(a=["a", "b"], c=["c", "d"]), purchases=bought)
    situation, every = situation_of(scored, facts, AudienceRequest(("tea",), 9))
    kept = best_of_accounts(every, situation.crowd, situation.purchases)
    assert ["abcd"[account] for account in kept.account] == ["b", "d"]


def test_the_shop_of_the_first_card_counts() -> None:
    known = pl.DataFrame({"customer_id": ["a", "b", "c", "d"], "home_store_id": ["S1", "S2", None, "S4"]})
    found = homes(known, Accounts.of(persons(b=["a", "b"], c=["c", "d"])))
    assert dict(found.iter_rows()) == {"a": "S2", "c": "S4"}


@pytest.mark.parametrize("joins", ["0", "z"])
def test_a_card_that_joins_later_moves_nobody_to_another_group(joins: str) -> None:
    people = [f"c{number}" for number in range(200)]
    settings = AudienceSettings(control_share=0.2)
    shares = {"holdout_share": 0.3, "campaign_id": "K", "size": 999, "settings": settings}
    alone, control = asked(pairs(**dict.fromkeys(people, 0.5)), None, **shares)
    both = persons(**{one: [one, joins + one] for one in people})
    rows, controlled = asked(pairs(**dict.fromkeys(both["customer_id"], 0.5)), both, **shares)
    assert controlled == control
    groups = {first: group for first, _, _, group in alone}
    assert {person.removeprefix(joins): group for person, _, _, group in rows} == groups
    assert len(set(groups.values())) == 2


def test_answers_that_do_not_say_which_card_came_first_take_the_persons_id() -> None:
    older = persons(b=["a", "b"]).drop("first_customer_id")
    assert Accounts.of(older).people(pl.DataFrame({"customer_id": ["b"]})).rows() == [("a", "a")]


def test_who_names_a_card_means_its_person() -> None:
    accounts = Accounts.of(persons(b=["a", "b"]))
    assert accounts.every_account(pl.Series(["a", "x"])).to_list() == ["b", "a", "x"]


@given(
    owners=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3), min_size=1),
    share=st.sampled_from([0.0, 0.4]),
    size=st.integers(1, 5),
)
def test_every_person_is_in_the_list_or_in_one_exclusion_and_never_twice(
    owners: dict[str, int], share: float, size: int
) -> None:
    cards: dict[str, list[str]] = {}
    for card, owner in sorted(owners.items()):
        cards.setdefault(str(owner), []).append(card)
    people = persons(**{owned[0]: owned for owned in cards.values()})
    rows, left = asked(pairs(**dict.fromkeys(owners, 0.5)), people, holdout_share=share, size=size)
    assert len(rows) + sum(left.values()) == len(cards)
    assert len({person for person, *_ in rows}) == len(rows)
