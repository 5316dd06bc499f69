"""Recognises the journal of a web shop or an app: what people viewed, put in a cart and bought, a row each."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, date_key, quoted
from retail_brain.ingest.look.words import bare_name

_LOOKED: Final = r"(?:page_?|product_?|item_?)?views?|pv|click(?:ed)?|impression|visit|浏览|点击|曝光"
_BOUGHT: Final = r"purchased?|buy|bought|order(?:ed)?|transaction|checkout|购买|下单|支付"
_OTHER: Final = (
    r"(?:add_?to_?|remove_?from_?)?(?:cart|bag|basket|wish_?list)(?:_?(?:add|remove))?|fav(?:ou?rites?)?|share|search|scan"
    r"|收藏|加购|分享|搜索"
)
_SESSION: Final = r"(?:user_?|visit_?)?session(?:_?id)?|visit_?id|会话(?:id)?"
_PERSON: Final = r"(?:visitor|user|customer|member|uid|person)_?(?:id)?"
_MOST_KINDS = 12
"""Kinds of events that a journal has at most. By judgement."""


def events_of(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of a journal of events; None for any other file.

    A journal has a column of kinds of which one is a view or a click. Purchases in it may be the only record of sales,
    or stand in receipts as well: which, a person must say.

    Args:
        sample: the first rows.
        found: roles of its columns.
    """
    moment = found.roles.get("moment")
    kind = next((name for name in sample.columns if _is_kind_of_event(sample, name)), None)
    if moment is None or kind is None or not found.seen[moment].dates:
        return None
    made = Proposal(table="events")
    made.columns["occurred_at"] = date_key(made, found, moment)
    made.columns["event_type"] = quoted(kind)
    person = found.roles.get("customer") or _named(found, _PERSON)
    for ours, theirs in (
        ("customer_id", person),
        ("product_id", found.roles.get("product") or _named(found, r"item_?id|product_?id")),
        ("store_id", found.roles.get("store")),
        ("session_id", _named(found, _SESSION)),
    ):
        if theirs is not None:
            made.columns[ours] = quoted(theirs)
    bought = [one for one in _kinds(sample, kind) if re.fullmatch(_BOUGHT, _plain(one))]
    if bought:
        condition = f"""where = '''"{kind}" IN ('{bought[0]}')'''"""
        made.questions.append(
            f"rows whose {kind!r} is {bought[0]!r} are sales: if no receipts stand in another file, map this file to "
            f"`transactions` as well, with {condition}"
        )
    return made


def _kinds(sample: pl.DataFrame, name: str) -> list[str]:
    return [str(kind) for kind in sample[name].drop_nulls().unique(maintain_order=True).to_list()]


def _plain(kind: str) -> str:
    return re.sub(r"[\s-]+", "_", kind.strip().lower())


def _is_kind_of_event(sample: pl.DataFrame, name: str) -> bool:
    kinds = [_plain(kind) for kind in _kinds(sample, name)] if sample[name].n_unique() <= _MOST_KINDS else []
    known = [kind for kind in kinds if re.fullmatch(f"{_LOOKED}|{_BOUGHT}|{_OTHER}", kind)]
    return any(re.fullmatch(_LOOKED, kind) for kind in kinds) and 2 * len(known) > len(kinds)


def _named(found: Columns, pattern: str) -> str | None:
    return next((name for name in found.seen if re.fullmatch(pattern, bare_name(name))), None)
