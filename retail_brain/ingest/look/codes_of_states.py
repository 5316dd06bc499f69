"""Asks about codes such as 1, 2 and 3 of a state or kind of sale that no word explains, with rows and money of each."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.legends import legend_of
from retail_brain.ingest.look.money_of_rows import money_of_rows
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.state_columns import MOST_KINDS, column_of, kinds_of, listed
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import CODE_OF_STATE, KIND_NAME, OF_DISPATCH, OF_OTHER_THINGS
from retail_brain.ingest.look.words_of_states import CANCELLED, OF_INVOICE, OF_PAYMENT, STATE_NAME

NO_UNITS_BELOW: Final = "no row has units below 0"
"""The beginning of the question about codes that may mean a return."""
_MOST_CODES: Final = 6
"""Codes that a state or kind has at most. By judgement: more are shops, people or goods."""
_MOST_APART: Final = 3
"""Rare codes up to which each may be left out alone: a draft beside an order that waits. By judgement."""
_LETTERS: Final = 2
"""Letters of the code of a kind, such as FV and NC."""
_PAIR: Final = 2
"""Codes of which one tells the other."""
_USUAL: Final = 0.8
"""Share of the rows that the code of a plain sale has at least. By judgement."""
_MOST_BACK: Final = 0.4
"""Share of the rows that come back at most. By judgement: of parcels of fashion a third does."""
_AGAIN: Final = 2
"""Rows that the usual product (or shop) has at least where it may be what decides on the code. By judgement."""


@dataclass(frozen=True)
class _Codes:
    """A column of codes that may say whether a row is a sale: its codes, the most frequent first, and their rows."""

    name: str
    rows: dict[str, int]
    is_kind: bool

    @property
    def usual(self) -> str:
        return next(iter(self.rows))

    @property
    def others(self) -> list[str]:
        return list(self.rows)[1:]


def codes_of_states(made: Proposal, sample: pl.DataFrame, found: Columns) -> list[list[str]]:
    """Asks about columns of codes; the conditions of each column, of which a person chooses one or none.

    Args:
        made: the proposal with its price; gets the questions, and `returns` with a reading per code.
        sample: the rows.
        found: roles of the columns.
    """
    ways: list[list[str]] = []
    for codes in _columns_of_codes(sample, found):
        if f"column = {quoted(codes.name)}" in made.keys.get("returns", "") or _is_told_by_sign(sample, found, codes):
            continue
        named, rows = column_of(codes.name), sample.height
        if codes.rows[codes.usual] >= _USUAL * rows:
            if not codes.is_kind:
                alone = codes.others if _PAIR <= len(codes.others) <= _MOST_APART else []
                ways.append([_without(named, codes.others), *(_without(named, [code]) for code in alone)])
                made.questions.append(
                    f"{sum(codes.rows[one] for one in codes.others):,} rows have one of {codes.others} in "
                    f"{codes.name!r}, and all others {codes.usual!r} ({_counted(made, sample, found, codes)}): are "
                    "they sales too, or held or cancelled?"
                )
            continue
        only = [f"{named} IN ({listed([code])})" for code in codes.rows]
        # of two codes one without the other is the other alone
        without = [_without(named, [code]) for code in codes.rows] if len(codes.rows) > _PAIR else []
        ways.append([*only, *without, *_without_two(named, codes)])
        back = _ask_for_returns(made, sample, found, codes)
        made.questions.append(
            f"{codes.name!r} is a code that nothing explains ({_counted(made, sample, found, codes)}): which codes are "
            f"sales, and which are held, cancelled or no sales (a `where`){back}?"
        )
    return ways


def ask_about_rare_kinds(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Asks about the rarer codes such as A and B of a kind of sale, where nothing else tells returns from sales.

    Args:
        made: the proposal; gets the questions.
        sample: the rows.
        found: roles of the columns.
    """
    if "units" not in found.roles or _has_minus(sample, found):
        return
    for codes in _columns_of_codes(sample, found, marks=True):
        if not codes.is_kind or codes.rows[codes.usual] < _USUAL * sample.height:
            continue
        kinds = f"{{ column = {quoted(codes.name)}, values = [{', '.join(map(quoted, codes.others))}] }}"
        made.questions.append(
            f"{NO_UNITS_BELOW}, and {codes.name!r} is {codes.usual!r} nearly always "
            f"({_counted(made, sample, found, codes)}): does one of {codes.others} mean a return (returns = {kinds}) "
            "or no sale (a `where`)?"
        )


