"""Separates referrals that bring somebody new from those that cannot be stored."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from retail_brain.decisions.persons import Accounts
from retail_brain.operational.guide_tasks import Referral
from serving.planning.guides.people import AHEAD, is_ahead
from serving.planning.people.reasons import Language
from serving.planning.triggers.source import TriggerSource

_PROBLEMS: Mapping[str, Mapping[Language, str]] = {
    "known": {
        "en": "customer {name!r} was known before: a referral brings somebody new",
        "zh": "顾客 {name!r} 之前已是顾客：推荐须带来新顾客",
    },
    "self": {
        "en": "customer {name!r} cannot be referred by themselves",
        "zh": "顾客 {name!r} 不能由本人推荐",
    },
    "ahead": AHEAD,
    "guide": {"en": "there is no guide {guide!r}", "zh": "没有导购 {guide!r}"},
}


@dataclass
class SortedReferrals:
    """Referrals that can be stored, and the refusals of the others: `referral`, `referral_id`, `where`, `problem`."""

    good: list[Referral] = field(default_factory=list)
    refused: list[dict[str, object]] = field(default_factory=list)


def sort_referrals(
    source: TriggerSource,
    given: Sequence[Referral],
    language: Language,
    *,
    guides: Set[str] | None = None,
    now: datetime | None = None,
) -> SortedReferrals:
    """Refuses referrals of people who were customers before, by whichever card, and of people by themselves.

    Where `guides` or `now` is given, those of other guides and of the future too.

    Known before is who bought before the day of the referral, and whom answers of an earlier day hold. Days are those
    of the machine's zone.

    Args:
        source: facts as of a day.
        given: the referrals.
        language: of the problems.
        guides: who may have brought somebody; None: whoever.
        now: the present moment; None: moments were looked at before.
    """
    facts, named = source.facts(()), pl.Series([one.customer_id for one in given], dtype=pl.String)
    before = _first_purchases(source, named)
    known = set(facts.customers.filter(pl.col("customer_id").is_in(named.implode()))["customer_id"].to_list())
    found = SortedReferrals()
    for place, one in enumerate(given):
        day = one.at.astimezone().date()
        first = before.get(one.customer_id)
        code, where = None, "customer_id"
        if now is not None and is_ahead(one.at, now):
            code, where = "ahead", "at"
        elif guides is not None and one.guide_id not in guides:
            code, where = "guide", "guide_id"
        elif (first is not None and first < day) or (one.customer_id in known and source.as_of < day):
            code = "known"
        elif one.referred_by is not None and one.customer_id in _cards(facts.accounts, one.referred_by):
            code, where = "self", "referred_by"
        if code is None:
            found.good.append(one)
            continue
        text = _PROBLEMS[code][language].format(name=one.customer_id, guide=one.guide_id)
        refusal = {"referral": place, "referral_id": one.referral_id, "where": where, "problem": text}
        found.refused.append(refusal)
    return found


def _cards(accounts: Accounts, customer_id: str) -> list[str]:
    return accounts.every_account(pl.Series([customer_id], dtype=pl.String)).to_list()


def _first_purchases(source: TriggerSource, customer_ids: pl.Series) -> dict[str, date | None]:
    """Customer -> day of the person's first purchase, of some; nobody where the answers do not know it."""
    days = source.first_purchases()
    if days is None:
        return {}
    accounts = source.facts(()).accounts
    cards = accounts.every_account(customer_ids)
    theirs = accounts.with_person(days.filter(pl.col("customer_id").is_in(cards.implode())))
    whole = theirs.with_columns(pl.col("first_purchase_on").min().over("person_id"))
    return dict(whole.select("customer_id", "first_purchase_on").iter_rows())
