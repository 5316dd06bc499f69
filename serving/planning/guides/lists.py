"""Makes the daily list of each guide: whom, about what, why, and what to say, within the guide's capacity."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

import polars as pl

from retail_brain.decisions.campaigns.definition import CampaignDefinition, MessageSlot
from retail_brain.decisions.persons import Accounts
from retail_brain.errors import ConflictError, ImpossibleError
from retail_brain.operational.campaign_effects import effect_looks
from retail_brain.operational.database import TRIES
from retail_brain.operational.guide_tasks import GuideTask, list_tasks, store_tasks, task_id
from retail_brain.operational.guides import read_guides_mark
from retail_brain.operational.repeated_contacts import DAILY, WHOLE, read_contacts_mark, repeats
from serving.planning.campaigns.inputs import CampaignSource, OtherPlans
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.campaigns.plan import plan_campaign
from serving.planning.guides.left_out import left_out
from serving.planning.guides.people import Guide, all_guides, guide
from serving.planning.guides.words import say
from serving.planning.people.reasons import Language
from serving.planning.triggers.complements import open_complements
from serving.planning.triggers.desk import Desk

_ROUNDS = 3
"""Times that people are planned, so that units of people whose guide has no room go to others. Most days need two."""

TASK_COLUMNS = (
    *("task_id", "guide_id", "day", "rank", "customer_id", "channel", "store_id", "product_id", "source", "reason"),
    *("text", "text_zh", "probability", "expected_value", "segment", "state", "answered_at"),
)
"""Columns of `task_row`."""


@dataclass(frozen=True)
class MadeLists:
    """What came of making lists.

    Attributes:
        lines: guide -> lines that are new.
        left_out: why people of these guides have no line: code of `left_out.LEFT_OUT_TEXTS` -> people, in its order.
    """

    lines: Mapping[str, int]
    left_out: Mapping[str, int]


def make_lists(desk: Desk, day: date, guide_ids: Sequence[str] = (), *, by: str) -> MadeLists:
    """Makes the lists of a day for the guides who are there.

    People are planned as for a campaign by the channel `guide` in which the goods are chosen for each person: consent,
    control group, caps over campaigns, triggers and lists, what was just bought, and stock count. The likeliest to be
    worth the contact come first, up to the capacity. A share of them is held out, by a hash that stays, to measure what
    lists bring. A list that was made stays as it is: made again it only gets lines while it has room.

    Args:
        desk: where guides are worked on.
        day: of the lists, after the last visible one, and up to `guides.days_ahead` days after the first such one.
        guide_ids: only these; none: all.
        by: who makes them.

    Raises:
        NotFoundError: a guide is not known.
        ImpossibleError: a guide has left, the day is over, or further ahead than `guides.days_ahead`.
        ConflictError: plans changed again and again.
        ModelError: there are no scored pairs.
    """
    _check_day(desk, day)
    for _ in range(TRIES):
        marks = (read_contacts_mark(desk.tenant, desk.database), read_guides_mark(desk.tenant, desk.database))
        here = desk.with_present_guides()
        guides = _present(here, guide_ids)
        tasks, without = plan_lists(here, day, guides)
        stored = store_tasks(desk.tenant, desk.database, tasks, by=by, now=desk.now, mark=marks[0], guides=marks[1])
        if stored is not None:
            told = [one.guide_id for one in tasks if not one.held]
            return MadeLists({one.guide_id: told.count(one.guide_id) for one in guides}, without)
    raise ConflictError(
        f"no list was made: other plans changed meanwhile, {TRIES} times. Make them again.",
        {"problem": "plans_changed"},
    )


def _check_day(desk: Desk, day: date) -> None:
    """Refuses a day that the answers have seen, and one of which they do not know yet who needs what.

    Raises:
        ImpossibleError: the day is over, or too far ahead.
    """
    first, ahead = desk.first_day, desk.settings.guides.days_ahead
    if day < first:
        raise ImpossibleError(
            f"the answers know {day} already: lists are made for {first} or later.",
            {"problem": "guide_list_past", "day": day.isoformat(), "first": first.isoformat()},
        )
    last = first + timedelta(days=ahead)
    if day > last:
        raise ImpossibleError(
            f"lists cannot be made for {day}: wanted {first} to {last}, up to {ahead} days after the first day that "
            "the answers have not seen. Name an earlier day, or publish newer answers first.",
            {
                "problem": "guide_list_ahead",
                "day": day.isoformat(),
                "first": first.isoformat(),
                "last": last.isoformat(),
            },
        )


def _present(desk: Desk, guide_ids: Sequence[str]) -> list[Guide]:
    """The guides who are there, or those named.

    Raises:
        NotFoundError: a guide is not known.
        ImpossibleError: a guide has left.
    """
    if not guide_ids:
        return [one for one in all_guides(desk) if one.is_here]
    guides = [guide(desk, name) for name in dict.fromkeys(guide_ids)]
    gone = [one.guide_id for one in guides if not one.is_here]
    if gone:
        raise ImpossibleError(
            f"guides {gone} have left: their people are others' now. Leave them out.",
            {"problem": "guides_left", "guides": list(gone)},
        )
    return guides


def plan_lists(desk: Desk, day: date, guides: Sequence[Guide]) -> tuple[list[GuideTask], dict[str, int]]:
    """The lines that the lists of a day still have room for, as they would be stored, and `MadeLists.left_out`.

    Each line offers a whole unit of the shop of its person: all lists together, with what other plans promise, offer no
    more than the shop has.
    """
    known = list_tasks(desk.tenant, desk.database, day=day)
    room = {one.guide_id: one.capacity for one in guides}
    for line in known:
        if line.guide_id in room and not line.held:
            room[line.guide_id] -= 1
    # answers may be older than today: what was promised since the day of the list is promised still
    others = other_plans(desk.tenant, desk.database, None, min(desk.today, day), desk.settings)
    others.check_readable()
    cards = desk.source.facts(()).accounts
    on_a_list = [line.customer_id for line in known]
    ranks = {name: sum(line.guide_id == name for line in known) for name in room}
    chosen: list[tuple[str, int, dict[str, Any]]] = []
    considered: pl.DataFrame | None = None
    for _ in range(_ROUNDS):
        # with every card: whoever has a line already would take a unit again, which nobody had then
        taken = set(cards.every_account(pl.Series(on_a_list, dtype=pl.String)).to_list())
        people = [who for who, name in desk.guides.items() if room.get(name, 0) > 0 and who not in taken]
        if not people:
            break
        listed, considered = _planned(desk, day, people, _with_lines(others, [row for *_, row in chosen]))
        new = _within_room(desk, listed, cards, room, ranks)
        chosen += new
        on_a_list += [row["customer_id"] for *_, row in new]
        if len(new) == listed.height:
            break  # nobody was left out for want of room, so no unit is left for others
    goods = desk.source.names(sorted({row["product_id"] for *_, row in chosen}))
    beside = _complements(desk, day, [row for *_, row in chosen], others)
    tasks = [_task(day, name, rank, row, goods, beside.get(row["customer_id"])) for name, rank, row in chosen]
    return tasks, left_out(desk, room, on_a_list, considered)


def _within_room(
    desk: Desk, listed: pl.DataFrame, cards: Accounts, room: dict[str, int], ranks: dict[str, int]
) -> list[tuple[str, int, dict[str, Any]]]:
    """The people whose guide has room, with guide and rank; `room` and `ranks` are changed."""
    chosen = []
    for row in listed.iter_rows(named=True):
        name = _guide_of(desk, cards.every_account(pl.Series([row["customer_id"]], dtype=pl.String)).to_list())
        if name is None or room.get(name, 0) <= 0:
            continue
        room[name] -= not row["held"]
        ranks[name] += 1
        chosen.append((name, ranks[name], row))
    return chosen


def _with_lines(others: OtherPlans, rows: Sequence[Mapping[str, Any]]) -> OtherPlans:
    """The other plans with the whole units that lines just made promise; the held-out are promised nothing."""
    told = [(row["home_store_id"], row["product_id"], WHOLE) for row in rows if not row["held"]]
    lines = pl.DataFrame(told, schema=others.promises.schema, orient="row")
    return replace(others, promises=pl.concat([others.promises, lines]))


def _complements(desk: Desk, day: date, rows: Sequence[Mapping[str, Any]], others: OtherPlans) -> Mapping[str, str]:
    """Customer -> name of the product that goes with theirs, where they may be told of it."""
    found = [(row["customer_id"], desk.source.goes_with(row["product_id"], row["home_store_id"])) for row in rows]
    able = open_complements(desk, [(who, one) for who, one in found if one is not None], DAILY, day, others)
    names = desk.source.names(sorted({product for _, product in able}))
    return {who: names.get(product, product) for who, product in able}


def shown_lines(tasks: Iterable[GuideTask]) -> list[GuideTask]:
    """The lines that guides see, numbered from 1 in each list: gaps would tell how many people are held out, and where.

    Args:
        tasks: lines in the order of their day, guide and rank; lines of triggers keep the rank 0.
    """
    shown, places = [], Counter[tuple[date, str]]()
    for one in tasks:
        if one.held or one.state == "withdrawn":
            continue
        of = (one.day, one.guide_id)
        places[of] += one.rank > 0
        shown.append(replace(one, rank=places[of] if one.rank > 0 else 0))
    return shown


def lines_of_today(tasks: Iterable[GuideTask], first_day: date, today: date) -> list[GuideTask]:
    """The lines that a guide works on: those of the published day, and of the day by the clock where that is further.

    Lists are of the published day or later, and triggers give guides their lines by the clock: those of the days
    between that nobody answered yet wait still.

    Args:
        tasks: lines of the published day or later.
        first_day: the published day.
        today: the day of contact, see `which_day`.
    """
    return [
        one
        for one in tasks
        if one.day in {first_day, today} or (one.day < today and one.state == "open" and one.source != DAILY)
    ]


def task_row(task: GuideTask, language: Language) -> dict[str, Any]:
    """A line as its guide sees it, in one language."""
    is_zh = language == "zh"
    return {
        "task_id": task.task_id,
        "guide_id": task.guide_id,
        "day": task.day.isoformat(),
        "rank": task.rank,
        "customer_id": task.customer_id,
        "channel": task.channel,
        "store_id": task.store_id,
        "product_id": task.product_id,
        "source": task.source,
        "reason": task.reason_zh if is_zh else task.reason,
        "text": task.text,
        "text_zh": task.text_zh,
        "probability": task.probability,
        "expected_value": task.expected_value,
        "segment": task.segment,
        "state": task.state,
        "answered_at": None if task.answered_at is None else task.answered_at.isoformat(timespec="seconds"),
    }


def _planned(desk: Desk, day: date, people: Sequence[str], others: OtherPlans) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People worth a contact by their guide on a day, best first, held-out ones among them; and all considered."""
    settings = desk.settings
    slot = MessageSlot(channel="guide", text="-", text_zh="-", contact_cost=settings.guides.contact_cost)
    definition = CampaignDefinition(
        name=DAILY,
        customer_ids=(people[0],),
        slots=(slot,),
        starts_on=day,
        ends_on=day + timedelta(days=1),
        holdout_share=settings.guides.holdout_share,
        first_hour=0,
        last_hour=24,
    )
    # a list of people of any length: the limit of a definition is one of what is typed
    definition = definition.model_copy(update={"customer_ids": tuple(people)})
    looks = [look for look in effect_looks(desk.tenant, desk.database).read if not repeats(look.campaign_id)]
    soon = _SoonDue(desk.source, day, settings.guides.due_within_days)
    source = cast("CampaignSource", soon)
    plan = plan_campaign(definition, DAILY, source, others, settings, looks, whole_units=True)
    listed = plan.listed.drop("due_on")
    listed = listed.join(soon.due, on=["person_id", "product_id"], how="left", maintain_order="left")
    return listed, plan.people


