"""Checks receipts of contacts before they are stored: of known campaigns and people, and not before the contact."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from retail_brain.operational.campaign_contacts import PlannedContact, contacts_by_id, contacts_named
from retail_brain.operational.campaign_receipts import ContactReceipt, stored_receipts
from retail_brain.operational.campaigns import list_campaigns
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import DAILY, RepeatedPerson, repeated_by_id, repeated_people, repeats
from retail_brain.operational.triggers import list_triggers
from serving.planning.people.known_names import nearest
from serving.planning.people.reasons import Language

_REFUSAL = "opted_out"
_Problem = tuple[str, str, dict[str, object]]
_CLOCKS = timedelta(minutes=15)
"""How far the sender's clock may be ahead. Chosen by judgement, not measured."""
_FARTHEST_ZONE = timedelta(hours=14)
"""Days of contacts are those of the shop, moments of receipts are UTC: a shop is at most so far ahead of it."""
_PROBLEMS: Mapping[str, Mapping[Language, str]] = {
    "campaign": {"en": "there is no campaign {name!r}{near}", "zh": "没有活动 {name!r}{near}"},
    "contact": {"en": "no contact has the id {name!r}", "zh": "没有编号为 {name!r} 的联系"},
    "customer": {"en": "there is no customer {name!r}{near}", "zh": "没有顾客 {name!r}{near}"},
    "nobody": {
        "en": "customer {name!r} is not among the people of campaign {campaign!r}",
        "zh": "顾客 {name!r} 不在活动 {campaign!r} 的名单中",
    },
    "held": {
        "en": "customer {name!r} is held out of campaign {campaign!r}: nothing was sent",
        "zh": "顾客 {name!r} 是活动 {campaign!r} 的对照组，没有联系过",
    },
    "future": {"en": "{at:%Y-%m-%d %H:%M} UTC is in the future", "zh": "{at:%Y-%m-%d %H:%M} UTC 在将来"},
    "early": {
        "en": "{at:%Y-%m-%d %H:%M} UTC is before the contact of {day}",
        "zh": "{at:%Y-%m-%d %H:%M} UTC 早于 {day} 的联系",
    },
    "taken": {
        "en": "receipt_id {name!r} was used for {kind} of customer {customer!r} in campaign {campaign!r}: send another",
        "zh": "receipt_id {name!r} 已用于活动 {campaign!r} 中顾客 {customer!r} 的 {kind}：请换一个新编号",
    },
    "near": {"en": "; is it {names}?", "zh": "；是 {names} 吗？"},
}


def earliest_receipt(day: date) -> datetime:
    """First moment at which a contact of a day may have been answered, in whatever zone.

    >>> earliest_receipt(date(2026, 3, 2))
    datetime.datetime(2026, 3, 1, 10, 0)
    """
    return datetime.combine(day, time()) - _FARTHEST_ZONE


@dataclass(frozen=True)
class GivenReceipt:
    """A receipt as it came: of a contact by its attribution id, or of a campaign, a customer and a channel.

    Attributes:
        place: in the list that was sent, from 0.
    """

    place: int
    receipt_id: str
    kind: str
    at: datetime
    attribution_id: str | None = None
    campaign_id: str | None = None
    customer_id: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class KnownNames:
    """What receipts may be of besides the campaigns made here.

    Attributes:
        campaigns: of the lake, with their first day.
        is_customer: whether somebody is known.
        customers: every known customer id, asked for only to name the nearest.
    """

    campaigns: Mapping[str, date | None]
    is_customer: Callable[[str], bool]
    customers: Callable[[], Sequence[str]]


@dataclass
class SortedReceipts:
    """Receipts that can be stored, and the refusals of the others: `receipt`, `receipt_id`, `where`, `problem`."""

    good: list[ContactReceipt] = field(default_factory=list)
    refused: list[dict[str, object]] = field(default_factory=list)


def sort_out(
    tenant: str, database: Database, given: Sequence[GivenReceipt], known: KnownNames, now: datetime, language: Language
) -> SortedReceipts:
    """Separates receipts that can be stored from those that name nothing known or cannot have happened.

    An opt-out needs no contact: whoever refuses a channel is heard, as long as campaign and customer are known, also
    under an id that was used for another receipt, and from a clock that is ahead. Other receipts under a used id are
    refused: counted as sent twice, they would be lost.

    Args:
        tenant: whose campaigns.
        database: where they are.
        given: the receipts.
        known: campaigns of the lake, and customers.
        now: when they came.
        language: of the problems.

    Raises:
        UnavailableError: the database does not answer.
    """
    check = _Check(known, now, _own_campaigns(tenant, database), _contacts(tenant, database, given))
    stored = stored_receipts(tenant, database, [one.receipt_id for one in given])
    sorted_ = SortedReceipts()
    for one in given:
        problem = check.problem(one)
        if problem is None:
            whole = check.complete(one)
            first = stored.setdefault(whole.receipt_id, whole)
            if _is_same(whole, first) or whole.kind == _REFUSAL:
                sorted_.good.append(whole if _is_same(whole, first) else _under_its_own_id(whole))
                continue
            problem = "receipt_id", "taken", _first_use(first)
        where, code, about = problem
        names = about.get("near")
        near = _PROBLEMS["near"][language].format(names=names) if names else ""
        text = _PROBLEMS[code][language].format(**(about | {"near": near}))
        refusal = {"receipt": one.place, "receipt_id": one.receipt_id, "where": where, "problem": text}
        sorted_.refused.append(refusal)
    return sorted_


