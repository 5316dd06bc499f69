"""The lists of all guides of a shop together offer no more whole units than the shop can give."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from retail_brain.decisions.goods_ends import GOODS_ENDS
from retail_brain.operational.database import Database
from retail_brain.operational.guide_answers import store_answers
from retail_brain.operational.guide_tasks import GuideAnswer, list_tasks
from retail_brain.operational.guides import GuideChange, save_guide
from retail_brain.operational.repeated_contacts import repeated_contacts
from retail_brain.settings import Settings
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.guides import lists
from serving.planning.guides.lists import make_lists

NOON = datetime(2025, 3, 1, 12).astimezone(UTC)
DAY = date(2025, 3, 1)
OF = {"c0": "G1", "c2": "G1", "c4": "G1", "c6": "G2", "c1": "G3"}


@pytest.fixture
def shop(desk: Any, source: Any) -> Any:
    """Guides G1 (c0, c2, c4) and G2 (c6) of S1, G3 (c1) of S2, with so many units of P1 in either shop."""
    source.people = 8
    source.changes["values"] = pl.DataFrame({"product_id": ["P1"], "value": [10.0]})

    def made(units: float, *, days_later: int = 0, **guides: Any) -> Any:
        stock = pl.DataFrame({"store_id": ["S1", "S2"], "product_id": ["P1", "P1"], "on_hand": [units, units]})
        source.changes["stock"] = stock
        settings = Settings.model_validate({"guides": {"holdout_share": 0.0} | guides})
        return desk(at=NOON + timedelta(days=days_later), guides=OF, settings=settings)

    return made


def told(database: Database) -> list[tuple[str, str]]:
    return [(one.guide_id, one.customer_id) for one in list_tasks("main", database) if not one.held]


@pytest.mark.parametrize("units", [0.0, 1.0, 2.0, 3.0, 4.0])
def test_the_lists_of_a_shop_offer_no_more_than_lies_there(shop: Any, database: Database, units: float) -> None:
    make_lists(shop(units), DAY, by="Li")
    assert Counter(name == "G3" for name, _ in told(database)) == Counter({False: int(units), True: min(int(units), 1)})


@pytest.mark.parametrize("days_later", [0, 200])
def test_lists_that_are_made_one_after_another_share_the_units(shop: Any, database: Database, days_later: int) -> None:
    for name in ("G2", "G1"):  # answers may be far behind the clock
        make_lists(shop(1.0, days_later=days_later), DAY, [name], by="Li")
    assert told(database) == [("G2", "c6")]


def test_a_list_of_a_later_day_offers_no_unit_that_today_is_offered(shop: Any, database: Database) -> None:
    make_lists(shop(3.0), DAY, ["G1"], by="Li")
    make_lists(shop(3.0), DAY + timedelta(days=1), ["G2"], by="Li")
    assert Counter(name for name, _ in told(database)) == {"G1": 3}


def test_a_part_of_a_unit_that_a_trigger_left_is_offered_to_nobody(
    shop: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def promised(*asked: Any) -> OtherPlans:
        found = other_plans(*asked)
        part = pl.DataFrame([("S1", "P1", 0.5)], schema=found.promises.schema, orient="row")
        return replace(found, promises=pl.concat([found.promises, part]))

    monkeypatch.setattr(lists, "other_plans", promised)
    make_lists(shop(1.0), DAY, by="Li")
    assert told(database) == [("G3", "c1")]


@pytest.mark.parametrize(
    ("units", "lists_of_shop"), [(2.0, {"G1": 2}), (3.0, {"G1": 2, "G2": 1}), (9.0, {"G1": 2, "G2": 2})]
)
def test_units_of_people_whose_guide_has_no_room_go_to_others_and_to_no_two(
    shop: Any, source: Any, database: Database, units: float, lists_of_shop: dict[str, int]
) -> None:
    source.people = 10
    here = replace(shop(units, capacity_per_day=2), guides=OF | {"c8": "G2"})
    make_lists(here, DAY, by="Li")
    assert Counter(name for name, _ in told(database) if name != "G3") == lists_of_shop


def test_a_unit_of_somebody_whose_guide_has_no_room_goes_to_nobody_who_is_listed_already(
    shop: Any, source: Any, database: Database
) -> None:
    source.people = 10
    # c0 and c8 are one person
    rows = [("c0", "H", "c0"), ("c8", "H", "c0")]
    schema = ["customer_id", "person_id", "first_customer_id"]
    source.changes["persons"] = pl.DataFrame(rows, schema=schema, orient="row")
    guides = {"c0": "G1", "c8": "G1", "c2": "G2", "c4": "G2", "c6": "G4"}
    here = replace(shop(3.0, capacity_per_day=9), guides=guides)
    save_guide(database, GuideChange("main", "G2", None, "Li", NOON), capacity=1)
    make_lists(here, DAY, by="Li")
    assert Counter(name for name, _ in told(database)) == {"G1": 1, "G2": 1, "G4": 1}


def test_goods_whose_season_is_over_are_on_no_list(shop: Any, source: Any, database: Database) -> None:
    last = [("S1", "P1", DAY), ("S2", "P1", DAY - timedelta(days=1))]
    source.changes["ends"] = pl.DataFrame(last, schema=GOODS_ENDS, orient="row")
    make_lists(shop(9.0), DAY, by="Li")
    assert {name for name, _ in told(database)} == {"G1", "G2"}
    make_lists(shop(9.0), DAY + timedelta(days=1), by="Li")
    assert {one.day for one in list_tasks("main", database)} == {DAY}


def test_a_line_promises_a_whole_unit_to_everybody_until_its_day_is_over(shop: Any, database: Database) -> None:
    make_lists(shop(9.0), DAY, ["G2"], by="Li")

    def promised(day: date) -> float:
        plans = other_plans("main", database, None, day, Settings())
        return float(plans.promises["units"].sum())

    (line,) = repeated_contacts("main", database, DAY)
    assert line.promised == pytest.approx(0.4)
    assert [promised(DAY - timedelta(days=1)), promised(DAY)] == [1.0, 1.0]
    assert promised(DAY + timedelta(days=1)) == pytest.approx(0.4)
    (task,) = list_tasks("main", database)
    store_answers(
        "main", database, [GuideAnswer("a1", task.task_id, "not_reached", NOON)], guide_id=None, by="Li", now=NOON
    )
    assert promised(DAY) == 0
