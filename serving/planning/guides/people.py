"""Guides with their people: how they stand, and what happens to their people when one leaves."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError
from retail_brain.operational.database import TRIES
from retail_brain.operational.guides import GuideChange, Move, StoredGuide, let_go, list_guides, read_guides_mark
from retail_brain.past_days import check_past_day
from serving.planning.people.reasons import Language
from serving.planning.triggers.desk import Desk

SAME_SHOP = "same_shop"
"""Rule of reassignment: to the guides of the shop, whoever has fewest people first."""

MOVE_COLUMNS = ("customer_id", "guide_id", "before", "rule", "moved_by", "moved_at")
"""Columns of `move_row`."""
_AHEAD = timedelta(days=1)
"""How far ahead a phone's clock may be: zones and clocks differ by up to a day, as for events."""


@dataclass(frozen=True)
class Guide:
    """A guide as they stand on a day.

    Attributes:
        version: of what somebody stored about them; None where nobody did.
        name: that was stored, else that of the lake's `guides`.
        store_id: shop that was stored, else that of most of their people.
        capacity: people on a day's list.
        people: whom they look after; who has several accounts is one of them.
        is_here: whether they have not left.
    """

    guide_id: str
    version: int | None
    name: str | None
    store_id: str | None
    capacity: int
    people: int
    is_here: bool
    left_on: date | None


AHEAD: Mapping[Language, str] = {"en": "lies in the future: correct the clock", "zh": "时间在将来：请校正时钟"}
"""What is wrong with an answer or a referral of the future."""


def is_ahead(at: datetime, now: datetime) -> bool:
    """Whether a moment lies more than a day ahead, further than clocks and zones differ."""
    return at > now + _AHEAD


def check_past(given: Sequence[tuple[str, datetime]], now: datetime) -> None:
    """Refuses answers and referrals of the future: the latest moment decides, so that one of them would for good.

    Args:
        given: id and moment of each.
        now: the present moment.

    Raises:
        ImpossibleError: one lies more than a day ahead.
    """
    ahead = [name for name, at in given if is_ahead(at, now)]
    if ahead:
        raise ImpossibleError(
            f"{len(ahead)} of {len(given)} lie in the future: {ahead[:5]}; nothing was stored. Correct the clock.",
            {"problem": "moments_ahead", "count": len(ahead), "ids": ahead[:100]},
        )


def all_guides(desk: Desk) -> list[Guide]:
    """The guides who look after somebody or were stored, by id.

    Raises:
        UnavailableError: the database does not answer.
    """
    stored = {one.guide_id: one for one in list_guides(desk.tenant, desk.database)}
    people = people_by_guide(desk)
    shops, names = _shops(desk), desk.source.guide_names()
    return [
        _guide(desk, (one, names.get(one)), stored.get(one), people[one], shops.get(one))
        for one in sorted({*stored, *people})
    ]


def people_by_guide(desk: Desk) -> Counter[str]:
    """How many people each guide looks after: whose accounts are joined is one of them, as in the customer assets."""
    rows = pl.DataFrame(list(desk.guides.items()), schema={"customer_id": pl.String, "guide": pl.String}, orient="row")
    named = desk.source.facts(()).accounts.with_person(rows)
    return Counter(named.unique(["person_id", "guide"])["guide"].to_list())


def guide(desk: Desk, guide_id: str) -> Guide:
    """One guide.

    Raises:
        NotFoundError: nobody is looked after by such a guide, and none was stored.
    """
    found = next((one for one in all_guides(desk) if one.guide_id == guide_id), None)
    if found is None:
        raise no_guide(guide_id)
    return found


def no_guide(guide_id: str) -> NotFoundError:
    """The error where nobody is looked after by such a guide, and none was stored."""
    return NotFoundError(
        f"there is no guide {guide_id!r}. `retail-brain guides list` and /guides show them.",
        {"problem": "guide_unknown", "guide_id": guide_id},
    )


