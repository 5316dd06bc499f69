"""Daily lists within a capacity, who takes over when a guide leaves, and credit."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.goods_ends import GOODS_ENDS
from retail_brain.errors import ImpossibleError, NotFoundError, UsageError
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.database import Database
from retail_brain.operational.guide_answers import store_answers
from retail_brain.operational.guide_tasks import (
    GuideAnswer,
    GuideTask,
    Referral,
    list_tasks,
    store_referrals,
    store_tasks,
    task_id,
)
from retail_brain.operational.guides import GuideChange, Move, let_go, move_history, moved_customers, save_guide
from retail_brain.settings import Settings
from serving.planning.guides import lists, people
from serving.planning.guides.credit import credit
from serving.planning.guides.lists import make_lists, shown_lines, task_row
from serving.planning.guides.people import all_guides, guide, leave, shared_out
from serving.planning.guides.words import say

NOON = datetime(2025, 3, 1, 12).astimezone(UTC)
DAY = date(2025, 3, 1)
OF = {"c0": "G1", "c2": "G1", "c4": "G1", "c6": "G2", "c1": "G3"}
"""G1 and G2 work in S1, G3 in S2."""


def rules(**guides: Any) -> Settings:
    return Settings.model_validate({"guides": {"holdout_share": 0.0} | guides})


@pytest.fixture
def chain(desk, source):
    source.people = 8
    source.changes["values"] = pl.DataFrame({"product_id": ["P1"], "value": [10.0]})

    def made(**changes: Any):
        return desk(**({"guides": OF, "settings": rules()} | changes))

    return made


def change(name: str, version: int | None = None) -> GuideChange:
    return GuideChange("main", name, version, "Li", NOON)


def listed(database: Database) -> list[tuple[str, str]]:
    return [(one.guide_id, one.customer_id) for one in list_tasks("main", database) if not one.held]


def test_guides_come_from_their_people_with_the_shop_of_most_and_what_was_stored(chain, database) -> None:
    save_guide(database, change("G2"), name="王", store_id="S2", capacity=3)
    assert [(one.guide_id, one.store_id, one.people, one.capacity) for one in all_guides(chain())] == [
        ("G1", "S1", 3, 20), ("G2", "S2", 1, 3), ("G3", "S2", 1, 20),
    ]  # fmt: skip
    with pytest.raises(NotFoundError, match="there is no guide"):
        guide(chain(), "G9")


def test_the_name_that_was_stored_goes_before_that_of_the_lake_and_who_has_none_stays_without(chain, database) -> None:
    save_guide(database, change("G2"), name="王")
    assert [one.name for one in all_guides(chain())] == ["陈", "王", None]


def test_a_list_has_whom_about_what_why_and_what_to_say_within_the_capacity(chain, database) -> None:
    made = make_lists(chain(settings=rules(capacity_per_day=2)), DAY, by="Li")
    assert made.lines == {"G1": 2, "G2": 1, "G3": 1}
    first = list_tasks("main", database, guide_id="G1")[0]
    assert (first.rank, first.channel, first.product_id, first.store_id, first.state) == (
        1,
        "guide",
        "P1",
        "S1",
        "open",
    )
    assert first.text.startswith("You may need P1茶 again about 2 March.")
    assert first.text_zh.startswith("您之前买的P1茶大约3月2日该补货了")
    assert first.text_zh.endswith("常和P2茶一起买。")
    assert task_row(first, "zh")["reason"] == first.reason_zh


def test_a_list_made_again_stays_and_only_fills_its_room(chain, database) -> None:
    make_lists(chain(settings=rules(capacity_per_day=2)), DAY, by="Li")
    before = listed(database)
    assert sum(make_lists(chain(settings=rules(capacity_per_day=2)), DAY, by="Li").lines.values()) == 0
    assert listed(database) == before
    assert make_lists(chain(), DAY, ["G1"], by="Li").lines == {"G1": 1}
    assert Counter(name for name, _ in listed(database)) == {"G1": 3, "G2": 1, "G3": 1}


def test_who_refused_a_guide_or_had_enough_contacts_is_on_no_list(chain, database) -> None:
    store_receipts("main", database, [ContactReceipt("r1", "K", "c0", "guide", "opted_out", NOON)], by="Li", now=NOON)
    tight = Settings.model_validate({"guides": {"holdout_share": 0.0}, "audience": {"max_contacts": 1}})
    make_lists(chain(settings=tight), DAY, by="Li")
    assert "c0" not in [who for _, who in listed(database)]
    make_lists(chain(settings=tight), date(2025, 3, 2), by="Li")
    assert len(listed(database)) == 4


def test_held_out_people_are_stored_for_the_effect_and_take_no_room(chain, database) -> None:
    make_lists(chain(settings=rules(holdout_share=0.5)), DAY, by="Li")
    rows = list_tasks("main", database)
    assert {one.held for one in rows} == {True, False}
    assert {one.state for one in rows if one.held} == {"held"}
    again = make_lists(chain(settings=rules(holdout_share=0.5)), date(2025, 3, 2), by="Li")
    assert sum(again.lines.values()) == len(listed(database)) / 2  # the same people are held on every day


def test_ranks_that_guides_see_have_no_gap_where_somebody_is_held_out(chain, database) -> None:
    make_lists(chain(settings=rules(holdout_share=0.5)), DAY, by="Li")
    rows = list_tasks("main", database)
    hidden = [one for one in rows if one.held and one.guide_id == "G1"]
    seen = shown_lines(rows)
    assert hidden
    for name in {one.guide_id for one in seen}:
        own = [one.rank for one in seen if one.guide_id == name]
        assert own == list(range(1, len(own) + 1))
    of_trigger, withdrawn = replace(rows[0], held=False, rank=0, state="open"), replace(rows[0], state="withdrawn")
    assert [one.rank for one in shown_lines([of_trigger, withdrawn, replace(of_trigger, rank=7)])] == [0, 1]


def test_two_cards_of_a_person_are_one_line(chain, database, source) -> None:
    source.changes["persons"] = pl.DataFrame({"customer_id": ["c0", "c2"], "person_id": ["c0", "c0"]})
    assert make_lists(chain(), DAY, ["G1"], by="Li").lines == {"G1": 2}


def test_what_cannot_be_listed_is_said(chain, database) -> None:
    with pytest.raises(ImpossibleError, match="know 2025-02-28 already"):
        make_lists(chain(), date(2025, 2, 28), by="Li")
    with pytest.raises(NotFoundError, match="G9"):
        make_lists(chain(), DAY, ["G9"], by="Li")
    with pytest.raises(ImpossibleError, match="made for 2025-03-16: wanted 2025-03-01 to 2025-03-15, up to 14 days"):
        make_lists(chain(), date(2025, 3, 16), by="Li")
    make_lists(chain(), date(2025, 3, 15), by="Li")
    leave(chain(), change("G1"), DAY)
    with pytest.raises(ImpossibleError, match="have left"):
        make_lists(chain(), DAY, ["G1"], by="Li")


def test_people_of_who_leaves_go_to_the_guides_of_the_shop_evenly_and_the_history_is_kept(chain, database) -> None:
    save_guide(database, change("G4"), name=None, store_id="S1", capacity=None)
    stored, moves = leave(chain(), change("G1"), DAY)
    assert stored.left_on == DAY
    assert {one.customer_id: one.guide_id for one in moves} == {"c0": "G4", "c2": "G2", "c4": "G4"}
    assert moved_customers("main", database) == {"c0": "G4", "c2": "G2", "c4": "G4"}
    assert {one.rule for one in move_history("main", database)} == {"same_shop"}


def test_a_guide_leaves_on_no_day_to_come_and_keeps_their_people(chain, database) -> None:
    tomorrow = chain().today + timedelta(days=1)
    with pytest.raises(UsageError, match=f"on {tomorrow} has not come yet; wanted {chain().today} or earlier"):
        leave(chain(), change("G1"), tomorrow)
    assert moved_customers("main", database) == {}
    stored, _ = leave(chain(), change("G1"), chain().today)
    assert not next(one for one in all_guides(chain()) if one.guide_id == stored.guide_id).is_here


def test_people_may_go_to_one_guide_or_to_nobody(chain, database) -> None:
    _, moves = leave(chain(), change("G3"), DAY)
    assert [(one.customer_id, one.guide_id) for one in moves] == [("c1", None)]
    _, moves = leave(chain(), change("G2"), DAY, to="G1")
    assert [(one.customer_id, one.guide_id) for one in moves] == [("c6", "G1")]
    for to in ("G2", "G3"):
        with pytest.raises(ImpossibleError, match="cannot take"):
            leave(chain(), change("G2", 1), DAY, to=to)


def test_cards_of_a_person_stay_together(chain, source) -> None:
    source.changes["persons"] = pl.DataFrame({"customer_id": ["c0", "c2"], "person_id": ["c0", "c0"]})
    here = chain()
    takers = [one for one in all_guides(here) if one.guide_id in {"G2", "G3"}]
    moved = {one.customer_id: one.guide_id for one in shared_out(here, "G1", takers)}
    assert moved["c0"] == moved["c2"]


@pytest.mark.parametrize("kind", ["repeat", "explore"])
def test_what_to_say_has_no_part_that_is_unknown(kind: str) -> None:
    for due in (None, DAY):
        for words in say(kind, due, "茶", None, on=DAY):
            assert "{" not in words
            assert "None" not in words


def task(person: str, guide_id: str, day: date = DAY) -> GuideTask:
    return GuideTask(
        task_id(day, person), guide_id, day, person, person, False, 1, "guide", "S1", "P1", "guides", "a", "b", "c",
        "d", 0.1, 1.0, None,
    )  # fmt: skip


def test_a_receipt_is_credited_once_to_the_last_who_talked_and_new_people_to_who_brought_them(database) -> None:
    lines = [task("a", "G1"), task("a", "G2", date(2025, 3, 3)), task("b", "G1"), task("c", "G2")]
    store_tasks("main", database, lines, by="Li", now=NOON)
    talks = [("a", DAY, "done", 1), ("a", date(2025, 3, 3), "done", 3), ("b", DAY, "not_reached", 1)]
    answers = [
        GuideAnswer(f"x{n}", task_id(day, who), what, datetime(2025, 3, at, 12).astimezone(UTC))
        for n, (who, day, what, at) in enumerate(talks)
    ]
    store_answers("main", database, answers, guide_id=None, by="phone", now=NOON)
    store_referrals("main", database, [Referral("r1", "G3", "new", "a", NOON)], by="Li", now=NOON)
    sold = [
        ("t1", 2, "a", 10.0),
        ("t2", 4, "a", 20.0),
        ("t3", 25, "a", 40.0),
        ("t4", 2, "b", 80.0),
        ("t5", 9, "new", 5.0),
    ]
    frame = pl.DataFrame(
        [(name, datetime(2025, 3, day, 10), "S1", "P1", who, 1.0, money) for name, day, who, money in sold],
        schema=["transaction_id", "sold_at", "store_id", "product_id", "customer_id", "units", "unit_price"],
        orient="row",
    )
    dataset = Dataset.from_frames({"transactions": frame}, date(2025, 3, 31))
    rows = {row["guide_id"]: row for row in credit("main", database, dataset, Settings(), None).to_dicts()}
    assert {name: (row["sales"], row["receipts"]) for name, row in rows.items()} == {
        "G1": (10.0, 1), "G2": (20.0, 1), "G3": (0.0, 0),
    }  # fmt: skip
    assert (rows["G1"]["listed"], rows["G1"]["done"], rows["G1"]["not_reached"], rows["G2"]["open"]) == (2, 1, 1, 1)
    assert (rows["G3"]["referrals"], rows["G3"]["referral_sales"]) == (1, 5.0)
    assert rows["G1"]["margin"] == pytest.approx(3.0)
    assert credit("main", database, dataset, Settings(), date(2025, 3, 3))["guide_id"].to_list() == ["G2"]


def test_whom_a_guide_brought_though_they_had_bought_before_is_counted_and_not_credited(database) -> None:
    brought = [Referral("r1", "G1", "old", None, NOON), Referral("r2", "G1", "new", None, NOON)]
    store_referrals("main", database, [*brought, Referral("r3", "G1", "second card", None, NOON)], by="Li", now=NOON)
    sold = [("t1", date(2025, 2, 1), "old"), ("t2", date(2025, 3, 5), "old"), ("t3", date(2025, 3, 1), "new"),
            ("t4", date(2025, 3, 6), "second card")]  # fmt: skip
    frame = pl.DataFrame(
        [(name, datetime(day.year, day.month, day.day, 10), "S1", "P1", who, 1.0, 5.0) for name, day, who in sold],
        schema=["transaction_id", "sold_at", "store_id", "product_id", "customer_id", "units", "unit_price"],
        orient="row",
    )
    one = {"id_type": ["phone"] * 2, "id_value": ["13800138000"] * 2, "source": ["t"] * 2}
    cards = pl.DataFrame({"customer_id": ["old", "second card"]} | one)
    dataset = Dataset.from_frames({"transactions": frame, "identities": cards}, date(2025, 3, 31))
    (row,) = credit("main", database, dataset, Settings(), None).to_dicts()
    assert (row["referrals"], row["referrals_of_known"], row["referral_sales"]) == (1, 2, 5.0)


def test_people_who_came_to_a_guide_since_the_desk_was_opened_go_on_with_theirs(chain, database) -> None:
    early = chain()  # opened before G2 left
    leave(chain(), change("G2"), DAY, to="G1")
    _, moves = leave(early, change("G1"), DAY, to="G3")
    assert sorted(one.customer_id for one in moves) == ["c0", "c2", "c4", "c6"]
    assert set(moved_customers("main", database).values()) == {"G3"}


def test_nobody_goes_to_a_guide_who_left_while_the_moves_were_worked_out(chain, database, monkeypatch) -> None:
    meant, calls = people.shared_out, []

    def slow(desk, guide_id, takers):
        if not calls:  # another worker lets the taker go in between
            calls.append(guide_id)
            let_go(database, change("G2"), DAY, [Move("c6", None, "G2")], "same_shop")
        return meant(desk, guide_id, takers)

    monkeypatch.setattr(people, "shared_out", slow)
    _, moves = leave(chain(), change("G1"), DAY)
    assert {one.guide_id for one in moves} == {None}
    assert set(moved_customers("main", database).values()) == {None}


def test_no_line_is_made_for_a_guide_who_leaves_meanwhile(chain, database, monkeypatch) -> None:
    meant, calls = lists.plan_lists, []

    def slow(desk, day, guides):
        tasks = meant(desk, day, guides)
        if not calls:
            calls.append(day)
            leave(chain(), change("G1"), DAY, to="G2")
        return tasks

    monkeypatch.setattr(lists, "plan_lists", slow)
    assert make_lists(chain(), DAY, by="Li").lines == {"G2": 4, "G3": 1}
    assert {name for name, _ in listed(database)} == {"G2", "G3"}


def test_a_list_names_no_goods_beside_others_that_are_over_and_nobody_twice_who_joined(
    chain, source, database: Database
) -> None:
    make_lists(chain(), DAY, by="Li")
    first = list_tasks("main", database)
    assert all("P2茶" in one.text for one in first)
    # two of those on the list turn out to be one person, under an id of neither line
    joined = {"customer_id": ["c0", "c2", "a"], "person_id": ["a", "a", "a"]}
    source.changes["persons"] = pl.DataFrame(joined)
    source.changes["ends"] = pl.DataFrame([(None, "P2", date(2025, 2, 28))], schema=GOODS_ENDS, orient="row")
    make_lists(chain(), DAY, by="Li")
    assert list_tasks("main", database) == first
    make_lists(chain(), DAY + timedelta(days=1), by="Li")
    later = [one for one in list_tasks("main", database) if one.day > DAY]
    assert later
    assert not any("P2茶" in one.text or "P2茶" in one.text_zh for one in later)