def _is_same(one: ContactReceipt, other: ContactReceipt) -> bool:
    """Whether two receipts of one id tell the same; their moments may differ, as of one that is sent again."""
    told = ("campaign_id", "customer_id", "channel", "kind")
    return all(getattr(one, name) == getattr(other, name) for name in told)


def _first_use(first: ContactReceipt) -> dict[str, object]:
    about = {"kind": first.kind, "customer": first.customer_id, "campaign": first.campaign_id}
    return {"name": first.receipt_id, **about}


def _under_its_own_id(refusal: ContactReceipt) -> ContactReceipt:
    """An opt-out under an id that it has for itself, the same one when it is sent again."""
    told = (refusal.receipt_id, refusal.campaign_id, refusal.customer_id, refusal.channel)
    digest = hashlib.sha256("\0".join(told).encode()).hexdigest()[:32]
    return replace(refusal, receipt_id=f"{_REFUSAL}-{digest}")


@dataclass(frozen=True)
class _Check:
    """What receipts are checked against; `contacts` by attribution id, and by campaign and customer."""

    known: KnownNames
    now: datetime
    own: frozenset[str]
    contacts: Mapping[object, RepeatedPerson]

    def contact(self, one: GivenReceipt) -> RepeatedPerson | None:
        key: object = one.attribution_id or (one.campaign_id, one.customer_id)
        return self.contacts.get(key)

    def complete(self, one: GivenReceipt) -> ContactReceipt:
        """The receipt as it is stored; what it leaves out is that of the contact."""
        contact = self.contact(one)
        about: dict[str, str | None] = {"campaign_id": None, "customer_id": None, "channel": None}
        if contact is not None:
            about = {name: getattr(contact, name) for name in about}
        named = {name: getattr(one, name) or value for name, value in about.items()}
        at = min(one.at, self.now) if one.kind == _REFUSAL else one.at
        return ContactReceipt(receipt_id=one.receipt_id, kind=one.kind, at=at, **named)  # type: ignore[arg-type]

    def problem(self, one: GivenReceipt) -> _Problem | None:
        """The field, the code and what its sentence speaks of; None where the receipt can be stored."""
        contact = self.contact(one)
        if contact is None:
            return self._of_no_contact(one) or self._untimely(one, self.known.campaigns.get(one.campaign_id or ""))
        if contact.held and one.kind != _REFUSAL:
            return "customer_id", "held", {"name": contact.customer_id, "campaign": contact.campaign_id}
        return self._untimely(one, contact.day)

    def _of_no_contact(self, one: GivenReceipt) -> _Problem | None:
        """What is wrong with a receipt of no contact that is known: it may be of the lake, or a refusal."""
        campaign, customer = one.campaign_id or "", one.customer_id or ""
        if one.attribution_id is not None:
            return "attribution_id", "contact", {"name": one.attribution_id}
        if campaign not in self.own and campaign not in self.known.campaigns:
            near = " / ".join(nearest(campaign, sorted({*self.own, *self.known.campaigns})))
            return "campaign_id", "campaign", {"name": campaign, "near": near}
        if not self.known.is_customer(customer):
            near = " / ".join(nearest(customer, sorted(self.known.customers())))
            return "customer_id", "customer", {"name": customer, "near": near}
        if campaign in self.own and one.kind != _REFUSAL:
            return "customer_id", "nobody", {"name": customer, "campaign": campaign}
        return None

    def _untimely(self, one: GivenReceipt, day: date | None) -> _Problem | None:
        if one.kind == _REFUSAL:  # counts from now on, whatever the sender's clock says
            return None
        if one.at > self.now + _CLOCKS:
            return "at", "future", {"at": one.at}
        if day is not None and one.at.replace(tzinfo=None) < earliest_receipt(day):
            return "at", "early", {"at": one.at, "day": day.isoformat()}
        return None


def _own_campaigns(tenant: str, database: Database) -> frozenset[str]:
    """Ids of the campaigns made here, and those under which triggers and the guides' lists are known."""
    made = {DAILY, *(one.campaign_id for one in list_campaigns(tenant, database))}
    return frozenset(made | {one.campaign_id for one in list_triggers(tenant, database, removed=True)})


def _contacts(tenant: str, database: Database, given: Iterable[GivenReceipt]) -> dict[object, RepeatedPerson]:
    """The contacts that the receipts are of, by attribution id, and by campaign and customer."""
    named: dict[str, set[str]] = {}
    ids: set[str] = set()
    for one in given:
        if one.attribution_id is not None:
            ids.add(one.attribution_id)
        elif one.campaign_id is not None and one.customer_id is not None:
            named.setdefault(one.campaign_id, set()).add(one.customer_id)
    found: dict[object, RepeatedPerson] = {
        name: _as_person(one) for name, one in contacts_by_id(tenant, database, sorted(ids)).items()
    }
    found.update(repeated_by_id(tenant, database, sorted(ids - set(map(str, found)))).items())
    for campaign, customers in named.items():
        if repeats(campaign):
            of_campaign = repeated_people(tenant, database, campaign, sorted(customers))
        else:
            planned = contacts_named(tenant, database, campaign, sorted(customers))
            of_campaign = {name: _as_person(one) for name, one in planned.items()}
        found |= {(campaign, customer): contact for customer, contact in of_campaign.items()}
    return found


def _as_person(planned: PlannedContact) -> RepeatedPerson:
    one = planned.contact
    return RepeatedPerson(planned.campaign_id, one.customer_id, one.channel, one.group == "holdout", one.day)
