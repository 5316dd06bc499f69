"""Guides, their people and their lists: who looks after whom, answers that come late or twice, refusals."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError
from retail_brain.operational.campaign_receipts import ContactReceipt, opt_outs, store_receipts
from retail_brain.operational.database import Database
from retail_brain.operational.guide_answers import store_answers
from retail_brain.operational.guide_tasks import (
    GuideAnswer,
    GuideTask,
    Referral,
    list_referrals,
    list_tasks,
    store_referrals,
    store_tasks,
    task_id,
)
from retail_brain.operational.guides import (
    GuideChange,
    Move,
    let_go,
    list_guides,
    move_history,
    moved_customers,
    moves_mark,
    people_of_guide,
    read_guides_mark,
    save_guide,
)
from retail_brain.operational.repeated_contacts import (
    DAILY,
    plans_seen_mark,
    read_contacts_mark,
    repeated_contacts,
    repeated_people,
)
from retail_brain.operational.tables import CAMPAIGN_RECEIPTS, GUIDE_ANSWERS

NOW = datetime(2025, 3, 1, 10, tzinfo=UTC)
DAY = date(2025, 3, 1)


def change(guide: str = "G1", version: int | None = None) -> GuideChange:
    return GuideChange("main", guide, version, "Li", NOW)


def task(person: str, guide: str = "G1", *, held: bool = False, day: date = DAY) -> GuideTask:
    return GuideTask(
        task_id(day, person), guide, day, person, person, held, 1, "guide", "S1", "P1", DAILY, "due", "到期", "Hello",
        "您好", 0.4, 2.0, "friend", "held" if held else "open",
    )  # fmt: skip


def answer(name: str, person: str, outcome: str, hours: float = 0) -> GuideAnswer:
    return GuideAnswer(name, task_id(DAY, person), outcome, NOW + timedelta(hours=hours))


def send(database: Database, *answers: GuideAnswer, guide: str | None = "G1") -> int:
    return store_answers("main", database, answers, guide_id=guide, by="phone", now=NOW)


def states(database: Database) -> dict[str, str]:
    return {one.person_id: one.state for one in list_tasks("main", database)}


def kept(database: Database) -> list[tuple[str, str]]:
    """Answers in the order of their arrival, with the guide whose line it was."""
    query = select(GUIDE_ANSWERS.c.answer_id, GUIDE_ANSWERS.c.guide_id).order_by(GUIDE_ANSWERS.c.id)
    with database.reading() as connection:
        return [(row.answer_id, row.guide_id) for row in connection.execute(query)]


def test_a_guide_is_stored_with_a_version_that_rises(database: Database) -> None:
    made = save_guide(database, change(), name="王", store_id="S1", capacity=8)
    assert (made.version, made.name, made.capacity) == (1, "王", 8)
    assert save_guide(database, change(version=1), name="王芳").version == 2
    (stored,) = list_guides("main", database)
    assert (stored.store_id, stored.capacity) == ("S1", 8)  # what is not given stays
    assert [one.name for one in list_guides("main", database)] == ["王芳"]
    for stale in (None, 1):
        with pytest.raises(ConflictError, match="version 2"):
            save_guide(database, change(version=stale), name="x", store_id=None, capacity=1)
    assert save_guide(database, change(version=2), store_id=None, capacity=None).store_id is None
    with pytest.raises(ImpossibleError, match="wanted 0 or more"):
        save_guide(database, change("G2"), name=None, store_id=None, capacity=-1)


def test_the_newest_move_says_who_looks_after_whom_and_every_move_is_kept(database: Database) -> None:
    published = [("a", "G1"), ("b", "G1"), ("c", "G2")]
    let_go(database, change("G1"), DAY, [Move("a", "G2", "G1")], "by hand")
    let_go(database, change("G2"), DAY, [Move("a", "G3", "G2"), Move("c", None, "G2")], "by hand")
    moved = moved_customers("main", database)
    assert moved == {"a": "G3", "c": None}
    assert [people_of_guide(guide, published, moved) for guide in ("G1", "G2", "G3")] == [["b"], [], ["a"]]
    assert [(one.move.before, one.move.guide_id) for one in move_history("main", database, "a")] == [
        ("G1", "G2"), ("G2", "G3"),
    ]  # fmt: skip
    assert moves_mark("main", database) > moves_mark("second", database) == 0


def test_who_leaves_hands_on_what_is_open(database: Database) -> None:
    store_tasks("main", database, [task("a"), task("b"), task("c")], by="Li", now=NOW)
    send(database, answer("x1", "c", "done"))
    moves = [Move("a", "G2", "G1"), Move("b", None, "G1"), Move("c", "G2", "G1")]
    left = let_go(database, change(), DAY, moves, "same shop")
    assert left is not None
    assert left.left_on == DAY
    assert {one.person_id: (one.guide_id, one.state) for one in list_tasks("main", database)} == {
        "a": ("G2", "open"), "b": ("G1", "withdrawn"), "c": ("G1", "done"),
    }  # fmt: skip


def test_a_list_made_twice_has_each_person_once_a_day(database: Database) -> None:
    assert store_tasks("main", database, [task("a"), task("b")], by="Li", now=NOW) == 2
    assert store_tasks("main", database, [task("a", "G2"), task("a", day=date(2025, 3, 2))], by="Li", now=NOW) == 1
    assert [one.person_id for one in list_tasks("main", database, guide_id="G1", day=DAY)] == ["a", "b"]
    assert [one.day.day for one in list_tasks("main", database, since=date(2025, 3, 2))] == [2]


def test_answers_count_once_and_the_latest_moment_decides_whenever_it_arrives(database: Database) -> None:
    store_tasks("main", database, [task("a")], by="Li", now=NOW)
    assert send(database, answer("x2", "a", "bought", hours=2)) == 1
    assert send(database, answer("x2", "a", "bought", hours=2)) == 0
    assert send(database, answer("x1", "a", "not_reached", hours=1)) == 1
    assert states(database) == {"a": "bought"}
    assert kept(database) == [("x2", "G1"), ("x1", "G1")]


def test_a_refusal_closes_the_channel_and_later_lines(database: Database) -> None:
    store_tasks("main", database, [task("a"), task("a", day=date(2025, 3, 2))], by="Li", now=NOW)
    send(database, answer("x1", "a", "refused"))
    send(database, answer("x1", "a", "refused"))
    assert opt_outs("main", database).rows() == [("a", "guide", NOW.replace(tzinfo=None))]
    assert [one.state for one in list_tasks("main", database)] == ["refused", "opted_out"]


def test_a_refusal_takes_back_open_lines_of_the_persons_other_cards(database: Database) -> None:
    later = replace(task("a", day=date(2025, 3, 2)), customer_id="a's second card")
    store_tasks("main", database, [task("a"), later, task("b", day=date(2025, 3, 2))], by="Li", now=NOW)
    send(database, answer("x1", "a", "refused"))
    assert [(one.person_id, one.state) for one in list_tasks("main", database)] == [
        ("a", "refused"), ("a", "opted_out"), ("b", "open"),
    ]  # fmt: skip


def test_no_list_is_stored_that_was_worked_out_before_a_refusal(database: Database) -> None:
    store_tasks("main", database, [task("a")], by="Li", now=NOW)
    mark, seen = read_contacts_mark("main", database), plans_seen_mark("main", database)
    receipt = ContactReceipt("r1", DAILY, "a", "guide", "opted_out", NOW)
    store_receipts("main", database, [replace(receipt, receipt_id="r0", kind="delivered")], by="x", now=NOW)
    assert read_contacts_mark("main", database) == mark
    store_receipts("main", database, [receipt], by="phone", now=NOW)
    assert plans_seen_mark("main", database) != seen
    late = [task("a", day=date(2025, 3, 2))]
    assert store_tasks("main", database, late, by="Li", now=NOW, mark=mark) is None


def test_an_id_of_another_lines_answer_is_refused_with_words(database: Database) -> None:
    store_tasks("main", database, [task("a"), task("b")], by="Li", now=NOW)
    send(database, answer("x1", "a", "done"))
    with pytest.raises(ConflictError, match="answers of other lines; nothing was stored"):
        send(database, answer("x1", "b", "refused"))
    with pytest.raises(ConflictError, match="x2"):
        send(database, answer("x2", "a", "done"), answer("x2", "b", "done"))
    assert states(database) == {"a": "done", "b": "open"}
    assert opt_outs("main", database).is_empty()


def test_the_longest_id_of_an_answer_fits_the_table_of_receipts(database: Database) -> None:
    store_tasks("main", database, [task("a")], by="Li", now=NOW)
    send(database, answer("x" * 200, "a", "refused"))
    with database.reading() as connection:
        (stored,) = connection.execute(select(CAMPAIGN_RECEIPTS.c.receipt_id)).scalars()
    # PostgreSQL enforces the length, SQLite does not
    assert len(stored) <= 200


@pytest.mark.parametrize("person", ["held", "other", "nobody"])
def test_lines_of_others_and_of_held_out_people_cannot_be_answered(database: Database, person: str) -> None:
    store_tasks("main", database, [task("a"), task("held", held=True), task("other", "G2")], by="Li", now=NOW)
    with pytest.raises(NotFoundError, match="of this guide"):
        send(database, answer("x1", "a", "done"), answer("x2", person, "done"))
    assert states(database)["a"] == "open"
    assert kept(database) == []


def test_a_person_is_brought_once_by_the_first(database: Database) -> None:
    first = Referral("r1", "G1", "new", "a", NOW)
    assert store_referrals("main", database, [first, Referral("r2", "G2", "new", None, NOW)], by="Li", now=NOW) == 1
    assert list_referrals("main", database) == [first]


def test_a_line_counts_for_the_caps_on_the_day_on_which_the_guide_spoke_to_the_person(database: Database) -> None:
    store_tasks("main", database, [task("a"), task("b"), task("c")], by="Li", now=NOW)
    send(database, answer("x1", "a", "done", hours=72), answer("x2", "b", "not_reached", hours=72))
    counted = repeated_contacts("main", database, DAY + timedelta(days=2))
    assert [(one.customer_id, one.day) for one in counted] == [("a", DAY + timedelta(days=3))]
    assert {one.customer_id for one in repeated_contacts("main", database, DAY)} == {"a", "c"}


def test_of_two_changes_of_guides_worked_out_at_once_one_is_stored(database: Database) -> None:
    mark = read_guides_mark("main", database)
    with ThreadPoolExecutor(2) as pool:
        left = list(
            pool.map(
                lambda names: let_go(database, change(names[0]), DAY, [Move(names[0], names[1], None)], "to", mark),
                [("G1", "G2"), ("G2", "G1")],
            )
        )
    assert [one is None for one in left].count(True) == 1
    assert len(move_history("main", database)) == 1
    # whoever was later looks again, and makes no line under the old assignment
    assert store_tasks("main", database, [task("a")], by="Li", now=NOW, guides=mark) is None
    now = read_guides_mark("main", database)
    assert store_tasks("main", database, [task("a")], by="Li", now=NOW, guides=now) == 1
    save_guide(database, change("G3"), name=None, store_id=None, capacity=1)
    assert read_guides_mark("main", database) != now


def test_whom_lists_reached_or_held_out_is_known_by_their_customer_id(database: Database) -> None:
    store_tasks("main", database, [task("a"), task("held", held=True), task("a", day=DAY + timedelta(days=2))],
                by="Li", now=NOW)  # fmt: skip
    found = repeated_people("main", database, DAILY, ["a", "held", "other"])
    assert {name: (one.held, one.day) for name, one in found.items()} == {"a": (False, DAY), "held": (True, DAY)}
    assert repeated_people("second", database, DAILY, ["a"]) == {}
