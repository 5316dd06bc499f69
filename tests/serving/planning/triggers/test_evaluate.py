"""What makes a trigger fire: events as they come, and what the published tables hold; each cause once."""

import re
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.trigger_firings import firings
from retail_brain.settings import Settings
from serving.planning.triggers.changes import BIRTHDAYS, PRICE_DROPS, RESTOCKED
from serving.planning.triggers.evaluate import evaluate
from serving.planning.triggers.source import STAGES

NOON = datetime(2025, 3, 1, 12).astimezone(UTC)


def fired(database: Database) -> list[tuple[str, str | None, str]]:
    return [(one.customer_id, one.product_id, one.cause) for one in firings("main", database)]


def test_a_thing_laid_into_the_bag_is_noted_once_with_what_goes_with_it(desk, save, lay, database) -> None:
    save(delay_minutes=60)
    for name in ("e1", "e2"):  # twice on one day
        lay("c1", name=name)
    lay("ignored", kind="view")
    assert [(one.causes, one.new) for one in evaluate(desk())] == [(2, 1)]
    assert [(one.causes, one.new) for one in evaluate(desk())] == [(0, 0)]
    (one,) = firings("main", database)
    assert (one.cause, one.product_id, one.goes_with, one.due_at) == (
        "bag_add:P1:2025-03-01", "P1", "P2", NOON + timedelta(hours=1),
    )  # fmt: skip


def test_events_before_the_switch_and_of_nobody_known_are_no_cause(desk, save, lay, database) -> None:
    lay("c1")
    save()
    lay(None, id_type="device", id_value="d0", name="e1")
    lay(None, id_type="device", id_value="unknown", name="e2")
    lay("c2", name="e3", product_id=None)
    (noted,) = evaluate(desk())
    assert asdict(noted) == {
        "trigger_id": "bag", "causes": 1, "new": 1, "unknown": 1, "others": 1, "stale": 0, "too_long": 0,
        "problem": None,
    }  # fmt: skip
    assert [who for who, _, _ in fired(database)] == ["c0"]


def test_an_event_that_comes_days_late_is_no_cause(desk, save, database) -> None:
    save(expires_hours=24)
    late = Event(datetime(2025, 2, 27, 12), "bag_add", customer_id="c1", product_id="P1")
    store_events("main", database, [late], now=NOON)
    assert [(one.stale, one.new) for one in evaluate(desk())] == [(1, 0)]


@pytest.mark.parametrize(
    ("limits", "people"),
    [
        ({"store_ids": ["S2"]}, ["c1"]),
        ({"segment": "stage:friend"}, ["c0"]),
        ({"product_ids": ["P2"]}, []),
        ({"category": "tea"}, ["c0", "c1"]),
    ],
)
def test_place_segment_and_goods_limit_whom_a_trigger_tells(desk, save, lay, database, limits, people) -> None:
    save(**limits)
    for who in ("c0", "c1"):
        lay(who)
    evaluate(desk())
    assert [who for who, _, _ in fired(database)] == people


def test_two_cards_of_a_person_are_one_person(desk, save, lay, database, source) -> None:
    source.changes["persons"] = pl.DataFrame({"customer_id": ["c0", "c1"], "person_id": ["c0", "c0"]})
    save()
    for who in ("c0", "c1"):
        lay(who, name=who)
    assert [one.new for one in evaluate(desk())] == [1]


def test_a_changed_stage_fires_once_though_the_day_of_falling_silent_moves(desk, save, database, source) -> None:
    rows = [("c0", "sleeping", date(2025, 2, 27), date(2025, 1, 1)), ("c1", "friend", date(2025, 2, 27), None)]
    rows += [("c2", "sleeping", date(2025, 1, 1), date(2024, 12, 1))]
    source.frames["stages"] = pl.DataFrame(rows, schema=STAGES, orient="row")
    plain = [{"channel": "sms", "text": "Back?", "text_zh": "好久不见"}]
    save("woken", kind="stage_change", stages=["sleeping"], slots=plain)
    assert [one.new for one in evaluate(desk())] == [1]
    source.frames["stages"] = source.frames["stages"].with_columns(pl.col("since") + timedelta(days=1))
    assert [one.new for one in evaluate(desk())] == [0]
    assert fired(database) == [("c0", None, "stage:sleeping:2025-01-01")]


def test_goods_that_are_due_fire_once_for_each_purchase_before(desk, save, database, source) -> None:
    source.changes["purchases"] = pl.DataFrame(
        {"customer_id": ["c0"], "product_id": ["P1"], "bought_on": [date(2025, 2, 1)]}
    )
    save("due", kind="due", days_before=2)
    assert [one.new for one in evaluate(desk())] == [1]
    assert fired(database) == [("c0", "P1", "due:P1:2025-02-01")]
    save("late", kind="due", days_before=0)
    assert [one.new for one in evaluate(desk(), ["late"])] == [0]


def test_goods_back_in_stock_are_told_to_likely_buyers_of_that_shop_and_to_who_looked(
    desk, save, lay, database, source
):
    rows = [("S1", "P1", date(2025, 2, 27)), ("S2", "P2", date(2025, 2, 1))]
    source.frames["restocked"] = pl.DataFrame(rows, schema=RESTOCKED, orient="row")
    lay("c2", kind="view")
    save("back", kind="back_in_stock", least_probability=0.4)
    assert [one.new for one in evaluate(desk())] == [2]
    assert fired(database) == [("c2", "P1", "stock:P1:S1:2025-02-27"), ("c0", "P1", "stock:P1:S1:2025-02-27")]


