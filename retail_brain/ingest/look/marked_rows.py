"""Rows that a mark, a reason or a moment in a column of its own calls void: `Storno` X, a reason of removal."""

import re

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.flagged_returns import returns_of_flag, write_flagged_returns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share, share_known
from retail_brain.ingest.look.state_columns import MOST_KINDS, State, column_of, kinds_of, listed
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK, IN_PART, REASON, REMOVED

YES = (
    "true", "t", "1", "yes", "y", "是", "有", "ja", "j", "oui", "o", "si", "sí", "s", "x", "да", "так", "sim", "tak",
    "ano", "áno", "igen", "da", "ναι", "evet", "wahr", "vrai", "verdadero", "istina", "kyllä", "có", "ya", "ใช่", "نعم",
    "כן", "はい", "예", "네", "✓", "✔", "☑", "√", "●", "○", "*", "+",
)  # fmt: skip
"""What says yes in a mark."""
NO = (
    "", "false", "f", "0", "no", "n", "否", "无", "無", "nein", "nee", "non", "não", "nao", "nie", "ne", "nem", "nu",
    "нет", "ні", "όχι", "hayır", "ei", "nej", "nei", "không", "tidak", "ไม่", "لا", "לא", "いいえ", "なし", "없음",
    "아니오", "아니요", "falsch", "faux", "falso", "-", "--", "—", "none", "null", "n/a", "na",
)  # fmt: skip
"""What says no in a mark, or stands in a column of reasons where there is none."""
_MOST_MARKED = 0.5
"""Share of the rows from which a mark is asked about and takes nothing out on its own. By judgement."""
_NEARLY_ALL = 0.9
"""Share of the marked rows from which a reason is that of their discount. By judgement."""
_NAMED = 0.6
"""Share of the returns whose mark is the number of another receipt. By judgement: some were sold before the file."""
_SHOWN = 5
"""Different reasons that a question shows."""


def marked_rows(made: Proposal, sample: pl.DataFrame, found: Columns) -> tuple[list[str], list[str]]:
    """Conditions that leave out rows which a column of its own marks as void, and those that a person must confirm.

    Args:
        made: the proposal; gets remarks and questions.
        sample: the rows.
        found: roles of the columns.

    Returns:
        Conditions that are certain, and conditions that are asked about.
    """
    sure: list[str] = []
    asked: list[str] = []
    for name in dict.fromkeys((*found.all_of("voided"), *found.seen)):
        plain = bare_name(name).replace("_", " ")
        is_void = re.search(f"{CANCELLED}|{REMOVED}", plain) is not None or name in found.all_of("voided")
        if found.seen[name].dates:
            sure += _since(made, found, name) if re.search(CANCELLED, plain) else []
            continue
        if not is_void and not re.search(REASON, plain) and not _says_return(name):
            continue
        mark = _Mark(sample, found, name)
        if mark.is_text and name in found.all_of("status"):
            continue  # its words say more than a mark
        if mark.is_known and is_void:
            sure += _void(made, mark)
        elif mark.is_known and not (_is_cancelled(sample, found, mark) or _is_returned(sample, found, mark)):
            asked += _perhaps(made, sample, found, mark)
    return sure, asked


class _Mark:
    """A column that is blank, or says no, on the rows that nothing happened to."""

    def __init__(self, sample: pl.DataFrame, found: Columns, name: str) -> None:
        self.name, seen = name, found.seen[name]
        texts = sample[name].cast(pl.String).str.strip_chars().str.to_lowercase()
        self.marked = texts.is_not_null() & ~texts.is_in(NO)
        self.count = int(self.marked.sum())
        words = texts.filter(self.marked).unique()
        self.is_flag = is_flag = bool(words.is_in(YES).all())
        self.is_text = not seen.numbers and not is_flag
        is_free = is_flag or name not in found.roles.values()
        measures = bool(seen.numbers) and not is_flag  # a count of what was cancelled, which units are read with
        self.is_known = is_free and not measures and 0 < self.count < sample.height
        self.says = sample[name].filter(self.marked).cast(pl.String).unique(maintain_order=True).head(_SHOWN).to_list()
        kinds = kinds_of(sample, name)
        self._no = [kind for kind in kinds if kind.strip().lower() in NO and kind]
        state = State(sample, found, name).of(self.marked)
        self.takes_back = state.has_units and bool((state.units(state.kinds) < 0).fill_null(value=False).all())
        self.condition = (
            State(sample, found, name).without([kind for kind in kinds if kind.strip().lower() not in NO])
            if len(kinds) <= MOST_KINDS and not self.is_text
            else f"{column_of(name)} IS NULL OR {column_of(name)} IN ({listed(['', *self._no])})"
        )
        self.is_rare = self.count <= _MOST_MARKED * sample.height