class _SoonDue:
    """A source in which goods that are due within some days after a day are due on it, so that a guide is in time.

    Attributes:
        due: when they are due in truth: `person_id`, `product_id`, `due_on`.
    """

    def __init__(self, source: CampaignSource, day: date, days: int) -> None:
        self._source, self._day, self._last = source, day, day + timedelta(days=days)
        self.due = pl.DataFrame(schema={"person_id": pl.String, "product_id": pl.String, "due_on": pl.Date})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def pairs(self, product_ids: Sequence[str] | None, customer_ids: Sequence[str] | None) -> pl.DataFrame:
        """Scored pairs, as the source gives them but for the day."""
        found = self._source.pairs(product_ids, customer_ids)
        named = self._source.facts(()).accounts.with_person(found)
        self.due = named.group_by("person_id", "product_id").agg(pl.col("due_on").min())
        is_soon = pl.col("due_on").is_between(self._day, self._last)
        return found.with_columns(due_on=pl.when(is_soon).then(pl.lit(self._day)).otherwise("due_on"))


def _guide_of(desk: Desk, cards: Sequence[str]) -> str | None:
    return next((desk.guides[card] for card in cards if card in desk.guides), None)


def _task(
    day: date, name: str, rank: int, row: Mapping[str, Any], goods: Mapping[str, str], goes_with: str | None
) -> GuideTask:
    product = row["product_id"]
    kind, due, reason = row["kind"] or "repeat", row["due_on"], row["reason_code"]
    text, text_zh = say(kind, due, goods.get(product, product), goes_with, on=day, reason=reason)
    return GuideTask(
        task_id=task_id(day, row["person_id"]),
        guide_id=name,
        day=day,
        person_id=row["person_id"],
        customer_id=row["customer_id"],
        held=row["held"],
        rank=rank,
        channel="guide",
        store_id=row["home_store_id"],
        product_id=product,
        source=DAILY,
        reason=row["reason"] or "",
        reason_zh=row["reason_zh"] or row["reason"] or "",
        text=text,
        text_zh=text_zh,
        probability=row["own_probability"],
        expected_value=row["expected_value"],
        segment=row["segment"],
        state="held" if row["held"] else "open",
    )
