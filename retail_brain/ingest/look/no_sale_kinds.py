"""Kinds of documents that sell nothing to people, and states whose words nobody knows: taken out, or asked about."""

import re
from collections.abc import Sequence

from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.state_columns import State
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import (
    ARRIVED,
    BOUGHT,
    GOODS_IN,
    NO_SALE,
    OF_DISPATCH,
    OF_DOCUMENTS,
    OF_OTHER_THINGS,
    OF_SALE,
    OPEN,
    QUOTATION,
    SOLD,
    STATES_OF_SALES,
    TWO_MEANINGS,
    UNDER_WAY,
)
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK, IN_PART, NOT_PAID, OF_PAYMENT, STATE_NAME

_KNOWN = "|".join((CANCELLED, GIVEN_BACK, NOT_PAID, IN_PART, STATES_OF_SALES, SOLD, NO_SALE))
_SHOWN = 6
"""Known kinds that a question names at most."""
_MOST_APART = 2
"""Unknown states and doubtful kinds up to which each is left out or kept on its own. By judgement."""
_LEAST_LETTERS = 2
"""Letters of a word; shorter ones and numbers are codes, which are asked about as such."""


def kinds_of_no_sales(made: Proposal, states: Sequence[State]) -> tuple[list[str], list[str]]:
    """Conditions without quotations, purchases, transfers, counts, losses and the like.

    They are certain where another kind of the same column is called a sale, and asked about elsewhere: `Transfer` may
    be how a sale was paid. So are those with a word of a sale, such as `Fire sale`, and words with two meanings.

    Args:
        made: the proposal; gets remarks and questions.
        states: columns with kinds of rows.

    Returns:
        Conditions that are certain, and conditions that are asked about.
    """
    sure: list[str] = []
    asked: list[str] = []
    for state in states:
        if re.search(OF_PAYMENT, bare_name(state.name)) or state.is_claim:
            continue
        kinds = state.which(NO_SALE, CANCELLED)
        sold = [kind for kind in state.which(SOLD, f"{CANCELLED}|{GIVEN_BACK}|{BOUGHT}") if kind not in kinds]
        kinds += [kind for kind in state.which(BOUGHT) if sold and kind not in (*sold, *kinds)]
        if not state.is_state and state.which(OF_SALE, f"{CANCELLED}|{GIVEN_BACK}"):  # a kind of movements
            kinds += [kind for kind in state.which(ARRIVED) if kind not in (*sold, *kinds)]
        if not kinds or len(kinds) == len(state.kinds):
            continue
        plain = [kind for kind in kinds if sold and not _may_be_sold(state, kind)]
        if plain:
            made.remarks.append(
                f"{state.rows(plain):,} rows are no sales to people by {state.name!r} ({_counted(state, plain)}), "
                f"beside {sold}, and are left out"
            )
            sure.append(state.without(plain))
        if perhaps := [kind for kind in kinds if kind not in plain]:
            made.questions.append(
                f"{state.rows(perhaps):,} rows may be no sales by {state.name!r} ({_counted(state, perhaps)}): leave "
                "them out, as the first way does, or keep them?"
            )
            asked += [state.without(part) for part in _apart(perhaps)]
    return sure, asked


def _may_be_sold(state: State, kind: str) -> bool:
    """Whether a kind with a word of no sale may be one: it has a word of a sale as well, or one with two meanings.

    A document of goods that come in may be an invoice or a receipt: `Supplier invoice`.
    """
    said = state.said(kind)
    if re.search(QUOTATION, said):
        return False
    is_bought = re.search(BOUGHT, said) is not None
    return re.search(OF_SALE if is_bought else SOLD, said) is not None or _has_two_meanings(state, kind)


def _has_two_meanings(state: State, kind: str) -> bool:
    """Whether all words of no sale in a kind have two meanings; as the whole value of a document they have one."""
    said = state.said(kind)
    if re.search(OF_DOCUMENTS, bare_name(state.name)) and re.fullmatch(rf"{TWO_MEANINGS}\w*", said):
        return False
    rest = re.sub(TWO_MEANINGS, " ", said)
    return re.search(f"{NO_SALE}|{BOUGHT}", rest) is None and re.search(GOODS_IN, said) is None


def _apart(kinds: list[str]) -> list[list[str]]:
    """Each kind on its own, where they are few."""
    return [[kind] for kind in kinds] if len(kinds) <= _MOST_APART else [kinds]


