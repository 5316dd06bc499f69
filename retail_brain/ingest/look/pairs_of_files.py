"""Finds further pairs of heads and lines with the same columns: another month, or what came back.

Programs of accounts keep credit memos as they keep invoices, heads and lines in two files each, without a minus.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.join_keys import Keys
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.returns_files import is_called_returns
from retail_brain.ingest.look.shares import share_known
from retail_brain.ingest.look.words import bare_name

_KNOWN: Final = 0.95
"""Share of the receipts of further lines that further heads must have. By judgement: both are first rows of files."""
_TABLES_OF_RETURNS: Final = r"^(?:orin|rin1|ordn|rdn1)$"
"""Tables of credit memos and returns of customers in SAP Business One, beside OINV and INV1."""
_NUMBER: Final = r"[\d_\W]+"
"""What tells files of days, months or parts apart."""


@dataclass(frozen=True)
class Pairs:
    """Heads and lines with the rows of further ones, their files, and which of these say that all of it came back.

    Attributes:
        line: the lines, with the rows of further files.
        order: the heads, likewise.
        lines: files of lines, the first first.
        heads: files of heads, likewise.
        returns: files of lines that came back by their name or by that of their heads.
        doubted: files of lines that are called otherwise, without a word for what they are.
    """

    line: LookedAt
    order: LookedAt
    lines: tuple[LookedAt, ...]
    heads: tuple[LookedAt, ...]
    returns: tuple[LookedAt, ...] = ()
    doubted: tuple[LookedAt, ...] = ()


def pairs_of(line: LookedAt, order: LookedAt, keys: Keys, others: Sequence[LookedAt]) -> Pairs:
    """The heads and lines with all further files that have their columns and belong to each other.

    Nothing is added where numbers of heads come again in another file, as those of returns may that are counted apart.

    Args:
        line: the lines.
        order: their heads.
        keys: the columns by which lines know their head.
        others: the other files.
    """
    ours, theirs = zip(*keys, strict=True)
    pairs = Pairs(line, order, (line,), (order,))
    heads = [one for one in others if _are_alike(one, order)]
    for one in others:
        if not _are_alike(one, line):
            continue
        for head in heads:
            if head.place in {file.place for file in pairs.heads} or not _belong(one.sample, ours, head.sample, theirs):
                continue
            if _key(pairs.order.sample, theirs).is_in(_key(head.sample, theirs).implode()).any():
                continue
            came_back = any(map(is_of_returns, (one, head))) and not any(map(is_of_returns, (line, order)))
            unknown = not came_back and not (_is_next(one, line) and _is_next(head, order))
            if (came_back or unknown) and one.path.name in {file.path.name for file in pairs.lines}:
                continue  # `returns` knows files by their names without their folders
            pairs = Pairs(
                _with_rows(pairs.line, one), _with_rows(pairs.order, head), (*pairs.lines, one), (*pairs.heads, head),
                (*pairs.returns, *([one] if came_back else [])), (*pairs.doubted, *([one] if unknown else [])),
            )  # fmt: skip
            break
    return pairs


def is_of_returns(one: LookedAt) -> bool:
    """Whether the name of a file says that it is of what came back."""
    return is_called_returns(one.path.stem) or re.search(_TABLES_OF_RETURNS, one.path.stem.lower()) is not None


def write_returns_of_pairs(made: Proposal, pairs: Pairs) -> None:
    """Writes `returns` by the names of files, where no units are below 0; asks where no name says what came back.

    Args:
        made: the proposal of lines with their heads; left as it is where it has `returns`.
        pairs: its files.
    """
    units = pairs.line.columns.roles.get("units")
    named = pairs.returns or pairs.doubted
    if not named or "returns" in made.keys or units is None or not {"units", "unit_price"} <= made.columns.keys():
        return
    if any((values(one.sample, one.columns, units) < 0).any() for one in pairs.lines if units in one.columns.seen):
        return
    files = ", ".join(one.path.name for one in named)
    key = f"{{ files = [{', '.join(quoted(one.path.name) for one in named)}] }}"
    if pairs.returns:
        made.keys["returns"] = key
        made.remarks.append(f"{files}: by the name it or its heads are of returns, whose units have no minus")
    if pairs.doubted:
        names = ", ".join(one.path.name for one in pairs.doubted)
        made.questions.append(
            f"is {names} of returns without a minus (then write them into `returns = {{ files = [...] }}`), or of "
            "further sales, as written below? It has the columns of the sales, and heads of its own"
        )


def _are_alike(one: LookedAt, other: LookedAt) -> bool:
    """Whether another file has the same columns, and is read the same way."""
    return one.path != other.path and one.keys == other.keys and one.sample.columns == other.sample.columns


def _belong(lines: pl.DataFrame, ours: Sequence[str], heads: pl.DataFrame, theirs: Sequence[str]) -> bool:
    known = _key(heads, theirs)
    return not known.is_duplicated().any() and share_known(_key(lines, ours), known) >= _KNOWN


def _key(rows: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """The columns of a key as one text."""
    return rows.select(pl.concat_str(pl.col(names).cast(pl.String), separator="\t")).to_series()


def _is_next(one: LookedAt, other: LookedAt) -> bool:
    """Whether two files and their folders are called alike but for numbers."""
    named = [f"{bare_name(file.path.parent.name)}/{bare_name(file.path.stem)}" for file in (one, other)]
    plain = [re.sub(_NUMBER, "", name) for name in named]
    return plain[0] == plain[1]


def _with_rows(one: LookedAt, further: LookedAt) -> LookedAt:
    rows = [part.sample.with_columns(pl.all().cast(pl.String)) for part in (one, further)]
    same = one.sample.schema == further.sample.schema
    return replace(one, sample=pl.concat([one.sample, further.sample] if same else rows))
