"""Effects of campaigns made here and of the lake, from a dataset."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from retail_brain.currency import Currency
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.database import Database
from retail_brain.settings import Settings
from serving.planning.campaigns import life
from serving.planning.campaigns.measuring import drawn_cards, effect_lines, measure_campaign, part_rows

SETTINGS = Settings()


def chain(buyers: list[str], day: datetime = datetime(2025, 3, 3, 12)) -> Dataset:
    lines = [
        {"transaction_id": f"t{who}{product}", "sold_at": day, "store_id": "S1", "product_id": product,
         "customer_id": who, "units": 2.0, "unit_price": 5.0}
        for who in buyers for product in ("P1", "P9")
    ]  # fmt: skip
    contacts = [
        {"campaign_id": "K1", "customer_id": f"c{number}", "channel": "sms", "contacted_at": datetime(2025, 3, 1, 10),
         "is_holdout": number >= 40}
        for number in range(80)
    ]  # fmt: skip
    campaigns = [
        {"campaign_id": name, "starts_on": date(2025, 3, 1), "ends_on": date(2025, 3, 9), "product_ids": ["P1"],
         "contact_cost": 0.25}
        for name in ("K1", "K2")
    ]  # fmt: skip
    frames = {
        "transactions": pl.DataFrame(lines),
        "contacts": pl.DataFrame(contacts),
        "campaigns": pl.DataFrame(campaigns),
    }
    frames["products"] = pl.DataFrame({"product_id": ["P1"], "unit_cost": [3.0]})
    return Dataset.from_frames(frames)


def test_a_campaign_of_the_lake_is_measured_on_its_contacts(database: Database) -> None:
    buyers = [f"c{number}" for number in (*range(20), *range(40, 50))]
    found = measure_campaign("main", database, chain(buyers).at(date(2025, 4, 1)), "K1", SETTINGS)
    assert found["outcomes"]["buyers"]["difference"] == 0.25
    # two units at 5 less 3, for half of the contacted against a quarter of the held-out
    assert found["outcomes"]["margin"]["difference"] == pytest.approx(1.0)
    assert found["net"]["value"] == pytest.approx(40 * (1.0 - 0.25))
    assert "net of cost 30.00" in effect_lines("K1", found)[-2]
    dong = effect_lines("K1", found, Currency("₫", 0))
    assert "net of cost ₫30 (" in dong[-2]
    assert [line for line in dong if line.startswith("  caused margin    +₫1 per person (")]
    assert part_rows(found).filter(part="channels").row(0, named=True)["difference"] == 0.25


def test_a_campaign_made_here_is_measured_on_its_frozen_people(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    desk = life.Desk(database, make_source(people=200), SETTINGS)
    life.save(desk, change("spring"), define(holdout_share=0.4))
    with pytest.raises(ImpossibleError, match="only approved"):
        measure_campaign("main", database, chain(["c1"]).at(date(2025, 4, 1)), "spring", SETTINGS)
    life.preview(desk, change("spring", 1))
    life.approve(desk, change("spring", 2))
    found = measure_campaign("main", database, chain(["c1"]).at(date(2025, 4, 1)), "spring", SETTINGS)
    assert found["contacts"] + found["holdout"] == 200
    assert {row["name"] for row in found["segments"]} == {"friend", "stranger"}
    early = measure_campaign(
        "main", database, chain(["c1"], datetime(2025, 3, 1, 8)).at(date(2025, 3, 1)), "spring", SETTINGS
    )
    assert early["is_final"] is False
    assert "some days are still to come" in effect_lines("spring", early)[0]


def test_who_opted_out_after_the_approval_stays_in_the_effect_as_drawn(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    desk = life.Desk(database, make_source(people=200), SETTINGS)
    life.save(desk, change("spring"), define(holdout_share=0.4))
    life.preview(desk, change("spring", 1))
    life.approve(desk, change("spring", 2))
    told = [one.contact for one in campaign_contacts("main", database, "spring") if one.contact.group == "contact"]
    buyers = [one.customer_id for one in told[:30]]
    before = measure_campaign("main", database, chain(buyers).at(date(2025, 4, 1)), "spring", SETTINGS)
    refusals = [
        ContactReceipt(f"r{number}", "spring", one.customer_id, "sms", "opted_out", datetime(2025, 3, 1, tzinfo=UTC))
        for number, one in enumerate(told[20:60])
    ]
    store_receipts("main", database, refusals, by="gateway", now=datetime(2025, 3, 1, tzinfo=UTC))
    states = Counter(one.state for one in campaign_contacts("main", database, "spring"))
    assert states["opted_out"] == 40
    after = measure_campaign("main", database, chain(buyers).at(date(2025, 4, 1)), "spring", SETTINGS)
    # ten of the buyers refused: leaving them out would change the rate of buyers among the contacted
    assert after["outcomes"]["buyers"] == before["outcomes"]["buyers"]
    assert (after["contacts"], after["holdout"]) == (before["contacts"], before["holdout"])


def test_what_another_card_of_the_person_buys_counts_for_the_one_that_was_drawn() -> None:
    people = pl.DataFrame({"customer_id": ["a", "c", "d"]})
    persons = pl.DataFrame({"customer_id": ["a", "b", "c", "d", "e"], "person_id": ["a", "a", "c", "c", "c"]})
    # a was drawn alone; c and d were drawn as two, and turned out to be one person with e
    cards = drawn_cards(people, persons).sort("customer_id")
    assert cards.rows() == [("a", "a"), ("b", "a"), ("c", "c"), ("d", "d")]
    assert drawn_cards(people, None).rows() == [("a", "a"), ("c", "c"), ("d", "d")]


def test_purchases_of_both_cards_are_in_the_effect(database: Database) -> None:
    phones = pl.DataFrame({"id_type": "phone", "id_value": "138", "customer_id": ["c0", "x"], "source": "till"})
    buyers = [*(f"c{number}" for number in range(1, 20)), "x"]
    alone = chain(buyers).at(date(2025, 4, 1))
    joined = Dataset({**alone.frames, **Dataset.from_frames({"identities": phones}).frames}, as_of=date(2025, 4, 1))
    counted = [
        measure_campaign("main", database, data, "K1", SETTINGS)["attributed"]["buyers"] for data in (alone, joined)
    ]
    assert counted == [19, 20]


def test_who_cannot_be_measured_is_said(database: Database) -> None:
    dataset = chain(["c1"]).at(date(2025, 4, 1))
    with pytest.raises(NotFoundError, match="'K9' is neither"):
        measure_campaign("main", database, dataset, "K9", SETTINGS)
    with pytest.raises(ImpossibleError, match="nobody of campaign 'K2'"):
        measure_campaign("main", database, dataset, "K2", SETTINGS)