def _counted(state: State, kinds: Sequence[str]) -> str:
    return ", ".join(f"{kind} {state.rows([kind]):,}" for kind in kinds)


def unknown_kinds(made: Proposal, states: Sequence[State]) -> list[str]:
    """Conditions without kinds whose words nobody knows, in columns that list kinds of documents; asks about them.

    Where some kinds are sales and others transfers or write-offs, a further one may be either.

    Args:
        made: the proposal; gets the questions.
        states: columns with kinds of rows.
    """
    conditions = []
    for state in states:
        plain = bare_name(state.name)
        if state.is_state or state.is_claim or re.search(f"{OF_PAYMENT}|{OF_OTHER_THINGS}", plain):
            continue
        sold = state.which(SOLD, f"{CANCELLED}|{GIVEN_BACK}|{BOUGHT}|{NO_SALE}")
        no_sales = state.which(f"{NO_SALE}|{BOUGHT}", SOLD)
        no_sales = [kind for kind in no_sales if not _has_two_meanings(state, kind)]
        usual = [] if sold else [max(state.kinds, key=lambda kind: state.rows([kind]), default="")]
        known = f"{_KNOWN}|{BOUGHT}|{UNDER_WAY}|{OPEN}"
        kinds = [kind for kind in state.kinds if kind not in usual and not re.search(known, state.said(kind))]
        kinds = [kind for kind in kinds if not (state.has_units and (state.units([kind]) < 0).all())]
        if not kinds or not (no_sales or (sold and state.which(GIVEN_BACK))):
            continue
        counted = ", ".join(f"{kind} {state.rows([kind]):,}" for kind in kinds)
        made.questions.append(
            f"{state.rows(kinds):,} rows are of kinds in {state.name!r} that nobody knows ({counted}), beside "
            f"{[*sold, *usual, *no_sales][:_SHOWN]}: are they sales, or none (leave them out, as the first way does)?"
        )
        conditions.append(state.without(kinds))
    return conditions


def unknown_states(made: Proposal, states: Sequence[State]) -> list[str]:
    """Conditions without the rarer states of orders whose words nobody knows; asks about them.

    Args:
        made: the proposal; gets the questions.
        states: columns with states of orders; those of dispatch alone say nothing about sales.
    """
    conditions = []
    for state in states:
        if not state.is_state or state.is_claim or re.search(OF_DISPATCH, bare_name(state.name)):
            continue
        usual = max(state.kinds, key=lambda kind: state.rows([kind]), default="")
        kinds = [kind for kind in state.kinds if kind != usual and not _is_known(state, kind)]
        kinds = [kind for kind in kinds if not (state.has_units and (state.units([kind]) < 0).all())]
        if kinds:
            counted = ", ".join(f"{kind} {state.rows([kind]):,}" for kind in kinds)
            made.questions.append(
                f"{state.rows(kinds):,} rows have a word in {state.name!r} that nobody knows ({counted}; {usual} "
                f"{state.rows([usual]):,}): are they sales, or held, cancelled or given back (leave them out)?"
            )
            conditions += [state.without(part) for part in _apart(kinds)]  # one may be held, and another sent
    return conditions


def _is_known(state: State, kind: str) -> bool:
    """Whether a word of a state, or what a legend says of it, is one of those that are read, or a code.

    An order that is new or under way is sold, unless the state is one of payment. One that is open is so where another
    column says whether it was paid: at a till it is a bill that nobody has paid.
    """
    plain, fulfilled = state.said(kind), "$^"
    if _is_code_below_0(state, plain):
        return True
    if not re.search(OF_PAYMENT, bare_name(state.name)):
        paid_apart = any(re.search(OF_PAYMENT, name) and re.search(STATE_NAME, name) for name in state.beside)
        fulfilled = f"{UNDER_WAY}|{OPEN}" if paid_apart else UNDER_WAY
    return re.search(f"{_KNOWN}|{fulfilled}", plain) is not None or len(plain) < _LEAST_LETTERS or plain.isdigit()


def _is_code_below_0(state: State, plain: str) -> bool:
    """Whether a kind is a code such as -1 among few others that are numbers, which are asked about together."""
    if not re.fullmatch(r"-\d{1,3}", plain) or len(state.kinds) > _SHOWN:
        return False
    is_other = re.search(f"{OF_PAYMENT}|{OF_OTHER_THINGS}", bare_name(state.name)) is not None
    return not is_other and all(re.fullmatch(r"-?\d{1,3}", state.said(kind)) for kind in state.kinds)
