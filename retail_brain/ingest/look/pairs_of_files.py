"""Finds further pairs of heads and lines with the same columns: another month, or what came back.

Programs of accounts keep credit memos as they keep invoices, heads and lines in two files each, without a minus.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.draft import Proposal, listed
from retail_brain.ingest.look.join_keys import Keys
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.purchases import PURCHASE
from retail_brain.ingest.look.returns_files import is_called_returns
from retail_brain.ingest.look.shares import share_known
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import BOUGHT, NO_SALE

_KNOWN: Final = 0.95
"""Share of the receipts of further lines that further heads must have. By judgement: both are first rows of files."""
_TABLES_OF_RETURNS: Final = r"^(?:orin|rin1|ordn|rdn1)$"
"""Tables of credit memos and returns of customers in SAP Business One, beside OINV and INV1."""
_NO_SALES: Final = (
    rf"(?:{NO_SALE}|{BOUGHT}|\bdrafts?\b|entw[uü]rf|\bconcept|brouillon|borrador|rascunho|\bbozz[ae]|szkic|koncept|черновик"
    r"|чернетк|taslak|草稿|下書き|임시저장)"
)
"""A word in the name of a file of documents that sell nothing to people: quotations, purchases, drafts, transfers."""
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
        questions: what to ask about pairs that are left out.
        remarks: which pairs are left out as no sales by their names.
    """

    line: LookedAt
    order: LookedAt
    lines: tuple[LookedAt, ...]
    heads: tuple[LookedAt, ...]
    returns: tuple[LookedAt, ...] = ()
    questions: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def pairs_of(
    line: LookedAt, order: LookedAt, keys: Keys, others: Sequence[LookedAt], *, are_returns_left_out: bool = False
) -> Pairs:
    """The heads and lines with the further files that have their columns, belong to each other, and are surely alike.

    Others are left out and asked about: those whose numbers of heads come again in another file, as those of returns
    may that are counted apart, and those that are called otherwise.

    Args:
        line: the lines.
        order: their heads.
        keys: the columns by which lines know their head.
        others: the other files.
        are_returns_left_out: whether what came back is left out, as `returns` cannot be written for it.
    """
    ours, theirs = zip(*keys, strict=True)
    pairs = Pairs(line, order, (line,), (order,))
    heads = [one for one in others if _are_alike(one, order)]
    for one in others:
        if not _are_alike(one, line):
            continue
        taken = {file.place for file in pairs.heads}
        own = [head for head in heads if head.place not in taken and _belong(one.sample, ours, head.sample, theirs)]
        known = _key(pairs.order.sample, theirs).implode()
        fresh = [head for head in own if not _key(head.sample, theirs).is_in(known).any()]
        if own:
            pairs = _with_pair(pairs, one, (fresh or own)[0], comes_again=not fresh, no_returns=are_returns_left_out)
    return pairs


def is_of_returns(one: LookedAt) -> bool:
    """Whether the name of a file says that it is of what came back."""
    return is_called_returns(one.path.stem) or re.search(_TABLES_OF_RETURNS, one.path.stem.lower()) is not None


def is_of_no_sales(one: LookedAt) -> bool:
    """Whether the name of a file says that it is of purchases, quotations, drafts, transfers and the like."""
    name = bare_name(one.path.stem)
    return re.search(PURCHASE, name) is not None or re.search(_NO_SALES, name.replace("_", " ")) is not None


def write_returns_of_pairs(made: Proposal, pairs: Pairs) -> bool:
    """Writes `returns` by the names of files whose units have no minus, and asks about pairs that are left out.

    A minus on a line of the sales says nothing about files of returns: a rebate or a correction has one too.

    Args:
        made: the proposal of lines with their heads.
        pairs: its files.

    Returns:
        False where what came back would count as sold; nothing is written then.
    """
    units = pairs.line.columns.roles.get("units")
    if pairs.returns:
        if units is None or not {"units", "unit_price"} <= made.columns.keys():
            return False
        counts = [values(one.sample, one.columns, units) for one in pairs.returns if units in one.columns.seen]
        below = [bool((one < 0).any()) for one in counts]
        if len(counts) < len(pairs.returns) or any(
            (one > 0).any() for one, has in zip(counts, below, strict=True) if has
        ):
            return False
        plain = [one.path.name for one, has in zip(pairs.returns, below, strict=True) if not has]
        if plain and "returns" in made.keys:
            return False
        if plain:
            made.keys["returns"] = f"{{ files = {listed(plain)} }}"
            made.remarks.append(
                f"{', '.join(plain)}: by the name it or its heads are of returns, whose units have no minus"
            )
    made.questions += pairs.questions
    made.remarks += pairs.remarks
    return True


def _with_pair(pairs: Pairs, one: LookedAt, head: LookedAt, *, comes_again: bool, no_returns: bool) -> Pairs:
    """The pairs with a further one, or with what is to be said or asked about it where it is left out."""
    line, order = pairs.lines[0], pairs.heads[0]
    lines, heads = _named(one, line), _named(head, order)
    if any(map(is_of_no_sales, (one, head))) and not any(map(is_of_no_sales, (line, order))):
        said = f"{lines} has the columns of the sales, and by its name or that of its heads ({heads}) is none: not read"
        return replace(pairs, remarks=(*pairs.remarks, said))
    came_back = any(map(is_of_returns, (one, head))) and not any(map(is_of_returns, (line, order)))
    is_next = _is_next(one, line) and _is_next(head, order)
    # `returns` knows files by their names without their folders
    has_name = one.path.name in {file.path.name for file in pairs.lines}
    asked = None
    if comes_again:
        asked = (
            f"{lines} has the columns of the sales, and numbers of {heads} that come again in other heads: it is not "
            "read. Is it of further sales, of returns, or the same once more? Where it counts, save both files with "
            "numbers of their own, such as R before each"
        )
    elif came_back and (no_returns or has_name):
        asked = (
            f"{lines} is of returns by its name or that of its heads ({heads}), but `returns` cannot name it: some of "
            "its units have a minus, or the sales have other `returns`, other units, or a file of the same name. It is "
            "not read, and would count as sold: is it to be taken off? Then load it with a mapping of its own"
        )
    elif not came_back and not is_next:
        asked = (
            f"is {lines} of further sales, of returns without a minus, or of no sales such as quotations? It has the "
            f"columns of the sales, and heads of its own, and is not read: where it counts add it to `files` and "
            f"{heads} to `files` of `join`, and for returns write `returns = {{ files = [...] }}` as well"
        )
    if asked is not None:
        return replace(pairs, questions=(*pairs.questions, asked))
    return replace(
        pairs, line=_with_rows(pairs.line, one), order=_with_rows(pairs.order, head), lines=(*pairs.lines, one),
        heads=(*pairs.heads, head), returns=(*pairs.returns, *([one] if came_back else [])),
    )  # fmt: skip


def _named(one: LookedAt, first: LookedAt) -> str:
    """The name of a file, with its folder where the first is called the same."""
    return one.path.name if one.path.name != first.path.name else f"{one.path.parent.name}/{one.path.name}"


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
