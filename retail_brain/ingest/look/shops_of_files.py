"""Takes the shop out of the names of files, where an export has a file per shop."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final

import polars as pl

from retail_brain.ingest.look.days_in_names import day_in_names
from retail_brain.ingest.look.draft import Proposal, one_of, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.returns_files import is_called_returns, kinds_of_files
from retail_brain.ingest.look.shops_of_tills import TILLS
from retail_brain.ingest.look.words import bare_name

_MOST_DIGITS = 4
"""Digits of the number of a shop at most; longer ones are days."""
_SHOP_BEHIND = r"^(?:分店|门店|店铺|店|商店|號店|号店|지점|매장|점)"
"""A word for a shop right behind its name, as in 北店_sales.csv; behind a month or a day stands none."""
_IS_SHOP = r"is '.+' the shop \(its values: "
"""Begins the question whether a column is the shop, which the names of the files answer."""
OF_SHOPS: Final = {"inventory", "prices"}
"""Tables of goods of shops, whose rows may have no day."""
_ANEW = 0.2
"""Share of the receipt numbers in several files from which each shop numbers its own. By judgement: a receipt that two
exports share is rarer."""


def with_shops_of_files(first: LookedAt, members: Sequence[LookedAt], sold_in: Collection[str] = ()) -> LookedAt:
    """The file with its shop out of the names of all files of the table, where these name one.

    Files of several shops have sales of the same days, or a word for a shop behind its name; files of one shop have
    sales of different days, or sales and what came back. Where some share their days and others do not it asks. A
    column of tills names no shop where several files have tills of the same names.

    Args:
        first: the file whose proposal counts for all.
        members: files with the same columns, that feed one table.
        sold_in: shops that the sales name.
    """
    names = [one.path.name for one in members]
    moment = first.columns.roles.get("moment")
    made = first.proposal
    till = first.columns.roles.get("store")
    if len(set(names)) < len(names) or len(names) < 2 or (moment is None and not _may_be_shops(made, names)):
        return first
    if till is not None and not _are_tills_of_files(till, members):
        return first
    start, end = _same_letters(names), _same_letters([name[::-1] for name in names])[::-1]
    shops = [name.removeprefix(start).removesuffix(end) for name in names]
    if "store_id" not in made.columns or not all(shops):
        return first
    are_days = any(re.fullmatch(r"[\d\W_]+", shop) and len(shop) > _MOST_DIGITS for shop in shops)
    if are_days or any(map(is_called_returns, shops)) or kinds_of_files(members) is not None:
        return first
    shared, what = (_sharing_goods(members), "goods") if moment is None else (_sharing_days(members, moment), "days")
    is_sure = (moment is not None and shared == len(members)) or re.match(_SHOP_BEHIND, end) is not None
    is_sure |= set(shops) <= set(sold_in)
    if not is_sure and (not shared or till is not None):
        return first
    pattern = f"^{re.escape(start)}(.+){re.escape(end)}$"
    asked = replace(made, columns=dict(made.columns), questions=list(made.questions), remarks=list(made.remarks))
    of_names = f"{{ file_name = {quoted(pattern)} }}"
    if is_sure:
        asked.remarks.append(f"{len(names)} files are of the shops in their names: {shops[:5]}")
        asked.columns["store_id"] = of_names
        asked.questions = [one for one in made.questions if not re.match(_IS_SHOP, one)]
        _join_shop_and_number(asked, first, members, pattern)
    else:
        question = f"are the files of the shops in their names ({shops[:5]}; {shared} of them share {what}), or of one?"
        asked.columns["store_id"] = one_of(asked, [of_names, '{ constant = "1" }'], question)
    return replace(first, proposal=asked)


def _are_tills_of_files(name: str, members: Sequence[LookedAt]) -> bool:
    """Whether a column names tills, and files have tills of the same names: each file is of a shop with its own."""
    kinds = [set(one.sample[name].drop_nulls().cast(pl.String).to_list()) for one in members]
    return re.fullmatch(TILLS, bare_name(name)) is not None and len(set.union(*kinds)) < sum(map(len, kinds))


def _sharing_days(members: Sequence[LookedAt], moment: str) -> int:
    """Files of which another has sales of a same day."""
    days = [set(one.sample[moment].drop_nulls().cast(pl.String).str.slice(0, 10).to_list()) for one in members]
    return sum(any(own & other for place, other in enumerate(days) if place != n) for n, own in enumerate(days))


def _may_be_shops(made: Proposal, names: Sequence[str]) -> bool:
    """Whether files without days are of goods of shops, and no counts of several days."""
    day = day_in_names(names)
    return made.table in OF_SHOPS and (day is None or len({day.text(name) for name in names}) == 1)


def _sharing_goods(members: Sequence[LookedAt]) -> int:
    """Files of stock of which another has some of the same goods."""
    roles = members[0].columns.roles
    name = roles.get("product") or roles.get("product_name")
    goods = [set(one.sample[name].drop_nulls().cast(pl.String).to_list()) if name else set[str]() for one in members]
    return sum(any(own & other for place, other in enumerate(goods) if place != n) for n, own in enumerate(goods))


def _join_shop_and_number(made: Proposal, first: LookedAt, members: Sequence[LookedAt], pattern: str) -> None:
    """Puts the shop before the number of a receipt, where the shops have numbers in common."""
    receipt = first.columns.roles.get("receipt")
    key = made.columns.get("transaction_id", "")
    if receipt is None or made.table != "transactions" or key.startswith("?") or "file_name" in key:
        return
    numbers = pl.concat([one.sample[receipt].cast(pl.String).drop_nulls().unique() for one in members])
    several = numbers.value_counts().filter(pl.col("count") > 1).height
    if several <= _ANEW * numbers.n_unique():
        return
    whole = key if key.startswith("{") else f"{{ column = {key} }}"
    made.columns["transaction_id"] = f"{whole.removesuffix(' }')}, file_name = {quoted(pattern)} }}"
    made.remarks.append(
        f"{several:,} of {numbers.n_unique():,} receipt numbers come in files of several shops: with the shop "
        f"{receipt!r} names one receipt"
    )


def _same_letters(names: Sequence[str]) -> str:
    """The letters that all names begin with."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same)
