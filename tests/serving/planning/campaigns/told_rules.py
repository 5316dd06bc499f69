"""Rules about goods that hold in every world: told by one at a time until the effect is counted, none after the end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from retail_brain.operational.campaign_contacts import PlannedContact
from retail_brain.operational.guide_tasks import GuideTask
from retail_brain.operational.repeated_contacts import CAMPAIGN_PREFIX, DAILY
from retail_brain.operational.trigger_firings import Firing


@dataclass(frozen=True)
class Stay:
    """A person told of a product, or held out of it, by one source; `first` to `last` are its days and its effect's."""

    source: str
    person: Any
    store: str | None
    product: str
    day: date
    first: date
    last: date


def stays_of(
    world: Mapping[str, Any], contacts: Iterable[PlannedContact], fired: Iterable[Firing], lines: Iterable[GuideTask]
) -> list[Stay]:
    """Everything told or held out in a world; what was withdrawn or opted out is not among it."""
    effect, owner, stays = timedelta(days=world["effect_days"] - 1), world["owner"], []
    for one in contacts:
        about, definition = one.contact, world["definitions"][int(one.campaign_id[1:])]
        first, over = (date.fromisoformat(definition[name]) for name in ("starts_on", "ends_on"))
        last = max(over - timedelta(days=1), about.day + effect)
        stays.append(Stay(one.campaign_id, owner[about.customer_id], about.store_id, about.product_id,
                          about.day, first, last))  # fmt: skip
    single = [(CAMPAIGN_PREFIX + one.trigger_id, one, one.counted_on) for one in fired]
    single += [(DAILY, one, one.day) for one in lines if one.source == DAILY]
    for source, line, day in single:
        assert line.product_id is not None
        stays.append(Stay(source, owner[line.customer_id], line.store_id, line.product_id, day, day, day + effect))
    return stays


def check_told_once(stays: Iterable[Stay]) -> None:
    """Of one product a person is told, or held out, by one source until its effect is counted."""
    about: dict[tuple[Any, str], list[Stay]] = defaultdict(list)
    for one in stays:
        others = [other for other in about[one.person, one.product] if other.source != one.source]
        met = [other for other in others if one.first <= other.last and other.first <= one.last]
        assert not met, (one, met)
        about[one.person, one.product].append(one)


def check_ends(ends: Mapping[tuple[str | None, str], date], stays: Iterable[Stay]) -> None:
    """Nobody is told of goods after the last day of them in their shop, else in the chain; nor held out of them."""
    for one in stays:
        last = ends.get((one.store, one.product), ends.get((None, one.product)))
        assert last is None or one.day <= last, (one, last)
