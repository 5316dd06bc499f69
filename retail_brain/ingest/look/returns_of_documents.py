"""Finds returns that an export keeps in a file of their own with other columns, each of which names its sale."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import polars as pl

from retail_brain.ingest.look.draft import WHERE, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words_of_states import GIVEN_BACK

_OF_SALES: Final = 0.95
"""Share of the lines that came back whose receipt and good are among those sold. By judgement: some were sold before
the first day of the export."""
_LEAST: Final = 5
"""Lines below which receipts and goods may be alike by chance. By judgement."""
_MOST: Final = 0.3
"""Share of all lines that come back at most. By judgement: 1 to 30 of 100 do."""
_ALIKE: Final = 0.98
"""Share of the lines on which the amount must be units times price. By judgement: some are rounded."""
_NEEDED: Final = ("product_id", "store_id", "sold_at", "units", "unit_price")
"""Canonical columns that must be read from both files alike."""


def with_returns_of_documents(first: LookedAt, others: Sequence[LookedAt]) -> tuple[LookedAt, list[LookedAt]]:
    """The file of sales with `returns` by the name of another with other columns, and that other; none where unsure.

    The rows of the other name the receipts on which their goods were sold, a column says that they came back, and their
    units have no minus. Both files must name good, shop, moment, units and money alike.

    Args:
        first: the file of sales whose proposal counts.
        others: files with other columns that feed transactions as well.
    """
    made = first.proposal
    if made.table != "transactions" or "returns" in made.keys or len(others) != 1:
        return first, []
    back = others[0]
    if back.keys != first.keys or not _is_of_returns(back, first) or _would_leave_out(made.keys.get(WHERE, ""), back):
        return first, []
    price = _price(first, back)
    columns = {**made.columns, **({"unit_price": price} if price else {})}
    read = {ours: _names(columns.get(ours, "")) for ours in (*_NEEDED, "transaction_id")}
    if any(names is None or not set(names) <= set(back.columns.seen) for names in read.values()):
        return first, []
    if any(not _are_alike(first, back, name) for ours in ("units", "sold_at") for name in read[ours] or ()):
        return first, []
    own, number = _own_number(first, back), first.columns.roles["receipt"]
    if own and columns["transaction_id"] == quoted(number):
        columns["transaction_id"] = f"{{ first_of = [{quoted(own)}, {quoted(number)}] }}"
    said = f"{back.path.name}: its rows name the receipts that they were sold on and came back, without a minus"
    keys = {**made.keys, "returns": f"{{ files = [{quoted(back.path.name)}] }}"}
    return replace(first, proposal=replace(made, keys=keys, columns=columns, remarks=[*made.remarks, said])), [back]


def _is_of_returns(back: LookedAt, first: LookedAt) -> bool:
    """Whether all rows of a small file say that they came back, have no minus, and were sold on the receipt named."""
    theirs, ours = back.columns.roles, first.columns.roles
    keys = ("receipt", "product")
    if not {*keys, "units"} <= theirs.keys() & ours.keys():
        return False
    if not _LEAST <= back.sample.height <= _MOST * first.sample.height:
        return False
    if any((values(one.sample, one.columns, one.columns.roles["units"]) < 0).any() for one in (back, first)):
        return False
    if not any(back.sample[name].cast(pl.String).str.contains(f"(?i){GIVEN_BACK}").all() for name in _states(back)):
        return False
    sold = first.sample.select(pl.col(ours[key]).cast(pl.String).alias(key) for key in keys).unique()
    came = back.sample.select(pl.col(theirs[key]).cast(pl.String).alias(key) for key in keys)
    return came.join(sold, on=keys, how="semi").height >= _OF_SALES * came.height


def _would_leave_out(where: str, back: LookedAt) -> bool:
    """Whether a condition on sales names a column that returns lack, or a state that they have."""
    columns, words = re.findall(r'"([^"]+)"', where), set(re.findall(r"'([^']+)'", where))
    if not set(columns) <= set(back.columns.seen):
        return True
    return any(words & set(back.sample[name].cast(pl.String).drop_nulls().to_list()) for name in columns)


def _states(back: LookedAt) -> list[str]:
    """Columns with a word of few kinds on every row."""
    seen = back.columns.seen
    return [name for name, one in seen.items() if one.filled == 1 and not one.numbers and not one.dates]


def _price(first: LookedAt, back: LookedAt) -> str:
    """The amount that the file of returns is read by, where both have it and it is units times price in the sales."""
    theirs = _value(back.proposal.columns.get("unit_price", ""))
    ours = _names(first.proposal.columns.get("unit_price", ""))
    if not isinstance(theirs, dict) or theirs.keys() != {"column", "total"} or ours is None or len(ours) != 1:
        return ""
    name = theirs["column"]
    if name not in first.columns.seen or not first.columns.seen[name].numbers:
        return ""
    if not isinstance(_value(first.proposal.columns["unit_price"]), str):
        return ""
    amount, price = (values(first.sample, first.columns, one) for one in (name, ours[0]))
    made = values(first.sample, first.columns, first.columns.roles["units"]) * price
    return back.proposal.columns["unit_price"] if share((made - amount).abs() < 1) >= _ALIKE else ""


def _own_number(first: LookedAt, back: LookedAt) -> str:
    """The number of the return itself: a column whose name says so, filled in its file and nowhere in the sales."""
    seen = first.columns.seen
    named = [name for name in back.columns.seen if re.search(GIVEN_BACK, name.lower()) and _is_number(back, name)]
    return next((name for name in named if name not in seen or not seen[name].filled), "")


def _is_number(back: LookedAt, name: str) -> bool:
    """Whether a column numbers documents: filled, with digits, and on one receipt of the sales each."""
    texts, receipt = back.sample[name].cast(pl.String), back.columns.roles["receipt"]
    if name == receipt or texts.null_count() or not texts.str.contains(r"\d").all():
        return False
    each = back.sample.group_by(name).agg(pl.col(receipt).n_unique())[receipt]
    return bool((each == 1).all()) and texts.n_unique() >= back.sample[receipt].n_unique()


def _are_alike(first: LookedAt, back: LookedAt, name: str) -> bool:
    """Whether a column is written alike in both files."""
    one, other = first.columns.seen[name], back.columns.seen[name]
    return one.numbers[:1] == other.numbers[:1] and one.dates == other.dates


def _value(text: str) -> Any:
    """A value in TOML; None where it is none, such as one that a person must choose."""
    try:
        return tomllib.loads(f"key = {text}")["key"]
    except tomllib.TOMLDecodeError:
        return None


def _names(text: str) -> list[str] | None:
    """The columns that a value of a mapping reads; None where it is no value."""
    value = _value(text)
    if isinstance(value, str):
        return [value]
    if not isinstance(value, dict):
        return None
    return [*value.get("columns", []), *value.get("first_of", []), *([value["column"]] if "column" in value else [])]
