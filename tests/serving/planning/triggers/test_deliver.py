"""Handing messages over: to a file with their words, or to the list of the guide who looks after the person."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import update

from retail_brain.dataset import Dataset
from retail_brain.decisions.goods_ends import GOODS_ENDS
from retail_brain.errors import ImpossibleError
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.guide_answers import store_answers
from retail_brain.operational.guide_tasks import GuideAnswer, GuideTask, list_tasks, store_tasks, task_id
from retail_brain.operational.tables import TRIGGERS
from retail_brain.operational.trigger_firings import firings
from retail_brain.operational.triggers import TriggerChange, save_trigger, trigger
from retail_brain.settings import AudienceSettings, Settings
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.stock.webhook import Delivery
from serving.planning.triggers.deliver import HandedOver, Target, deliver
from serving.planning.triggers.evaluate import evaluate
from serving.planning.triggers.lateness import within_caps
from serving.planning.triggers.measure import measure_trigger
from serving.planning.triggers.settle import settle
from tests.serving.planning.triggers.conftest import FakeSource

NOON = datetime(2025, 3, 1, 12).astimezone(UTC)
NOBODY = pl.DataFrame(schema={"customer_id": pl.String, "channel": pl.String})
GUIDED = [{"channel": "guide", "text": "Ask about {product}", "text_zh": "问{product}"}]


@pytest.fixture
def hand(desk, lay, tmp_path: Path) -> Callable[..., HandedOver]:
    def made(*people: str, closed: pl.DataFrame = NOBODY, **changes: Any) -> HandedOver:
        for who in people:
            lay(who, name=who)
        here = desk(**changes)
        evaluate(here)
        settle(here)
        target = Target(str(tmp_path / "out.csv"), None, Delivery(1))
        return deliver(here, lambda: (None, closed), target, HandedOver(), by="Li")

    return made


def test_a_message_has_the_words_of_its_channel_and_what_goes_with_the_goods(save, hand) -> None:
    save()
    done = hand("c0")
    (file,) = done.files
    (row,) = pl.read_csv(file).rows(named=True)
    assert (row["campaign_id"], row["customer_id"], row["channel"], row["day"], row["hour"]) == (
        "trigger:bag", "c0", "sms", "2025-03-01", 12,
    )  # fmt: skip
    assert (row["text"], row["text_zh"]) == ("P1茶 with P2茶", "P1茶配P2茶")
    assert (done.contacts, hand().contacts) == (1, 0)


def test_who_refused_after_the_decision_is_not_told(save, hand, database: Database) -> None:
    save()
    done = hand("c0", "c1", closed=pl.DataFrame({"customer_id": ["c0"], "channel": ["sms"]}))
    assert (done.contacts, done.refused) == (1, 1)
    assert [(one.customer_id, one.state, one.code) for one in firings("main", database)] == [
        ("c0", "dropped", "no_consent"), ("c1", "sent", None),
    ]  # fmt: skip


def test_a_message_by_guide_is_a_line_of_the_guides_list(save, hand, database: Database) -> None:
    save(slots=GUIDED)
    assert hand("c0", guides={"c0": "G1"}).lines == 1
    (line,) = list_tasks("main", database)
    assert (line.guide_id, line.day, line.source, line.rank, line.text, line.reason_zh) == (
        "G1", date(2025, 3, 1), "trigger:bag", 0, "Ask about P1茶", "加入购物袋后未购买",
    )  # fmt: skip
    # counted once for the caps of others, though it is a firing and a line
    assert other_plans("main", database, None, date(2025, 3, 1), Settings()).contacts.height == 1
    answer = GuideAnswer("a1", line.task_id, "refused", NOON)
    store_answers("main", database, [answer], guide_id="G1", by="phone", now=NOON)
    assert other_plans("main", database, None, date(2025, 3, 1), Settings()).opt_outs["customer_id"].to_list() == ["c0"]


@pytest.mark.parametrize("by_guide", [False, True])
def test_what_goes_out_late_is_of_the_day_on_which_it_goes(
    save, desk, lay, database: Database, tmp_path: Path, by_guide: bool
) -> None:
    save(**({"slots": GUIDED} if by_guide else {}))
    lay("c0", name="e")
    here = desk(guides={"c0": "G1"})
    evaluate(here)
    assert settle(here)["taken"] == 1
    later = desk(at=NOON + timedelta(days=3), guides={"c0": "G1"})
    target = Target(str(tmp_path / "late.csv"), None, Delivery(1))
    deliver(later, lambda: (None, NOBODY), target, HandedOver(), by="Li")
    (sent,) = firings("main", database)
    assert (sent.state, sent.day, sent.counted_on) == ("sent", date(2025, 3, 1), date(2025, 3, 4))
    if by_guide:
        assert [one.day for one in list_tasks("main", database)] == [date(2025, 3, 4)]
    else:
        assert pl.read_csv(tmp_path / "late.csv")["day"].to_list() == ["2025-03-04"]


def test_who_is_on_the_list_already_gets_no_second_line(save, hand, database: Database) -> None:
    line = GuideTask(
        task_id(date(2025, 3, 1), "c0"), "G1", date(2025, 3, 1), "c0", "c0", False, 1, "guide", "S1", "P2", "guides",
        "due", "到期", "a", "b", 0.1, 1.0, None,
    )  # fmt: skip
    store_tasks("main", database, [line], by="Li", now=NOON)
    save(slots=GUIDED)
    assert (hand("c0", guides={"c0": "G1"}).lines, hand().refused) == (0, 0)
    assert [one.code for one in firings("main", database)] == ["on_list"]


def test_one_whose_guide_left_does_not_keep_the_messages_of_others(save, hand, lay, desk, database: Database) -> None:
    save(slots=GUIDED)
    lay("c0", name="c0")
    lay("c1", name="c1")
    here = desk(guides={"c0": "G1", "c1": "G2"})
    evaluate(here)
    settle(here)
    done = hand(guides={"c1": "G2"})
    assert (done.lines, done.refused) == (1, 1)
    assert [(one.customer_id, one.state, one.code) for one in firings("main", database)] == [
        ("c0", "dropped", "no_guide"), ("c1", "sent", None),
    ]  # fmt: skip


def test_nothing_decided_goes_out_after_its_trigger_was_switched_off(save, hand, lay, desk, database: Database) -> None:
    save()
    lay("c0", name="c0")
    here = desk()
    evaluate(here)
    settle(here)
    stored = trigger("main", database, "bag")
    change = TriggerChange("main", "bag", stored.version, "Li", NOON)
    save_trigger(database, change, stored.definition, owner=None, is_on=False)
    done = hand()
    assert (done.contacts, done.refused) == (0, 1)
    assert [(one.state, one.code) for one in firings("main", database)] == [("dropped", "switched_off")]


def test_who_refuses_while_lines_are_handed_over_gets_none(save, lay, desk, database: Database, tmp_path: Path) -> None:
    save(slots=GUIDED)
    lay("c0", name="c0")
    here = desk(guides={"c0": "G1"})
    evaluate(here)
    settle(here)

    def consents() -> tuple[None, pl.DataFrame]:  # the refusal comes after they were asked
        receipt = ContactReceipt("r1", "trigger:bag", "c0", "guide", "opted_out", NOON)
        store_receipts("main", database, [receipt], by="phone", now=NOON)
        return None, NOBODY

    done = deliver(here, consents, Target(str(tmp_path / "out.csv"), None, Delivery(1)), HandedOver(), by="Li")
    assert done.lines == 0
    assert list_tasks("main", database) == []
    assert [one.state for one in firings("main", database)] == ["opted_out"]


def test_another_card_of_the_person_may_be_the_one_with_a_guide(save, hand, source, database: Database) -> None:
    source.changes["persons"] = pl.DataFrame({"customer_id": ["c0", "c1"], "person_id": ["c0", "c0"]})
    save(slots=GUIDED)
    assert hand("c0", guides={"c1": "G2"}).lines == 1
    assert [one.guide_id for one in list_tasks("main", database)] == ["G2"]


def bought(people: int, day: date, product: str = "P1") -> list[tuple[str, datetime, str, str, str, float, float]]:
    at = datetime.combine(day, datetime.min.time())
    return [(f"t{n}", at, "S1", product, f"c{n}", 1.0, 10.0) for n in range(people)]


def sales(rows: list[tuple[str, datetime, str, str, str, float, float]], as_of: date) -> Dataset:
    names = ["transaction_id", "sold_at", "store_id", "product_id", "customer_id", "units", "unit_price"]
    return Dataset.from_frames({"transactions": pl.DataFrame(rows, schema=names, orient="row")}, as_of)


def test_the_effect_counts_each_person_from_the_first_message_and_only_their_goods(
    save, hand, source, database: Database
) -> None:
    source.people = 80
    save(holdout_share=0.5)
    hand(*(f"c{number}" for number in range(80)))
    held = {one.customer_id: bool(one.held) for one in firings("main", database)}
    # of the contacted all buy what they were told of; everybody buys something else
    told = [row for row in bought(80, date(2025, 3, 2)) if not held[row[4]]]
    rows = told + [(f"o{row[0]}", *row[1:3], "P9", *row[4:]) for row in bought(80, date(2025, 3, 3), "P9")]
    as_of = date(2025, 3, 20)
    stored = trigger("main", database, "bag")
    found = measure_trigger("main", database, sales(rows, as_of), stored, Settings())
    contacts = sum(not one for one in held.values())
    assert (found["contacts"], found["holdout"], found["is_final"]) == (contacts, 80 - contacts, True)
    assert found["outcomes"]["buyers"]["difference"] == pytest.approx(1.0, abs=1e-6)
    assert found["net"]["cost"] == pytest.approx(0.1 * contacts)
    with pytest.raises(ImpossibleError, match="nobody was reached"):
        measure_trigger("main", database, sales(rows, date(2025, 2, 28)), stored, Settings())


def held_up(desk, database: Database) -> None:
    """Messages decided at noon of 1 March whose worker ended before it sent them."""
    settle(desk())
    assert {one.state for one in firings("main", database)} == {"taken"}


def late(desk, tmp_path: Path, days: int, **changes: Any) -> HandedOver:
    here = desk(NOON + timedelta(days=days), **changes)
    return deliver(
        here, lambda: (None, NOBODY), Target(str(tmp_path / "out.csv"), None, Delivery(1)), HandedOver(), by="L"
    )


@pytest.mark.parametrize(
    ("days", "most", "window", "state"),
    [
        (1, 1, 1, ("sent", None)),  # yesterday's other message lies outside of the window
        (1, 1, 7, ("dropped", "contacted_too_often")),
        (1, 2, 7, ("sent", None)),
        (4, 9, 7, ("dropped", "expired")),
    ],
)
def test_a_late_message_keeps_the_caps_of_its_new_day(
    save, desk, lay, database: Database, tmp_path: Path, days: int, most: int, window: int, state: tuple[str, str]
) -> None:
    caps = Settings(audience=AudienceSettings(max_contacts=most, contact_window_days=window))
    save(expires_hours=72)
    lay("c0", name="1")
    evaluate(desk())
    held_up(desk, database)
    told = pl.DataFrame(
        [("K1", "c0", "sms", datetime(2025, 3, 1, 12), False)],
        schema=["campaign_id", "customer_id", "channel", "contacted_at", "is_holdout"],
        orient="row",
    )
    done = late(desk, tmp_path, days, settings=caps, source=FakeSource(changes={"contacts": told}))
    (one,) = firings("main", database)
    assert (one.state, one.code) == state
    assert (done.contacts, done.refused) == ((1, 0) if state[0] == "sent" else (0, 1))


def test_a_plan_that_is_made_while_a_late_message_moves_keeps_the_caps(
    save, desk, lay, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, product in (("bag", "P1"), ("bag2", "P2")):
        save(name, product_ids=[product], expires_hours=72)
    lay("c0", "P1", name="1")
    evaluate(desk())
    held_up(desk, database)
    caps = Settings(audience=AudienceSettings(max_contacts=1, contact_window_days=1))
    tomorrow = NOON + timedelta(days=1)
    store_events(
        "main", database, [Event(datetime(2025, 3, 2, 12), "bag_add", customer_id="c0", product_id="P2")], now=tomorrow
    )

    def counted(*given: Any) -> set[int]:
        kept = within_caps(*given)
        if len(firings("main", database)) == 1:
            evaluate(desk(tomorrow))
            settle(desk(tomorrow, settings=caps))
        return kept

    monkeypatch.setattr("serving.planning.triggers.deliver.within_caps", counted)
    late(desk, tmp_path, 1, settings=caps)
    found = {one.trigger_id: (one.state, one.code) for one in firings("main", database)}
    assert found["bag"] == ("dropped", "contacted_too_often")
    assert found["bag2"] == ("sent", None)


def test_of_two_late_messages_to_a_person_the_caps_leave_one(
    save, desk, lay, database: Database, tmp_path: Path
) -> None:
    for name, product in (("bag", "P1"), ("bag2", "P2")):
        save(name, product_ids=[product])
        lay("c0", product, name=product)
    evaluate(desk())
    held_up(desk, database)
    caps = Settings(audience=AudienceSettings(max_contacts=1, contact_window_days=2))
    assert late(desk, tmp_path, 2, settings=caps).contacts == 1
    assert Counter(one.code for one in firings("main", database)) == {None: 1, "contacted_too_often": 1}


def test_goods_that_end_before_a_late_message_goes_out_are_not_told_of(
    save, desk, lay, source: FakeSource, database: Database, tmp_path: Path
) -> None:
    rows = [("S1", "P1", date(2025, 3, 2)), ("S2", "P1", date(2025, 3, 3))]
    source.changes["ends"] = pl.DataFrame(rows, schema=GOODS_ENDS, orient="row")
    save()
    for who in ("c0", "c1"):
        lay(who, name=who)
    evaluate(desk())
    assert settle(desk())["taken"] == 2
    target = Target(str(tmp_path / "late.csv"), None, Delivery(1))
    done = deliver(desk(at=NOON + timedelta(days=2)), lambda: (None, NOBODY), target, HandedOver(), by="Li")
    assert (done.contacts, done.refused) == (1, 1)
    assert [(one.customer_id, one.state, one.code) for one in firings("main", database)] == [
        ("c0", "dropped", "too_late"), ("c1", "sent", None),
    ]  # fmt: skip


def test_a_message_about_goods_that_have_ended_is_dropped(save, hand, source: FakeSource, database: Database) -> None:
    source.changes["ends"] = pl.DataFrame([(None, "P1", date(2025, 2, 28))], schema=GOODS_ENDS, orient="row")
    save()
    assert hand("c0").contacts == 0
    assert [one.code for one in firings("main", database)] == ["too_late"]


def test_what_an_evening_left_over_waits_for_an_open_hour(save, desk, lay, database: Database, tmp_path: Path) -> None:
    save(expires_hours=48)
    lay("c0", name="e")
    evaluate(desk())
    held_up(desk, database)
    target = Target(str(tmp_path / "out.csv"), None, Delivery(1))

    def sent(hours: int) -> int:
        there = desk(at=NOON + timedelta(hours=hours))
        return deliver(there, lambda: (None, NOBODY), target, HandedOver(), by="Li").contacts

    # nine in the evening, three at night, and nine in the morning
    assert [sent(hours) for hours in (9, 15, 21)] == [0, 0, 1]
    assert pl.read_csv(tmp_path / "out.csv").select("day", "hour").rows() == [("2025-03-02", 9)]


@pytest.mark.parametrize("why", ["held", "ended", None])
def test_goods_that_a_person_must_not_be_told_of_are_not_named_beside_others(
    save, hand, source: FakeSource, database: Database, why: str | None
) -> None:
    save()
    if why == "ended":
        source.changes["ends"] = pl.DataFrame([(None, "P2", date(2025, 2, 28))], schema=GOODS_ENDS, orient="row")
    if why == "held":  # by the guides' list of the day, to measure what it brings
        line = GuideTask(
            task_id(date(2025, 3, 1), "c0"), "G1", date(2025, 3, 1), "c0", "c0", True, 1, "guide", "S1", "P2", "guides",
            "due", "到期", "a", "b", 0.1, 1.0, None, "held",
        )  # fmt: skip
        store_tasks("main", database, [line], by="Li", now=NOON)
    done = hand("c0", "c2")
    texts = dict(pl.read_csv(done.files[0]).select("customer_id", "text").iter_rows())
    assert texts["c0"] == ("P1茶" if why else "P1茶 with P2茶")
    assert texts["c2"] == ("P1茶" if why == "ended" else "P1茶 with P2茶")


def test_messages_of_a_trigger_that_cannot_be_read_wait_and_those_of_others_go_out(
    save, hand, lay, desk, database: Database
) -> None:
    save()
    lay("c0", name="c0")
    here = desk()
    evaluate(here)
    assert settle(here)["taken"] == 1
    save("second")
    own = TRIGGERS.c.trigger_id == "bag"
    with database.writing() as connection:
        connection.execute(update(TRIGGERS).where(own).values(definition=[]))
    done = hand("c1")
    assert (done.contacts, done.unreadable, done.refused) == (1, 1, 0)
    states = {(one.trigger_id, one.customer_id): one.state for one in firings("main", database)}
    assert (states["bag", "c0"], states["second", "c1"]) == ("taken", "sent")


def test_what_goes_with_the_goods_is_asked_once_for_all_that_is_handed_over(
    save, hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return other_plans(*arguments)

    monkeypatch.setattr("serving.planning.triggers.deliver.other_plans", counted)
    save(slots=[{"channel": "guide", "text": "{product}[ with {goes_with}]", "text_zh": "{product}[配{goes_with}]"}])
    people = [f"c{number}" for number in range(4)]
    assert hand(*people, guides=dict.fromkeys(people, "G1")).lines == 4
    assert len(calls) == 1