def _columns_of_codes(sample: pl.DataFrame, found: Columns, *, marks: bool = False) -> list[_Codes]:
    """The columns whose names say states or kinds of sales and whose values are codes without a legend.

    Columns of goods, shops or people are none: each of these has one code there, whatever it is called. A code that
    goes with a word of another column of states is explained by it.
    """
    found_codes = []
    for name, seen in found.seen.items():
        plain = bare_name(name)
        is_free = name not in found.roles.values() or name in found.all_of("status")
        is_state = re.search(STATE_NAME, plain) is not None
        is_kind = not is_state and re.search(KIND_NAME if marks else CODE_OF_STATE, plain) is not None
        if not is_free or seen.dates or not (is_state or is_kind) or re.search(CANCELLED, plain):
            continue
        # of a receipt that is an invoice the state of the invoice is its own, and none of what is to be invoiced
        said = (
            re.sub(OF_INVOICE, "", plain) if re.search(OF_INVOICE, bare_name(found.roles.get("receipt", ""))) else plain
        )
        if not marks and re.search(f"{OF_OTHER_THINGS}|{OF_PAYMENT}|{OF_DISPATCH}", said):
            continue
        counts = sample[name].drop_nulls().cast(pl.String).value_counts(sort=True, name="rows").sort(
            ["rows", name], descending=[True, False]
        )  # fmt: skip
        rows = {str(code): int(count) for code, count in counts.iter_rows()}
        letters = _LETTERS if is_kind else 1
        is_code = all(re.fullmatch(rf"-?\d{{1,3}}|[A-Za-z]{{1,{letters}}}", code) for code in rows)
        if not is_code or not 2 <= len(rows) <= _MOST_CODES or legend_of(name):
            continue
        if marks or not (_is_of_goods_or_places(sample, found, name) or _is_explained(sample, found, name)):
            found_codes.append(_Codes(name, rows, is_kind))
    return found_codes


def _is_of_goods_or_places(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether each product or each shop has one code: it says what they are, and not what became of a sale."""
    for role in ("product", "product_name", "store"):
        owner = found.roles.get(role)
        if owner is None:
            continue
        codes = sample.drop_nulls([owner, name]).group_by(owner).agg(pl.col(name).n_unique(), pl.len().alias("_rows"))
        several = codes.filter(pl.col("_rows") >= _AGAIN)
        if several.height > 1 and several.height * 2 >= codes.height and (several[name] == 1).all():
            return True
    return False


def _is_explained(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether each code goes with one value of another column of states or kinds that has words."""
    for other, seen in found.seen.items():
        if other == name or seen.numbers or seen.dates or sample[other].n_unique() > MOST_KINDS:
            continue
        if not re.search(f"{STATE_NAME}|{KIND_NAME}", bare_name(other)) or len(kinds_of(sample, other)) < 2:
            continue
        pairs = sample.select(name, other).drop_nulls().unique()
        if pairs.height and not pairs[name].is_duplicated().any():
            return True
    return False


def _is_told_by_sign(sample: pl.DataFrame, found: Columns, codes: _Codes) -> bool:
    """Whether all rows but those of one code have units below 0, and so are returns by themselves."""
    if "units" not in found.roles:
        return False
    below = values(sample, found, found.roles["units"]) < 0
    shares = sample.select(pl.col(codes.name), below.alias("_below")).drop_nulls().group_by(codes.name)
    return int((shares.agg(pl.col("_below").all())["_below"]).sum()) == len(codes.rows) - 1


def _ask_for_returns(made: Proposal, sample: pl.DataFrame, found: Columns, codes: _Codes) -> str:
    """Writes `returns` with a reading for none and one per code that may mean a return; returns what to say of it."""
    if not codes.is_kind or "returns" in made.keys or not {"units", "unit_price"} <= made.columns.keys():
        return ""
    if "units" not in found.roles or _has_minus(sample, found):
        return ""
    rare = [code for code, rows in codes.rows.items() if rows <= _MOST_BACK * sample.height]
    if not rare:
        return ""
    column = f"{{ column = {quoted(codes.name)}, values = ["
    made.keys["returns"] = "?" + "\n".join([f"{column}] }}", *(f"{column}{quoted(code)}] }}" for code in rare)])
    return ", or returns without a minus (`returns`)"


def _has_minus(sample: pl.DataFrame, found: Columns) -> bool:
    return bool((values(sample, found, found.roles["units"]) < 0).any())


def _without(named: str, codes: Sequence[str]) -> str:
    return f"{named} IS NULL OR {named} NOT IN ({listed(codes)})"


def _without_two(named: str, codes: _Codes) -> list[str]:
    """The conditions without two of four codes, such as cancelled and abandoned; none of other numbers of codes.

    Of three codes two left out are the third alone, and of more than four the readings would be too many to read.
    """
    if len(codes.rows) != _PAIR * _PAIR:
        return []
    return [_without(named, pair) for pair in itertools.combinations(codes.rows, _PAIR)]


def _counted(made: Proposal, sample: pl.DataFrame, found: Columns, codes: _Codes) -> str:
    """Rows and money of each code, in the rows that were looked at."""
    money = money_of_rows(made, sample, found)
    texts = sample[codes.name].cast(pl.String)
    said = []
    for code, rows in codes.rows.items():
        worth = "" if money is None else f" with {money.filter(texts == code).sum():,.2f} of money"
        said.append(f"{code}: {rows:,} rows{worth}")
    return "; ".join([f"rows looked at: {sample.height:,}", *said])