def test_a_price_that_fell_far_enough_is_told_to_so_many_at_most(desk, save, database, source) -> None:
    rows = [(None, "P1", date(2025, 3, 1), 10.0, 9.0), (None, "P2", date(2025, 3, 1), 10.0, 9.5)]
    source.frames["price_drops"] = pl.DataFrame(rows, schema=PRICE_DROPS, orient="row")
    save("price", kind="price_drop", least_drop=0.1, most_people=2)
    evaluate(desk())
    assert [(who, product) for who, product, _ in fired(database)] == [("c0", "P1"), ("c1", "P1")]


def test_new_goods_are_told_to_those_whom_they_fit(desk, save, database) -> None:
    save("new", kind="new_arrival", least_probability=0.39)
    evaluate(desk())
    assert fired(database) == [("c0", "P3", "new:P3"), ("c1", "P3", "new:P3")]


def test_a_birthday_fires_once_a_year_a_leap_day_on_the_eve_of_march(desk, save, database, source) -> None:
    rows = [("c0", 3, 2), ("c1", 3, 9), ("c2", 2, 29)]
    source.frames["birthdays"] = pl.DataFrame(rows, schema=BIRTHDAYS, orient="row")
    plain = [{"channel": "sms", "text": "Happy birthday", "text_zh": "生日快乐"}]
    save("born", kind="birthday", days_before=2, slots=plain)
    evaluate(desk())
    assert fired(database) == [("c0", None, "birthday:2025")]
    source.as_of = date(2025, 2, 27)
    evaluate(desk(NOON - timedelta(days=1)))
    assert fired(database)[-1] == ("c2", None, "birthday:2025")


def test_birthdays_are_by_the_day_of_the_contact_however_old_the_answers_are(desk, save, database, source) -> None:
    source.frames["birthdays"] = pl.DataFrame([("c0", 3, 2), ("c1", 3, 12)], schema=BIRTHDAYS, orient="row")
    save("born", kind="birthday", slots=[{"channel": "sms", "text": "Happy birthday", "text_zh": "生日快乐"}])
    evaluate(desk(NOON + timedelta(days=11)))
    assert fired(database) == [("c1", None, "birthday:2025")]


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("stage_change", "stages", "no lifecycle stages"),
        ("back_in_stock", "restocked", "`inventory`"),
        ("price_drop", "price_drops", "`prices`"),
        ("birthday", "birthdays", "birth_date"),
        ("service_finished", "", "know no services"),
    ],
)
def test_a_kind_that_nothing_could_cause_is_refused_with_what_is_missing(save, source, kind, name, said) -> None:
    source.frames[name] = None
    plain = [{"channel": "sms", "text": "a", "text_zh": "b"}]
    with pytest.raises(ImpossibleError, match=said):
        save("x", kind=kind, slots=plain)


def test_a_service_that_is_finished_fires_where_services_are_known(desk, save, lay, database) -> None:
    lay("c0", None, kind="service_done", name="s0")
    save("served", kind="service_finished")
    lay("c1", None, kind="service_finished", name="s1")
    assert [one.new for one in evaluate(desk())] == [1]
    assert fired(database) == [("c1", None, "service_finished::2025-03-01T12:00:00")]


def test_quiet_hours_and_unknown_segments_are_refused_when_saving(save) -> None:
    with pytest.raises(ImpossibleError, match="quiet"):
        save(first_hour=0, last_hour=5)
    with pytest.raises(NotFoundError, match="there is no segment"):
        save(segment="stage:moon")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"store_ids": ["S2", "S22"]}, "store id is not known: 'S22' (is it S2"),
        ({"product_ids": ["P4"]}, "product id is not known: 'P4' (is it P"),
        ({"category": "teas"}, "no product has the category 'teas'. Is it tea"),
    ],
)
def test_a_place_and_goods_that_nobody_knows_are_refused_with_the_nearest(save, limits, said) -> None:
    with pytest.raises(NotFoundError, match=re.escape(said)):
        save(**limits)


def test_a_trigger_that_cannot_be_evaluated_does_not_stop_the_others(desk, save, lay, source, database) -> None:
    save(segment="stage:friend")
    save("plain")
    lay("c0")
    source.people_of = lambda _segment: None
    broken, fine = evaluate(desk())
    assert "there is no segment" in (broken.problem or "")
    assert (fine.problem, fine.new) == (None, 1)


def test_what_is_off_notes_nothing(desk, save, lay) -> None:
    save(is_on=False)
    lay("c0")
    assert evaluate(desk()) == []


def test_a_wider_look_back_finds_older_causes(desk, save, source, database) -> None:
    source.frames["restocked"] = pl.DataFrame([("S1", "P1", date(2025, 2, 10))], schema=RESTOCKED, orient="row")
    save("back", kind="back_in_stock")
    assert [one.new for one in evaluate(desk())] == [0]
    wide: Any = Settings.model_validate({"triggers": {"look_back_days": 30}})
    assert [one.new for one in evaluate(desk(settings=wide))] == [2]


def test_a_person_whose_id_is_too_long_is_counted_and_keeps_nobody_from_the_message(desk, save, lay, source) -> None:
    source.changes["persons"] = pl.DataFrame({"customer_id": ["c0"], "person_id": ["p" * 300]})
    save()
    lay("c0", name="e1")
    lay("c1", name="e2")
    (noted,) = evaluate(desk())
    assert (noted.causes, noted.new, noted.too_long, noted.problem) == (2, 1, 1, None)