def _is_cancelled(sample: pl.DataFrame, found: Columns, mark: _Mark) -> bool:
    """Whether a state calls every marked row cancelled: it leaves them out, and the mark says why."""
    states = (State(sample, found, name) for name in found.all_of("status") if name != mark.name)
    return any(
        sample.filter(mark.marked)[state.name].is_in(state.which(CANCELLED, IN_PART)).fill_null(value=False).all()
        for state in states
        if len(state.kinds) <= MOST_KINDS
    )


def _is_returned(sample: pl.DataFrame, found: Columns, mark: _Mark) -> bool:
    """Whether a kind of rows calls every marked row a return, and the mark names the receipt that it takes back.

    So do `receipt_type` REFUND and `refund_for` 1-1252: such rows are turned by their kind.
    """
    receipt = found.roles.get("receipt")
    if receipt is None or not _says_return(mark.name):
        return False
    rows = sample.filter(mark.marked)
    named = rows[mark.name].cast(pl.String)
    if (named == rows[receipt].cast(pl.String)).any() or share_known(named, sample[receipt]) < _NAMED:
        return False
    kinds = (State(sample, found, name) for name in found.all_of("status") if name != mark.name)
    return any(
        rows[state.name].cast(pl.String).is_in(state.which(GIVEN_BACK)).fill_null(value=False).all()
        for state in kinds
        if len(state.kinds) <= MOST_KINDS and not (state.is_state or state.is_claim)
    )


def _says_return(name: str) -> bool:
    """Whether the name of a column says that goods came back; some words of these have accents, as `Devolução`."""
    spelled = (bare_name(name), name.lower())
    return any(re.search(GIVEN_BACK, text.replace("_", " ")) is not None for text in spelled)


def _void(made: Proposal, mark: _Mark) -> list[str]:
    """The condition without marked rows; lines that take others back by units below 0 stay beside these."""
    what = f"one of {mark.says}" if len(mark.says) > 1 else repr(mark.says[0])
    if mark.takes_back:
        made.remarks.append(f"{mark.count:,} rows whose {mark.name!r} is {what} take other lines back: both stay")
    elif mark.is_rare:
        made.remarks.append(f"{mark.count:,} rows whose {mark.name!r} is {what} are no sales and are left out")
        return [mark.condition]
    else:
        made.questions.append(
            f"{mark.count:,} rows have {what} in {mark.name!r}, which reads as no sale; they are kept. Are they none? "
            f"Then write where = '''{mark.condition}'''"
        )
    return []


def _perhaps(made: Proposal, sample: pl.DataFrame, found: Columns, mark: _Mark) -> list[str]:
    """The condition without rows that have a reason or a mark of a return, which a person must confirm."""
    if mark.takes_back or not mark.is_rare or role_scores(mark.name).keys() - {"status", "voided"}:
        return []
    is_of_return = mark.is_flag and _says_return(mark.name)
    if is_of_return and write_flagged_returns(made, sample, found, mark.name, mark.marked):
        return []
    discount = found.roles.get("discount")
    if discount is not None:
        off = values(sample, found, discount).fill_null(0) != 0
        if share(off.filter(mark.marked)) > _NEARLY_ALL:
            return []  # it says why the price was lowered
    key = returns_of_flag(sample, mark.name, mark.marked)
    turned = f", or returns in rows of their own (keep them, with returns = {key})"
    made.questions.append(
        f"{mark.count:,} rows have something in {mark.name!r}, such as {', '.join(mark.says)}, and no minus: were they "
        "taken off or brought back (leave them out, as the first way below does), or sold all the same (keep them)"
        f"{turned if is_of_return else ''}?"
    )
    return [mark.condition]


def _since(made: Proposal, found: Columns, name: str) -> list[str]:
    """Orders with a moment of their cancellation."""
    if not 0 < found.seen[name].filled < 1:
        return []
    made.remarks.append(f"rows with a moment in {name!r} ({found.seen[name].filled:.1%}) are no sales and are left out")
    return [f"{column_of(name)} IS NULL OR {column_of(name)} = ''"]