def leave(desk: Desk, change: GuideChange, left_on: date, to: str | None = None) -> tuple[StoredGuide, list[Move]]:
    """Notes that a guide leaves and gives their people to others: to one guide, or by the rule SAME_SHOP.

    By the rule, each person goes with all of their cards to the guide of the shop who has fewest people then, ties by
    id; where the shop has no other guide nobody looks after them.

    Args:
        desk: where guides are worked on.
        change: who, and the version of the guide that they saw.
        left_on: first day on which the guide is not there any more; it has come.
        to: guide who takes all of them; None: the rule.

    Raises:
        UsageError: the day has not come: their people go at once, so that a guide would work on without any.
        NotFoundError: one of the guides is not known.
        ImpossibleError: the other one has left, or is the same.
        ConflictError: somebody else changed the guide since that version, or other guides changed again and again.
    """
    check_past_day(left_on, "on", desk.today)
    rule = SAME_SHOP if to is None else f"to:{to}"
    for _ in range(TRIES):
        mark, here = read_guides_mark(desk.tenant, desk.database), desk.with_present_guides()
        moves = shared_out(here, change.guide_id, _takers(here, change.guide_id, to))
        stored = let_go(desk.database, change, left_on, moves, rule, mark)
        if stored is not None:
            return stored, moves
    raise ConflictError(
        f"guide {change.guide_id!r} was not let go: other guides changed meanwhile, {TRIES} times. Try again.",
        {"problem": "plans_changed", "guide_id": change.guide_id},
    )


def _takers(desk: Desk, guide_id: str, to: str | None) -> list[Guide]:
    """Who may take the people of a guide who leaves.

    Raises:
        NotFoundError: one of the guides is not known.
        ImpossibleError: the other one has left, or is the same.
    """
    leaver = guide(desk, guide_id)
    if to is None:
        others = (one for one in all_guides(desk) if one.is_here and one.guide_id != leaver.guide_id)
        return [one for one in others if one.store_id == leaver.store_id]
    taker = guide(desk, to)
    if not taker.is_here or taker.guide_id == leaver.guide_id:
        raise ImpossibleError(
            f"guide {to!r} cannot take the people of {leaver.guide_id!r}: they left, or are the same. Name another.",
            {"problem": "guide_cannot_take", "guide_id": to},
        )
    return [taker]


def shared_out(desk: Desk, guide_id: str, takers: Sequence[Guide]) -> list[Move]:
    """The moves of a guide's people to others, whoever has fewest people first; to nobody where there is none."""
    own = pl.DataFrame(
        {"customer_id": sorted(one for one, name in desk.guides.items() if name == guide_id)},
        schema={"customer_id": pl.String},
    )
    persons = desk.source.facts(()).accounts.with_person(own)
    load = {one.guide_id: one.people for one in takers}
    moves = []
    for _, cards in sorted(persons.group_by("person_id"), key=lambda part: str(part[0][0])):
        taker = min(load, key=lambda name: (load[name], name)) if load else None
        moves += [Move(card, taker, guide_id) for card in cards["customer_id"].sort().to_list()]
        if taker is not None:
            load[taker] += cards.height
    return moves


def guide_row(one: Guide) -> dict[str, Any]:
    """A guide as JSON."""
    values = dict(vars(one))
    return values | {"left_on": None if one.left_on is None else one.left_on.isoformat()}


def move_row(stored: Any) -> dict[str, Any]:
    """A move of the history as JSON."""
    move, at = stored.move, stored.moved_at
    assert isinstance(at, datetime)
    return {
        "customer_id": move.customer_id,
        "guide_id": move.guide_id,
        "before": move.before,
        "rule": stored.rule,
        "moved_by": stored.moved_by,
        "moved_at": at.isoformat(timespec="seconds"),
    }


def _guide(
    desk: Desk, named: tuple[str, str | None], stored: StoredGuide | None, people: int, shop: str | None
) -> Guide:
    usual, (guide_id, listed) = desk.settings.guides.capacity_per_day, named
    if stored is None:
        return Guide(guide_id, None, listed, shop, usual, people, is_here=True, left_on=None)
    return Guide(
        guide_id,
        stored.version,
        stored.name or listed,
        stored.store_id or shop,
        usual if stored.capacity is None else stored.capacity,
        people,
        is_here=stored.left_on is None or stored.left_on > desk.today,
        left_on=stored.left_on,
    )


def _shops(desk: Desk) -> Mapping[str, str]:
    """Guide -> shop of most of their people, ties by id."""
    rows = [(name, customer) for customer, name in desk.guides.items()]
    named = pl.DataFrame(rows, schema={"guide_id": pl.String, "customer_id": pl.String}, orient="row")
    homes = desk.source.facts(()).customers.select("customer_id", "home_store_id").drop_nulls()
    counts = named.join(homes, on="customer_id").group_by("guide_id", "home_store_id").agg(pl.len())
    first = counts.sort("len", "home_store_id", descending=[True, False]).unique(
        "guide_id", keep="first", maintain_order=True
    )
    return dict(first.select("guide_id", "home_store_id").iter_rows())
