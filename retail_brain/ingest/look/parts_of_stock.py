"""Stock whose goods stand several times in a place, once for each lot or state: their rows are parts of its stock."""

import re
from dataclasses import replace
from datetime import date
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import days_of
from retail_brain.ingest.look.days_in_names import day_in_names
from retail_brain.ingest.look.draft import ADD_UP, WHERE, Proposal, both_conditions, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.state_columns import MOST_KINDS, column_of, kinds_of, listed, plain_kind
from retail_brain.ingest.look.stock_day import day_of_file
from retail_brain.ingest.moments import date_of
from retail_brain.sources import ColumnFormat

_LEAST_DAYS: Final = 3
"""Days of a column from which they may be those of the last changes of rows."""
_COVERED: Final = 0.3
"""Share of the goods of all places that a day of stock has at least: counts of a day have nearly all. By judgement."""
_MOST_PARTS: Final = 2.0
"""Rows of goods in a place, on average, up to which their days are of last changes: levels of days come often."""
_NOT_TO_SELL: Final = (
    r"(?i)damag|defect|broken|faulty|quarant|blocked|block(?:iert)?$|gesperrt|sperr|unusable|unsell|scrap|expired|frozen"
    r"|inspect|on hold|rejected|besch[aä]d|defekt|abgelaufen|endommag|d[eé]fectu|bloqu|p[eé]rim|da[nñ]ad|averiad|vencid"
    r"|danneggiat|difett|scadut|bloccat|danificad|avariad|uszkodz|zablok|брак|повреж|карантин|блокир|просроч|hasarl"
    r"|bozuk|bloke|不良|残次|次品|损坏|报废|冻结|待检|过期|破损|瑕疵|殘次|損壞|凍結|不合格|保留|불량|파손|보류|تالف|معيب"
)
"""A word for stock that is not sold."""


def with_parts_of_stock(made: Proposal, one: LookedAt) -> Proposal:
    """The proposal of stock by the day of its file, where rows say when they last changed; parts are added up.

    Args:
        made: of any table.
        one: the file.
    """
    if made.table != "inventory" or "wide" in made.keys or not {"product_id", "on_hand"} <= made.columns.keys():
        return made
    return _added_up(_of_day_of_file(made, one), one)


def _of_day_of_file(made: Proposal, one: LookedAt) -> Proposal:
    """The proposal by the day in the name of the file or above its header, in the place of days of last changes."""
    found, moment = one.columns, one.columns.roles.get("moment", "")
    key = day_of_file(one.path.name, one.title)
    if key is None or quoted(moment) not in made.columns.get("date", "") or len(found.seen[moment].dates) != 1:
        return made
    days = days_of(one.sample[moment], found.seen[moment])
    said, last = _said_day(one, key[0]), days.max()
    if said is None or not isinstance(last, date) or last > said or not _are_of_last_changes(one, days):
        return made
    remark = f"{moment!r} says when rows last changed; the stock is of {key[1]}"
    return replace(made, columns={**made.columns, "date": key[0]}, remarks=[*made.remarks, remark])


def _said_day(one: LookedAt, key: str) -> date | None:
    """The day that the key for the day of a file says."""
    if constant := re.search(r'constant = "(\d{4}-\d{2}-\d{2})"', key):
        return date.fromisoformat(constant[1])
    named = day_in_names([one.path.name])
    if named is None:
        return None
    texts = pl.Series([named.text(one.path.name)])
    read = texts.to_frame("v").select(date_of(pl.col("v"), texts.dtype, ColumnFormat(date_format=named.form)))
    return read.to_series()[0]  # type: ignore[no-any-return]


def _are_of_last_changes(one: LookedAt, days: pl.Series) -> bool:
    """Whether each day has few of the goods, and these come hardly again: no day is a count of all."""
    keys = one.sample.select(_key(one)).n_unique()
    return (
        days.n_unique() >= _LEAST_DAYS
        and one.sample.height < _COVERED * keys * days.n_unique()
        and one.sample.height <= _MOST_PARTS * keys
    )


def _key(one: LookedAt) -> list[str]:
    roles = one.columns.roles
    goods = roles.get("product") or roles["product_name"]
    return [goods, *([roles["store"]] if "store" in roles else [])]


def _added_up(made: Proposal, one: LookedAt) -> Proposal:
    """The proposal whose rows of one key are added up, where further columns tell them apart."""
    roles, store = one.columns.roles, one.columns.roles.get("store")
    if store is not None and made.columns.get("store_id") != quoted(store):
        return made
    moment = roles.get("moment", "")
    key = [*_key(one), *([moment] if quoted(moment) in made.columns.get("date", "") else [])]
    same = one.sample.filter(one.sample.select(key).is_duplicated())
    counted = {roles[role] for role in ("on_hand", "on_order") if role in roles}
    telling = [name for name, seen in one.columns.seen.items() if name not in (*key, *counted) and seen.filled]
    if not same.height or not telling or same.select(*key, *telling).is_duplicated().any():
        return made
    apart = [name for name in telling if _tells(same, key, name)]
    if not apart:
        return made
    remark = f"goods stand several times in one place, apart by {apart[:3]}: {same.height:,} rows are added up"
    added = replace(made, keys={**made.keys, ADD_UP: "true"}, remarks=[*made.remarks, remark])
    for name in apart:
        added = _asked_about(added, one, name)
    return added


def _tells(rows: pl.DataFrame, key: list[str], name: str) -> bool:
    """Whether a column of words or codes differs between rows of one key."""
    return bool((rows.group_by(key).agg(pl.col(name).n_unique())[name] > 1).any())


def _asked_about(made: Proposal, one: LookedAt, name: str) -> Proposal:
    """The proposal that asks whether stock in a state that is not sold is stock, where a column has states."""
    kinds = kinds_of(one.sample, name) if one.sample[name].n_unique() <= MOST_KINDS else []
    bad = [kind for kind in kinds if re.search(_NOT_TO_SELL, plain_kind(kind))]
    if not bad or len(bad) == len(kinds) or WHERE in made.keys:
        return made
    rows = int(one.sample[name].cast(pl.String).is_in(bad).sum())
    column = column_of(name)
    without = f"'''{column} IS NULL OR {column} NOT IN ({listed(bad)})'''"
    question = (
        f"{rows:,} rows of stock are {bad} in {name!r}: is it stock that can be sold (keep them), or not (leave them "
        "out, as the first way below does)?"
    )
    where = f"?{both_conditions('', without)}\n'''TRUE'''"
    return replace(made, keys={**made.keys, WHERE: where}, questions=[*made.questions, question])
