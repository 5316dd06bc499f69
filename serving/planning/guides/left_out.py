"""Why people whom guides look after are on no list of a day, and what can be done about it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from retail_brain.decisions.exclusions import EXCLUSION_TEXTS
from serving.planning.people.reasons import Language
from serving.planning.triggers.desk import Desk

NO_ROOM = "no_room"
"""Code of people whom only the room on the list of their guide leaves out."""

LEFT_OUT_TEXTS = {**EXCLUSION_TEXTS, NO_ROOM: ("No room on the guide's list", "导购名单已满")}
"""Code -> English and Chinese of why somebody is on no list; in order of precedence."""


def left_out(
    desk: Desk, guide_ids: Collection[str], on_a_list: Sequence[str], considered: pl.DataFrame | None
) -> dict[str, int]:
    """People of some guides who have no line: code of the first reason that holds -> people, in order of precedence.

    Args:
        desk: whose guides.
        guide_ids: their guides.
        on_a_list: customers with a line of the day, held-out ones among them.
        considered: `person_id` and `code` of people who were planned last; None: nobody was.
    """
    accounts = desk.source.facts(()).accounts

    def persons(customers: Iterable[str]) -> pl.DataFrame:
        frame = pl.DataFrame({"customer_id": list(customers)}, schema={"customer_id": pl.String})
        return accounts.with_person(frame).select("person_id").unique()

    theirs = persons(who for who, name in desk.guides.items() if name in guide_ids)
    without = theirs.join(persons(on_a_list), on="person_id", how="anti")
    counts: Counter[str] = Counter()
    if considered is not None:
        counts.update(considered.join(without, on="person_id", how="semi")["code"].drop_nulls().to_list())
    counts[NO_ROOM] = without.height - counts.total()
    return {code: counts[code] for code in LEFT_OUT_TEXTS if counts[code]}


def left_out_rows(counts: Mapping[str, int], language: Language = "en") -> list[dict[str, Any]]:
    """The counts with their reasons: `reason`, `code`, `customers`."""
    return [
        {"reason": LEFT_OUT_TEXTS[code][language == "zh"], "code": code, "customers": people}
        for code, people in counts.items()
    ]


def what_to_do(lines: int, counts: Mapping[str, int]) -> str | None:
    """What is to be done, in English, where nobody at all is on a list for want of something; else None."""
    if lines:
        return None
    if not counts:
        return (
            "nobody is left for a list: all people of these guides have a line of the day, or they look after nobody."
        )
    code = max(counts, key=lambda one: counts[one])
    return None if code not in _TO_DO else f"what to do: {_TO_DO[code]}"


_TO_DO = {
    "no_consent": (
        "guides contact only people who agreed to the channel `guide` (or to `any`). Bring such consents in with the "
        "table `consents`."
    ),
    "contacted_too_often": "audience.max_contacts, or audience.max_contacts_by_channel, allows no more contacts now.",
    "planned_elsewhere": "audience.max_contacts, or audience.max_contacts_by_channel, allows no more contacts now.",
    "no_stock": "bring newer counts of stock in with the table `inventory`, and publish.",
    "no_signal": "publish scores that know these people: `recommend`, then `publish`.",
    "not_worth_contact": "a contact costs guides.contact_cost; set it lower if that is too much.",
    NO_ROOM: "a guide has room for guides.capacity_per_day people a day, or for those of `guides save --capacity`.",
}
"""Code -> what opens the way to most people whom it leaves out."""
